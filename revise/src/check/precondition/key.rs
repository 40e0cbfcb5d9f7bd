//! What a key asks of the rows: values in its columns, and no two that are equal.

use sea_orm::DbBackend;

use super::{
    Precondition,
    origin::ColumnOrigin,
    source::{Fault, Source},
};
use crate::schema::{IndexColumn, Type, clause, quote};

/// Every row is in the way of a new column that has to have a value.
pub fn new_column(source: &Source<'_>, column: &str) -> Precondition {
    let table = source.name;
    source.rows(
        "TRUE",
        format!("have no value for the new column `{column}`"),
        format!(
            "give them one: --default {table}.{column}=…, or add it nullable, then .backfill(…), then .set_not_null(…)"
        ),
    )
}

/// `call` is what makes the column NOT NULL.
pub fn not_null(source: &Source<'_>, column: &str, call: &str) -> Option<Precondition> {
    let origin = source.column(column)?;
    if origin.empty {
        return Some(new_column(source, column));
    }
    let known = source.table.find(origin.name.as_deref()?)?;
    if !known.nullable || origin.filled || origin.computed {
        return None;
    }
    Some(source.rows(
        &format!("{} IS NULL", quote(column)),
        format!("have NULL in `{column}`"),
        format!(
            "give them a value: --default {}.{column}=…, or .backfill(…) before .{call}(…)",
            source.name
        ),
    ))
}

/// What an index compares. SQLite compares texts by the collation of the index, PostgreSQL only sorts by it.
pub fn compared(column: &IndexColumn, backend: DbBackend) -> String {
    let name = if column.expression { format!("({})", column.name) } else { quote(&column.name) };
    let collates = clause::is_collation(&column.clause);
    if backend == DbBackend::Sqlite && collates {
        format!("{name} {}", column.clause.trim())
    } else {
        name
    }
}

/// Rows that are equal in `columns`, which `expressions` compute.
pub fn duplicates(
    source: &Source<'_>,
    columns: &[String],
    expressions: &[String],
    condition: &str,
) -> Option<Precondition> {
    // PostgreSQL's json has no equality, so duplicates cannot be found before the column has its new type.
    let comparable = |original: &String| {
        let column = source.table.find(original);
        source.backend == DbBackend::Sqlite || column.is_none_or(|column| column.kind != Type::Json)
    };
    let known =
        |column: &ColumnOrigin| column.name.as_ref().is_some_and(comparable) && !column.computed;
    if !columns.iter().all(|name| source.column(name).is_some_and(known)) {
        return None;
    }
    let hint = "give them different values, or delete all but one".to_owned();
    let fault = Fault { problem: repeat(columns), hint };
    Some(source.duplicates(expressions, condition, fault))
}

/// The condition that all of them have a value.
pub fn not_nulls(expressions: &[String]) -> String {
    let tests: Vec<String> =
        expressions.iter().map(|expression| format!("{expression} IS NOT NULL")).collect();
    tests.join(" AND ")
}

/// What is wrong with rows that are equal in these columns.
pub fn repeat(columns: &[String]) -> String {
    let what = if columns.len() == 1 { "value" } else { "combination" };
    format!("repeat a {what} of {}", names(columns))
}

/// The columns as a message names them.
pub fn names(columns: &[String]) -> String {
    columns.iter().map(|column| format!("`{column}`")).collect::<Vec<_>>().join(", ")
}
