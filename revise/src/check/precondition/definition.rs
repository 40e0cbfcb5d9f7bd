//! What a table of SQLite asks of its rows by another definition of the whole: collations, `STRICT`, `WITHOUT ROWID`.

use sea_orm::DbBackend;

use super::{
    Precondition,
    key::{compared, duplicates, not_null, not_nulls},
    source::Source,
};
use crate::{
    schema::{Index, IndexColumn, Table, quote},
    sqlite::strict_type,
};

/// What has to hold in the rows of a table that becomes `after`.
pub fn preconditions(source: &Source<'_>, after: &Table) -> Vec<Precondition> {
    let mut found = collations(source, after);
    if after.options != source.table.options {
        found.extend(keys(source, after));
        found.extend(strict(source, after));
    }
    found
}

/// Rows that a key no longer distinguishes once a column is compared otherwise.
fn collations(source: &Source<'_>, after: &Table) -> Vec<Precondition> {
    let moved = |name: &str| {
        let original = source.column(name).and_then(|origin| origin.name.as_deref());
        let original = original.and_then(|original| source.table.find(original));
        let now = after.find(name);
        original.zip(now).is_some_and(|(original, now)| original.collation != now.collation)
    };
    let plain = |columns: &[String]| -> Vec<IndexColumn> {
        columns.iter().map(|column| IndexColumn::new(column)).collect()
    };
    let keys = after.primary_key.iter().map(|key| plain(&key.columns));
    let uniques = after.uniques.iter().map(|unique| plain(&unique.columns));
    let whole = |index: &&Index| {
        index.unique
            && index.predicate.is_none()
            && index.columns.iter().all(|part| !part.expression)
    };
    let indexes = after.indexes.iter().filter(whole).map(|index| index.columns.clone());
    let concerned = keys
        .chain(uniques)
        .chain(indexes)
        .filter(|parts| parts.iter().any(|part| moved(&part.name)));
    let question = |parts: Vec<IndexColumn>| {
        let names: Vec<String> = parts.iter().map(|part| part.name.clone()).collect();
        let expressions: Vec<String> = parts.iter().map(|part| collated(part, after)).collect();
        duplicates(source, &names, &expressions, &not_nulls(&expressions))
    };
    concerned.filter_map(question).collect()
}

/// A part of a key as it will be compared.
fn collated(part: &IndexColumn, after: &Table) -> String {
    let collation = after.find(&part.name).and_then(|column| column.collation.as_deref());
    if !part.clause.is_empty() {
        return compared(part, DbBackend::Sqlite);
    }
    format!("{} COLLATE {}", quote(&part.name), quote(collation.unwrap_or("BINARY")))
}

/// Keys of such tables are never NULL.
fn keys(source: &Source<'_>, after: &Table) -> Vec<Precondition> {
    let columns = after.primary_key.iter().flat_map(|key| &key.columns);
    let strict = columns.filter(|name| after.find(name).is_some_and(|column| !column.nullable));
    strict.filter_map(|name| not_null(source, name, "set_options")).collect()
}

/// Values of another type than the column's. What its affinity could convert is converted already.
fn strict(source: &Source<'_>, after: &Table) -> Vec<Precondition> {
    if !after.options.iter().any(|option| option == "STRICT") {
        return Vec::new();
    }
    let unchanged = after.columns.iter().filter(|column| {
        column.generated.is_none()
            && source.column(&column.name).is_some_and(|origin| origin.is_unchanged())
    });
    let question = |column: &crate::schema::Column| {
        let kind = strict_type(column);
        let fits = match kind {
            "INTEGER" | "INT" => "'integer', 'null'",
            "REAL" => "'real', 'integer', 'null'",
            "TEXT" => "'text', 'integer', 'real', 'null'",
            "BLOB" => "'blob', 'null'",
            _ => return None,
        };
        let name = &column.name;
        Some(source.rows(
            &format!("typeof({}) NOT IN ({fits})", quote(name)),
            format!("have a value in `{name}` that a strict {kind} cannot hold"),
            "change them first".to_owned(),
        ))
    };
    unchanged.filter_map(question).collect()
}
