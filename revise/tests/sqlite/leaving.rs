//! Plans over a connection that has `foreign_keys` on, as a program's pool and SeaORM's own migrator have it.

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use sea_orm_migration::SchemaManager;
use sea_revise::{
    operation::Plan,
    schema::{DefaultValue, Type},
    sqlite::read,
};

use crate::{assert_same, database, rows};

const ROWS: &str = "INSERT INTO \"Odd p\"\"\" VALUES (1, 'x', NULL), (2, 'y', 1), (3, 'z', 3);\
    INSERT INTO c VALUES (1, 1, 'REFERENCES p'), (2, 2, ''), (3, NULL, ''); INSERT INTO g VALUES (1, 1), (2, 2);";

/// A parent that points at itself, its children, theirs, and all that hangs on them.
fn tables(action: &str) -> String {
    format!(
        "CREATE TABLE \"Odd p\"\"\" (id integer PRIMARY KEY, a text, up integer REFERENCES [odd P\"] (id) {action});\
         CREATE TABLE c (id integer PRIMARY KEY AUTOINCREMENT, p integer REFERENCES `odd p\"`(id) {action},\
         x text DEFAULT 'REFERENCES p', CHECK (x <> 'REFERENCES \"Odd p\"'));\
         CREATE TABLE g (id integer PRIMARY KEY, c integer, CONSTRAINT \"k\" FOREIGN KEY (c) /* references p */ REFERENCES c {action}) ;\
         CREATE TABLE log (x); CREATE INDEX i ON c (p); CREATE VIEW v AS SELECT a, x FROM \"Odd p\"\"\" q, c WHERE c.p = q.id;\
         CREATE TRIGGER t AFTER DELETE ON c BEGIN INSERT INTO log VALUES (old.id); END;{ROWS}"
    )
}

async fn guarded(sql: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.max_connections(1).min_connections(1).sqlx_logging(false);
    let db = Database::connect(options).await.unwrap();
    db.execute_unprepared(sql).await.unwrap();
    db
}

/// Carries a plan out as a migration does it.
async fn apply(db: &DatabaseConnection, plan: Plan) -> Result<(), String> {
    db.execute_unprepared("BEGIN").await.unwrap();
    let done = plan.apply(&SchemaManager::new(db)).await;
    let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
    db.execute_unprepared(end).await.unwrap();
    done.map_err(|error| error.to_string())
}

async fn facts(db: &DatabaseConnection) -> Vec<String> {
    let mut facts = Vec::new();
    for sql in [
        "SELECT json_array(id, a, up) FROM \"Odd p\"\"\"",
        "SELECT json_array(id, p, x) FROM c",
        "SELECT json_array(id, c) FROM g",
        "SELECT json_array(x) FROM log",
        "SELECT json_array(a, x) FROM v",
        "SELECT json_array(name, seq) FROM sqlite_sequence",
        "SELECT json_array(\"table\", parent) FROM pragma_foreign_key_check",
        "PRAGMA integrity_check",
    ] {
        facts.extend(rows(db, sql).await);
    }
    facts
}

const ACTIONS: [&str; 6] = [
    "",
    "ON DELETE CASCADE",
    "ON DELETE RESTRICT ON UPDATE CASCADE",
    "ON DELETE SET NULL",
    "ON DELETE SET DEFAULT",
    "DEFERRABLE INITIALLY DEFERRED",
];

#[tokio::test]
async fn a_rebuild_leads_to_the_same_with_foreign_keys_on() {
    let plans: [fn() -> Plan; 5] = [
        || Plan::new().set_not_null("Odd p\"", "a"),
        || Plan::new().set_default("c", "x", DefaultValue::sql("'y'")),
        || {
            Plan::new()
                .alter_type("Odd p\"", "a", Type::Varchar(Some(40)))
                .drop_foreign_key("Odd p\"", ["up"])
        },
        || Plan::new().set_not_null("Odd p\"", "a").set_not_null("c", "x").set_not_null("g", "c"),
        || Plan::new().set_not_null("g", "c").set_not_null("c", "x").set_not_null("Odd p\"", "a"),
    ];
    for action in ACTIONS {
        for (number, plan) in plans.iter().enumerate() {
            let (free, guarded) = (database(&tables(action)).await, guarded(&tables(action)).await);
            let before = facts(&guarded).await;
            for db in [&free, &guarded] {
                apply(db, plan())
                    .await
                    .unwrap_or_else(|error| panic!("{action} {number}: {error}"));
            }
            let why = format!("{action}, plan {number}");
            assert_eq!(facts(&guarded).await, before, "{why}");
            assert_same(read(&guarded).await.unwrap(), read(&free).await.unwrap(), &why);
            for sql in ["foreign_keys", "writable_schema", "legacy_alter_table"] {
                let on = rows(&guarded, &format!("SELECT {sql} || '' FROM pragma_{sql}")).await;
                assert_eq!(on, [if sql == "foreign_keys" { "1" } else { "0" }], "{why}: {sql}");
            }
            let orphan = guarded.execute_unprepared("BEGIN; INSERT INTO c (p) VALUES (99); COMMIT");
            let error = orphan.await.unwrap_err().to_string();
            assert!(error.contains("FOREIGN KEY constraint failed"), "{error}");
            free.close().await.unwrap();
            guarded.close().await.unwrap();
        }
    }
}

#[tokio::test]
async fn two_tables_that_point_at_each_other_are_both_rebuilt() {
    let sql = "CREATE TABLE a (id integer PRIMARY KEY, b integer REFERENCES b (id) ON DELETE CASCADE, x text);\
        CREATE TABLE b (id integer PRIMARY KEY, a integer REFERENCES a (id) ON DELETE CASCADE, x text);\
        INSERT INTO a VALUES (1, NULL, ''); INSERT INTO b VALUES (1, 1, ''); UPDATE a SET b = 1;";
    let db = guarded(sql).await;
    apply(&db, Plan::new().set_not_null("a", "x").set_not_null("b", "x")).await.unwrap();
    assert_eq!(
        rows(&db, "SELECT json_array(a.id, a.b, b.a) FROM a JOIN b ON b.id = a.b").await,
        ["[1,1,1]"]
    );
    db.execute_unprepared("DELETE FROM a").await.unwrap();
    assert!(rows(&db, "SELECT json_array(id) FROM b").await.is_empty());
    db.close().await.unwrap();
}

#[tokio::test]
async fn what_is_dropped_for_good_keeps_its_children_and_what_fails_changes_nothing() {
    for action in ACTIONS {
        let db = guarded(&tables(action)).await;
        let (before, schema) = (facts(&db).await, read(&db).await.unwrap());
        let error = apply(&db, Plan::new().drop_table("Odd p\"")).await.unwrap_err();
        assert!(error.contains("2 rows of `c` at"), "{error}");
        assert!(error.contains("foreign_keys(false)"), "{error}");
        // After the children were pointed at the new table.
        let late = Plan::new().set_not_null("Odd p\"", "a").raw_sqlite("SELECT no_such_thing()");
        let error = apply(&db, late).await.unwrap_err();
        assert!(error.contains("no_such_thing"), "{error}");
        assert_eq!(facts(&db).await, before, "{action}");
        assert_same(read(&db).await.unwrap(), schema, action);
        db.execute_unprepared("DELETE FROM g; DELETE FROM c").await.unwrap();
        db.close().await.unwrap();
    }
}
