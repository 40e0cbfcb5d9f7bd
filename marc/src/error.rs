//! What can be wrong with a record: an error costs the record, a warning does not.

use std::{fmt, io};

/// A record that could not be read. The records after it still can, unless the error is [fatal](Self::is_fatal).
#[derive(Debug, thiserror::Error)]
#[error("record {number} at byte {offset}: {reason}")]
pub struct ReadError {
    /// The position of the record among those of the file, from 1.
    pub number: u64,
    /// The byte at which the record starts, from 0.
    pub offset: u64,
    /// Why it cannot be read.
    pub reason: Reason,
}

impl ReadError {
    /// Whether nothing after this error can be read.
    pub fn is_fatal(&self) -> bool {
        matches!(
            self.reason,
            Reason::Io(_) | Reason::Xml(_) | Reason::DocumentType | Reason::Encoding(_)
        )
    }
}

/// Why a record could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The source failed.
    #[error("the file cannot be read: {0}")]
    Io(#[from] io::Error),
    /// No record terminator within the limit.
    #[error("longer than {limit} bytes")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// The file ends within the record.
    #[error("the file ends within the record")]
    Truncated,
    /// The first 24 bytes are no leader.
    #[error("no MARC 21 leader")]
    Leader,
    /// The directory fits neither the positions nor the number of the fields.
    #[error("the directory does not fit the fields")]
    Directory,
    /// The XML cannot be read further.
    #[error("not well-formed XML: {0}")]
    Xml(String),
    /// An element of the record is not closed, or text of it is no XML; the records after it can be read.
    #[error("not well-formed XML: {0}")]
    Element(String),
    /// A document type with declarations of its own, which may define entities.
    #[error("a document type with declarations is refused, since they can make a small file large")]
    DocumentType,
    /// An encoding of XML that is not supported.
    #[error("the encoding `{0}` is not supported; use UTF-8, UTF-16, ISO-8859-1 or Windows-1252")]
    Encoding(String),
    /// A part of the record exceeds a limit.
    #[error("more than {limit} {what}")]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A product that its publisher withdraws, or a record that its library has deleted.
    #[error("the source has withdrawn it")]
    Withdrawn,
    /// An authority, holdings, classification or community record without a title.
    #[error("not a bibliographic record, but one of type `{0}`")]
    NotBibliographic(char),
    /// A record of UNIMARC, whose tags mean other things.
    #[error("a UNIMARC record; only MARC 21 is supported")]
    Unimarc,
    /// A product of another release of ONIX.
    #[error("a product of an earlier release; only ONIX 3 is supported")]
    NotOnix3,
    /// A product without a description, as in a block update.
    #[error("the product has no `DescriptiveDetail`")]
    NoDescription,
}

/// Something that was mended, or replaced, in a record that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// The leader gives another length than the record has.
    Length,
    /// The record has no terminator of its own.
    Terminator,
    /// The directory is wrong; the fields were taken in their order.
    Directory,
    /// The record, or a field of it, is in another encoding than it claims.
    Encoding {
        /// The encoding that the leader names.
        claimed: Encoding,
        /// The encoding that the bytes are in.
        used: Encoding,
    },
    /// Characters without a mapping, which are U+FFFD in the text.
    Characters {
        /// The tag of the field, or the name of the element.
        field: String,
        /// How many there are.
        count: usize,
    },
    /// A field without the parts that it needs, which was left out.
    Field {
        /// The tag of the field, or the name of the element.
        field: String,
        /// What it lacks.
        lacks: &'static str,
    },
}

/// An encoding of MARC 21 records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// MARC-8, with ANSEL and escape sequences.
    Marc8,
    /// UTF-8.
    Utf8,
    /// ISO 8859-1, with Windows-1252 where that has no characters.
    Latin1,
}

impl fmt::Display for Encoding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Marc8 => "MARC-8",
            Self::Utf8 => "UTF-8",
            Self::Latin1 => "Latin-1",
        })
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length => formatter.write_str("the leader gives another length"),
            Self::Terminator => formatter.write_str("no record terminator"),
            Self::Directory => {
                formatter.write_str("the directory is wrong; the fields were taken in their order")
            }
            Self::Encoding { claimed, used } => write!(formatter, "claims {claimed} and is {used}"),
            Self::Characters { field, count } => {
                write!(formatter, "{field}: characters that cannot be mapped: {count}")
            }
            Self::Field { field, lacks } => {
                write!(formatter, "{field}: left out, since it has no {lacks}")
            }
        }
    }
}

/// A record with its place in the file.
#[derive(Clone, Debug)]
pub struct Entry<T> {
    /// The position of the record among those of the file, from 1.
    pub number: u64,
    /// The byte at which the record starts, from 0.
    pub offset: u64,
    /// The record.
    pub record: T,
    /// What was mended in it.
    pub warnings: Vec<Warning>,
}

impl<T> Entry<T> {
    /// The same place with what `convert` makes of the record.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Entry<U> {
        let Self { number, offset, record, warnings } = self;
        Entry { number, offset, record: convert(record), warnings }
    }
}

/// A record that could not be written. Nothing of it is in the output.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The output failed.
    #[error("cannot be written: {0}")]
    Io(#[from] io::Error),
    /// A field is longer than its directory entry can say.
    #[error("field {tag} has {length} bytes, MARC 21 allows {limit}")]
    FieldTooLong {
        /// The tag of the field.
        tag: String,
        /// Its length in bytes.
        length: usize,
        /// What fits.
        limit: usize,
    },
    /// The record is longer than its leader can say.
    #[error(
        "the record has {length} bytes, MARC 21 allows {limit}; field {tag} is the first that does not fit"
    )]
    RecordTooLong {
        /// The tag of the first field that does not fit.
        tag: String,
        /// The length of the whole record in bytes.
        length: usize,
        /// What fits.
        limit: usize,
    },
    /// A text has a control character, which neither format can hold.
    #[error("field {tag} has the control character U+{code:04X}")]
    ControlCharacter {
        /// The tag of the field.
        tag: String,
        /// The code of the character.
        code: u32,
    },
    /// A tag that is not three letters or digits.
    #[error("`{tag}` is no tag")]
    Tag {
        /// The tag.
        tag: String,
    },
}
