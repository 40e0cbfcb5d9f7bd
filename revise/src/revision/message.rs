//! What a revision does, in a few words, for when no message is given.

use std::collections::BTreeSet;

use crate::{operation::Operation, schema::TableName};

/// How many names are listed before the rest is only counted.
const LISTED: usize = 3;
const LONGEST: usize = 60;

/// What operations have in common: `add` a, b `to books`.
struct Phrase {
    verb: &'static str,
    names: Vec<String>,
    place: String,
}

/// A message such as `add page_count to books` or `create a, b and 3 more changes`.
#[must_use]
pub fn suggest_message(operations: &[Operation]) -> String {
    let added = added_columns(operations);
    let mut phrases = Vec::<Phrase>::new();
    for operation in operations.iter().filter(|operation| !belongs_to_added(operation, &added)) {
        let (verb, name, place) = describe(operation);
        match phrases.iter_mut().find(|phrase| phrase.verb == verb && phrase.place == place) {
            Some(phrase) if phrase.names.contains(&name) => {}
            Some(phrase) => phrase.names.push(name),
            None => phrases.push(Phrase { verb, names: vec![name], place }),
        }
    }
    let all = |phrase: &Phrase| phrase.names.len() <= LISTED;
    match phrases.as_slice() {
        [] => "revision".to_owned(),
        [only] if all(only) => only.text(LISTED),
        [first, second]
            if all(first)
                && all(second)
                && first.text(LISTED).len() + second.text(LISTED).len() < LONGEST =>
        {
            format!("{} and {}", first.text(LISTED), second.text(LISTED))
        }
        [first, rest @ ..] => {
            let listed = first.names.len().min(LISTED - 1);
            let more = rest.iter().map(|phrase| phrase.names.len()).sum::<usize>()
                + first.names.len()
                - listed;
            let changes = if more == 1 { "change" } else { "changes" };
            format!("{} and {more} more {changes}", first.text(listed))
        }
    }
}

impl Phrase {
    fn text(&self, listed: usize) -> String {
        let names =
            self.names.iter().take(listed).map(String::as_str).collect::<Vec<_>>().join(", ");
        let words = [self.verb, &names, &self.place];
        let words = words.into_iter().filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join(" ")
    }
}

fn added_columns(operations: &[Operation]) -> BTreeSet<(&TableName, &str)> {
    let added = operations.iter().filter_map(|operation| match operation {
        Operation::AddColumn { table, column } => Some((table, column.name.as_str())),
        _ => None,
    });
    added.collect()
}

/// Whether it only finishes a column that the same revision adds: its values, its key, its index.
fn belongs_to_added(operation: &Operation, added: &BTreeSet<(&TableName, &str)>) -> bool {
    let has = |table, column: &str| added.contains(&(table, column));
    match operation {
        Operation::Backfill { table, column, .. }
        | Operation::AlterNull { table, column, .. }
        | Operation::AlterDefault { table, column, .. }
        | Operation::SetComment { table, column: Some(column), .. } => has(table, column),
        Operation::AddUnique { table, unique } => {
            unique.columns.iter().all(|column| has(table, column))
        }
        Operation::AddForeignKey { table, key } => {
            key.columns.iter().all(|column| has(table, column))
        }
        Operation::CreateIndex { table, index, .. } => {
            index.is_plain() && index.columns.iter().all(|column| has(table, &column.name))
        }
        _ => false,
    }
}

/// Verb, what it is done to, and where. One long match without `_`, so that no operation is left out.
#[expect(clippy::too_many_lines, reason = "a table: an arm for each operation")]
fn describe(operation: &Operation) -> (&'static str, String, String) {
    let of = |place: &TableName| format!("of {}", place.name);
    let to = |place: &TableName| format!("to {}", place.name);
    let from = |place: &TableName| format!("from {}", place.name);
    match operation {
        Operation::CreateTable { table } => ("create", table.name.name.clone(), String::new()),
        Operation::DropTable { table, .. } => ("drop", table.name.clone(), String::new()),
        Operation::RenameTable { from, to } => {
            ("rename", format!("{} to {}", from.name, to.name), String::new())
        }
        Operation::AddColumn { table, column } => ("add", column.name.clone(), to(table)),
        Operation::DropColumn { table, column, .. } => ("drop", column.clone(), from(table)),
        Operation::RenameColumn { table, from, to } => {
            ("rename", format!("{from} to {to}"), format!("in {}", table.name))
        }
        Operation::AlterType { table, column, .. }
        | Operation::AlterNull { table, column, .. }
        | Operation::AlterDefault { table, column, .. }
        | Operation::SetIdentity { table, column, .. }
        | Operation::SetGenerated { table, column, .. }
        | Operation::SetCollation { table, column, .. }
        | Operation::SetColumnClause { table, column, .. }
        | Operation::Backfill { table, column, .. } => ("change", column.clone(), of(table)),
        Operation::BackfillInBatches { table, .. } => ("fill", table.name.clone(), String::new()),
        Operation::SetOptions { table, .. } => ("change", table.name.clone(), String::new()),
        Operation::AddPrimaryKey { table, .. } | Operation::DropPrimaryKey { table, .. } => {
            ("change", "primary key".to_owned(), of(table))
        }
        Operation::AddUnique { table, unique } => {
            ("make", format!("{} unique", unique.columns.join("+")), format!("in {}", table.name))
        }
        Operation::DropUnique { table, columns, .. } => {
            ("drop", format!("unique {}", columns.join("+")), from(table))
        }
        Operation::CreateIndex { table, index, .. } => ("add", index.name.clone(), to(table)),
        Operation::DropIndex { table, index, .. } => ("drop", index.clone(), from(table)),
        Operation::RenameIndex { from, to, .. } | Operation::RenameConstraint { from, to, .. } => {
            ("rename", format!("{from} to {to}"), String::new())
        }
        Operation::AddForeignKey { table, key } => {
            ("point", key.columns.join("+"), format!("{} at {}", of(table), key.references.name))
        }
        Operation::DropForeignKey { table, columns, .. } => {
            ("drop", format!("key {}", columns.join("+")), from(table))
        }
        Operation::AddCheck { table, check } => (
            "add",
            format!("check {}", check.name.as_deref().unwrap_or_default()).trim().to_owned(),
            to(table),
        ),
        Operation::DropCheck { table, check } => (
            "drop",
            format!("check {}", check.name.as_deref().unwrap_or_default()).trim().to_owned(),
            from(table),
        ),
        Operation::SetComment { table, column: Some(column), .. } => {
            ("comment", column.clone(), of(table))
        }
        Operation::SetComment { table, column: None, .. } => {
            ("comment", table.name.clone(), String::new())
        }
        Operation::CreateEnum { name, .. } => ("create", name.clone(), String::new()),
        Operation::DropEnum { name, .. } => ("drop", name.clone(), String::new()),
        Operation::AddEnumValue { name, value, .. } => ("add", value.clone(), format!("to {name}")),
        Operation::RenameEnumValue { name, from, to } => {
            ("rename", format!("{from} to {to}"), format!("in {name}"))
        }
        Operation::RebuildEnum { name, .. } => ("rebuild", name.clone(), String::new()),
        Operation::CreateObject { object, .. } => ("create", object.name.clone(), String::new()),
        Operation::DropObject { object, .. } => ("drop", object.name.clone(), String::new()),
        Operation::CreateDatabaseObject { object, .. } => {
            ("create", object.name.clone(), String::new())
        }
        Operation::DropDatabaseObject { object } => ("drop", object.name.clone(), String::new()),
        Operation::Sql { .. } => ("run", "sql".to_owned(), String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        operation::Plan,
        schema::{Column, Index, Table, Type, Unique},
    };

    fn column(name: &str) -> Column {
        Column::new(name, Type::Integer)
    }

    #[test]
    fn messages_say_what_happens() {
        let create = |plan: Plan, name: &str| plan.create_table(Table::new(name));
        let five = ["a", "b", "c", "d", "e"].into_iter().fold(Plan::new(), create);
        let cases = [
            (Plan::new(), "revision"),
            (Plan::new().create_table(Table::new("item")), "create item"),
            (Plan::new().add_column("books", column("page_count")), "add page_count to books"),
            (
                Plan::new().add_column("books", column("a")).add_column("books", column("b")),
                "add a, b to books",
            ),
            (five, "create a, b and 3 more changes"),
            (
                Plan::new()
                    .add_column("u", column("n"))
                    .backfill("u", "n", "1")
                    .set_not_null("u", "n"),
                "add n to u",
            ),
            (
                Plan::new()
                    .add_column("u", column("mail"))
                    .add_unique("u", Unique::new(["mail"]))
                    .create_index("u", Index::new("i", ["mail"])),
                "add mail to u",
            ),
            (
                Plan::new().drop_index("u", "pw_idx").drop_column("u", "pw"),
                "drop pw_idx, pw from u",
            ),
            (
                Plan::new().drop_table("person").create_table(Table::new("animal")),
                "drop person and create animal",
            ),
            (
                Plan::new()
                    .rename_column("u", "a", "b")
                    .alter_type("u", "b", Type::Text)
                    .drop_not_null("u", "b")
                    .drop_table("x"),
                "rename a to b in u and 2 more changes",
            ),
            (
                Plan::new().create_table(Table::new("a".repeat(50))).drop_table("long_enough"),
                &format!("create {} and 1 more change", "a".repeat(50)),
            ),
            (Plan::new().create_table(Table::new(("Sys", "Order Items"))), "create Order Items"),
        ];
        for (plan, expected) in cases {
            assert_eq!(suggest_message(&plan.operations), expected);
        }
    }
}
