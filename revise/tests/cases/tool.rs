//! Section G, the tool itself: what it leaves alone, and names that need quotes.

use crate::case::{
    Backends::{Both, Postgres, Sqlite},
    Case, Expect, Sql, entities, entity,
};

/// The cases of this file.
pub fn cases() -> Vec<Case> {
    vec![
        c75_own_and_system_tables_on_sqlite(),
        c75_own_and_system_tables_on_postgres(),
        c77_quoting(),
        c77_quoting_of_changes(),
        c77_other_schema(),
        c77_other_schema_changes(),
        c77_schema_on_sqlite(),
        c77_drop_fk_with_mixed_case_name(),
    ]
}

entity!(u "u" {
    #[sea_orm(indexed)]
    pub name: String,
});

fn c75_own_and_system_tables_on_sqlite() -> Case {
    let before = Sql::both(
        r#"CREATE TABLE IF NOT EXISTS seaql_migrations (version varchar NOT NULL PRIMARY KEY, applied_at integer NOT NULL);
CREATE TABLE u ({pk}, name varchar NOT NULL);
CREATE INDEX "idx-u-name" ON u (name);
INSERT INTO u (name) VALUES ('O''Brien'), ('Čapek'), ('');
CREATE TABLE _litestream_seq (id integer PRIMARY KEY, seq integer);
CREATE TABLE _litestream_lock (id integer);
CREATE VIRTUAL TABLE notes USING fts5 (body);
INSERT INTO notes (body) VALUES ('it''s a note');
ANALYZE"#,
    );
    Case::new("c75_own_and_system_tables_on_sqlite", Sqlite, before)
        .step(entities!(u), Expect::Nothing)
        .keeps(Sql::both("SELECT body FROM notes WHERE notes MATCH 'note'"), "it's a note")
        .keeps(Sql::both("SELECT CAST(count(*) AS text) FROM sqlite_schema WHERE name LIKE '\\_litestream%' ESCAPE '\\'"), "2")
        .unmanaged(Sqlite, "notes")
}

fn c75_own_and_system_tables_on_postgres() -> Case {
    let before = Sql::both(
        r#"CREATE TABLE IF NOT EXISTS seaql_migrations (version varchar NOT NULL PRIMARY KEY, applied_at bigint NOT NULL);
CREATE TABLE u ({pk}, name varchar NOT NULL);
CREATE INDEX "idx-u-name" ON u (name);
CREATE TABLE u_2024 () INHERITS (u);
CREATE TABLE event (id bigint NOT NULL, day date NOT NULL) PARTITION BY RANGE (day);
CREATE TABLE event_2024 PARTITION OF event FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
INSERT INTO event (id, day) VALUES (1, '2024-02-29');
CREATE SCHEMA other;
CREATE TABLE other.thing (id integer PRIMARY KEY);
CREATE EXTENSION IF NOT EXISTS hstore;
ANALYZE"#,
    );
    Case::new("c75_own_and_system_tables_on_postgres", Postgres, before)
        .step(entities!(u), Expect::Nothing)
        .keeps(Sql::both("SELECT day::text FROM event_2024"), "2024-02-29")
        .keeps(Sql::both("SELECT count(*)::text FROM other.thing"), "0")
        .unmanaged(Postgres, "event")
        .unmanaged(Postgres, "u_2024")
}

entity!(order_items "Order Items" {
    #[sea_orm(unique)]
    pub select: i32,
    #[sea_orm(column_name = "CamelCase", indexed)]
    pub camel_case: String,
    #[sea_orm(column_name = "naïve", default_value = "it's")]
    pub naive: String,
    #[sea_orm(column_name = "o'clock")]
    pub o_clock: Option<i32>,
});

fn c77_quoting() -> Case {
    let expect = Expect::plan(&["CreateTable(Order Items)"], &["DropTable(Order Items)"]);
    Case::new("c77_quoting", Both, Sql::NONE).step(entities!(order_items), expect)
}

const ORDER_ITEMS: Sql = Sql::both(
    r#"CREATE TABLE "Order Items" ({pk}, "select" varchar NOT NULL, "camel case" varchar NOT NULL, "naïve" varchar NOT NULL);
INSERT INTO "Order Items" ("select", "camel case", "naïve") VALUES ('1', 'it''s', 'ž'), ('2', 'a "quote"', ''), ('3', '', {text 50})"#,
);

fn c77_quoting_of_changes() -> Case {
    let expect = Expect::plan(
        &[
            "RenameColumn(Order Items.camel case→CamelCase)",
            "AlterType(Order Items.select)",
            "AlterDefault(Order Items.naïve)",
            "AddColumn(Order Items.o'clock)",
            "AddUnique(Order Items: select)",
            "CreateIndex(Order Items: idx-Order Items-CamelCase)",
        ],
        &[
            "DropIndex(Order Items: idx-Order Items-CamelCase)",
            "DropUnique(Order Items: select)",
            "DropColumn(Order Items.o'clock)",
            "AlterDefault(Order Items.naïve)",
            "AlterType(Order Items.select)",
            "RenameColumn(Order Items.CamelCase→camel case)",
        ],
    );
    Case::new("c77_quoting_of_changes", Both, ORDER_ITEMS)
        .step_with(entities!(order_items), &["--rename Order Items.camel case:CamelCase"], expect)
        .holds(
            Sql::both(r#"SELECT "CamelCase" FROM "Order Items" WHERE "select" = 2"#),
            r#"a "quote""#,
        )
        .keeps(Sql::both(r#"SELECT CAST(count("naïve") AS text) FROM "Order Items""#), "3")
}

entity!(order_items_of_sys (schema_name = "Sys", table_name = "Order Items") {
    #[sea_orm(primary_key)]
    pub id: i32,
    #[sea_orm(unique)]
    pub select: i32,
    #[sea_orm(column_name = "CamelCase", indexed)]
    pub camel_case: String,
    #[sea_orm(column_name = "o'clock")]
    pub o_clock: Option<i32>,
});

fn c77_other_schema() -> Case {
    let expect = Expect::plan(&["CreateTable(Sys.Order Items)"], &["DropTable(Sys.Order Items)"]);
    Case::new("c77_other_schema", Postgres, Sql::both(r#"CREATE SCHEMA "Sys""#))
        .step(entities!(order_items_of_sys), expect)
        .step(entities!(order_items_of_sys), Expect::Nothing)
}

fn c77_other_schema_changes() -> Case {
    let before = Sql::both(
        r#"CREATE SCHEMA "Sys";
CREATE TABLE "Sys"."Order Items" ({pk}, "select" integer NOT NULL UNIQUE, "CamelCase" varchar NOT NULL);
INSERT INTO "Sys"."Order Items" ("select", "CamelCase") VALUES (1, 'it''s')"#,
    );
    let expect = Expect::plan(
        &[
            "AddColumn(Sys.Order Items.o'clock)",
            "CreateIndex(Sys.Order Items: idx-Order Items-CamelCase)",
        ],
        &[
            "DropIndex(Sys.Order Items: idx-Order Items-CamelCase)",
            "DropColumn(Sys.Order Items.o'clock)",
        ],
    );
    Case::new("c77_other_schema_changes", Postgres, before)
        .step(entities!(order_items_of_sys), expect)
        .keeps(Sql::both(r#"SELECT "CamelCase" FROM "Sys"."Order Items""#), "it's")
}

/// SQLite has no schemas of the kind, so the name of one means nothing there.
fn c77_schema_on_sqlite() -> Case {
    let expect = Expect::plan(&["CreateTable(Order Items)"], &["DropTable(Order Items)"]);
    Case::new("c77_schema_on_sqlite", Sqlite, Sql::NONE)
        .step(entities!(order_items_of_sys), expect)
        .step(entities!(order_items_of_sys), Expect::Nothing)
}

entity!(parent "Parent" {});

entity!(child "Child" {
    #[sea_orm(column_name = "parentId")]
    pub parent_id: i32,
});

fn c77_drop_fk_with_mixed_case_name() -> Case {
    let before = Sql::both(
        r#"CREATE TABLE "Parent" ({pk});
CREATE TABLE "Child" (
    {pk},
    "parentId" integer NOT NULL,
    CONSTRAINT "FK_Child'Parent" FOREIGN KEY ("parentId") REFERENCES "Parent" (id)
);
INSERT INTO "Parent" DEFAULT VALUES;
INSERT INTO "Child" ("parentId") VALUES (1)"#,
    );
    let expect = Expect::plan(&["DropFk(Child: parentId)"], &["AddFk(Child: parentId)"]);
    Case::new("c77_drop_fk_with_mixed_case_name", Both, before)
        .step_with(entities!(parent, child), &["--strict"], expect)
        .keeps(Sql::both(r#"SELECT CAST("parentId" AS text) FROM "Child""#), "1")
}
