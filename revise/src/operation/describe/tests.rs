//! Every operation and its line.

use super::describe;
use crate::{
    operation::{Operation, Plan},
    schema::{
        Action, Check, Column, DatabaseObject, DefaultValue, ForeignKey, Identity, Index,
        IndexColumn, PrimaryKey, Table, Type, Unique,
    },
};

fn says(plan: Plan, expected: &[&str]) {
    let lines: Vec<String> = plan.operations.iter().map(describe).collect();
    assert_eq!(lines, expected);
}

#[test]
fn tables() {
    let item = Table::new("item")
        .column(Column::new("id", Type::Integer).identity())
        .column(Column::new("name", Type::Varchar(None)))
        .column(Column::new("order_id", Type::Integer).nullable());
    let wide = (1..=14).fold(Table::new("wide"), |table, number| {
        table.column(Column::new(format!("c{number}"), Type::Integer))
    });
    let plan = Plan::new()
        .create_table(item)
        .create_table(wide)
        .drop_table("extra")
        .drop_table(("shop", "extra"))
        .rename_table("author", "writer");
    says(
        plan,
        &[
            "create table item (id, name, order_id)",
            "create table wide (c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12 and 2 more)",
            "drop table extra and its rows",
            "drop table shop.extra and its rows",
            "rename table author to writer",
        ],
    );
}

#[test]
fn types_that_postgresql_has_one_name_for_are_told_apart() {
    for (from, to, said) in [
        (Type::Timestamp, Type::DateTime, "from timestamp_text to datetime_text"),
        (Type::Blob, Type::VarBinary(None), "from blob to varbinary_blob"),
        (Type::Unsigned, Type::BigInteger, "from Unsigned to BigInteger"),
        (Type::Varchar(Some(255)), Type::Varchar(None), "from varchar(255) to varchar"),
        (Type::Integer, Type::other("INTEGER"), "from Integer to Other(\"INTEGER\")"),
    ] {
        let (table, column, before) = ("t".into(), "c".to_owned(), Some(from));
        let change = Operation::AlterType { table, column, kind: to, using: None, before };
        assert_eq!(describe(&change), format!("change type of t.c {said}"));
    }
}

#[test]
fn columns() {
    let plan = Plan::new()
        .add_column("books", Column::new("page_count", Type::Integer).nullable())
        .add_column("books", Column::new("copies", Type::Integer).default(7))
        .add_column("books", Column::new("made", Type::Timestamp).default(DefaultValue::Now))
        .add_column("books", Column::new("id", Type::BigInteger).identity())
        .add_column("books", Column::new("sum", Type::Integer).nullable().generated("a + b", true))
        .add_column("books", Column::new("tea", Type::enumeration("tea")).collation("C"))
        .add_column("books", Column::new("tags", Type::array(Type::Text)).nullable())
        .drop_column("u", "pw")
        .rename_column("u", "name", "full_name");
    says(
        plan,
        &[
            "add column books.page_count (integer, nullable)",
            "add column books.copies (integer, not null, default 7)",
            "add column books.made (timestamp, not null, default CURRENT_TIMESTAMP)",
            "add column books.id (bigint, not null, numbered by the database)",
            "add column books.sum (integer, computed as a + b, stored, nullable)",
            "add column books.tea (tea, not null, collation C)",
            "add column books.tags (text[], nullable)",
            "drop column u.pw and its values",
            "rename column u.name to full_name",
        ],
    );
}

#[test]
fn changes_of_a_column() {
    let before = |operation| match operation {
        Operation::AlterType { table, column, kind, using, before: _ } => {
            Operation::AlterType { table, column, kind, using, before: Some(Type::Varchar(None)) }
        }
        other => other,
    };
    let typed = Plan::new().alter_type("u", "n", Type::Integer);
    let typed = Plan { operations: typed.operations.into_iter().map(before).collect() };
    says(typed, &["change type of u.n from varchar to integer"]);
    let changed = Operation::AlterDefault {
        table: "u".into(),
        column: "a".to_owned(),
        default: Some("y".into()),
        before: Some("x".into()),
    };
    let plan = Plan::new()
        .alter_type("u", "n", Type::Varchar(Some(20)))
        .alter_type_using("u", "n", Type::Integer, "n::integer * 2")
        .set_not_null("u", "name")
        .drop_not_null("u", "name")
        .set_default("u", "a", "x")
        .with(changed)
        .drop_default("u", "a");
    says(
        plan,
        &[
            "change type of u.n to varchar(20)",
            "change type of u.n to integer computed as n::integer * 2",
            "u.name: not null",
            "u.name: nullable",
            "u.a: default 'x'",
            "u.a: default 'y', was 'x'",
            "u.a: no default",
        ],
    );
}

#[test]
fn what_gives_a_column_its_values() {
    let plan = Plan::new()
        .set_identity("u", "id", Identity::None, Identity::Automatic)
        .set_identity("u", "id", Identity::None, Identity::Always)
        .set_identity("u", "id", Identity::Automatic, Identity::Rowid)
        .set_identity("u", "id", Identity::Automatic, Identity::None)
        .set_generated("u", "a", "b + c", true)
        .drop_generated("u", "a")
        .set_collation("u", "a", Some("NOCASE"))
        .set_collation("u", "a", None)
        .set_extra("u", "a", "ON CONFLICT FAIL")
        .set_options("u", ["STRICT", "WITHOUT ROWID"])
        .backfill("u", "name", "'nobody'");
    says(
        plan,
        &[
            "u.id: numbered by the database",
            "u.id: always numbered by the database",
            "u.id: numbered by the database, ids may come again",
            "u.id: no longer numbered by the database",
            "u.a: computed as b + c, stored",
            "u.a: no longer computed, and keeps its values",
            "u.a: collation NOCASE",
            "u.a: collation the type's own",
            "u.a: on conflict fail, was nothing special",
            "table u: strict, without rowid, was nothing special",
            "fill u.name with 'nobody' where it is null",
        ],
    );
}

#[test]
fn keys_and_indexes() {
    let downwards = Index::new("down", ["a"]).column(IndexColumn::new("b").descending());
    let special = Index::new("special", ["a"])
        .unique()
        .column(IndexColumn::expression("lower(b)"))
        .method("btree")
        .include(["c"])
        .predicate("a > 0");
    let plan = Plan::new()
        .add_primary_key("u", PrimaryKey::new(["a", "b"]))
        .drop_primary_key("u")
        .with(Operation::DropPrimaryKey {
            table: "u".into(),
            before: Some(PrimaryKey::new(["id"])),
        })
        .add_unique("u", Unique::new(["email"]))
        .drop_unique("u", ["email"])
        .create_index("u", Index::new("idx-u-email", ["email"]))
        .create_index_concurrently("u", downwards.clone())
        .create_index("u", special)
        .drop_index("u", "down")
        .with(Operation::DropIndex {
            table: "u".into(),
            index: "down".to_owned(),
            before: Some(Box::new(downwards)),
        })
        .rename_index("u", "a", "b")
        .rename_constraint("u", "c", "d");
    says(
        plan,
        &[
            "add primary key u(a, b)",
            "drop primary key of u",
            "drop primary key u(id)",
            "add unique u(email)",
            "drop unique u(email)",
            "create index idx-u-email on u(email)",
            "create index down on u(a, b desc), concurrently",
            "create unique index special on u(a, lower(b)) using btree including c where a > 0",
            "drop index down on u",
            "drop index down on u(a, b desc)",
            "rename index a on u to b",
            "rename constraint c on u to d",
        ],
    );
}

#[test]
fn foreign_keys_and_checks() {
    let key = ForeignKey::new(["store_id"], "stores", ["id"]).on_delete(Action::Cascade);
    let deferred = ForeignKey { referenced: Vec::new(), ..ForeignKey::new(["a"], "p", ["a"]) }
        .on_update(Action::SetNull)
        .extra("DEFERRABLE");
    let plan = Plan::new()
        .add_foreign_key("items", key.clone())
        .add_foreign_key("c", deferred)
        .drop_foreign_key("items", ["store_id"])
        .with(Operation::DropForeignKey {
            table: "items".into(),
            columns: vec!["store_id".to_owned()],
            before: Some(Box::new(key)),
        })
        .add_check("u", Check::new("amount >= 0"))
        .add_check("u", Check::new("amount >= 0").named("ck"))
        .drop_check("u", Check::new("amount >= 0").named("ck"))
        .drop_check("u", Check::new("amount >= 0"));
    says(
        plan,
        &[
            "add foreign key items(store_id) → stores(id) on delete cascade",
            "add foreign key c(a) → p on update set null deferrable",
            "drop foreign key items(store_id)",
            "drop foreign key items(store_id) → stores(id) on delete cascade",
            "add check on u: amount >= 0",
            "add check ck on u: amount >= 0",
            "drop check ck on u",
            "drop check on u: amount >= 0",
        ],
    );
}

#[test]
fn enums_and_comments() {
    let plan = Plan::new()
        .create_enum("tea", ["everyday", "breakfast"])
        .drop_enum("tea")
        .add_enum_value("tea", "green", None)
        .add_enum_value("tea", "green", Some("breakfast"))
        .rename_enum_value("tea", "green", "sencha")
        .rebuild_enum("tea", ["everyday"], [("breakfast", "everyday")])
        .comment_table("u", Some("people"))
        .comment_column("u", "a", Some("two\nlines \u{1b}[31m"))
        .comment_column("u", "a", None);
    says(
        plan,
        &[
            "create enum tea (everyday, breakfast)",
            "drop enum tea",
            "add value green to enum tea",
            "add value green to enum tea before breakfast",
            "rename value green of enum tea to sencha",
            "rebuild enum tea (everyday), breakfast becomes everyday",
            "table u: comment “people”",
            "u.a: comment “two lines [31m”",
            "u.a: no comment",
        ],
    );
}

#[test]
fn objects_and_sql() {
    let plan = Plan::new()
        .create_view("v", "CREATE VIEW v AS SELECT 1")
        .drop_view("v")
        .create_trigger("u", "t", "CREATE TRIGGER t …")
        .drop_trigger("u", "t")
        .create_extra("sequence s", "CREATE SEQUENCE s", "DROP SEQUENCE s")
        .with(Operation::CreateDatabaseObject {
            object: DatabaseObject::new("sequence s", "ALTER SEQUENCE s", "DROP SEQUENCE s"),
            before: Some("CREATE SEQUENCE s".to_owned()),
        })
        .drop_extra("sequence s", "CREATE SEQUENCE s", "DROP SEQUENCE s")
        .raw_sql("UPDATE u\n  SET a = 1")
        .raw_sqlite("PRAGMA optimize")
        .raw_postgres(&"x".repeat(200))
        .with(Operation::Sql { sqlite: Some("a".to_owned()), postgres: Some("b".to_owned()) })
        .with(Operation::Sql { sqlite: None, postgres: None });
    let long = format!("run {}… (PostgreSQL only)", "x".repeat(100));
    says(
        plan,
        &[
            "create view v",
            "drop view v",
            "create trigger t on u",
            "drop trigger t on u",
            "create sequence s",
            "replace sequence s",
            "drop sequence s",
            "run UPDATE u SET a = 1",
            "run PRAGMA optimize (SQLite only)",
            &long,
            "run a, on PostgreSQL b",
            "run nothing",
        ],
    );
}
