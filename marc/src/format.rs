//! The format of a file, recognised by its start, and its records whatever the format is.

use std::io::Read;

use crate::{
    Entry, MarcRecord, ReadError, Reason, Record, marc21, marc21::looks_like_leader, marcxml, onix,
};

/// A format that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// MARC 21 in ISO 2709.
    Marc21,
    /// MARC 21 as XML.
    MarcXml,
    /// ONIX for Books 3.
    Onix,
}

impl Format {
    /// The format of a file that starts with these bytes, if it is one of them. A few kilobytes are enough.
    ///
    /// ```
    /// use bibliographic::Format;
    ///
    /// assert_eq!(Format::detect(b"<ONIXMessage release=\"3.0\">"), Some(Format::Onix));
    /// assert_eq!(Format::detect(b"title,author\n"), None);
    /// ```
    pub fn detect(start: &[u8]) -> Option<Self> {
        let unmarked = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start).trim_ascii_start();
        let has_digits =
            unmarked.get(..5).is_some_and(|length| length.iter().all(u8::is_ascii_digit));
        let has_fields = has_digits && unmarked.contains(&0x1E) && unmarked.contains(&0x1F);
        if has_fields || looks_like_leader(unmarked) {
            return Some(Self::Marc21);
        }
        // UTF-16 of XML is ASCII with zeros between.
        let text: Vec<u8> = start.iter().copied().filter(|byte| *byte != 0).collect();
        let text = String::from_utf8_lossy(&text);
        let text = text.trim_start_matches(|c: char| !c.is_ascii() || c.is_whitespace());
        if !text.starts_with('<') {
            return None;
        }
        let names = || {
            text.split('<').filter_map(|tag| tag.split([' ', '>', '/', '\r', '\n', '\t']).next())
        };
        names().find_map(|name| match name.rsplit(':').next().unwrap_or(name) {
            "ONIXMessage" | "ONIXmessage" | "Product" | "product" => Some(Self::Onix),
            "collection" | "record" => Some(Self::MarcXml),
            _ => None,
        })
    }
}

/// The records of a file, whatever its format is. Those that are withdrawn or deleted, and MARC records that are not
/// bibliographic, are errors.
///
/// ```
/// use bibliographic::{Format, Records};
///
/// let file: &[u8] = b"<record><datafield tag=\"245\"><subfield code=\"a\">Gardens</subfield></datafield></record>";
/// let titles: Vec<_> = Records::new(Format::MarcXml, file).flatten().map(|entry| entry.record.title).collect();
/// assert_eq!(titles, ["Gardens"]);
/// ```
pub struct Records<R> {
    reader: Reader<R>,
}

enum Reader<R> {
    Marc21(marc21::Reader<R>),
    MarcXml(marcxml::Reader<R>),
    Onix(onix::Reader<R>),
}

impl<R: Read> Records<R> {
    /// The records of a file in a format, within the default limits.
    pub fn new(format: Format, source: R) -> Self {
        let reader = match format {
            Format::Marc21 => Reader::Marc21(marc21::Reader::new(source)),
            Format::MarcXml => Reader::MarcXml(marcxml::Reader::new(source)),
            Format::Onix => Reader::Onix(onix::Reader::new(source)),
        };
        Self { reader }
    }
}

impl<R: Read> Iterator for Records<R> {
    type Item = Result<Entry<Record>, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let marc = match &mut self.reader {
            Reader::Marc21(reader) => reader.next()?,
            Reader::MarcXml(reader) => reader.next()?,
            Reader::Onix(reader) => return reader.next(),
        };
        Some(marc.and_then(|entry| match refused(&entry.record) {
            Some(reason) => Err(ReadError { number: entry.number, offset: entry.offset, reason }),
            None => Ok(entry.map(|marc| Record::from(&marc))),
        }))
    }
}

/// Fields of MARC 21 that have a title.
const TITLES: [&str; 5] = ["245", "240", "130", "740", "246"];

/// Why a MARC record is no book, if it is none.
fn refused(marc: &MarcRecord) -> Option<Reason> {
    match (marc.leader_at(5), marc.leader_at(6)) {
        (b'd', _) => Some(Reason::Withdrawn),
        (_, kind @ (b'q' | b'u'..=b'z')) if marc.field("245").is_none() => {
            Some(Reason::NotBibliographic(kind.into()))
        }
        _ if marc.field("200").is_some_and(|field| field.subfield('a').is_some())
            && TITLES.iter().all(|tag| marc.field(tag).is_none()) =>
        {
            Some(Reason::Unimarc)
        }
        _ => None,
    }
}
