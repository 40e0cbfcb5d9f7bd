//! Chunks of an import: their books, the previous values, the rejected rows and the progress; one transaction stores several.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use entity::import::ActiveModel;
use sea_orm::{ActiveValue::Set, DbBackend, IntoActiveModel};
use tokio::sync::mpsc;

use super::{
    Import, Importable, Memory, State, locked,
    notes::{self, Notes},
    options,
    outcome::Outcome,
    reasons,
    recorder::Recorder,
    rejections,
};
use crate::{
    Db, Tx,
    books::import::{
        BATCH, Batch, OnDuplicate, Options, Place, Policy, Reasons, Report, RowReader, unreadable,
    },
    database::{Changes, Rows as _},
    error::{Error, Result},
    now,
};

/// Rows of a transaction. The more there are, the fewer index pages are rewritten; but a killed process loses them, and the log
/// that holds them takes space.
const MOST_ROWS: u64 = 50_000;
/// After this time the progress is stored, so that it can be followed and little is lost.
const LONGEST: Duration = Duration::from_millis(100);
/// Rejected rows that a dry run holds in memory, and what it notes of others.
const MOST_REJECTED: usize = 1000;
const MOST_NOTES: usize = 10_000;

/// The number of rows of the next chunk. If others change the same books on PostgreSQL, a transaction of many rows may deadlock
/// with theirs: then it gives up, and smaller ones follow until they do not collide. A transaction of a single row cannot
/// deadlock, and succeeds in the end.
#[derive(Debug)]
pub struct Size(AtomicUsize);

impl Default for Size {
    fn default() -> Self {
        Self(BATCH.into())
    }
}

impl Size {
    /// Rows of the next chunk.
    pub fn rows(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Whether transactions should be short.
    pub fn is_small(&self) -> bool {
        self.rows() < BATCH
    }

    /// After a collision; false if it is already the smallest.
    pub fn shrink(&self) -> bool {
        let rows = self.rows();
        self.0.store((rows / 4).max(1), Ordering::Relaxed);
        rows > 1
    }

    /// After a transaction that was committed.
    pub fn grow(&self) {
        self.0.store((self.rows() * 2).min(BATCH), Ordering::Relaxed);
    }
}

/// Makes a transaction of many rows give up soon when it is blocked by another one on PostgreSQL, which takes a second to detect
/// a deadlock.
pub async fn give_way(tx: &Tx, rows: u64) -> Result<()> {
    if rows > 1 && tx.backend() == DbBackend::Postgres {
        tx.execute_raw("SET LOCAL lock_timeout = '100ms'").await?;
    }
    Ok(())
}

/// Rows of a file, and their start and end positions.
#[derive(Debug)]
pub struct Chunk<R> {
    pub batch: Batch<R>,
    pub from: Place,
    pub to: Place,
}

/// Begins an import, or continues it: `None` when it was cancelled meanwhile. A dry run always starts at the beginning, because
/// its database is gone.
pub async fn begin(db: &Db, id: i32) -> Result<Option<Import>> {
    db.write_long(async move |tx| {
        let Some(import) = locked(tx, id).await? else { return Ok(None) };
        match import.state {
            State::Queued => {}
            State::Running if import.dry_run => {
                rejections::forget(tx, id).await?;
                notes::forget(tx, id).await?;
            }
            State::Running => return Ok(Some(import)),
            State::Done | State::Undoing | State::Undone | State::Failed => return Ok(None),
        }
        let next = import.version + 1;
        let started = import.started_at.unwrap_or_else(now);
        let mut row = import.into_active_model();
        row.state = Set(State::Running);
        row.started_at = Set(Some(started));
        row.version = Set(next);
        for count in [&mut row.bytes_read, &mut row.lines_read, &mut row.rows, &mut row.rejected] {
            *count = Set(0);
        }
        for count in [&mut row.inserted, &mut row.updated, &mut row.skipped, &mut row.warnings] {
            *count = Set(0);
        }
        (row.unusable, row.empty_rows) = (Set(0), Set(0));
        row.reasons = Set(super::NO_REASONS.to_owned());
        Ok(Some(tx.update(row).await?))
    })
    .await
}

/// Chunks in the order of their file, read ahead.
pub type Chunks<T> = mpsc::Receiver<Result<Chunk<<T as Importable>::Read>>>;

/// Reads to the end, while the chunks are received; the last one is empty. The first chunk of a file begins at 0 and includes
/// the header.
pub fn read<R: RowReader>(
    mut rows: R,
    mut from: Place,
    size: &Size,
    chunks: &mpsc::Sender<Result<Chunk<R::Row>>>,
) {
    loop {
        let batch = rows.batch(size.rows()).map_err(unreadable);
        let to = rows.place();
        let chunk = batch.map(|batch| Chunk { batch, from, to });
        from = to;
        let ended = chunk.as_ref().map_or(true, |chunk| chunk.batch.is_empty());
        if chunks.blocking_send(chunk).is_err() || ended {
            return;
        }
    }
}

/// Stores the next chunks in one transaction, and returns those after them; `None` when the import was cancelled meanwhile.
/// Other writers wait for one chunk at most.
pub async fn store<T: Importable + 'static>(
    db: &Db,
    import: &Import,
    mut chunks: Chunks<T>,
    (on_duplicate, size, memory): (OnDuplicate, &Size, &Arc<T::Memory>),
) -> Result<Option<(Import, Chunks<T>)>> {
    let (id, writes, remembered) = (import.id, db.clone(), Arc::clone(memory));
    let (is_small, rows) = (size.is_small(), size.rows() as u64);
    memory.begin();
    let stored: Result<_> = db
        .write_long(async move |tx| {
            give_way(tx, rows).await?;
            let Some(import) = locked(tx, id).await? else { return Ok(None) };
            if import.state != State::Running {
                return Ok(None);
            }
            let mut recorder = Recorder::<T>::new(&import, policy(&import, on_duplicate));
            let mut progress = Progress::of(&import);
            while !progress.is_enough(&recorder.outcome.report) {
                let chunk = next::<T>(&mut chunks).await?;
                // Also when another process has continued it, for whatever reason.
                if progress.at != chunk.from {
                    return Ok(None);
                }
                progress.pass(&chunk);
                let batch = T::prepare(tx, chunk.batch).await?;
                recorder.store(tx, &batch, &remembered).await?;
                if is_small || writes.has_waiters() {
                    break;
                }
            }
            let Outcome { report, reasons, .. } = &recorder.outcome;
            let import = advance(tx, import, &progress, (report, reasons)).await?;
            Ok(Some((import, chunks)))
        })
        .await;
    let stored = stored?;
    memory.commit();
    Ok(stored)
}

/// Processes the next chunks as [`store`] does, but only the counts and the rejected rows are stored.
pub async fn store_dry<T: Importable>(
    db: &Db,
    import: &Import,
    mut chunks: Chunks<T>,
    (on_duplicate, memory): (OnDuplicate, &Arc<T::Memory>),
) -> Result<Option<(Import, Chunks<T>)>> {
    let (id, mut outcome) = (import.id, Outcome::<T>::tried());
    let (mut notes, mut rejected) = (Notes::of(import), Vec::new());
    let (mut progress, mut room) = (Progress::of(import), rejections::Room::of(import));
    let policy = policy(import, on_duplicate);
    while !progress.is_enough(&outcome.report)
        && rejected.len() < MOST_REJECTED
        && notes.len() < MOST_NOTES
    {
        let chunk = next::<T>(&mut chunks).await?;
        progress.pass(&chunk);
        let catalogue = db.reader().for_maintenance();
        let mut batch = T::prepare(&catalogue, chunk.batch).await?;
        outcome.read(&batch);
        T::attempt(&catalogue, &batch, (policy, memory), &mut outcome).await?;
        notes.warn(&batch.rows);
        notes.skip(&std::mem::take(&mut outcome.skipped));
        let noted = room.take(&batch.rejected).len();
        rejected.extend(batch.rejected.drain(..noted));
    }
    let begun = place(import);
    let (report, reasons) = (outcome.report, outcome.reasons);
    let noted: Result<_> = db
        .write_long(async move |tx| {
            let Some(import) = locked(tx, id).await? else { return Ok(None) };
            if import.state != State::Running || place(&import) != begun {
                return Ok(None);
            }
            rejections::note(tx, id, &rejected).await?;
            notes.store(tx).await?;
            let import = advance(tx, import, &progress, (&report, &reasons)).await?;
            Ok(Some((import, chunks)))
        })
        .await;
    let noted = noted?;
    memory.commit();
    Ok(noted)
}

fn policy(import: &Import, on_duplicate: OnDuplicate) -> Policy {
    Policy { on_duplicate, begun: import.started_at.unwrap_or(import.created_at) }
}

/// The next chunk. A reader that stops before the end must not make a part of the file look like the whole.
pub async fn next<T: Importable>(chunks: &mut Chunks<T>) -> Result<Chunk<T::Read>> {
    let unread = || Error::internal("the file was not read to its end");
    chunks.recv().await.ok_or_else(unread)?
}

/// The progress of a transaction in the file of its import.
struct Progress {
    at: Place,
    is_at_the_end: bool,
    begun: Instant,
}

impl Progress {
    fn of(import: &Import) -> Self {
        Self { at: place(import), is_at_the_end: false, begun: Instant::now() }
    }

    fn pass<R>(&mut self, chunk: &Chunk<R>) {
        self.at = chunk.to;
        self.is_at_the_end = chunk.batch.is_empty();
    }

    /// Whether the transaction has reached its maximum length.
    fn is_enough(&self, report: &Report) -> bool {
        self.is_at_the_end || report.rows >= MOST_ROWS || self.begun.elapsed() >= LONGEST
    }
}

/// The position in the file of an import.
pub fn place(import: &Import) -> Place {
    let count = |number: i64| u64::try_from(number).unwrap_or_default();
    Place {
        bytes: count(import.bytes_read),
        lines: count(import.lines_read),
        rows: count(import.rows),
    }
}

async fn advance(
    tx: &Tx,
    import: Import,
    progress: &Progress,
    outcome: (&Report, &Reasons),
) -> Result<Import> {
    let plus = |count: i64, more: u64| Set(count.saturating_add_unsigned(more));
    let mut row = count(import.clone(), outcome)?;
    row.bytes_read = plus(0, progress.at.bytes);
    row.lines_read = plus(0, progress.at.lines);
    row.version = Set(import.version + 1);
    if progress.is_at_the_end {
        let refusal = refusal(&options(&import)?, &row);
        row.state = Set(if refusal.is_some() { State::Undoing } else { State::Done });
        row.ended_at = Set(refusal.is_none().then(now));
        row.problem = Set(refusal);
    }
    Ok(tx.update(row).await?)
}

/// Why a strict import is taken back.
fn refusal(options: &Options, row: &ActiveModel) -> Option<String> {
    let [rejected, unusable] = [&row.rejected, &row.unusable].map(|count| *count.as_ref());
    let is_lossy = rejected > 0 || unusable > 0;
    (options.strict && is_lossy).then(|| {
        format!(
            "strict: {rejected} rows are rejected and {unusable} have a cell that is not usable; correct them, or import without `strict`"
        )
    })
}

/// An import with the counts of further rows.
pub fn count(
    import: Import,
    (report, reasons_of_rows): (&Report, &Reasons),
) -> Result<ActiveModel> {
    let plus = |count: i64, more: u64| Set(count.saturating_add_unsigned(more));
    let Report { rows, inserted, updated, skipped, rejected, warnings, .. } = *report;
    let Report { unusable, empty_rows, .. } = *report;
    let mut all = reasons(&import);
    all.add(reasons_of_rows);
    let (import, mut row) = (import.clone(), import.into_active_model());
    row.rows = plus(import.rows, rows);
    row.inserted = plus(import.inserted, inserted);
    row.updated = plus(import.updated, updated);
    row.skipped = plus(import.skipped, skipped);
    row.rejected = plus(import.rejected, rejected);
    row.warnings = plus(import.warnings, warnings);
    row.unusable = plus(import.unusable, unusable);
    row.empty_rows = plus(import.empty_rows, empty_rows);
    row.reasons = Set(serde_json::to_string(&all).map_err(Error::no_json)?);
    Ok(row)
}
