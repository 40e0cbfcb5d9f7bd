//! Reading: the parsed statements against what SQLite itself says of its tables.

use std::time::Instant;

use proptest::prelude::*;
use sea_orm::{ConnectionTrait, DatabaseConnection};
use sea_revise::{
    operation::Plan,
    schema::{
        Action, Check, Column, DefaultValue, ForeignKey, Identity, IndexColumn, PrimaryKey, Table,
        Type, Unique,
    },
    sqlite::{create_script, read},
};

use crate::{assert_same, database, migrate, rows};

/// One of everything that a CREATE TABLE can say.
const ZOO: &str = r#"
CREATE TABLE plain(a, b int, "c d" UNSIGNED BIG INT, [e'f] varchar ( 10 ), `g``h` decimal(10,-2), 'i' "odd type"(3));
CREATE TABLE IF NOT EXISTS main."Mixed Case" (
    Id INTEGER CONSTRAINT pk PRIMARY KEY ASC ON CONFLICT REPLACE AUTOINCREMENT, -- the id, (not closed
    name TEXT NOT NULL ON CONFLICT IGNORE DEFAULT 'it''s' /* , hidden TEXT */ COLLATE nocase UNIQUE ON CONFLICT FAIL,
    "order" real(12, 2) NULL DEFAULT -1.5 CHECK ( "order"  <> ',' ) CONSTRAINT positive CHECK((("order" > 0))),
    at timestamp DEFAULT current_timestamp, day date DEFAULT (date( 'now' )), on_ boolean DEFAULT 1 NOT NULL,
    word varchar(9) DEFAULT draft, quoted text DEFAULT "a b", zero integer DEFAULT (('0')), none_ text DEFAULT NULL,
    plus integer DEFAULT +5, bytes blob DEFAULT x'00ff', hex integer DEFAULT 0x1F, code text DEFAULT '007',
    twice text GENERATED ALWAYS AS (name || name) STORED NOT NULL, half AS ("order" / 2) virtual, short int as (plus)
);
CREATE TABLE child (
    key text DEFAULT 'k', a integer REFERENCES "mixed case" ON DELETE SET NULL ON UPDATE CASCADE MATCH full
        NOT DEFERRABLE INITIALLY IMMEDIATE,
    b integer CONSTRAINT up REFERENCES parent(X) DEFERRABLE INITIALLY DEFERRED,
    c integer REFERENCES nowhere, mail text, PRIMARY KEY (mail, a), UNIQUE (b COLLATE nocase DESC, c),
    CONSTRAINT "u q" UNIQUE (a) ON CONFLICT ROLLBACK CONSTRAINT ck CHECK (a > 0 OR b IN (1, 2)) ON CONFLICT ABORT,
    CONSTRAINT fk FOREIGN KEY (C) REFERENCES child(mail) ON DELETE NO ACTION
) WITHOUT ROWID, STRICT_OFF;
CREATE TABLE parent (x integer, Y integer, primary key (y, x autoincrement_off));
CREATE TABLE strict_one (a INT, b ANY, c REAL) STRICT;
CREATE TABLE down (id integer PRIMARY KEY DESC, x);
CREATE TABLE down_too (id integer, x, PRIMARY KEY (id DESC));
CREATE TABLE bigint_key (id bigint PRIMARY KEY, "rowid" text, generated text, "always" text);
CREATE TABLE listed (id integer, PRIMARY KEY (id AUTOINCREMENT));
CREATE TABLE made AS SELECT 1 AS one, 'x' AS "two words", CAST(NULL AS text) AS t;
CREATE TABLE "naïve ""o'clock""" ("select" text, "naïve" text, "o'clock" text, 数 integer CHECK (数 > 0));
ALTER TABLE "naïve ""o'clock""" ADD COLUMN late text DEFAULT 'x)' /* ) */;
CREATE UNIQUE INDEX "one ""1""" ON plain (B DESC, "c d" COLLATE nocase);
CREATE INDEX two ON PLAIN (lower( b ) COLLATE RTRIM DESC, (a), (a + b)) WHERE ( a  IS NOT NULL );
CREATE TRIGGER "t 1" AFTER INSERT ON PLAIN BEGIN UPDATE plain SET a = ';' WHERE b = new.b; END;
CREATE VIEW seen AS SELECT a, b FROM plain;
CREATE TRIGGER on_view INSTEAD OF INSERT ON seen BEGIN SELECT 1; END;
CREATE VIRTUAL TABLE words USING fts5(title);
INSERT INTO "Mixed Case" (name, "order", plus) VALUES ('x', 1, 1);
ANALYZE;
"#;

fn zoo() -> String {
    ZOO.replace(", STRICT_OFF", "").replace(" autoincrement_off", "")
}

#[tokio::test]
async fn columns_are_those_that_sqlite_lists() {
    let db = database(&zoo()).await;
    let schema = read(&db).await.unwrap();
    assert_eq!(schema.tables.len(), 11, "{:?}", schema.unmanaged);
    for table in schema.tables.values() {
        assert_eq!(parsed(table), listed(&db, table).await, "{}", table.name);
    }
}

/// Name, type, NOT NULL, the place in the key, hidden or not.
fn parsed(table: &Table) -> Vec<String> {
    let line = |column: &Column| {
        let key = table.primary_key.as_ref();
        let place = key.and_then(|key| key.columns.iter().position(|name| *name == column.name));
        let hidden = match &column.generated {
            None => 0,
            Some(generated) => 2 + i32::from(generated.stored),
        };
        let null = place.is_some() || !column.nullable;
        let written = column.written.0.clone().unwrap().to_lowercase();
        // SQLite lists a type in quotes without them, and without what follows.
        let written = match written.split(['"', '\'']).nth(1) {
            Some(inner) => inner.to_owned(),
            None => written,
        };
        let default = column.default.is_some();
        let place = place.map_or(0, |place| place + 1);
        format!("{}|{written}|{null}|{default}|{place}|{hidden}", column.name)
    };
    table.columns.iter().map(line).collect()
}

async fn listed(db: &DatabaseConnection, table: &Table) -> Vec<String> {
    let name = table.name.name.replace('\'', "''");
    let sql = format!(
        "SELECT name, lower(type), iif(\"notnull\" OR pk, 'true', 'false'), \
         iif(dflt_value IS NULL OR upper(dflt_value) = 'NULL', 'false', 'true'), \
         CAST(pk AS text), CAST(hidden AS text) FROM pragma_table_xinfo('{name}')"
    );
    // Comments inside of a type and behind it are not part of it.
    let plain = |line: String| {
        [" /* , */", " -- ,\n", "/* , */ ", " -- ,"]
            .iter()
            .fold(line, |line, comment| line.replace(comment, ""))
    };
    rows(db, &sql).await.into_iter().map(plain).collect()
}

#[tokio::test]
async fn a_definition_is_read_in_full() {
    let db = database(&zoo()).await;
    let schema = read(&db).await.unwrap();
    let table = &schema.tables[&"Mixed Case".into()];
    let column = |name: &str| table.find(name).unwrap();
    let text = |value: &str| Some(DefaultValue::Text(value.to_owned()));
    assert_eq!(column("Id").identity, Identity::Automatic);
    let key = table.primary_key.clone().unwrap();
    assert_eq!((key.name.as_deref(), key.clause.as_str()), (Some("pk"), "ON CONFLICT REPLACE"));
    assert_eq!(column("name").collation.as_deref(), Some("NOCASE"));
    assert_eq!(column("name").clause, "ON CONFLICT IGNORE");
    assert_eq!(column("name").default, text("it's"));
    assert_eq!(
        table.uniques,
        [Unique { clause: "ON CONFLICT FAIL".into(), ..Unique::new(["name"]) }]
    );
    assert_eq!(column("order").kind, Type::Decimal(Some((12, 2))));
    assert_eq!(column("order").default, Some(DefaultValue::Number("-1.5".into())));
    let checks = [Check::new("\"order\" <> ','"), Check::new("\"order\" > 0").named("positive")];
    assert_eq!(table.checks, checks);
    assert_eq!(column("at").default, Some(DefaultValue::Now));
    assert_eq!(column("day").default, Some(DefaultValue::sql("date( 'now' )")));
    assert_eq!(column("on_").default, Some(DefaultValue::Boolean(true)));
    assert_eq!(column("word").default, text("draft"));
    assert_eq!(column("quoted").default, text("a b"));
    assert_eq!(column("code").default, text("007"));
    assert_eq!(column("zero").default, Some(DefaultValue::Number("0".into())));
    assert_eq!(column("plus").default, Some(DefaultValue::Number("5".into())));
    assert_eq!(column("half").generated.as_ref().unwrap().expression, "\"order\" / 2");
}

#[tokio::test]
async fn keys_are_read_in_full() {
    let db = database(&zoo()).await;
    let schema = read(&db).await.unwrap();
    let child = &schema.tables[&"child".into()];
    assert_eq!(child.primary_key, Some(PrimaryKey::new(["mail", "a"])));
    assert_eq!(child.options, ["WITHOUT ROWID"]);
    let of_a = ForeignKey::new(["a"], "Mixed Case", ["Id"]).on_delete(Action::SetNull);
    let of_a =
        of_a.on_update(Action::Cascade).extra("MATCH FULL NOT DEFERRABLE INITIALLY IMMEDIATE");
    let of_b = ForeignKey::new(["b"], "parent", ["x"]).named("up");
    let of_b = of_b.extra("DEFERRABLE INITIALLY DEFERRED");
    let keys = [
        of_a,
        of_b,
        ForeignKey::new(["c"], "child", ["mail"]).named("fk"),
        ForeignKey { referenced: Vec::new(), ..ForeignKey::new(["c"], "nowhere", [""]) },
    ];
    assert_eq!(child.foreign_keys, keys);
    let clause = "(\"b\" COLLATE NOCASE DESC, \"c\")".to_owned();
    let uniques = [
        Unique { clause: "ON CONFLICT ROLLBACK".into(), ..Unique::new(["a"]).named("u q") },
        Unique { clause, ..Unique::new(["b", "c"]) },
    ];
    assert_eq!(child.uniques, uniques);
    assert_eq!(child.checks, [Check::new("a > 0 OR b IN (1, 2)").named("ck")]);
    let identity = |table: &str| schema.tables[&table.into()].columns[0].identity;
    assert_eq!(identity("down"), Identity::None);
    assert_eq!(identity("down_too"), Identity::Rowid);
    assert_eq!(identity("bigint_key"), Identity::None);
    assert_eq!(identity("listed"), Identity::Automatic);
    assert_eq!(schema.tables[&"parent".into()].primary_key, Some(PrimaryKey::new(["Y", "x"])));
}

#[tokio::test]
async fn indexes_triggers_and_views_are_read() {
    let db = database(&zoo()).await;
    let schema = read(&db).await.unwrap();
    let plain = &schema.tables[&"plain".into()];
    let [one, two] = plain.indexes.as_slice() else { panic!("{:?}", plain.indexes) };
    assert_eq!((one.name.as_str(), one.unique), ("one \"1\"", true));
    let columns =
        [IndexColumn::new("b").descending(), IndexColumn::new("c d").extra("COLLATE NOCASE")];
    assert_eq!(one.columns, columns);
    let columns = [
        IndexColumn::expression("lower( b )").extra("COLLATE RTRIM").descending(),
        IndexColumn::new("a"),
        IndexColumn::expression("a + b"),
    ];
    assert_eq!(two.columns, columns);
    assert_eq!(two.predicate.as_deref(), Some("a IS NOT NULL"));
    assert_eq!(plain.triggers[0].name, "t 1");
    assert!(schema.views.contains_key(&"seen".into()));
    let unmanaged = [
        "shadow table words_config",
        "shadow table words_content",
        "shadow table words_data",
        "shadow table words_docsize",
        "shadow table words_idx",
        "trigger on_view on view seen",
        "virtual table words",
    ];
    assert_eq!(schema.unmanaged, unmanaged);
}

#[tokio::test]
async fn a_script_creates_the_same_schema_again() {
    let first = read(&database(&zoo()).await).await.unwrap();
    let again = database(&create_script(&first).unwrap().join(";\n")).await;
    let again = read(&again).await.unwrap();
    assert_same(again, first, "");
}

#[tokio::test]
async fn every_table_survives_a_rebuild() {
    let db = database(&zoo()).await;
    db.execute_unprepared("DROP TABLE child").await.unwrap();
    for table in read(&db).await.unwrap().tables.into_keys() {
        migrate(&db, Plan::new().add_check(table, Check::new("1 < 2"))).await;
    }
}

#[tokio::test]
async fn two_hundred_tables_are_read_in_milliseconds() {
    let mut sql = String::new();
    for number in 0..200 {
        let columns: String =
            (0..12).map(|column| format!(", c{column} varchar(50) NOT NULL DEFAULT 'x'")).collect();
        sql.push_str(&format!(
            "CREATE TABLE t{number} (id integer PRIMARY KEY AUTOINCREMENT{columns});"
        ));
        sql.push_str(&format!("CREATE INDEX i{number} ON t{number} (c1, c2);"));
    }
    let db = database(&sql).await;
    let before = Instant::now();
    assert_eq!(read(&db).await.unwrap().tables.len(), 200);
    let taken = before.elapsed();
    // Unoptimised and on a busy machine; it is a tenth of that otherwise.
    assert!(taken.as_millis() < 1000, "{taken:?}");
}

#[tokio::test]
async fn the_last_word_about_deferring_counts() {
    let twice = "x REFERENCES p NOT DEFERRABLE DEFERRABLE INITIALLY DEFERRED NOT DEFERRABLE";
    let db =
        database(&format!("CREATE TABLE p (id integer PRIMARY KEY); CREATE TABLE t ({twice})"))
            .await;
    let schema = read(&db).await.unwrap();
    let keys = &schema.tables[&"t".into()].foreign_keys;
    assert_eq!(keys.iter().map(|key| key.clause.as_str()).collect::<Vec<_>>(), ["NOT DEFERRABLE"]);
    let again = database(&create_script(&schema).unwrap().join(";\n")).await;
    assert_same(read(&again).await.unwrap(), schema, twice);
}

/// Pieces of definitions, of which many orders make sense to SQLite.
const PIECES: [&str; 44] = [
    "PRIMARY KEY",
    "primary key desc",
    "PRIMARY KEY AUTOINCREMENT",
    "UNIQUE",
    "NOT NULL",
    "NULL",
    "ON CONFLICT REPLACE",
    "ON CONFLICT abort",
    "DEFAULT 1",
    "DEFAULT -1.5e3",
    "DEFAULT (1 + (2))",
    "DEFAULT 'a''b'",
    "DEFAULT word",
    "DEFAULT null",
    "DEFAULT current_date",
    "DEFAULT TRUE",
    "DEFAULT (NULL)",
    "DEFAULT + 7",
    "CHECK (x > 0)",
    "CHECK((x))",
    "COLLATE nocase",
    "COLLATE \"BINARY\"",
    "REFERENCES p",
    "REFERENCES p (id) ON DELETE SET NULL",
    "ON UPDATE NO ACTION",
    "MATCH simple",
    "NOT DEFERRABLE",
    "DEFERRABLE INITIALLY DEFERRED",
    "CONSTRAINT named",
    "CONSTRAINT 'a b'",
    "AS (1)",
    "AS (y) STORED",
    "GENERATED ALWAYS AS (1 || ')') VIRTUAL",
    "/* , */",
    "-- ,\n",
    ", z",
    ", y text",
    ", \"a,b\" integer",
    ", PRIMARY KEY (x, y)",
    ", UNIQUE (X COLLATE rtrim, y DESC)",
    ", FOREIGN KEY (y) REFERENCES p (id)",
    ", CONSTRAINT c CHECK (y <> ',')",
    ", CONSTRAINT alone",
    ", always generated",
];

const TYPES: [&str; 9] = [
    "",
    "integer",
    "INTEGER",
    "varchar (10)",
    "double precision",
    "real(12, -2)",
    "'odd'",
    "key action",
    "generated",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1500) })]

    #[test]
    fn what_sqlite_takes_is_read_as_it_takes_it(
        kind in prop::sample::select(TYPES.to_vec()),
        pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..6),
        end in prop::sample::select(vec!["", "STRICT", "WITHOUT ROWID", "WITHOUT rowid , strict"]),
    ) {
        let sql = format!("CREATE TABLE t (x {kind} {}) {end}", pieces.join(" "));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let db = database("CREATE TABLE p (id integer PRIMARY KEY)").await;
            if db.execute_unprepared(&sql).await.is_err() {
                return;
            }
            let schema = read(&db).await.unwrap();
            assert_eq!(schema.unmanaged, Vec::<String>::new(), "{sql}");
            let table = &schema.tables[&"t".into()];
            assert_eq!(parsed(table), listed(&db, table).await, "{sql}");
            let keys = "SELECT count(DISTINCT id) || '' FROM pragma_foreign_key_list('t')";
            assert_eq!(rows(&db, keys).await, [table.foreign_keys.len().to_string()], "{sql}");
            let again = database(&create_script(&schema).unwrap().join(";\n")).await;
            assert_same(read(&again).await.unwrap(), schema.clone(), &sql);
        });
    }
}
