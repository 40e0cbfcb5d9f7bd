//! Entities of what is no table that operations change: views, partitioned and foreign tables, virtual tables, tables of an
//! extension. SeaORM reads them like any table, so they are no tables that are missing.

use crate::{
    entities::Said,
    schema::{Schema, TableName},
};

/// The entities' schema without those of which there is something else, and what was left out, in words.
pub fn leave_out(before: &Schema, after: &Schema, said: &Said) -> (Schema, Vec<String>) {
    let (mut kept, mut left) = (after.clone(), Vec::new());
    let is_missing = |name: &&TableName| said.is_entity(name) && before.table(name).is_none();
    for name in after.tables.keys().filter(is_missing) {
        if let Some(kind) = kind_of(before, name) {
            left.push(format!("the entity of {kind} {name}"));
            kept.tables.remove(name);
        }
    }
    // What the entities' database refused is left alone, too.
    left.extend(after.unmanaged.iter().filter(|line| line.starts_with("relation ")).cloned());
    (kept, left)
}

/// What the list of objects says of tables and views that the model does not take apart, before their names.
pub(crate) const KINDS: [&str; 8] = [
    "extension table",
    "extension view",
    "foreign table",
    "inherited table",
    "partition",
    "partitioned table",
    "shadow table",
    "virtual table",
];

/// What has this name and is no table of the model.
fn kind_of(schema: &Schema, name: &TableName) -> Option<&'static str> {
    if let Some(view) = schema.views.get(name) {
        return Some(if view.is_materialized() { "materialized view" } else { "view" });
    }
    let unread = format!("table {name} (");
    let is_listed = |kind: &&str| schema.unmanaged.contains(&format!("{kind} {name}"));
    let is_unread = || schema.unmanaged.iter().any(|line| line.starts_with(&unread));
    KINDS.into_iter().find(is_listed).or_else(|| is_unread().then_some("table"))
}
