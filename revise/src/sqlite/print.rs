//! Writes tables, columns and keys as SQLite's `CREATE TABLE` wants them.

use sea_orm::DbBackend;

use super::{
    declared::{Affinity, affinity, kind_of_text},
    definition::alias,
    index::{collation_sql, create_index},
};
use crate::{
    error::PlanError,
    schema::{
        Column, DefaultValue, ForeignKey, Identity, PrimaryKey, ReplaceMethod, Schema, Table, Type,
        Unique, clause, quote, quote_all,
    },
};

/// The statements that create a whole schema in an empty database: tables with their indexes, then views, then
/// triggers.
///
/// # Errors
/// When SQLite has no such index.
pub fn create_script(schema: &Schema) -> Result<Vec<String>, PlanError> {
    let mut script = Vec::new();
    for table in schema.tables.values() {
        script.push(create_table(table, &table.name.name));
        for index in &table.indexes {
            script.push(create_index(&table.name, index)?);
        }
    }
    let (first, last): (Vec<_>, Vec<_>) =
        schema.objects.iter().partition(|found| found.change == ReplaceMethod::Never);
    script.extend(first.into_iter().map(|found| found.object.sql.clone()));
    script.extend(schema.views.values().map(|view| view.sql.clone()));
    let triggers = schema.tables.values().flat_map(|table| &table.triggers);
    script.extend(triggers.map(|trigger| trigger.sql.clone()));
    script.extend(last.into_iter().map(|found| found.object.sql.clone()));
    script.extend(schema.analyzed.0.then(|| "ANALYZE".to_owned()));
    Ok(script)
}

/// The statement that creates a table under a name, without its indexes.
pub(super) fn create_table(table: &Table, name: &str) -> String {
    let strict = table.options.iter().any(|option| option == "STRICT");
    let inline = inline_key(table);
    let mut parts = Vec::new();
    for column in &table.columns {
        let mut part = column_definition(column, strict, is_numbered(table, column));
        if let Some(key) = inline.filter(|key| key.columns.contains(&column.name)) {
            part = format!("{part} {}", inline_key_sql(key, column));
        }
        parts.push(part);
    }
    if let (Some(key), None) = (&table.primary_key, inline) {
        parts.push(named(key.name.as_deref(), &list("PRIMARY KEY", &key.columns, &key.clause)));
    }
    parts.extend(table.uniques.iter().map(unique));
    parts.extend(table.foreign_keys.iter().map(|key| {
        let columns = quote_all(&key.columns);
        named(key.name.as_deref(), &format!("FOREIGN KEY ({columns}) {}", references(key)))
    }));
    parts.extend(
        table
            .checks
            .iter()
            .map(|check| named(check.name.as_deref(), &format!("CHECK ({})", check.expression))),
    );
    let options = match table.options.as_slice() {
        [] => String::new(),
        options => format!(" {}", options.join(", ")),
    };
    format!("CREATE TABLE {} ({}){options}", quote(name), parts.join(", "))
}

/// A column's definition for `ADD COLUMN`, with the foreign key that it alone has.
pub(super) fn added_column(table: &Table, column: &Column, key: Option<&ForeignKey>) -> String {
    let strict = table.options.iter().any(|option| option == "STRICT");
    let definition = column_definition(column, strict, false);
    match key {
        Some(key) => format!("{definition} {}", named(key.name.as_deref(), &references(key))),
        None => definition,
    }
}

/// The primary key, where it has to stand with its column: only there can it say `AUTOINCREMENT` or `DESC`.
fn inline_key(table: &Table) -> Option<&PrimaryKey> {
    let key = table.primary_key.as_ref()?;
    let numbered = table.columns.iter().any(|column| is_numbered(table, column));
    (numbered || clause::is_descending(&key.clause)).then_some(key)
}

/// Whether the database numbers the rows by this column.
fn is_numbered(table: &Table, column: &Column) -> bool {
    let only = |key: &PrimaryKey| key.columns.as_slice() == [column.name.as_str()];
    !column.identity.is_none() && table.primary_key.as_ref().is_some_and(only)
}

fn inline_key_sql(key: &PrimaryKey, column: &Column) -> String {
    let mut sql = "PRIMARY KEY".to_owned();
    if !key.clause.is_empty() {
        sql = format!("{sql} {}", key.clause);
    }
    if matches!(column.identity, Identity::Automatic | Identity::Always) {
        sql.push_str(" AUTOINCREMENT");
    }
    named(key.name.as_deref(), &sql)
}

fn column_definition(column: &Column, strict: bool, numbered: bool) -> String {
    let mut sql = quote(&column.name);
    let mut push = |part: &str| {
        if !part.is_empty() {
            sql.push(' ');
            sql.push_str(part);
        }
    };
    push(&declared_type(column, strict, numbered));
    if let Some(collation) = &column.collation {
        push(&format!("COLLATE {}", collation_sql(collation)));
    }
    if !column.nullable {
        push("NOT NULL");
    }
    // A conflict clause belongs to the NOT NULL before it.
    if !(column.nullable && clause::is_conflict(&column.clause)) {
        push(&column.clause);
    }
    if let Some(default) = &column.default {
        push(&match default {
            DefaultValue::Sql(expression) => format!("DEFAULT ({expression})"),
            other => format!("DEFAULT {}", other.to_sql()),
        });
    }
    if let Some(generated) = &column.generated {
        let storage = if generated.stored { "STORED" } else { "VIRTUAL" };
        push(&format!("GENERATED ALWAYS AS ({}) {storage}", generated.expression));
    }
    sql
}

/// The type as it was written, as long as it still means the column's type.
pub(super) fn declared_type(column: &Column, strict: bool, numbered: bool) -> String {
    let means = |written: &&String| match numbered {
        // Under any other name it would not be a name of the rowid.
        true => written.eq_ignore_ascii_case("integer"),
        false => kind_of_text(written) == column.kind,
    };
    if strict && !numbered {
        return strict_type(column).to_owned();
    }
    if let Some(written) = column.written.0.as_ref().filter(means) {
        return written.clone();
    }
    if numbered { "integer".to_owned() } else { column.kind.sql(DbBackend::Sqlite) }
}

/// Whether a declared type is our name for it, in any case.
pub fn spells(written: &str, kind: &Type) -> bool {
    written.eq_ignore_ascii_case(&kind.sql(DbBackend::Sqlite))
}

/// Whether SQLite keeps values by a declared type as it does by our name for it.
pub fn stores_equivalently(written: &str, kind: &Type) -> bool {
    affinity(written) == affinity(&kind.sql(DbBackend::Sqlite))
}

/// The type of a column in a strict table, which knows these and no others.
pub fn strict_type(column: &Column) -> &'static str {
    const KNOWN: [&str; 6] = ["INT", "INTEGER", "REAL", "TEXT", "BLOB", "ANY"];
    let written = column.written.0.as_ref().filter(|written| kind_of_text(written) == column.kind);
    let declared = written.cloned().unwrap_or_else(|| column.kind.sql(DbBackend::Sqlite));
    if let Some(known) = KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(&declared)) {
        return known;
    }
    match affinity(&declared) {
        _ if column.kind == Type::Boolean => "INTEGER",
        Affinity::Integer => "INTEGER",
        Affinity::Text => "TEXT",
        Affinity::Blob => "BLOB",
        Affinity::Real => "REAL",
        Affinity::Numeric => "ANY",
    }
}

fn unique(unique: &Unique) -> String {
    named(unique.name.as_deref(), &list("UNIQUE", &unique.columns, &unique.clause))
}

/// A key's columns and the clause after them; where the list says more than names, `clause` has the list.
fn list(keyword: &str, columns: &[String], clause: &str) -> String {
    if clause::lists_columns(clause) {
        return format!("{keyword} {clause}");
    }
    let list = format!("{keyword} ({})", quote_all(columns));
    if clause.is_empty() { list } else { format!("{list} {clause}") }
}

fn references(key: &ForeignKey) -> String {
    let mut sql = format!("REFERENCES {}", quote(&key.references.name));
    if !key.referenced.is_empty() {
        sql = format!("{sql} ({})", quote_all(&key.referenced));
    }
    for (event, action) in [("ON DELETE", key.on_delete), ("ON UPDATE", key.on_update)] {
        if action != crate::schema::Action::NoAction {
            sql = format!("{sql} {event} {}", action.sql());
        }
    }
    if key.clause.is_empty() { sql } else { format!("{sql} {}", key.clause) }
}

fn named(name: Option<&str>, constraint: &str) -> String {
    match name {
        Some(name) => format!("CONSTRAINT {} {constraint}", quote(name)),
        None => constraint.to_owned(),
    }
}

/// Whether the rows of a table are found by a rowid that no column names.
pub(super) fn has_hidden_rowid(table: &Table) -> bool {
    alias(table).is_none() && !table.options.iter().any(|option| option == "WITHOUT ROWID")
}
