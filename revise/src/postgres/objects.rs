//! Reads a whole schema: also the database objects that the model does not take apart.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use super::{inspect::read, scope::SchemaScope};
use crate::schema::{InspectedObject, Schema};

/// One query for all of it. It takes longer than all the others together, so only those ask it who compare everything.
const QUERY: &str = include_str!("objects.sql");

/// Reads the schemas of a scope as [`read`] does, and the other objects of the own one: functions, sequences, domains,
/// exclusion constraints, policies, settings of tables, comments on parts, and so on.
///
/// # Errors
/// When the database cannot be asked.
pub async fn read_whole(db: &impl ConnectionTrait, scope: &SchemaScope) -> Result<Schema, DbErr> {
    let mut schema = read(db, scope).await?;
    let values = [scope.own.as_str().into()];
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, QUERY, values);
    let parse = |text: String| {
        serde_json::from_str(&text).map_err(|error| DbErr::Type(format!("{error} in `{text}`")))
    };
    let rows = db.query_all_raw(statement).await?;
    let found: Result<Vec<InspectedObject>, DbErr> =
        rows.iter().map(|row| parse(row.try_get_by_index(0)?)).collect();
    let mut found = found?;
    // Stable: objects of one kind stay in the order of their names.
    found.sort_by_key(|object| object.kind);
    schema.objects = found;
    Ok(schema)
}
