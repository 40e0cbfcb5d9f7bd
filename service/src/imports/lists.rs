//! The rows of an import that are not stored as their file says, as tables.

use super::{
    Import,
    notes::{Kind, NotedRows},
    rejections::RejectedRows,
};
use crate::{database::Rows, error::Result};

/// Which rows of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowList {
    /// Those that cannot be stored, as a table that can be corrected and imported again.
    Rejected,
    /// Those without an ISBN, or with a cell that could not be used.
    Warned,
    /// Those whose books were stored before.
    Skipped,
}

/// Rows of an import as CSV in parts, each read by a separate query.
#[derive(Debug)]
pub struct RowParts(Parts);

#[derive(Debug)]
enum Parts {
    Rejected(RejectedRows),
    Noted(NotedRows),
}

impl RowParts {
    /// Those of a list.
    ///
    /// # Errors
    /// Never in practice: the import was read before.
    pub fn of(import: &Import, list: RowList) -> Result<Self> {
        Ok(Self(match list {
            RowList::Rejected => Parts::Rejected(RejectedRows::of(import)?),
            RowList::Warned => Parts::Noted(NotedRows::of(import, Kind::Warned)),
            RowList::Skipped => Parts::Noted(NotedRows::of(import, Kind::Skipped)),
        }))
    }

    /// The next part; `None` at the end.
    ///
    /// # Errors
    /// Any database error.
    pub async fn next(&mut self, db: &impl Rows) -> Result<Option<Vec<u8>>> {
        match &mut self.0 {
            Parts::Rejected(rows) => rows.next(db).await,
            Parts::Noted(rows) => rows.next(db).await,
        }
    }
}
