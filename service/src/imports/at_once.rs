//! An import of the command line: all rows that can be stored, in one transaction, or nothing.
//!
//! A thread reads and checks rows while the transaction stores the previous batch. The transaction has the row of the import and
//! its journal too, so it can be undone as an upload can.

use std::{
    io::{self, Read},
    sync::{Arc, Mutex, PoisonError},
};

use sea_orm::ActiveValue::Set;
use tokio::sync::mpsc;

use super::{
    Import, Importable, NewImport, Nouns, Outcome, ReadyRow, State,
    chunk::{self, Chunk, Chunks, Size, count},
    create,
    recorder::Recorder,
};
use crate::{
    Db, Tx,
    books::import::{
        Batch, Options, Place, Policy, Reasons, Rejected, Report, RowReader, Skipped, Understood,
        bad_file,
    },
    database::{Changes, on_a_thread},
    error::{Error, Result},
    now,
};

/// Batches that are read ahead.
const AHEAD: usize = 4;

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
    /// A row has no ISBN, or a cell that could not be used; its number and line.
    ///
    /// # Errors
    /// When the event cannot be recorded.
    fn warning(&mut self, place: (u64, u64), why: &str) -> io::Result<()>;
    /// The book of a row was stored before.
    ///
    /// # Errors
    /// When the event cannot be recorded.
    fn skipped(&mut self, row: &Skipped) -> io::Result<()>;
    /// A batch is done; the counts so far.
    fn progress(&mut self, so_far: &Report);
    /// All rows were reported. What was recorded has to be durable before they are stored.
    ///
    /// # Errors
    /// When it cannot be made durable.
    fn finish(&mut self) -> io::Result<()>;
}

/// The outcome of an import.
#[derive(Clone, Debug)]
pub struct Imported {
    /// What its rows are.
    pub noun: Nouns,
    /// The import, by which it can be undone; none when nothing was to be stored.
    pub id: Option<i32>,
    /// The outcome of the rows, also when nothing was stored.
    pub report: Report,
    /// The reasons of rows that were rejected or have a warning.
    pub reasons: Reasons,
}

/// Imports all of `input`, or nothing on any error. A dry run stores nothing, and neither does a strict import of a file with rows
/// that are not stored as they are.
///
/// # Errors
/// [`Error::Invalid`] when the file cannot be read, has no usable header, or holds a duplicate and duplicates are refused;
/// and any database error. Rows that cannot be stored are no error; they are reported to the observer.
pub async fn at_once<T, R, O>(
    db: &Db,
    (input, name): (R, Option<&str>),
    options: Options,
    mut observer: O,
) -> Result<Imported>
where
    T: Importable + 'static,
    R: Read + Send + 'static,
    O: Observer,
{
    let read_with = options.clone();
    let open = move || T::open(input, &read_with).map_err(bad_file);
    let rows = on_a_thread(open).await?;
    let understood = rows.understood();
    observer.begin(&understood);
    let new = NewImport {
        noun: T::NOUN,
        name: super::plain_name(name),
        options: understood.settle(options),
        file: String::new(),
        header: rows.header().to_vec(),
        bytes: 0,
    };
    let (chunks, queue) = mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        chunk::read(rows, Place::default(), &Size::default(), &chunks);
    });

    let how = new.options.clone();
    in_one_transaction(db, how, async move |tx| store::<T>(tx, queue, &new, observer).await).await
}

/// Runs an import as one transaction, which is rolled back if nothing of it is to be stored.
async fn in_one_transaction(
    db: &Db,
    Options { dry_run, strict, .. }: Options,
    import: impl AsyncFnOnce(&Tx) -> Result<Imported> + Send + 'static,
) -> Result<Imported> {
    // What is not to be stored ends with an error, so that it is rolled back; its outcome is returned separately.
    let not_stored = Arc::new(Mutex::new(None));
    let outcome_to = Arc::clone(&not_stored);
    let stored = db
        .write_long(async move |tx| {
            let imported = import(tx).await?;
            if dry_run || (strict && imported.report.is_lossy()) {
                let imported = Imported { id: None, ..imported };
                *outcome_to.lock().unwrap_or_else(PoisonError::into_inner) = Some(imported);
                return Err(Error::internal("nothing of this import is to be stored"));
            }
            Ok(imported)
        })
        .await;
    let not_stored = not_stored.lock().unwrap_or_else(PoisonError::into_inner).take();
    not_stored.map_or(stored, Ok)
}

async fn store<T: Importable>(
    tx: &Tx,
    mut queue: Chunks<T>,
    new: &NewImport,
    mut observer: impl Observer,
) -> Result<Imported> {
    let import = create(tx, new).await?;
    let policy = Policy { on_duplicate: new.options.on_duplicate, begun: import.created_at };
    let (mut recorder, memory) = (Recorder::<T>::new(&import, policy), T::remember(None).await?);
    let end = loop {
        let Chunk { batch, to, .. } = chunk::next::<T>(&mut queue).await?;
        let is_last = batch.is_empty();
        let batch = T::prepare(tx, batch).await?;
        tell(&mut observer, &batch).map_err(unheard)?;
        let skipped = recorder.store(tx, &batch, &memory).await?;
        skipped.iter().try_for_each(|row| observer.skipped(row)).map_err(unheard)?;
        if is_last {
            break to;
        }
        observer.progress(&recorder.outcome.report);
    };
    observer.finish().map_err(unheard)?;
    let Outcome { report, reasons, .. } = recorder.outcome;
    let id = end_with(tx, import, (&report, &reasons), end).await?;
    Ok(Imported { noun: T::NOUN, id: Some(id), report, reasons })
}

/// Tells what is known of rows before they are stored.
fn tell(observer: &mut impl Observer, batch: &Batch<impl ReadyRow>) -> io::Result<()> {
    batch.rejected.iter().try_for_each(|row| observer.rejected(row))?;
    for row in &batch.rows {
        row.warnings().iter().try_for_each(|why| observer.warning(row.place(), why))?;
    }
    Ok(())
}

/// Ends an import with what became of its rows, at the end of its file.
async fn end_with(
    tx: &Tx,
    import: Import,
    outcome: (&Report, &Reasons),
    end: Place,
) -> Result<i32> {
    let begun = import.created_at;
    let mut row = count(import, outcome)?;
    let bytes = i64::try_from(end.bytes).unwrap_or(i64::MAX);
    (row.bytes_total, row.bytes_read) = (Set(bytes), Set(bytes));
    row.lines_read = Set(i64::try_from(end.lines).unwrap_or(i64::MAX));
    row.state = Set(State::Done);
    (row.started_at, row.ended_at) = (Set(Some(begun)), Set(Some(now())));
    Ok(tx.update(row).await?.id)
}

/// The error for what an observer cannot note.
fn unheard(error: io::Error) -> Error {
    bad_file(format!("the rows that are left out cannot be noted: {error}"))
}
