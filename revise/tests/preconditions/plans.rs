//! What a plan cannot be asked before it has run.

use sea_orm::DatabaseBackend::{Postgres, Sqlite};
use sea_revise::{
    check::precondition::preconditions,
    operation::Plan,
    schema::{
        Check, Column, ForeignKey, Index, IndexColumn, PrimaryKey, Schema, Table, Type, Unique,
    },
};

fn schema() -> Schema {
    let mut schema = Schema::default();
    let table = |name: &str| {
        Table::new(name)
            .column(Column::new("id", Type::Integer))
            .column(Column::new("a", Type::Varchar(None)).nullable())
            .column(Column::new("b", Type::Integer).nullable())
            .primary_key(["id"])
    };
    schema.insert(table("t"));
    schema.insert(table("u"));
    schema
}

fn asks(plan: &Plan) -> usize {
    let on = |backend| preconditions(&schema(), &plan.operations, backend).len();
    assert_eq!(on(Sqlite), on(Postgres), "{plan:?}");
    on(Sqlite)
}

#[test]
fn nothing_is_asked_of_a_table_that_the_plan_creates() {
    let new = Table::new("new").column(Column::new("a", Type::Text).nullable());
    let plan = Plan::new()
        .create_table(new)
        .rename_table("new", "newer")
        .add_column("newer", Column::new("b", Type::Integer))
        .set_not_null("newer", "a")
        .add_unique("newer", Unique::new(["a"]))
        .add_primary_key("newer", PrimaryKey::new(["a"]))
        .add_check("newer", Check::new("a <> ''"))
        .alter_type("newer", "a", Type::Integer)
        .add_foreign_key("newer", ForeignKey::new(["b"], "t", ["id"]));
    assert_eq!(asks(&plan), 0);
}

#[test]
fn nothing_is_asked_of_columns_that_the_plan_adds_or_computes() {
    let unique = |plan: Plan| plan.add_unique("t", Unique::new(["a", "b"]));
    assert_eq!(asks(&unique(Plan::new())), 1);
    let computed = Plan::new().alter_type_using("t", "a", Type::Text, "upper(a)");
    assert_eq!(asks(&unique(computed.clone())), 0);
    assert_eq!(asks(&computed.set_not_null("t", "a")), 0);
    let added = Plan::new()
        .drop_column("t", "a")
        .add_column("t", Column::new("a", Type::Text).nullable().default("x"));
    assert_eq!(asks(&unique(added.clone())), 0);
    assert_eq!(asks(&added.add_check("t", Check::new("a <> ''"))), 0);
}

#[test]
fn an_expression_is_asked_only_when_the_plan_has_left_its_columns_alone() {
    let check = |plan: Plan| plan.add_check("t", Check::new("a <> 'b'"));
    let index = Index::new("i", []).unique().column(IndexColumn::expression("lower(a)"));
    let indexed = |plan: Plan| plan.create_index("t", index.clone());
    for (plan, expected) in [
        (Plan::new(), 1),
        (Plan::new().backfill("t", "b", "1"), 1),
        (Plan::new().backfill("t", "a", "'x'"), 0),
        (Plan::new().alter_type("t", "a", Type::Text), 0),
    ] {
        assert_eq!(asks(&check(plan.clone())), expected, "{plan:?}");
        assert_eq!(asks(&indexed(plan.clone())), expected, "{plan:?}");
    }
}

#[test]
fn a_key_between_columns_whose_types_change_is_left_to_the_database() {
    let key = |plan: Plan| plan.add_foreign_key("t", ForeignKey::new(["b"], "u", ["id"]));
    assert_eq!(asks(&key(Plan::new())), 1);
    assert_eq!(asks(&key(Plan::new().alter_type("t", "b", Type::BigInteger))), 0);
    assert_eq!(asks(&key(Plan::new().alter_type("u", "id", Type::BigInteger))), 0);
}

#[test]
fn sql_of_somebodys_own_makes_its_tables_unknown() {
    let plan = |sql| Plan::new().raw_sql(sql).set_not_null("t", "a").set_not_null("u", "a");
    assert_eq!(asks(&plan("SELECT 1")), 2);
    assert_eq!(asks(&plan("DELETE FROM t WHERE a IS NULL")), 1);
    assert_eq!(asks(&plan("UPDATE \"T\" SET a = (SELECT a FROM u)")), 0);
    assert_eq!(asks(&plan("UPDATE tut SET a = 1")), 2);
    let only = Plan::new().raw_postgres("DELETE FROM t").set_not_null("t", "a");
    assert_eq!(preconditions(&schema(), &only.operations, Postgres).len(), 0);
    assert_eq!(preconditions(&schema(), &only.operations, Sqlite).len(), 1);
}

#[test]
fn the_same_is_asked_once() {
    let plan = Plan::new().set_not_null("t", "a").add_primary_key("t", PrimaryKey::new(["a"]));
    assert_eq!(asks(&plan), 2);
}
