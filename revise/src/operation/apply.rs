//! What an operation makes of a schema, as a value: the twin of what the database does with the statements.

pub(crate) mod named;
pub(crate) mod parts;

use sea_orm::DbBackend;

use crate::{
    error::PlanError,
    operation::{DefinitionKind, Operation},
    schema::{ForeignKey, Identity, Schema, Table, TableName, Used, clause},
};

impl Schema {
    /// Changes the schema as the database would.
    ///
    /// SQLite keeps a unique constraint that is added as a unique index, and neither comments nor enum types.
    /// [`Operation::Sql`] changes nothing here, since what it does is unknown.
    ///
    /// # Errors
    /// When a part that has to be there is not, or one is there already; the schema may be half changed then.
    pub fn apply(&mut self, operation: &Operation, backend: DbBackend) -> Result<(), PlanError> {
        match operation {
            Operation::CreateTable { table } => {
                if self.tables.contains_key(&table.name) {
                    return Err(PlanError::TableExists(table.name.clone()));
                }
                let mut table = table.clone();
                normalize(&mut table, backend);
                self.insert(table);
                Ok(())
            }
            Operation::DropTable { table, .. } => {
                let found = self.tables.remove(table);
                found.map(drop).ok_or_else(|| PlanError::NoTable(table.clone()))
            }
            Operation::RenameTable { from, to } => self.rename_table(from, to),
            Operation::RenameColumn { table, from, to } => self.rename_column(table, from, to),
            Operation::CreateEnum { .. }
            | Operation::DropEnum { .. }
            | Operation::AddEnumValue { .. }
            | Operation::RenameEnumValue { .. }
            | Operation::RebuildEnum { .. } => match backend {
                DbBackend::Sqlite => Ok(()),
                _ => self.apply_to_enums(operation),
            },
            Operation::CreateObject { kind: DefinitionKind::View, table, object } => {
                self.views.insert(table.clone(), object.clone());
                self.anything_may_be_used();
                Ok(())
            }
            Operation::DropObject { kind: DefinitionKind::View, table, .. } => {
                self.views.remove(table);
                Ok(())
            }
            Operation::CreateDatabaseObject { .. }
            | Operation::DropDatabaseObject { .. }
            | Operation::Sql { .. } => {
                self.anything_may_be_used();
                Ok(())
            }
            _ => {
                let Some(name) = operation.table() else { return Ok(()) };
                let table = self.table_mut(name)?;
                parts::apply(table, operation, backend)?;
                normalize(table, backend);
                Ok(())
            }
        }
    }

    /// Changes the schema by operations, one after the other.
    ///
    /// # Errors
    /// As [`Schema::apply`].
    pub fn apply_all(
        &mut self,
        operations: &[Operation],
        backend: DbBackend,
    ) -> Result<(), PlanError> {
        operations.iter().try_for_each(|operation| self.apply(operation, backend))
    }

    /// Applies what an operation does to enum types, also where the database has none.
    pub(crate) fn apply_enum(&mut self, operation: &Operation) {
        // What does not fit was never known, as where the history was written by hand.
        drop(self.apply_to_enums(operation));
    }

    /// Without what the database does not keep: SQLite has neither enum types nor comments.
    pub(crate) fn without_unkept(mut self, backend: DbBackend) -> Self {
        if backend == DbBackend::Sqlite {
            self.enums.clear();
            for table in self.tables.values_mut() {
                table.comment = None;
                table.columns.iter_mut().for_each(|column| column.comment = None);
            }
        }
        self
    }

    fn anything_may_be_used(&mut self) {
        self.tables.values_mut().for_each(|table| table.used = Used(true));
    }

    fn table_mut(&mut self, name: &TableName) -> Result<&mut Table, PlanError> {
        self.tables.get_mut(name).ok_or_else(|| PlanError::NoTable(name.clone()))
    }

    fn rename_table(&mut self, from: &TableName, to: &TableName) -> Result<(), PlanError> {
        if self.tables.contains_key(to) {
            return Err(PlanError::TableExists(to.clone()));
        }
        let found = self.tables.remove(from).ok_or_else(|| PlanError::NoTable(from.clone()))?;
        self.insert(Table { name: to.clone(), ..found });
        self.needs.rename(&from.name, &to.name);
        for key in self.tables.values_mut().flat_map(|table| &mut table.foreign_keys) {
            if key.references == *from {
                key.references = to.clone();
            }
        }
        Ok(())
    }

    fn rename_column(&mut self, name: &TableName, from: &str, to: &str) -> Result<(), PlanError> {
        let table = self.table_mut(name)?;
        if from != to && table.find(to).is_some() {
            return Err(PlanError::PartExists { table: name.clone(), what: parts::column(to) });
        }
        parts::rename_column(table, from, to)?;
        self.needs.rename_column(&name.name, (from, to));
        let inbound = |key: &&mut ForeignKey| key.references == *name;
        let keys = self.tables.values_mut().flat_map(|table| &mut table.foreign_keys);
        for referenced in keys.filter(inbound).flat_map(|key| &mut key.referenced) {
            if referenced == from {
                to.clone_into(referenced);
            }
        }
        Ok(())
    }

    fn apply_to_enums(&mut self, operation: &Operation) -> Result<(), PlanError> {
        let missing = |name: &str| PlanError::Enum(format!("enum `{name}` does not exist"));
        match operation {
            Operation::CreateEnum { name, values } => {
                match self.enums.insert(name.clone(), values.clone()) {
                    None => Ok(()),
                    Some(_) => Err(PlanError::Enum(format!("enum `{name}` exists already"))),
                }
            }
            Operation::DropEnum { name, .. } => {
                self.enums.remove(name).map(drop).ok_or_else(|| missing(name))
            }
            Operation::AddEnumValue { name, value, before } => {
                let values = self.enums.get_mut(name).ok_or_else(|| missing(name))?;
                let place = match before {
                    None => values.len(),
                    Some(before) => position(values, name, before)?,
                };
                values.insert(place, value.clone());
                Ok(())
            }
            Operation::RenameEnumValue { name, from, to } => {
                let values = self.enums.get_mut(name).ok_or_else(|| missing(name))?;
                position(values, name, from)?;
                values
                    .iter_mut()
                    .filter(|value| *value == from)
                    .for_each(|value| to.clone_into(value));
                Ok(())
            }
            Operation::RebuildEnum { name, values, .. } => {
                let found = self.enums.get_mut(name).ok_or_else(|| missing(name))?;
                found.clone_from(values);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

fn position(values: &[String], name: &str, value: &str) -> Result<usize, PlanError> {
    let place = values.iter().position(|found| found == value);
    place.ok_or_else(|| PlanError::Enum(format!("enum `{name}` has no value `{value}`")))
}

/// Gives a table the form in which the backend keeps it.
pub fn normalize(table: &mut Table, backend: DbBackend) {
    let key = match &table.primary_key {
        Some(key) if key.columns.len() == 1 => key.columns.first().cloned(),
        _ => None,
    };
    let keys = table.primary_key.as_ref().map(|key| key.columns.clone()).unwrap_or_default();
    let descending =
        table.primary_key.as_ref().is_some_and(|key| clause::is_descending(&key.clause));
    let rowid = !descending && !table.options.iter().any(|option| option == "WITHOUT ROWID");
    // SQLite lets a key be NULL that is not declared otherwise.
    let loose = backend == DbBackend::Sqlite && table.options.is_empty();
    for column in &mut table.columns {
        column.nullable &= loose || !keys.contains(&column.name);
        if backend == DbBackend::Sqlite {
            column.comment = None;
            let written = column.written.0.clone();
            let kind = written.unwrap_or_else(|| column.kind.sql(DbBackend::Sqlite));
            let alias =
                rowid && key.as_ref() == Some(&column.name) && kind.eq_ignore_ascii_case("integer");
            column.identity = match column.identity {
                _ if !alias => Identity::None,
                Identity::None | Identity::Rowid => Identity::Rowid,
                Identity::Automatic | Identity::Always => Identity::Automatic,
            };
            column.nullable &= !alias;
        } else if column.identity == Identity::Rowid {
            column.identity = Identity::None;
        }
    }
    match backend {
        DbBackend::Sqlite => table.comment = None,
        _ => table.options.clear(),
    }
    table.sort();
}
