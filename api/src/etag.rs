//! Conditional requests (RFC 9110, 13): the version that a client has, and whether it is still current.
//!
//! The tag of a row is strong and consists of its id and version. That of a list is weak and a hash of its bytes.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    hash::BuildHasher,
};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder,
    dev::Payload,
    http::{
        StatusCode,
        header::{CONTENT_TYPE, ETAG, HeaderMap, HeaderName, IF_MATCH, IF_NONE_MATCH},
    },
};
use foldhash::quality::FixedState;
use serde::Serialize;
use service::{Error, Noun, Precondition};

use crate::{
    fitted::fitted,
    json::{self, ROW},
};

/// The strong tag of a row.
pub fn of(row: &impl Noun) -> String {
    let version = row.row_version();
    of_row(version.id, version.version)
}

/// The tag of a row.
pub fn of_row(id: i32, version: i32) -> String {
    format!("\"{id}.{version}\"")
}

/// The tag of a list. It may change with an upgrade of the program, which costs one transfer.
fn of_bytes(bytes: &[u8]) -> String {
    let hash = FixedState::default().hash_one(bytes);
    format!("W/\"{hash:016x}\"")
}

/// `If-Match`: the change is applied only if the row is as the client saw it; `If-None-Match: *`: only if there is none yet.
pub struct IfMatch(pub Precondition);

/// `If-None-Match`: what the client already has and does not need again.
#[derive(Clone, Debug, Default)]
pub struct IfNoneMatch(Option<String>);

impl IfNoneMatch {
    /// For a request.
    pub fn of(request: &HttpRequest) -> Self {
        Self(joined(request.headers(), IF_NONE_MATCH))
    }

    /// A row with its tag, or 304 when the client has it.
    ///
    /// # Errors
    /// Never in practice: stored values can be serialized.
    pub fn row(&self, tag: &str, out: &impl Serialize) -> Result<HttpResponse, Error> {
        let mut bytes = Vec::with_capacity(ROW);
        json::write(out, &mut bytes)?;
        let mut response = HttpResponse::Ok();
        response.insert_header((CONTENT_TYPE, "application/json"));
        Ok(self.answer(response, tag, bytes))
    }

    /// Other content with the tag of its bytes, or 304 when the client has it.
    pub fn bytes(&self, response: HttpResponseBuilder, bytes: Vec<u8>) -> HttpResponse {
        let tag = of_bytes(&bytes);
        self.answer(response, &tag, bytes)
    }

    fn answer(&self, mut response: HttpResponseBuilder, tag: &str, body: Vec<u8>) -> HttpResponse {
        response.insert_header((ETAG, tag));
        let seen = self.0.as_ref().is_some_and(|seen| {
            seen.trim() == "*" || tags(seen).any(|(_, seen)| seen == opaque(tag))
        });
        if seen {
            return response.status(StatusCode::NOT_MODIFIED).finish();
        }
        response.body(fitted(body))
    }
}

/// A header that may be repeated, as one list.
fn joined(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let values: Vec<&str> = headers.get_all(name).filter_map(|value| value.to_str().ok()).collect();
    (!values.is_empty()).then(|| values.join(","))
}

/// The tags of a list: whether each is weak, and its text between the quotes.
fn tags(list: &str) -> impl Iterator<Item = (bool, &str)> {
    let mut rest = list;
    std::iter::from_fn(move || {
        let (before, quoted) = rest.split_once('"')?;
        let (tag, after) = quoted.split_once('"')?;
        rest = after;
        Some((before.trim_end().ends_with("W/"), tag))
    })
}

fn opaque(tag: &str) -> &str {
    tags(tag).next().map_or("", |(_, tag)| tag)
}

/// The rows and versions that `If-Match` names. A weak tag matches nothing here.
fn versions(list: &str) -> Precondition {
    if list.trim() == "*" {
        return Precondition::Any;
    }
    let version = |(weak, tag): (bool, &str)| {
        let (id, version) = tag.split_once('.').filter(|_| !weak)?;
        Some((id.parse().ok()?, version.parse().ok()?))
    };
    Precondition::OneOf(tags(list).filter_map(version).collect())
}

impl IfMatch {
    /// For a request.
    pub fn of(request: &HttpRequest) -> Self {
        let seen = joined(request.headers(), IF_MATCH);
        let unseen = joined(request.headers(), IF_NONE_MATCH);
        Self(match (seen, unseen) {
            (Some(list), _) => versions(&list),
            (None, Some(list)) if list.trim() == "*" => Precondition::Absent,
            (None, _) => Precondition::Any,
        })
    }
}

impl FromRequest for IfNoneMatch {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_match_names_rows_at_their_versions() {
        let seen = |seen: &[(i32, i32)]| Precondition::OneOf(seen.to_vec());
        for (list, rows) in [
            (" * ", Precondition::Any),
            ("\"7.3\"", seen(&[(7, 3)])),
            ("\"7.3\", \"7.4\",\"8.5\"", seen(&[(7, 3), (7, 4), (8, 5)])),
            ("W/\"7.3\"", seen(&[])),
            ("\"a\", \"7.x\", 7.3, \"7.9", seen(&[])),
            ("", seen(&[])),
        ] {
            assert_eq!(versions(list), rows, "{list:?}");
        }
    }
}
