//! What is read of a file: rows that can be stored and rows that cannot, so many at a time.

use std::io::{self, Read};

use super::rows::{COLUMNS, Rows};
use crate::{books::NewBook, check::Checked};

/// Rows of a batch, and of one INSERT; nine values each stay below the parameter limits of both databases.
pub const BATCH: usize = 500;
/// Bytes of the file after which a batch ends early: rows that are rejected are kept whole until they are noted.
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
    /// Which of title, author, year, isbn, page_count and status the file says something about.
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
    /// What is wrong, and the way out.
    pub reason: String,
    /// Its bytes; of one that is too long only the beginning.
    pub raw: Vec<u8>,
}

impl Rejected {
    /// What stands there, shortened.
    #[must_use]
    pub fn text(&self) -> String {
        let shown = self.raw.get(..300).unwrap_or(&self.raw);
        String::from_utf8_lossy(shown).trim_end().to_owned()
    }
}

/// Rows that follow each other, those that can be stored apart from those that cannot.
#[derive(Debug, Default)]
pub struct Batch {
    pub rows: Vec<Row>,
    pub rejected: Vec<Rejected>,
}

impl Batch {
    /// Whether the file is at its end.
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
    /// The next rows, at most so many; none at the end.
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
