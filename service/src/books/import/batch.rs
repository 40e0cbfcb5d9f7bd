//! A batch of rows from a file: those that may be stored and those that cannot.

use std::io;

use super::{
    row::{Place, Rejected, Row},
    understood::Understood,
};

/// Rows of a batch, and of one INSERT; sixteen values each stay below the parameter limits of both databases.
pub const BATCH: usize = 500;
/// Bytes of the file after which a batch ends early: rejected rows stay in memory until they are recorded.
const BATCH_BYTES: u64 = 1 << 20;

/// Rows of the database that a batch becomes, after which it ends early: others wait to write meanwhile.
const MOST_STORED: usize = 2000;

/// Consecutive rows; those that may be stored are separate from those that cannot.
#[derive(Debug)]
pub struct Batch<R = Row> {
    pub rows: Vec<R>,
    pub rejected: Vec<Rejected>,
    /// Rows without a value, which were left out.
    pub empty_rows: u64,
}

impl<R> Batch<R> {
    /// Whether the end of the file was reached.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.rejected.is_empty()
    }
}

/// A file that is read row by row.
pub trait RowReader {
    /// A row that may be stored.
    type Row;

    /// How the file is understood.
    fn understood(&self) -> Understood;

    /// The header of a table, as it stands there.
    fn header(&self) -> &[u8];

    /// Where the next row begins.
    fn place(&self) -> Place;

    /// Rows so far without a value, which are left out as empty lines are.
    fn empty_rows(&self) -> u64;

    /// The next row; `None` at the end.
    ///
    /// # Errors
    /// When the file cannot be read any further.
    fn next(&mut self) -> io::Result<Option<Result<Self::Row, Rejected>>>;

    /// How many rows of the database a row may become.
    fn copies(&self, _: &Self::Row) -> usize {
        1
    }

    /// The next rows, at most the given number; none at the end.
    ///
    /// # Errors
    /// When the file cannot be read any further.
    fn batch(&mut self, most: usize) -> io::Result<Batch<Self::Row>> {
        let (begin, empty_rows) = (self.place().bytes, self.empty_rows());
        let mut batch = Batch { rows: Vec::new(), rejected: Vec::new(), empty_rows: 0 };
        let mut stored = 0;
        while batch.rows.len() + batch.rejected.len() < most.min(BATCH)
            && self.place().bytes - begin < BATCH_BYTES
            && stored < MOST_STORED
        {
            match self.next()? {
                Some(Ok(row)) => {
                    stored += self.copies(&row);
                    batch.rows.push(row);
                }
                Some(Err(rejected)) => batch.rejected.push(rejected),
                None => break,
            }
        }
        batch.empty_rows = self.empty_rows() - empty_rows;
        Ok(batch)
    }
}
