//! Reads MARC 21 (ISO 2709), MARCXML and ONIX 3 as one plain [`Record`] of a book, and writes MARC 21 and MARCXML.
//!
//! Files of libraries and publishers are seldom as their formats want them. A record that cannot be read is an error with its
//! number, byte offset and reason, and the reader goes on with the next one. What can be mended is mended and said in a
//! [`Warning`]: wrong lengths and directories, missing terminators, texts in another encoding than the record claims.
//!
//! Memory is bounded whatever a file says: see [`marc21::LIMIT`] and [`xml::Limits`].
//!
//! ```
//! use bibliographic::{Record, marc21};
//!
//! let file: &[u8] = b"00086nam a2200049   45000010002000002450022000021\x1E10\x1FaThe paper garden.\x1E\x1D";
//! for item in marc21::Reader::new(file) {
//!     match item {
//!         Ok(entry) => {
//!             let record = Record::from(&entry.record);
//!             assert_eq!(record.title, "The paper garden");
//!         }
//!         Err(error) => eprintln!("{error}"),
//!     }
//! }
//! ```

mod contributors;
mod error;
mod format;
mod from_marc;
mod marc;
pub mod marc21;
mod marc8;
pub mod marcxml;
mod name;
pub mod onix;
mod record;
mod role;
mod text;
mod to_marc;
mod unique;
pub mod xml;

pub use error::{Encoding, Entry, ReadError, Reason, Warning, WriteError};
pub use format::{Format, Records};
pub use marc::{Field, MarcRecord};
pub use name::direct as direct_name;
pub use record::{Contributor, Isbn, Kind, Part, Record, Series, Subject, SubjectKind};
pub use role::Role;
