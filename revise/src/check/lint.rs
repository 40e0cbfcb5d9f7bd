//! What is dangerous in a plan, and the safe form of it. Pure: it looks at the schema and the operations, never at rows.
//!
//! | rule | level | on | what it finds |
//! |---|---|---|---|
//! | `drop-table` | danger | both | the rows of a table are lost |
//! | `drop-column` | danger | both | the values of a column are lost |
//! | `narrow-type` | danger | both | values may not fit a column's new type, or be changed by it |
//! | `add-not-null-without-default` | danger | both | a column that rows which are there have no value for |
//! | `change-primary-key` | danger | both | what rows are known by changes |
//! | `rename-table` | warning | both | a program that is still running uses the old name |
//! | `rename-column` | warning | both | a program that is still running uses the old name |
//! | `rename-enum-value` | warning | PostgreSQL | a program that is still running uses the old value |
//! | `volatile-default` | warning | PostgreSQL | a value computed for every row, so the table is rewritten |
//! | `change-type` | warning | PostgreSQL | the table is rewritten, which blocks reads |
//! | `set-not-null` | warning | PostgreSQL | the table is read whole, which blocks all access |
//! | `drop-not-null` | warning | both | a program that is still running does not expect NULL |
//! | `add-foreign-key` | warning | PostgreSQL | both tables are locked while all rows are compared |
//! | `add-unique` | warning | PostgreSQL | the table is locked while an index is built |
//! | `create-index` | warning | PostgreSQL | writes are blocked while an index is built |
//! | `add-check` | warning | PostgreSQL | the table is read whole, which blocks all access |
//! | `rebuild-enum` | warning | PostgreSQL | every table that uses the type is rewritten |
//! | `drop-enum` | warning | PostgreSQL | a program that is still running casts to the type |
//! | `add-enum-value` | advice | PostgreSQL | a value that cannot be taken away again |
//! | `foreign-key-without-index` | advice | both | deleting a parent reads the whole child table |
//! | `rebuild-of-large-table` | advice | SQLite | the whole table is copied |
//! | `raw-sql` | advice | both | SQL that cannot be checked |
//!
//! A table that the plan itself creates has no rows and no users, so that nothing about it is found, missing indexes
//! apart.

mod conversion;
mod data;
mod index;
mod lock;
mod rebuild;
mod volatile;

use std::collections::BTreeSet;

use sea_orm::DbBackend;
use serde::Serialize;

use crate::{
    check::precondition::origin::Origins,
    operation::Operation,
    schema::{Schema, TableName},
};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Level {
    /// Rows or values may be lost, or the migration may fail on a table that has rows.
    Danger,
    /// A running program breaks, or waits.
    Warning,
    /// Good to know.
    Advice,
}

/// Something in a plan that deserves a look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// The rule's name, which stays the same.
    pub rule: &'static str,
    /// How bad it is.
    pub level: Level,
    /// `table`, `table.column`, or another name.
    pub subject: String,
    /// What is wrong.
    pub message: String,
    /// The safe form: what to do instead.
    pub safe: String,
}

impl Finding {
    /// The level is that of the rule.
    fn of(rule: &'static str, subject: String, message: String, safe: String) -> Self {
        let known = RULES.iter().find(|known| known.0 == rule);
        let level = known.map_or(Level::Warning, |known| known.1);
        Self { rule, level, subject, message, safe }
    }
}

const RULES: &[(&str, Level, &str)] = &[
    ("drop-table", Level::Danger, "the rows of a table are lost"),
    ("drop-column", Level::Danger, "the values of a column are lost"),
    ("narrow-type", Level::Danger, "values may not fit a column's new type, or be changed by it"),
    (
        "add-not-null-without-default",
        Level::Danger,
        "a column that rows which are there have no value for",
    ),
    ("change-primary-key", Level::Danger, "what rows are known by changes"),
    ("rename-table", Level::Warning, "a program that is still running uses the old name"),
    ("rename-column", Level::Warning, "a program that is still running uses the old name"),
    ("rename-enum-value", Level::Warning, "a program that is still running uses the old value"),
    (
        "volatile-default",
        Level::Warning,
        "a value computed for every row, so the table is rewritten",
    ),
    ("change-type", Level::Warning, "the table is rewritten, which blocks reads"),
    ("set-not-null", Level::Warning, "the table is read whole, which blocks all access"),
    ("drop-not-null", Level::Warning, "a program that is still running does not expect NULL"),
    ("add-foreign-key", Level::Warning, "both tables are locked while all rows are compared"),
    ("add-unique", Level::Warning, "the table is locked while an index is built"),
    ("create-index", Level::Warning, "writes are blocked while an index is built"),
    ("add-check", Level::Warning, "the table is read whole, which blocks all access"),
    ("rebuild-enum", Level::Warning, "every table that uses the type is rewritten"),
    ("drop-enum", Level::Warning, "a program that is still running casts to the type"),
    ("add-enum-value", Level::Advice, "a value that cannot be taken away again"),
    ("foreign-key-without-index", Level::Advice, "deleting a parent reads the whole child table"),
    ("rebuild-of-large-table", Level::Advice, "the whole table is copied"),
    ("raw-sql", Level::Advice, "SQL that cannot be checked"),
];

/// Every rule with its level and what it finds, in the order of the table above.
#[must_use]
pub fn rules() -> &'static [(&'static str, Level, &'static str)] {
    RULES
}

/// The operations of a migration.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// What it does.
    pub operations: &'a [Operation],
    /// Whether it runs without a transaction, in which case PostgreSQL adds constraints in steps that block nobody for long.
    pub in_steps: bool,
}

/// What is dangerous in a plan that changes `before`, in the order of the operations.
#[must_use]
pub fn lint(before: &Schema, change: Change<'_>, backend: DbBackend) -> Vec<Finding> {
    let Change { operations, in_steps } = change;
    let mut linter = Linter {
        backend,
        in_steps,
        schema: before.clone(),
        origins: Origins::new(before, backend),
        rebuilt: BTreeSet::new(),
        findings: Vec::new(),
    };
    for operation in operations {
        linter.look_at_data(operation);
        match backend {
            DbBackend::Sqlite => linter.look_at_rebuilds(operation),
            _ => linter.look_at_locks(operation),
        }
        linter.origins.record(operation);
        // A plan that does not fit the schema is reported by whoever carries it out.
        drop(linter.schema.apply(operation, backend));
    }
    linter.look_at_indexes(before);
    linter.findings
}

struct Linter {
    backend: DbBackend,
    in_steps: bool,
    /// As it is before the operation at hand.
    schema: Schema,
    origins: Origins,
    /// Tables that one finding about their rebuild is enough for.
    rebuilt: BTreeSet<TableName>,
    findings: Vec<Finding>,
}

impl Linter {
    /// Whether the table has been there before the plan, so that it may have rows and users.
    fn is_old(&self, table: &TableName) -> bool {
        !self.origins.is_created(table)
    }
}

/// As findings name a column.
fn of(table: &TableName, column: &str) -> String {
    format!("{table}.{column}")
}

#[cfg(test)]
mod tests;
