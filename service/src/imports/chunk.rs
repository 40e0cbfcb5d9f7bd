//! One chunk of an import: its books, what they were, the rejected rows and the progress, in one transaction.

use std::sync::Arc;

use sea_orm::{ActiveValue::Set, IntoActiveModel};

use super::{Import, State, journal, locked, rejections};
use crate::{
    Db, Tx,
    books::import::{Batch, OnDuplicate, Outcome, Place, Report, store_batch},
    database::Changes,
    error::Result,
    now,
};

/// Rows of a file, and from where to where they are.
#[derive(Debug)]
pub struct Chunk {
    pub batch: Batch,
    pub from: Place,
    pub to: Place,
}

/// Begins an import, or goes on with it: `None` when it was called off meanwhile. A dry run always begins at the beginning,
/// because what it knew is gone.
pub async fn begin(db: &Db, id: i32) -> Result<Option<Import>> {
    db.write_at_length(async move |tx| {
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

/// Stores a chunk; `None` when the import was called off meanwhile. Of a dry run only the counts are stored, which are
/// `rehearsed`.
pub async fn store(
    db: &Db,
    import: &Import,
    chunk: Arc<Chunk>,
    (on_duplicate, rehearsed): (OnDuplicate, Option<Report>),
) -> Result<Option<Import>> {
    let id = import.id;
    db.write_at_length(async move |tx| {
        let Some(import) = locked(tx, id).await? else { return Ok(None) };
        // Also when somebody else went on with it, however that may have come about.
        if import.state != State::Running || place(&import) != chunk.from {
            return Ok(None);
        }
        let outcome = match rehearsed {
            Some(report) => Outcome { report, changes: None },
            None => {
                let mut outcome = Outcome { changes: Some(Vec::new()), ..Outcome::default() };
                store_batch(tx, &chunk.batch, on_duplicate, &mut outcome).await?;
                outcome
            }
        };
        journal::note(tx, id, outcome.changes.unwrap_or_default()).await?;
        rejections::note(tx, id, &chunk.batch.rejected).await?;
        advance(tx, import, &chunk, &outcome.report).await.map(Some)
    })
    .await
}

/// How far the file of an import is read.
pub fn place(import: &Import) -> Place {
    let count = |number: i64| u64::try_from(number).unwrap_or_default();
    Place {
        bytes: count(import.bytes_read),
        lines: count(import.lines_read),
        rows: count(import.rows),
    }
}

async fn advance(tx: &Tx, import: Import, chunk: &Chunk, report: &Report) -> Result<Import> {
    let plus = |count: i64, more: u64| Set(count.saturating_add_unsigned(more));
    let Report { rows, inserted, updated, skipped, rejected, warnings } = *report;
    let mut row = import.clone().into_active_model();
    row.bytes_read = plus(0, chunk.to.bytes);
    row.lines_read = plus(0, chunk.to.lines);
    row.rows = plus(import.rows, rows);
    row.inserted = plus(import.inserted, inserted);
    row.updated = plus(import.updated, updated);
    row.skipped = plus(import.skipped, skipped);
    row.rejected = plus(import.rejected, rejected);
    row.warnings = plus(import.warnings, warnings);
    row.version = Set(import.version + 1);
    if chunk.batch.is_empty() {
        row.state = Set(State::Done);
        row.ended_at = Set(Some(now()));
    }
    tx.update(row).await
}
