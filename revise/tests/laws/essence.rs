//! What of a schema has to be equal: everything but names that mean nothing, and the order of columns.

use super::expressions;
use sea_orm::DbBackend;
use sea_revise::{
    operation::Operation,
    schema::{Column, Identity, Schema, Table, TableName, Type, Unique},
};

/// The schema without what never is a difference.
pub fn essence(schema: &Schema, backend: DbBackend) -> Schema {
    let mut schema = schema.clone();
    for table in schema.tables.values_mut() {
        table.columns.sort_by(|one, other| one.name.cmp(&other.name));
        table.columns.iter_mut().for_each(|column| plain(column, backend));
        constraints(table);
        expressions::of_table(table).into_iter().for_each(|text| *text = unquoted(text));
        table.triggers.iter_mut().for_each(|trigger| trigger.sql = without_marks(&trigger.sql));
        table.sort();
    }
    schema.views.values_mut().for_each(|view| view.sql = without_marks(&view.sql));
    schema
}

/// The text of a trigger or a view without quotes of names, and the spaces of one line.
fn without_marks(sql: &str) -> String {
    sql.replace('"', "").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An expression without the quotes that a database may leave out.
fn unquoted(expression: &str) -> String {
    let simple = |name: &str| {
        let mut letters = name.bytes();
        letters.next().is_some_and(|first| first.is_ascii_lowercase())
            && letters
                .all(|next| next.is_ascii_lowercase() || next.is_ascii_digit() || next == b'_')
    };
    let names = expressions::names_in(expression).into_iter().filter(|name| simple(name));
    names.fold(expression.to_owned(), |text, name| text.replace(&format!("\"{name}\""), &name))
}

fn plain(column: &mut Column, backend: DbBackend) {
    column.kind = Type::other(column.kind.sql(backend));
    column.declared = false;
    if column.identity == Identity::Rowid {
        column.identity = Identity::None;
    }
}

fn constraints(table: &mut Table) {
    table.primary_key.iter_mut().for_each(|key| key.name = None);
    table.foreign_keys.iter_mut().for_each(|key| key.name = None);
    table.checks.iter_mut().for_each(|check| check.name = None);
    table.checks.sort();
    table.checks.dedup();
    table.uniques.iter_mut().for_each(|unique| unique.name = None);
    // A unique index says what a unique constraint says.
    let (same, others): (Vec<_>, Vec<_>) = std::mem::take(&mut table.indexes)
        .into_iter()
        .partition(|index| index.unique && index.is_plain());
    table.indexes = others;
    table.uniques.extend(same.into_iter().map(|index| Unique {
        columns: index.column_names().map(str::to_owned).collect(),
        name: None,
        clause: String::new(),
    }));
    table.uniques.sort();
    table.uniques.dedup();
    table.indexes.iter_mut().for_each(|index| index.name = String::new());
    table.indexes.sort_by_key(|index| format!("{index:?}"));
    table.indexes.dedup();
}

/// The schema that a way back leads to: a column that was dropped comes back taking NULL, where it would need a value.
pub fn come_back(before: &Schema, up: &[Operation]) -> Schema {
    let mut found = before.clone();
    for (place, operation) in up.iter().enumerate() {
        let Operation::DropColumn { table, column, .. } = operation else { continue };
        let earlier = up.get(..place).unwrap_or_default();
        let (table, column) = old_names(table, column, earlier);
        let Some(table) = found.tables.get_mut(&table) else { continue };
        let key = table.is_key(&column);
        let Some(column) = table.find_mut(&column) else { continue };
        let empty =
            column.default.is_none() && column.identity.is_none() && column.generated.is_none();
        column.nullable |= empty && !key;
    }
    found
}

/// What a column was called before the operations.
fn old_names(table: &TableName, column: &str, operations: &[Operation]) -> (TableName, String) {
    let (mut table, mut column) = (table.clone(), column.to_owned());
    for operation in operations.iter().rev() {
        match operation {
            Operation::RenameTable { from, to } if *to == table => table.clone_from(from),
            Operation::RenameColumn { table: of, from, to } if *of == table && *to == column => {
                column.clone_from(from);
            }
            _ => {}
        }
    }
    (table, column)
}

/// The parts in which two schemas differ, as text; nothing where they do not.
pub fn difference(found: &Schema, expected: &Schema) -> Option<String> {
    if found == expected {
        return None;
    }
    let mut text = String::new();
    let names = found.tables.keys().chain(expected.tables.keys());
    for name in names.collect::<std::collections::BTreeSet<_>>() {
        let (one, other) = (found.tables.get(name), expected.tables.get(name));
        if one == other {
            continue;
        }
        let lines = |table: Option<&Table>| -> Vec<String> {
            format!("{table:#?}").lines().map(str::to_owned).collect()
        };
        let (one, other) = (lines(one), lines(other));
        let count = |lines: &[String], line: &String| lines.iter().filter(|l| *l == line).count();
        let only = |lines: &[String], others: &[String]| -> String {
            let only = lines.iter().filter(|line| count(lines, line) > count(others, line));
            only.map(|line| line.trim()).collect::<Vec<_>>().join(" ")
        };
        text.push_str(&format!(
            "table {name}\n  found: {}\n  expected: {}\n",
            only(&one, &other),
            only(&other, &one)
        ));
    }
    if found.enums != expected.enums {
        text.push_str(&format!(
            "enums\n  found: {:?}\n  expected: {:?}\n",
            found.enums, expected.enums
        ));
    }
    if text.is_empty() {
        text = format!(
            "found: {:?} {:?}\nexpected: {:?} {:?}",
            found.views, found.unmanaged, expected.views, expected.unmanaged
        );
    }
    Some(text)
}
