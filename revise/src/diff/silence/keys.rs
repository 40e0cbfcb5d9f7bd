//! Foreign keys: those without a relation, and what a relation does not say about its own.

use std::collections::BTreeSet;

use super::{Filling, has_all, may_have};
use crate::{
    operation::manifest::{KeyName, Stated, set},
    schema::{Action, ForeignKey, Schema, Table, TableName},
};

impl Filling<'_> {
    /// Fills in keys, and their actions.
    pub(super) fn fill_keys(&mut self) {
        let (before, mut filled) = (self.before, Vec::new());
        for old in before.tables.values() {
            let Some(new) = self.after.tables.get_mut(&old.name) else { continue };
            let wanted = std::mem::take(&mut new.foreign_keys);
            filled.push((old.name.clone(), self.keys_of(old, wanted)));
        }
        for (name, keys) in filled {
            if let Some(table) = self.after.tables.get_mut(&name) {
                table.foreign_keys = keys;
            }
        }
    }

    /// The keys of a table whose entity wants these.
    fn keys_of(&mut self, table: &Table, mut wanted: Vec<ForeignKey>) -> Vec<ForeignKey> {
        let (mut keys, mut others) = (Vec::new(), Vec::new());
        for old in &table.foreign_keys {
            let leads = way(self.before, old);
            match wanted.iter().position(|new| way(self.before, new) == leads) {
                Some(place) => {
                    let new = wanted.remove(place);
                    let filled = self.with_actions(&table.name, old, &new);
                    self.list_actions(&table.name, &filled, &new);
                    keys.extend(self.possible(table, filled));
                }
                None => others.push(old),
            }
        }
        for old in others {
            let name = KeyName::from(old);
            // A relation of the same columns to another table says where they lead now.
            let leads_elsewhere = wanted.iter().any(|new| set(&new.columns) == name.columns);
            let stated = self.stated.states(&table.name, Stated::Key(name.clone()));
            if leads_elsewhere || stated || self.said.is_unwanted(&table.name, &name) {
                continue;
            }
            let Some(kept) = self.possible(table, old.clone()) else { continue };
            self.left.push(words(&table.name, &kept));
            keys.push(kept);
        }
        keys.extend(wanted);
        keys
    }

    /// A key as it is, with the actions that its relation says, and without those that a plan stated and it says no longer.
    fn with_actions(&self, table: &TableName, old: &ForeignKey, new: &ForeignKey) -> ForeignKey {
        let name = KeyName::from(old);
        let says = self.said.on_delete(table, &name)
            || self.stated.states(table, Stated::OnDelete(name.clone(), old.on_delete));
        let on_delete = if says { new.on_delete } else { old.on_delete };
        let says = self.said.on_update(table, &name)
            || self.stated.states(table, Stated::OnUpdate(name, old.on_update));
        let on_update = if says { new.on_update } else { old.on_update };
        let named = new.name.clone().or_else(|| old.name.clone());
        if (on_delete, on_update) == (old.on_delete, old.on_update) {
            let name = if self.strict_names { named } else { old.name.clone() };
            return ForeignKey { name, ..old.clone() };
        }
        let (referenced, name) = (referenced(self.before, old), named);
        ForeignKey { referenced, on_delete, on_update, name, ..old.clone() }
    }

    /// Lists the actions that a relation does not mention and its key has.
    fn list_actions(&mut self, table: &TableName, filled: &ForeignKey, new: &ForeignKey) {
        let columns = filled.columns.join(", ");
        for (event, kept, said) in [
            ("delete", filled.on_delete, new.on_delete),
            ("update", filled.on_update, new.on_update),
        ] {
            if kept != said {
                let action = kept.sql().to_lowercase();
                self.left.push(format!("on {event} {action} of foreign key {table}({columns})"));
            }
        }
    }

    /// A key, where both of its ends stay.
    fn possible(&self, table: &Table, key: ForeignKey) -> Option<ForeignKey> {
        let referenced = referenced(self.before, &key);
        let own = self.after.table(&table.name).is_some_and(|new| has_all(new, &key.columns));
        let there = may_have(self.before, &self.after, &key.references, &referenced);
        (own && there).then_some(key)
    }
}

/// A key in words.
pub fn words(table: &TableName, key: &ForeignKey) -> String {
    let action = |event: &str, action: Action| match action {
        Action::NoAction => String::new(),
        action => format!(" on {event} {}", action.sql().to_lowercase()),
    };
    format!(
        "foreign key {table}({}) → {}({}){}{}",
        key.columns.join(", "),
        key.references,
        key.referenced.join(", "),
        action("delete", key.on_delete),
        action("update", key.on_update),
    )
}

/// Where a key leads: which column points at which one, in any order.
fn way(schema: &Schema, key: &ForeignKey) -> (TableName, BTreeSet<(String, String)>) {
    let there = referenced(schema, key);
    (key.references.clone(), key.columns.iter().cloned().zip(there).collect())
}

/// The columns that a key points at; SQLite lets the primary key be meant without a word.
pub fn referenced(schema: &Schema, key: &ForeignKey) -> Vec<String> {
    if !key.referenced.is_empty() {
        return key.referenced.clone();
    }
    let parent = schema.table(&key.references).and_then(|parent| parent.primary_key.as_ref());
    parent.map(|key| key.columns.clone()).unwrap_or_default()
}
