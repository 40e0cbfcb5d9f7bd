//! What becomes of one table in the course of a segment, and whether `ALTER TABLE` is enough for it.

use sea_orm::DbBackend;

use super::{
    copy::{Values, has_select, operand},
    emit::drop_table,
    index::create_index,
    print::added_column,
    rebuild::{drop_watched, rebuild, refill, statistics_left},
    token::mentions,
};
use crate::{
    error::PlanError,
    operation::Operation,
    schema::{Column, ForeignKey, Index, Schema, Table, Type, Written, quote},
};

/// A step that needs no rebuild.
#[derive(Debug)]
enum Step {
    Sql(String),
    AddColumn(Column),
}

/// A table from where the segment finds or creates it to where the segment leaves or drops it.
#[derive(Debug)]
pub(super) struct Life {
    /// The table as the segment found it; `None` when the segment creates it.
    found: Option<Table>,
    /// The indexes that it was found or created with.
    indexes: Vec<Index>,
    /// The table as it is now.
    table: Table,
    /// Where in the segment its first operation is.
    first: usize,
    /// Where the last operation is that gives it an index.
    indexed: usize,
    /// Where the last value is computed from other tables.
    computed: Option<usize>,
    dropped: Option<usize>,
    rebuilt: bool,
    /// Whether `DROP COLUMN` is of no use: SQLite refuses it where any trigger or view is broken.
    without_drop: bool,
    steps: Vec<(usize, Step)>,
    /// Foreign keys of one column that is added, and has them from the beginning.
    with_column: Vec<ForeignKey>,
    values: Values,
}

impl Life {
    /// A table that was there before.
    pub(super) fn found(schema: &Schema, table: &Table, place: usize) -> Self {
        let without_drop = schema.broken.0;
        Self { found: Some(table.clone()), without_drop, ..Self::created(table, place) }
    }

    /// A table that the segment creates.
    pub(super) fn created(table: &Table, place: usize) -> Self {
        Self {
            found: None,
            indexes: table.indexes.clone(),
            table: table.clone(),
            first: place,
            indexed: place,
            computed: None,
            dropped: None,
            rebuilt: false,
            without_drop: false,
            steps: Vec::new(),
            with_column: Vec::new(),
            values: Values::of(table),
        }
    }

    /// Ends with this operation.
    pub(super) fn end(&mut self, place: usize) {
        self.dropped = Some(place);
    }

    /// Records an operation that has made the table what it is in `new`.
    ///
    /// # Errors
    /// When SQLite has no such index.
    pub(super) fn note(
        &mut self,
        place: usize,
        operation: &Operation,
        new: &Table,
    ) -> Result<(), PlanError> {
        let old = std::mem::replace(&mut self.table, new.clone());
        self.values.note(operation, &old);
        match operation {
            Operation::AddColumn { column, .. } if is_addable(column) => {
                self.steps.push((place, Step::AddColumn(column.clone())));
            }
            Operation::DropColumn { column, .. }
                if !self.without_drop && is_droppable(&old, column) =>
            {
                self.change_indexes(place, &old)?;
                let alter = format!("{} DROP COLUMN {}", alter(&old), quote(column));
                self.steps.push((place, Step::Sql(alter)));
            }
            Operation::Backfill { table, column, value } => {
                let (table, column) = (quote(&table.name), quote(column));
                let set = format!("{column} = {}", operand(value));
                let update = format!("UPDATE {table} SET {set} WHERE {column} IS NULL");
                self.steps.push((place, Step::Sql(update)));
                self.compute(place, value);
            }
            Operation::AlterType { using: Some(using), .. } => {
                self.rebuilt = true;
                self.compute(place, using);
            }
            Operation::AddForeignKey { key, .. } if self.adds(&key.columns) => {
                self.with_column.push(key.clone());
            }
            _ if is_same_but_indexes(&old, new) => self.change_indexes(place, &old)?,
            _ => self.rebuilt = true,
        }
        Ok(())
    }

    /// The table, where it is dropped, for good or by a rebuild.
    pub(super) fn dropped_table(&self) -> Option<&str> {
        let found = self.found.as_ref().filter(|_| self.dropped.is_some() || self.rebuilt)?;
        Some(&found.name.name)
    }

    /// The table, where it is rebuilt and stays.
    pub(super) fn rebuilt_table(&self) -> Option<&str> {
        let found = self.found.as_ref().filter(|_| self.rebuilt && self.dropped.is_none())?;
        Some(&found.name.name)
    }

    /// The statements, each group with its place in the segment. `schema` is the one before the segment; `renamed`
    /// says that something was renamed since it was read.
    ///
    /// # Errors
    /// When SQLite has no such table or index, or the texts of triggers are not known any more.
    pub(super) fn statements(
        self,
        schema: &Schema,
        renamed: bool,
    ) -> Result<Vec<(usize, Vec<String>)>, PlanError> {
        match (&self.found, self.dropped) {
            (None, Some(_)) => Ok(Vec::new()),
            (Some(found), Some(place)) => Ok(vec![(place, vec![drop_table(&found.name.name)])]),
            (None, None) => {
                let create = super::print::create_table(&self.table, &self.table.name.name);
                self.with_indexes(self.first, vec![create])
            }
            (Some(found), None) if self.rebuilt => {
                if renamed && !found.triggers.is_empty() {
                    return Err(PlanError::Unsupported(format!(
                        "the triggers of table `{}` have to be read again after a rename; \
                         plan each of the segments from its own reading",
                        found.name
                    )));
                }
                let steps = rebuild(schema, found, &self.table, &self.values)?;
                let mut groups = self.with_indexes(self.computed.unwrap_or(self.first), steps)?;
                if let Some((_, steps)) = groups.first_mut() {
                    steps.extend(drop_watched(schema, found, &self.table));
                    steps.extend(refill(schema, found, &self.values));
                    steps.extend(statistics_left(schema, found, &self.table));
                }
                Ok(groups)
            }
            (Some(_), None) => Ok(self.native()),
        }
    }

    fn native(self) -> Vec<(usize, Vec<String>)> {
        let write = |step: Step| match step {
            Step::Sql(sql) => sql,
            Step::AddColumn(column) => {
                let key = self.with_column.iter().find(|key| key.columns.contains(&column.name));
                let definition = added_column(&self.table, &column, key);
                format!("{} ADD COLUMN {definition}", alter(&self.table))
            }
        };
        self.steps.into_iter().map(|(place, step)| (place, vec![write(step)])).collect()
    }

    /// The indexes that it had, and the triggers, come back with the table. New indexes wait for their own place, since another table may
    /// have to give up the name first.
    fn with_indexes(
        &self,
        place: usize,
        mut steps: Vec<String>,
    ) -> Result<Vec<(usize, Vec<String>)>, PlanError> {
        let mut later = Vec::new();
        for index in &self.table.indexes {
            let sql = create_index(&self.table.name, index)?;
            if self.indexes.contains(index) { steps.push(sql) } else { later.push(sql) }
        }
        steps.extend(self.table.triggers.iter().map(|trigger| trigger.sql.clone()));
        Ok(vec![(place, steps), (place.max(self.indexed), later)])
    }

    fn change_indexes(&mut self, place: usize, old: &Table) -> Result<(), PlanError> {
        let new = &self.table;
        for index in old.indexes.iter().filter(|index| !new.indexes.contains(index)) {
            self.steps.push((place, Step::Sql(format!("DROP INDEX {}", quote(&index.name)))));
        }
        for index in new.indexes.iter().filter(|index| !old.indexes.contains(index)) {
            self.steps.push((place, Step::Sql(create_index(&new.name, index)?)));
            self.indexed = place;
        }
        Ok(())
    }

    fn compute(&mut self, place: usize, value: &str) {
        if has_select(value) {
            self.computed = Some(place);
        }
    }

    fn adds(&self, columns: &[String]) -> bool {
        let [only] = columns else { return false };
        let adds = |(_, step): &(usize, Step)| matches!(step, Step::AddColumn(column) if column.name == *only);
        self.steps.iter().any(adds) && !self.with_column.iter().any(|key| key.columns == columns)
    }
}

fn alter(table: &Table) -> String {
    format!("ALTER TABLE {}", quote(&table.name.name))
}

/// Whether `ADD COLUMN` takes it on a table with rows.
fn is_addable(column: &Column) -> bool {
    let constant = column.default.as_ref().is_none_or(|default| default.is_constant());
    let computed = column.generated.as_ref();
    constant
        && column.clause.is_empty()
        && column.identity.is_none()
        && computed.is_none_or(|computed| !computed.stored)
        && (column.nullable || column.default.is_some() || computed.is_some())
}

/// Whether `DROP COLUMN` takes it. Triggers and views that name it make SQLite refuse, and so they should.
fn is_droppable(table: &Table, column: &str) -> bool {
    let has = |columns: &[String]| columns.iter().any(|name| name == column);
    let computed = table.columns.iter().filter(|other| other.name != column);
    let mut computed = computed.filter_map(|other| other.generated.as_ref());
    !(table.is_key(column)
        || table.uniques.iter().any(|unique| has(&unique.columns))
        || table.foreign_keys.iter().any(|key| has(&key.columns))
        || table.checks.iter().any(|check| mentions(&check.expression, column))
        || computed.any(|other| mentions(&other.expression, column)))
}

/// Whether two tables differ in nothing but indexes, types that look the same to SQLite included.
fn is_same_but_indexes(old: &Table, new: &Table) -> bool {
    let seen = |table: &Table| {
        let mut table = Table { indexes: Vec::new(), ..table.clone() };
        for column in &mut table.columns {
            column.kind = Type::other(column.kind.sql(DbBackend::Sqlite));
            column.declared = false;
            column.written = Written(None);
        }
        table
    };
    seen(old) == seen(new)
}
