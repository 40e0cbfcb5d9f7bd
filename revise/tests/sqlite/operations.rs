//! Operations, each on tables with rows and with everything that a rebuild could lose.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};
use sea_revise::{
    operation::{Operation, Plan},
    schema::{
        Action, Check, Column, DefaultValue, ForeignKey, Identity, Index, IndexColumn, PrimaryKey,
        Table, TableName, Type, Unique,
    },
    sqlite::{read, script, segments},
};

use crate::{assert_same, database, migrate, rows, run};

/// Tables with rows, a gap behind the last id, keys that would cascade, triggers, a view and indexes of every kind.
pub const SHOP: &str = r#"
CREATE TABLE author (id integer PRIMARY KEY AUTOINCREMENT NOT NULL, name text NOT NULL);
CREATE TABLE book (
    id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    isbn varchar(20) NOT NULL COLLATE NOCASE UNIQUE ON CONFLICT ROLLBACK,
    title text DEFAULT 'untitled', price real(12, 2), pages int, stock text,
    kind text NOT NULL ON CONFLICT REPLACE DEFAULT 'paper',
    author_id integer REFERENCES author ON DELETE CASCADE,
    prequel_id integer, note text,
    label text AS (title || ' ' || isbn) STORED, short text AS (substr(title, 1, 3)),
    CHECK (price >= 0), CONSTRAINT kinds CHECK (kind IN ('paper', 'file')),
    CONSTRAINT prequel FOREIGN KEY (prequel_id) REFERENCES book (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE copy (book_id integer NOT NULL REFERENCES book (id) ON DELETE CASCADE, place text);
CREATE TABLE log (line text);
CREATE INDEX by_title ON book (title COLLATE NOCASE DESC);
CREATE UNIQUE INDEX one_first ON book (author_id) WHERE prequel_id IS NULL AND author_id IS NOT NULL;
CREATE INDEX by_lower ON book (lower(title), price);
CREATE UNIQUE INDEX by_pages ON book (pages);
CREATE TRIGGER book_log AFTER UPDATE OF price ON book BEGIN
    INSERT INTO log VALUES (old.title || '; ' || new.price);
END;
CREATE VIEW cheap AS SELECT title, price FROM book WHERE price < 20;
INSERT INTO author VALUES (1, 'Ann'), (2, 'Bö');
INSERT INTO book (id, isbn, title, price, pages, stock, author_id, prequel_id) VALUES
    (1, 'A-1', 'One', 9.5, 100, '3', 1, NULL), (2, 'b-2', 'It''s "two"', 30, 200, '4', 1, 1),
    (7, 'c-3', NULL, NULL, NULL, NULL, NULL, 2), (40, 'd', 'Gone', 1, 1, '1', NULL, NULL);
DELETE FROM book WHERE id = 40;
INSERT INTO copy VALUES (1, 'shelf'), (1, 'desk'), (7, 'box');
"#;

/// What every migration has to leave as it is.
const KEPT: &str = "SELECT id, isbn, label FROM book UNION ALL SELECT rowid, book_id, place FROM copy \
    UNION ALL SELECT seq, name, NULL FROM sqlite_sequence UNION ALL SELECT line, NULL, NULL FROM log";

/// Runs a plan on the shop, and says how often the books were rebuilt.
async fn change(plan: Plan) -> (DatabaseConnection, usize) {
    let db = database(SHOP).await;
    let before = rows(&db, &texts(KEPT)).await;
    let ran = migrate(&db, plan).await;
    assert_eq!(rows(&db, &texts(KEPT)).await, before, "{}", ran.join("\n"));
    // The trigger works, the view can be read, the next id is as it would have been.
    db.execute_unprepared("UPDATE book SET price = price + 1 WHERE id = 1").await.unwrap();
    assert_eq!(rows(&db, "SELECT line FROM log").await, ["One; 10.5"]);
    assert_eq!(rows(&db, "SELECT title FROM cheap").await, ["One"]);
    assert_eq!(
        rows(&db, &texts("SELECT seq FROM sqlite_sequence WHERE name = 'book'")).await,
        ["40"]
    );
    (db, ran.iter().filter(|sql| *sql == "DROP TABLE \"book\"").count())
}

/// A query whose values are all texts.
fn texts(sql: &str) -> String {
    let head = sql.split(" FROM ").next().unwrap().trim_start_matches("SELECT ");
    let names: Vec<_> = (1..=head.split(", ").count()).map(|number| format!("c{number}")).collect();
    let casts: Vec<_> = names.iter().map(|name| format!("CAST({name} AS text)")).collect();
    format!("WITH found({}) AS ({sql}) SELECT {} FROM found", names.join(", "), casts.join(", "))
}

#[tokio::test]
async fn what_alter_table_can_do_rebuilds_nothing() {
    let plans = [
        Plan::new().add_column("book", Column::new("extra", Type::Varchar(Some(9))).nullable()),
        Plan::new().add_column("book", Column::new("n", Type::Integer).default(7)),
        Plan::new().add_column("book", Column::new("o'clock \"x\"", Type::Text).default("it's")),
        Plan::new().add_column(
            "book",
            Column::new("twice", Type::Text).nullable().generated("title || title", false),
        ),
        Plan::new().drop_column("book", "note"),
        Plan::new().drop_column("book", "short"),
        Plan::new().drop_index("book", "by_pages").drop_column("book", "pages"),
        Plan::new().drop_column("book", "pages"),
        Plan::new().rename_column("book", "note", "select"),
        Plan::new().rename_column("book", "note", "NOTE"),
        Plan::new().backfill("book", "note", "'none'"),
        Plan::new().backfill("book", "note", "SELECT name FROM author WHERE author.id = author_id"),
        Plan::new()
            .create_index("book", Index::new("by note", ["note"]).unique().predicate("note <> ''")),
        Plan::new().create_index(
            "book",
            Index::new("x", []).column(IndexColumn::expression("abs(price)").descending()),
        ),
        Plan::new().drop_index("book", "one_first"),
        Plan::new().rename_index("book", "one_first", "the_first"),
        Plan::new().rename_index("book", "by_lower", "lower title"),
        Plan::new().add_unique("book", Unique::new(["stock", "title"])),
        Plan::new().add_unique("book", Unique::new(["note"]).named("uq")),
        Plan::new().drop_unique("book", ["pages"]),
        Plan::new().alter_type("book", "pages", Type::BigInteger),
        Plan::new().set_not_null("book", "kind"),
        Plan::new().comment_column("book", "title", Some("x")).comment_table("book", Some("y")),
        Plan::new().rebuild_enum("e", ["a"], [("b", "a")]).create_enum("f", ["x"]).drop_enum("f"),
        Plan::new()
            .add_column("book", Column::new("shelf_id", Type::Integer).nullable())
            .add_foreign_key(
                "book",
                ForeignKey::new(["shelf_id"], "author", ["id"]).on_delete(Action::SetNull),
            ),
        Plan::new().create_table(
            Table::new("new")
                .column(Column::new("id", Type::BigInteger).identity())
                .primary_key(["id"]),
        ),
        Plan::new().raw_sqlite("UPDATE log SET line = 'never'").raw_postgres("nonsense"),
    ];
    for plan in plans {
        assert_eq!(change(plan.clone()).await.1, 0, "{plan:?}");
    }
}

#[tokio::test]
async fn everything_else_is_one_rebuild_that_keeps_everything() {
    let plans = [
        Plan::new()
            .add_column("book", Column::new("at", Type::Timestamp).default(DefaultValue::Now)),
        Plan::new()
            .add_column("book", Column::new("n", Type::Integer))
            .backfill("book", "n", "id * 2"),
        Plan::new()
            .add_column("book", Column::new("s", Type::Text).nullable().generated("title", true)),
        Plan::new().drop_column("book", "author_id"),
        Plan::new().drop_foreign_key("book", ["prequel_id"]).drop_column("book", "prequel_id"),
        Plan::new().alter_type("book", "stock", Type::Integer),
        Plan::new().alter_type_using("book", "title", Type::Varchar(Some(50)), "title || ''"),
        Plan::new().backfill("book", "note", "'?'").set_not_null("book", "note"),
        Plan::new().drop_not_null("book", "isbn"),
        Plan::new().set_default("book", "title", "it's"),
        Plan::new().drop_default("book", "title"),
        Plan::new().set_default("book", "note", DefaultValue::sql("lower('X')")),
        Plan::new().drop_unique("book", ["isbn"]),
        Plan::new()
            .add_foreign_key("book", ForeignKey::new(["pages"], "log", ["rowid_"]).named("odd"))
            .drop_foreign_key("book", ["pages"]),
        Plan::new().drop_foreign_key("book", ["author_id"]).add_foreign_key(
            "book",
            ForeignKey::new(["author_id"], "author", ["id"]).on_update(Action::Cascade),
        ),
        Plan::new().add_check("book", Check::new("pages > 0").named("some pages")),
        Plan::new().drop_check("book", Check::new("price >= 0")),
        Plan::new().drop_check("book", Check::new("").named("kinds")),
        Plan::new()
            .add_column("book", Column::new("isbn10", Type::Varchar(Some(10))).nullable())
            .add_unique("book", Unique::new(["isbn10"]))
            .drop_index("book", "by_lower")
            .drop_not_null("book", "isbn")
            .create_index("book", Index::new("by_lower", ["isbn10"]))
            .drop_column("book", "note")
            .rename_index("book", "by_pages", "pages_first"),
    ];
    for plan in plans {
        assert_eq!(change(plan.clone()).await.1, 1, "{plan:?}");
    }
}

#[tokio::test]
async fn values_are_computed_from_the_old_rows() {
    let plan = Plan::new()
        .add_column("book", Column::new("full", Type::Text))
        .backfill("book", "note", "'n' || id")
        .backfill("book", "full", "note || ':' || coalesce(title, '-')")
        .alter_type("book", "stock", Type::Integer)
        .alter_type_using("book", "price", Type::BigInteger, "CAST(price * 100 + stock AS integer)")
        .set_not_null("book", "note")
        .add_column(
            "book",
            Column::new("at", Type::Text).default(DefaultValue::sql("lower('NOW')")),
        )
        .backfill("book", "at", "'never'");
    let db = database(SHOP).await;
    assert_eq!(run(&db, &plan).await.iter().filter(|sql| sql.starts_with("DROP TABLE")).count(), 1);
    let found = "SELECT full, note, stock, price, typeof(price), at FROM book";
    let expected = [
        "n1:One|n1|3|953|integer|now",
        "n2:It's \"two\"|n2|4|3004|integer|now",
        "n7:-|n7|NULL|NULL|null|now",
    ];
    assert_eq!(rows(&db, &texts(found)).await, expected);
}

#[tokio::test]
async fn a_value_that_selects_waits_for_what_it_selects_from() {
    let plan = Plan::new()
        .add_column("book", Column::new("by", Type::Text).nullable())
        .add_column("author", Column::new("initial", Type::Text).nullable())
        .backfill("author", "initial", "substr(name, 1, 1)")
        .backfill(
            "book",
            "by",
            "coalesce((SELECT initial FROM author WHERE author.id = author_id), '?')",
        )
        .set_not_null("book", "by");
    let db = database(SHOP).await;
    migrate(&db, plan).await;
    assert_eq!(rows(&db, "SELECT by FROM book").await, ["A", "A", "?"]);
}

#[tokio::test]
async fn keys_change_with_their_rows() {
    let sql = "CREATE TABLE a (id integer PRIMARY KEY, x text NOT NULL, y integer NOT NULL); INSERT INTO a VALUES (5, 'five', 50);\
        CREATE TABLE w (k text, n integer, v text, PRIMARY KEY (n, k)) WITHOUT ROWID; INSERT INTO w VALUES ('k', 1, 'v');\
        CREATE TABLE bare (x text); INSERT INTO bare (rowid, x) VALUES (3, 'three'), (9, 'nine');\
        CREATE TABLE odd (rowid text, x text); INSERT INTO odd (oid, x) VALUES (4, 'x');\
        CREATE TABLE s (i INT, t TEXT, b ANY, PRIMARY KEY (t)) STRICT; INSERT INTO s VALUES (1, 't', x'00');";
    let db = database(sql).await;
    let to = |before, identity| Plan::new().set_identity("a", "id", before, identity);
    migrate(&db, to(Identity::Rowid, Identity::Automatic)).await;
    migrate(&db, to(Identity::Automatic, Identity::Rowid)).await;
    let key = |name: [&str; 2]| {
        Plan::new().drop_primary_key("a").add_primary_key("a", PrimaryKey::new(name))
    };
    migrate(&db, key(["y", "x"])).await;
    migrate(&db, Plan::new().drop_primary_key("a")).await;
    assert_eq!(rows(&db, &texts("SELECT rowid, id, x FROM a")).await, ["5|5|five"]);
    migrate(
        &db,
        Plan::new()
            .drop_primary_key("w")
            .add_primary_key("w", PrimaryKey::new(["k"]).named("w_pk")),
    )
    .await;
    migrate(&db, Plan::new().set_default("bare", "x", "x")).await;
    assert_eq!(rows(&db, &texts("SELECT rowid, x FROM bare")).await, ["3|three", "9|nine"]);
    migrate(&db, Plan::new().set_default("odd", "x", "x")).await;
    assert_eq!(rows(&db, &texts("SELECT oid, x FROM odd")).await, ["4|x"]);
    migrate(&db, Plan::new().set_default("s", "i", 5).add_check("s", Check::new("i > 0"))).await;
    run(&db, &Plan::new().add_column("s", Column::new("v", Type::Varchar(Some(9))).nullable()))
        .await;
    assert_eq!(rows(&db, &texts("SELECT i, t, typeof(b), v FROM s")).await, ["1|t|blob|NULL"]);
    let gone = Plan::new().drop_primary_key("w");
    let error = script(&read(&db).await.unwrap(), &gone.operations).unwrap_err();
    assert!(error.to_string().contains("`WITHOUT ROWID`"), "{error}");
}

#[tokio::test]
async fn tables_are_created_whole_and_dropped_once() {
    let node = Table::new("node")
        .column(Column::new("id", Type::Integer).identity())
        .column(Column::new("parent_id", Type::Integer).nullable())
        .column(Column::new("name", Type::Varchar(Some(20))).default("x"))
        .primary_key(["id"])
        .index(Index::new("node_name", ["name"]))
        .trigger("node_log", "CREATE TRIGGER node_log AFTER DELETE ON node BEGIN SELECT 1; END");
    let plan = Plan::new()
        .create_table(node)
        .add_foreign_key(
            "node",
            ForeignKey::new(["parent_id"], "node", ["id"]).on_delete(Action::Cascade),
        )
        .add_column("node", Column::new("late", Type::Date))
        .set_not_null("node", "parent_id")
        .add_check("node", Check::new("name <> ''"))
        .create_index("node", Index::new("node_late", ["late"]))
        .set_default("log", "line", "x")
        .drop_table("log")
        .create_table(Table::new("short_lived").column(Column::new("x", Type::Text)))
        .drop_table("short_lived")
        .create_table(Table::new("log").column(Column::new("other", Type::Text)));
    let db = database(SHOP).await;
    db.execute_unprepared("DROP TRIGGER book_log").await.unwrap();
    let ran = migrate(&db, plan).await;
    let verbs: Vec<_> = ran.iter().map(|sql| sql.split(" (").next().unwrap()).collect();
    let expected = [
        "CREATE TABLE \"node\"",
        "CREATE INDEX \"node_name\" ON \"node\"",
        "CREATE INDEX \"node_late\" ON \"node\"",
        "DROP TABLE \"log\"",
        "CREATE TABLE \"log\"",
        "CREATE TRIGGER node_log AFTER DELETE ON node BEGIN SELECT 1; END",
    ];
    let sorted = |mut verbs: Vec<&str>| {
        verbs.sort_unstable();
        verbs.join("\n")
    };
    assert_eq!(sorted(verbs), sorted(expected.to_vec()));
}

#[tokio::test]
async fn renames_reach_everything_and_later_rebuilds_know_it() {
    let plan = Plan::new()
        .rename_table("book", "Work")
        .rename_table("author", "AUTHOR")
        .rename_column("Work", "price", "cost")
        .rename_table("copy", "o'clock")
        .set_not_null("o'clock", "place")
        .set_default("Work", "title", "none")
        .rename_table("Work", "order");
    let db = database(SHOP).await;
    migrate(&db, plan).await;
    db.execute_unprepared("UPDATE \"order\" SET cost = 2 WHERE id = 1").await.unwrap();
    assert_eq!(rows(&db, "SELECT line FROM log").await, ["One; 2.0"]);
    assert_eq!(rows(&db, &texts("SELECT cost FROM cheap")).await, ["2.0"]);
    assert_eq!(
        rows(&db, &texts("SELECT seq FROM sqlite_sequence WHERE name = 'order'")).await,
        ["40"]
    );
}

#[test]
fn a_plan_is_cut_where_texts_change() {
    let plan = Plan::new()
        .rename_table("a", "b")
        .rename_column("b", "x", "y")
        .drop_column("b", "z")
        .drop_trigger("b", "t")
        .raw_sql("SELECT 1")
        .raw_sql("SELECT 2")
        .create_view("v", "CREATE VIEW v AS SELECT 1")
        .drop_table("b")
        .drop_table("c");
    let lengths: Vec<_> = segments(&plan.operations).iter().map(|part| part.len()).collect();
    assert_eq!(lengths, [2, 1, 3, 1, 2]);
}

#[tokio::test]
async fn objects_are_created_and_dropped() {
    let db = database(SHOP).await;
    let plan = Plan::new()
        .drop_view("cheap")
        .drop_trigger("book", "book_log")
        .drop_column("book", "price")
        .create_view("titles", "CREATE VIEW titles AS SELECT title FROM book")
        .create_trigger(
            "book",
            "t",
            "CREATE TRIGGER t AFTER DELETE ON book BEGIN INSERT INTO log VALUES ('gone'); END",
        );
    let mut expected = read(&db).await.unwrap();
    expected.apply_all(&plan.operations, DbBackend::Sqlite).unwrap();
    // What names the column goes with it.
    let book = expected.tables.get_mut(&TableName::from("book")).unwrap();
    book.checks.retain(|check| check.name.is_some());
    run(&db, &plan).await;
    assert_same(read(&db).await.unwrap(), expected, "");
}

#[tokio::test]
async fn what_sqlite_lacks_is_refused_before_anything_runs() {
    let schema = read(&database(SHOP).await).await.unwrap();
    let plan = |index: Index| {
        vec![Operation::CreateIndex { table: "book".into(), index, concurrently: false }]
    };
    let gin = plan(Index::new("i", ["title"]).method("gin"));
    assert!(script(&schema, &gin).unwrap_err().to_string().contains("B-tree"));
    let class = Index::new("i", []).column(IndexColumn::new("title").extra("text_pattern_ops"));
    assert!(script(&schema, &plan(class)).is_err());
    let tree = plan(Index::new("i", ["title"]).method("btree").include(["pages"]));
    assert_eq!(
        script(&schema, &tree).unwrap().statements,
        ["CREATE INDEX \"i\" ON \"book\" (\"title\")"]
    );
    assert!(script(&schema, &Plan::new().drop_table("nowhere").operations).is_err());
}
