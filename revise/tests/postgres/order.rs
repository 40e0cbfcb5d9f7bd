//! What needs what decides the order: the catalog of both sides is asked.

use std::time::Duration;

use cluster::Cluster;

use super::{
    pair::Pair,
    setup::{rows, run},
};

/// What is there on both sides, what one side has besides, and what the other one has.
const PAIRS: [(&str, &str, &str); 22] = [
    // Routines that cannot be replaced.
    ("", "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION f(b int) RETURNS int LANGUAGE sql AS 'SELECT 1'"),
    ("", "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION f(a int) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'"),
    ("", "CREATE FUNCTION f(a int DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'"),
    ("", "CREATE FUNCTION f(OUT a int, OUT b int) LANGUAGE sql AS 'SELECT 1, 2'",
        "CREATE FUNCTION f(OUT a int, OUT c int) LANGUAGE sql AS 'SELECT 1, 2'"),
    ("", "CREATE PROCEDURE f(a int) LANGUAGE sql AS 'SELECT 1'", "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'"),
    ("CREATE TABLE t (a int)", "CREATE FUNCTION f(x t) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION f(y t) RETURNS int LANGUAGE sql AS 'SELECT 1'"),
    // A default and a computed column by one whose result changes.
    ("", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TABLE t (a int DEFAULT f())",
        "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'SELECT ''x'''; CREATE TABLE t (a text DEFAULT f())"),
    ("", "CREATE FUNCTION f(a int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT a';
        CREATE TABLE t (a int, g int GENERATED ALWAYS AS (f(a)) STORED)",
        "CREATE FUNCTION f(b int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT b + 1';
        CREATE TABLE t (a int, g int GENERATED ALWAYS AS (f(a)) STORED)"),
    // One that calls another one by the name of its argument.
    ("", "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE FUNCTION g() RETURNS int BEGIN ATOMIC SELECT f(a => 1); END",
        "CREATE FUNCTION f(b int) RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE FUNCTION g() RETURNS int BEGIN ATOMIC SELECT f(b => 1); END"),
    // A check and an index by a function that is new.
    ("CREATE TABLE t (n int); INSERT INTO t VALUES (1)", "",
        "CREATE FUNCTION f(n int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT n'; ALTER TABLE t ADD CHECK (f(n) > 0)"),
    ("CREATE TABLE t (n int); INSERT INTO t VALUES (1)", "",
        "CREATE FUNCTION f(n int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT n'; CREATE UNIQUE INDEX i ON t (f(n))"),
    ("CREATE TABLE t (n int); INSERT INTO t VALUES (1)", "", "CREATE DOMAIN d AS int CHECK (value > 0);
        ALTER TABLE t ADD CHECK (n::d > 0)"),
    ("CREATE TABLE t (n int)", "", "CREATE FUNCTION f(x t) RETURNS bool IMMUTABLE LANGUAGE sql AS 'SELECT x.n > 0';
        ALTER TABLE t ADD CHECK (f(t))"),
    // Tables, views and routines that need each other.
    ("", "", "CREATE TABLE a (n int); CREATE VIEW v AS SELECT n FROM a;
        CREATE FUNCTION rows_of() RETURNS SETOF v LANGUAGE sql AS 'SELECT 1';
        CREATE VIEW b AS SELECT * FROM rows_of()"),
    ("", "", "CREATE TABLE p (n int); CREATE FUNCTION f(x p) RETURNS int LANGUAGE sql AS 'SELECT 1'"),
    ("CREATE TABLE t (b int)", "ALTER TABLE t ADD a int; CREATE FUNCTION f() RETURNS bigint BEGIN ATOMIC SELECT sum(a) FROM t; END", ""),
    ("CREATE TABLE t (b int)", "CREATE FUNCTION f() RETURNS bigint BEGIN ATOMIC SELECT sum(b) FROM t; END",
        "ALTER TABLE t ADD a int; CREATE FUNCTION f() RETURNS bigint BEGIN ATOMIC SELECT sum(a) FROM t; END; ALTER TABLE t DROP b"),
    ("", "", "CREATE TABLE z (n int); CREATE FUNCTION f() RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM z; END;
        CREATE TABLE a (n bigint DEFAULT f())"),
    ("", "", "CREATE TABLE t (n int, m int); CREATE FUNCTION f(x t) RETURNS bool IMMUTABLE LANGUAGE sql AS 'SELECT x.n > 0';
        ALTER TABLE t ADD CHECK (f(t));
        CREATE FUNCTION g(x t) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT x.n'; CREATE INDEX i ON t (g(t));
        CREATE FUNCTION h() RETURNS bigint
        BEGIN ATOMIC SELECT count(*) FROM t; END; ALTER TABLE t ALTER m SET DEFAULT h()"),
    // A name that is taken by another kind of object.
    ("", "CREATE DOMAIN x AS text", "CREATE TYPE x AS ENUM ('a')"),
    ("", "CREATE SEQUENCE x", "CREATE TABLE x (a int)"),
    ("CREATE TABLE t (a int)", "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE VIEW x AS SELECT f(a) FROM t; CREATE VIEW y AS SELECT * FROM x",
        "CREATE MATERIALIZED VIEW x AS SELECT a FROM t; CREATE VIEW y AS SELECT a FROM x"),
];

#[tokio::test]
async fn each_operation_finds_what_it_needs() {
    let Some(cluster) = Cluster::get() else { return };
    for (both, one, other) in PAIRS {
        let (one, other) = (format!("{both}; {one}"), format!("{both}; {other}"));
        let what = format!("from {one} to {other}");
        let pair = Pair::of(cluster, [&one, &other]).await;
        let script = pair.compare().await.script().await.expect(&what).statements.join(";\n");
        pair.apply(&what).await;
        let copy = Pair::of(cluster, [&one, &other]).await;
        run(&copy.dbs[0], &format!("BEGIN; {script}; COMMIT")).await;
        assert!(copy.compare().await.is_equal(), "{what}");
        let what = format!("from {other} to {one}");
        Pair::of(cluster, [&other, &one]).await.apply(&what).await;
    }
}

/// One of everything that may use a function.
const USERS: &str = "CREATE TABLE t (a int DEFAULT f(1), b int, CONSTRAINT positive CHECK (f(a) > 0)); INSERT INTO t VALUES (1, 2);
    COMMENT ON CONSTRAINT positive ON t IS 'a check'; CREATE INDEX i ON t (f(b)) WHERE f(a) > 0; COMMENT ON INDEX i IS 'an index';
    ALTER INDEX i ALTER COLUMN 1 SET STATISTICS 500;
    CREATE VIEW v AS SELECT f(a) AS fa FROM t; COMMENT ON VIEW v IS 'a view'; COMMENT ON COLUMN v.fa IS 'a column';
    CREATE VIEW w AS SELECT fa FROM v; GRANT SELECT ON w TO reader;
    CREATE POLICY p ON t USING (f(a) > 0); COMMENT ON POLICY p ON t IS 'a policy';
    CREATE RULE r AS ON INSERT TO t WHERE f(new.a) > 9 DO INSTEAD NOTHING; COMMENT ON RULE r ON t IS 'a rule';
    CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
    CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW WHEN (f(new.a) > 0) EXECUTE FUNCTION quiet();
        COMMENT ON TRIGGER g ON t IS 'a trigger';
    CREATE STATISTICS st ON (f(a)), b FROM t; ALTER STATISTICS st SET STATISTICS 70; COMMENT ON STATISTICS st IS 'statistics';
    CREATE FUNCTION h() RETURNS int BEGIN ATOMIC SELECT f(1); END; COMMENT ON FUNCTION h IS 'a function';
    CREATE DOMAIN d AS int CONSTRAINT dc CHECK (f(value) > 0); COMMENT ON CONSTRAINT dc ON DOMAIN d IS 'a check of a domain';
    COMMENT ON FUNCTION f IS 'f itself'; REVOKE ALL ON FUNCTION f FROM PUBLIC; GRANT EXECUTE ON FUNCTION f TO reader";

#[tokio::test]
async fn what_uses_a_function_outlives_its_being_made_anew() {
    let Some(cluster) = Cluster::get() else { return };
    let role = "DO $$BEGIN CREATE ROLE reader; EXCEPTION WHEN duplicate_object OR unique_violation THEN END$$;";
    let with = |definition: &str| {
        format!("{role} CREATE FUNCTION f(a int) {definition}; {USERS}").replace("OF(", "f(")
    };
    let one = with("RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1'");
    let other =
        with("RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1'").replace("f(a int)", "f(b int)");
    let pair = Pair::of(cluster, [&one, &other]).await;
    pair.apply("another name of the argument").await;
    assert_eq!(rows(&pair.dbs[0], "SELECT * FROM w").await, [r#"{"fa":1}"#]);
}

#[tokio::test]
async fn rows_that_a_new_function_refuses_are_the_servers_to_name() {
    let Some(cluster) = Cluster::get() else { return };
    let table = "CREATE TABLE t (n int); INSERT INTO t VALUES (0);";
    let other = format!(
        "{table} CREATE FUNCTION f(n int) RETURNS int LANGUAGE sql AS 'SELECT n';
        ALTER TABLE t ADD CONSTRAINT c CHECK (f(n) > 0) NOT VALID;
         DELETE FROM t; ALTER TABLE t VALIDATE CONSTRAINT c"
    );
    let pair = Pair::of(cluster, [table, &other]).await;
    let before = pair.dumps().await;
    let applied = pair.compare().await.apply(true, None, Duration::from_secs(5)).await;
    let error = applied.expect_err("a row is in the way");
    assert_eq!(error.exit_code(), 9, "{error}");
    assert!(error.to_string().contains("\"c\" of relation \"t\" is violated"), "{error}");
    assert_eq!(pair.dumps().await, before);
}
