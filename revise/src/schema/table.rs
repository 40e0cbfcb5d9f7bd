//! A table and its parts. Migrations write them with the builders, readers find them in a database.

use serde::Serialize;

use crate::schema::{
    Check, Column, ForeignKey, Index, PrimaryKey, SqlDefinition, TableName, Unique,
};

/// A table with everything that belongs to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Table {
    /// Its name.
    pub name: TableName,
    /// The columns in their order; the order never counts as a difference.
    pub columns: Vec<Column>,
    /// The primary key.
    pub primary_key: Option<PrimaryKey>,
    /// Unique constraints, in the order of their columns.
    pub uniques: Vec<Unique>,
    /// Foreign keys, in the order of their columns.
    pub foreign_keys: Vec<ForeignKey>,
    /// Check constraints, in the order of their expressions.
    pub checks: Vec<Check>,
    /// Indexes that belong to no constraint, in the order of their names.
    pub indexes: Vec<Index>,
    /// Triggers, in the order of their names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<SqlDefinition>,
    /// The comment (PostgreSQL only).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The options after the closing parenthesis in SQLite, in capitals: `STRICT`, `WITHOUT ROWID`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// Whether something that the model does not have may use its columns.
    #[serde(skip)]
    pub used: Used,
    /// Whether a plan made it, so that all that was said of it is known.
    #[serde(skip)]
    pub planned: Used,
}

/// What was noted down for those who change a table or compare it; never a difference in itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Used(pub bool);

impl PartialEq for Used {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Used {}

impl Table {
    /// A table without columns.
    #[must_use]
    pub fn new(name: impl Into<TableName>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Adds a column.
    #[must_use]
    pub fn column(mut self, column: Column) -> Self {
        self.columns.push(column);
        self
    }

    /// Makes these columns the primary key, in this order: an array of names, or a [`PrimaryKey`].
    #[must_use]
    pub fn primary_key(mut self, key: impl Into<PrimaryKey>) -> Self {
        self.primary_key = Some(key.into());
        self
    }

    /// Adds a unique constraint.
    #[must_use]
    pub fn unique(mut self, unique: Unique) -> Self {
        self.uniques.push(unique);
        self
    }

    /// Adds a foreign key.
    #[must_use]
    pub fn foreign_key(mut self, foreign_key: ForeignKey) -> Self {
        self.foreign_keys.push(foreign_key);
        self
    }

    /// Adds a check constraint.
    #[must_use]
    pub fn check(mut self, check: Check) -> Self {
        self.checks.push(check);
        self
    }

    /// Adds an index.
    #[must_use]
    pub fn index(mut self, index: Index) -> Self {
        self.indexes.push(index);
        self
    }

    /// Adds a trigger; `sql` is the whole statement.
    #[must_use]
    pub fn trigger(mut self, name: &str, sql: &str) -> Self {
        self.triggers.push(SqlDefinition { name: name.to_owned(), sql: sql.to_owned() });
        self
    }

    /// Sets the comment, which SQLite does not keep.
    #[must_use]
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// Adds an option of SQLite, `STRICT` or `WITHOUT ROWID`, which PostgreSQL does not read.
    #[must_use]
    pub fn option(mut self, option: impl Into<String>) -> Self {
        self.options.push(option.into());
        self
    }

    /// The column of a name.
    #[must_use]
    pub fn find(&self, column: &str) -> Option<&Column> {
        self.columns.iter().find(|found| found.name == column)
    }

    /// The column of a name, to change it.
    pub fn find_mut(&mut self, column: &str) -> Option<&mut Column> {
        self.columns.iter_mut().find(|found| found.name == column)
    }

    /// Whether a column is in the primary key.
    #[must_use]
    pub fn is_key(&self, column: &str) -> bool {
        self.primary_key.as_ref().is_some_and(|key| key.columns.iter().any(|name| name == column))
    }

    /// Puts the parts whose order means nothing into the order that comparisons and outputs use.
    pub fn sort(&mut self) {
        self.uniques.sort();
        self.foreign_keys.sort();
        self.checks.sort();
        self.indexes.sort_by(|a, b| a.name.cmp(&b.name));
        self.triggers.sort_by(|a, b| a.name.cmp(&b.name));
        self.options.sort();
    }
}
