//! Reads a whole schema, also the database objects that the model does not take apart, and what needs what; and how such objects
//! are created and dropped.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use serde::de::DeserializeOwned;

use super::{dependents::Dependents, inspect::read, numbering, scope::SchemaScope};
use crate::schema::{DatabaseObject, InspectedObject, Node, Schema};

/// What objects of a schema are called where others need them.
const NODES: &str = include_str!("nodes.sql");

/// One query for all of it. It takes longer than all the others together, so only those ask it who compare everything.
const OBJECTS: &str = include_str!("objects.sql");

/// Pairs of nodes: the first needs the second.
const NEEDS: &str = include_str!("needs.sql");

/// Reads the schemas of a scope as [`read`] does, and the other objects of the own one: functions, sequences, domains,
/// exclusion constraints, policies, settings of tables, comments on parts, and so on.
///
/// # Errors
/// When the database cannot be asked.
pub async fn read_whole(db: &impl ConnectionTrait, scope: &SchemaScope) -> Result<Schema, DbErr> {
    let mut schema = read(db, scope).await?;
    let objects = format!("WITH {NODES}, {OBJECTS}");
    let mut found: Vec<InspectedObject> = ask(db, scope, &objects).await?;
    // Stable: objects of one kind stay in the order of their names.
    found.sort_by_key(|object| object.kind);
    schema.objects = found;
    let pairs: Vec<(Node, Node)> = ask(db, scope, &format!("WITH {NODES} {NEEDS}")).await?;
    for (one, other) in pairs {
        schema.needs.insert(one, other);
    }
    Ok(schema)
}

/// The rows of a query about the own schema, each of them a JSON text.
async fn ask<R: DeserializeOwned>(
    db: &impl ConnectionTrait,
    scope: &SchemaScope,
    query: &str,
) -> Result<Vec<R>, DbErr> {
    let values = [scope.own.as_str().into()];
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, query, values);
    let parse = |text: String| {
        serde_json::from_str(&text).map_err(|error| DbErr::Type(format!("{error} in `{text}`")))
    };
    let rows = db.query_all_raw(statement).await?;
    rows.iter().map(|row| parse(row.try_get_by_index(0)?)).collect()
}

/// The statements that create an object, or change it. One that was dropped before comes back with what used it.
pub fn create_object(object: &DatabaseObject, replaces: bool, recreated: bool) -> Vec<String> {
    let mut statements = Vec::new();
    if object.is_routine() {
        // What a body names may come later.
        statements.push("SET LOCAL check_function_bodies = off".to_owned());
    }
    if let Some(sequence) = object.sequence().filter(|_| replaces) {
        statements.extend(numbering::change(sequence, object));
        return statements;
    }
    statements.push(object.sql.clone());
    let signature = object.signature().filter(|_| recreated);
    statements.extend(signature.map(|signature| Dependents::of_routine(signature).after));
    statements
}

/// The statement that drops an object. What uses a routine that comes again is set aside.
pub fn drop_object(object: &DatabaseObject, recreated: bool) -> String {
    match object.signature().filter(|_| recreated) {
        Some(signature) => Dependents::of_routine(signature).before,
        None => object.drop.clone(),
    }
}
