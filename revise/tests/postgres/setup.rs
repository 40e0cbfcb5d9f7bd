//! A database with something in it, and carrying operations out on it.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use sea_revise::{
    operation::{Operation, Plan},
    postgres::{SchemaScope, read, statements},
    schema::{Schema, Table},
};

/// A database of the test's own in which some statements have run; the test ends where there is no server.
macro_rules! database {
    ($sql:expr) => {
        match cluster::Cluster::get() {
            Some(cluster) => {
                let db = cluster.database().await;
                crate::postgres::setup::run(&db, $sql).await;
                db
            }
            None => return,
        }
    };
}
pub(crate) use database;

/// Runs statements that have to work.
pub async fn run(db: &DatabaseConnection, sql: &str) {
    if let Err(error) = db.execute_unprepared(sql).await {
        panic!("{error}\n{sql}");
    }
}

/// The schema that the connection works in.
pub async fn schema(db: &DatabaseConnection) -> Schema {
    let scope = SchemaScope::of_connection(db).await.expect("a schema");
    read(db, &scope).await.expect("the schema can be read")
}

/// A table of it.
pub async fn table(db: &DatabaseConnection, name: &str) -> Table {
    schema(db).await.table(&name.into()).expect("the table is there").clone()
}

/// Everything that the database has, as `pg_dump` writes it.
pub async fn dump(db: &DatabaseConnection) -> String {
    cluster::Cluster::get().expect("it is there").dump(&name(db).await)
}

/// What the database is called.
pub async fn name(db: &DatabaseConnection) -> String {
    let sql = "SELECT current_database()::text";
    let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await;
    row.expect("a row").expect("a row").try_get_by_index(0).expect("a name")
}

/// Rows as JSON texts.
pub async fn rows(db: &DatabaseConnection, query: &str) -> Vec<String> {
    let sql = format!("SELECT row_to_json(found)::text FROM ({query}) AS found");
    let rows = db.query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await;
    rows.expect("the rows").iter().map(|row| row.try_get_by_index(0).expect("a text")).collect()
}

/// Carries a plan out, and sees that the server then has what the model says. Answers the statements.
pub async fn carry_out(db: &DatabaseConnection, plan: Plan) -> Vec<String> {
    let before = schema(db).await;
    let statements = statements(&before, &plan.operations).expect("statements");
    run(db, "BEGIN").await;
    for sql in &statements {
        run(db, sql).await;
    }
    run(db, "COMMIT").await;
    let (found, expected) = (schema(db).await, after(before, &plan.operations));
    assert_same(found, expected);
    statements
}

/// The schema that the model says operations lead to.
pub fn after(mut schema: Schema, operations: &[Operation]) -> Schema {
    schema.apply_all(operations, DbBackend::Postgres).expect("the operations fit");
    schema
}

/// Compares, except for what cannot be known: whether a type is as it was declared, and names that the server gave.
pub fn assert_same(mut found: Schema, mut expected: Schema) {
    for table in expected.tables.values_mut() {
        table.columns.iter_mut().for_each(|column| column.declared = false);
        let Some(found) = found.tables.get_mut(&table.name) else { continue };
        let unnamed = table.uniques.iter().any(|unique| unique.name.is_none())
            || table.foreign_keys.iter().any(|key| key.name.is_none())
            || table.checks.iter().any(|check| check.name.is_none())
            || table.primary_key.iter().any(|key| key.name.is_none());
        if unnamed {
            forget_names(table);
            forget_names(found);
        }
    }
    for (name, table) in &expected.tables {
        assert_eq!(found.tables.get(name), Some(table));
    }
    assert_eq!(found, expected);
}

fn forget_names(table: &mut Table) {
    table.primary_key.iter_mut().for_each(|key| key.name = None);
    table.uniques.iter_mut().for_each(|unique| unique.name = None);
    table.foreign_keys.iter_mut().for_each(|key| key.name = None);
    table.checks.iter_mut().for_each(|check| check.name = None);
    table.sort();
}
