//! Makes a pair that breaks a law as small as it can be and still break it.

use sea_revise::schema::{Column, Identity, Schema, Table, TableName};

use super::{
    law::{self, Violation},
    objects::Object,
    pair::Pair,
    place::Ground,
};

/// The smallest pair that was found, and what it breaks.
pub async fn shrink(ground: &Ground, pair: Pair, violation: Violation) -> (Pair, Violation) {
    let (mut pair, mut violation) = (pair, violation);
    let mut tries = 0;
    'again: loop {
        for smaller in smaller(&pair) {
            tries += 1;
            if tries > 1500 {
                return (pair, violation);
            }
            match law::check(ground, &smaller).await {
                Err(found) if found.law == violation.law => {
                    (pair, violation) = (smaller, found);
                    continue 'again;
                }
                _ => {}
            }
        }
        return (pair, violation);
    }
}

fn smaller(pair: &Pair) -> Vec<Pair> {
    let mut found = without_tables(pair);
    found.extend(without_columns(pair));
    for (first, schema) in [(true, &pair.a), (false, &pair.b)] {
        for table in schema.tables.values() {
            parts(pair, first, table, &mut found);
        }
    }
    objects(pair, &mut found);
    for key in pair.values.keys() {
        found.push(with(pair, |pair| drop(pair.values.remove(key))));
    }
    for key in pair.columns.keys() {
        found.push(with(pair, |pair| {
            let old = pair.columns.remove(key).unwrap();
            pair.rename_column_untold(&key.0, &key.1, &old);
        }));
    }
    let whole = |pair: &Pair| {
        let tables =
            |schema: &Schema| schema.tables.values().all(|table| !table.columns.is_empty());
        tables(&pair.a) && tables(&pair.b) && size(pair) > 0
    };
    let before = size(pair);
    found.retain(|smaller| whole(smaller) && size(smaller) < before);
    found
}

/// Each trigger and each view taken away on both sides, and on one where the plan knows them; each without the other
/// column that it needs.
fn objects(pair: &Pair, found: &mut Vec<Pair>) {
    let names: Vec<&String> =
        pair.objects.0.iter().chain(&pair.objects.1).map(|object| &object.name).collect();
    for name in names {
        let sides = [(true, true), (true, false), (false, true)];
        for (first, second) in sides.into_iter().take(if pair.guests { 1 } else { 3 }) {
            let without = |objects: &mut Vec<Object>, without: bool| {
                objects.retain(|object| object.name != *name || !without);
            };
            found.push(with(pair, |pair| {
                without(&mut pair.objects.0, first);
                without(&mut pair.objects.1, second);
            }));
        }
        found.push(with(pair, |pair| {
            let all = pair.objects.0.iter_mut().chain(&mut pair.objects.1);
            all.filter(|object| object.name == *name).for_each(|object| object.other = None);
        }));
    }
}

/// Each table taken away on both sides, and each table and each enum on one.
fn without_tables(pair: &Pair) -> Vec<Pair> {
    let mut found = Vec::new();
    for name in pair.b.tables.keys() {
        let old = pair.old_table(name);
        found.push(with(pair, |pair| {
            pair.b.tables.remove(name);
            if let Some(old) = &old {
                pair.a.tables.remove(old);
            }
        }));
    }
    for (first, schema) in [(true, &pair.a), (false, &pair.b)] {
        for table in schema.tables.keys() {
            found.push(with(pair, |pair| drop(side(pair, first).tables.remove(table))));
        }
        for name in schema.enums.keys() {
            found.push(with(pair, |pair| drop(side(pair, first).enums.remove(name))));
        }
    }
    found
}

/// Each column taken away on both sides.
fn without_columns(pair: &Pair) -> Vec<Pair> {
    let mut found = Vec::new();
    for table in pair.b.tables.values() {
        for column in &table.columns {
            let old = pair.old_table(&table.name).zip(pair.old_column(&table.name, &column.name));
            found.push(with(pair, |pair| {
                drop_column(&mut pair.b, &table.name, &column.name);
                if let Some((table, column)) = &old {
                    drop_column(&mut pair.a, table, column);
                }
            }));
        }
    }
    found
}

/// Each part of a table taken away on one side, and on both.
fn parts(pair: &Pair, first: bool, table: &Table, found: &mut Vec<Pair>) {
    let name = &table.name;
    let mut without = |change: &dyn Fn(&mut Table)| {
        found.push(with(pair, |pair| {
            if let Some(table) = side(pair, first).tables.get_mut(name) {
                change(table);
            }
        }));
        if !first && let Some(old) = pair.old_table(name) {
            found.push(with(pair, |pair| {
                side(pair, false).tables.get_mut(name).into_iter().for_each(change);
                side(pair, true).tables.get_mut(&old).into_iter().for_each(change);
            }));
        }
    };
    columns(table, &mut without);
    without(&|table| table.primary_key = None);
    for option in &table.options {
        without(&|table| table.options.retain(|found| found != option));
    }
    for unique in &table.uniques {
        without(&|table| table.uniques.retain(|found| found.columns != unique.columns));
    }
    for check in &table.checks {
        without(&|table| table.checks.retain(|found| found.expression != check.expression));
    }
    for index in &table.indexes {
        without(&|table| table.indexes.retain(|found| found.name != index.name));
    }
    for key in &table.foreign_keys {
        without(&|table| table.foreign_keys.retain(|found| found.columns != key.columns));
    }
}

/// What is changed of a table, tried for each way of doing without it.
type Try<'a> = dyn FnMut(&dyn Fn(&mut Table)) + 'a;

/// Each column taken away, and each thing that is said of one.
fn columns(table: &Table, without: &mut Try<'_>) {
    for column in &table.columns {
        without(&|table| table.columns.retain(|found| found.name != column.name));
        let parts: [fn(&mut Column); 5] = [
            |column| column.default = None,
            |column| column.comment = None,
            |column| column.identity = Identity::None,
            |column| column.collation = None,
            |column| column.generated = None,
        ];
        for part in parts {
            without(&|table| table.find_mut(&column.name).into_iter().for_each(part));
        }
    }
}

fn with(pair: &Pair, change: impl FnOnce(&mut Pair)) -> Pair {
    let mut pair = pair.clone();
    change(&mut pair);
    let bare = |schema: &Schema| {
        schema
            .tables
            .values()
            .any(|table| table.columns.iter().all(|column| column.generated.is_some()))
    };
    if bare(&pair.a) || bare(&pair.b) {
        pair.a.tables.clear();
        pair.b.tables.clear();
        pair.objects = (Vec::new(), Vec::new());
        return pair;
    }
    pair.align();
    pair
}

fn side(pair: &mut Pair, first: bool) -> &mut Schema {
    if first { &mut pair.a } else { &mut pair.b }
}

fn drop_column(schema: &mut Schema, table: &TableName, column: &str) {
    if let Some(table) = schema.tables.get_mut(table) {
        table.columns.retain(|found| found.name != column);
    }
}

/// How much there is.
fn size(pair: &Pair) -> usize {
    let of = |schema: &Schema| {
        let tables = schema.tables.values().map(|table| {
            let columns = table.columns.iter().map(|column| {
                5 + usize::from(column.default.is_some())
                    + usize::from(column.comment.is_some())
                    + usize::from(!column.identity.is_none())
                    + usize::from(column.collation.is_some())
                    + usize::from(column.generated.is_some())
            });
            let key = usize::from(table.primary_key.is_some());
            10 + columns.sum::<usize>()
                + key
                + table.options.len()
                + table.uniques.len()
                + table.checks.len()
                + table.indexes.len()
                + table.foreign_keys.len()
        });
        tables.sum::<usize>() + schema.enums.len()
    };
    let objects = pair.objects.0.iter().chain(&pair.objects.1);
    let objects = objects.map(|object| 2 + usize::from(object.other.is_some())).sum::<usize>();
    of(&pair.a) + of(&pair.b) + pair.values.len() + pair.columns.len() + objects
}
