//! Relations that point at a column twice, as sea-orm-codegen 1.x writes those of keys of several columns of PostgreSQL: each column
//! with each referenced one. Which pairs are meant, only a key that is there says.

use std::collections::BTreeSet;

use super::{DiffError, Work, silence::referenced};
use crate::{
    operation::manifest::set,
    schema::{ForeignKey, Schema, TableName},
};

/// The entities' schema with the keys that such relations mean.
pub fn resolve(work: &Work<'_>) -> Result<Schema, DiffError> {
    let mut after = work.after.clone();
    for (name, crossed) in work.options.said.crossed() {
        let Some(table) = after.tables.get_mut(name) else { continue };
        let before = work.before.table(name);
        let mut keys = before.iter().flat_map(|table| &table.foreign_keys);
        let meant = keys.find(|key| means(&work.before, crossed, key));
        let meant = meant.ok_or_else(|| DiffError::Ambiguous(unclear(name, crossed)))?;
        table.foreign_keys.push(ForeignKey {
            columns: meant.columns.clone(),
            referenced: meant.referenced.clone(),
            name: crossed.name.clone().or_else(|| meant.name.clone()),
            ..crossed.clone()
        });
    }
    Ok(after)
}

/// Whether a key is made of pairs of a relation, and takes all of its columns.
fn means(schema: &Schema, crossed: &ForeignKey, key: &ForeignKey) -> bool {
    let there = referenced(schema, key);
    let pairs: BTreeSet<_> = crossed.columns.iter().zip(&crossed.referenced).collect();
    key.references == crossed.references
        && set(&key.columns) == set(&crossed.columns)
        && set(&there) == set(&crossed.referenced)
        && key.columns.iter().zip(&there).all(|pair| pairs.contains(&pair))
}

fn unclear(table: &TableName, key: &ForeignKey) -> String {
    let distinct = |names: &[String]| {
        let mut found: Vec<&str> = Vec::new();
        for name in names {
            if !found.contains(&name.as_str()) {
                found.push(name);
            }
        }
        found.join(", ")
    };
    format!(
        "a relation of the entity of `{table}` to `{}` points at a column twice ({} → {}), which no foreign key can, and no \
         migration made a key of these columns; write each pair of columns once, `from` = ({}) and the {} of `to` in the same order",
        key.references,
        key.columns.join(", "),
        key.referenced.join(", "),
        distinct(&key.columns),
        distinct(&key.referenced),
    )
}
