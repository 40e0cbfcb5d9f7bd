//! MARC 21 in its exchange format, ISO 2709.

mod encoding;
mod parse;
mod reader;
mod source;
mod writer;

pub(crate) use encoding::latin1;
pub(crate) use reader::looks_like_leader;
pub use reader::{LIMIT, Reader};
pub use writer::Writer;

/// The end of a record.
const RECORD_END: u8 = 0x1D;
/// The end of a field, and of the directory.
const FIELD_END: u8 = 0x1E;
/// The bytes of a leader.
const LEADER: usize = 24;
/// The bytes of a directory entry: a tag, a length and a position.
const ENTRY: usize = 12;
