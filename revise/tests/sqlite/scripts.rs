//! What a comparison needs beside the tables that it is about: statistics, tables that are left alone, modules that are not there.

use std::time::Duration;

use sea_orm::ConnectionTrait;
use sea_orm_migration::{MigrationTrait, MigratorTrait};
use sea_revise::{
    GenerateOptions, Plan, Revise, Target, UrlStyle,
    project::compare::{Comparison, Side},
    schema::{DefaultValue, Index, Type, Unique},
};

use crate::{
    database, migrate,
    pairs::{compared, made, open},
    rows,
};

struct Nobody;

impl MigratorTrait for Nobody {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        Vec::new()
    }
}

/// Compares two sides, each a URL or a path, and leaves tables alone.
async fn without(a: &str, b: &str, exclude: &[&str]) -> sea_revise::Result<Comparison> {
    let revise = Revise::new::<Nobody>();
    let exclude = exclude.iter().map(|name| (*name).to_owned()).collect();
    let options = GenerateOptions { exclude, ..GenerateOptions::default() };
    let target = Target::parse(a, UrlStyle::Sqlx).unwrap();
    let (from, to): (Side, Side) = (revise.side(a)?, revise.side(b)?);
    revise.compare(&target, (&from, &to), &options).await
}

/// Runs the script of a comparison in the file that it is about.
async fn run_script(comparison: &Comparison, url: &str) {
    let script = comparison.script().await.unwrap();
    let (first, last) = comparison.guards(&script).unwrap();
    let script = [first, script.statements, last].concat().join(";\n");
    let db = open(url).await;
    db.execute_unprepared(&format!("BEGIN;\n{script};\nCOMMIT")).await.unwrap();
    db.close().await.unwrap();
}

const ANALYZED: &str = "CREATE TABLE t (id integer PRIMARY KEY, a text UNIQUE, b integer, c text); CREATE INDEX ib ON t (b);\
    CREATE INDEX ic ON t (c, b); CREATE TABLE u (k text PRIMARY KEY, v text) WITHOUT ROWID;\
    INSERT INTO t (a, b, c) VALUES ('x', 1, 'p'), ('y', 1, 'q'); INSERT INTO u VALUES ('k', 'v'); ANALYZE;";

const STATISTICS: &str =
    "SELECT tbl || ' ' || coalesce(idx, '-') || ' ' || stat FROM sqlite_stat1 ORDER BY 1";

#[tokio::test]
async fn statistics_survive_a_rebuild() {
    let all = ["t ib 2 2", "t ic 2 1 1", "t sqlite_autoindex_t_1 2 1", "u u 1 1"];
    let db = database(ANALYZED).await;
    assert_eq!(rows(&db, STATISTICS).await, all);
    migrate(
        &db,
        Plan::new()
            .set_default("t", "c", DefaultValue::sql("lower('X')"))
            .alter_type("u", "v", Type::Varchar(Some(9)))
            .create_index("t", Index::new("late", ["c"])),
    )
    .await;
    assert_eq!(rows(&db, STATISTICS).await, all);
    // Those of what is gone go.
    migrate(&db, Plan::new().drop_index("t", "ic").set_not_null("t", "c")).await;
    assert_eq!(rows(&db, STATISTICS).await, [all[0], all[2], all[3]]);
    migrate(&db, Plan::new().drop_unique("t", ["a"])).await;
    assert_eq!(rows(&db, STATISTICS).await, [all[0], all[3]]);
    migrate(&db, Plan::new().add_unique("t", Unique::new(["a"])).drop_table("u")).await;
    assert_eq!(rows(&db, STATISTICS).await, [all[0]]);
    migrate(&db, Plan::new().rename_table("t", "o'clock")).await;
    assert_eq!(rows(&db, STATISTICS).await, ["o'clock ib 2 2"]);
    let db = database(ANALYZED).await;
    migrate(&db, Plan::new().rename_table("t", "x").rename_table("u", "U")).await;
    let renamed = ["U U 1 1", "x ib 2 2", "x ic 2 1 1", "x sqlite_autoindex_x_1 2 1"];
    assert_eq!(rows(&db, STATISTICS).await, renamed);
    // Without statistics nothing is said about them.
    let db = database("CREATE TABLE t (a text)").await;
    let ran = migrate(&db, Plan::new().set_not_null("t", "a")).await;
    assert!(!ran.iter().any(|sql| sql.contains("sqlite_stat1")), "{ran:?}");
}

#[tokio::test]
async fn statistics_survive_a_script() {
    let home = tempfile::tempdir().unwrap();
    let a = made(&home, "a.db", ANALYZED).await;
    let b = made(&home, "b.db", &ANALYZED.replace("b integer, c", "b integer NOT NULL, c")).await;
    let comparison = compared(&a, &b).await;
    run_script(&comparison, &a).await;
    let db = open(&a).await;
    assert_eq!(rows(&db, STATISTICS).await.len(), 4);
    db.close().await.unwrap();
    assert!(compared(&a, &b).await.is_equal());
}

#[tokio::test]
async fn a_key_to_a_table_that_is_left_alone_is_scripted() {
    let home = tempfile::tempdir().unwrap();
    let before = "CREATE TABLE legacy_x (id integer PRIMARY KEY); CREATE VIEW old AS SELECT id FROM legacy_x;\
        CREATE TABLE a (id integer PRIMARY KEY, l integer); INSERT INTO legacy_x VALUES (1); INSERT INTO a VALUES (1, 1);";
    let a = made(&home, "a.db", before).await;
    let b = made(
        &home,
        "b.db",
        "CREATE TABLE legacy_x (id integer PRIMARY KEY, more text); CREATE VIEW old AS SELECT id FROM legacy_x;\
         CREATE TABLE a (id integer PRIMARY KEY, l integer REFERENCES legacy_x (id))",
    )
    .await;
    let comparison = without(&a, &b, &["legacy_x"]).await.unwrap();
    assert_eq!(comparison.difference.operations.len(), 1);
    run_script(&comparison, &a).await;
    assert!(without(&a, &b, &["legacy_x"]).await.unwrap().is_equal());
}

#[tokio::test]
async fn words_of_names_and_texts_are_no_statements() {
    let home = tempfile::tempdir().unwrap();
    let a = made(&home, "a.db", "CREATE TABLE t (a text)").await;
    let file = |name: &str, sql: &str| {
        let path = home.path().join(name);
        std::fs::write(&path, sql).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let named = file(
        "named.sql",
        "BEGIN TRANSACTION;\nCREATE TABLE attach_log (id integer, vacuum_at text DEFAULT 'vacuum; attach');\n\
         CREATE TRIGGER vacuum AFTER INSERT ON attach_log\nBEGIN\n  UPDATE attach_log SET vacuum_at = CASE 1 WHEN 1 THEN 'x' END;\nEND;\n\
         CREATE TABLE t (a text); -- ATTACH\nCOMMIT;\n",
    );
    let comparison = without(&a, &named, &[]).await.unwrap();
    assert_eq!(comparison.difference.operations.len(), 2, "{:?}", comparison.difference);
    for sql in [
        "CREATE TABLE t (a text);\nattach 'x.db' AS x;",
        "/* */ VACUUM",
        "SELECT 1;VACUUM INTO 'x.db'",
    ] {
        let Err(error) = without(&a, &file("bad.sql", sql), &[]).await else { panic!("{sql}") };
        assert_eq!(error.exit_code(), 2, "{error}");
        assert!(error.to_string().contains("ATTACH"), "{error}");
    }
}

#[tokio::test]
async fn a_module_that_is_not_there_is_left_out_of_the_copy() {
    let home = tempfile::tempdir().unwrap();
    let foreign = "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema VALUES ('table', 'v', 'v', 0, \
        'CREATE VIRTUAL TABLE v USING vec0(embedding float[3])'); PRAGMA writable_schema = OFF;";
    let a = made(&home, "a.db", &format!("CREATE TABLE t (a text); {foreign}")).await;
    let b = made(&home, "b.db", &format!("CREATE TABLE t (a text NOT NULL); {foreign}")).await;
    let comparison = compared(&a, &b).await;
    run_script(&comparison, &a).await;
    assert!(compared(&a, &b).await.is_equal());
    let c = made(&home, "c.db", &format!("CREATE TABLE t (a integer, b text); {foreign}")).await;
    compared(&a, &c).await.apply(true, None, Duration::ZERO).await.unwrap();
    assert!(compared(&a, &c).await.is_equal());
}

#[tokio::test]
async fn a_type_is_called_as_the_other_side_calls_it() {
    for kind in ["REAL", "BIGINT", "NUMERIC", "INT", "DATETIME", "Character Varying ( 10 )"] {
        let home = tempfile::tempdir().unwrap();
        let a = made(&home, "a.db", "CREATE TABLE t (id integer PRIMARY KEY, a blob)").await;
        let b = made(&home, "b.db", &format!("CREATE TABLE t (id integer PRIMARY KEY, a {kind})"))
            .await;
        let comparison = compared(&a, &b).await;
        comparison.apply(true, None, Duration::ZERO).await.unwrap();
        let db = open(&a).await;
        let types = rows(&db, "SELECT type FROM pragma_table_info('t') WHERE name = 'a'").await;
        assert_eq!(types[0].replace(' ', ""), kind.replace(' ', ""));
        db.close().await.unwrap();
        assert!(compared(&a, &b).await.is_equal(), "{kind}");
    }
}

/// Rows that a type by its own name cannot hold are found as they are by ours.
#[tokio::test]
async fn rows_that_a_type_by_its_own_name_cannot_hold_stop_it() {
    let home = tempfile::tempdir().unwrap();
    let a = made(&home, "a.db", "CREATE TABLE t (a text); INSERT INTO t VALUES ('x')").await;
    for kind in ["INT", "REAL", "BIGINT"] {
        let b = made(&home, &format!("{kind}.db"), &format!("CREATE TABLE t (a {kind})")).await;
        let error = compared(&a, &b).await.apply(true, None, Duration::ZERO).await.unwrap_err();
        assert!(error.to_string().contains("1 row of `t` has a value in `a`"), "{kind}: {error}");
    }
}
