//! Unique indexes that no attribute of SeaORM says: partial ones, and those on expressions. sea-orm-codegen writes `unique` and
//! `unique_key` for them all the same, with the columns that they name.

use std::collections::BTreeSet;

use super::{super::constraints::column_names, Filling};
use crate::{
    operation::manifest::{Stated, set, uniques},
    schema::{Index, Table, expression::mentions},
};

impl Filling<'_> {
    /// Takes out the unique keys of an entity that such an index is. The index is left alone.
    pub(super) fn fill_special(&mut self, old: &Table, new: &mut Table) {
        let is_free = |index: &&Index| {
            let stated = Stated::Index(index.name.clone());
            let is_special = index.unique && !index.is_plain() && !index.invalid;
            is_special && !self.stated.states(&old.name, stated)
        };
        let special: Vec<&Index> = old.indexes.iter().filter(is_free).collect();
        let is_there = |columns: &BTreeSet<String>| uniques(old).any(|found| found == *columns);
        new.indexes.retain(|index| {
            let columns = set(&column_names(index));
            let kept = !index.unique || !index.is_plain() || is_there(&columns);
            let named = |found: &&Index| {
                index.name == format!("idx-{}-{}", old.name.name, found.name)
                    && has_only(found, &columns)
            };
            kept || self.said.is_ordered(&old.name, &index.name)
                || !special.iter().any(|found| named(found) || is_of(found, &columns))
        });
        new.uniques.retain(|unique| {
            let columns = set(&unique.columns);
            is_there(&columns) || !special.iter().any(|found| is_of(found, &columns))
        });
    }
}

/// Whether an index names these columns, and maybe others.
fn has_only(index: &Index, columns: &BTreeSet<String>) -> bool {
    let expressions = index.columns.iter().filter(|column| column.expression);
    let texts: Vec<&String> = expressions.map(|column| &column.name).collect();
    let named = |column: &String| {
        index.column_names().any(|name| name == column)
            || texts.iter().any(|text| mentions(text, column))
    };
    columns.iter().all(named)
}

/// Whether an index is on these columns and no others.
fn is_of(index: &Index, columns: &BTreeSet<String>) -> bool {
    let mut expressions = index.columns.iter().filter(|column| column.expression);
    has_only(index, columns)
        && index.column_names().all(|name| columns.contains(name))
        && expressions.all(|text| columns.iter().any(|column| mentions(&text.name, column)))
}
