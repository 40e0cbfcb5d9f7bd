//! Every kind of precondition, met and not met, with odd names.

use sea_orm::{ConnectionTrait, DatabaseConnection};
use sea_revise::{
    operation::Plan,
    schema::{
        Check, Column, ForeignKey, Index, IndexColumn, PrimaryKey, Schema, Table, Type, Unique,
    },
};

use super::setup::{ask, create, databases, run};

/// A child with a key of one column, of two, and without a key.
fn schema() -> Schema {
    let mut schema = Schema::default();
    schema.insert(
        Table::new("größe \"x\" o'clock")
            .column(Column::new("id", Type::Integer))
            .column(Column::new("na\"me ü", Type::Varchar(Some(50))).nullable())
            .column(Column::new("select", Type::Integer).nullable())
            .column(Column::new("other", Type::Integer).nullable())
            .primary_key(["id"]),
    );
    schema.insert(
        Table::new("pair")
            .column(Column::new("a b", Type::Integer))
            .column(Column::new("c", Type::Varchar(None)))
            .column(Column::new("v", Type::Integer).nullable())
            .primary_key(["a b", "c"]),
    );
    schema.insert(
        Table::new("keyless")
            .column(Column::new("v", Type::Integer).nullable())
            .column(Column::new("rowid", Type::Integer).nullable()),
    );
    schema
}

const ODD: &str = "größe \"x\" o'clock";
const QUOTED: &str = "\"größe \"\"x\"\" o'clock\"";

/// Good rows give no message, with the bad ones the messages are these.
async fn check(plan: Plan, good: &str, bad: &str, messages: &[&str]) {
    for db in databases().await {
        check_on(&db, &plan, [good, bad], messages).await;
    }
}

async fn check_on(db: &DatabaseConnection, plan: &Plan, [good, bad]: [&str; 2], messages: &[&str]) {
    let schema = schema();
    create(db, &schema).await;
    let none: Vec<String> = Vec::new();
    run(db, good).await;
    assert_eq!(ask(db, &schema, plan).await, none, "{db:?} {plan:?}");
    run(db, bad).await;
    assert_eq!(ask(db, &schema, plan).await, messages, "{db:?}");
}

#[tokio::test]
async fn not_null_asks_for_nulls() {
    check(
        Plan::new().set_not_null(ODD, "na\"me ü"),
        &format!("INSERT INTO {QUOTED} VALUES (1, 'a', NULL, NULL)"),
        &format!("INSERT INTO {QUOTED} VALUES (10, NULL, 1, 1), (9, NULL, 1, 1)"),
        &[
            "2 rows of `größe \"x\" o'clock` have NULL in `na\"me ü`, such as id 9, 10; give them a value: \
                --default größe \"x\" o'clock.na\"me ü=…, or .backfill(…) before .set_not_null(…)",
        ],
    )
    .await;
}

#[tokio::test]
async fn one_row_has_and_keys_of_several_columns_are_named() {
    check(
        Plan::new().set_not_null("pair", "v"),
        "INSERT INTO pair VALUES (1, 'x', 1)",
        "INSERT INTO pair VALUES (1, 'y', NULL)",
        &[
            "1 row of `pair` has NULL in `v`, such as (a b 1, c y); give them a value: --default pair.v=…, or \
                .backfill(…) before .set_not_null(…)",
        ],
    )
    .await;
    for (db, key) in databases().await.iter().zip(["rowid 2", "ctid (0,2)"]) {
        let message = format!(
            "1 row of `keyless` has NULL in `v`, such as {key}; give them a value: --default keyless.v=…, or \
                .backfill(…) before .set_not_null(…)"
        );
        let plan = Plan::new().set_not_null("keyless", "v");
        let (good, bad) =
            ("INSERT INTO keyless VALUES (1, 7)", "INSERT INTO keyless VALUES (NULL, 8)");
        check_on(db, &plan, [good, bad], &[&message]).await;
    }
}

#[tokio::test]
async fn a_backfill_answers_for_the_nulls() {
    check(
        Plan::new().backfill("pair", "v", "7").set_not_null("pair", "v"),
        "INSERT INTO pair VALUES (1, 'x', 1)",
        "INSERT INTO pair VALUES (1, 'y', NULL)",
        &[],
    )
    .await;
}

#[tokio::test]
async fn unique_asks_for_rows_that_are_alike_where_nulls_are_not() {
    let good = format!(
        "INSERT INTO {QUOTED} VALUES (1, 'a', 1, 1), (2, 'a', 1, 2), (3, 'a', NULL, 5), (4, 'a', NULL, 5)"
    );
    let bad = format!("INSERT INTO {QUOTED} VALUES (5, 'a', 1, 2), (6, 'a', 7, 7), (7, 'a', 7, 7)");
    let message = "4 rows of `größe \"x\" o'clock` repeat a combination of `select`, `other`, such as id 2, \
        5, 6, 7; give them different values, or delete all but one";
    check(Plan::new().add_unique(ODD, Unique::new(["select", "other"])), &good, &bad, &[message])
        .await;
    let index = Index::new("i", ["select", "other"]).unique();
    check(Plan::new().create_index(ODD, index.clone()), &good, &bad, &[message]).await;
    // Partial, by the new name of a column that the plan renames.
    let partial = Index::new("i", ["chosen", "other"]).unique().predicate("chosen < 5");
    let plan = Plan::new().rename_column(ODD, "select", "chosen").create_index(ODD, partial);
    check(
        plan,
        &good,
        &bad,
        &["2 rows of `größe \"x\" o'clock` repeat a combination of `chosen`, `other`, such as id 2, 5; give \
            them different values, or delete all but one"],
    )
    .await;
    let expression = Index::new("i", []).unique().column(IndexColumn::expression("lower(c)"));
    check(
        Plan::new().create_index("pair", expression),
        "INSERT INTO pair VALUES (1, 'x', 1), (1, 'y', 1)",
        "INSERT INTO pair VALUES (2, 'X', 1)",
        &["2 rows of `pair` repeat a value of `lower(c)`, such as (a b 1, c x), (a b 2, c X); give them \
            different values, or delete all but one"],
    )
    .await;
}

#[tokio::test]
async fn sqlite_compares_by_the_collation_of_the_index() {
    let index = Index::new("i", []).unique().column(IndexColumn::new("c").extra("COLLATE NOCASE"));
    let db = super::places::sqlite().await;
    check_on(
        &db,
        &Plan::new().create_index("pair", index),
        [
            "INSERT INTO pair VALUES (1, 'x', 1), (1, 'y', 1)",
            "INSERT INTO pair VALUES (2, 'X', 1)",
        ],
        &["2 rows of `pair` repeat a value of `c`, such as (a b 1, c x), (a b 2, c X); give them different \
            values, or delete all but one"],
    )
    .await;
}

#[tokio::test]
async fn a_primary_key_asks_for_nulls_and_for_rows_that_are_alike() {
    for (db, keys) in databases()
        .await
        .iter()
        .zip([("rowid 3, 4", "rowid 2, 5"), ("ctid (0,3), (0,4)", "ctid (0,2), (0,5)")])
    {
        let null = format!(
            "2 rows of `keyless` have NULL in `v`, such as {}; give them a value: --default keyless.v=…, or \
                .backfill(…) before .add_primary_key(…)",
            keys.0
        );
        let alike = format!(
            "2 rows of `keyless` repeat a value of `v`, such as {}; give them different values, or delete all but one",
            keys.1
        );
        check_on(
            db,
            &Plan::new().add_primary_key("keyless", PrimaryKey::new(["v"])),
            [
                "INSERT INTO keyless VALUES (1, 1), (2, 1)",
                "INSERT INTO keyless VALUES (NULL, 1), (NULL, 1), (2, 1)",
            ],
            &[&null, &alike],
        )
        .await;
    }
}

#[tokio::test]
async fn a_foreign_key_asks_for_orphans() {
    let key = ForeignKey::new(["select"], "pair", ["v"]);
    let good = format!(
        "INSERT INTO pair VALUES (1, 'x', 5); INSERT INTO {QUOTED} VALUES (1, 'a', 5, 1), (2, 'a', NULL, 1)"
    );
    let bad = format!("INSERT INTO {QUOTED} VALUES (3, 'a', 6, 1)");
    let message = "1 row of `größe \"x\" o'clock` points at no row of `pair` with `select`, such as id 3; \
        delete them, or point `select` at a row that is there, or set it to NULL";
    check(Plan::new().add_foreign_key(ODD, key), &good, &bad, &[message]).await;
    // Both tables and a column by their new names.
    let plan = Plan::new()
        .rename_table(ODD, "parent")
        .rename_table("pair", "couple")
        .rename_column("couple", "v", "value")
        .add_foreign_key("parent", ForeignKey::new(["select"], "couple", ["value"]));
    check(plan, &good, &bad, &[&message.replace("row of `pair`", "row of `couple`")]).await;
    // A new table has no rows.
    let new = Table::new("new").column(Column::new("id", Type::Integer)).primary_key(["id"]);
    let plan = Plan::new()
        .create_table(new)
        .add_foreign_key(ODD, ForeignKey::new(["select"], "new", ["id"]));
    check(
        plan,
        &format!("INSERT INTO {QUOTED} VALUES (2, 'a', NULL, 1)"),
        &bad,
        &[&message.replace("row of `pair`", "row of `new`")],
    )
    .await;
}

#[tokio::test]
async fn a_foreign_key_of_several_columns_or_to_its_own_table() {
    let key = ForeignKey::new(["select", "na\"me ü"], "pair", ["a b", "c"]);
    check(
        Plan::new().add_foreign_key(ODD, key),
        &format!(
            "INSERT INTO pair VALUES (1, 'x', 5);
             INSERT INTO {QUOTED} VALUES (1, 'x', 1, 1), (2, 'no', NULL, 1), (3, NULL, 7, 1)"
        ),
        &format!("INSERT INTO {QUOTED} VALUES (4, 'y', 1, 1), (5, 'x', 2, 1)"),
        &["2 rows of `größe \"x\" o'clock` point at no row of `pair` with `select`, `na\"me ü`, such as id 4, \
            5; delete them, or point `select`, `na\"me ü` at a row that is there, or set it to NULL"],
    )
    .await;
    check(
        Plan::new().add_foreign_key(ODD, ForeignKey::new(["select"], ODD, ["id"])),
        &format!("INSERT INTO {QUOTED} VALUES (1, 'x', 1, 1), (2, 'x', 1, 1), (3, 'x', NULL, 1)"),
        &format!("INSERT INTO {QUOTED} VALUES (4, 'x', 44, 1)"),
        &["1 row of `größe \"x\" o'clock` points at no row of `größe \"x\" o'clock` with `select`, such as id \
            4; delete them, or point `select` at a row that is there, or set it to NULL"],
    )
    .await;
}

#[tokio::test]
async fn a_check_asks_for_rows_that_fail_it() {
    let plan = Plan::new()
        .rename_table(ODD, "now")
        .rename_column("now", "select", "chosen")
        .add_check("now", Check::new("now.chosen > 0 AND \"na\"\"me ü\" <> 'chosen'"));
    check(
        plan,
        &format!("INSERT INTO {QUOTED} VALUES (1, 'x', 1, 1), (2, 'x', NULL, 1)"),
        &format!("INSERT INTO {QUOTED} VALUES (3, 'x', 0, 1), (4, 'chosen', 1, 1)"),
        &["2 rows of `größe \"x\" o'clock` fail the check `now.chosen > 0 AND \"na\"\"me ü\" <> 'chosen'`, \
            such as id 3, 4; change or delete them first"],
    )
    .await;
}

#[tokio::test]
async fn a_new_column_without_a_value_asks_for_any_row() {
    let message = "6 rows of `pair` have no value for the new column `n`, such as (a b 1, c x), (a b 2, c x), \
        (a b 3, c x), (a b 4, c x), (a b 5, c x); give them one: --default pair.n=…, or add it nullable, then \
        .backfill(…), then .set_not_null(…)";
    let column = || Column::new("n", Type::Integer);
    let rows = "INSERT INTO pair VALUES (1, 'x', 1), (2, 'x', 1), (3, 'x', 1), (4, 'x', 1), (5, 'x', 1), (6, 'x', 1)";
    check(Plan::new().add_column("pair", column()), "SELECT 1", rows, &[message]).await;
    let late = Plan::new().add_column("pair", column().nullable()).set_not_null("pair", "n");
    check(late, "SELECT 1", rows, &[message]).await;
    for plan in [
        Plan::new().add_column("pair", column().nullable()),
        Plan::new().add_column("pair", column().default(1)),
        Plan::new().add_column("pair", column().generated("v + 1", true)),
        Plan::new()
            .add_column("pair", column().nullable())
            .backfill("pair", "n", "1")
            .set_not_null("pair", "n"),
    ] {
        check(plan, "SELECT 1", rows, &[]).await;
    }
}

#[tokio::test]
async fn an_enum_asks_for_the_values_that_it_loses() {
    let Some(db) = super::places::postgres().await else { return };
    let mut schema = Schema::default();
    let kind = Type::enumeration("Te'a");
    schema.insert(
        Table::new("cup")
            .column(Column::new("id", Type::Integer))
            .column(Column::new("kind", kind.clone()).nullable())
            .column(Column::new("past", Type::array(kind)).nullable())
            .primary_key(["id"]),
    );
    let values = ["green", "bl'ack", "white"].map(str::to_owned).to_vec();
    schema.enums.insert("Te'a".to_owned(), values);
    create(&db, &schema).await;
    run(
        &db,
        "INSERT INTO cup VALUES (1, 'green', '{green}'), (2, 'white', '{white}'), (3, NULL, NULL)",
    )
    .await;
    let plan = Plan::new().rename_enum_value("Te'a", "bl'ack", "dark").rebuild_enum(
        "Te'a",
        ["green"],
        [("white", "green")],
    );
    assert_eq!(ask(&db, &schema, &plan).await, Vec::<String>::new());
    run(&db, "INSERT INTO cup VALUES (4, 'bl''ack', NULL), (5, NULL, ARRAY['bl''ack'::\"Te'a\"])")
        .await;
    let hint = "say what it becomes: --map enum.old=new, or a pair in .rebuild_enum(…)";
    assert_eq!(
        ask(&db, &schema, &plan).await,
        [
            format!("1 row of `cup` has a value in `kind` that `Te'a` loses, such as id 4; {hint}"),
            format!("1 row of `cup` has a value in `past` that `Te'a` loses, such as id 5; {hint}"),
        ]
    );
}

/// A plan, the same as SQL, a row that suits it and one that is in its way.
type Refusal = (Plan, String, &'static str, &'static str);

fn refusals() -> Vec<Refusal> {
    let full = ForeignKey::new(["a", "b"], "p", ["x", "y"]).extra("MATCH FULL");
    let simple = ForeignKey::new(["a", "b"], "p", ["x", "y"]);
    let same = Unique { clause: "NULLS NOT DISTINCT".to_owned(), ..Unique::new(["a", "b"]) };
    let partial = Index::new("i", ["a"]).unique().predicate("b > 1");
    let key = "FOREIGN KEY (a, b) REFERENCES p (x, y)";
    vec![
        (
            Plan::new().add_foreign_key("t", full),
            format!("ADD {key} MATCH FULL"),
            "1, 2",
            "1, NULL",
        ),
        (Plan::new().add_foreign_key("t", simple), format!("ADD {key}"), "1, NULL", "2, 1"),
        (
            Plan::new().add_unique("t", same),
            "ADD UNIQUE NULLS NOT DISTINCT (a, b)".to_owned(),
            "1, 1",
            "NULL, NULL",
        ),
        (
            Plan::new().add_unique("t", Unique::new(["a", "b"])),
            "ADD UNIQUE (a, b)".to_owned(),
            "1, NULL",
            "7, 7",
        ),
        (Plan::new().create_index("t", partial), "UNIQUE INDEX".to_owned(), "7, 1", "7, 2"),
        (
            Plan::new().add_check("t", Check::new("a < b")),
            "ADD CHECK (a < b)".to_owned(),
            "9, NULL",
            "9, 1",
        ),
        (
            Plan::new().set_not_null("t", "a"),
            "ALTER a SET NOT NULL".to_owned(),
            "9, NULL",
            "NULL, 1",
        ),
        (
            Plan::new().add_primary_key("t", PrimaryKey::new(["a"])),
            "ADD PRIMARY KEY (a)".to_owned(),
            "8, 8",
            "7, 7",
        ),
    ]
}

#[tokio::test]
async fn what_is_found_is_what_postgresql_refuses() {
    for (plan, part, good, bad) in refusals() {
        let Some(db) = super::places::postgres().await else { return };
        let mut schema = Schema::default();
        let column = |name: &str| Column::new(name, Type::Integer).nullable();
        schema.insert(Table::new("t").column(column("a")).column(column("b")));
        schema.insert(Table::new("p").column(column("x")).column(column("y")));
        create(&db, &schema).await;
        run(&db, "INSERT INTO p VALUES (1, 2), (7, 9); ALTER TABLE p ADD UNIQUE (x, y); INSERT INTO t VALUES (7, 9)").await;
        let change = match part.as_str() {
            "UNIQUE INDEX" => "CREATE UNIQUE INDEX i ON t (a) WHERE b > 1".to_owned(),
            _ => format!("ALTER TABLE t {part}"),
        };
        for (row, fits) in [(good, true), (bad, false)] {
            // Twice, where rows that are alike are the matter.
            let times =
                if part.contains("NULLS NOT") || row == "7, 7" || row == "7, 2" { 2 } else { 1 };
            for _ in 0..if fits { 1 } else { times } {
                run(&db, &format!("INSERT INTO t VALUES ({row})")).await;
            }
            let done = db.execute_unprepared(&format!("BEGIN; {change}; ROLLBACK")).await;
            assert_eq!(done.is_ok(), fits, "{change} with {row}: {done:?}");
            drop(db.execute_unprepared("ROLLBACK").await);
            assert_eq!(ask(&db, &schema, &plan).await.is_empty(), fits, "{change} with {row}");
        }
    }
}
