//! `diff` of two databases sees everything that a dump shows, and what it applies makes their dumps alike.

use std::time::Duration;

use cluster::Cluster;
use sea_orm::DatabaseConnection;
use sea_revise::{
    Revise, Target, UrlStyle,
    project::{
        compare::{Comparison, Side},
        generate::GenerateOptions,
    },
};

use super::setup::{dump, name, run};

/// Two databases, and what is between them.
struct Pair {
    dbs: [DatabaseConnection; 2],
    sides: [Side; 2],
}

impl Pair {
    async fn of(cluster: &Cluster, schemas: [&str; 2]) -> Self {
        let dbs = [cluster.database().await, cluster.database().await];
        let mut sides = Vec::new();
        for (db, sql) in dbs.iter().zip(schemas) {
            run(db, sql).await;
            let url = cluster.url(&name(db).await);
            sides.push(Side::Url(Target::parse(&url, UrlStyle::Sqlx).expect("a URL")));
        }
        Self { dbs, sides: sides.try_into().expect("two") }
    }

    async fn compare(&self) -> Comparison {
        let revise = Revise::of(Vec::new);
        let [from, to] = &self.sides;
        let options = GenerateOptions::default();
        revise.compare(&Target::Memory, (from, to), &options).await.expect("they are compared")
    }

    async fn dumps(&self) -> [Vec<String>; 2] {
        [sorted(&dump(&self.dbs[0]).await), sorted(&dump(&self.dbs[1]).await)]
    }

    /// Applies the difference, and sees that there is none left.
    async fn apply(&self, what: &str) {
        let comparison = self.compare().await;
        assert!(!comparison.is_equal(), "{what}");
        let applied = comparison.apply(true, None, Duration::from_secs(5)).await;
        applied.unwrap_or_else(|error| panic!("{what}: {error}"));
        let left = self.compare().await.difference;
        assert_eq!((left.operations, left.by_hand), (Vec::new(), Vec::new()), "{what}");
        let [found, expected] = self.dumps().await;
        assert_eq!(found, expected, "{what}");
    }
}

/// The statements of a dump, sorted, as are the columns of tables.
fn sorted(dump: &str) -> Vec<String> {
    let dump = dump.replace("CURRENT_TIMESTAMP", "now()");
    let without_remarks = |text: &str| -> Vec<String> {
        text.lines().filter(|line| !line.starts_with("--")).map(str::to_owned).collect()
    };
    let mut statements: Vec<String> = dump
        .split(";\n\n")
        .map(|statement| {
            let mut lines = without_remarks(statement);
            if lines.iter().any(|line| line.contains("TABLE public.") && line.ends_with('(')) {
                lines.iter_mut().for_each(|line| *line = line.trim_end_matches(',').to_owned());
                lines.sort();
            }
            lines.join("\n").trim().to_owned()
        })
        .collect();
    statements.sort();
    statements
}

const RENTAL: &str = include_str!("whole/rental.sql");
const CINEMA: &str = include_str!("whole/cinema.sql");

#[tokio::test]
async fn two_databases_of_the_real_world_become_each_other() {
    let Some(cluster) = Cluster::get() else { return };
    Pair::of(cluster, [RENTAL, CINEMA]).await.apply("to the cinema").await;
    Pair::of(cluster, [CINEMA, RENTAL]).await.apply("to the rental").await;
    let comparison = Pair::of(cluster, [RENTAL, RENTAL]).await.compare().await;
    assert!(comparison.is_equal(), "{:?}", comparison.difference);
}

/// What a reader of dumps may stumble over.
const PITFALLS: &str = "CREATE TABLE pit (a text DEFAULT 'public.x; it''s -- no comment', b integer DEFAULT nextval('order_no'));
    COMMENT ON TABLE pit IS 'public.pit; $$ COMMIT; /*'; ALTER TABLE pit RENAME b TO owner;
    CREATE FUNCTION pit() RETURNS text LANGUAGE plpgsql AS $f$
BEGIN
    INSERT INTO public.pit (a) VALUES ('public.;');
    begin
        COMMIT;
    end;
    RETURN $$;$$;
END;
$f$;
    CREATE FUNCTION atomic_pit() RETURNS bigint BEGIN ATOMIC SELECT CASE WHEN true THEN count(*) END FROM pit; END;
    DO $$BEGIN CREATE ROLE reader; EXCEPTION WHEN duplicate_object OR unique_violation THEN END$$;
    GRANT SELECT ON pit TO reader; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader";

#[tokio::test]
async fn a_database_and_its_dump_are_equal() {
    let Some(cluster) = Cluster::get() else { return };
    let pair = Pair::of(cluster, [&format!("{RENTAL} {PITFALLS}"), ""]).await;
    let home = tempfile::tempdir().expect("a directory");
    let path = home.path().join("dump.sql");
    let dump = format!("\\restrict it's\n{}\n\\unrestrict it's\n", dump(&pair.dbs[0]).await);
    std::fs::write(&path, dump).expect("a file");
    let [full, empty] = pair.sides.clone();
    let same = Pair { dbs: pair.dbs.clone(), sides: [full, Side::File(path.clone())] };
    let difference = same.compare().await.difference;
    assert_eq!((difference.operations, difference.by_hand), (Vec::new(), Vec::new()));
    // The way round: but for what no operation creates, the file makes an empty database like itself.
    let filled = Pair { dbs: pair.dbs.clone(), sides: [empty, Side::File(path)] };
    let names = filled.compare().await.difference.by_hand;
    let names: Vec<&str> = names.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "check account_id_check of table account",
            "partition payment_2024",
            "partitioned table payment"
        ]
    );
}

/// What is there on both sides, and what makes one side another one.
const ONE_BY_ONE: [(&str, &str); 30] = [
    ("", "ALTER TABLE t ADD CONSTRAINT apart EXCLUDE (a WITH =)"),
    ("", "CREATE UNIQUE INDEX i ON t (a) NULLS NOT DISTINCT"),
    ("CREATE INDEX i ON t (a)", "ALTER INDEX i SET (fillfactor = 70)"),
    ("", "ALTER TABLE t SET (fillfactor = 70, autovacuum_enabled = false)"),
    ("", "ALTER TABLE t ADD UNIQUE (b) WITH (fillfactor = 70)"),
    ("CREATE TABLE n (i integer GENERATED BY DEFAULT AS IDENTITY)", "ALTER TABLE n ALTER i SET START 7 SET CYCLE"),
    ("CREATE TABLE n (i serial)", "ALTER SEQUENCE n_i_seq INCREMENT 2 MAXVALUE 100"),
    ("CREATE SEQUENCE s", "ALTER SEQUENCE s AS integer MAXVALUE 9 CACHE 3"),
    ("", "CREATE SEQUENCE s START 5"),
    ("CREATE VIEW v AS SELECT a FROM t", "CREATE TRIGGER g INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION f()"),
    ("", "CREATE MATERIALIZED VIEW m AS SELECT a FROM t; CREATE INDEX ON m (a); COMMENT ON COLUMN m.a IS 'a'"),
    ("", "CREATE DOMAIN d AS text NOT NULL DEFAULT 'x' CHECK (value <> '')"),
    ("", "CREATE FUNCTION g(a integer, b text DEFAULT ';') RETURNS text LANGUAGE sql AS $$ SELECT b || ';' $$"),
    ("CREATE FUNCTION g() RETURNS text LANGUAGE sql AS 'SELECT 1'; CREATE VIEW v AS SELECT g()",
        "CREATE OR REPLACE FUNCTION g() RETURNS text STABLE LANGUAGE sql AS 'SELECT 2'"),
    ("", "CREATE PROCEDURE p() LANGUAGE plpgsql AS 'BEGIN COMMIT; END'; COMMENT ON PROCEDURE p IS 'p'"),
    ("", "CREATE FUNCTION rows_of() RETURNS SETOF t BEGIN ATOMIC SELECT * FROM t; END"),
    ("", "CREATE TYPE pair AS (a integer, b text); CREATE TABLE u (p pair)"),
    ("", "ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"),
    ("", "CREATE POLICY p ON t FOR SELECT USING (a > 0)"),
    ("CREATE POLICY p ON t USING (a > 0)", "ALTER POLICY p ON t USING (a > 1)"),
    ("CREATE INDEX i ON t (a); ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)",
        "COMMENT ON INDEX i IS 'i'; COMMENT ON CONSTRAINT c ON t IS 'c'; COMMENT ON FUNCTION f IS 'f'"),
    ("", "ALTER TABLE t SET UNLOGGED"),
    ("CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()", "ALTER TABLE t DISABLE TRIGGER g"),
    ("", "CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING"),
    ("", "CREATE STATISTICS st ON a, b FROM t"),
    ("", "ALTER TABLE t ALTER b SET STORAGE EXTERNAL, ALTER a SET STATISTICS 7, ALTER a SET (n_distinct = 5)"),
    ("", "ALTER TABLE t REPLICA IDENTITY FULL"),
    ("CREATE VIEW v AS SELECT a FROM t; CREATE VIEW w AS SELECT a FROM v; COMMENT ON VIEW v IS 'v'; COMMENT ON VIEW w IS 'w';
        CREATE TRIGGER g INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE OR REPLACE VIEW v AS SELECT a, b FROM t"),
    ("CREATE INDEX i ON t (a) WITH (fillfactor = 70); COMMENT ON INDEX i IS 'i'",
        "DROP INDEX i; CREATE INDEX i ON t (b) WITH (fillfactor = 70); COMMENT ON INDEX i IS 'i'"),
    ("", "CREATE TYPE mood AS ENUM ('a'); COMMENT ON TYPE mood IS 'm'"),
];

/// Values of an enum that are new and used at once, which PostgreSQL refuses in the transaction that added them.
const NEW_VALUES: [&str; 5] = [
    "ALTER TABLE m ALTER mood SET DEFAULT 'new'",
    "ALTER TABLE m ADD CHECK (mood <> 'new' OR a > 0)",
    "CREATE INDEX i ON m (a) WHERE mood = 'new'",
    "CREATE VIEW news AS SELECT a FROM m WHERE mood = 'new'",
    "CREATE POLICY news ON m USING (mood = 'new')",
];

#[tokio::test]
async fn a_new_value_of_an_enum_is_used_at_once() {
    let Some(cluster) = Cluster::get() else { return };
    let table = "CREATE TABLE m (a integer, mood mood, moods mood[]); INSERT INTO m VALUES (1, 'old', '{old}');";
    let one = format!("CREATE TYPE mood AS ENUM ('old'); {table}");
    for change in NEW_VALUES {
        let other = format!("CREATE TYPE mood AS ENUM ('old', 'new'); {table} {change}");
        let pair = Pair::of(cluster, [&one, &other]).await;
        let script = pair.compare().await.script().await.expect("a script").statements.join(";\n");
        let third = Pair::of(cluster, [&one, &other]).await;
        run(&third.dbs[0], &format!("BEGIN; {script}; COMMIT")).await;
        assert!(third.compare().await.is_equal(), "{change}");
        pair.apply(change).await;
    }
}

const BASE: &str = "CREATE TABLE t (a integer, b text); \
    CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';";

#[tokio::test]
async fn whatever_differs_is_found_and_applied() {
    let Some(cluster) = Cluster::get() else { return };
    for (both, change) in ONE_BY_ONE {
        let (one, other) = (format!("{BASE} {both}"), format!("{BASE} {both}; {change}"));
        Pair::of(cluster, [&one, &other]).await.apply(change).await;
        Pair::of(cluster, [&other, &one]).await.apply(&format!("the way back of {change}")).await;
    }
}

/// What no operation makes alike.
const BY_HAND: [(&str, &str, &str); 9] = [
    ("", "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID", "check c of table t"),
    ("", "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NO INHERIT", "check c of table t"),
    ("CREATE DOMAIN d AS text", "ALTER DOMAIN d ADD CONSTRAINT c CHECK (value <> '')", "domain d"),
    (
        "CREATE TYPE pair AS (a integer)",
        "ALTER TYPE pair ADD ATTRIBUTE b text",
        "composite type pair",
    ),
    ("", "CREATE TABLE p (a integer) PARTITION BY LIST (a)", "partitioned table p"),
    (
        "CREATE TABLE p (a integer) PARTITION BY LIST (a)",
        "CREATE TABLE q PARTITION OF p DEFAULT",
        "partition q",
    ),
    (
        "CREATE TABLE p (a integer) PARTITION BY LIST (a)",
        "CREATE INDEX ON p (a)",
        "partitioned table p",
    ),
    ("CREATE TABLE c () INHERITS (t)", "ALTER TABLE c ADD x text", "inherited table c"),
    ("", "CREATE TYPE r AS RANGE (subtype = integer)", "range type r"),
];

#[tokio::test]
async fn what_no_operation_makes_alike_is_said_and_stops_everything() {
    let Some(cluster) = Cluster::get() else { return };
    for (both, change, name) in BY_HAND {
        let (one, other) = (format!("{BASE} {both}"), format!("{BASE} {both}; {change}"));
        for schemas in [[&one, &other], [&other, &one]] {
            let pair = Pair::of(cluster, [schemas[0], schemas[1]]).await;
            let before = pair.dumps().await;
            let comparison = pair.compare().await;
            assert!(!comparison.is_equal(), "{change}");
            let error =
                comparison.apply(true, None, Duration::from_secs(5)).await.expect_err(change);
            let error = error.to_string();
            assert!(
                error.contains("nothing was changed") && error.contains(name),
                "{change}: {error}"
            );
            assert_eq!(pair.dumps().await, before, "{change}");
        }
    }
}
