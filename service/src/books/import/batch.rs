//! A batch of rows from a file: those that can be stored and those that cannot.

use std::io::{self, Read};

use super::rows::{COLUMNS, Rows};
use crate::{books::NewBook, check::Checked};

/// Rows of a batch, and of one INSERT; nine values each stay below the parameter limits of both databases.
pub const BATCH: usize = 500;
/// Bytes of the file after which a batch ends early: rejected rows stay in memory until they are recorded.
const BATCH_BYTES: u64 = 1 << 20;

/// A row that can be stored.
#[derive(Debug)]
pub struct Row {
    /// Counted from 1, without the header.
    pub number: u64,
    /// The line on which it begins.
    pub line: u64,
    /// The book, ready to be stored.
    pub book: Checked<NewBook>,
    /// Which of title, author, year, isbn, page_count and status the file has a value for.
    pub present: [bool; COLUMNS.len()],
    /// Why the book is stored without its ISBN.
    pub warning: Option<String>,
}

/// A row that cannot be stored.
#[derive(Debug)]
pub struct Rejected {
    /// Counted from 1, without the header.
    pub number: u64,
    /// The line on which it begins.
    pub line: u64,
    /// What is wrong, and what to do about it.
    pub reason: String,
    /// The raw bytes; of a row that is too long only the beginning.
    pub raw: Vec<u8>,
}

impl Rejected {
    /// The raw text, shortened.
    #[must_use]
    pub fn text(&self) -> String {
        let shown = self.raw.get(..300).unwrap_or(&self.raw);
        String::from_utf8_lossy(shown).trim_end().to_owned()
    }
}

/// Consecutive rows; those that can be stored are separate from those that cannot.
#[derive(Debug, Default)]
pub struct Batch {
    pub rows: Vec<Row>,
    pub rejected: Vec<Rejected>,
}

impl Batch {
    /// Whether the end of the file was reached.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.rejected.is_empty()
    }
}

/// How far a file was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub bytes: u64,
    pub lines: u64,
    pub rows: u64,
}

impl<R: Read> Rows<R> {
    /// The next rows, at most the given number; none at the end.
    ///
    /// # Errors
    /// When the file cannot be read any further.
    pub fn batch(&mut self, most: usize) -> io::Result<Batch> {
        let begin = self.place().bytes;
        let mut batch = Batch::default();
        while batch.rows.len() + batch.rejected.len() < most.min(BATCH)
            && self.place().bytes - begin < BATCH_BYTES
        {
            match self.next()? {
                Some(Ok(row)) => batch.rows.push(row),
                Some(Err(rejected)) => batch.rejected.push(rejected),
                None => break,
            }
        }
        Ok(batch)
    }
}
