//! What else the definition of a column or a table says: how it is computed, by which collation it is compared.

use super::Plan;
use crate::{
    operation::Operation,
    schema::{Generated, TableName},
};

impl Plan {
    /// Computes a column from the others of its row. The values that it has are lost; indexes, checks, triggers and
    /// views that name it stay.
    #[must_use]
    pub fn set_generated(
        self,
        table: impl Into<TableName>,
        column: &str,
        expression: &str,
        stored: bool,
    ) -> Self {
        let (table, column) = (table.into(), column.to_owned());
        let generated = Some(Generated { expression: expression.to_owned(), stored });
        self.with(Operation::SetGenerated { table, column, generated, before: None })
    }

    /// Computes a column no longer. It keeps the values that it has.
    #[must_use]
    pub fn drop_generated(self, table: impl Into<TableName>, column: &str) -> Self {
        let (table, column) = (table.into(), column.to_owned());
        self.with(Operation::SetGenerated { table, column, generated: None, before: None })
    }

    /// Compares the texts of a column by a collation, or again by that of its type.
    #[must_use]
    pub fn set_collation(
        self,
        table: impl Into<TableName>,
        column: &str,
        collation: Option<&str>,
    ) -> Self {
        let (table, column) = (table.into(), column.to_owned());
        let collation = collation.map(str::to_owned);
        self.with(Operation::SetCollation { table, column, collation, before: None })
    }

    /// Changes the clause of a column that no other method says, such as `ON CONFLICT REPLACE` (SQLite only).
    #[must_use]
    pub fn set_extra(self, table: impl Into<TableName>, column: &str, clause: &str) -> Self {
        let (table, column, clause) = (table.into(), column.to_owned(), clause.to_owned());
        self.with(Operation::SetColumnClause { table, column, clause, before: String::new() })
    }

    /// Changes the options of a table on SQLite, `STRICT` and `WITHOUT ROWID`; what is not named is taken away.
    #[must_use]
    pub fn set_options<const N: usize>(
        self,
        table: impl Into<TableName>,
        options: [&str; N],
    ) -> Self {
        let (table, options) = (table.into(), options.map(str::to_owned).to_vec());
        self.with(Operation::SetOptions { table, options, before: Vec::new() })
    }
}
