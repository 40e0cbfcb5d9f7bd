//! Operations that give names.

use super::Plan;
use crate::{operation::Operation, schema::TableName};

impl Plan {
    /// Gives a table another name. Its indexes keep theirs.
    #[must_use]
    pub fn rename_table(self, from: impl Into<TableName>, to: impl Into<TableName>) -> Self {
        self.with(Operation::RenameTable { from: from.into(), to: to.into() })
    }

    /// Gives a column another name, in keys, indexes, views and triggers too.
    #[must_use]
    pub fn rename_column(self, table: impl Into<TableName>, from: &str, to: &str) -> Self {
        let (from, to) = (from.to_owned(), to.to_owned());
        self.with(Operation::RenameColumn { table: table.into(), from, to })
    }

    /// Gives an index another name.
    #[must_use]
    pub fn rename_index(self, table: impl Into<TableName>, from: &str, to: &str) -> Self {
        let (from, to) = (from.to_owned(), to.to_owned());
        self.with(Operation::RenameIndex { table: table.into(), from, to })
    }

    /// Gives a constraint another name. One without a name is called as PostgreSQL would call it.
    #[must_use]
    pub fn rename_constraint(self, table: impl Into<TableName>, from: &str, to: &str) -> Self {
        let (from, to) = (from.to_owned(), to.to_owned());
        self.with(Operation::RenameConstraint { table: table.into(), from, to })
    }
}
