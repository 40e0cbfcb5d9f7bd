//! SQLite, through a real one: what is read is what is there, and every operation leads to the schema that the model
//! says, with every row in its place.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure has to stop the test, also in what the tests share"
)]

#[path = "sqlite/held.rs"]
mod held;
#[path = "sqlite/leaving.rs"]
mod leaving;
#[path = "sqlite/operations.rs"]
mod operations;
#[path = "sqlite/pairs.rs"]
mod pairs;
#[path = "sqlite/reading.rs"]
mod reading;
#[path = "sqlite/scripts.rs"]
mod scripts;
#[path = "sqlite/selection.rs"]
mod selection;
#[path = "sqlite/sequences.rs"]
mod sequences;
#[path = "sqlite/survival.rs"]
mod survival;

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement,
};
use sea_revise::{
    operation::Plan,
    schema::{Identity, Schema, Type},
    sqlite::{read, script, segments},
};

/// A database in memory, on which this was run.
pub async fn database(sql: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.max_connections(1).min_connections(1).sqlx_logging(false);
    options.map_sqlx_sqlite_opts(|options| options.foreign_keys(false));
    let db = Database::connect(options).await.unwrap();
    db.execute_unprepared(sql).await.unwrap();
    db
}

/// All rows of a query, each as its values with bars between.
pub async fn rows(db: &DatabaseConnection, sql: &str) -> Vec<String> {
    let rows = db.query_all_raw(Statement::from_string(DbBackend::Sqlite, sql)).await.unwrap();
    let value = |row: &sea_orm::QueryResult, place: usize| {
        let text = row.try_get_by_index::<Option<String>>(place);
        text.unwrap().unwrap_or_else(|| "NULL".to_owned())
    };
    let text = |row: &sea_orm::QueryResult| {
        (0..row.column_names().len()).map(|place| value(row, place)).collect::<Vec<_>>().join("|")
    };
    rows.iter().map(text).collect()
}

/// The statements of a plan, each segment from its own reading, after they have run.
pub async fn run(db: &DatabaseConnection, plan: &Plan) -> Vec<String> {
    let mut ran = Vec::new();
    db.execute_unprepared("BEGIN").await.unwrap();
    for segment in segments(&plan.operations) {
        let before = read(db).await.unwrap();
        for sql in script(&before, segment).unwrap().statements {
            if let Err(error) = db.execute_unprepared(&sql).await {
                panic!("{error}\n{sql}\nafter\n{}", ran.join("\n"));
            }
            ran.push(sql);
        }
    }
    db.execute_unprepared("COMMIT").await.unwrap();
    ran
}

/// Runs a plan, and checks that the database becomes what the model says and stays whole.
pub async fn migrate(db: &DatabaseConnection, plan: Plan) -> Vec<String> {
    let mut expected = read(db).await.unwrap();
    for operation in &plan.operations {
        expected.apply(operation, DbBackend::Sqlite).unwrap();
    }
    let ran = run(db, &plan).await;
    assert_same(read(db).await.unwrap(), expected, &ran.join("\n"));
    assert_eq!(rows(db, "PRAGMA integrity_check").await, ["ok"]);
    assert_eq!(
        rows(db, "SELECT \"table\" FROM pragma_foreign_key_check").await,
        Vec::<String>::new()
    );
    let left = "SELECT name FROM sqlite_schema WHERE name LIKE '%\\_\\_revise%' ESCAPE '\\'";
    assert_eq!(rows(db, left).await, Vec::<String>::new());
    ran
}

/// Compares table by table, so that a failure can be read.
pub fn assert_same(found: Schema, expected: Schema, why: &str) {
    let (found, expected) = (seen(found), seen(expected));
    for (name, table) in &found.tables {
        assert_eq!(Some(table), expected.tables.get(name), "{why}");
    }
    assert_eq!(found, expected, "{why}");
}

/// A schema as SQLite can tell it from another: types by their text, and neither the texts of triggers and views,
/// which it rewrites, nor where a migration declared something.
pub fn seen(mut schema: Schema) -> Schema {
    for table in schema.tables.values_mut() {
        table.sort();
        table.columns.sort_by(|a, b| a.name.cmp(&b.name));
        for column in &mut table.columns {
            column.kind = Type::other(column.kind.sql(DbBackend::Sqlite));
            column.declared = false;
            // The model does not know that `DESC` makes no name of the rowid.
            if table.primary_key.as_ref().is_some_and(|key| key.clause == "DESC") {
                column.identity = Identity::None;
            }
        }
        table.triggers.iter_mut().for_each(|trigger| trigger.sql.clear());
    }
    schema.views.values_mut().for_each(|view| view.sql.clear());
    schema
}
