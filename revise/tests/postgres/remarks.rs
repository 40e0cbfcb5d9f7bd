//! Comments outlive what they are on, where that is made anew.

use std::time::Duration;

use cluster::Cluster;

use super::{pair::Pair, setup::rows};

/// What both have, and what each has besides. The comments are on both sides the same.
const PAIRS: [(&str, &str, &str, &str); 14] = [
    ("", "CREATE TABLE t (s text); CREATE POLICY p ON t USING (s <> 'x')", "CREATE TABLE t (s varchar(9));
        CREATE POLICY p ON t USING (s <> 'x')",
        "COMMENT ON POLICY p ON t IS 'p'"),
    ("CREATE TABLE t (s int)", "CREATE POLICY p ON t USING (s > 1)", "CREATE POLICY p ON t USING (s > 2)",
        "COMMENT ON POLICY p ON t IS 'it''s'"),
    ("CREATE TABLE t (s int)", "CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING", "CREATE RULE r AS ON UPDATE TO t DO INSTEAD NOTHING",
        "COMMENT ON RULE r ON t IS 'r'; ALTER TABLE t DISABLE RULE r"),
    ("CREATE TABLE t (a int, b int)", "ALTER TABLE t ADD CONSTRAINT c UNIQUE (a)", "ALTER TABLE t ADD CONSTRAINT c UNIQUE (b)",
        "COMMENT ON CONSTRAINT c ON t IS 'c'; COMMENT ON INDEX c IS 'the index'; ALTER TABLE t CLUSTER ON c;
        ALTER INDEX c SET (fillfactor = 70)"),
    ("CREATE TABLE t (a int NOT NULL, b int NOT NULL)", "ALTER TABLE t ADD CONSTRAINT c PRIMARY KEY (a)",
        "ALTER TABLE t ADD CONSTRAINT c PRIMARY KEY (b)",
        "COMMENT ON CONSTRAINT c ON t IS 'c'"),
    ("CREATE TABLE p (a int PRIMARY KEY); CREATE TABLE t (a int, b int)", "ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES p",
        "ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (b) REFERENCES p", "COMMENT ON CONSTRAINT c ON t IS 'c'"),
    ("CREATE TABLE t (a int)", "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)", "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 1)",
        "COMMENT ON CONSTRAINT c ON t IS 'c'"),
    ("CREATE TABLE t (a int)", "ALTER TABLE t ADD CONSTRAINT c EXCLUDE (a WITH =)",
        "ALTER TABLE t ADD CONSTRAINT c EXCLUDE (a WITH =) WHERE (a > 0)",
        "COMMENT ON CONSTRAINT c ON t IS 'c'"),
    ("CREATE TABLE t (a int, b int)", "CREATE INDEX i ON t (a)", "CREATE INDEX i ON t ((b + 1))", "COMMENT ON INDEX i IS 'i';
        ALTER TABLE t CLUSTER ON i"),
    ("CREATE TABLE t (a int, b int, c int)", "CREATE STATISTICS st ON a, b FROM t", "CREATE STATISTICS st ON a, c FROM t",
        "COMMENT ON STATISTICS st IS 'st'; ALTER STATISTICS st SET STATISTICS 70"),
    ("CREATE TABLE t (a int); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE TRIGGER g AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "COMMENT ON TRIGGER g ON t IS 'g'; ALTER TABLE t DISABLE TRIGGER g"),
    ("CREATE DOMAIN year AS int", "ALTER DOMAIN year ADD CONSTRAINT yc CHECK (value > 0)",
        "ALTER DOMAIN year ADD CONSTRAINT yc CHECK (value > 1)",
        "COMMENT ON CONSTRAINT yc ON DOMAIN year IS 'yc'"),
    ("", "CREATE TYPE mood AS ENUM ('a', 'b')", "CREATE TYPE mood AS ENUM ('b', 'a')", "COMMENT ON TYPE mood IS 'mood'"),
    ("CREATE TABLE t (a int)", "ALTER TABLE t ADD g int GENERATED ALWAYS AS (a + 1) STORED",
        "ALTER TABLE t ADD g int GENERATED ALWAYS AS (a + 2) STORED",
        "ALTER TABLE t ADD CONSTRAINT u UNIQUE (g); COMMENT ON CONSTRAINT u ON t IS 'u'; CREATE INDEX i ON t (g);
        COMMENT ON INDEX i IS 'i';
        ALTER TABLE t CLUSTER ON i; CREATE STATISTICS st ON a, g FROM t; COMMENT ON STATISTICS st IS 'st';
        ALTER TABLE t ALTER g SET STATISTICS 9;
        ALTER TABLE t ADD CONSTRAINT x EXCLUDE (g WITH =); COMMENT ON CONSTRAINT x ON t IS 'x'; COMMENT ON COLUMN t.g IS 'g'"),
];

#[tokio::test]
async fn comments_and_settings_outlive_what_they_are_on() {
    let Some(cluster) = Cluster::get() else { return };
    for (both, one, other, remarks) in PAIRS {
        let (one, other) =
            (format!("{both}; {one}; {remarks}"), format!("{both}; {other}; {remarks}"));
        Pair::of(cluster, [&one, &other]).await.apply(remarks).await;
        Pair::of(cluster, [&other, &one]).await.apply(&format!("the way back of {remarks}")).await;
    }
}

#[tokio::test]
async fn a_comment_goes_where_the_other_side_has_none() {
    let Some(cluster) = Cluster::get() else { return };
    for (both, one, other, remarks) in PAIRS {
        let remarked = format!("{both}; {one}; {remarks}");
        let (_, first) = remarks.split_once("ALTER TABLE t ADD CONSTRAINT u").map_or(("", ""), |_| {
            ("", "ALTER TABLE t ADD CONSTRAINT u UNIQUE (g); CREATE INDEX i ON t (g); ALTER TABLE t ADD CONSTRAINT x EXCLUDE (g WITH =)")
        });
        let bare = format!("{both}; {other}; {first}");
        Pair::of(cluster, [&remarked, &bare]).await.apply(&format!("without {remarks}")).await;
        Pair::of(cluster, [&bare, &remarked]).await.apply(&format!("with {remarks}")).await;
    }
}

#[tokio::test]
async fn a_comment_is_on_the_constraint_that_says_the_same_under_another_name() {
    let Some(cluster) = Cluster::get() else { return };
    let one = "CREATE TABLE p (a int PRIMARY KEY);
        CREATE TABLE t (a int CONSTRAINT u1 UNIQUE CONSTRAINT c1 CHECK (a > 0) CONSTRAINT f1 REFERENCES p);
        CREATE INDEX i1 ON t ((a + 1))";
    let other = "CREATE TABLE p (a int CONSTRAINT key PRIMARY KEY);
        CREATE TABLE t (a int CONSTRAINT u2 UNIQUE CONSTRAINT c2 CHECK (a > 0) CONSTRAINT f2 REFERENCES p);
        CREATE INDEX i2 ON t ((a + 1));
        COMMENT ON CONSTRAINT key ON p IS 'key'; COMMENT ON CONSTRAINT u2 ON t IS 'u2'; COMMENT ON CONSTRAINT c2 ON t IS 'c2';
        COMMENT ON CONSTRAINT f2 ON t IS 'it''s f2'; COMMENT ON INDEX i2 IS 'i2'; ALTER INDEX i2 SET (fillfactor = 70);
        ALTER TABLE t CLUSTER ON i2";
    for schemas in [[one, other], [other, one]] {
        let pair = Pair::of(cluster, schemas).await;
        let comparison = pair.compare().await;
        comparison.apply(true, None, Duration::from_secs(5)).await.expect("it is applied");
        assert_eq!(pair.compare().await.difference.operations, []);
        let comments = "SELECT description FROM pg_description WHERE objoid > 16383 ORDER BY 1";
        let (found, expected) =
            (rows(&pair.dbs[0], comments).await, rows(&pair.dbs[1], comments).await);
        assert_eq!(found, expected);
    }
}
