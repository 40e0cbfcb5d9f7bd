//! The definitions of tables and their parts, as SQL.

use std::collections::BTreeSet;

use sea_orm::DbBackend;

use crate::{
    error::PlanError,
    schema::{
        Action, Check, Column, DefaultValue, ForeignKey, Identity, Index, IndexColumn, PrimaryKey,
        Schema, Table, TableName, Unique,
        clause::{self, NULLS_NOT_DISTINCT},
        quote, quote_all, quote_text, views as schema_views,
    },
};

/// The statements that make a whole schema in an empty database: schemas and enums, tables, foreign keys, indexes,
/// comments, views and triggers, in this order and otherwise in that of the names.
///
/// What the model does not have (extensions, functions, sequences, domains) has to be there already: a trigger's
/// function, say, or a user-defined type. The statements do not qualify tables of the own schema, so they work in
/// the first schema of `search_path`.
///
/// # Errors
/// When a column is computed and not stored, which PostgreSQL cannot do before its version 18.
pub fn create_script(schema: &Schema) -> Result<Vec<String>, PlanError> {
    let names = schema.tables.keys().chain(schema.views.keys());
    let schemas: BTreeSet<&String> = names.filter_map(|name| name.schema.as_ref()).collect();
    let mut script: Vec<String> = schemas
        .into_iter()
        .map(|schema| format!("CREATE SCHEMA IF NOT EXISTS {}", quote(schema)))
        .collect();
    script.extend(schema.enums.iter().map(|(name, values)| create_enum(name, values)));
    for table in schema.tables.values() {
        script.push(create_table(table, &[])?);
    }
    let every = || schema.tables.values();
    let keys = every().flat_map(|table| table.foreign_keys.iter().map(move |key| (table, key)));
    script.extend(keys.map(|(table, key)| add(&table.name, &foreign_key(key))));
    let indexes = every().flat_map(|table| table.indexes.iter().map(move |index| (table, index)));
    script.extend(indexes.map(|(table, index)| create_index(&table.name, index, false)));
    script.extend(every().flat_map(comments));
    let views = schema_views::in_order(schema, schema.views.keys().collect());
    script.extend(views.into_iter().map(|(_, view)| view.sql.clone()));
    script.extend(every().flat_map(|table| &table.triggers).map(|trigger| trigger.sql.clone()));
    Ok(script)
}

/// The statement that creates an enum type.
pub fn create_enum(name: &str, values: &[String]) -> String {
    let values: Vec<String> = values.iter().map(|value| quote_text(value)).collect();
    format!("CREATE TYPE {} AS ENUM ({})", quote(name), values.join(", "))
}

/// Creates a schema where there is none. `IF NOT EXISTS` would ask for the right to create one also where it is there.
fn schema_if_missing(name: &str) -> String {
    let create = quote_text(&format!("CREATE SCHEMA {}", quote(name)));
    let name = quote_text(&quote(name));
    format!("DO $$ BEGIN IF to_regnamespace({name}) IS NULL THEN EXECUTE {create}; END IF; END $$")
}

/// The statements that create a table and everything that belongs to it.
///
/// # Errors
/// As [`column`].
pub fn whole_table(table: &Table) -> Result<Vec<String>, PlanError> {
    // Inside of CREATE TABLE, `NOT VALID` would be read and forgotten.
    let (later, now): (Vec<&ForeignKey>, Vec<&ForeignKey>) =
        table.foreign_keys.iter().partition(|key| clause::is_not_valid(&key.clause));
    let mut statements: Vec<String> =
        table.name.schema.iter().map(|name| schema_if_missing(name)).collect();
    statements.push(create_table(table, &now)?);
    statements.extend(later.into_iter().map(|key| add(&table.name, &foreign_key(key))));
    statements.extend(table.indexes.iter().map(|index| create_index(&table.name, index, false)));
    statements.extend(comments(table));
    statements.extend(table.triggers.iter().map(|trigger| trigger.sql.clone()));
    Ok(statements)
}

fn create_table(table: &Table, keys: &[&ForeignKey]) -> Result<String, PlanError> {
    let mut parts = Vec::new();
    for part in &table.columns {
        parts.push(column(&table.name, part)?);
    }
    parts.extend(table.primary_key.as_ref().map(primary_key));
    parts.extend(table.uniques.iter().map(unique));
    parts.extend(table.checks.iter().map(check));
    parts.extend(keys.iter().map(|key| foreign_key(key)));
    let parts =
        if parts.is_empty() { String::new() } else { format!("\n    {}\n", parts.join(",\n    ")) };
    Ok(format!("CREATE TABLE {} ({parts})", table.name.quoted()))
}

/// The clause that names a collation.
pub fn collate(name: &str) -> String {
    // One that has to be named with its schema is quoted already.
    let qualified = name.starts_with('"');
    format!(" COLLATE {}", if qualified { name.to_owned() } else { quote(name) })
}

/// A column's definition.
///
/// # Errors
/// When it is computed and not stored.
pub fn column(table: &TableName, column: &Column) -> Result<String, PlanError> {
    let mut sql = format!("{} {}", quote(&column.name), column.kind.sql(DbBackend::Postgres));
    if let Some(collation) = &column.collation {
        sql.push_str(&collate(collation));
    }
    if let Some(generated) = &column.generated {
        if !generated.stored {
            return Err(PlanError::Unsupported(format!(
                "column `{}` of `{table}` is computed and not stored, which PostgreSQL cannot do; store it",
                column.name
            )));
        }
        sql.push_str(&format!(" GENERATED ALWAYS AS ({}) STORED", generated.expression));
    }
    if let Some(default) = &column.default {
        sql.push_str(&format!(" DEFAULT {}", default_sql(default)));
    }
    if !column.nullable {
        sql.push_str(" NOT NULL");
    }
    if let Some(identity) = identity(column.identity) {
        sql.push_str(&format!(" GENERATED {identity} AS IDENTITY"));
    }
    Ok(with_clause(sql, &column.clause))
}

/// How the database numbers the rows; a name of SQLite's rowid is a plain column here.
pub fn identity(identity: Identity) -> Option<&'static str> {
    match identity {
        Identity::None | Identity::Rowid => None,
        Identity::Automatic => Some("BY DEFAULT"),
        Identity::Always => Some("ALWAYS"),
    }
}

/// A default; an expression in parentheses, because not every expression may stand there without.
pub fn default_sql(default: &DefaultValue) -> String {
    match default {
        DefaultValue::Sql(expression) => format!("({expression})"),
        DefaultValue::Text(_)
        | DefaultValue::Number(_)
        | DefaultValue::Boolean(_)
        | DefaultValue::Now => default.to_sql(),
    }
}

/// A primary key's definition.
pub fn primary_key(key: &PrimaryKey) -> String {
    let sql = format!("{}PRIMARY KEY ({})", constraint(key.name.as_ref()), quote_all(&key.columns));
    with_clause(sql, &key.clause)
}

/// A unique constraint's definition.
pub fn unique(unique: &Unique) -> String {
    let (nulls, rest) = nulls_of(unique);
    let nulls = if nulls.is_empty() { String::new() } else { format!("{nulls} ") };
    let name = constraint(unique.name.as_ref());
    with_clause(format!("{name}UNIQUE {nulls}({})", quote_all(&unique.columns)), rest)
}

/// What the clause of a unique constraint says of NULLs, and the rest of it.
pub fn nulls_of(unique: &Unique) -> (&str, &str) {
    match unique.clause.strip_prefix(NULLS_NOT_DISTINCT) {
        Some(rest) => (NULLS_NOT_DISTINCT, rest.trim_start()),
        None => ("", unique.clause.as_str()),
    }
}

/// A check's definition.
pub fn check(check: &Check) -> String {
    format!("{}CHECK ({})", constraint(check.name.as_ref()), check.expression)
}

/// A foreign key's definition.
pub fn foreign_key(key: &ForeignKey) -> String {
    let name = constraint(key.name.as_ref());
    let mut sql = format!(
        "{name}FOREIGN KEY ({}) REFERENCES {}",
        quote_all(&key.columns),
        key.references.quoted()
    );
    if !key.referenced.is_empty() {
        sql.push_str(&format!(" ({})", quote_all(&key.referenced)));
    }
    // PostgreSQL is strict about the order: how it matches, what it does, when it is checked.
    let (full, clause) = cut_off(&key.clause, "MATCH FULL".len(), "MATCH FULL");
    // `ON DELETE SET NULL (columns)` says more than the action and stands instead of it.
    let (delete, clause) = cut_off(clause, clause.find(')').map_or(0, |end| end + 1), "ON DELETE");
    let action = |on: &str, action: Action| match action {
        Action::NoAction => String::new(),
        _ => format!("ON {on} {}", action.sql()),
    };
    let delete =
        if delete.is_empty() { action("DELETE", key.on_delete) } else { delete.to_owned() };
    let update = action("UPDATE", key.on_update);
    for part in [full, &delete, &update, clause].into_iter().filter(|part| !part.is_empty()) {
        sql.push(' ');
        sql.push_str(part);
    }
    sql
}

/// The first bytes of a text that begins with a word, and the rest.
fn cut_off<'a>(text: &'a str, length: usize, word: &str) -> (&'a str, &'a str) {
    let cut = text.starts_with(word).then(|| text.split_at_checked(length)).flatten();
    cut.map_or(("", text), |(head, rest)| (head, rest.trim_start()))
}

fn constraint(name: Option<&String>) -> String {
    name.map(|name| format!("CONSTRAINT {} ", quote(name))).unwrap_or_default()
}

/// What SQLite does on a conflict is left out here.
pub fn with_clause(sql: String, clause: &str) -> String {
    if clause.is_empty() || clause::is_conflict(clause) { sql } else { format!("{sql} {clause}") }
}

/// The statement that adds a constraint.
pub fn add(table: &TableName, definition: &str) -> String {
    format!("ALTER TABLE {} ADD {definition}", table.quoted())
}

/// The statement that creates an index.
pub fn create_index(table: &TableName, index: &Index, concurrently: bool) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let concurrently = if concurrently { "CONCURRENTLY " } else { "" };
    let columns: Vec<String> = index.columns.iter().map(IndexColumn::sql).collect();
    let method = index.method.as_ref().map(|method| format!(" USING {}", quote(method)));
    let mut sql = format!(
        "CREATE {unique}INDEX {concurrently}{} ON {}{} ({})",
        quote(&index.name),
        table.quoted(),
        method.unwrap_or_default(),
        columns.join(", ")
    );
    if !index.include.is_empty() {
        sql.push_str(&format!(" INCLUDE ({})", quote_all(&index.include)));
    }
    if !index.clause.is_empty() {
        sql.push_str(&format!(" {}", index.clause));
    }
    if let Some(predicate) = &index.predicate {
        sql.push_str(&format!(" WHERE {predicate}"));
    }
    sql
}

/// The statements that set the comments of a table and its columns.
pub fn comments(table: &Table) -> Vec<String> {
    let own = table.comment.as_ref().map(|text| comment(&table.name, None, Some(text)));
    let commented = table.columns.iter().filter(|column| column.comment.is_some());
    let columns =
        commented.map(|column| comment(&table.name, Some(&column.name), column.comment.as_deref()));
    own.into_iter().chain(columns).collect()
}

/// The statement that sets or takes away a comment.
pub fn comment(table: &TableName, column: Option<&str>, text: Option<&str>) -> String {
    let what = match column {
        Some(column) => format!("COLUMN {}.{}", table.quoted(), quote(column)),
        None => format!("TABLE {}", table.quoted()),
    };
    let text = text.map_or_else(|| "NULL".to_owned(), quote_text);
    format!("COMMENT ON {what} IS {text}")
}
