//! Tables that came, went or stayed.

use std::collections::BTreeSet;

use super::{
    Work, circles, columns,
    constraints::{self, column_names},
    disturbed::Disturbed,
    enums,
    order::{self, Phase},
};
use crate::{
    operation::{DefinitionKind, Operation, first_name},
    postgres,
    schema::{ForeignKey, SqlDefinition, Table, TableName, names, views},
};

/// Compares tables, and views where everything counts.
pub fn compare(work: &mut Work<'_>) {
    let after = work.after;
    let stayed: Vec<(Table, &Table)> = after
        .tables
        .values()
        .filter_map(|table| Some((work.before.tables.get(&table.name)?.clone(), table)))
        .collect();
    let mut disturbed = Disturbed::default();
    for (before, after) in &stayed {
        let mut left = before.clone();
        columns::compare(work, &mut left, after, &mut disturbed);
        constraints::compare(work, &left, after, &mut disturbed);
        triggers(work, before, after);
    }
    create_tables(work, &disturbed);
    foreign_keys(work, &stayed, &disturbed);
    drop_tables(work, &disturbed);
    if work.whole() {
        views(work);
    }
}

fn create_tables(work: &mut Work<'_>, disturbed: &Disturbed) {
    let after = work.after;
    let added = after.tables.values().filter(|table| !work.before.tables.contains_key(&table.name));
    for (mut table, mut later) in order::parents_first(added.collect()) {
        names::without_automatic_names(&mut table);
        let name = table.name.clone();
        let triggers = std::mem::take(&mut table.triggers);
        create_objects(work, DefinitionKind::Trigger, &name, (&[], &triggers));
        let (now, waiting) = std::mem::take(&mut table.foreign_keys)
            .into_iter()
            .partition(|key| is_ready(work, key, disturbed));
        table.foreign_keys = now;
        later.extend::<Vec<ForeignKey>>(waiting);
        circles::add_later(work, &mut table);
        work.phases.push(Phase::CreateTables, Operation::CreateTable { table });
        for key in later {
            add_key(work, &name, key);
        }
    }
}

/// Whether what a key of a new table points at is there already, and not only when the other tables have changed.
fn is_ready(work: &Work<'_>, key: &ForeignKey, disturbed: &Disturbed) -> bool {
    let Some(parent) = work.before.tables.get(&key.references) else { return true };
    let same = |columns: &[String]| {
        columns.len() == key.referenced.len()
            && key.referenced.iter().all(|name| columns.contains(name))
    };
    let mut keys = parent.primary_key.iter().map(|key| &key.columns);
    let unique = parent.uniques.iter().any(|unique| same(&unique.columns));
    let indexed = parent
        .indexes
        .iter()
        .any(|index| index.unique && index.is_plain() && same(&column_names(index)));
    (key.referenced.is_empty() || unique || indexed || keys.any(|columns| same(columns)))
        && !disturbed.carries(&key.references, key)
}

fn drop_tables(work: &mut Work<'_>, disturbed: &Disturbed) {
    let after = work.after;
    let before = work.before.clone();
    let gone = before.tables.values().filter(|table| !after.tables.contains_key(&table.name));
    let gone: Vec<&Table> = gone.collect();
    let held: BTreeSet<&String> = gone.iter().flat_map(|table| part_names(table)).collect();
    let taken = after.tables.values().flat_map(part_names).any(|name| held.contains(name));
    let mut columns = gone.iter().flat_map(|table| &table.columns);
    let first = taken || columns.any(|column| enums::loses_default(work, column));
    let phase = if first { Phase::DropTablesFirst } else { Phase::DropTables };
    for (mut table, mut later) in order::parents_first(gone).into_iter().rev() {
        let moved = |key: &ForeignKey| disturbed.carries(&table.name, key);
        let (moved, remaining) =
            std::mem::take(&mut table.foreign_keys).into_iter().partition(moved);
        table.foreign_keys = remaining;
        later.extend::<Vec<ForeignKey>>(moved);
        for key in later {
            let (table, columns) = (table.name.clone(), key.columns.clone());
            let before = Some(Box::new(names::unnamed_key(&table, &key)));
            let operation = Operation::DropForeignKey { table, columns, before };
            work.phases.push(Phase::DropForeignKeys, operation);
        }
        circles::drop_first(work, &mut table);
        // What was cut off, to break a circle or because its parent changes, is gone before the table is.
        let before = Some(Box::new(table.clone()));
        work.phases.push(phase, Operation::DropTable { table: table.name, before });
    }
}

/// The names of a table's parts that no two tables may have.
fn part_names(table: &Table) -> impl Iterator<Item = &String> {
    let uniques = table.uniques.iter().filter_map(|unique| unique.name.as_ref());
    let key = table.primary_key.iter().filter_map(|key| key.name.as_ref());
    table.indexes.iter().map(|index| &index.name).chain(uniques).chain(key)
}

/// A key is compared by what it says. One that stays is dropped and added again when what it stands on changes.
fn foreign_keys(work: &mut Work<'_>, stayed: &[(Table, &Table)], disturbed: &Disturbed) {
    let whole = work.whole();
    for (before, after) in stayed {
        let mut wanted: Vec<&ForeignKey> = after.foreign_keys.iter().collect();
        for key in &before.foreign_keys {
            let place = wanted.iter().position(|other| same(key, other, whole));
            let moved = disturbed.carries(&before.name, key);
            match place {
                Some(place) if !moved => drop(wanted.remove(place)),
                _ => {
                    let (table, columns) = (before.name.clone(), key.columns.clone());
                    let before = Some(Box::new(names::unnamed_key(&before.name, key)));
                    let operation = Operation::DropForeignKey { table, columns, before };
                    work.phases.push(Phase::DropForeignKeys, operation);
                }
            }
        }
        for key in wanted {
            add_key(work, &after.name, key.clone());
        }
    }
}

fn add_key(work: &mut Work<'_>, table: &TableName, key: ForeignKey) {
    let key = names::unnamed_key(table, &key);
    let table = table.clone();
    work.phases.push(Phase::AddForeignKeys, Operation::AddForeignKey { table, key });
}

fn same(before: &ForeignKey, after: &ForeignKey, whole: bool) -> bool {
    if whole {
        return before.means(after);
    }
    // An entity cannot say that a key is deferrable, so it does not say that it is not.
    before.means(&ForeignKey { clause: before.clause.clone(), ..after.clone() })
}

fn triggers(work: &mut Work<'_>, before: &Table, after: &Table) {
    if !work.whole() {
        let names = before.triggers.iter().map(|trigger| &trigger.name);
        let listed = names.map(|name| format!("trigger {name} on {}", before.name));
        work.found.unmanaged.extend(listed);
        return;
    }
    let both = (before.triggers.as_slice(), after.triggers.as_slice());
    let first_name = first_name(&before.name, work.phases.operations());
    drop_objects(work, DefinitionKind::Trigger, &first_name, both);
    create_objects(work, DefinitionKind::Trigger, &before.name, both);
}

/// What a view is made of is there before it is made, and still there when it is dropped.
fn views(work: &mut Work<'_>) {
    let (before, after) = (work.before.clone(), work.after);
    let gone = views::in_order(&before, before.views.keys().collect());
    for (name, old) in gone.into_iter().rev() {
        let new: Vec<SqlDefinition> = after.views.get(name).cloned().into_iter().collect();
        drop_objects(work, DefinitionKind::View, name, (std::slice::from_ref(old), &new));
    }
    for (name, new) in views::in_order(after, after.views.keys().collect()) {
        let old: Vec<SqlDefinition> = before.views.get(name).cloned().into_iter().collect();
        create_objects(work, DefinitionKind::View, name, (&old, std::slice::from_ref(new)));
    }
}

fn equivalent(one: &SqlDefinition, other: &SqlDefinition) -> bool {
    let words = |sql: &str| sql.split_whitespace().collect::<Vec<_>>().join(" ");
    one.name == other.name && postgres::are_alike(&words(&one.sql), &words(&other.sql))
}

fn drop_objects(
    work: &mut Work<'_>,
    kind: DefinitionKind,
    table: &TableName,
    (before, after): (&[SqlDefinition], &[SqlDefinition]),
) {
    for object in before.iter().filter(|old| !after.iter().any(|new| equivalent(old, new))) {
        let (table, object) = (table.clone(), object.clone());
        work.phases.push(Phase::DropObjects, Operation::DropObject { kind, table, object });
    }
}

fn create_objects(
    work: &mut Work<'_>,
    kind: DefinitionKind,
    table: &TableName,
    (before, after): (&[SqlDefinition], &[SqlDefinition]),
) {
    for object in after.iter().filter(|new| !before.iter().any(|old| equivalent(old, new))) {
        let (table, object) = (table.clone(), object.clone());
        work.phases.push(Phase::CreateObjects, Operation::CreateObject { kind, table, object });
    }
}
