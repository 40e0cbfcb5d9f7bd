//! What changes under foreign keys: they are dropped before it and added again after it.

use std::collections::BTreeSet;

use super::ColumnName;
use crate::schema::{ForeignKey, TableName};

/// What keys stand on and does not stay as it is.
#[derive(Debug, Default)]
pub struct Disturbed {
    columns: BTreeSet<ColumnName>,
    uniques: BTreeSet<(TableName, BTreeSet<String>)>,
}

impl Disturbed {
    /// Notes a column whose values change.
    pub fn column(&mut self, table: &TableName, column: &str) {
        self.columns.insert((table.clone(), column.to_owned()));
    }

    /// Notes columns that are a key, or unique, no longer.
    pub fn unique<'a>(&mut self, table: &TableName, columns: impl IntoIterator<Item = &'a str>) {
        let columns = columns.into_iter().map(str::to_owned).collect();
        self.uniques.insert((table.clone(), columns));
    }

    /// Whether a key of this table stands on something of it.
    pub fn carries(&self, table: &TableName, key: &ForeignKey) -> bool {
        let own = key.columns.iter().map(|column| (table.clone(), column.clone()));
        let there = key.referenced.iter().map(|column| (key.references.clone(), column.clone()));
        let unique = (key.references.clone(), key.referenced.iter().cloned().collect());
        own.chain(there).any(|column| self.columns.contains(&column))
            || self.uniques.contains(&unique)
    }
}
