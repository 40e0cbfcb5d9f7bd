//! How the rows of a list are serialized: as a JSON array, as one JSON object per line, as a table, or as records of libraries; and
//! which of them a client accepts (RFC 9110, 12.5.1).

use actix_web::{
    HttpMessage, HttpRequest,
    http::header::{ACCEPT, Accept, Header, Quality},
};
use serde_json::value::RawValue;
use service::{Error, Result, exports, guarded};

use crate::{
    json::{self, ROW},
    projection::{Included, Members, Projection, Representation},
};

/// A format of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// An array.
    Json,
    /// A header, then one row per line.
    Csv,
    /// One object per line, under this media type.
    Lines(&'static str),
    /// Records of libraries.
    Records(exports::Format),
}

impl Format {
    /// All of them; the first one is sent to a client without a preference.
    const ALL: [Self; 6] = [
        Self::Json,
        Self::Csv,
        Self::Lines("application/x-ndjson"),
        Self::Lines("application/jsonl"),
        Self::Records(exports::Format::Marc21),
        Self::Records(exports::Format::MarcXml),
    ];

    /// Those of some rows, which may be records of libraries.
    pub fn of_rows(has_records: bool) -> impl Iterator<Item = Self> {
        let is_there = move |format: &Self| has_records || !matches!(format, Self::Records(_));
        Self::ALL.into_iter().filter(is_there)
    }

    /// Its media type, without parameters.
    pub fn essence(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv",
            Self::Lines(name) => name,
            Self::Records(format) => format.content_type(),
        }
    }

    /// The value of `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Csv => exports::Format::Csv(exports::Table::default()).content_type(),
            Self::Json | Self::Lines(_) | Self::Records(_) => self.essence(),
        }
    }

    /// Passes for a client that accepts JSON, as a single row is sent.
    ///
    /// # Errors
    /// With a sentence.
    pub fn expect_json(request: &HttpRequest) -> std::result::Result<(), String> {
        let json = Self::Json.essence();
        match Accepted::of(request).0 {
            Some(accept)
                if liking(&accept, json).is_none_or(|quality| quality == Quality::ZERO) =>
            {
                Err(format!("no type in `Accept` is supported; a row is available as {json}"))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Rows as bytes, at the beginning or after others.
    ///
    /// # Errors
    /// Never in practice: stored values can be serialized.
    pub fn write<T: Representation>(
        self,
        projection: &Projection,
        (rows, included): (&[T], Vec<Included>),
        is_first: bool,
    ) -> Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(ROW * (rows.len() + 1));
        if self == Self::Json && is_first {
            bytes.push(b'[');
        }
        if self == Self::Csv {
            table(
                &mut bytes,
                &projection.columns::<T>(),
                &projection.members(rows, included)?,
                is_first,
            )?;
        } else if projection.reshapes().is_none() {
            for (place, row) in rows.iter().enumerate() {
                self.element(&mut bytes, &T::Out::from(row), is_first && place == 0)?;
            }
        } else {
            for (place, row) in projection.members(rows, included)?.iter().enumerate() {
                self.element(&mut bytes, row, is_first && place == 0)?;
            }
        }
        Ok(bytes)
    }

    fn element(
        self,
        bytes: &mut Vec<u8>,
        row: &impl serde::Serialize,
        is_first: bool,
    ) -> Result<()> {
        if self == Self::Json && !is_first {
            bytes.push(b',');
        }
        json::write(row, bytes)?;
        if self != Self::Json {
            bytes.push(b'\n');
        }
        Ok(())
    }

    /// The text after the last row.
    pub fn end(self) -> &'static [u8] {
        match self {
            Self::Json => b"]",
            Self::Csv | Self::Lines(_) => b"",
            Self::Records(format) => format.end().as_bytes(),
        }
    }
}

/// The types that a client accepts; `None` without `Accept` or with an unreadable one: every type.
pub struct Accepted(Option<Accept>);

impl Accepted {
    /// Those of a request.
    pub fn of(request: &HttpRequest) -> Self {
        let accept = request.headers().contains_key(ACCEPT).then(|| Accept::parse(request));
        Self(accept.and_then(std::result::Result::ok).filter(|accept| !accept.is_empty()))
    }

    /// The format of rows that the client likes best; an error sentence if it accepts none.
    pub fn best(&self, has_records: bool) -> std::result::Result<Format, String> {
        let Some(accept) = &self.0 else { return Ok(Format::Json) };
        let mut best = None;
        for format in Format::of_rows(has_records) {
            if let Some(quality) = liking(accept, format.essence())
                && quality > Quality::ZERO
                && best.is_none_or(|(_, found)| quality > found)
            {
                best = Some((format, quality));
            }
        }
        best.map(|(format, _)| format).ok_or_else(|| {
            let there_is: Vec<_> = Format::of_rows(has_records).map(Format::essence).collect();
            let there_is = there_is.join(", ");
            format!("no type in `Accept` is supported; a list is available as one of {there_is}")
        })
    }
}

/// True for a client that accepts JSON and no problem details.
pub fn wants_plain_json(request: &impl HttpMessage) -> bool {
    Accept::parse(request).is_ok_and(|accept| {
        let accepts = |essence| liking(&accept, essence).is_some_and(|q| q > Quality::ZERO);
        accepts("application/json") && !accepts("application/problem+json")
    })
}

/// The quality that a client assigns to a type, given by the most specific range that covers it.
fn liking(accept: &Accept, essence: &str) -> Option<Quality> {
    let (kind, subtype) = essence.split_once('/')?;
    let covering = accept.iter().filter_map(|range| {
        let (of, name) = range.item.essence_str().split_once('/')?;
        let specific = match (of, name) {
            ("*", "*") => 0,
            (_, "*") if of == kind => 1,
            _ if of == kind && name == subtype => 2,
            _ => return None,
        };
        Some((specific, range.quality))
    });
    covering.max_by_key(|(specific, _)| *specific).map(|(_, quality)| quality)
}

/// A table: every text member is escaped for spreadsheets, and an empty one has no value.
fn table(bytes: &mut Vec<u8>, columns: &[String], rows: &[Members], is_first: bool) -> Result<()> {
    let broken = |error: csv::Error| Error::internal(format!("a row has no CSV text: {error}"));
    let mut csv = csv::Writer::from_writer(bytes);
    if is_first {
        csv.write_record(columns).map_err(broken)?;
    }
    for row in rows {
        for column in columns {
            let text = row.get(column).map(|value| cell(value)).transpose()?.unwrap_or_default();
            csv.write_field(text).map_err(broken)?;
        }
        csv.write_record(None::<&[u8]>).map_err(broken)?;
    }
    csv.flush().map_err(|error| Error::internal(format!("a row has no CSV text: {error}")))
}

fn cell(value: &RawValue) -> Result<String> {
    match value.get() {
        "null" => Ok(String::new()),
        text if text.starts_with('"') => {
            let text: String = serde_json::from_str(text).map_err(Error::no_json)?;
            Ok(guarded(&text).into_owned())
        }
        other => Ok(other.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn whoever_accepts_json_alone_gets_errors_as_such() {
        for (accept, plain) in [
            ("application/json", true),
            ("Application/JSON;charset=utf-8, text/csv", true),
            ("application/json, */*;q=0.1", false),
            ("application/json, application/*", false),
            ("application/json, application/problem+json", false),
            ("application/json, application/problem+json;q=0", true),
            ("application/json;q=0", false),
            ("text/csv", false),
            ("*/*", false),
            ("", false),
        ] {
            let request = TestRequest::get().insert_header((ACCEPT, accept)).to_http_request();
            assert_eq!(wants_plain_json(&request), plain, "{accept}");
        }
    }

    #[test]
    fn a_client_gets_what_it_likes_best() {
        let (json, csv) = (Some(Format::Json), Some(Format::Csv));
        let (ndjson, jsonl) =
            (Some(Format::Lines("application/x-ndjson")), Some(Format::Lines("application/jsonl")));
        for (accept, expected) in [
            ("*/*", json),
            ("", json),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", json),
            ("text/csv", csv),
            ("text/*", csv),
            ("TEXT/CSV; charset=utf-8", csv),
            ("application/x-ndjson", ndjson),
            ("application/jsonl, application/x-ndjson;q=0.5", jsonl),
            ("application/json;q=0.5, text/csv;q=0.7", csv),
            ("application/json;q=0, */*", csv),
            ("application/*;q=0.1, application/jsonl;q=0.2", jsonl),
            ("*/*;q=0.1, application/json;q=0", csv),
            ("text/csv;q=0.5, application/json;q=0.5", json),
            ("text/html", None),
            ("application/problem+json", None),
            ("application/json;q=0", None),
            ("*/*;q=0", None),
            ("nonsense", json),
        ] {
            let request = TestRequest::get().insert_header((ACCEPT, accept)).to_http_request();
            assert_eq!(Accepted::of(&request).best(false).ok(), expected, "{accept}");
        }
        let none = TestRequest::get().to_http_request();
        assert_eq!(Accepted::of(&none).best(true), Ok(Format::Json));
    }
}
