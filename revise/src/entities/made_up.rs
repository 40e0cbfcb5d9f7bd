//! Unique constraints that a shadow needs and no entity says: PostgreSQL takes a foreign key only where what it points at is unique.
//! Whether that is so in the database, the comparison sees; here it is taken for granted.

use std::collections::BTreeSet;

use sea_orm::DbBackend;

use super::{Entity, keys, statements};
use crate::schema::{Index, TableName, Unique, quote, quote_all};

const PREFIX: &str = "sea_revise_made_up_";

/// A unique constraint that is made up.
pub(super) struct MadeUp {
    pub table: TableName,
    name: String,
    columns: Vec<String>,
}

impl MadeUp {
    /// The statement that adds it to its table, which has this name in the shadow.
    pub fn sql(&self, table: &TableName) -> String {
        let (table, name) = (table.quoted(), quote(&self.name));
        format!("ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE ({})", quote_all(&self.columns))
    }
}

/// Whether a constraint is one of these.
pub(super) fn is_made_up(unique: &Unique) -> bool {
    unique.name.as_ref().is_some_and(|name| name.starts_with(PREFIX))
}

/// Those that the keys of the entities need.
pub(super) fn uniques(
    entities: &[Entity],
    indexes: &[(TableName, Index)],
    backend: DbBackend,
) -> Vec<MadeUp> {
    let mut there = BTreeSet::new();
    for entity in entities {
        let table = statements::table_name(&entity.table, backend);
        there.extend(said(entity).into_iter().map(|columns| (table.clone(), columns)));
    }
    for (table, index) in indexes.iter().filter(|(_, index)| index.unique && index.is_plain()) {
        there.insert((table.clone(), index.column_names().map(str::to_owned).collect()));
    }
    let known: BTreeSet<TableName> =
        entities.iter().map(|entity| statements::table_name(&entity.table, backend)).collect();
    let mut made_up = Vec::new();
    for key in entities.iter().flat_map(|entity| keys::keys(&entity.table, backend)) {
        let (table, columns) = (key.references, key.referenced);
        let needed = (table.clone(), columns.iter().cloned().collect());
        // A table that is no entity is made up as a whole, with what its keys need.
        if known.contains(&table) && there.insert(needed) {
            let name = format!("{PREFIX}{}", made_up.len());
            made_up.push(MadeUp { table, name, columns });
        }
    }
    made_up
}

/// The columns that an entity says are unique together.
fn said(entity: &Entity) -> Vec<BTreeSet<String>> {
    let mut said = Vec::new();
    for column in entity.table.get_columns() {
        let spec = column.get_column_spec();
        if spec.unique || spec.primary_key {
            said.push(BTreeSet::from([column.get_column_name()]));
        }
    }
    let keys = entity.table.get_indexes().iter();
    let indexes = entity.indexes.iter().filter(|index| index.is_unique_key());
    for index in keys.chain(indexes) {
        said.push(index.get_index_spec().get_column_names().into_iter().collect());
    }
    said
}
