//! Plans and what is found in them.

use sea_orm::{
    DatabaseBackend::{Postgres, Sqlite},
    DbBackend,
};

use super::{Change, Finding, lint, rules};
use crate::{
    operation::Plan,
    schema::{
        Check, Column, DefaultValue, ForeignKey, Index, PrimaryKey, Schema, Table, Type, Unique,
    },
};

fn shop() -> Schema {
    let mut schema = Schema::default();
    schema.insert(
        Table::new("store")
            .column(Column::new("id", Type::Integer).identity())
            .column(Column::new("name", Type::Varchar(Some(50))).nullable())
            .primary_key(["id"]),
    );
    schema.insert(
        Table::new("item")
            .column(Column::new("id", Type::Integer).identity())
            .column(Column::new("store_id", Type::Integer).nullable())
            .column(Column::new("n", Type::Varchar(None)))
            .column(Column::new("price", Type::Decimal(Some((8, 2)))).nullable())
            .column(Column::new("tea", Type::enumeration("tea")).nullable())
            .primary_key(["id"])
            .check(Check::new("(price IS NOT NULL)")),
    );
    schema.enums.insert("tea".to_owned(), vec!["green".to_owned(), "black".to_owned()]);
    schema
}

fn whole(plan: &Plan) -> Change<'_> {
    Change { operations: &plan.operations, in_steps: false }
}

fn found(plan: &Plan, backend: DbBackend) -> Vec<String> {
    let findings = lint(&shop(), whole(plan), backend);
    findings.iter().map(|finding| format!("{} {}", finding.rule, finding.subject)).collect()
}

fn check(plan: Plan, postgres: &[&str], sqlite: &[&str]) {
    assert_eq!(found(&plan, Postgres), postgres, "PostgreSQL: {plan:?}");
    assert_eq!(found(&plan, Sqlite), sqlite, "SQLite: {plan:?}");
}

fn plan() -> Plan {
    Plan::new()
}

#[test]
fn lost_values_and_broken_programs_are_found_on_both_databases() {
    check(plan().drop_table("item"), &["drop-table item"], &["drop-table item"]);
    check(plan().drop_column("item", "n"), &["drop-column item.n"], &["drop-column item.n"]);
    check(
        plan().rename_table("item", "thing").rename_column("thing", "n", "m"),
        &["rename-table item", "rename-column thing.n"],
        &["rename-table item", "rename-column thing.n"],
    );
    check(
        plan().drop_not_null("item", "n"),
        &["drop-not-null item.n"],
        &["drop-not-null item.n", "rebuild-of-large-table item"],
    );
    check(
        plan().drop_primary_key("store").add_primary_key("store", PrimaryKey::new(["name"])),
        &["change-primary-key store"],
        &["change-primary-key store", "rebuild-of-large-table store"],
    );
    check(plan().raw_sql("UPDATE item SET n = 1"), &["raw-sql sql"], &["raw-sql sql"]);
    check(plan().raw_postgres("ANALYZE"), &["raw-sql sql"], &[]);
}

#[test]
fn new_columns() {
    let new = |kind| Column::new("new", kind);
    check(
        plan().add_column("item", new(Type::Integer)),
        &["add-not-null-without-default item.new"],
        &["add-not-null-without-default item.new"],
    );
    let null = new(Type::Integer).default(DefaultValue::sql("NULL"));
    assert_eq!(
        found(&plan().add_column("item", null), Postgres),
        ["add-not-null-without-default item.new"]
    );
    check(plan().add_column("item", new(Type::Integer).nullable()), &[], &[]);
    check(plan().add_column("item", new(Type::Integer).default(7)), &[], &[]);
    check(
        plan().add_column("item", new(Type::Timestamp).default(DefaultValue::Now)),
        &[],
        &["rebuild-of-large-table item"],
    );
    check(
        plan().add_column("item", new(Type::Uuid).default(DefaultValue::sql("gen_random_uuid()"))),
        &["volatile-default item.new"],
        &["rebuild-of-large-table item"],
    );
    check(
        plan().add_column("item", new(Type::Integer).generated("id * 2", true)),
        &["volatile-default item.new"],
        &["rebuild-of-large-table item"],
    );
    check(
        plan()
            .add_column("item", new(Type::Integer).nullable())
            .backfill("item", "new", "7")
            .set_not_null("item", "new"),
        &["set-not-null item.new"],
        &["rebuild-of-large-table item"],
    );
    // What the plan adds is not in use yet.
    check(
        plan()
            .add_column("item", new(Type::Integer).nullable())
            .rename_column("item", "new", "newer")
            .drop_column("item", "newer"),
        &[],
        &[],
    );
}

#[test]
fn changed_columns() {
    check(
        plan().alter_type("store", "name", Type::Varchar(Some(200))),
        &[],
        &["rebuild-of-large-table store"],
    );
    check(
        plan().alter_type("store", "name", Type::Varchar(Some(20))),
        &["narrow-type store.name", "change-type store.name"],
        &["rebuild-of-large-table store"],
    );
    check(
        plan().alter_type("item", "price", Type::Decimal(Some((10, 2)))),
        &[],
        &["rebuild-of-large-table item"],
    );
    check(
        plan().alter_type("item", "n", Type::Integer),
        &["narrow-type item.n", "change-type item.n"],
        &["narrow-type item.n", "rebuild-of-large-table item"],
    );
    check(
        plan().alter_type_using("item", "n", Type::Integer, "length(n)"),
        &["change-type item.n"],
        &["rebuild-of-large-table item"],
    );
    check(plan().alter_type("item", "id", Type::BigInteger), &["change-type item.id"], &[]);
    check(
        plan().set_not_null("store", "name"),
        &["set-not-null store.name"],
        &["rebuild-of-large-table store"],
    );
    // A check proves it, so that PostgreSQL reads nothing.
    check(plan().set_not_null("item", "price"), &[], &["rebuild-of-large-table item"]);
}

#[test]
fn constraints_and_indexes() {
    let key = ForeignKey::new(["store_id"], "store", ["id"]);
    let index = Index::new("idx-item-store_id", ["store_id"]);
    check(
        plan().add_foreign_key("item", key.clone()).create_index("item", index.clone()),
        &["add-foreign-key item.store_id", "create-index item.store_id"],
        &["rebuild-of-large-table item"],
    );
    check(
        plan()
            .create_index_concurrently("item", index)
            .add_foreign_key("item", key.clone().extra("NOT VALID")),
        &[],
        &["rebuild-of-large-table item"],
    );
    check(
        plan().add_foreign_key("item", key.clone()),
        &["add-foreign-key item.store_id", "foreign-key-without-index item.store_id"],
        &["rebuild-of-large-table item", "foreign-key-without-index item.store_id"],
    );
    check(plan().add_unique("store", Unique::new(["name"])), &["add-unique store.name"], &[]);
    check(
        plan().add_check("store", Check::new("name <> ''")),
        &["add-check store"],
        &["rebuild-of-large-table store"],
    );
    let partial = Index::new("some", ["store_id"]).predicate("price > 1");
    let second = Index::new("second", ["n", "store_id"]);
    let plan = plan().add_foreign_key("item", key).create_index_concurrently("item", partial);
    check(
        plan.create_index_concurrently("item", second),
        &["add-foreign-key item.store_id", "foreign-key-without-index item.store_id"],
        &["rebuild-of-large-table item", "foreign-key-without-index item.store_id"],
    );
}

#[test]
fn a_missing_index_is_found_once_and_not_when_it_was_missing_before() {
    let mut schema = shop();
    let key = ForeignKey::new(["store_id"], "store", ["id"]);
    let item = schema.tables.get_mut(&"item".into()).unwrap();
    item.foreign_keys.push(key);
    let renamed = plan().rename_table("item", "thing").rename_column("thing", "store_id", "shop");
    let rules = |schema: &Schema, plan: &Plan| -> Vec<&'static str> {
        lint(schema, whole(plan), Sqlite).iter().map(|finding| finding.rule).collect()
    };
    assert_eq!(rules(&schema, &renamed), ["rename-table", "rename-column"]);
    let item = schema.tables.get_mut(&"item".into()).unwrap();
    item.indexes.push(Index::new("by_store", ["store_id", "n"]));
    let dropped = plan().drop_index("item", "by_store");
    assert_eq!(rules(&schema, &dropped), ["foreign-key-without-index"]);
}

#[test]
fn enums_matter_on_postgresql_only() {
    check(plan().add_enum_value("tea", "white", None), &["add-enum-value tea"], &[]);
    check(plan().rename_enum_value("tea", "green", "sencha"), &["rename-enum-value tea"], &[]);
    check(plan().rebuild_enum("tea", ["green"], []), &["rebuild-enum tea"], &[]);
    check(plan().drop_enum("tea"), &["drop-enum tea"], &[]);
    check(plan().create_enum("milk", ["oat"]).rebuild_enum("milk", ["soy"], []), &[], &[]);
}

#[test]
fn a_table_of_the_plan_itself_has_neither_rows_nor_users() {
    let new = Table::new("new").column(Column::new("id", Type::Integer)).primary_key(["id"]);
    check(
        plan()
            .create_table(new)
            .add_column("new", Column::new("a", Type::Integer))
            .alter_type("new", "a", Type::SmallInteger)
            .add_unique("new", Unique::new(["a"]))
            .add_check("new", Check::new("a > 0"))
            .create_index("new", Index::new("i", ["a"]))
            .add_foreign_key("new", ForeignKey::new(["a"], "store", ["id"]))
            .rename_table("new", "newer")
            .rename_column("newer", "a", "b")
            .drop_table("newer"),
        &[],
        &[],
    );
}

#[test]
fn one_rebuild_is_one_finding() {
    let plan = plan().set_not_null("store", "name").set_default("store", "name", "x");
    let plan = plan.rename_table("store", "shop").drop_default("shop", "name");
    assert_eq!(found(&plan, Sqlite), ["rebuild-of-large-table store", "rename-table store"]);
}

#[test]
fn a_finding_says_what_to_do_instead() {
    let plan = plan().set_not_null("store", "name");
    let findings = lint(&shop(), whole(&plan), Postgres);
    let json = serde_json::to_value(&findings).unwrap();
    assert_eq!(
        json,
        serde_json::json!([{
            "rule": "set-not-null",
            "level": "warning",
            "subject": "store.name",
            "message": "all rows of `store` are read under ACCESS EXCLUSIVE, which blocks all access meanwhile",
            "safe": "let `use_transaction` of the migration be `Some(false)`: then it is added NOT VALID, and the \
                rows are read while others read and write them",
        }])
    );
}

#[test]
fn without_a_transaction_constraints_block_nobody() {
    let key = ForeignKey::new(["store_id"], "store", ["id"]);
    let plan = plan()
        .set_not_null("store", "name")
        .add_foreign_key("item", key)
        .add_check("item", Check::new("n > 0"))
        .add_unique("store", Unique::new(["name"]));
    let rules = |in_steps| {
        let change = Change { operations: &plan.operations, in_steps };
        let findings = lint(&shop(), change, Postgres);
        findings.iter().map(|finding| finding.rule).collect::<Vec<_>>()
    };
    let blocking = ["set-not-null", "add-foreign-key", "add-check", "add-unique"];
    assert_eq!(rules(false), [&blocking[..], &["foreign-key-without-index"]].concat());
    assert_eq!(rules(true), ["foreign-key-without-index"]);
}

#[test]
fn every_rule_is_documented_and_named_once() {
    let documentation = include_str!("../lint.rs");
    let mut names: Vec<&str> = rules().iter().map(|rule| rule.0).collect();
    for (name, level, what) in rules() {
        let level = format!("{level:?}").to_lowercase();
        let lines = ["both", "PostgreSQL", "SQLite"]
            .map(|on| format!("//! | `{name}` | {level} | {on} | {what} |\n"));
        assert!(lines.iter().any(|line| documentation.contains(line.as_str())), "{name}");
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), rules().len());
    let unknown = |finding: &Finding| !rules().iter().any(|rule| rule.0 == finding.rule);
    let everything = plan().drop_table("item").rename_table("store", "shop");
    assert!(!lint(&shop(), whole(&everything), Postgres).iter().any(unknown));
}
