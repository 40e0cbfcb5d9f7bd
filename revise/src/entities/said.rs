//! What attributes of entities say that the tables made of them do not show: an action that is NO ACTION by choice, a key that
//! is not wanted, an order of columns that is meant.

use std::collections::BTreeSet;

use sea_orm::{DbBackend, sea_query::TableCreateStatement};

use super::{Entities, Entity, statements};
use crate::{operation::manifest::KeyName, schema::TableName};

/// What entities say beyond their tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    on_delete: BTreeSet<(TableName, KeyName)>,
    on_update: BTreeSet<(TableName, KeyName)>,
    unwanted: BTreeSet<(TableName, KeyName)>,
    ordered: BTreeSet<(TableName, String)>,
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
            let keys = statements::keys(statement, backend);
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
