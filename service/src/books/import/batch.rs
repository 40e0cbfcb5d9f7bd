//! A batch of rows from a file: those that can be stored and those that cannot.

use std::io::{self, Read};

use super::{
    row::{Rejected, Row},
    rows::Rows,
};

/// Rows of a batch, and of one INSERT; nine values each stay below the parameter limits of both databases.
pub const BATCH: usize = 500;
/// Bytes of the file after which a batch ends early: rejected rows stay in memory until they are recorded.
const BATCH_BYTES: u64 = 1 << 20;

/// Consecutive rows; those that can be stored are separate from those that cannot.
#[derive(Debug, Default)]
pub struct Batch {
    pub rows: Vec<Row>,
    pub rejected: Vec<Rejected>,
    /// Rows without a value, which were left out.
    pub empty_rows: u64,
}

impl Batch {
    /// Whether the end of the file was reached.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.rejected.is_empty()
    }
}

impl<R: Read> Rows<R> {
    /// The next rows, at most the given number; none at the end.
    ///
    /// # Errors
    /// When the file cannot be read any further.
    pub fn batch(&mut self, most: usize) -> io::Result<Batch> {
        let (begin, empty_rows) = (self.place().bytes, self.empty_rows());
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
        batch.empty_rows = self.empty_rows() - empty_rows;
        Ok(batch)
    }
}
