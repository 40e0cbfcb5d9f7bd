//! Changes of a type: what is found has to be what PostgreSQL's own cast refuses or cuts off.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use sea_revise::{
    operation::Plan,
    schema::{Column, Schema, Table, Type, quote_text},
};

use super::{
    places,
    setup::{ask, create, run},
};

fn schema(kind: Type) -> Schema {
    let mut schema = Schema::default();
    schema.insert(
        Table::new("t")
            .column(Column::new("id", Type::Integer))
            .column(Column::new("v \"x\"", kind).nullable())
            .primary_key(["id"]),
    );
    schema
}

const TEXTS: [&str; 62] = [
    "",
    " ",
    "0",
    "1",
    "-1",
    "+1",
    " 12 ",
    "007",
    "+-1",
    "1-",
    "--1",
    "1.5",
    ".5",
    "5.",
    ".",
    "1.2.3",
    "1e3",
    "1E-3",
    "e3",
    "1e",
    "x",
    "12x",
    "32767",
    "32768",
    "-32769",
    "2147483647",
    "2147483648",
    "-2147483648",
    "9223372036854775807",
    "9223372036854775808",
    "99999.994",
    "99999.995",
    "100000",
    "NaN",
    "inf",
    "-Infinity",
    "t",
    "TRUE",
    "fals",
    "yes",
    "of",
    "o",
    "2",
    "2024-02-29",
    "2024-2-9",
    "2024-02-29 10:11",
    "2024-02-29T10:11:12.5Z",
    "2024-02-29 10:11:12+02:00",
    "2024-13-01",
    "29.02.2024x",
    "10:11",
    "10:11:12.25",
    "25:61",
    "6f9619ff-8b86-d011-b42d-00cf4fc964ff",
    "{6F9619FF8B86D011B42D00CF4FC964FF}",
    "6f9619ff-8b86-d011-b42d-00cf4fc964f",
    "{\"a\": 1}",
    "[1, 2]",
    "\"text\"",
    "true",
    "nonsense",
    "ünï 'quoted'",
];

/// What the database answers to a question that may fail.
async fn works(db: &DatabaseConnection, sql: &str) -> bool {
    db.execute_unprepared(sql).await.is_ok()
}

/// The ids that a plan is told about, one question for each row.
async fn found(db: &DatabaseConnection, schema: &Schema, to: &Type) -> Vec<i32> {
    let asked = sea_revise::check::precondition::preconditions(
        schema,
        &Plan::new().alter_type("t", "v \"x\"", to.clone()).operations,
        db.get_database_backend(),
    );
    let mut ids = Vec::new();
    for precondition in asked {
        let sql = precondition.sample.replace("LIMIT 5", "");
        let statement = Statement::from_string(db.get_database_backend(), sql);
        let rows = db
            .query_all_raw(statement)
            .await
            .unwrap_or_else(|error| panic!("{error}: {precondition:?}"));
        ids.extend(
            rows.iter()
                .map(|row| row.try_get_by_index::<String>(0).unwrap().parse::<i32>().unwrap()),
        );
    }
    ids
}

#[tokio::test]
async fn texts_that_postgresql_cannot_cast_are_the_ones_that_are_found() {
    let Some(db) = places::postgres().await else { return };
    let schema = schema(Type::Text);
    create(&db, &schema).await;
    for (id, text) in TEXTS.iter().enumerate() {
        run(&db, &format!("INSERT INTO t VALUES ({id}, {})", quote_text(text))).await;
    }
    run(&db, "INSERT INTO t VALUES (1000, NULL)").await;
    let mut wrong = Vec::new();
    for to in [
        Type::SmallInteger,
        Type::Integer,
        Type::BigInteger,
        Type::Decimal(None),
        Type::Decimal(Some((7, 2))),
        Type::Double,
        Type::Boolean,
        Type::Date,
        Type::Time,
        Type::Timestamp,
        Type::TimestampWithTimeZone,
        Type::Uuid,
        Type::JsonBinary,
    ] {
        let found = found(&db, &schema, &to).await;
        assert!(!found.contains(&1000), "NULL can always be cast: {to:?}");
        for (id, text) in TEXTS.iter().enumerate() {
            let sql = to.sql(DbBackend::Postgres);
            let casts = works(&db, &format!("SELECT CAST({} AS {sql})", quote_text(text))).await;
            let fits = !found.contains(&i32::try_from(id).unwrap());
            if fits != casts {
                wrong.push(format!("{text:?} to {sql}: casts {casts}, fits {fits}"));
            }
        }
    }
    // Only ISO's forms pass for dates and times, and a numeric with digits has no place for NaN.
    assert_eq!(
        wrong,
        [
            r#""NaN" to numeric(7, 2): casts true, fits false"#,
            r#""1.2.3" to date: casts true, fits false"#,
            r#""100000" to time: casts true, fits false"#,
            r#""2024-02-29 10:11" to time: casts true, fits false"#,
            r#""2024-02-29 10:11:12+02:00" to time: casts true, fits false"#,
            r#""1.2.3" to timestamp: casts true, fits false"#,
            r#""1.2.3" to timestamptz: casts true, fits false"#,
        ]
    );
}

#[tokio::test]
async fn texts_become_values_of_an_enum() {
    let Some(db) = places::postgres().await else { return };
    let schema = schema(Type::Varchar(None));
    create(&db, &schema).await;
    run(&db, "INSERT INTO t VALUES (1, 'green'), (2, 'it''s'), (3, NULL)").await;
    let plan = Plan::new().create_enum("tea", ["green", "it's"]).alter_type(
        "t",
        "v \"x\"",
        Type::enumeration("tea"),
    );
    assert_eq!(ask(&db, &schema, &plan).await, Vec::<String>::new());
    run(&db, "INSERT INTO t VALUES (4, 'mud')").await;
    assert_eq!(
        ask(&db, &schema, &plan).await,
        [
            "1 row of `t` has a value in `v \"x\"` that tea cannot hold, such as id 4; change them first, \
                or say how a tea is made of them: --using t.v \"x\"=…, or .alter_type_using(…)"
        ]
    );
}

#[tokio::test]
async fn numbers_and_long_texts_on_postgresql() {
    let Some(db) = places::postgres().await else { return };
    let decimal = |precision, scale| Type::Decimal(Some((precision, scale)));
    for (from, to, good, bad) in [
        (Type::BigInteger, Type::Integer, "2147483647", "2147483648"),
        (Type::Integer, Type::SmallInteger, "-32768", "-32769"),
        (Type::Double, Type::Integer, "2147483647.4", "2147483647.6"),
        (decimal(10, 2), Type::SmallInteger, "32767.49", "32767.5"),
        (Type::Decimal(None), decimal(5, 2), "-999.994", "-999.995"),
        (decimal(6, 2), decimal(5, 2), "999.99", "1000"),
        (decimal(5, 2), decimal(4, 1), "999.94", "999.95"),
        (Type::Double, decimal(3, 0), "999.4", "1e300"),
        (Type::Integer, decimal(5, 1), "9999", "10000"),
        (Type::Varchar(Some(9)), Type::Varchar(Some(3)), "'ü界x'", "'ü界xy'"),
        (Type::Text, Type::Char(Some(3)), "'abc'", "'abcd'"),
        (Type::Integer, Type::Varchar(Some(3)), "-99", "-100"),
    ] {
        let schema = schema(from.clone());
        run(&db, "DROP TABLE IF EXISTS t").await;
        create(&db, &schema).await;
        run(&db, &format!("INSERT INTO t VALUES (1, {good}), (2, {bad}), (3, NULL)")).await;
        assert_eq!(found(&db, &schema, &to).await, [2], "{from:?} to {to:?}");
        // An assignment is stricter than an explicit cast to a text, which cuts it off.
        let new = format!("CREATE TEMP TABLE new (v {})", to.sql(DbBackend::Postgres));
        for (id, expected) in [(1, true), (2, false)] {
            run(&db, &new).await;
            let copy = format!("INSERT INTO new SELECT \"v \"\"x\"\"\" FROM t WHERE id = {id}");
            assert_eq!(works(&db, &copy).await, expected, "{from:?} to {to:?}, row {id}");
            run(&db, "DROP TABLE new").await;
        }
    }
}

#[tokio::test]
async fn what_cannot_fail_is_not_asked() {
    let db = places::sqlite().await;
    for (from, to) in [
        (Type::Integer, Type::BigInteger),
        (Type::Integer, Type::Text),
        (Type::Varchar(Some(3)), Type::Varchar(Some(5))),
        (Type::Decimal(Some((8, 2))), Type::Decimal(Some((4, 1)))),
        (Type::Timestamp, Type::Date),
    ] {
        let plan = Plan::new().alter_type("t", "v \"x\"", to);
        let asked = sea_revise::check::precondition::preconditions(
            &schema(from),
            &plan.operations,
            db.get_database_backend(),
        );
        assert_eq!(asked, []);
    }
    let plan =
        Plan::new().alter_type_using("t", "v \"x\"", Type::Integer, "length(\"v \"\"x\"\"\")");
    let asked = sea_revise::check::precondition::preconditions(
        &schema(Type::Text),
        &plan.operations,
        DbBackend::Postgres,
    );
    assert_eq!(asked, []);
}

/// Texts that are whole numbers of 32 bits.
const WHOLE: &[&str] = &[
    "0",
    "1",
    "-1",
    "+1",
    " 12 ",
    "007",
    "32767",
    "32768",
    "-32769",
    "2147483647",
    "-2147483648",
    "100000",
    "2",
];
/// Longer ones.
const LONG: &[&str] = &["2147483648", "9223372036854775807", "9223372036854775808"];
const FRACTIONS: &[&str] = &["1.5", ".5", "5.", "1e3", "1E-3", "99999.994", "99999.995"];
const MINUTES: &[&str] =
    &["2024-02-29 10:11", "2024-02-29T10:11:12.5Z", "2024-02-29 10:11:12+02:00"];
/// What JSON allows, apart from the long numbers.
const JSON: &[&str] = &[
    "0",
    "1",
    "-1",
    " 12 ",
    "32767",
    "32768",
    "-32769",
    "2147483647",
    "-2147483648",
    "100000",
    "2",
    "{\"a\": 1}",
    "[1, 2]",
    "\"text\"",
    "true",
    "1.5",
    "1e3",
    "1E-3",
    "99999.994",
    "99999.995",
];

/// For each type the texts that it keeps, and the ids of the other values that it does not.
fn kept_on_sqlite() -> [(Type, Vec<&'static str>, &'static [i32]); 8] {
    [
        (Type::Integer, WHOLE.to_vec(), &[103, 104]),
        (Type::BigInteger, [WHOLE, LONG].concat(), &[103]),
        (Type::Double, [WHOLE, LONG, FRACTIONS].concat(), &[103]),
        (Type::Boolean, vec!["0", "1"], &[]),
        (Type::Date, vec!["2024-02-29"], &[]),
        (Type::DateTime, MINUTES.to_vec(), &[]),
        (Type::Uuid, vec!["6f9619ff-8b86-d011-b42d-00cf4fc964ff"], &[]),
        (Type::Json, [JSON, LONG].concat(), &[]),
    ]
}

#[tokio::test]
async fn values_that_sqlite_would_spoil_are_found() {
    let db = places::sqlite().await;
    let schema = schema(Type::Text);
    // Without a type the values stay as they are written.
    run(&db, "CREATE TABLE t (id integer PRIMARY KEY, \"v \"\"x\"\"\")").await;
    for (id, text) in TEXTS.iter().enumerate() {
        run(&db, &format!("INSERT INTO t VALUES ({id}, {})", quote_text(text))).await;
    }
    run(
        &db,
        "INSERT INTO t VALUES (100, NULL), (101, 7), (102, 7.5), (103, X'00'), (104, 99999999999)",
    )
    .await;
    for (to, fitting, others) in kept_on_sqlite() {
        let found = found(&db, &schema, &to).await;
        for (id, text) in TEXTS.iter().enumerate() {
            let fits = !found.contains(&i32::try_from(id).unwrap());
            assert_eq!(fits, fitting.contains(text), "{text:?} to {to:?}");
        }
        let rest: Vec<i32> = found.into_iter().filter(|id| *id >= 100).collect();
        assert_eq!(rest, others, "{to:?}");
    }
    assert_eq!(
        ask(&db, &schema, &Plan::new().alter_type("t", "v \"x\"", Type::BigInteger)).await.len(),
        1
    );
}

#[tokio::test]
async fn numbers_that_a_program_could_not_read_from_sqlite_are_found() {
    let db = places::sqlite().await;
    for (from, to, good, bad) in [
        (Type::BigInteger, Type::Integer, "2147483647", "2147483648"),
        (Type::Integer, Type::TinyUnsigned, "255", "-1"),
        (Type::Double, Type::SmallInteger, "32767.0", "1e300"),
        (Type::Integer, Type::BigUnsigned, "0", "-1"),
    ] {
        let schema = schema(from.clone());
        run(&db, "DROP TABLE IF EXISTS t").await;
        create(&db, &schema).await;
        run(&db, &format!("INSERT INTO t VALUES (1, {good}), (2, {bad}), (3, NULL)")).await;
        assert_eq!(found(&db, &schema, &to).await, [2], "{from:?} to {to:?}");
    }
}
