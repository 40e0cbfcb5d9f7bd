//! The same definitions read equal wherever they lie, and a script makes them again.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use sea_revise::{
    postgres::{SchemaScope, create_script, read},
    schema::Schema,
};

use super::setup::{assert_same, database, run, schema};
use cluster::Cluster;

/// A bit of everything. Nothing in it names a schema.
const ZOO: &str = "CREATE TYPE mood AS ENUM ('a', 'it''s');
    CREATE TABLE p (id bigserial PRIMARY KEY, name varchar(20) DEFAULT 'x' NOT NULL, mood mood DEFAULT 'a' NOT NULL,
        moods mood[] DEFAULT '{a}', made timestamptz DEFAULT now(), price numeric(8,2) DEFAULT 0.5 CHECK (price >= 0),
        doc jsonb DEFAULT '{}', span int4range, twice numeric GENERATED ALWAYS AS (price * 2) STORED,
        code text COLLATE \"C\", CONSTRAINT \"uq name\" UNIQUE (name, mood), UNIQUE NULLS NOT DISTINCT (code));
    CREATE TABLE \"C's Ö\" (\"select\" integer GENERATED ALWAYS AS IDENTITY, \"o'clock\" integer, p bigint
        REFERENCES p ON DELETE CASCADE ON UPDATE SET NULL DEFERRABLE, PRIMARY KEY (\"o'clock\", \"select\"),
        CHECK ((mood_of IS NULL) OR mood_of <> 'a'), mood_of mood);
    ALTER TABLE p ADD c_a integer, ADD c_b integer, ADD FOREIGN KEY (c_a, c_b) REFERENCES \"C's Ö\" MATCH FULL NOT VALID;
    CREATE UNIQUE INDEX partial ON p (lower(name), price DESC NULLS LAST) WHERE mood = 'a';
    CREATE INDEX gin ON p USING gin (doc jsonb_path_ops); CREATE INDEX \"inc\" ON p (id) INCLUDE (code);
    CREATE INDEX odd ON \"C's Ö\" (p); COMMENT ON TABLE p IS 'it''s'; COMMENT ON COLUMN \"C's Ö\".\"o'clock\" IS 'ö';
    CREATE VIEW b AS SELECT id, mood FROM p WHERE mood = 'a'; CREATE VIEW a AS SELECT b.id, c.p FROM b, \"C's Ö\" c;
    CREATE TRIGGER quiet BEFORE UPDATE OF mood ON p FOR EACH ROW WHEN (new.mood = 'a')
        EXECUTE FUNCTION suppress_redundant_updates_trigger()";

async fn read_here(db: &DatabaseConnection) -> Schema {
    let scope = SchemaScope::of_connection(db).await.expect("a schema");
    read(db, &scope).await.expect("the schema")
}

#[tokio::test]
async fn a_shadow_reads_like_the_real_thing_and_leaves_nothing() {
    let db = database!(ZOO);
    let real = schema(&db).await;
    assert_eq!((real.tables.len(), real.views.len()), (2, 2));
    assert_eq!(real.unmanaged, Vec::<String>::new());
    run(
        &db,
        &format!("BEGIN; CREATE SCHEMA \"Shadow 1\"; SET LOCAL search_path = \"Shadow 1\"; {ZOO}"),
    )
    .await;
    let shadow = read_here(&db).await;
    run(&db, "ROLLBACK").await;
    let written = |schema: &Schema| {
        format!("{:?}", schema.tables.values().next().map(|table| table.indexes.clone()))
    };
    assert_eq!(written(&shadow), written(&real));
    assert_same(shadow, real.clone());
    run(&db, &format!("BEGIN; SET LOCAL search_path = pg_temp; {ZOO}")).await;
    let scope = SchemaScope::of_connection(&db).await.expect("a schema");
    assert!(scope.own.starts_with("pg_temp_"), "{scope:?}");
    let temporary = read(&db, &scope).await.expect("the schema");
    // While they stand before the real ones, they are still not taken for them.
    run(&db, "SET LOCAL search_path = public").await;
    let public = SchemaScope { own: "public".to_owned(), ..scope };
    let beside = read(&db, &public).await.expect("the schema");
    run(&db, "ROLLBACK").await;
    assert_same(temporary, real.clone());
    assert_eq!(beside.tables.len(), real.tables.len());
    assert_same(schema(&db).await, real);
}

#[tokio::test]
async fn a_script_makes_the_schema_again() {
    let db = database!(ZOO);
    let mut scope = SchemaScope::of_connection(&db).await.expect("a schema");
    scope.others.insert("Sys".to_owned(), "Sys".to_owned());
    let sql = "CREATE SCHEMA \"Sys\"; CREATE TABLE \"Sys\".\"Order Items\" (id bigint PRIMARY KEY REFERENCES p, up bigint
        REFERENCES \"Sys\".\"Order Items\"); CREATE INDEX i ON \"Sys\".\"Order Items\" (up)";
    run(&db, sql).await;
    let real = read(&db, &scope).await.expect("the schema");
    let copy = Cluster::get().expect("a server").database().await;
    for sql in create_script(&real).expect("a script") {
        run(&copy, &sql).await;
    }
    assert_same(read(&copy, &scope).await.expect("the schema"), real);
}

#[tokio::test]
async fn two_hundred_tables_are_read_in_six_queries() {
    let db = database!(
        "DO $$ BEGIN FOR i IN 1..200 LOOP
            EXECUTE format('CREATE TABLE t%s (id serial PRIMARY KEY, a text DEFAULT ''x'' UNIQUE, b integer CHECK (b > 0),
                c timestamptz DEFAULT now(), d numeric(8,2), e integer REFERENCES t%s)', i, greatest(i - 1, 1));
            EXECUTE format('CREATE INDEX i%s ON t%s (b, c DESC) WHERE b > 1', i, i);
         END LOOP; END $$; ANALYZE"
    );
    let statement = |sql: &str| Statement::from_string(DbBackend::Postgres, sql);
    assert_eq!(schema(&db).await.tables.len(), 200);
    let found = schema(&db).await;
    assert_eq!(found.tables.values().map(|table| table.foreign_keys.len()).sum::<usize>(), 200);
    let row = db.query_one_raw(statement("SELECT count(*) FROM pg_prepared_statements")).await;
    let prepared: i64 = row.expect("a row").expect("a row").try_get_by_index(0).expect("a number");
    // The six, `current_schema()`, and this one.
    assert_eq!(prepared, 8);
}
