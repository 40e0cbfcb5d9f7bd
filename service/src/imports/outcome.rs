//! What became of the rows of an import.

use super::{Change, ReadyRow};
use crate::books::import::{Batch, Met, Reasons, Report, Skipped};

/// The outcome of the rows so far.
#[derive(Debug)]
pub struct Outcome<T> {
    pub report: Report,
    /// The reasons of rows that were rejected or have a warning.
    pub reasons: Reasons,
    /// The rows that were skipped, in order, since they were last taken.
    pub skipped: Vec<Skipped>,
    /// The changes of stored rows, in order; `None` if they are not needed.
    pub changes: Option<Vec<Change<T>>>,
}

impl<T> Outcome<T> {
    /// For an import that notes what it does.
    pub fn noted() -> Self {
        Self { changes: Some(Vec::new()), ..Self::tried() }
    }

    /// For a dry run, of which nothing is undone.
    pub fn tried() -> Self {
        let (report, reasons) = (Report::default(), Reasons::default());
        Self { report, reasons, skipped: Vec::new(), changes: None }
    }

    /// Counts what is known of the rows of a batch before they are stored.
    pub fn read(&mut self, batch: &Batch<impl ReadyRow>) {
        let Batch { rows, rejected, empty_rows } = batch;
        let report = &mut self.report;
        report.rows += (rows.len() + rejected.len()) as u64;
        report.rejected += rejected.len() as u64;
        report.empty_rows += empty_rows;
        for row in rows {
            report.warnings += u64::from(!row.warnings().is_empty());
            report.without_isbn += u64::from(row.lacks_isbn());
            report.unread += u64::from(row.has_unread());
            report.unusable += u64::from(row.is_lossy());
            row.warnings().iter().for_each(|reason| self.reasons.warned_of(reason));
        }
        rejected.iter().for_each(|row| self.reasons.rejected(row));
    }

    /// Counts a row that changed nothing.
    pub fn skip(&mut self, row: &impl ReadyRow, met: Met) {
        self.report.skipped += 1;
        let (number, line) = row.place();
        self.skipped.push(Skipped { number, line, met });
    }

    /// Notes a change of a stored row.
    pub fn note(&mut self, change: Change<T>) {
        if let Some(changes) = &mut self.changes {
            changes.push(change);
        }
    }
}
