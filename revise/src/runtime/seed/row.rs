//! One row as an INSERT.

use std::collections::BTreeMap;

use sea_orm::DbBackend;

use super::{
    value::{Recipe, Style, literal},
    written_columns,
};
use crate::schema::{Column, ForeignKey, Identity, Schema, Table, TableName, quote, quote_all};

/// What a row is made of.
pub struct Insert<'a> {
    pub backend: DbBackend,
    pub schema: &'a Schema,
    pub table: &'a Table,
    /// The rows of the tables that have had their turn.
    pub counts: &'a BTreeMap<TableName, u64>,
    /// Which of the rows it is, from 0.
    pub number: usize,
    /// How many the table has.
    pub taken: u64,
    /// How often the row was refused.
    pub variant: usize,
}

/// What a key points at.
struct Parent<'a> {
    /// Its columns.
    referenced: &'a [String],
    /// How many rows it has, where that is known.
    rows: Option<u64>,
}

impl<'a> Insert<'a> {
    /// The statement.
    pub fn sql(&self) -> String {
        let given = self.foreign_keys();
        let mut columns: Vec<&str> = Vec::new();
        let mut values: Vec<String> = Vec::new();
        for column in written_columns(self.table) {
            if let Some(value) = self.value(column, &given) {
                columns.push(&column.name);
                values.push(value);
            }
        }
        let table = self.table.name.quoted();
        if columns.is_empty() {
            return format!("INSERT INTO {table} DEFAULT VALUES");
        }
        let always = |column: &Column| column.identity == Identity::Always;
        let named = |column: &&Column| columns.contains(&column.name.as_str());
        let postgres = self.backend == DbBackend::Postgres;
        let overriding = if postgres && written_columns(self.table).filter(named).any(always) {
            " OVERRIDING SYSTEM VALUE"
        } else {
            ""
        };
        format!(
            "INSERT INTO {table} ({}){overriding} VALUES ({})",
            quote_all(&columns),
            values.join(", ")
        )
    }

    /// The value of a column; `None` leaves it to the database.
    fn value(&self, column: &Column, given: &BTreeMap<&'a str, String>) -> Option<String> {
        if let Some(value) = given.get(column.name.as_str()) {
            return Some(value.clone());
        }
        if !column.identity.is_none() || self.variant == 2 && column.default.is_some() {
            return None;
        }
        if self.may_be_null(&column.name) && self.wants_null() {
            return Some("NULL".to_owned());
        }
        Some(self.literal(column))
    }

    fn literal(&self, column: &Column) -> String {
        let style = match (self.variant, self.number) {
            (0, 0) => Style::Odd,
            (0, 2) => Style::Long,
            (0, _) => Style::Plain,
            (variant, _) => Style::Checked { checks: &self.table.checks, variant },
        };
        let Self { number, schema, backend, .. } = *self;
        literal(column, &Recipe { style, number, schema, backend })
    }

    fn may_be_null(&self, column: &str) -> bool {
        !self.table.is_key(column) && self.table.find(column).is_some_and(|found| found.nullable)
    }

    /// The second row has NULL wherever it may. What was refused may be taken with NULLs, or without.
    fn wants_null(&self) -> bool {
        match self.variant {
            0 | 1 => self.number == 1,
            2 => true,
            _ => false,
        }
    }

    /// Values of the columns that point somewhere. Keys of several columns come first, since the others have to agree
    /// with them.
    fn foreign_keys(&self) -> BTreeMap<&'a str, String> {
        let mut keys: Vec<&'a ForeignKey> = self.table.foreign_keys.iter().collect();
        keys.sort_by_key(|key| std::cmp::Reverse(key.columns.len()));
        let mut given = BTreeMap::new();
        for key in keys {
            self.foreign_key(key, &mut given);
        }
        given
    }

    fn foreign_key(&self, key: &'a ForeignKey, given: &mut BTreeMap<&'a str, String>) {
        let own = key.references == self.table.name;
        let Some(parent) =
            (if own { Some(self.table) } else { self.schema.table(&key.references) })
        else {
            // A table that is not managed has rows of its own, or none.
            let parent = Parent { referenced: &key.referenced, rows: None };
            return self.point(key, &parent, given);
        };
        let referenced = match (&parent.primary_key, key.referenced.as_slice()) {
            (Some(primary), []) => &primary.columns,
            _ => &key.referenced,
        };
        let rows = if own {
            self.taken
        } else {
            self.counts.get(&parent.name).copied().unwrap_or_default()
        };
        let nullable: Vec<&'a str> = key
            .columns
            .iter()
            .map(String::as_str)
            .filter(|column| !given.contains_key(column) && self.may_be_null(column))
            .collect();
        let first_of_own = own && self.number == 0;
        if !nullable.is_empty() && (self.wants_null() || first_of_own || rows == 0) {
            given.extend(nullable.into_iter().map(|column| (column, "NULL".to_owned())));
        } else if own && rows == 0 {
            self.point_at_itself(key, referenced, given);
        } else {
            self.point(key, &Parent { referenced, rows: Some(rows) }, given);
        }
    }

    /// Points at one of the rows that are there; each row at another one, as far as there are enough.
    fn point(
        &self,
        key: &'a ForeignKey,
        parent: &Parent<'_>,
        given: &mut BTreeMap<&'a str, String>,
    ) {
        let Parent { referenced, rows } = *parent;
        let known = |given: &BTreeMap<&str, String>, (column, target): (&String, &String)| {
            given.get(column.as_str()).map(|value| format!("{} = {value}", quote(target)))
        };
        let mut conditions: Vec<String> =
            key.columns.iter().zip(referenced).filter_map(|pair| known(given, pair)).collect();
        let offset = match rows {
            Some(rows) if rows > 0 && conditions.is_empty() && self.variant < 3 => {
                u64::try_from(self.number).unwrap_or_default() % rows
            }
            _ => 0,
        };
        conditions.extend(referenced.iter().map(|target| format!("{} IS NOT NULL", quote(target))));
        for (column, target) in key.columns.iter().zip(referenced) {
            let value = format!(
                "(SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT 1 OFFSET {offset})",
                quote(target),
                key.references.quoted(),
                conditions.join(" AND "),
                quote_all(referenced)
            );
            given.entry(column).or_insert(value);
        }
    }

    /// The first row of a table whose key to itself is never NULL. What it points at has to be written down, even where
    /// the database would have numbered it.
    fn point_at_itself(
        &self,
        key: &'a ForeignKey,
        referenced: &'a [String],
        given: &mut BTreeMap<&'a str, String>,
    ) {
        for (column, target) in key.columns.iter().zip(referenced) {
            let Some(found) = self.table.find(target) else { continue };
            let value = given.get(target.as_str()).cloned().unwrap_or_else(|| self.literal(found));
            given.insert(column, value.clone());
            given.insert(target, value);
        }
    }
}
