//! What a dump shows and a comparison used to overlook.

use cluster::Cluster;

use super::{
    pair::Pair,
    setup::{run, schema},
};

const BASE: &str = "CREATE TABLE t (a integer, b text, c text);
    CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';";

/// What is there on both sides, and what makes one side another one.
const ONE_BY_ONE: [(&str, &str); 24] = [
    ("", "ALTER TABLE t ALTER b SET COMPRESSION pglz"),
    ("ALTER TABLE t ALTER b SET COMPRESSION pglz, ALTER b SET STORAGE EXTERNAL", "ALTER TABLE t ALTER b TYPE varchar(9);
        ALTER TABLE t ALTER b SET COMPRESSION pglz, ALTER b SET STORAGE EXTERNAL"),
    ("CREATE INDEX i ON t (a); CREATE INDEX j ON t (b)", "ALTER TABLE t CLUSTER ON i"),
    ("CREATE INDEX i ON t (a); CREATE INDEX j ON t (b); ALTER TABLE t CLUSTER ON i", "ALTER TABLE t CLUSTER ON j"),
    ("CREATE INDEX i ON t ((a + 1))", "ALTER INDEX i ALTER COLUMN 1 SET STATISTICS 500"),
    ("CREATE STATISTICS s ON a, b FROM t", "ALTER STATISTICS s SET STATISTICS 70"),
    ("CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING", "ALTER TABLE t DISABLE RULE r"),
    ("", "ALTER TABLE t SET (toast.autovacuum_enabled = false)"),
    ("CREATE VIEW v AS SELECT a, b FROM t", "ALTER VIEW v ALTER b SET DEFAULT 'x'"),
    ("CREATE VIEW v AS SELECT a, b FROM t; ALTER VIEW v ALTER b SET DEFAULT 'x'; COMMENT ON COLUMN v.b IS 'b'", "DROP VIEW v;
        CREATE VIEW v AS SELECT a FROM t"),
    ("CREATE MATERIALIZED VIEW m AS SELECT a, b FROM t; CREATE INDEX i ON m (a)",
        "ALTER MATERIALIZED VIEW m ALTER b SET STATISTICS 7, ALTER b SET STORAGE EXTERNAL; ALTER MATERIALIZED VIEW m CLUSTER ON i;
        ALTER INDEX i SET (fillfactor = 70)"),
    ("CREATE MATERIALIZED VIEW m AS SELECT a, b FROM t;
        ALTER MATERIALIZED VIEW m ALTER b SET STORAGE EXTERNAL, ALTER b SET (n_distinct = 3)",
        "DROP MATERIALIZED VIEW m; ALTER TABLE t ALTER a TYPE bigint; CREATE MATERIALIZED VIEW m AS SELECT a, b FROM t;
        ALTER MATERIALIZED VIEW m ALTER b SET STORAGE EXTERNAL, ALTER b SET (n_distinct = 3)"),
    ("", "CREATE SEQUENCE s OWNED BY t.a"),
    ("CREATE SEQUENCE s", "ALTER SEQUENCE s OWNED BY t.a"),
    ("", "CREATE SEQUENCE s OWNED BY t.b; ALTER TABLE t ALTER b SET DEFAULT 'x' || nextval('s')"),
    ("", "CREATE TABLE u (x text); CREATE SEQUENCE s OWNED BY u.x; ALTER TABLE u ALTER x SET DEFAULT 'x' || nextval('s')"),
    ("", "CREATE SEQUENCE s; ALTER SEQUENCE s SET UNLOGGED"),
    ("CREATE TYPE k AS (a integer, b text, c text)", "ALTER TABLE t OF k"),
    ("", "CREATE TYPE k AS (a text COLLATE \"C\")"),
    ("CREATE DOMAIN d AS text; CREATE TABLE u (x d)", "ALTER DOMAIN d SET DEFAULT 'x'; ALTER DOMAIN d SET NOT NULL;
        ALTER DOMAIN d ADD CONSTRAINT c CHECK (value <> '')"),
    ("CREATE DOMAIN d AS text DEFAULT 'x' CONSTRAINT c CHECK (value <> 'x'); CREATE TABLE u (x d)",
        "ALTER DOMAIN d SET DEFAULT 'y'; ALTER DOMAIN d DROP CONSTRAINT c; ALTER DOMAIN d ADD CONSTRAINT c CHECK (value <> 'z')"),
    ("CREATE TABLE child () INHERITS (t); CREATE TABLE grandchild (d integer) INHERITS (child)",
        "ALTER TABLE t ADD x integer NOT NULL DEFAULT 3"),
    ("CREATE TABLE child () INHERITS (t)",
        "ALTER TABLE t ALTER a TYPE bigint, ADD CONSTRAINT k CHECK (a > 0), ALTER b SET DEFAULT 'x', ALTER c SET NOT NULL"),
    ("CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()", "ALTER TABLE t ENABLE ALWAYS TRIGGER g"),
];

#[tokio::test]
async fn whatever_a_dump_shows_is_found_and_applied() {
    let Some(cluster) = Cluster::get() else { return };
    for (both, change) in ONE_BY_ONE {
        let (one, other) = (format!("{BASE} {both}"), format!("{BASE} {both}; {change}"));
        Pair::of(cluster, [&one, &other]).await.apply(change).await;
        Pair::of(cluster, [&other, &one]).await.apply(&format!("the way back of {change}")).await;
    }
}

/// What PostgreSQL prints otherwise once it has read it again, in every place where it may stand.
const NEGATIVE: &str = "CREATE TABLE n (n int DEFAULT -1::int CHECK (n > -1::int), x numeric CHECK (x <> -1.5::numeric AND n
        BETWEEN -1::int AND -(2::int)),
        s smallint CHECK (s > -1::smallint), g int GENERATED ALWAYS AS (n + -1::int) STORED, t varchar(9) CHECK (t IN ('a', 'b')));
    CREATE INDEX i ON n ((n * -1::int)) WHERE n > -1::int;
    CREATE VIEW v AS SELECT -1::int AS one, CASE WHEN n > -1::int THEN -1::int ELSE -(2::int) END AS two, n - 1 AS three FROM n
        WHERE t IN ('a', 'b');
    CREATE MATERIALIZED VIEW m AS SELECT -1::int AS one FROM n;
    CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
    CREATE TRIGGER g BEFORE UPDATE ON n FOR EACH ROW WHEN (new.n > -1::int) EXECUTE FUNCTION f();
    CREATE POLICY p ON n USING (n > -1::int); CREATE RULE r AS ON DELETE TO n WHERE old.n > -1::int DO INSTEAD NOTHING;
    CREATE DOMAIN d AS int DEFAULT -1::int CHECK (value > -1::int); CREATE STATISTICS st ON (n * -1::int), x FROM n;
    CREATE FUNCTION h(a int DEFAULT -1::int) RETURNS int BEGIN ATOMIC SELECT a * -1::int; END;
    ALTER TABLE n ADD CONSTRAINT e EXCLUDE ((n * -1::int) WITH =)";

#[tokio::test]
async fn what_is_printed_otherwise_than_it_is_read_is_no_difference() {
    let Some(cluster) = Cluster::get() else { return };
    let pair = Pair::of(cluster, [NEGATIVE, ""]).await;
    let dump = super::setup::dump(&pair.dbs[0]).await;
    let home = tempfile::tempdir().expect("a directory");
    let path = home.path().join("dump.sql");
    std::fs::write(&path, dump).expect("a file");
    let [full, _] = pair.sides.clone();
    let file = sea_revise::project::compare::Side::File(path);
    for sides in [[full.clone(), file.clone()], [file, full]] {
        let difference = Pair { dbs: pair.dbs.clone(), sides }.compare().await.difference;
        assert_eq!((difference.operations, difference.by_hand), (Vec::new(), Vec::new()));
    }
}

#[tokio::test]
async fn an_index_that_could_not_be_built_differs() {
    let Some(cluster) = Cluster::get() else { return };
    let valid = "CREATE TABLE t (a int); CREATE UNIQUE INDEX i ON t (a)";
    let broken = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'i'::regclass";
    let pair = Pair::of(cluster, [valid, valid]).await;
    assert!(pair.compare().await.is_equal());
    run(&pair.dbs[0], broken).await;
    pair.apply("an invalid index").await;
    // The other way no operation can do it.
    run(&pair.dbs[1], broken).await;
    let comparison = pair.compare().await;
    let names: Vec<_> = comparison.difference.by_hand.iter().map(|one| one.name.as_str()).collect();
    assert_eq!((names, comparison.difference.operations.len()), (vec!["index i of table t"], 0));
    run(&pair.dbs[0], broken).await;
    assert!(pair.compare().await.is_equal());
}

#[tokio::test]
async fn policies_rules_and_statistics_are_among_what_is_left_alone() {
    let Some(cluster) = Cluster::get() else { return };
    let db = cluster.database().await;
    run(
        &db,
        "CREATE TABLE t (a int, b int); CREATE POLICY p ON t USING (a > 0); ALTER TABLE t ENABLE ROW LEVEL SECURITY;
         CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING; CREATE STATISTICS s ON a, b FROM t",
    )
    .await;
    let expected = ["policy p on t", "row level security on t", "rule r on t", "statistics s"];
    assert_eq!(schema(&db).await.unmanaged, expected);
}
