//! Changes of a column that is there.

use sea_orm::DbBackend;

use super::{create, dependents::Dependents};
use crate::{
    error::PlanError,
    operation::Operation,
    schema::{Column, Schema, Table, TableName, Type, expression::mentions, quote, quote_text},
};

/// A table of a schema.
///
/// # Errors
/// When it is not there.
pub fn table<'a>(schema: &'a Schema, name: &TableName) -> Result<&'a Table, PlanError> {
    schema.table(name).ok_or_else(|| PlanError::NoTable(name.clone()))
}

/// A column of a table.
///
/// # Errors
/// When it is not there.
pub fn column<'a>(table: &'a Table, name: &str) -> Result<&'a Column, PlanError> {
    let what = || format!("column `{name}`");
    table.find(name).ok_or_else(|| PlanError::NoPart { table: table.name.clone(), what: what() })
}

/// The statement that changes a column.
pub fn alter(table: &TableName, column: &str, change: &str) -> String {
    format!("ALTER TABLE {} ALTER COLUMN {} {change}", table.quoted(), quote(column))
}

/// The statements that change a column's type.
///
/// What cannot be longer than before is cut off by no cast: a text that does not fit stops the statement. Times without
/// a zone are taken to be UTC, whatever the session's zone is.
///
/// # Errors
/// When another column is computed from it, which the server could only recreate at another place.
pub fn kind(
    table: &Table,
    column: &Column,
    (kind, using): (&Type, Option<&str>),
    later: &[Operation],
) -> Result<Vec<String>, PlanError> {
    if using.is_none() && column.kind.looks_like(kind, DbBackend::Postgres) {
        return Ok(Vec::new());
    }
    expect_free(table, column)?;
    let dependents = table.used.0.then(|| Dependents::of_column(&table.name, &column.name));
    let (before, after) =
        dependents.map(|dependents| (dependents.before, dependents.after)).unzip();
    let mut statements: Vec<String> = before.into_iter().collect();
    let using = using.map(str::to_owned).or_else(|| cast(&column.name, &column.kind, kind));
    statements.extend(typed(table, column, (kind, using.as_deref()), later));
    let sql = kind.sql(DbBackend::Postgres);
    let counts = ["smallint", "integer", "bigint"].contains(&sql.as_str());
    if counts && create::identity(column.identity).is_some() {
        // The sequence of a serial, unlike an identity's, keeps the bounds of the old type.
        let action = format!("EXECUTE 'ALTER SEQUENCE ' || found || ' AS {sql}';");
        statements.push(with_sequence(table, column, &action));
    }
    statements.extend(after);
    Ok(statements)
}

/// Sees to it that no other column is computed from one that changes.
///
/// # Errors
/// When there is one.
pub fn expect_free(table: &Table, column: &Column) -> Result<(), PlanError> {
    let computed = |other: &&Column| {
        other.generated.as_ref().is_some_and(|made| mentions(&made.expression, &column.name))
    };
    let Some(other) = table.columns.iter().find(computed) else { return Ok(()) };
    Err(PlanError::Unsupported(format!(
        "column `{0}` of `{1}` cannot change its type while `{2}` is computed from it; put `.drop_generated({1:?}, {2:?})` \
         before it and `.set_generated(…)` after it",
        column.name,
        table.name.to_string(),
        other.name
    )))
}

/// The change of the type itself, and of the default with it.
fn typed(
    table: &Table,
    column: &Column,
    (kind, using): (&Type, Option<&str>),
    later: &[Operation],
) -> Vec<String> {
    let change = |change: &str| alter(&table.name, &column.name, change);
    let using = using.map(|using| format!(" USING {using}")).unwrap_or_default();
    // Without a word about it the new type comes with its own collation.
    let collation = column.collation.as_ref().filter(|_| kind.is_text());
    let collation = collation.map(|name| create::collate(name)).unwrap_or_default();
    let typed = change(&format!("TYPE {}{collation}{using}", kind.sql(DbBackend::Postgres)));
    let Some(default) = column.default.as_ref().filter(|_| !one_family(&column.kind, kind)) else {
        return vec![typed];
    };
    let mut statements = vec![change("DROP DEFAULT"), typed];
    // The old default may mean nothing to the new type, and it is not needed when another one follows.
    let replaced = later.iter().any(|operation| match operation {
        Operation::AlterDefault { table: of, column: name, .. } => {
            *of == table.name && *name == column.name
        }
        _ => false,
    });
    if !replaced {
        statements.push(change(&format!("SET DEFAULT {}", create::default_sql(default))));
    }
    statements
}

/// Whether PostgreSQL casts a default along with the type.
fn one_family(from: &Type, to: &Type) -> bool {
    (from.is_text() && to.is_text()) || (is_number(from) && is_number(to))
}

fn is_number(kind: &Type) -> bool {
    let sql = kind.sql(DbBackend::Postgres);
    ["smallint", "integer", "bigint", "real", "double precision"].contains(&sql.as_str())
        || matches!(kind, Type::Decimal(_))
}

/// The expression that makes the new value, where PostgreSQL does not find it on its own.
fn cast(column: &str, from: &Type, to: &Type) -> Option<String> {
    let column = quote(column);
    let name = to.sql(DbBackend::Postgres);
    let is_bytes = |kind: &Type| kind.looks_like(&Type::Blob, DbBackend::Postgres);
    let has_zone = |kind: &Type| match kind {
        Type::TimestampWithTimeZone => Some(true),
        Type::Timestamp | Type::DateTime => Some(false),
        _ => None,
    };
    Some(match (from, to) {
        _ if is_bytes(from) && to.is_text() => format!("convert_from({column}, 'UTF8')"),
        _ if from.is_text() && is_bytes(to) => format!("convert_to({column}, 'UTF8')"),
        // Every type becomes a text by itself, and with a cast the text would be cut at its new length in silence.
        _ if to.is_text() => return None,
        (Type::Boolean, _) if is_number(to) => format!("{column}::integer::{name}"),
        (_, Type::Boolean) if is_number(from) => format!("{column} <> 0"),
        // By itself a float is rounded to the even number, a numeric away from zero, as SQLite's values are.
        (Type::Float | Type::Double, _) if to.is_integer() => {
            format!("round({column}::numeric)::{name}")
        }
        (Type::TimestampWithTimeZone, Type::Date | Type::Time) => {
            format!("({column} AT TIME ZONE 'UTC')::{name}")
        }
        (Type::Enum(_), _) => format!("{column}::text::{name}"),
        (Type::Array(element), _) if matches!(**element, Type::Enum(_)) => {
            format!("{column}::text[]::{name}")
        }
        _ => match (has_zone(from), has_zone(to)) {
            (Some(old), Some(new)) if old != new => format!("{column} AT TIME ZONE 'UTC'"),
            _ => format!("{column}::{name}"),
        },
    })
}

/// Does something to the sequence of a column, where it has one; `found` is its name.
pub fn with_sequence(table: &Table, column: &Column, action: &str) -> String {
    format!(
        "DO $sequence$ DECLARE found text := pg_get_serial_sequence({}, {}); \
         BEGIN IF found IS NOT NULL THEN {action} END IF; END $sequence$",
        quote_text(&table.name.quoted()),
        quote_text(&column.name)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_cast_without_losing_any_of_it() {
        let mood = || Type::enumeration("mood");
        for (from, to, expression) in [
            (Type::Text, Type::Integer, Some("\"c\"::integer")),
            (Type::Varchar(None), Type::Varchar(Some(5)), None),
            (Type::Integer, Type::Varchar(Some(5)), None),
            (mood(), Type::Text, None),
            (Type::Text, mood(), Some("\"c\"::\"mood\"")),
            (mood(), Type::enumeration("other"), Some("\"c\"::text::\"other\"")),
            (Type::array(mood()), Type::array(Type::Integer), Some("\"c\"::text[]::integer[]")),
            (Type::Boolean, Type::BigInteger, Some("\"c\"::integer::bigint")),
            (Type::BigInteger, Type::Boolean, Some("\"c\" <> 0")),
            (Type::Timestamp, Type::TimestampWithTimeZone, Some("\"c\" AT TIME ZONE 'UTC'")),
            (Type::DateTime, Type::Date, Some("\"c\"::date")),
            (Type::Text, Type::Binary(4), Some("convert_to(\"c\", 'UTF8')")),
            (Type::Blob, Type::Text, Some("convert_from(\"c\", 'UTF8')")),
        ] {
            assert_eq!(cast("c", &from, &to).as_deref(), expression, "{from:?} to {to:?}");
        }
    }
}
