//! What attributes of entities say that the tables made of them do not show: an action that is NO ACTION by choice, a key that
//! is not wanted, an order of columns that is meant, a key whose columns are crossed.

use std::collections::BTreeSet;

use sea_orm::{DbBackend, sea_query::TableCreateStatement};

use super::{Entities, Entity, keys, statements};
use crate::{
    operation::manifest::KeyName,
    schema::{ForeignKey, TableName},
};

/// What entities say beyond their tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    on_delete: BTreeSet<(TableName, KeyName)>,
    on_update: BTreeSet<(TableName, KeyName)>,
    unwanted: BTreeSet<(TableName, KeyName)>,
    ordered: BTreeSet<(TableName, String)>,
    crossed: Vec<(TableName, ForeignKey)>,
    tables: BTreeSet<TableName>,
}

impl Said {
    pub(super) fn of(entities: &Entities, backend: DbBackend) -> Self {
        let mut said = Self::default();
        for entity in entities.entities.iter().map(|entity| entity(backend)) {
            said.add(&entity, backend);
        }
        let ordered = entities.indexes.iter();
        said.ordered = ordered.map(|(table, index)| (table.clone(), index.name.clone())).collect();
        said
    }

    fn add(&mut self, entity: &Entity, backend: DbBackend) {
        let table = statements::table_name(&entity.table, backend);
        let names = |statement: &TableCreateStatement| {
            let keys = keys::written_keys(statement, backend);
            keys.iter().map(|key| (table.clone(), KeyName::from(key))).collect::<Vec<_>>()
        };
        let statements = entity.table.get_foreign_key_create_stmts().iter();
        for (name, statement) in names(&entity.table).into_iter().zip(statements) {
            let key = statement.get_foreign_key();
            if key.get_on_delete().is_some() {
                self.on_delete.insert(name.clone());
            }
            if key.get_on_update().is_some() {
                self.on_update.insert(name);
            }
        }
        self.unwanted.extend(names(&entity.unwanted_keys));
        let crossed = keys::crossed_keys(&entity.table, backend).into_iter();
        self.crossed.extend(crossed.map(|key| (table.clone(), key)));
        self.tables.insert(table);
    }

    /// Whether there is an entity of this table.
    #[must_use]
    pub fn is_entity(&self, table: &TableName) -> bool {
        self.tables.contains(table)
    }

    /// The keys that point at a column twice, with their tables. Which column belongs to which one, they do not say.
    #[must_use]
    pub fn crossed(&self) -> &[(TableName, ForeignKey)] {
        &self.crossed
    }

    /// Whether a relation says what happens when the row is deleted that it points at.
    #[must_use]
    pub fn on_delete(&self, table: &TableName, key: &KeyName) -> bool {
        self.on_delete.contains(&(table.clone(), key.clone()))
    }

    /// Whether a relation says what happens when the key changes that it points at.
    #[must_use]
    pub fn on_update(&self, table: &TableName, key: &KeyName) -> bool {
        self.on_update.contains(&(table.clone(), key.clone()))
    }

    /// Whether a relation says `skip_fk`.
    #[must_use]
    pub fn is_unwanted(&self, table: &TableName, key: &KeyName) -> bool {
        self.unwanted.contains(&(table.clone(), key.clone()))
    }

    /// Whether the order of an index' columns is meant, and not only that of the entity's fields.
    #[must_use]
    pub fn is_ordered(&self, table: &TableName, index: &str) -> bool {
        self.ordered.contains(&(table.clone(), index.to_owned()))
    }
}
