//! One random change of the second schema of a pair.

use sea_orm::DbBackend;
use sea_revise::schema::{Column, Identity, Table, TableName, Type};

use super::{
    expressions::{self, drop_expressions},
    kinds::{Class, class, is_castable},
    names::Names,
    objects::Object,
    pair::Pair,
    schemas::{Maker, values_of},
};

/// Changes something.
pub fn change(pair: &mut Pair, maker: &mut Maker) {
    let names: Vec<TableName> = pair.b.tables.keys().cloned().collect();
    let Some(name) = maker.random.pick(&names).cloned() else { return };
    match maker.random.below(44) {
        0 => {
            let table = maker.table(&pair.b);
            pair.b.insert(table);
        }
        1 if names.len() > 1 => drop(pair.b.tables.remove(&name)),
        2 | 3 => rename_table(pair, maker, &name),
        4..=6 => add_column(pair, maker, &name),
        7 | 8 => with_column(pair, maker, &name, |pair, _, column| {
            drop_column(pair.b.tables.get_mut(&name).unwrap(), &column.name);
        }),
        9..=11 => with_column(pair, maker, &name, |pair, maker, column| {
            let to = maker.column_name(&pair.b.tables[&name]);
            if maker.random.percent(80) {
                pair.rename_column(&name, &column.name, &to);
            } else {
                pair.rename_column_untold(&name, &column.name, &to);
            }
        }),
        12..=15 => with_column(pair, maker, &name, |pair, maker, column| {
            retype(pair, maker, &name, column);
        }),
        16 | 17 => with_column(pair, maker, &name, |pair, _, column| {
            let found = pair.b.tables.get_mut(&name).unwrap().find_mut(&column.name).unwrap();
            found.nullable = !found.nullable;
        }),
        18 | 19 => with_column(pair, maker, &name, |pair, maker, column| {
            redefault(pair, maker, &name, column);
        }),
        20 => with_column(pair, maker, &name, |pair, maker, column| {
            let all = [Identity::None, Identity::Automatic, Identity::Always];
            let found = pair.b.tables.get_mut(&name).unwrap().find_mut(&column.name).unwrap();
            found.identity = *maker.random.pick(&all).unwrap();
        }),
        21 | 22 => change_key(pair.b.tables.get_mut(&name).unwrap(), maker),
        23..=29 => change_part(pair, maker, &name),
        30 => maker.add_foreign_key(&mut pair.b),
        31 => comment(pair.b.tables.get_mut(&name).unwrap(), maker),
        32 | 33 => with_column(pair, maker, &name, |pair, maker, column| {
            collate(pair.b.tables.get_mut(&name).unwrap(), maker, column);
        }),
        34..=36 => compute(pair.b.tables.get_mut(&name).unwrap(), maker),
        37 | 38 => change_objects(pair, maker),
        39 | 40 if pair.backend == DbBackend::Sqlite => {
            pair.b.tables.get_mut(&name).unwrap().options = maker.options();
        }
        _ => change_enum(pair, maker),
    }
}

fn redefault(pair: &mut Pair, maker: &mut Maker, name: &TableName, column: &Column) {
    let default = maker.default(&column.kind, &pair.b);
    let found = pair.b.tables.get_mut(name).unwrap().find_mut(&column.name).unwrap();
    found.default = default.filter(|_| maker.random.percent(70));
}

fn collate(table: &mut Table, maker: &mut Maker, column: &Column) {
    let collation = maker.collation(&column.kind).filter(|_| maker.random.percent(70));
    table.find_mut(&column.name).unwrap().collation = collation;
}

fn with_column(
    pair: &mut Pair,
    maker: &mut Maker,
    table: &TableName,
    change: impl FnOnce(&mut Pair, &mut Maker, &Column),
) {
    let columns = pair.b.tables[table].columns.clone();
    if let Some(column) = maker.random.pick(&columns) {
        change(pair, maker, column);
    }
}

fn rename_table(pair: &mut Pair, maker: &mut Maker, name: &TableName) {
    let told = maker.random.percent(80);
    let same = |new: &str| new.to_lowercase() == name.name.to_lowercase();
    let flipped = name.name.chars().map(|letter| match letter.is_ascii_lowercase() {
        true => letter.to_ascii_uppercase(),
        false => letter.to_ascii_lowercase(),
    });
    let flipped: String = flipped.collect();
    let to = match maker.random.percent(10) && told && same(&flipped) && flipped != name.name {
        true => flipped,
        false => maker.names.fresh(&mut maker.random),
    };
    pair.rename_table(name, TableName::from(to), told);
    if maker.random.percent(10) {
        // Another table may take the name that is free now.
        let mut table = maker.table(&pair.b);
        table.name = name.clone();
        let folded = |table: &TableName| table.name.to_lowercase() == name.name.to_lowercase();
        if !pair.b.tables.keys().any(folded) {
            pair.b.insert(table);
        }
    }
}

fn add_column(pair: &mut Pair, maker: &mut Maker, name: &TableName) {
    let mut column = maker.column(&mut Names::default(), &pair.b);
    let table = pair.b.tables.get_mut(name).unwrap();
    column.name = maker.column_name(table);
    if maker.random.percent(15)
        && let Some((kind, text, stored)) =
            expressions::generated(&mut maker.random, table, maker.backend)
    {
        column = Column::new(&column.name, kind).nullable().generated(text, stored);
    }
    table.columns.push(column);
}

fn drop_column(table: &mut Table, column: &str) {
    let written = table.columns.iter().filter(|found| found.generated.is_none()).count();
    let computed = table.find(column).is_some_and(|found| found.generated.is_some());
    if written == 1 && !computed {
        return;
    }
    drop_expressions(table, column);
    table.columns.retain(|found| found.name != column);
    let has = |columns: &[String]| columns.iter().any(|name| name == column);
    table.foreign_keys.retain(|key| !has(&key.columns));
}

/// Changes the type of a column, and of all that keys bind to it.
fn retype(pair: &mut Pair, maker: &mut Maker, name: &TableName, column: &Column) {
    let enums: Vec<String> = pair.b.enums.keys().cloned().collect();
    let mut kind = super::kinds::any(&mut maker.random, pair.backend, &enums);
    for _ in 0..20 {
        if is_castable(&column.kind, &kind) && kind != column.kind {
            break;
        }
        kind = super::kinds::any(&mut maker.random, pair.backend, &enums);
    }
    if !is_castable(&column.kind, &kind) {
        return;
    }
    let same_class = class(&kind) == class(&column.kind);
    for (table, linked) in pair.linked(name, &column.name) {
        let default = maker.default(&kind, &pair.b).filter(|_| maker.random.percent(50));
        let keep = same_class && maker.random.percent(50);
        let table = pair.b.tables.get_mut(&table).unwrap();
        if !same_class || class(&kind) == Class::Enum {
            drop_expressions(table, &linked);
        }
        let Some(found) = table.find_mut(&linked) else { continue };
        if found.generated.is_some() {
            continue;
        }
        found.kind = kind.clone();
        if !keep || class(&kind) == Class::Enum {
            found.default = default;
        }
    }
}

fn change_key(table: &mut Table, maker: &mut Maker) {
    let all: Vec<String> = table
        .columns
        .iter()
        .filter(|column| column.generated.is_none())
        .map(|column| column.name.clone())
        .collect();
    match (&mut table.primary_key, maker.random.below(3)) {
        (Some(_), 0) => table.primary_key = None,
        (Some(key), 1) => key.columns.reverse(),
        _ => {
            let columns = maker.random.some(&all, 2);
            let name = maker.random.percent(20).then(|| maker.names.fresh_part(&mut maker.random));
            table.primary_key =
                Some(sea_revise::schema::PrimaryKey { name, columns, clause: String::new() });
        }
    }
}

/// Adds, drops or replaces a constraint or an index.
fn change_part(pair: &mut Pair, maker: &mut Maker, name: &TableName) {
    let schema = pair.b.clone();
    let table = pair.b.tables.get_mut(name).unwrap();
    let some = |maker: &mut Maker, length: usize| (length > 0).then(|| maker.random.below(length));
    match maker.random.below(11) {
        0 => maker.add_unique(table),
        1 => maker.add_check(table, &schema),
        2 => maker.add_index(table, &schema),
        3 => drop(some(maker, table.uniques.len()).map(|place| table.uniques.remove(place))),
        4 => drop(some(maker, table.checks.len()).map(|place| table.checks.remove(place))),
        5 => drop(some(maker, table.indexes.len()).map(|place| table.indexes.remove(place))),
        6 => {
            drop(
                some(maker, table.foreign_keys.len()).map(|place| table.foreign_keys.remove(place)),
            );
        }
        7 => {
            // The same name, built otherwise.
            if let Some(place) = some(maker, table.indexes.len()) {
                let name = table.indexes[place].name.clone();
                table.indexes[place] = maker.index(table, &schema, name);
            }
        }
        8 => {
            if let Some(place) = some(maker, table.indexes.len()) {
                table.indexes[place].name = maker.names.fresh_part(&mut maker.random);
            }
        }
        9 => {
            if let Some(place) = some(maker, table.checks.len()) {
                let name = table.checks.remove(place).name;
                maker.add_check(table, &schema);
                if let Some(last) = table.checks.last_mut() {
                    last.name = name;
                }
            }
        }
        _ => {
            if let Some(place) = some(maker, table.foreign_keys.len()) {
                let key = &mut table.foreign_keys[place];
                (key.on_delete, key.on_update) =
                    (key.on_update, sea_revise::schema::Action::Cascade);
            }
        }
    }
}

/// Lets a column be computed, or otherwise, or no longer.
fn compute(table: &mut Table, maker: &mut Maker) {
    let made: Vec<String> = table
        .columns
        .iter()
        .filter(|column| column.generated.is_some())
        .map(|column| column.name.clone())
        .collect();
    let Some(name) = maker.random.pick(&made).cloned() else {
        return compute_plain(table, maker);
    };
    let other = expressions::generated(&mut maker.random, table, maker.backend);
    let (choice, sqlite) = (maker.random.below(4), maker.backend == DbBackend::Sqlite);
    let Some(column) = table.find_mut(&name) else { return };
    match (choice, other, &mut column.generated) {
        (0, _, made) => *made = None,
        (1, _, Some(made)) if sqlite => made.stored = !made.stored,
        (_, Some((kind, expression, _)), Some(made)) if kind == column.kind => {
            made.expression = expression;
        }
        _ => {}
    }
}

/// Lets a column be computed that was written before.
fn compute_plain(table: &mut Table, maker: &mut Maker) {
    let Some((kind, expression, stored)) =
        expressions::generated(&mut maker.random, table, maker.backend)
    else {
        return;
    };
    let used = expressions::names_in(&expression);
    let fit = |column: &&mut Column| column.kind == kind && !used.contains(&column.name);
    let Some(column) = table.columns.iter_mut().find(fit) else { return };
    column.generated = Some(sea_revise::schema::Generated { expression, stored });
}

/// Adds a trigger or a view, drops one, or builds it otherwise. Guests stay as they are.
fn change_objects(pair: &mut Pair, maker: &mut Maker) {
    if pair.guests {
        return;
    }
    let objects = &mut pair.objects.1;
    let place = maker.random.below(objects.len().max(1));
    match (maker.random.below(4), maker.object(&pair.b)) {
        (0, _) if !objects.is_empty() => drop(objects.remove(place)),
        (1 | 2, Some(other)) if !objects.is_empty() => {
            let name = objects[place].name.clone();
            objects[place] = Object { name, ..other };
        }
        (_, Some(new)) => objects.push(new),
        _ => {}
    }
}

fn comment(table: &mut Table, maker: &mut Maker) {
    if maker.backend == DbBackend::Sqlite {
        return;
    }
    let text = maker.comment().filter(|_| maker.random.percent(60));
    if maker.random.percent(50) {
        table.comment = text;
    } else if !table.columns.is_empty() {
        let place = maker.random.below(table.columns.len());
        table.columns[place].comment = text;
    }
}

fn change_enum(pair: &mut Pair, maker: &mut Maker) {
    let names: Vec<String> = pair.b.enums.keys().cloned().collect();
    let Some(name) = maker.random.pick(&names).cloned() else {
        let (name, values) = (maker.enum_name(), maker.enum_values());
        pair.b.enums.insert(name, values);
        return;
    };
    let used = |value: &String| is_used(pair, value);
    let mut values = values_of(&pair.b, &sea_revise::schema::Type::enumeration(&name));
    match maker.random.below(7) {
        5 | 6 => return rename_enum(pair, maker, &name),
        0 | 1 => {
            let all = ["later", "c", "x'y", "Ω"];
            let new = (*maker.random.pick(&all).unwrap()).to_owned();
            let place = maker.random.below(values.len() + 1);
            if !values.contains(&new) {
                values.insert(place, new);
            }
        }
        2 if values.len() > 1 => {
            let place = maker.random.below(values.len());
            if !used(&values[place]) {
                values.remove(place);
            }
        }
        3 => values.reverse(),
        4 if maker.random.percent(30) => {
            pair.b.enums.remove(&name);
            return;
        }
        _ => {}
    }
    pair.b.enums.insert(name, values);
}

/// Gives an enum type another name, and its columns the other type. The engine knows no such rename: it creates the
/// one and drops the other.
fn rename_enum(pair: &mut Pair, maker: &mut Maker, from: &str) {
    let to = maker.enum_name();
    let values = pair.b.enums.remove(from).unwrap();
    pair.b.enums.insert(to.clone(), values);
    let columns = pair.b.tables.values_mut().flat_map(|table| &mut table.columns);
    for column in columns {
        let kind = match &mut column.kind {
            Type::Array(element) => element,
            kind => kind,
        };
        if *kind == Type::enumeration(from) {
            *kind = Type::enumeration(&to);
        }
    }
}

/// Whether a default or an expression names a value of an enum.
fn is_used(pair: &Pair, value: &str) -> bool {
    let literal = sea_revise::schema::quote_text(value);
    pair.b.tables.values().any(|table| {
        let mut table = table.clone();
        let defaults: Vec<String> = table
            .columns
            .iter()
            .filter_map(|column| column.default.as_ref().map(|default| default.to_sql()))
            .collect();
        let texts = expressions::of_table(&mut table);
        texts.into_iter().map(|text| &*text).chain(&defaults).any(|text| text.contains(&literal))
    })
}
