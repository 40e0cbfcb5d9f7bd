//! Whole comparisons of files: both ways, by the engine and by its script, measured with SQLite's own pragmas.

use std::{collections::BTreeMap, time::Duration};

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use sea_orm_migration::{MigrationTrait, MigratorTrait};
use sea_revise::{
    Revise, Target, UrlStyle,
    project::{
        compare::{Comparison, Side},
        generate::GenerateOptions,
    },
};
use tempfile::TempDir;

use crate::rows;

/// Two schemas, and rows for the first.
struct Pair {
    a: &'static str,
    b: &'static str,
    rows: &'static str,
}

/// What has to be equal afterwards, as SQLite tells it: types by their affinity, indexes by what they do.
const FACTS: &str = "\
WITH t AS (SELECT name, wr, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%') \
SELECT 'table ' || name || ' ' || wr || strict FROM t \
UNION ALL SELECT 'column ' || t.name || '.' || c.name || ' ' || lower(CASE c.type WHEN 'INT' THEN 'integer' ELSE c.type END) \
    || ' ' || (c.\"notnull\" OR c.pk AND lower(c.type) = 'integer' AND NOT t.wr) || ' ' || coalesce(trim(c.dflt_value, '()'), '') \
    || ' ' || c.pk || ' ' || c.hidden FROM t, pragma_table_xinfo(t.name) c \
UNION ALL SELECT 'index ' || t.name || ' ' || i.\"unique\" || i.partial || (i.origin = 'pk') || ' ' || (SELECT group_concat( \
    coalesce(x.name, '?') || ' ' || x.desc || lower(x.coll)) FROM pragma_index_xinfo(i.name) x WHERE x.key) \
    FROM t, pragma_index_list(t.name) i \
UNION ALL SELECT 'key ' || t.name || '.' || f.\"from\" || ' ' || lower(f.\"table\") || '.' || lower(coalesce(f.\"to\", 'id')) \
    || f.on_update || f.on_delete FROM t, pragma_foreign_key_list(t.name) f \
UNION ALL SELECT type || ' ' || sql FROM sqlite_schema WHERE type IN ('view', 'trigger') \
UNION ALL SELECT 'automatic ' || name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%' \
UNION ALL SELECT 'deferred ' || name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%INITIALLY DEFERRED%' \
UNION ALL SELECT 'conflict ' || s.name || ' ' || value FROM sqlite_schema s, json_each('[\"FAIL\",\"IGNORE\",\"REPLACE\",\"ROLLBACK\"]') \
    WHERE s.type = 'table' AND s.sql LIKE '%ON CONFLICT ' || value || '%' \
ORDER BY 1";

struct Nobody;

impl MigratorTrait for Nobody {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        Vec::new()
    }
}

pub async fn open(url: &str) -> DatabaseConnection {
    let path = url.strip_prefix("sqlite://").unwrap().to_owned();
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false).map_sqlx_sqlite_opts(move |options| {
        options.filename(&path).create_if_missing(true).foreign_keys(false)
    });
    Database::connect(options).await.unwrap()
}

pub async fn made(home: &TempDir, name: &str, sql: &str) -> String {
    let url = format!("sqlite://{}", home.path().join(name).display());
    let db = open(&url).await;
    db.execute_unprepared(sql).await.unwrap();
    db.close().await.unwrap();
    url
}

async fn asked(url: &str, sql: &str) -> Vec<String> {
    let db = open(url).await;
    let answer = rows(&db, sql).await;
    db.close().await.unwrap();
    answer
}

pub async fn compared(a: &str, b: &str) -> Comparison {
    let target = |url: &str| Target::parse(url, UrlStyle::Sqlx).unwrap();
    let (from, to) = (Side::Url(target(a)), Side::Url(target(b)));
    let revise = Revise::new::<Nobody>();
    revise.compare(&target(a), (&from, &to), &GenerateOptions::default()).await.unwrap()
}

/// Every value of every table that is not computed.
async fn values(url: &str) -> BTreeMap<String, Vec<String>> {
    let columns = "SELECT t.name || '|' || c.name FROM pragma_table_list t, pragma_table_xinfo(t.name) c \
                   WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND c.hidden = 0";
    let mut found = BTreeMap::new();
    for column in asked(url, columns).await {
        let (table, name) = column.split_once('|').unwrap();
        let sql = format!("SELECT CAST(\"{name}\" AS text) FROM \"{table}\" ORDER BY 1");
        found.insert(column.to_lowercase(), asked(url, &sql).await);
    }
    found
}

/// Makes one file as the other, and the same by the script in a copy.
async fn lead(a: &str, b: &str) {
    let comparison = compared(a, b).await;
    assert_eq!(asked(a, FACTS).await == asked(b, FACTS).await, comparison.is_equal());
    let copy = a.replace(".db", "-script.db");
    std::fs::copy(a.strip_prefix("sqlite://").unwrap(), copy.strip_prefix("sqlite://").unwrap())
        .unwrap();
    let before = values(a).await;
    comparison.apply(true, None, Duration::ZERO).await.unwrap();
    let told = format!("{:#?}", comparison.difference.operations);
    assert_eq!(asked(a, FACTS).await, asked(b, FACTS).await, "{told}");
    assert_eq!(asked(a, "PRAGMA integrity_check").await, ["ok"]);
    assert!(compared(a, b).await.is_equal(), "{told}");
    let after = values(a).await;
    for (column, kept) in before.iter().filter_map(|(name, kept)| Some((after.get(name)?, kept))) {
        assert_eq!(column, kept, "{told}");
    }
    let script = comparison.script().await.unwrap();
    let (first, last) = comparison.guards(&script).unwrap();
    let script = [first, script.statements, last].concat().join(";\n");
    let db = open(&copy).await;
    db.execute_unprepared(&format!("BEGIN;\n{script};\nCOMMIT")).await.unwrap();
    db.close().await.unwrap();
    assert_eq!(asked(&copy, FACTS).await, asked(b, FACTS).await, "{script}");
    assert_eq!(values(&copy).await, after, "{script}");
}

async fn both_ways(pair: Pair) {
    let home = tempfile::tempdir().unwrap();
    let a = made(&home, "a.db", &format!("{}; {}", pair.a, pair.rows)).await;
    let b = made(&home, "b.db", pair.b).await;
    let old = made(&home, "old.db", pair.a).await;
    lead(&a, &b).await;
    lead(&a, &old).await;
}

#[tokio::test]
async fn what_names_a_computed_column_survives_its_change() {
    both_ways(Pair {
        a: "CREATE TABLE t (id integer PRIMARY KEY, a int, g int AS (a * 2) STORED, v text AS (a || 'x') UNIQUE, CHECK (g > 0));\
            CREATE INDEX ig ON t (g); CREATE UNIQUE INDEX iv ON t (v) WHERE g > 0; CREATE VIEW w AS SELECT g FROM t;\
            CREATE TRIGGER r AFTER UPDATE OF a ON t WHEN new.g > 1 BEGIN SELECT new.v; END",
        b: "CREATE TABLE t (id integer PRIMARY KEY, a int, g int AS (a * 3) VIRTUAL, v text AS (a || 'y') UNIQUE, CHECK (g > 0));\
            CREATE INDEX ig ON t (g); CREATE UNIQUE INDEX iv ON t (v) WHERE g > 0; CREATE VIEW w AS SELECT g FROM t;\
            CREATE TRIGGER r AFTER UPDATE OF a ON t WHEN new.g > 1 BEGIN SELECT new.v; END",
        rows: "INSERT INTO t (id, a) VALUES (1, 5), (2, 6)",
    })
    .await;
}

#[tokio::test]
async fn a_column_keeps_the_values_that_it_was_computed_to() {
    let home = tempfile::tempdir().unwrap();
    let computed = "CREATE TABLE t (a int, g int AS (a * 2) STORED); CREATE INDEX i ON t (g);";
    let a = made(&home, "a.db", &format!("{computed} INSERT INTO t VALUES (5)")).await;
    let b = made(&home, "b.db", "CREATE TABLE t (a int, g int); CREATE INDEX i ON t (g)").await;
    compared(&a, &b).await.apply(false, None, Duration::ZERO).await.unwrap();
    assert_eq!(asked(&a, "SELECT CAST(g AS text) FROM t").await, ["10"]);
    asked(&a, "UPDATE t SET g = 7").await;
    let old = made(&home, "old.db", computed).await;
    let back = compared(&a, &old).await;
    let error = back.apply(false, None, Duration::ZERO).await.unwrap_err();
    assert!(error.to_string().contains("computed as a * 2"), "{error}");
    assert_eq!(
        (error.exit_code(), asked(&a, "SELECT CAST(g AS text) FROM t").await),
        (3, vec!["7".to_owned()])
    );
    back.apply(true, None, Duration::ZERO).await.unwrap();
    assert_eq!(asked(&a, "SELECT CAST(g AS text) FROM t").await, ["10"]);
}

#[tokio::test]
async fn a_computed_column_changes_with_what_it_is_computed_from() {
    let home = tempfile::tempdir().unwrap();
    let sql = "CREATE TABLE t (a int, g int AS (a * 2) STORED); CREATE INDEX i ON t (g); INSERT INTO t VALUES (5)";
    let a = made(&home, "a.db", sql).await;
    let b = made(
        &home,
        "b.db",
        "CREATE TABLE t (a text, g text AS (a || a) VIRTUAL); CREATE INDEX i ON t (g)",
    )
    .await;
    let comparison = compared(&a, &b).await;
    comparison.apply(false, None, Duration::ZERO).await.unwrap();
    assert_eq!(asked(&a, "SELECT CAST(g AS text) FROM t").await, ["55"]);
    assert!(compared(&a, &b).await.is_equal());
}

#[tokio::test]
async fn all_that_a_definition_says_is_a_difference() {
    for pair in definitions().into_iter().chain(constraints_and_objects()) {
        both_ways(pair).await;
    }
}

fn definitions() -> Vec<Pair> {
    let pair = |a, b, rows| Pair { a, b, rows };
    vec![
        pair(
            "CREATE TABLE t (id integer PRIMARY KEY, a text COLLATE NOCASE UNIQUE, b text)",
            "CREATE TABLE t (id integer PRIMARY KEY, a text UNIQUE, b text COLLATE RTRIM)",
            "INSERT INTO t VALUES (1, 'x', 'y'), (2, 'z', 'q')",
        ),
        pair(
            "CREATE TABLE t (id integer PRIMARY KEY, a text, b int, c real, d blob)",
            "CREATE TABLE t (id integer PRIMARY KEY, a text, b int, c real, d blob) STRICT",
            "INSERT INTO t VALUES (1, 'x', 2, 3.5, x'00')",
        ),
        pair(
            "CREATE TABLE t (k integer PRIMARY KEY AUTOINCREMENT, a text)",
            "CREATE TABLE t (k integer NOT NULL PRIMARY KEY, a text) WITHOUT ROWID",
            "INSERT INTO t VALUES (1, 'x'), (7, 2)",
        ),
        pair(
            "CREATE TABLE t (k integer PRIMARY KEY, a text)",
            "CREATE TABLE t (k bigint PRIMARY KEY, a text)",
            "INSERT INTO t VALUES (1, 'x'), (7, 2)",
        ),
        pair(
            "CREATE TABLE t (id integer PRIMARY KEY ON CONFLICT REPLACE, a text NOT NULL ON CONFLICT IGNORE, b text \
             UNIQUE ON CONFLICT REPLACE, c text, UNIQUE (c, b) ON CONFLICT FAIL)",
            "CREATE TABLE t (id integer PRIMARY KEY, a text NOT NULL, b text UNIQUE, c text, UNIQUE (c, b) ON CONFLICT ROLLBACK)",
            "INSERT INTO t VALUES (1, 'x', 'b', 'c')",
        ),
        pair(
            "CREATE TABLE t (k integer PRIMARY KEY DESC, a text); CREATE TABLE c (a, b, PRIMARY KEY (a DESC, b COLLATE NOCASE))",
            "CREATE TABLE t (k integer PRIMARY KEY, a text); CREATE TABLE c (a, b, PRIMARY KEY (a, b))",
            "INSERT INTO t VALUES (4, 'x'), (2, 'y'); INSERT INTO c VALUES (1, 1), (1, 2)",
        ),
    ]
}

fn constraints_and_objects() -> Vec<Pair> {
    let pair = |a, b, rows| Pair { a, b, rows };
    vec![
        pair(
            "CREATE TABLE p (id integer PRIMARY KEY); CREATE TABLE t (p int REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
            "CREATE TABLE p (id integer PRIMARY KEY); CREATE TABLE t (p int REFERENCES p)",
            "INSERT INTO p VALUES (1); INSERT INTO t VALUES (1)",
        ),
        pair(
            "CREATE TABLE x (id integer PRIMARY KEY); CREATE TABLE y (id integer PRIMARY KEY);\
             CREATE TABLE t (a int REFERENCES x, b int, FOREIGN KEY (a) REFERENCES y)",
            "CREATE TABLE x (id integer PRIMARY KEY); CREATE TABLE y (id integer PRIMARY KEY);\
             CREATE TABLE t (a int REFERENCES y, b int)",
            "INSERT INTO x VALUES (1); INSERT INTO y VALUES (1); INSERT INTO t VALUES (1, 1)",
        ),
        pair(
            "CREATE TABLE t (a int, b int, UNIQUE (a, b), UNIQUE (a, b), UNIQUE (a))",
            "CREATE TABLE t (a int, b int, UNIQUE (b, a))",
            "INSERT INTO t VALUES (1, 1)",
        ),
        pair(
            "CREATE TABLE t (a, b); CREATE VIEW v AS SELECT a FROM t;\
             CREATE TRIGGER r INSTEAD OF INSERT ON v BEGIN INSERT INTO t (a) VALUES (new.a); END",
            "CREATE TABLE t (a, b); CREATE VIEW v AS SELECT a, b FROM t;\
             CREATE TRIGGER r INSTEAD OF INSERT ON v BEGIN INSERT INTO t (a) VALUES (new.a); END;\
             CREATE TRIGGER s INSTEAD OF DELETE ON v BEGIN DELETE FROM t; END",
            "INSERT INTO t VALUES (1, 2)",
        ),
        pair(
            "CREATE TABLE Item (ID integer PRIMARY KEY, Name text); CREATE TABLE part (item int REFERENCES ITEM (id));\
             CREATE INDEX Item_Name ON item (NAME)",
            "CREATE TABLE item (id integer PRIMARY KEY, name text NOT NULL); CREATE TABLE part (item int REFERENCES item (ID));\
             CREATE INDEX item_name ON Item (name)",
            "INSERT INTO Item VALUES (1, 'x'); INSERT INTO part VALUES (1)",
        ),
    ]
}

#[tokio::test]
async fn a_key_that_may_be_null_stays_so_with_its_rows() {
    both_ways(Pair {
        a: "CREATE TABLE t (k text PRIMARY KEY, a text); CREATE TABLE c (a int, b int, x int, PRIMARY KEY (a, b))",
        b: "CREATE TABLE t (k text PRIMARY KEY, a text NOT NULL, z int); CREATE TABLE c (a int, b int, x text, PRIMARY KEY (a, b))",
        rows: "INSERT INTO t VALUES (NULL, 'x'), (NULL, 'y'), ('k', 'z'); INSERT INTO c VALUES (NULL, 1, 1), (NULL, 1, 2)",
    })
    .await;
}

#[tokio::test]
async fn rows_that_a_definition_does_not_suit_stop_it() {
    for (a, b, says) in [
        (
            "CREATE TABLE t (a text COLLATE BINARY UNIQUE); INSERT INTO t VALUES ('x'), ('X')",
            "CREATE TABLE t (a text COLLATE NOCASE UNIQUE)",
            "2 rows of `t` repeat a value of `a`",
        ),
        (
            "CREATE TABLE t (a int, b blob); INSERT INTO t VALUES ('x', x'00')",
            "CREATE TABLE t (a int, b blob) STRICT",
            "1 row of `t` has a value in `a` that a strict INT cannot hold",
        ),
        (
            "CREATE TABLE t (a text PRIMARY KEY); INSERT INTO t VALUES (NULL)",
            "CREATE TABLE t (a text PRIMARY KEY) WITHOUT ROWID",
            "1 row of `t` has NULL in `a`",
        ),
    ] {
        let home = tempfile::tempdir().unwrap();
        let (a, b) = (made(&home, "a.db", a).await, made(&home, "b.db", b).await);
        let before = asked(&a, FACTS).await;
        let comparison = compared(&a, &b).await;
        let error = comparison.apply(true, None, Duration::ZERO).await.unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
        let (first, _) = comparison.guards(&sea_revise::sqlite::Script::default()).unwrap();
        let db = open(&a).await;
        assert!(db.execute_unprepared(&first.join(";")).await.is_err());
        db.close().await.unwrap();
        assert_eq!(asked(&a, FACTS).await, before);
    }
}

#[tokio::test]
async fn a_virtual_table_is_said_in_words() {
    let home = tempfile::tempdir().unwrap();
    let a =
        made(&home, "a.db", "CREATE TABLE t (a); CREATE VIRTUAL TABLE f USING fts5 (x, y)").await;
    let b =
        made(&home, "b.db", "CREATE TABLE t (a, b); CREATE VIRTUAL TABLE f USING fts5 (x, y, z)")
            .await;
    assert!(compared(&a, &a).await.is_equal());
    let comparison = compared(&a, &b).await;
    assert_eq!(comparison.difference.by_hand.len(), 1);
    let error = comparison.apply(true, None, Duration::ZERO).await.unwrap_err();
    assert!(error.to_string().contains("virtual table f"), "{error}");
    assert_eq!(asked(&a, "SELECT name FROM pragma_table_info('t')").await, ["a"]);
}
