//! Unique constraints and indexes, whose columns SeaORM takes in the order of the fields.

use std::collections::BTreeSet;

use super::{super::constraints::column_names, Filling, has_all, keys};
use crate::{
    operation::manifest::{Stated, set, uniques},
    schema::{Index, Table, TableName, Unique},
};

impl Filling<'_> {
    /// Fills in what is unique, and the order of its columns.
    pub(super) fn fill_uniques(&mut self) {
        self.each_table(|filling, old, new| {
            filling.fill_special(old, new);
            filling.fill_order(old, new);
            filling.fill_constraints(old, new);
            filling.fill_needed_indexes(old, new);
        });
    }

    /// A unique key of an entity is the constraint, or the index, on the same columns.
    fn fill_order(&self, old: &Table, new: &mut Table) {
        let wanted = std::mem::take(&mut new.indexes);
        for index in wanted.clone() {
            let is_ordered = self.said.is_ordered(&old.name, &index.name);
            if is_ordered || !index.unique || !index.is_plain() {
                new.indexes.push(index);
                continue;
            }
            let columns = set(&column_names(&index));
            let alike = |found: &&Index| {
                found.unique && found.is_plain() && set(&column_names(found)) == columns
            };
            let mut indexes = old.indexes.iter().filter(alike);
            let constraint = old.uniques.iter().find(|unique| set(&unique.columns) == columns);
            match (
                old.indexes.iter().filter(alike).find(|found| found.name == index.name),
                constraint,
            ) {
                (Some(found), _) => new.indexes.push(found.clone()),
                (None, _) if has_in_order(old, &column_names(&index)) => new.indexes.push(index),
                (None, Some(constraint)) => new.uniques.push(constraint.clone()),
                (None, None) => match indexes.next() {
                    Some(found) => new.indexes.push(found.clone()),
                    None => self.fill_shared(old, new, (index, &wanted)),
                },
            }
        }
    }

    /// A field is in one unique key at most. So a key that is found by its name may have more columns, if they are in other keys.
    fn fill_shared(&self, old: &Table, new: &mut Table, (index, wanted): (Index, &[Index])) {
        let said = set(&column_names(&index));
        let elsewhere = |column: &String| {
            let others = wanted.iter().filter(|other| other.unique && other.name != index.name);
            let mut columns = others.flat_map(column_names);
            columns.any(|other| other == *column)
                || new.uniques.iter().any(|unique| unique.columns == std::slice::from_ref(column))
        };
        let is_it = |name: Option<&String>, columns: &[String]| {
            let named = |name| index.name == format!("idx-{}-{name}", old.name.name);
            let stated = self.stated.states(&old.name, Stated::Unique(set(columns)));
            let all = set(columns);
            name.is_some_and(named)
                && !stated
                && said.is_subset(&all)
                && all.difference(&said).all(elsewhere)
        };
        let is_index = |found: &&Index| {
            found.unique && found.is_plain() && is_it(Some(&found.name), &column_names(found))
        };
        let is_constraint = |found: &&Unique| is_it(found.name.as_ref(), &found.columns);
        if let Some(found) = old.indexes.iter().find(is_index) {
            let stated = self.stated.states(&old.name, Stated::Index(found.name.clone()));
            new.indexes.push(if stated { index } else { found.clone() });
        } else if let Some(found) = old.uniques.iter().find(is_constraint) {
            let found = found.clone();
            new.uniques.push(found);
        } else {
            new.indexes.push(index);
        }
    }

    /// A constraint that nobody stated, or that a foreign key stands on.
    fn fill_constraints(&mut self, old: &Table, new: &mut Table) {
        for unique in &old.uniques {
            let Unique { columns, .. } = unique;
            if has_in_order(new, columns) || !has_all(new, columns) {
                continue;
            }
            let stated = self.stated.states(&old.name, Stated::Unique(set(columns)));
            if !stated || self.is_needed(&old.name, new, &set(columns)) {
                self.left.push(format!("unique {}({})", old.name, columns.join(", ")));
                new.uniques.push(unique.clone());
            }
        }
    }

    /// A unique index that a plan created and that a foreign key stands on. Any other one is left alone without this.
    fn fill_needed_indexes(&mut self, old: &Table, new: &mut Table) {
        for index in old.indexes.iter().filter(|index| index.unique && index.is_plain()) {
            let columns = column_names(index);
            let is_free = !new.indexes.iter().any(|other| other.name == index.name);
            if is_free && has_all(new, &columns) && self.is_needed(&old.name, new, &set(&columns)) {
                self.left.push(format!("unique index {} on {}", index.name, old.name));
                new.indexes.push(index.clone());
            }
        }
    }

    /// Whether a foreign key stands on these columns, and on nothing else that is unique.
    fn is_needed(&self, name: &TableName, table: &Table, columns: &BTreeSet<String>) -> bool {
        let is_key = table.primary_key.as_ref().is_some_and(|key| set(&key.columns) == *columns);
        let tables = self.after.tables.values().chain([table]);
        let mut all = tables.flat_map(|table| &table.foreign_keys);
        !is_key
            && !uniques(table).any(|found| found == *columns)
            && all.any(|key| {
                key.references == *name && set(&keys::referenced(self.before, key)) == *columns
            })
    }
}

/// Whether these columns are unique by themselves, in this order.
fn has_in_order(table: &Table, columns: &[String]) -> bool {
    let constraint = table.uniques.iter().any(|unique| unique.columns == columns);
    let index = |index: &Index| index.unique && index.is_plain() && column_names(index) == columns;
    constraint || table.indexes.iter().any(index)
}
