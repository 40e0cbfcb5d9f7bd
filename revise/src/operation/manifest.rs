//! What plans state and a database does not show: types that look the same, enum values on SQLite, and what it is that
//! somebody asked for. The rest of a schema was made by migrations of another kind, and belongs to nobody.

mod stated;
mod unseen;

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::DbBackend;

pub use self::stated::{KeyName, Stated};
pub(crate) use self::stated::{set, uniques};
use self::unseen::Unseen;
use crate::{
    operation::{Operation, apply::parts},
    schema::{Check, Column, ForeignKey, Schema, Table, TableName, Type},
};

/// Grows with the operations of a history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    types: BTreeMap<(TableName, String), KnownType>,
    stated: BTreeSet<(TableName, Stated)>,
    unseen: Unseen,
}

/// The type that a plan wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
struct KnownType {
    kind: Type,
    is_stated: bool,
}

impl From<&Type> for KnownType {
    fn from(kind: &Type) -> Self {
        Self { kind: kind.clone(), is_stated: true }
    }
}

/// A foreign key that a plan dropped, and what had been stated about it.
struct DroppedKey {
    table: TableName,
    key: ForeignKey,
    stated: BTreeSet<Stated>,
}

impl Manifest {
    /// Takes the operations of a migration in. `schema` is the one that they begin with, and afterwards the one that they
    /// lead to; answers whether it surely is.
    ///
    /// What a plan repeats, such as a foreign key that has to go while the type of its column changes, it does not state.
    pub fn record(
        &mut self,
        schema: &mut Schema,
        operations: &[Operation],
        backend: DbBackend,
    ) -> bool {
        let mut dropped: Vec<DroppedKey> = Vec::new();
        let mut is_known = true;
        for operation in operations {
            self.unseen.record(operation);
            match operation {
                Operation::AddForeignKey { table, key } => {
                    let same = |gone: &&DroppedKey| {
                        gone.table == *table && KeyName::from(&gone.key) == KeyName::from(key)
                    };
                    self.key(table, key, dropped.iter().find(same));
                }
                Operation::DropForeignKey { .. } => {
                    dropped.extend(self.drop_key(schema, operation));
                }
                Operation::DropIndex { table, index, .. } => self.drop_index(schema, table, index),
                _ => self.record_one(operation),
            }
            let applied = schema.apply(operation, backend).is_ok();
            is_known &= applied && !matches!(operation, Operation::Sql { .. });
        }
        is_known
    }

    /// Forgets what was stated since another one: what was there before a history began, nobody stated.
    pub fn forget_statements(&mut self, since: Self) {
        for (column, known) in &mut self.types {
            known.is_stated = since.types.get(column) == Some(known);
        }
        self.stated = since.stated;
    }

    /// Follows a rename that no plan has made yet.
    pub fn rename(&mut self, operation: &Operation) {
        match operation {
            Operation::RenameTable { from, to } => self.rename_table(from, to),
            Operation::RenameColumn { table, from, to } => self.rename_column(table, from, to),
            _ => {}
        }
    }

    /// Forgets what a migration of another kind has undone. The schema is as it was read.
    pub fn forget_undone(&mut self, schema: &Schema, backend: DbBackend) {
        self.unseen.forget_undone(schema);
        let mut known = schema.clone();
        if backend == DbBackend::Sqlite {
            self.unseen.refine(&mut known);
        }
        self.stated.retain(|(table, stated)| stated.holds_in(&known, table));
        self.types.retain(|(table, column), _| {
            schema.table(table).is_some_and(|table| table.find(column).is_some())
        });
    }

    /// Whether a plan stated this, and it was not taken back since.
    #[must_use]
    pub fn states(&self, table: &TableName, stated: Stated) -> bool {
        self.stated.contains(&(table.clone(), stated.cut()))
    }

    /// Whether a plan stated what the type of a column is, and it still looks like that.
    #[must_use]
    pub fn states_type(&self, table: &TableName, column: &Column, backend: DbBackend) -> bool {
        let stated = self.types.get(&(table.clone(), column.name.clone()));
        stated.is_some_and(|known| known.is_stated && known.kind.looks_like(&column.kind, backend))
    }

    /// Whether a plan created this enum type.
    #[must_use]
    pub fn states_enum(&self, name: &str) -> bool {
        self.unseen.states_enum(name)
    }

    /// Tables and columns that plans renamed: the table, the old name, the new name, which is empty for the table.
    #[must_use]
    pub fn renamed(&self) -> BTreeSet<(TableName, String, String)> {
        self.unseen.renamed()
    }

    /// Gives what was read the types that the plans wrote. A type that does not look like what is there was changed by
    /// other means.
    pub fn refine(&self, schema: &mut Schema, backend: DbBackend) {
        for ((table, column), KnownType { kind, .. }) in &self.types {
            let found = schema.tables.get_mut(table).and_then(|table| table.find_mut(column));
            if let Some(found) = found
                && !matches!(kind, Type::Other(_))
                && kind.looks_like(&found.kind, backend)
            {
                found.kind = kind.clone();
                found.declared = true;
            }
        }
        // PostgreSQL keeps all of it, and is asked.
        if backend == DbBackend::Sqlite {
            self.unseen.refine(schema);
        }
    }

    /// Takes in what changes names, tables and columns.
    fn record_one(&mut self, operation: &Operation) {
        match operation {
            Operation::CreateTable { table } => self.table(table),
            Operation::DropTable { table, .. } => {
                self.types.retain(|(name, _), _| name != table);
                self.stated.retain(|(name, stated)| {
                    name != table && stated.key().is_none_or(|key| key.references != *table)
                });
            }
            Operation::RenameTable { from, to } => self.rename_table(from, to),
            Operation::AddColumn { table, column } => self.column(table, column),
            Operation::DropColumn { table, column, .. } => {
                self.types.remove(&(table.clone(), column.clone()));
                self.forget(table, |stated| stated.is_about(column));
            }
            Operation::RenameColumn { table, from, to } => self.rename_column(table, from, to),
            Operation::AlterType { table, column, kind, .. } => {
                self.types.insert((table.clone(), column.clone()), kind.into());
            }
            Operation::AlterDefault { table, column, default, .. } => {
                self.set(table, Stated::Default(column.clone()), default.is_some());
            }
            Operation::SetIdentity { table, column, identity, .. } => {
                self.set(table, Stated::Numbering(column.clone()), !identity.is_none());
            }
            Operation::SetComment { table, column, comment, .. } => {
                self.set(table, Stated::Comment(column.clone()), comment.is_some());
            }
            _ => self.record_constraint(operation),
        }
    }

    /// Takes in keys, constraints and indexes.
    fn record_constraint(&mut self, operation: &Operation) {
        match operation {
            Operation::AddPrimaryKey { table, .. } => self.set(table, Stated::PrimaryKey, true),
            Operation::DropPrimaryKey { table, .. } => self.set(table, Stated::PrimaryKey, false),
            Operation::AddUnique { table, unique } => {
                self.set(table, Stated::Unique(set(&unique.columns)), true);
            }
            Operation::DropUnique { table, columns, .. } => {
                self.set(table, Stated::Unique(set(columns)), false);
            }
            Operation::CreateIndex { table, index, .. } => {
                self.set(table, Stated::Index(index.name.clone()), true);
            }
            Operation::RenameIndex { table, from, to } => {
                self.set(table, Stated::Index(from.clone()), false);
                self.set(table, Stated::Index(to.clone()), true);
            }
            // A check, or on SQLite the index that stands for a unique constraint.
            Operation::RenameConstraint { table, from, to } => {
                for name in [Stated::NamedCheck, Stated::Index] {
                    if self.states(table, name(from.clone())) {
                        self.set(table, name(from.clone()), false);
                        self.set(table, name(to.clone()), true);
                    }
                }
            }
            Operation::AddCheck { table, check } => self.check(table, check, true),
            Operation::DropCheck { table, check } => self.check(table, check, false),
            _ => {}
        }
    }

    fn table(&mut self, table: &Table) {
        let name = &table.name;
        self.set(name, Stated::Table, true);
        self.set(name, Stated::PrimaryKey, table.primary_key.is_some());
        for column in &table.columns {
            self.column(name, column);
        }
        for unique in &table.uniques {
            self.set(name, Stated::Unique(set(&unique.columns)), true);
        }
        for index in &table.indexes {
            self.set(name, Stated::Index(index.name.clone()), true);
        }
        for check in &table.checks {
            self.check(name, check, true);
        }
        for key in &table.foreign_keys {
            self.key(name, key, None);
        }
        self.set(name, Stated::Comment(None), table.comment.is_some());
    }

    fn column(&mut self, table: &TableName, column: &Column) {
        let name = || column.name.clone();
        self.types.insert((table.clone(), name()), (&column.kind).into());
        self.set(table, Stated::Default(name()), column.default.is_some());
        self.set(table, Stated::Numbering(name()), !column.identity.is_none());
        self.set(table, Stated::Comment(Some(name())), column.comment.is_some());
    }

    fn check(&mut self, table: &TableName, check: &Check, is_stated: bool) {
        self.set(table, Stated::Check(check.expression.clone()), is_stated);
        if let Some(name) = &check.name {
            self.set(table, Stated::NamedCheck(name.clone()), is_stated);
        }
    }

    /// A key, apart from what it has in common with the one that was there before and that nobody had stated.
    fn key(&mut self, table: &TableName, key: &ForeignKey, before: Option<&DroppedKey>) {
        let name = KeyName::from(key);
        let was = |same: &dyn Fn(&ForeignKey) -> bool| before.is_some_and(|old| same(&old.key));
        let parts = [
            (Stated::Key(name.clone()), was(&|old| old.means(key))),
            (
                Stated::OnDelete(name.clone(), key.on_delete),
                was(&|old| old.on_delete == key.on_delete),
            ),
            (Stated::OnUpdate(name, key.on_update), was(&|old| old.on_update == key.on_update)),
        ];
        for (stated, repeated) in parts {
            let nobodys = repeated && before.is_some_and(|old| !old.stated.contains(&stated));
            self.set(table, stated, !nobodys);
        }
    }

    /// Forgets a key, and remembers what had been stated about it for the case that it comes again.
    fn drop_key(&mut self, schema: &Schema, operation: &Operation) -> Option<DroppedKey> {
        let Operation::DropForeignKey { table, columns, before } = operation else { return None };
        let own = set(columns);
        let stated =
            self.forget(table, |stated| stated.key().is_some_and(|key| key.columns == own));
        let found = schema.table(table)?;
        let place = parts::find_key(found, columns, before.as_deref())?;
        let key = found.foreign_keys.get(place)?.clone();
        Some(DroppedKey { table: table.clone(), key, stated })
    }

    /// An index that goes may be the one that stands for a unique constraint.
    fn drop_index(&mut self, schema: &Schema, table: &TableName, index: &str) {
        self.set(table, Stated::Index(index.to_owned()), false);
        let found = schema.table(table);
        let found = found.and_then(|table| table.indexes.iter().find(|found| found.name == index));
        if let Some(found) = found.filter(|found| found.unique && found.is_plain()) {
            let columns = found.column_names().map(str::to_owned).collect();
            self.set(table, Stated::Unique(columns), false);
        }
    }

    fn rename_table(&mut self, from: &TableName, to: &TableName) {
        let moved = |name: TableName| if name == *from { to.clone() } else { name };
        let types = std::mem::take(&mut self.types).into_iter();
        self.types = types.map(|((name, part), kind)| ((moved(name), part), kind)).collect();
        let stated = std::mem::take(&mut self.stated).into_iter();
        let stated = stated.map(|(name, stated)| (moved(name), stated.with_table(from, to)));
        self.stated = stated.collect();
    }

    fn rename_column(&mut self, table: &TableName, from: &str, to: &str) {
        if let Some(kind) = self.types.remove(&(table.clone(), from.to_owned())) {
            self.types.insert((table.clone(), to.to_owned()), kind);
        }
        for stated in self.forget(table, |stated| stated.is_about(from)) {
            self.set(table, stated.with_column(from, to), true);
        }
    }

    /// Takes statements about a table out.
    fn forget(&mut self, table: &TableName, gone: impl Fn(&Stated) -> bool) -> BTreeSet<Stated> {
        let mut taken = BTreeSet::new();
        self.stated.retain(|(name, stated)| {
            let stays = name != table || !gone(stated);
            if !stays {
                taken.insert(stated.clone());
            }
            stays
        });
        taken
    }

    fn set(&mut self, table: &TableName, stated: Stated, is_stated: bool) {
        let entry = (table.clone(), stated.cut());
        if is_stated {
            self.stated.insert(entry);
        } else {
            self.stated.remove(&entry);
        }
    }
}
