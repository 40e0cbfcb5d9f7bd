//! Primary key, uniques, checks and indexes of a table that stayed.

use std::collections::BTreeSet;

use super::{ColumnName, Work, order::Phase};
use crate::{
    expression::alike,
    key::{ForeignKey, Index, PrimaryKey, Unique},
    operation::Operation,
    postgres::automatic_name,
    schema::TableName,
    table::Table,
};

/// Compares the constraints and indexes of a table. Columns that lose a key are added to `disturbed`.
pub fn compare(
    work: &mut Work<'_>,
    before: &Table,
    after: &Table,
    disturbed: &mut BTreeSet<ColumnName>,
) {
    primary_key(work, before, after, disturbed);
    uniques(work, before, after, disturbed);
    indexes(work, before, after, disturbed);
    checks(work, before, after);
    if work.whole() && before.options != after.options {
        work.found.notes.push(format!(
            "table `{}` has the options `{}` and should have `{}`, which only a new table can change",
            after.name,
            before.options.join(", "),
            after.options.join(", ")
        ));
    }
}

fn primary_key(
    work: &mut Work<'_>,
    before: &Table,
    after: &Table,
    disturbed: &mut BTreeSet<ColumnName>,
) {
    // What an entity cannot say counts only where everything does.
    let extra = |key: &PrimaryKey| if work.whole() { key.extra.clone() } else { String::new() };
    let meaning =
        |table: &Table| table.primary_key.as_ref().map(|key| (key.columns.clone(), extra(key)));
    if meaning(before) == meaning(after) {
        return;
    }
    let table = after.name.clone();
    if let Some(was) = &before.primary_key {
        disturbed.extend(was.columns.iter().map(|column| (table.clone(), column.clone())));
        let was = unnamed_primary_key(&table, was);
        let operation = Operation::DropPrimaryKey { table: table.clone(), was: Some(was) };
        work.phases.push(Phase::DropConstraints, operation);
    }
    if let Some(key) = &after.primary_key {
        let key = unnamed_primary_key(&table, key);
        work.phases.push(Phase::AddConstraints, Operation::AddPrimaryKey { table, key });
    }
}

/// A unique constraint and a plain unique index say the same, so one stands for the other.
fn uniques(
    work: &mut Work<'_>,
    before: &Table,
    after: &Table,
    disturbed: &mut BTreeSet<ColumnName>,
) {
    let (had, wanted) = (unique_columns(before), unique_columns(after));
    let whole = work.whole();
    // What an entity cannot say counts only where everything does.
    let has = |table: &Table, all: &BTreeSet<Vec<String>>, unique: &Unique| {
        let mut alike =
            table.uniques.iter().filter(|other| other.columns == unique.columns).peekable();
        match whole && alike.peek().is_some() {
            true => alike.any(|other| other.extra == unique.extra),
            false => all.contains(&unique.columns),
        }
    };
    for unique in after.uniques.iter().filter(|unique| !has(before, &had, unique)) {
        let (table, unique) = (after.name.clone(), unnamed_unique(&after.name, unique));
        work.phases.push(Phase::AddConstraints, Operation::AddUnique { table, unique });
    }
    for unique in before.uniques.iter().filter(|unique| !has(after, &wanted, unique)) {
        let (table, columns) = (before.name.clone(), unique.columns.clone());
        disturbed.extend(columns.iter().map(|column| (table.clone(), column.clone())));
        let was = Some(unnamed_unique(&table, unique));
        let operation = Operation::DropUnique { table, columns, was };
        work.phases.push(Phase::DropConstraints, operation);
    }
}

fn unique_columns(table: &Table) -> BTreeSet<Vec<String>> {
    let constraints = table.uniques.iter().map(|unique| unique.columns.clone());
    let indexes = table.indexes.iter().filter(|index| index.unique && index.is_plain());
    constraints
        .chain(indexes.map(|index| index.column_names().map(str::to_owned).collect()))
        .collect()
}

fn indexes(
    work: &mut Work<'_>,
    before: &Table,
    after: &Table,
    disturbed: &mut BTreeSet<ColumnName>,
) {
    let table = &after.name;
    let (had, wanted) = (unique_columns(before), unique_columns(after));
    let mut left: Vec<&Index> = before.indexes.iter().collect();
    let mut missing: Vec<&Index> = Vec::new();
    for index in &after.indexes {
        let named = left.iter().position(|old| old.name == index.name);
        match named.and_then(|place| left.get(place).map(|old| (place, old.means(index)))) {
            Some((place, true)) => drop(left.remove(place)),
            _ => missing.push(index),
        }
    }
    for index in missing {
        let covers = |old: &&Index| {
            old.means(index) && !after.indexes.iter().any(|other| other.name == old.name)
        };
        if let Some(place) = left.iter().position(covers) {
            rename_index(work, table, left.remove(place), index);
        } else if !(index.unique && index.is_plain() && had.contains(&names(index))) {
            let (table, index) = (table.clone(), index.clone());
            let operation = Operation::CreateIndex { table, index, concurrently: false };
            work.phases.push(Phase::AddConstraints, operation);
        }
    }
    for index in left {
        let replaced = after.indexes.iter().any(|other| other.name == index.name);
        let stands_for_constraint =
            index.unique && index.is_plain() && wanted.contains(&names(index));
        let on_dropped = index.column_names().any(|column| after.find(column).is_none());
        if stands_for_constraint && !replaced {
            continue;
        }
        if !replaced
            && !on_dropped
            && !by_convention(table, index)
            && !work.owns(table, &index.name)
        {
            let kind = if index.unique { "unique index" } else { "index" };
            work.found.unmanaged.push(format!("{kind} {} on {table}", index.name));
            continue;
        }
        if index.unique {
            disturbed.extend(names(index).into_iter().map(|column| (table.clone(), column)));
        }
        let (table, was) = (table.clone(), Some(Box::new(index.clone())));
        let operation = Operation::DropIndex { table, index: index.name.clone(), was };
        work.phases.push(Phase::DropConstraints, operation);
    }
}

fn rename_index(work: &mut Work<'_>, table: &TableName, before: &Index, after: &Index) {
    if work.options.strict_names {
        let (from, to) = (before.name.clone(), after.name.clone());
        let operation = Operation::RenameIndex { table: table.clone(), from, to };
        work.phases.push(Phase::AddConstraints, operation);
    }
}

fn names(index: &Index) -> Vec<String> {
    index.column_names().map(str::to_owned).collect()
}

/// Whether the name is one that SeaORM, or the database for a constraint, gives.
fn by_convention(table: &TableName, index: &Index) -> bool {
    let constraint = automatic_name(&table.name, &names(index).join("_"), "key");
    index.is_plain()
        && (index.name.starts_with(&format!("idx-{}-", table.name))
            || (index.unique && index.name == constraint))
}

fn checks(work: &mut Work<'_>, before: &Table, after: &Table) {
    let table = &after.name;
    let has = |table: &Table, expression: &str| {
        table.checks.iter().any(|check| alike(&check.expression, expression))
    };
    for check in after.checks.iter().filter(|check| !has(before, &check.expression)) {
        let mut check = check.clone();
        check.name = check.name.take().filter(|name| !is_automatic_check(table, name));
        let table = table.clone();
        work.phases.push(Phase::AddConstraints, Operation::AddCheck { table, check });
    }
    for check in before.checks.iter().filter(|check| !has(after, &check.expression)) {
        let owned = work.owns(table, &check.expression)
            || check.name.as_ref().is_some_and(|name| work.owns(table, name));
        if owned {
            let (table, check) = (table.clone(), check.clone());
            work.phases.push(Phase::DropConstraints, Operation::DropCheck { table, check });
        } else {
            let name = check.name.as_deref().unwrap_or(&check.expression);
            work.found.unmanaged.push(format!("check {name} on {table}"));
        }
    }
}

/// Takes away the names that PostgreSQL gives by itself: written down they would only be noise.
pub fn without_automatic_names(table: &mut Table) {
    let name = table.name.clone();
    table.primary_key = table.primary_key.take().map(|key| unnamed_primary_key(&name, &key));
    for unique in &mut table.uniques {
        *unique = unnamed_unique(&name, unique);
    }
    for key in &mut table.foreign_keys {
        *key = unnamed_key(&name, key);
    }
    for check in &mut table.checks {
        check.name = check.name.take().filter(|given| !is_automatic_check(&name, given));
    }
}

fn unnamed_primary_key(table: &TableName, key: &PrimaryKey) -> PrimaryKey {
    let automatic = automatic_name(&table.name, "", "pkey");
    PrimaryKey { name: key.name.clone().filter(|name| *name != automatic), ..key.clone() }
}

fn unnamed_unique(table: &TableName, unique: &Unique) -> Unique {
    let automatic = automatic_name(&table.name, &unique.columns.join("_"), "key");
    Unique { name: unique.name.clone().filter(|name| *name != automatic), ..unique.clone() }
}

/// A foreign key without its name, where that is the one that PostgreSQL gives.
pub fn unnamed_key(table: &TableName, key: &ForeignKey) -> ForeignKey {
    let automatic = automatic_name(&table.name, &key.columns.join("_"), "fkey");
    ForeignKey { name: key.name.clone().filter(|name| *name != automatic), ..key.clone() }
}

fn is_automatic_check(table: &TableName, name: &str) -> bool {
    let behind = name.strip_prefix(table.name.as_str()).and_then(|rest| rest.strip_prefix('_'));
    behind.is_some_and(|rest| rest == "check" || rest.contains("_check"))
}
