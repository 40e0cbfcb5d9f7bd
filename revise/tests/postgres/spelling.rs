//! Names of every kind: nothing is ever read as SQL, and long names are what the server makes of them.

use sea_revise::{
    operation::Plan,
    schema::{Check, Column, ForeignKey, Index, Table, Type, Unique, quote},
};

use super::setup::{carry_out, database, rows, run, schema};

const NAMES: [&str; 9] = [
    "o'clock",
    "say \"hi\"",
    "select",
    "CamelCase",
    "naïve Straße",
    "semi; -- colon",
    "back\\slash",
    "$1 $$ %s {}",
    "日本語",
];

#[tokio::test]
async fn every_part_may_have_any_name() {
    let db = database!("SELECT 1");
    for name in NAMES {
        let (other, mood) = (&format!("{name} 2"), format!("e {name}"));
        let mood = mood.as_str();
        let whole = Table::new(name)
            .column(Column::new(name, Type::Integer).identity().comment(name))
            .column(Column::new("e", Type::enumeration(mood)).default(name))
            .column(Column::new("t", Type::Text).default(name))
            .primary_key([name])
            .unique(Unique::new([name, "e"]).named(format!("u {name}")))
            .foreign_key(ForeignKey::new([name], name, [name]).named(format!("f {name}")))
            .check(Check::new(format!("{} > 0", ident(name))).named(format!("c {name}")))
            .index(
                Index::new(format!("i {name}"), [name]).predicate(format!("{} > 1", ident(name))),
            )
            .comment(name);
        let plan = Plan::new().create_enum(mood, [name, other]).create_table(whole);
        carry_out(&db, plan).await;
        run(&db, &format!("INSERT INTO {} DEFAULT VALUES", quote(name))).await;
        let plan = Plan::new()
            .rebuild_enum(mood, [other, name], [])
            .alter_type(name, name, Type::BigInteger)
            .set_identity(
                name,
                name,
                sea_revise::schema::Identity::Automatic,
                sea_revise::schema::Identity::None,
            )
            .backfill(name, "t", "'x'")
            .drop_check(name, Check::new("").named(format!("c {name}")))
            .drop_foreign_key(name, [name])
            .drop_unique(name, [name, "e"])
            .rename_index(name, &format!("i {name}"), other)
            .drop_index(name, other)
            .drop_primary_key(name)
            .rename_column(name, name, other)
            .rename_table(name, other.as_str());
        carry_out(&db, plan).await;
        let query =
            format!("SELECT {} AS id, e::text = t AS alike FROM {}", quote(other), quote(other));
        assert_eq!(rows(&db, &query).await, [r#"{"id":1,"alike":true}"#], "{name}");
        carry_out(&db, Plan::new().drop_table(other.as_str()).drop_enum(mood)).await;
    }
    assert!(schema(&db).await.is_empty());
}

/// As PostgreSQL prints a name inside of an expression.
fn ident(name: &str) -> String {
    quote(name)
}

#[tokio::test]
async fn a_name_that_is_too_long_is_what_the_server_makes_of_it() {
    let db = database!("SELECT 1");
    let long = "l".repeat(70);
    let uneven = format!("x{}", "ä".repeat(40));
    for name in [long.as_str(), uneven.as_str()] {
        let mood = format!("e{name}");
        let mood = mood.as_str();
        let whole = Table::new(name)
            .column(Column::new(name, Type::Integer).identity())
            .column(Column::new("e", Type::enumeration(mood)))
            .primary_key([name])
            .unique(Unique::new([name, "e"]).named(name.replace('x', "u").replacen('l', "u", 1)))
            .foreign_key(ForeignKey::new([name], name, [name]));
        let index = name.replace('x', "i").replacen('l', "i", 1);
        let before = schema(&db).await;
        let create = Plan::new().create_enum(mood, ["a"]).create_table(whole);
        let create = create.create_index(name, Index::new(&index, [name]));
        for sql in
            sea_revise::postgres::statements(&before, &create.operations).expect("statements")
        {
            run(&db, &sql).await;
        }
        let found = schema(&db).await;
        let (key, table) = found.tables.iter().next().expect("the table");
        assert!(key.name.len() <= 63 && name.starts_with(&key.name), "{key}");
        assert_eq!(table.foreign_keys[0].references, *key);
        // What was read back is found by the long name, too.
        let drop = Plan::new()
            .set_identity(
                name,
                name,
                sea_revise::schema::Identity::Automatic,
                sea_revise::schema::Identity::Always,
            )
            .drop_foreign_key(name, [name])
            .drop_unique(name, [name, "e"])
            .drop_index(name, &index)
            .drop_primary_key(name)
            .drop_column(name, name)
            .drop_table(name)
            .drop_enum(mood);
        for sql in sea_revise::postgres::statements(&found, &drop.operations).expect("statements") {
            run(&db, &sql).await;
        }
        assert!(schema(&db).await.is_empty());
    }
}
