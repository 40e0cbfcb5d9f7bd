//! Chunks of an import: their books, the previous values, the rejected rows and the progress; one transaction stores several.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use sea_orm::{ActiveValue::Set, DbBackend, IntoActiveModel};
use tokio::sync::mpsc;

use super::{Import, State, dry_run::DryRun, journal, locked, rejections};
use crate::{
    Db, Tx,
    books::import::{BATCH, Batch, OnDuplicate, Outcome, Place, Policy, Report, store_batch},
    database::{Changes, Rows},
    error::{Error, Result},
    now,
};

/// Rows of a transaction. The more there are, the fewer index pages are rewritten; but a killed process loses them, and the log
/// that holds them takes space.
const MOST_ROWS: u64 = 50_000;
/// After this time the progress is stored, so that it can be followed and little is lost.
const LONGEST: Duration = Duration::from_millis(100);
/// Rejected rows that a dry run holds in memory.
const MOST_REJECTED: usize = 1000;

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
pub struct Chunk {
    pub batch: Batch,
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
            State::Running if import.dry_run => rejections::forget(tx, id).await?,
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
        Ok(Some(tx.update(row).await?))
    })
    .await
}

/// Chunks in the order of their file, read ahead.
pub type Chunks = mpsc::Receiver<Result<Chunk>>;

/// Stores the next chunks in one transaction, and returns those after them; `None` when the import was cancelled meanwhile.
/// Other writers wait for one chunk at most.
pub async fn store(
    db: &Db,
    import: &Import,
    mut chunks: Chunks,
    (on_duplicate, size): (OnDuplicate, &Size),
) -> Result<Option<(Import, Chunks)>> {
    let (id, writes) = (import.id, db.clone());
    let (is_small, rows) = (size.is_small(), size.rows() as u64);
    db.write_long(async move |tx| {
        give_way(tx, rows).await?;
        let Some(import) = locked(tx, id).await? else { return Ok(None) };
        if import.state != State::Running {
            return Ok(None);
        }
        let mut outcome = Outcome { changes: Some(Vec::new()), ..Outcome::default() };
        let mut progress = Progress::of(&import);
        while !progress.is_enough(&outcome.report) {
            let chunk = next(&mut chunks).await?;
            // Also when another process has continued it, for whatever reason.
            if progress.at != chunk.from {
                return Ok(None);
            }
            store_batch(tx, &chunk.batch, policy(&import, on_duplicate), &mut outcome).await?;
            journal::note(tx, id, outcome.changes.replace(Vec::new()).unwrap_or_default()).await?;
            rejections::note(tx, id, &chunk.batch.rejected).await?;
            progress.pass(&chunk);
            if is_small || writes.has_waiters() {
                break;
            }
        }
        let import = advance(tx, import, &progress, &outcome.report).await?;
        Ok(Some((import, chunks)))
    })
    .await
}

/// Processes the next chunks as [`store`] does, in the database of a dry run; only the counts and the rejected rows are stored.
pub async fn store_dry(
    db: &Db,
    import: &Import,
    mut chunks: Chunks,
    (on_duplicate, dry_run): (OnDuplicate, &DryRun),
) -> Result<Option<(Import, Chunks)>> {
    let id = import.id;
    let (mut report, mut rejected) = (Report::default(), Vec::new());
    let mut progress = Progress::of(import);
    while !progress.is_enough(&report) && rejected.len() < MOST_REJECTED {
        let mut chunk = next(&mut chunks).await?;
        let policy = policy(import, on_duplicate);
        report.add(&dry_run.store(&db.reader().for_maintenance(), &chunk.batch, policy).await?);
        progress.pass(&chunk);
        rejected.append(&mut chunk.batch.rejected);
    }
    let begun = place(import);
    db.write_long(async move |tx| {
        let Some(import) = locked(tx, id).await? else { return Ok(None) };
        if import.state != State::Running || place(&import) != begun {
            return Ok(None);
        }
        rejections::note(tx, id, &rejected).await?;
        let import = advance(tx, import, &progress, &report).await?;
        Ok(Some((import, chunks)))
    })
    .await
}

fn policy(import: &Import, on_duplicate: OnDuplicate) -> Policy {
    Policy { on_duplicate, begun: import.started_at.unwrap_or(import.created_at) }
}

async fn next(chunks: &mut Chunks) -> Result<Chunk> {
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

    fn pass(&mut self, chunk: &Chunk) {
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

async fn advance(tx: &Tx, import: Import, progress: &Progress, report: &Report) -> Result<Import> {
    let plus = |count: i64, more: u64| Set(count.saturating_add_unsigned(more));
    let Report { rows, inserted, updated, skipped, rejected, warnings, .. } = *report;
    let mut row = import.clone().into_active_model();
    row.bytes_read = plus(0, progress.at.bytes);
    row.lines_read = plus(0, progress.at.lines);
    row.rows = plus(import.rows, rows);
    row.inserted = plus(import.inserted, inserted);
    row.updated = plus(import.updated, updated);
    row.skipped = plus(import.skipped, skipped);
    row.rejected = plus(import.rejected, rejected);
    row.warnings = plus(import.warnings, warnings);
    row.version = Set(import.version + 1);
    if progress.is_at_the_end {
        row.state = Set(State::Done);
        row.ended_at = Set(Some(now()));
    }
    Ok(tx.update(row).await?)
}
