//! What plans state and a database does not show: types that look the same, enum values on SQLite, and whose an index is.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::DbBackend;

use crate::{
    operation::Operation,
    schema::{Check, Column, Index, Schema, Table, TableName, Type},
};

/// Grows with the operations of a history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    types: BTreeMap<(TableName, String), Type>,
    owned: BTreeSet<(TableName, String)>,
    enums: Schema,
}

impl Manifest {
    /// Takes an operation in.
    pub fn record(&mut self, operation: &Operation) {
        self.enums.apply_enum(operation);
        match operation {
            Operation::CreateTable { table } => self.table(table),
            Operation::DropTable { table, .. } => {
                self.types.retain(|(name, _), _| name != table);
                self.owned.retain(|(name, _)| name != table);
            }
            Operation::RenameTable { from, to } => {
                let moved = |name: TableName| if name == *from { to.clone() } else { name };
                let types = std::mem::take(&mut self.types).into_iter();
                self.types =
                    types.map(|((name, part), kind)| ((moved(name), part), kind)).collect();
                let owned = std::mem::take(&mut self.owned).into_iter();
                self.owned = owned.map(|(name, part)| (moved(name), part)).collect();
            }
            Operation::AddColumn { table, column } => self.column(table, column),
            Operation::DropColumn { table, column, .. } => {
                self.types.remove(&(table.clone(), column.clone()));
            }
            Operation::RenameColumn { table, from, to } => {
                if let Some(kind) = self.types.remove(&(table.clone(), from.clone())) {
                    self.types.insert((table.clone(), to.clone()), kind);
                }
            }
            Operation::AlterType { table, column, kind, .. } => {
                self.types.insert((table.clone(), column.clone()), kind.clone());
            }
            Operation::CreateIndex { table, index, .. } => self.own(table, &index.name),
            Operation::RenameIndex { table, to, .. } => self.own(table, to),
            Operation::AddUnique { table, unique } => {
                if let Some(name) = &unique.name {
                    self.own(table, name);
                }
            }
            Operation::AddCheck { table, check } => self.check(table, check),
            Operation::SetComment { table, column, .. } => {
                let part = column.as_ref().map(|column| format!("comment {column}"));
                self.own(table, &part.unwrap_or_else(|| "comment".to_owned()));
            }
            _ => {}
        }
    }

    /// Indexes, checks and comments that plans created.
    #[must_use]
    pub fn owned(&self) -> &BTreeSet<(TableName, String)> {
        &self.owned
    }

    /// Gives what was read the types that the plans wrote. A type that does not look like what is there was changed by
    /// other means.
    pub fn refine(&self, schema: &mut Schema, backend: DbBackend) {
        for ((table, column), kind) in &self.types {
            let found = schema.tables.get_mut(table).and_then(|table| table.find_mut(column));
            if let Some(found) = found
                && !matches!(kind, Type::Other(_))
                && kind.looks_like(&found.kind, backend)
            {
                found.kind = kind.clone();
                found.declared = true;
            }
        }
        for (name, values) in &self.enums.enums {
            schema.enums.entry(name.clone()).or_insert_with(|| values.clone());
        }
    }

    fn table(&mut self, table: &Table) {
        let name = &table.name;
        for column in &table.columns {
            self.column(name, column);
        }
        for Index { name: index, .. } in &table.indexes {
            self.own(name, index);
        }
        for check in &table.checks {
            self.check(name, check);
        }
        if table.comment.is_some() {
            self.own(name, "comment");
        }
    }

    fn column(&mut self, table: &TableName, column: &Column) {
        self.types.insert((table.clone(), column.name.clone()), column.kind.clone());
        if column.comment.is_some() {
            self.own(table, &format!("comment {}", column.name));
        }
    }

    fn check(&mut self, table: &TableName, check: &Check) {
        self.own(table, &check.expression);
        if let Some(name) = &check.name {
            self.own(table, name);
        }
    }

    fn own(&mut self, table: &TableName, part: &str) {
        self.owned.insert((table.clone(), part.to_owned()));
    }
}
