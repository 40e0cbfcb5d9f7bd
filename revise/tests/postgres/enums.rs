//! Enum types on tables with rows.

use sea_orm::ConnectionTrait;
use sea_revise::{
    operation::Plan,
    postgres::{needs_own_transaction, statements},
    schema::{Check, Column, DefaultValue, Index, Table, TableName, Type},
};

use super::setup::{carry_out, database, rows, run, schema, table};

/// Everything that can know a type: defaults, arrays, checks, indexes, views on views, triggers, keys.
const MOODS: &str = "CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'happy', 'gone');
    CREATE TABLE feeling (mood mood PRIMARY KEY, note text);
    CREATE TABLE person (id serial PRIMARY KEY, mood mood NOT NULL DEFAULT 'happy' REFERENCES feeling,
        moods mood[] DEFAULT '{sad,\"it''s ok\"}', more mood[] DEFAULT ARRAY['sad'::mood],
        CONSTRAINT never CHECK (mood <> 'gone' OR id > 0), CHECK (id > 0));
    CREATE UNIQUE INDEX one_sad ON person (id) WITH (fillfactor = 90) WHERE mood = 'sad';
    CREATE INDEX plain ON person (mood, id); CREATE INDEX texts ON person ((mood = 'happy'::mood));
    CREATE VIEW happy AS SELECT id, mood, moods FROM person WHERE mood = 'happy';
    CREATE VIEW happier AS SELECT mood FROM happy WHERE id > 0; CREATE VIEW notes AS SELECT note FROM feeling;
    CREATE TRIGGER quiet BEFORE UPDATE OF mood ON person FOR EACH ROW WHEN (new.mood = 'sad')
        EXECUTE FUNCTION suppress_redundant_updates_trigger();
    INSERT INTO feeling VALUES ('sad', 'a'), ('it''s ok', 'b'), ('happy', 'c');
    INSERT INTO person (mood, moods) VALUES ('sad', NULL), ('it''s ok', '{}'), ('happy', '{happy,sad,NULL}')";

#[tokio::test]
async fn an_enum_is_created_used_and_dropped() {
    let db = database!("SELECT 1");
    let kind = || Type::enumeration("Odd 'Mood'");
    let person = Table::new("person")
        .column(Column::new("id", Type::Integer).identity())
        .column(Column::new("mood", kind()).default("it's"))
        .column(Column::new("moods", Type::array(kind())).default("{it's}"))
        .primary_key(["id"]);
    let create = Plan::new().create_enum("Odd 'Mood'", ["it's", "ä b", ""]).create_table(person);
    carry_out(&db, create).await;
    run(&db, "INSERT INTO person DEFAULT VALUES").await;
    let to_text = Plan::new()
        .alter_type("person", "mood", Type::Varchar(None))
        .alter_type("person", "moods", Type::array(Type::Text))
        .drop_enum("Odd 'Mood'");
    carry_out(&db, to_text).await;
    let back = Plan::new()
        .create_enum("other", ["it's", "new"])
        .alter_type("person", "mood", Type::enumeration("other"))
        .alter_type("person", "moods", Type::array(Type::enumeration("other")));
    carry_out(&db, back).await;
    assert_eq!(
        rows(&db, "SELECT * FROM person").await,
        [r#"{"id":1,"mood":"it's","moods":["it's"]}"#]
    );
}

#[tokio::test]
async fn values_are_added_where_they_belong_and_renamed() {
    let db = database!(
        "CREATE TYPE mood AS ENUM ('b', 'd'); CREATE TABLE t (m mood); INSERT INTO t VALUES ('d')"
    );
    let plan = Plan::new()
        .add_enum_value("mood", "a'a", Some("b"))
        .add_enum_value("mood", "c", Some("d"))
        .add_enum_value("mood", "e", None)
        .rename_enum_value("mood", "d", "D'd");
    carry_out(&db, plan).await;
    assert_eq!(schema(&db).await.enums["mood"], ["a'a", "b", "c", "D'd", "e"]);
    assert_eq!(rows(&db, "SELECT m FROM t").await, [r#"{"m":"D'd"}"#]);
}

#[tokio::test]
async fn a_value_is_used_in_the_step_after_the_one_that_added_it() {
    let db = database!("CREATE TYPE mood AS ENUM ('a'); CREATE TABLE t (m mood)");
    let plan = Plan::new().add_enum_value("mood", "b", None).set_default("t", "m", "b");
    assert!(needs_own_transaction(&plan.operations));
    let before = schema(&db).await;
    let statements = statements(&before, &plan.operations).expect("statements");
    for sql in statements {
        run(&db, &sql).await;
    }
    assert_eq!(table(&db, "t").await.columns[0].default, Some(DefaultValue::from("b")));
    // Where PostgreSQL refuses, the answer has to be yes.
    let plan = Plan::new().add_enum_value("mood", "c", None).backfill("t", "m", "'c'");
    assert!(needs_own_transaction(&plan.operations));
    run(&db, "INSERT INTO t VALUES (NULL); BEGIN").await;
    let mut refused = false;
    for sql in sea_revise::postgres::statements(&before, &plan.operations).expect("statements") {
        refused |= db.execute_unprepared(&sql).await.is_err();
    }
    run(&db, "ROLLBACK").await;
    assert!(refused);
}

#[tokio::test]
async fn an_enum_is_made_anew_under_everything_that_knows_it() {
    let db = database!(MOODS);
    let before = rows(&db, "SELECT * FROM person ORDER BY id").await;
    let plan = Plan::new().rebuild_enum("mood", ["gone", "happy", "it's ok", "sad", "new"], []);
    let statements = carry_out(&db, plan).await;
    assert!(!statements.iter().any(|sql| sql.contains("notes")), "{statements:#?}");
    assert_eq!(rows(&db, "SELECT * FROM person ORDER BY id").await, before);
    assert_eq!(
        rows(&db, "SELECT mood FROM person ORDER BY mood LIMIT 1").await,
        [r#"{"mood":"happy"}"#]
    );
    let person = table(&db, "person").await;
    let written = person.indexes.iter().find(|index| index.name == "one_sad").expect("the index");
    assert!(
        written.written.0.as_ref().is_some_and(|sql| sql.contains("fillfactor='90'")),
        "{written:?}"
    );
    run(&db, "INSERT INTO feeling VALUES ('new'); INSERT INTO person (mood) VALUES ('new')").await;
    db.execute_unprepared("INSERT INTO person (mood) VALUES ('gone')")
        .await
        .expect_err("no such feeling");
    let types = "SELECT typname FROM pg_type WHERE typtype = 'e'";
    assert_eq!(rows(&db, types).await, [r#"{"typname":"mood"}"#]);
}

#[tokio::test]
async fn a_dropped_value_becomes_another_one_wherever_it_is() {
    let db = database!(MOODS);
    run(
        &db,
        "DELETE FROM person WHERE mood = 'it''s ok'; DELETE FROM feeling WHERE mood = 'it''s ok'",
    )
    .await;
    let map = [("sad", "it's ok"), ("it's ok", "fine, \"really\"")];
    let plan =
        Plan::new().rebuild_enum("mood", ["happy", "gone", "it's ok", "fine, \"really\""], map);
    let before = schema(&db).await;
    run(&db, "BEGIN").await;
    for sql in statements(&before, &plan.operations).expect("statements") {
        run(&db, &sql).await;
    }
    run(&db, "COMMIT").await;
    assert_eq!(
        rows(&db, "SELECT id, mood, moods FROM person ORDER BY id").await,
        [
            r#"{"id":1,"mood":"it's ok","moods":null}"#,
            r#"{"id":3,"mood":"happy","moods":["happy","it's ok",null]}"#,
        ]
    );
    let person = table(&db, "person").await;
    let default = |column: &str| person.find(column).and_then(|column| column.default.clone());
    assert_eq!(default("mood"), Some(DefaultValue::from("happy")));
    assert_eq!(
        default("moods"),
        Some(DefaultValue::from("{\"it's ok\",\"fine, \\\"really\\\"\"}"))
    );
    assert_eq!(default("more"), Some(DefaultValue::sql("ARRAY['it''s ok'::mood]")));
    assert_eq!(
        person.checks,
        [
            Check::new("(mood <> 'gone'::mood) OR (id > 0)").named("never"),
            Check::new("id > 0").named("person_id_check"),
        ]
    );
    let one_sad = Index::new("one_sad", ["id"]).unique().predicate("mood = 'it''s ok'::mood");
    assert_eq!(person.indexes[0], one_sad);
    assert!(
        person.triggers[0].sql.contains("WHEN (new.mood = 'it''s ok'::mood)"),
        "{:?}",
        person.triggers
    );
    assert_eq!(person.foreign_keys, before.tables[&TableName::from("person")].foreign_keys);
}

#[tokio::test]
async fn a_value_that_was_renamed_is_known_by_its_new_name_at_once() {
    let db = database!(MOODS);
    let plan = Plan::new()
        .rename_enum_value("mood", "happy", "glad")
        .rename_enum_value("mood", "sad", "it's sad")
        .rebuild_enum("mood", ["it's ok", "it's sad", "glad"], [("gone", "glad")])
        .rebuild_enum("mood", ["glad", "it's sad", "it's ok"], []);
    let before = schema(&db).await;
    run(&db, "BEGIN").await;
    for sql in statements(&before, &plan.operations).expect("statements") {
        run(&db, &sql).await;
    }
    run(&db, "COMMIT").await;
    let person = table(&db, "person").await;
    let default = |column: &str| person.find(column).and_then(|column| column.default.clone());
    assert_eq!(default("mood"), Some(DefaultValue::from("glad")));
    assert_eq!(default("moods"), Some(DefaultValue::from("{\"it's sad\",\"it's ok\"}")));
    assert_eq!(rows(&db, "SELECT id, mood FROM happy").await, [r#"{"id":3,"mood":"glad"}"#]);
}

#[tokio::test]
async fn a_dropped_value_that_rows_have_stops_everything() {
    let db = database!(MOODS);
    let before = schema(&db).await;
    let plan = Plan::new().rebuild_enum("mood", ["happy", "gone", "it's ok"], []);
    run(&db, "BEGIN").await;
    let mut error = None;
    for sql in statements(&before, &plan.operations).expect("statements") {
        if let Err(found) = db.execute_unprepared(&sql).await {
            error = Some(found.to_string());
            break;
        }
    }
    run(&db, "ROLLBACK").await;
    assert!(
        error.is_some_and(|error| error.contains("invalid input value for enum mood: \"sad\""))
    );
    assert_eq!(schema(&db).await, before);
}
