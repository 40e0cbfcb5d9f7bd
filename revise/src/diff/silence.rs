//! What entities are silent about, filled in from what is there: after it, only what they say differs.
//!
//! A default, a length, an action, a key, a unique, a table or the order of an enum's values that no entity and no plan ever
//! stated belongs to nobody. It is listed, and stays. What a plan stated, and no entity says any more, is not filled in.

mod columns;
mod keys;
mod special;
mod uniques;

use std::collections::BTreeSet;

use sea_orm::DbBackend;

pub use self::keys::referenced;
use super::{Work, enums};
use crate::{
    entities::Said,
    operation::manifest::{Manifest, Stated},
    schema::{Column, Index, Schema, Table, TableName, Type, expression::mentions},
};

/// The entities' schema with what they are silent about.
pub fn fill(work: &mut Work<'_>, after: &Schema) -> Schema {
    let mut filling = Filling {
        before: &work.before,
        after: after.clone(),
        stated: &work.stated,
        said: &work.options.said,
        backend: work.options.backend,
        strict_names: work.options.strict_names,
        left: Vec::new(),
    };
    filling.fill_nameless();
    if work.is_silent() {
        filling.fill_tables();
        filling.fill_enums(&work.options.enum_map);
        filling.fill_columns();
        filling.fill_primary_keys();
        filling.fill_keys();
        filling.fill_uniques();
    }
    let Filling { after, left, .. } = filling;
    work.found.unmanaged.extend(left);
    after
}

/// The entities' schema on its way.
struct Filling<'a> {
    /// What is there, by the names after the renames.
    before: &'a Schema,
    after: Schema,
    stated: &'a Manifest,
    said: &'a Said,
    backend: DbBackend,
    /// Whether names count.
    strict_names: bool,
    /// What is left alone, in words.
    left: Vec<String>,
}

impl Filling<'_> {
    /// Calls this for each table that both sides have.
    fn each_table(&mut self, mut change: impl FnMut(&mut Self, &Table, &mut Table)) {
        let before = self.before;
        for old in before.tables.values() {
            let Some(mut new) = self.after.tables.remove(&old.name) else { continue };
            change(self, old, &mut new);
            self.after.insert(new);
        }
    }

    /// SeaORM has no word for the type of a column, so it was not an entity that asked for it, and none can say that it is gone.
    /// What hangs on such a column stays with it.
    fn fill_nameless(&mut self) {
        self.each_table(|filling, old, new| {
            let (backend, table) = (filling.backend, &old.name);
            let gone = old.columns.iter().filter(|column| new.find(&column.name).is_none());
            let kept: Vec<Column> =
                gone.filter(|column| is_nameless(column, backend)).cloned().collect();
            for column in &kept {
                let kind = column.kind.sql(backend);
                filling.left.push(format!("column {table}.{} ({kind})", column.name));
            }
            let names: BTreeSet<String> = kept.iter().map(|column| column.name.clone()).collect();
            new.columns.extend(kept);
            if !names.is_empty() {
                filling.fill_parts_of(&names, old, new);
            }
        });
    }

    /// Keeps the constraints and indexes on columns that are left alone.
    fn fill_parts_of(&mut self, names: &BTreeSet<String>, old: &Table, new: &mut Table) {
        let table = &old.name;
        let any = |columns: &[String]| columns.iter().any(|column| names.contains(column));
        let named = |text: &String| names.iter().any(|name| mentions(text, name));
        for unique in old.uniques.iter().filter(|unique| any(&unique.columns)) {
            if has_all(new, &unique.columns) {
                self.left.push(format!("unique {table}({})", unique.columns.join(", ")));
                new.uniques.push(unique.clone());
            }
        }
        for key in old.foreign_keys.iter().filter(|key| any(&key.columns)) {
            if has_all(new, &key.columns) {
                self.left.push(keys::words(table, key));
                new.foreign_keys.push(key.clone());
            }
        }
        for check in old.checks.iter().filter(|check| named(&check.expression)) {
            let name = check.name.as_deref().unwrap_or(&check.expression);
            self.left.push(format!("check {name} on {table}"));
            new.checks.push(check.clone());
        }
        for index in &old.indexes {
            let (columns, texts) = parts_of(index);
            let is_free = !new.indexes.iter().any(|other| other.name == index.name);
            if is_free && (any(&columns) || texts.iter().any(named)) && has_all(new, &columns) {
                let kind = if index.unique { "unique index" } else { "index" };
                self.left.push(format!("{kind} {} on {table}", index.name));
                new.indexes.push(index.clone());
            }
        }
    }

    /// A table that no plan created and no entity knows.
    fn fill_tables(&mut self) {
        let before = self.before;
        for table in before.tables.values() {
            let name = &table.name;
            let known = self.after.tables.contains_key(name);
            if !known && !self.stated.states(name, Stated::Table) {
                self.left.push(format!("table {name}"));
                self.after.insert(table.clone());
            }
        }
    }

    /// The values of an enum are a set. What is new comes last where the order is another one.
    fn fill_enums(&mut self, renames: &[(String, String, String)]) {
        let enums = std::mem::take(&mut self.after.enums);
        for (name, values) in enums {
            let Some(old) = self.before.enums.get(&name) else {
                if self.stated.states_enum(&name) || !self.has_all_of_enum(&name) {
                    self.after.enums.insert(name, values);
                }
                continue;
            };
            let mut old = old.clone();
            for (_, from, to) in renames.iter().filter(|(of, _, _)| *of == name) {
                if !values.contains(from) && values.contains(to) && !old.contains(to) {
                    let renamed = old.iter_mut().filter(|value| value.as_str() == from.as_str());
                    renamed.for_each(|value| value.clone_from(to));
                }
            }
            let stays: Vec<&String> = old.iter().filter(|value| values.contains(value)).collect();
            let same_order =
                values.iter().filter(|value| old.contains(value)).eq(stays.iter().copied());
            let filled = if same_order {
                values
            } else {
                self.left
                    .push(format!("the order of the values of enum {name} ({})", old.join(", ")));
                let new = values.iter().filter(|value| !old.contains(value));
                stays.into_iter().chain(new).cloned().collect()
            };
            self.after.enums.insert(name, filled);
        }
    }

    /// Whether all columns of an enum are there already, and of it. SQLite has texts and no enums, so the enum is not missing then.
    fn has_all_of_enum(&self, name: &str) -> bool {
        let of_enum = |column: &&Column| enums::enum_of(&column.kind) == Some(name);
        let is_there = |old: &Table, new: &Column| {
            old.find(&new.name).is_some_and(|old| old.kind.looks_like(&new.kind, self.backend))
        };
        self.backend == DbBackend::Sqlite
            && self.after.tables.values().all(|table| {
                let mut columns = table.columns.iter().filter(of_enum);
                let old = self.before.table(&table.name);
                columns.all(|column| old.is_some_and(|old| is_there(old, column)))
            })
    }

    /// SeaORM takes the order of a key from that of the fields.
    fn fill_primary_keys(&mut self) {
        self.each_table(|filling, old, new| {
            filling.fill_no_key(old, new);
            let (Some(had), Some(has)) = (&old.primary_key, &mut new.primary_key) else { return };
            let stated = filling.stated.states(&old.name, Stated::PrimaryKey);
            let same = |a: &[String], b: &[String]| {
                a.len() == b.len() && a.iter().all(|name| b.contains(name))
            };
            if !stated && same(&had.columns, &has.columns) {
                has.columns.clone_from(&had.columns);
            }
        });
    }

    /// SeaORM has no entity without a primary key, so where the table has none, that of the entity says nothing about the table.
    fn fill_no_key(&mut self, old: &Table, new: &mut Table) {
        let states = |what| self.stated.states(&old.name, what);
        let Some(key) = &new.primary_key else { return };
        let is_forced = old.primary_key.is_none() && has_all(old, &key.columns);
        if !is_forced || states(Stated::Table) || states(Stated::PrimaryKey) {
            return;
        }
        let names = new.primary_key.take().map(|key| key.columns).unwrap_or_default();
        self.left.push(format!("{} without a primary key ({})", old.name, names.join(", ")));
        for name in names {
            if let (Some(found), Some(column)) = (old.find(&name), new.find_mut(&name)) {
                column.nullable = found.nullable;
                column.identity = found.identity;
            }
        }
    }
}

/// Whether SeaORM has no word for the type of a column.
fn is_nameless(column: &Column, backend: DbBackend) -> bool {
    fn other(kind: &Type) -> Option<&str> {
        match kind {
            Type::Other(spelling) => Some(spelling),
            Type::Array(element) => other(element),
            _ => None,
        }
    }
    let is_enum = |spelling: &str| {
        backend == DbBackend::Sqlite
            && spelling.eq_ignore_ascii_case(&Type::Enum(String::new()).sql(backend))
    };
    !column.declared && other(&column.kind).is_some_and(|spelling| !is_enum(spelling))
}

/// The columns that an index names, and the expressions in which it may name more.
fn parts_of(index: &Index) -> (Vec<String>, Vec<String>) {
    let columns = index.column_names().map(str::to_owned).chain(index.include.iter().cloned());
    let expressions = index.columns.iter().filter(|column| column.expression);
    let texts = expressions.map(|column| column.name.clone()).chain(index.predicate.clone());
    (columns.collect(), texts.collect())
}

/// Whether a table has all of these columns.
fn has_all(table: &Table, columns: &[String]) -> bool {
    columns.iter().all(|column| table.find(column).is_some())
}

/// Whether a table has columns of these names, or is out of sight.
fn may_have(before: &Schema, after: &Schema, table: &TableName, columns: &[String]) -> bool {
    match (before.table(table), after.table(table)) {
        (_, Some(table)) => has_all(table, columns),
        (None, None) => true,
        (Some(_), None) => false,
    }
}
