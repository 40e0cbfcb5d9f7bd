//! What an import needs to know of a noun: how its files are read and how their rows are stored.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use super::{outcome::Outcome, undo::Undoable};
use crate::{
    books::import::{Batch, Named, Options, Place, Policy, Profile, RowReader},
    database::{Changes, Rows},
    error::{Error, Result},
};

/// A noun whose rows are imported from files.
#[expect(async_fn_in_trait, reason = "jobs run on the thread that they began on")]
pub trait Importable: Undoable {
    /// Reads a file.
    type Reader<R: Read + Send + 'static>: RowReader<Row = Self::Read> + Send + 'static;
    /// A row as it was read.
    type Read: Send + 'static;
    /// A row of which everything is known.
    type Ready: ReadyRow;
    /// What is remembered of earlier rows of the file.
    type Memory: Memory;
    /// Whether an import that continues has to know the rows before.
    const LOOKS_BACK: bool;

    /// Finds how a file is written, and reads its header.
    ///
    /// # Errors
    /// When it has no usable header.
    fn open<R: Read + Send + 'static>(
        input: R,
        options: &Options,
    ) -> std::result::Result<Self::Reader<R>, String>;

    /// The columns of a table with these headers, and the program that wrote it; `None` if one is missing.
    fn columns(names: &[String], options: &Options) -> Option<(Option<&'static Profile>, Named)>;

    /// Goes on from where somebody stopped before.
    ///
    /// # Errors
    /// When the file cannot be read there.
    fn go_to(reader: &mut Self::Reader<File>, place: Place) -> io::Result<()>;

    /// What is remembered before the first row; a dry run may have a scratch database at a path.
    ///
    /// # Errors
    /// Any database error.
    async fn remember(dry_run: Option<&Path>) -> Result<Self::Memory>;

    /// Finds what the rows refer to.
    ///
    /// # Errors
    /// Any database error.
    async fn prepare(db: &impl Rows, batch: Batch<Self::Read>) -> Result<Batch<Self::Ready>>;

    /// Notes rows that were stored before the import was continued.
    fn recall(_: &Self::Memory, _: &Batch<Self::Ready>) {}

    /// Stores the rows of a batch that can be stored.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a duplicate if these are refused, and any database error.
    async fn store(
        db: &impl Changes,
        batch: &Batch<Self::Ready>,
        how: (Policy, &Self::Memory),
        outcome: &mut Outcome<Self>,
    ) -> Result<()>;

    /// The outcome that storing a batch would have.
    ///
    /// # Errors
    /// As for storing it.
    async fn attempt(
        catalogue: &impl Rows,
        batch: &Batch<Self::Ready>,
        how: (Policy, &Self::Memory),
        outcome: &mut Outcome<Self>,
    ) -> Result<()>;
}

/// What is remembered of the rows of a file from one transaction to the next.
pub trait Memory: Send + Sync + 'static {
    /// Forgets what a transaction noted that was not committed.
    fn begin(&self) {}

    /// Keeps what a transaction noted.
    fn commit(&self) {}

    /// Refuses a file of which a server would have to remember too much.
    ///
    /// # Errors
    /// [`Error::Invalid`] with what to do about it.
    fn expect_room(&self) -> Result<()> {
        Ok(())
    }
}

/// A row that can be stored.
pub trait ReadyRow {
    /// Its number, counted from 1 without the header, and the line on which it begins.
    fn place(&self) -> (u64, u64);

    /// What could not be used of it.
    fn warnings(&self) -> &[String];

    /// Whether it is a book without an ISBN.
    fn lacks_isbn(&self) -> bool {
        false
    }

    /// Whether a cell other than that of the ISBN could not be used.
    fn has_unread(&self) -> bool {
        !self.warnings().is_empty()
    }

    /// Whether any cell could not be used.
    fn is_lossy(&self) -> bool {
        !self.warnings().is_empty()
    }
}

/// The error for a row whose duplicate is refused.
pub fn duplicate(row: &impl ReadyRow, met: impl std::fmt::Display) -> Error {
    let (number, line) = row.place();
    let resolution = "choose to skip or to update duplicates instead";
    Error::invalid("", "duplicate", format!("row {number} (line {line}) {met}; {resolution}"))
}
