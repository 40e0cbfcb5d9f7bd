//! Tables with rows in both databases, and what is not met in them.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};
use sea_revise::{
    check::precondition::{preconditions, unmet},
    operation::Plan,
    schema::{Schema, Table, quote, quote_all, quote_text},
};

use super::places;

/// Both databases, as far as they are installed.
pub async fn databases() -> Vec<DatabaseConnection> {
    let mut databases = vec![places::sqlite().await];
    databases.extend(places::postgres().await);
    databases
}

/// Runs SQL that has to work.
pub async fn run(db: &DatabaseConnection, sql: &str) {
    db.execute_unprepared(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Creates the tables as far as columns, NOT NULL and the primary key go; the enums too.
pub async fn create(db: &DatabaseConnection, schema: &Schema) {
    let backend = db.get_database_backend();
    if backend == DbBackend::Postgres {
        for (name, values) in &schema.enums {
            let values: Vec<String> = values.iter().map(|value| quote_text(value)).collect();
            run(db, &format!("CREATE TYPE {} AS ENUM ({})", quote(name), values.join(", "))).await;
        }
    }
    for table in schema.tables.values() {
        run(db, &create_table(table, backend)).await;
    }
}

fn create_table(table: &Table, backend: DbBackend) -> String {
    let mut parts = Vec::new();
    for column in &table.columns {
        let null = if column.nullable { "" } else { " NOT NULL" };
        parts.push(format!("{} {}{null}", quote(&column.name), column.kind.sql(backend)));
    }
    if let Some(key) = &table.primary_key {
        parts.push(format!("PRIMARY KEY ({})", quote_all(&key.columns)));
    }
    format!("CREATE TABLE {} ({})", table.name.quoted(), parts.join(", "))
}

/// The messages of what a plan asks and the database does not meet.
pub async fn ask(db: &DatabaseConnection, schema: &Schema, plan: &Plan) -> Vec<String> {
    let asked = preconditions(schema, &plan.operations, db.get_database_backend());
    unmet(db, &asked).await.unwrap_or_else(|error| panic!("{error}: {asked:#?}"))
}
