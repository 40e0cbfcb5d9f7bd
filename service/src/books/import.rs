//! Reads a file of books and stores its rows. How much of it is stored in one transaction is decided by [`imports`](crate::imports).
//!
//! A duplicate is a row with the ISBN of
//! another book; without an ISBN, one with the title, author and year of another book that has none. A row is also a duplicate of a
//! book of its title, author and year if only one of the two has an ISBN (see `matching`).

mod batch;
mod cells;
mod columns;
#[cfg(test)]
mod cost;
mod counted;
mod dialect;
mod documents;
mod elements;
mod encoding;
mod fields;
pub(crate) mod header;
mod importable;
#[cfg(any(test, feature = "laws"))]
pub mod laws;
mod library;
mod matching;
mod members;
mod opened;
mod profiles;
mod reasons;
mod record;
mod row;
mod rows;
mod shape;
mod source;
mod store;
mod text_rows;
mod texts;
mod understood;

use std::{collections::BTreeMap, io};

use serde::{Deserialize, Serialize};

pub use columns::columns;
pub use counted::Counted;
pub use dialect::{Dialect, LineEnds, Table};
pub use encoding::Encoding;
pub use profiles::{PROFILES, Profile};
pub use reasons::{Reason, Reasons};
pub use row::{Met, Rejected, Row, Skipped};
pub use rows::Format;
pub use understood::{Named, Understood};
pub(crate) use {
    batch::{BATCH, Batch, RowReader},
    cells::{folded, read_isbn},
    encoding::SAVE_AS_UTF_8,
    fields::Fields,
    matching::{Policy, find_stored},
    opened::{Opened, open},
    record::{Broken, Records, fields_of},
    row::Place,
    rows::{Rows, is_lines, refuse_others},
    source::Source,
    store::store_batch,
};

use crate::error::Error;

/// What to do with a row whose book is already stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDuplicate {
    /// The stored book is not changed.
    #[default]
    Skip,
    /// The stored book takes the values of the row.
    Update,
    /// The whole import fails, and nothing is stored.
    Fail,
}

/// What a blank cell does to the value of a stored book.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blank {
    /// It stays.
    #[default]
    Keep,
    /// It goes, except the ISBN.
    Clear,
}

/// How to import; by default a table whose duplicates are skipped.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Options {
    /// The format of the file.
    pub format: Format,
    /// The encoding of its text; found in its beginning when absent.
    #[serde(default)]
    pub encoding: Option<Encoding>,
    /// What to do with a row whose book is already stored.
    pub on_duplicate: OnDuplicate,
    /// What blank cells do in an update.
    #[serde(default)]
    pub blank: Blank,
    /// Processes everything and stores nothing.
    pub dry_run: bool,
    /// The header of a column whose name is not one of the usual ones, or several with commas between them, the best first.
    pub map: BTreeMap<String, String>,
    /// Values for members of rows without one. They never replace what is stored.
    #[serde(default)]
    pub defaults: BTreeMap<String, String>,
    /// Nothing is stored if a row is rejected or has a cell that cannot be used.
    #[serde(default)]
    pub strict: bool,
}

/// The outcome of the rows: `rows = inserted + updated + skipped + rejected`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows of the file.
    pub rows: u64,
    /// New books.
    pub inserted: u64,
    /// Books that were updated.
    pub updated: u64,
    /// Stored before, and not changed.
    pub skipped: u64,
    /// Rows that cannot be stored.
    pub rejected: u64,
    /// Rows without an ISBN, or with another cell that could not be used, whatever their outcome.
    pub warnings: u64,
    /// Rows without a usable ISBN.
    pub without_isbn: u64,
    /// Rows with another cell that could not be used.
    pub unread: u64,
    /// Rows with any cell that could not be used.
    pub unusable: u64,
    /// Rows without any value, which are counted nowhere else.
    pub empty_rows: u64,
}

impl Report {
    /// Whether something that the file says was not read.
    #[must_use]
    pub fn is_lossy(&self) -> bool {
        self.rejected > 0 || self.unusable > 0
    }
}

pub(crate) fn bad_file(why: String) -> Error {
    Error::invalid("", "bad-file", why)
}

pub(crate) fn unreadable(error: io::Error) -> Error {
    bad_file(format!("the file cannot be read any further: {error}"))
}
