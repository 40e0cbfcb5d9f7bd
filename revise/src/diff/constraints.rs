//! Primary key, uniques, checks and indexes of a table that stayed.

use std::collections::BTreeSet;

use sea_orm::DbBackend;

use super::{ByHand, Work, columns, disturbed::Disturbed, order::Phase};
use crate::{
    operation::{
        Operation,
        manifest::{self, Stated},
    },
    schema::{Index, Table, TableName, Unique, expression::equivalent, names},
};

/// Compares the constraints and indexes of a table. Columns that lose a key are added to `disturbed`.
pub fn compare(work: &mut Work<'_>, before: &Table, after: &Table, disturbed: &mut Disturbed) {
    primary_key(work, before, after, disturbed);
    uniques(work, before, after, disturbed);
    indexes(work, before, after, disturbed);
    checks(work, before, after);
    if work.whole() && before.options != after.options {
        let (table, options) = (after.name.clone(), after.options.clone());
        let operation = Operation::SetOptions { table, options, before: before.options.clone() };
        work.phases.push(Phase::AddConstraints, operation);
    }
}

fn primary_key(work: &mut Work<'_>, before: &Table, after: &Table, disturbed: &mut Disturbed) {
    let whole = work.whole();
    let says = |table: &Table| {
        let key = table.primary_key.as_ref();
        key.map(|key| (key.columns.clone(), stated(&key.clause, whole)))
    };
    if says(before) == says(after) {
        return;
    }
    let table = after.name.clone();
    if let Some(before) = &before.primary_key {
        disturbed.unique(&table, before.columns.iter().map(String::as_str));
        let before = names::unnamed_primary_key(&table, before);
        let operation = Operation::DropPrimaryKey { table: table.clone(), before: Some(before) };
        work.phases.push(Phase::DropConstraints, operation);
    }
    if let Some(key) = &after.primary_key {
        let key = names::unnamed_primary_key(&table, key);
        for column in key.columns.iter().filter_map(|name| after.find(name)) {
            if column.nullable {
                let name = (table.clone(), column.name.clone());
                columns::alter_null(work, Phase::AddIdentities, name, true);
            }
            let stays =
                before.find(&column.name).is_some_and(|old| old.identity == column.identity);
            if stays && work.options.backend == DbBackend::Sqlite {
                columns::number(work, after, column);
            }
        }
        work.phases.push(Phase::AddConstraints, Operation::AddPrimaryKey { table, key });
    }
}

/// The clause of a key, where it counts; an entity cannot state it.
fn stated(clause: &str, whole: bool) -> String {
    if whole { clause.to_owned() } else { String::new() }
}

/// A unique constraint and a plain unique index say the same, so one stands for the other.
fn uniques(work: &mut Work<'_>, before: &Table, after: &Table, disturbed: &mut Disturbed) {
    let whole = work.whole();
    let (had, wanted) = (unique_columns(before, whole), unique_columns(after, whole));
    let says = |unique: &Unique| (unique.columns.clone(), stated(&unique.clause, whole));
    for unique in &after.uniques {
        if !had.contains(&says(unique)) {
            let (table, unique) = (after.name.clone(), names::unnamed_unique(&after.name, unique));
            work.phases.push(Phase::AddConstraints, Operation::AddUnique { table, unique });
        }
    }
    for unique in &before.uniques {
        if !wanted.contains(&says(unique)) {
            let (table, columns) = (before.name.clone(), unique.columns.clone());
            disturbed.unique(&table, columns.iter().map(String::as_str));
            let before = Some(names::unnamed_unique(&table, unique));
            let operation = Operation::DropUnique { table, columns, before };
            work.phases.push(Phase::DropConstraints, operation);
        }
    }
}

/// What is unique, with its clause.
fn unique_columns(table: &Table, whole: bool) -> BTreeSet<(Vec<String>, String)> {
    let constraints = table.uniques.iter();
    let constraints =
        constraints.map(|unique| (unique.columns.clone(), stated(&unique.clause, whole)));
    let indexes = table.indexes.iter().filter(|index| index.unique && index.is_plain());
    constraints.chain(indexes.map(|index| (column_names(index), String::new()))).collect()
}

fn indexes(work: &mut Work<'_>, before: &Table, after: &Table, disturbed: &mut Disturbed) {
    let table = &after.name;
    let whole = work.whole();
    let (had, wanted) = (unique_columns(before, whole), unique_columns(after, whole));
    let plain = |index: &Index| (column_names(index), String::new());
    let mut left: Vec<&Index> = before.indexes.iter().collect();
    let mut missing: Vec<&Index> = Vec::new();
    for index in &after.indexes {
        let named = left.iter().position(|old| old.name == index.name);
        match named.and_then(|place| left.get(place).map(|old| (place, old.means(index)))) {
            Some((place, true)) => drop(left.remove(place)),
            _ => missing.push(index),
        }
    }
    missing.retain(|index| !is_invalid(work, table, &mut left, index));
    for index in missing {
        let covers = |old: &&Index| {
            old.means(index) && !after.indexes.iter().any(|other| other.name == old.name)
        };
        if let Some(place) = left.iter().position(covers) {
            rename_index(work, table, left.remove(place), index);
        } else if !(index.unique && index.is_plain() && had.contains(&plain(index))) {
            let (table, index) = (table.clone(), index.clone());
            let operation = Operation::CreateIndex { table, index, concurrently: false };
            work.phases.push(Phase::AddConstraints, operation);
        }
    }
    for index in left {
        let replaced = after.indexes.iter().any(|other| other.name == index.name);
        let stands_for_constraint =
            index.unique && index.is_plain() && wanted.contains(&plain(index));
        let on_dropped = index.column_names().any(|column| after.find(column).is_none());
        if stands_for_constraint && !replaced {
            continue;
        }
        let is_dropped = replaced || on_dropped || by_convention(work, table, index);
        if !is_dropped && !owns(work, table, index) {
            let kind = if index.unique { "unique index" } else { "index" };
            work.found.unmanaged.push(format!("{kind} {} on {table}", index.name));
            continue;
        }
        if index.unique {
            disturbed.unique(table, index.column_names());
        }
        let (table, before) = (table.clone(), Some(Box::new(index.clone())));
        let operation = Operation::DropIndex { table, index: index.name.clone(), before };
        work.phases.push(Phase::DropConstraints, operation);
    }
}

/// Whether PostgreSQL failed to build an index, which no operation makes.
fn is_invalid(
    work: &mut Work<'_>,
    table: &TableName,
    left: &mut Vec<&Index>,
    index: &Index,
) -> bool {
    if !index.invalid {
        return false;
    }
    let place = left.iter().position(|old| old.name == index.name);
    let before = place.map(|place| left.remove(place));
    let text = |index: &Index| index.written.0.clone().unwrap_or_else(|| index.name.clone());
    work.found.by_hand.push(ByHand {
        name: format!("index {} of table {table}", index.name),
        before: before.map(text),
        after: Some(format!("{} (invalid)", text(index))),
    });
    true
}

fn rename_index(work: &mut Work<'_>, table: &TableName, before: &Index, after: &Index) {
    if work.options.strict_names {
        let (from, to) = (before.name.clone(), after.name.clone());
        let operation = Operation::RenameIndex { table: table.clone(), from, to };
        work.phases.push(Phase::AddConstraints, operation);
    }
}

pub(super) fn column_names(index: &Index) -> Vec<String> {
    index.column_names().map(str::to_owned).collect()
}

/// Whether a plan created an index, or the unique constraint that it stands for.
fn owns(work: &Work<'_>, table: &TableName, index: &Index) -> bool {
    let columns = manifest::set(&column_names(index));
    let unique = index.unique && index.is_plain();
    work.owns(table, Stated::Index(index.name.clone()))
        || (unique && work.owns(table, Stated::Unique(columns)))
}

/// Whether the name is one that SeaORM, or the database for a constraint, gives. Beside a history that counts for nothing.
fn by_convention(work: &Work<'_>, table: &TableName, index: &Index) -> bool {
    let constraint = names::automatic(&table.name, &column_names(index).join("_"), "key");
    !work.is_silent()
        && index.is_plain()
        && (index.name.starts_with(&format!("idx-{}-", table.name))
            || (index.unique && index.name == constraint))
}

fn checks(work: &mut Work<'_>, before: &Table, after: &Table) {
    let table = &after.name;
    let has = |table: &Table, expression: &str| {
        table.checks.iter().any(|check| equivalent(&check.expression, expression))
    };
    for check in after.checks.iter().filter(|check| !has(before, &check.expression)) {
        let mut check = check.clone();
        check.name = check.name.take().filter(|name| !names::is_automatic_check(table, name));
        let table = table.clone();
        work.phases.push(Phase::AddConstraints, Operation::AddCheck { table, check });
    }
    for check in before.checks.iter().filter(|check| !has(after, &check.expression)) {
        let named = check.name.clone().map(Stated::NamedCheck);
        let owned = work.owns(table, Stated::Check(check.expression.clone()))
            || named.is_some_and(|named| work.owns(table, named));
        if owned {
            let (table, check) = (table.clone(), check.clone());
            work.phases.push(Phase::DropConstraints, Operation::DropCheck { table, check });
        } else {
            let name = check.name.as_deref().unwrap_or(&check.expression);
            work.found.unmanaged.push(format!("check {name} on {table}"));
        }
    }
}
