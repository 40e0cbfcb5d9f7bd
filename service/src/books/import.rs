//! Imports a file of books: all rows that can be stored, in one transaction, or nothing.
//!
//! A thread reads and checks rows while the transaction stores the previous batch. A duplicate is a row with the ISBN of
//! another book; without an ISBN, one with the title, author and year of another book that has none. A row is also a duplicate of a
//! book of its title, author and year if only one of the two has an ISBN (see `matching`).

mod batch;
mod cells;
mod columns;
mod counted;
mod dialect;
mod encoding;
mod fields;
mod header;
mod library;
mod matching;
mod members;
mod profiles;
mod record;
mod row;
mod rows;
mod source;
mod store;
mod text_rows;
mod understood;

use std::{
    collections::BTreeMap,
    io::{self, Read},
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

pub use columns::columns;
pub use counted::Counted;
pub use dialect::{Dialect, LineEnds, Table};
pub use encoding::Encoding;
pub use profiles::{PROFILES, Profile};
pub use row::{Rejected, Row};
pub use rows::Format;
pub use understood::Understood;
pub(crate) use {
    batch::{BATCH, Batch},
    matching::{Policy, find_stored},
    members::Members,
    record::fields_of,
    row::Place,
    rows::Rows,
    store::{Change, Outcome, store_batch},
};

use crate::{
    Db, Tx,
    error::{Error, Result},
    now,
};

/// Batches that are read ahead.
const AHEAD: usize = 4;

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
    /// Rows without any value, which are counted nowhere else.
    pub empty_rows: u64,
}

impl Report {
    /// Adds the counts of other rows.
    pub(crate) fn add(&mut self, other: &Self) {
        let Self { rows, inserted, updated, skipped, rejected, warnings, .. } = other;
        self.rows += rows;
        self.inserted += inserted;
        self.updated += updated;
        self.skipped += skipped;
        self.rejected += rejected;
        self.warnings += warnings;
        self.without_isbn += other.without_isbn;
        self.unread += other.unread;
        self.empty_rows += other.empty_rows;
    }
}

/// Receives the events of an import.
///
/// When it cannot record an event, the import fails and nothing is stored: no row is skipped silently.
pub trait Observer: Send + 'static {
    /// How the file is understood, before its first row is read.
    fn begin(&mut self, file: &Understood);
    /// A row was rejected.
    ///
    /// # Errors
    /// When the event cannot be recorded.
    fn rejected(&mut self, row: &Rejected) -> io::Result<()>;
    /// A row has no ISBN, or a cell that could not be used.
    ///
    /// # Errors
    /// When the event cannot be recorded.
    fn warning(&mut self, row: &Row, why: &str) -> io::Result<()>;
    /// A batch is done; the counts so far.
    fn progress(&mut self, so_far: &Report);
    /// All rows were reported. What was recorded has to be durable before they are stored.
    ///
    /// # Errors
    /// When it cannot be made durable.
    fn finish(&mut self) -> io::Result<()>;
}

/// Imports all of `input`, or nothing on any error.
///
/// # Errors
/// [`Error::Invalid`] when the file cannot be read, has no usable header, or holds a duplicate and duplicates are refused;
/// and any database error. Rows that cannot be stored are no error; they are reported to the observer.
pub async fn import<R, O>(db: &Db, input: R, options: Options, mut observer: O) -> Result<Report>
where
    R: Read + Send + 'static,
    O: Observer,
{
    let Options { on_duplicate, dry_run, .. } = options;
    let policy = Policy { on_duplicate, begun: now() };
    let rows = tokio::task::spawn_blocking(move || Rows::new(input, &options))
        .await
        .map_err(Error::internal)?
        .map_err(bad_file)?;
    observer.begin(&rows.understood());
    let (batches, queue) = mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || read(rows, &batches));

    // A dry run returns an error so that it is rolled back; its report is returned separately.
    let dry_report = Arc::new(Mutex::new(None));
    let report_to = Arc::clone(&dry_report);
    let stored = db
        .write_long(async move |tx| {
            let report = store(tx, queue, observer, policy).await?;
            if dry_run {
                *report_to.lock().unwrap_or_else(PoisonError::into_inner) = Some(report);
                return Err(Error::internal("a dry run stores nothing"));
            }
            Ok(report)
        })
        .await;
    let dry_report = dry_report.lock().unwrap_or_else(PoisonError::into_inner).take();
    dry_report.map_or(stored, Ok)
}

pub(crate) fn bad_file(why: String) -> Error {
    Error::invalid("", "bad-file", why)
}

/// Reads to the end, one batch at a time, while the batches are received. An empty batch marks the end of the file.
fn read<R: Read>(mut rows: Rows<R>, batches: &mpsc::Sender<Result<Batch>>) {
    loop {
        let batch = rows.batch(BATCH).map_err(unreadable);
        let ended = batch.as_ref().map_or(true, Batch::is_empty);
        if batches.blocking_send(batch).is_err() || ended {
            return;
        }
    }
}

pub(crate) fn unreadable(error: io::Error) -> Error {
    bad_file(format!("the file cannot be read any further: {error}"))
}

async fn store(
    tx: &Tx,
    mut queue: mpsc::Receiver<Result<Batch>>,
    mut observer: impl Observer,
    policy: Policy,
) -> Result<Report> {
    let mut outcome = Outcome::default();
    loop {
        // A reader that stops before the end must not make a part of the file look like the whole.
        let batch = queue
            .recv()
            .await
            .ok_or_else(|| Error::internal("the file was not read to its end"))??;
        if batch.is_empty() {
            outcome.report.empty_rows += batch.empty_rows;
            break;
        }
        for rejected in &batch.rejected {
            observer.rejected(rejected).map_err(unheard)?;
        }
        for row in &batch.rows {
            for why in &row.warnings {
                observer.warning(row, why).map_err(unheard)?;
            }
        }
        store_batch(tx, &batch, policy, &mut outcome).await?;
        observer.progress(&outcome.report);
    }
    observer.finish().map_err(unheard)?;
    Ok(outcome.report)
}

fn unheard(error: io::Error) -> Error {
    bad_file(format!("the rows that are left out cannot be noted: {error}"))
}
