//! What a rebuild must not break, and what it must not hide.

use proptest::prelude::*;
use sea_orm::{ConnectionTrait, DbBackend};
use sea_revise::{
    operation::Plan,
    schema::{
        Action, Check, Column, DefaultValue, ForeignKey, Generated, Index, IndexColumn, PrimaryKey,
        Schema, Table, Type, Unique,
    },
    sqlite::{broken_keys, create_script, read, script, segments},
};

use crate::{assert_same, database, migrate, rows, run};

#[tokio::test]
async fn a_trigger_that_still_names_a_dropped_column_stops_the_migration() {
    let sql = "CREATE TABLE t (a text, b text CHECK (b <> ''), c text); CREATE TABLE log (line text);\
        CREATE TRIGGER watch AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.b); END;";
    // The first by `DROP COLUMN`, the second within a rebuild.
    for plan in [
        Plan::new().drop_column("t", "b"),
        Plan::new().drop_column("t", "b").set_not_null("t", "a"),
    ] {
        let db = database(sql).await;
        let mut failed = None;
        db.execute_unprepared("BEGIN").await.unwrap();
        for statement in script(&read(&db).await.unwrap(), &plan.operations).unwrap().statements {
            failed = db.execute_unprepared(&statement).await.err();
        }
        let message = failed.unwrap().to_string();
        assert!(message.contains("error in trigger watch"), "{message}");
    }
    let db = database(sql).await;
    let plan = Plan::new().drop_trigger("t", "watch").drop_column("t", "b").set_not_null("t", "a");
    let ran = run(&db, &plan).await;
    assert_eq!(ran.iter().filter(|sql| sql.contains("DROP COLUMN")).count(), 0);
}

#[tokio::test]
async fn a_view_that_selects_another_column_lets_a_column_go() {
    let db = database(
        "CREATE TABLE t (a text, b text UNIQUE); CREATE TABLE u (b text); INSERT INTO t VALUES (1, 2);\
         CREATE VIEW v AS SELECT t.a, u.b FROM t, u; CREATE TABLE t__revise (x); CREATE INDEX i ON t__revise (x);",
    )
    .await;
    let plan = Plan::new().drop_column("t", "b").set_not_null("t", "a");
    let ran = run(&db, &plan).await;
    assert!(ran.last().unwrap().ends_with("DROP COLUMN \"b\""), "{ran:?}");
    assert_eq!(rows(&db, "SELECT * FROM t").await, ["1"]);
    assert_eq!(rows(&db, "SELECT a FROM v").await, Vec::<String>::new());
}

#[tokio::test]
async fn rows_that_do_not_fit_stop_the_copy_and_never_vanish() {
    let db = database(
        "CREATE TABLE t (a text NOT NULL ON CONFLICT IGNORE, b text, UNIQUE (a) ON CONFLICT IGNORE);\
         INSERT INTO t VALUES ('x', NULL), ('y', 'z');",
    )
    .await;
    let plan = Plan::new().set_not_null("t", "b");
    let steps = script(&read(&db).await.unwrap(), &plan.operations).unwrap().statements;
    db.execute_unprepared("BEGIN").await.unwrap();
    db.execute_unprepared(&steps[0]).await.unwrap();
    assert!(db.execute_unprepared(&steps[1]).await.is_err());
}

#[tokio::test]
async fn a_full_text_index_still_finds_its_rows() {
    let db = database(
        "CREATE TABLE doc (body text, note text); INSERT INTO doc VALUES ('gone', ''), ('one', ''), ('two', '');\
         DELETE FROM doc WHERE body = 'gone';\
         CREATE VIRTUAL TABLE words USING fts5(body, content='doc'); INSERT INTO words(words) VALUES ('rebuild');",
    )
    .await;
    migrate(&db, Plan::new().set_not_null("doc", "note")).await;
    assert_eq!(rows(&db, "SELECT body FROM words WHERE words MATCH 'two'").await, ["two"]);
    db.execute_unprepared("INSERT INTO words(words) VALUES ('integrity-check')").await.unwrap();
}

#[tokio::test]
async fn a_full_text_index_finds_what_its_rows_became() {
    let db = database(
        "CREATE TABLE doc (id integer PRIMARY KEY, body text); INSERT INTO doc VALUES (1, 'one'), (7, 'two');\
         CREATE VIRTUAL TABLE \"a b\" USING FTS5(body, content_rowid=id, Content = \"DOC\");\
         INSERT INTO \"a b\"(\"a b\") VALUES ('rebuild');\
         CREATE VIRTUAL TABLE other USING fts5(body); INSERT INTO other VALUES ('one');",
    )
    .await;
    let whole = "INSERT INTO \"a b\"(\"a b\", rank) VALUES ('integrity-check', 1)";
    let ran = run(&db, &Plan::new().set_not_null("doc", "body")).await;
    assert!(!ran.iter().any(|sql| sql.contains("'rebuild'")), "{ran:?}");
    db.execute_unprepared(whole).await.unwrap();
    let using = "body || ' more'";
    migrate(&db, Plan::new().alter_type_using("doc", "body", Type::Varchar(Some(9)), using)).await;
    let sql = "SELECT body FROM \"a b\" WHERE \"a b\" MATCH 'two more'";
    assert_eq!(rows(&db, sql).await, ["two more"]);
    db.execute_unprepared(whole).await.unwrap();
    assert_eq!(rows(&db, "SELECT body FROM other WHERE other MATCH 'one'").await, ["one"]);
}

#[tokio::test]
async fn a_full_text_index_of_a_view_finds_what_its_rows_became() {
    let db = database(
        "CREATE TABLE doc (id integer PRIMARY KEY, body text); INSERT INTO doc VALUES (1, 'one'), (7, 'two');\
         CREATE VIEW shown AS SELECT id, upper(body) AS body FROM doc;\
         CREATE VIRTUAL TABLE words USING fts5(body, content='shown', content_rowid='id');\
         INSERT INTO words(words) VALUES ('rebuild');",
    )
    .await;
    let using = "body || ' more'";
    migrate(&db, Plan::new().alter_type_using("doc", "body", Type::Varchar(Some(9)), using)).await;
    assert_eq!(
        rows(&db, "SELECT body FROM words WHERE words MATCH 'two more'").await,
        ["TWO MORE"]
    );
    db.execute_unprepared("INSERT INTO words(words, rank) VALUES ('integrity-check', 1)")
        .await
        .unwrap();
}

#[tokio::test]
async fn an_index_moves_from_table_to_table() {
    let db =
        database("CREATE TABLE a (x text); CREATE TABLE b (x text); CREATE INDEX i ON a (x)").await;
    let plan = Plan::new()
        .set_not_null("b", "x")
        .drop_index("a", "i")
        .create_index("b", Index::new("i", ["x"]));
    migrate(&db, plan).await;
}

#[tokio::test]
async fn broken_keys_are_counted_by_child() {
    let db = database(
        "CREATE TABLE p (id integer PRIMARY KEY); CREATE TABLE c (p_id integer REFERENCES p);\
         CREATE TABLE d (p_id integer REFERENCES nowhere (id)); INSERT INTO c VALUES (1), (2), (NULL); INSERT INTO d VALUES (1)",
    )
    .await;
    for (child, count) in [("c", 2), ("d", 1)] {
        assert_eq!(broken_keys(&db, child).await.unwrap(), count);
    }
}

#[tokio::test]
async fn a_rename_in_the_same_reading_keeps_indexes_and_refuses_stale_triggers() {
    let sql = "CREATE TABLE t (a text, b text); CREATE INDEX i ON t (a) WHERE b IS NOT NULL";
    let plan =
        Plan::new().rename_table("t", "u").rename_column("u", "a", "c").set_not_null("u", "c");
    let db = database(sql).await;
    assert_eq!(segments(&plan.operations).len(), 2);
    for statement in script(&read(&db).await.unwrap(), &plan.operations).unwrap().statements {
        db.execute_unprepared(&statement).await.unwrap();
    }
    let table = read(&db).await.unwrap().tables.into_values().next().unwrap();
    assert_eq!((table.name.name.as_str(), table.indexes[0].columns[0].name.as_str()), ("u", "c"));
    let db =
        database(&format!("{sql}; CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END")).await;
    let error = script(&read(&db).await.unwrap(), &plan.operations).unwrap_err();
    assert!(error.to_string().contains("read again"), "{error}");
}

/// Names that need care.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z_][a-zA-Z0-9_]{0,6}",
        "[ -~äß数]{1,8}".prop_filter("empty names", |name| !name.trim().is_empty()),
        prop::sample::select(vec![
            "select", "rowid", "o'clock", "a\"b", "[x]", "`", "naïve", "end", "key"
        ])
        .prop_map(str::to_owned),
    ]
    .prop_filter("the rowid has to have a name", |name| !name.eq_ignore_ascii_case("oid"))
}

fn kind() -> impl Strategy<Value = Type> {
    prop_oneof![
        Just(Type::Integer),
        Just(Type::Text),
        Just(Type::Boolean),
        Just(Type::Uuid),
        Just(Type::other("")),
        Just(Type::other("odd type (3)")),
        (1..99_u32).prop_map(|length| Type::Varchar(Some(length))),
        (1..20_u32, 0..9_u32)
            .prop_map(|(precision, scale)| Type::Decimal(Some((precision, scale)))),
    ]
}

fn default() -> impl Strategy<Value = Option<DefaultValue>> {
    prop_oneof![
        Just(None),
        "[ -~ä]{0,8}".prop_map(|text| Some(DefaultValue::Text(format!("x{text}")))),
        (-99..99_i64).prop_map(|number| Some(DefaultValue::Number(format!("{number}.5")))),
        any::<bool>().prop_map(|value| Some(DefaultValue::Boolean(value))),
        Just(Some(DefaultValue::Now)),
        Just(Some(DefaultValue::sql("lower('A  (b') || 1"))),
    ]
}

fn column() -> impl Strategy<Value = Column> {
    (name(), kind(), any::<bool>(), default(), 0..9_u8).prop_map(
        |(name, kind, null, default, odd)| {
            let mut column =
                Column { default, nullable: null, declared: false, ..Column::new(name, kind) };
            if matches!(column.kind, Type::Text | Type::Varchar(_) | Type::Boolean) {
                // A number is another thing in a text, and 0 and 1 are false and true.
                column.default =
                    column.default.filter(|default| !matches!(default, DefaultValue::Number(_)));
            }
            match odd {
                0 => column.collation = Some("NOCASE".to_owned()),
                1 => column.collation = Some("my own".to_owned()),
                2 if !null => column.clause = "ON CONFLICT IGNORE".to_owned(),
                3 | 4 => {
                    column.default = None;
                    column.generated =
                        Some(Generated { expression: "1 + 1".to_owned(), stored: odd == 3 });
                }
                _ => {}
            }
            column
        },
    )
}

/// A table with everything in it; `picks` says which columns the keys have.
fn table() -> impl Strategy<Value = Table> {
    let columns = prop::collection::vec(column(), 1..6);
    (name(), columns, any::<[u8; 6]>(), prop::option::of(name())).prop_map(
        |(table, mut columns, picks, named)| {
            let mut seen = std::collections::BTreeSet::new();
            columns.retain(|column| seen.insert(column.name.to_lowercase()));
            let pick =
                |place: usize| columns[usize::from(picks[place]) % columns.len()].name.clone();
            let mut made = Table { columns: columns.clone(), ..Table::new(format!("t{table}")) };
            if picks[0] % 2 == 0 {
                made.primary_key = Some(PrimaryKey {
                    columns: vec![pick(0)],
                    name: named.clone(),
                    ..PrimaryKey::new([])
                });
            }
            let clause = ["", "ON CONFLICT REPLACE"][usize::from(picks[1] % 2)].to_owned();
            made.uniques.push(Unique { columns: vec![pick(1)], name: named.clone(), clause });
            made.foreign_keys.push(
                ForeignKey {
                    columns: vec![pick(2)],
                    name: named,
                    ..ForeignKey::new([], "else where", [])
                }
                .on_delete([Action::NoAction, Action::SetNull][usize::from(picks[2] % 2)])
                .extra(["", "MATCH FULL DEFERRABLE INITIALLY DEFERRED"][usize::from(picks[3] % 2)]),
            );
            made.foreign_keys[0].referenced = vec!["any \"one\"".to_owned()];
            made.checks.push(Check::new("1 < 2 OR 'a  )' = ')'"));
            let column =
                IndexColumn { descending: picks[4] % 2 == 0, ..IndexColumn::new(&pick(4)) };
            let index = Index::new("an \"index\"", []).column(column);
            made.indexes
                .push(index.column(IndexColumn::expression("abs(1 + 1)").extra("COLLATE RTRIM")));
            made
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_printed_table_is_read_back_as_it_was(made in table()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut schema = Schema::default();
            let mut made = made;
            sea_revise::operation::apply::normalize(&mut made, DbBackend::Sqlite);
            // Only what SQLite takes: it knows no such collation, and no key on what is computed.
            for column in &mut made.columns {
                if column.generated.is_some() && made.primary_key.as_ref().is_some_and(|key| key.columns.contains(&column.name)) {
                    column.generated = None;
                }
                column.collation = column.collation.take().filter(|name| name != "my own");
            }
            if made.columns.iter().all(|column| column.generated.is_some()) {
                made.columns[0].generated = None;
            }
            schema.insert(made);
            let script = create_script(&schema).unwrap();
            let db = database(&script.join(";\n")).await;
            assert_same(read(&db).await.unwrap(), schema, &script.join("\n"));
        });
    }
}
