//! An operation in one line that a person reads: what `migrate` says on the console, and what asks before rows go.

use sea_orm::DbBackend;

use crate::{
    operation::{DefinitionKind, Operation, Subject},
    schema::{
        Action, Column, DefaultValue, ForeignKey, Generated, Identity, Index, Table, TableName,
        Type,
    },
};

/// More columns of a new table than this are only counted.
const COLUMNS: usize = 12;
/// Longer SQL is cut off.
const CHARACTERS: usize = 100;

/// What an operation does, such as `add column books.page_count (integer, nullable)`. It is always one line, whatever
/// names, comments and SQL contain.
#[must_use]
pub fn describe(operation: &Operation) -> String {
    one_line(&words(operation))
}

/// How many there are of something: `1 row`, `2 rows`.
pub(crate) fn counted(count: impl std::fmt::Display, one: &str) -> String {
    let count = count.to_string();
    let plural = if count == "1" { "" } else { "s" };
    format!("{count} {one}{plural}")
}

fn words(operation: &Operation) -> String {
    match operation.subject() {
        Subject::Table => table_words(operation),
        Subject::Column => column_words(operation),
        Subject::Constraint => constraint_words(operation),
        Subject::Object => words_of_object(operation),
    }
}

/// Changes of a table as a whole, and comments.
fn table_words(operation: &Operation) -> String {
    match operation {
        Operation::CreateTable { table } => create_table(table),
        Operation::DropTable { table, before: _ } => format!("drop table {table} and its rows"),
        Operation::RenameTable { from, to } => format!("rename table {from} to {to}"),
        Operation::SetOptions { table, options, before } => {
            let words = |options: &[String]| or_nothing(&options.join(", "));
            format!("table {table}: {}, was {}", words(options), words(before))
        }
        Operation::SetComment { table, column, comment, before: _ } => {
            set_comment(table, column.as_deref(), comment.as_deref())
        }
        _ => String::new(),
    }
}

/// Changes of a column.
fn column_words(operation: &Operation) -> String {
    match operation {
        Operation::AddColumn { table, column } => {
            format!("add column {table}.{} ({})", column.name, definition(column))
        }
        Operation::DropColumn { table, column, before: _ } => {
            format!("drop column {table}.{column} and its values")
        }
        Operation::RenameColumn { table, from, to } => {
            format!("rename column {table}.{from} to {to}")
        }
        Operation::AlterType { table, column, kind, using, before } => {
            let apart = before.as_ref().map(|before| spell_apart(before, kind));
            let (from, to) = apart.map_or((None, spell(kind)), |(from, to)| (Some(from), to));
            let from = optional(" from ", from);
            let using = optional(" computed as ", using.as_ref());
            format!("change type of {table}.{column}{from} to {to}{using}")
        }
        Operation::AlterNull { table, column, nullable } => {
            format!("{table}.{column}: {}", null(*nullable))
        }
        Operation::AlterDefault { table, column, default, before } => {
            let default = default.as_ref().map(|default| format!("default {}", default.to_sql()));
            let default = default.unwrap_or_else(|| "no default".to_owned());
            let before = optional(", was ", before.as_ref().map(DefaultValue::to_sql));
            format!("{table}.{column}: {default}{before}")
        }
        Operation::SetIdentity { table, column, identity, before: _ } => {
            format!("{table}.{column}: {}", numbered(*identity))
        }
        Operation::SetGenerated { table, column, generated, before: _ } => match generated {
            Some(made) => format!("{table}.{column}: {}", computed(made)),
            None => format!("{table}.{column}: no longer computed, and keeps its values"),
        },
        Operation::SetCollation { table, column, collation, before } => {
            let default = || "the type's own".to_owned();
            let before = optional(", was ", before.as_ref());
            format!(
                "{table}.{column}: collation {}{before}",
                collation.clone().unwrap_or_else(default)
            )
        }
        Operation::SetColumnClause { table, column, clause, before } => {
            format!("{table}.{column}: {}, was {}", or_nothing(clause), or_nothing(before))
        }
        Operation::Backfill { table, column, value } => {
            format!("fill {table}.{column} with {value} where it is null")
        }
        Operation::BackfillInBatches { .. } => words_of_batches(operation),
        _ => String::new(),
    }
}

fn words_of_batches(operation: &Operation) -> String {
    let Operation::BackfillInBatches { table, set, condition, size } = operation else {
        return String::new();
    };
    let condition = Some(condition.trim()).filter(|condition| !condition.is_empty());
    let condition = optional(" where ", condition.map(short));
    format!("then set {}{condition} in {table}, {} at a time", short(set), counted(size, "row"))
}

/// Changes of keys, constraints and indexes.
fn constraint_words(operation: &Operation) -> String {
    match operation {
        Operation::AddPrimaryKey { table, key } => {
            format!("add primary key {}", on(table, &key.columns))
        }
        Operation::DropPrimaryKey { table, before } => match before {
            Some(key) => format!("drop primary key {}", on(table, &key.columns)),
            None => format!("drop primary key of {table}"),
        },
        Operation::AddUnique { table, unique } => {
            format!("add unique {}", on(table, &unique.columns))
        }
        Operation::DropUnique { table, columns, before: _ } => {
            format!("drop unique {}", on(table, columns))
        }
        Operation::CreateIndex { table, index, concurrently } => {
            let concurrently = if *concurrently { ", concurrently" } else { "" };
            format!("create {}{concurrently}", index_words(table, index))
        }
        Operation::DropIndex { table, index, before } => match before {
            Some(before) => format!("drop {}", index_words(table, before)),
            None => format!("drop index {index} on {table}"),
        },
        Operation::RenameIndex { table, from, to } => {
            format!("rename index {from} on {table} to {to}")
        }
        Operation::RenameConstraint { table, from, to } => {
            format!("rename constraint {from} on {table} to {to}")
        }
        Operation::AddForeignKey { table, key } => {
            format!("add foreign key {}", foreign_key(table, key))
        }
        Operation::DropForeignKey { table, columns, before } => match before {
            Some(key) => format!("drop foreign key {}", foreign_key(table, key)),
            None => format!("drop foreign key {}", on(table, columns)),
        },
        Operation::AddCheck { table, check } => {
            let name = optional(" ", check.name.as_ref());
            format!("add check{name} on {table}: {}", check.expression)
        }
        Operation::DropCheck { table, check } => match &check.name {
            Some(name) => format!("drop check {name} on {table}"),
            None => format!("drop check on {table}: {}", check.expression),
        },
        _ => String::new(),
    }
}

/// Changes of enums, views, triggers and other objects, and raw SQL.
fn words_of_object(operation: &Operation) -> String {
    match operation {
        Operation::CreateEnum { name, values } => {
            format!("create enum {name} ({})", values.join(", "))
        }
        Operation::DropEnum { name, before: _ } => format!("drop enum {name}"),
        Operation::AddEnumValue { name, value, before } => {
            let place = optional(" before ", before.as_ref());
            format!("add value {value} to enum {name}{place}")
        }
        Operation::RenameEnumValue { name, from, to } => {
            format!("rename value {from} of enum {name} to {to}")
        }
        Operation::RebuildEnum { name, values, map, before: _ } => {
            let map: String =
                map.iter().map(|(from, to)| format!(", {from} becomes {to}")).collect();
            format!("rebuild enum {name} ({}){map}", values.join(", "))
        }
        Operation::CreateObject { kind, table, object } => {
            format!("create {}", object_words(*kind, table, &object.name))
        }
        Operation::DropObject { kind, table, object } => {
            format!("drop {}", object_words(*kind, table, &object.name))
        }
        Operation::CreateDatabaseObject { object, before: None } => {
            format!("create {}", object.name)
        }
        Operation::CreateDatabaseObject { object, before: Some(_) } => {
            format!("replace {}", object.name)
        }
        Operation::DropDatabaseObject { object } => format!("drop {}", object.name),
        Operation::Sql { sqlite, postgres } => sql(sqlite.as_deref(), postgres.as_deref()),
        _ => String::new(),
    }
}

/// A word and what follows it, or nothing.
fn optional<T: std::fmt::Display>(word: &str, what: Option<T>) -> String {
    what.map_or_else(String::new, |what| format!("{word}{what}"))
}

fn or_nothing(text: &str) -> String {
    if text.is_empty() { "nothing special".to_owned() } else { text.to_lowercase() }
}

fn computed(generated: &Generated) -> String {
    let storage = if generated.stored { "stored" } else { "virtual" };
    format!("computed as {}, {storage}", generated.expression)
}

fn null(nullable: bool) -> &'static str {
    if nullable { "nullable" } else { "not null" }
}

fn numbered(identity: Identity) -> &'static str {
    match identity {
        Identity::None => "no longer numbered by the database",
        Identity::Rowid => "numbered by the database, ids may come again",
        Identity::Automatic => "numbered by the database",
        Identity::Always => "always numbered by the database",
    }
}

fn object_words(kind: DefinitionKind, table: &TableName, name: &str) -> String {
    match kind {
        DefinitionKind::View => format!("view {table}"),
        DefinitionKind::Trigger => format!("trigger {name} on {table}"),
    }
}

fn create_table(table: &Table) -> String {
    let names: Vec<&str> =
        table.columns.iter().take(COLUMNS).map(|column| column.name.as_str()).collect();
    let more = match table.columns.len().saturating_sub(COLUMNS) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("create table {} ({}{more})", table.name, names.join(", "))
}

/// The definition after the name of a new column.
fn definition(column: &Column) -> String {
    let mut words = vec![spell(&column.kind)];
    if let Some(generated) = &column.generated {
        words.push(computed(generated));
    }
    words.push(null(column.nullable).to_owned());
    if !column.identity.is_none() {
        words.push("numbered by the database".to_owned());
    }
    if let Some(default) = &column.default {
        words.push(format!("default {}", default.to_sql()));
    }
    if let Some(collation) = &column.collation {
        words.push(format!("collation {collation}"));
    }
    words.join(", ")
}

/// A type in words: PostgreSQL's names distinguish more of them than SQLite's; an enum goes by its own.
pub(crate) fn spell(kind: &Type) -> String {
    match kind {
        Type::Enum(name) => name.clone(),
        Type::Array(element) => format!("{}[]", spell(element)),
        _ => kind.sql(DbBackend::Postgres),
    }
}

/// Two types in words that are not the same: where PostgreSQL has one name for both, by SQLite's, or else by our own.
pub(crate) fn spell_apart(one: &Type, other: &Type) -> (String, String) {
    let on_sqlite = |kind: &Type| kind.sql(DbBackend::Sqlite);
    let own = |kind: &Type| format!("{kind:?}");
    let ways: [&dyn Fn(&Type) -> String; 2] = [&spell, &on_sqlite];
    let mut pairs = ways.iter().map(|way| (way(one), way(other)));
    let apart = pairs.find(|(one, other)| !one.eq_ignore_ascii_case(other));
    apart.unwrap_or_else(|| (own(one), own(other)))
}

fn on(table: &TableName, columns: &[String]) -> String {
    format!("{table}({})", columns.join(", "))
}

fn index_words(table: &TableName, index: &Index) -> String {
    let unique = if index.unique { "unique " } else { "" };
    let columns: Vec<String> = index
        .columns
        .iter()
        .map(|column| {
            let direction = if column.descending { " desc" } else { "" };
            format!("{}{direction}", column.name)
        })
        .collect();
    let mut words = format!("{unique}index {} on {}", index.name, on(table, &columns));
    if let Some(method) = &index.method {
        words.push_str(&format!(" using {method}"));
    }
    if !index.include.is_empty() {
        words.push_str(&format!(" including {}", index.include.join(", ")));
    }
    if let Some(predicate) = &index.predicate {
        words.push_str(&format!(" where {predicate}"));
    }
    words
}

fn foreign_key(table: &TableName, key: &ForeignKey) -> String {
    let mut words = format!("{} → {}", on(table, &key.columns), key.references);
    if !key.referenced.is_empty() {
        words.push_str(&format!("({})", key.referenced.join(", ")));
    }
    for (event, action) in [("delete", key.on_delete), ("update", key.on_update)] {
        if action != Action::NoAction {
            words.push_str(&format!(" on {event} {}", action.sql().to_lowercase()));
        }
    }
    if !key.clause.is_empty() {
        words.push_str(&format!(" {}", key.clause.to_lowercase()));
    }
    words
}

fn set_comment(table: &TableName, column: Option<&str>, comment: Option<&str>) -> String {
    let subject =
        column.map_or_else(|| format!("table {table}"), |column| format!("{table}.{column}"));
    match comment {
        Some(comment) => format!("{subject}: comment “{comment}”"),
        None => format!("{subject}: no comment"),
    }
}

fn sql(sqlite: Option<&str>, postgres: Option<&str>) -> String {
    match (sqlite, postgres) {
        (Some(sqlite), Some(postgres)) if sqlite == postgres => format!("run {}", short(sqlite)),
        (Some(sqlite), Some(postgres)) => {
            format!("run {}, on PostgreSQL {}", short(sqlite), short(postgres))
        }
        (Some(sqlite), None) => format!("run {} (SQLite only)", short(sqlite)),
        (None, Some(postgres)) => format!("run {} (PostgreSQL only)", short(postgres)),
        (None, None) => "run nothing".to_owned(),
    }
}

fn short(sql: &str) -> String {
    let line = one_line(sql);
    match line.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

/// Neither line breaks nor the control characters of a terminal come through.
fn one_line(text: &str) -> String {
    let spaced: String = text
        .chars()
        .map(|character| if character.is_control() { ' ' } else { character })
        .collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
