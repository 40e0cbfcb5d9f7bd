//! Two schemas and what is known of the way from one to the other.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::DbBackend;
use sea_revise::{
    diff::DiffOptions,
    schema::{Column, Schema, Table, TableName},
};

use super::{
    change,
    expressions::{self, drop_expressions},
    kinds::{self, is_castable},
    objects::{self, Object, Spot},
    repair::repair,
    schemas::{Maker, values_of},
};

/// A schema, another one, and the renames between them.
#[derive(Clone, Debug)]
pub struct Pair {
    pub backend: DbBackend,
    pub a: Schema,
    pub b: Schema,
    /// Old names by new names.
    pub tables: BTreeMap<TableName, TableName>,
    /// Old names by the new names of tables and columns.
    pub columns: BTreeMap<(TableName, String), String>,
    /// Values for columns of `b`.
    pub values: BTreeMap<(TableName, String), String>,
    /// What dropped values of enums become.
    pub enum_map: Vec<(String, String, String)>,
    /// Triggers and views of `a` and of `b`.
    pub objects: (Vec<Object>, Vec<Object>),
    /// Whether the plan knows nothing of those of `a`, and `b` is to have no others.
    pub guests: bool,
}

impl Pair {
    /// Two schemas that nothing else is known of.
    pub fn of(backend: DbBackend, a: Schema, b: Schema) -> Self {
        Self {
            backend,
            a,
            b,
            tables: BTreeMap::new(),
            columns: BTreeMap::new(),
            values: BTreeMap::new(),
            enum_map: Vec::new(),
            objects: (Vec::new(), Vec::new()),
            guests: false,
        }
    }

    /// The pair of a seed.
    pub fn new(seed: u64, backend: DbBackend) -> Self {
        let mut maker = Maker::new(seed, backend);
        let a = maker.schema();
        let mut pair = Self::of(backend, a.clone(), a);
        let objects = maker.objects(&pair.a);
        pair.guests = maker.random.percent(40);
        pair.objects = (objects.clone(), objects);
        if maker.random.percent(10) {
            pair.b = maker.schema();
        } else {
            for _ in 0..maker.random.between(1, 8) {
                change::change(&mut pair, &mut maker);
                repair(&mut pair.b, backend);
                objects::prune(&mut pair.objects.1, &pair.b);
            }
        }
        pair.align();
        pair.answer(&mut maker);
        pair
    }

    /// How the two are compared.
    pub fn options(&self) -> DiffOptions {
        let mut options = DiffOptions::whole(self.backend);
        let tables = self.tables.iter().map(|(to, from)| (from.clone(), to.clone()));
        options.table_renames = tables.collect();
        let columns = self.columns.iter();
        options.column_renames =
            columns.map(|((table, to), from)| (table.clone(), from.clone(), to.clone())).collect();
        options.values = self.values.clone();
        options.enum_map = self.enum_map.clone();
        options
    }

    /// The schemas with all that plans know of.
    pub fn known(&self) -> (Schema, Schema) {
        if self.guests {
            return (self.a.clone(), self.b.clone());
        }
        let (a, b) = &self.objects;
        (objects::with(&self.a, a, self.backend), objects::with(&self.b, b, self.backend))
    }

    /// The name that a table of `b` has in `a`, if it is there.
    pub fn old_table(&self, name: &TableName) -> Option<TableName> {
        if let Some(old) = self.tables.get(name) {
            return Some(old.clone());
        }
        let renamed = self.tables.values().any(|old| old == name);
        (!renamed && self.a.tables.contains_key(name)).then(|| name.clone())
    }

    /// The name that a column of `b` has in `a`, if it is there.
    pub fn old_column(&self, table: &TableName, column: &str) -> Option<String> {
        let old = self.a.table(&self.old_table(table)?)?;
        let key = (table.clone(), column.to_owned());
        if let Some(old) = self.columns.get(&key) {
            return Some(old.clone());
        }
        let renamed = self.columns.iter().any(|((of, _), old)| of == table && old == column);
        (!renamed && old.find(column).is_some()).then(|| column.to_owned())
    }

    /// Makes the pair one that can be: renames lead from what is there to what is there, and no type changes to one
    /// that it cannot be cast to.
    pub fn align(&mut self) {
        repair(&mut self.a, self.backend);
        repair(&mut self.b, self.backend);
        let (a, b) = (self.a.clone(), self.b.clone());
        self.tables.retain(|new, old| b.tables.contains_key(new) && a.tables.contains_key(old));
        let kept = self.columns.clone().into_iter().filter(|((table, new), old)| {
            let before = self.old_table(table).and_then(|name| a.table(&name));
            let after = b.table(table);
            before.is_some_and(|table| table.find(old).is_some())
                && after.is_some_and(|table| table.find(new).is_some())
        });
        self.columns = kept.collect();
        for (name, after) in &b.tables {
            let Some(before) = self.old_table(name).and_then(|old| a.table(&old)) else { continue };
            for column in &after.columns {
                let old =
                    self.old_column(name, &column.name).and_then(|old| before.find(&old).cloned());
                let uncastable = old.filter(|old| !is_castable(&old.kind, &column.kind));
                if let Some(old) = uncastable {
                    self.take_type(name, &column.name, &old);
                }
            }
        }
        repair(&mut self.b, self.backend);
        objects::prune(&mut self.objects.0, &self.a);
        objects::prune(&mut self.objects.1, &self.b);
        let b = &self.b;
        self.values.retain(|(table, column), _| {
            b.table(table).is_some_and(|table| table.find(column).is_some())
        });
        let enums = (&self.a.enums, &self.b.enums);
        self.enum_map.retain(|(name, from, to)| {
            let had = |value: &String| enums.0.get(name).is_some_and(|all| all.contains(value));
            let has = |value: &String| enums.1.get(name).is_some_and(|all| all.contains(value));
            had(from) && !has(from) && has(to)
        });
    }

    fn take_type(&mut self, table: &TableName, column: &str, old: &Column) {
        let table = self.b.tables.get_mut(table).unwrap();
        drop_expressions(table, column);
        if let Some(found) = table.find_mut(column) {
            found.kind = old.kind.clone();
            found.default = None;
        }
    }

    /// Gives values to columns that may need one, and new values for those that enums lose; not always.
    fn answer(&mut self, maker: &mut Maker) {
        for table in self.b.tables.values() {
            for column in table.columns.iter().filter(|column| !column.nullable) {
                if column.generated.is_none() && maker.random.percent(70) {
                    let values = values_of(&self.b, &column.kind);
                    let value = kinds::value(&column.kind, self.backend, &values);
                    self.values.insert((table.name.clone(), column.name.clone()), value);
                }
            }
        }
        for (name, values) in &self.a.enums {
            let Some(after) = self.b.enums.get(name) else { continue };
            for gone in values.iter().filter(|value| !after.contains(value)) {
                let to = maker.random.pick(after).cloned();
                if let Some(to) = to.filter(|_| maker.random.percent(60)) {
                    self.enum_map.push((name.clone(), gone.clone(), to));
                }
            }
        }
    }

    /// Gives a table of `b` another name, which is told or not.
    pub fn rename_table(&mut self, from: &TableName, to: TableName, told: bool) {
        let old = self.old_table(from);
        let mut table = self.b.tables.remove(from).unwrap();
        table.name = to.clone();
        self.b.insert(table);
        for key in self.b.tables.values_mut().flat_map(|table| &mut table.foreign_keys) {
            if key.references == *from {
                key.references = to.clone();
            }
        }
        self.move_objects(|(table, column)| {
            let table = if table == from { &to } else { table };
            (table.clone(), column.clone())
        });
        self.tables.remove(from);
        let columns = std::mem::take(&mut self.columns).into_iter();
        let moved = |name: TableName| if name == *from { to.clone() } else { name };
        self.columns = columns.map(|((of, new), old)| ((moved(of), new), old)).collect();
        match old {
            // It may have got its old name back.
            Some(old) if old == to => {}
            Some(old) if told => drop(self.tables.insert(to, old)),
            _ => self.columns.retain(|(of, _), _| *of != to),
        }
    }

    fn move_objects(&mut self, to: impl Fn(&Spot) -> Spot) {
        let objects = self.objects.1.iter();
        self.objects.1 = objects.filter_map(|object| object.moved(|spot| Some(to(spot)))).collect();
    }

    /// Gives a column of `b` another name, and tells it.
    pub fn rename_column(&mut self, name: &TableName, from: &str, to: &str) {
        let old = self.old_column(name, from);
        self.rename_column_untold(name, from, to);
        if let Some(old) = old {
            self.columns.insert((name.clone(), to.to_owned()), old);
        }
    }

    /// Gives a column of `b` another name, so that it looks like another column.
    pub fn rename_column_untold(&mut self, name: &TableName, from: &str, to: &str) {
        let table = self.b.tables.get_mut(name).unwrap();
        rename_column(table, from, to);
        self.move_objects(|spot| match spot {
            (table, column) if table == name && column == from => (table.clone(), to.to_owned()),
            spot => spot.clone(),
        });
        let keys = self.b.tables.values_mut().flat_map(|table| &mut table.foreign_keys);
        for column in keys.filter(|key| key.references == *name).flat_map(|key| &mut key.referenced)
        {
            if column == from {
                to.clone_into(column);
            }
        }
        self.columns.remove(&(name.clone(), from.to_owned()));
    }

    /// The columns of `b` that have to have the same type as this one: keys lead from one to the other.
    pub fn linked(&self, table: &TableName, column: &str) -> BTreeSet<(TableName, String)> {
        let mut linked = BTreeSet::from([(table.clone(), column.to_owned())]);
        loop {
            let before = linked.len();
            for table in self.b.tables.values() {
                for key in &table.foreign_keys {
                    for (own, target) in key.columns.iter().zip(&key.referenced) {
                        let ends = [
                            (table.name.clone(), own.clone()),
                            (key.references.clone(), target.clone()),
                        ];
                        if ends.iter().any(|end| linked.contains(end)) {
                            linked.extend(ends);
                        }
                    }
                }
            }
            if linked.len() == before {
                return linked;
            }
        }
    }
}

fn rename_column(table: &mut Table, from: &str, to: &str) {
    for expression in expressions::of_table(table) {
        *expression = expressions::rename_in(expression, from, to);
    }
    let columns = table.columns.iter_mut().map(|column| &mut column.name);
    let key = table.primary_key.iter_mut().flat_map(|key| &mut key.columns);
    let uniques = table.uniques.iter_mut().flat_map(|unique| &mut unique.columns);
    let keys = table.foreign_keys.iter_mut().flat_map(|key| &mut key.columns);
    let indexes = table.indexes.iter_mut().flat_map(|index| {
        let plain = index.columns.iter_mut().filter(|column| !column.expression);
        plain.map(|column| &mut column.name)
    });
    for name in columns.chain(key).chain(uniques).chain(keys).chain(indexes) {
        if name == from {
            to.clone_into(name);
        }
    }
}
