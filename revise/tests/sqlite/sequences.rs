//! Random sequences of operations: folded into few statements, they lead where they lead one by one.

use std::collections::BTreeSet;

use proptest::prelude::*;
use sea_orm::{DatabaseConnection, DbBackend};
use sea_revise::{
    operation::{Operation, Plan},
    schema::{
        Check, Column, DefaultValue, ForeignKey, Identity, Index, IndexColumn, PrimaryKey, Schema,
        Table, Type, Unique,
    },
    sqlite::read,
};

use crate::{database, migrate, operations::SHOP, rows, run};

/// Operations that rows do not stand against, each with the table and columns that others change too.
fn operations() -> Vec<Plan> {
    [columns(), constraints(), tables_and_names()].concat()
}

fn nullable(name: &str, kind: Type) -> Column {
    Column::new(name, kind).nullable()
}

fn columns() -> Vec<Plan> {
    let plan = Plan::new;
    vec![
        plan().add_column("book", nullable("a", Type::Text)),
        plan().add_column("book", nullable("a", Type::Integer).default(DefaultValue::sql("1 + 0"))),
        plan().add_column("copy", Column::new("a", Type::Text).default("x")),
        plan().drop_column("book", "a"),
        plan().drop_column("book", "note"),
        plan().add_column("book", nullable("note", Type::Varchar(Some(9)))),
        plan().drop_column("book", "pages"),
        plan().drop_column("book", "author_id"),
        plan().backfill("book", "a", "coalesce(note, '1')"),
        plan().backfill("book", "note", "(SELECT '1' FROM author)"),
        plan().alter_type("book", "a", Type::Varchar(Some(50))),
        plan().alter_type("book", "pages", Type::Text),
        plan().alter_type("book", "pages", Type::BigInteger),
        plan().drop_not_null("book", "isbn"),
        plan().set_not_null("book", "isbn"),
        plan().set_default("book", "a", "it's"),
        plan().drop_default("book", "title"),
    ]
}

fn constraints() -> Vec<Plan> {
    let plan = Plan::new;
    vec![
        plan().add_unique("book", Unique::new(["id", "isbn"])),
        plan().drop_unique("book", ["id", "isbn"]),
        plan().drop_unique("book", ["isbn"]),
        plan().create_index("book", Index::new("i", ["a"])),
        plan().create_index(
            "copy",
            Index::new("j", []).column(IndexColumn::expression("lower(place)")),
        ),
        plan().drop_index("book", "i"),
        plan().drop_index("book", "by_title"),
        plan().rename_index("book", "i", "k"),
        plan().add_foreign_key("book", ForeignKey::new(["a"], "author", ["id"])),
        plan().drop_foreign_key("book", ["a"]),
        plan().drop_foreign_key("book", ["prequel_id"]),
        plan().add_check("book", Check::new("id > 0")),
        plan().drop_check("book", Check::new("id > 0")),
        plan().drop_check("book", Check::new("price >= 0")),
        plan().set_identity("author", "id", Identity::Automatic, Identity::Rowid),
        plan().set_identity("author", "id", Identity::Rowid, Identity::Automatic),
        plan().add_primary_key("copy", PrimaryKey::new(["book_id", "place"])),
        plan().drop_primary_key("copy"),
    ]
}

fn tables_and_names() -> Vec<Plan> {
    let plan = Plan::new;
    let made = Table::new("made").column(Column::new("id", Type::Integer).identity());
    let made =
        made.column(nullable("x", Type::Text)).primary_key(["id"]).index(Index::new("m", ["x"]));
    vec![
        plan().create_table(made),
        plan().drop_table("made"),
        plan().add_column("made", nullable("y", Type::Date)),
        plan().add_foreign_key("made", ForeignKey::new(["y"], "made", ["id"])),
        plan().drop_column("made", "x"),
        plan().rename_table("made", "log_2"),
        plan().rename_table("log_2", "made"),
        plan().rename_table("copy", "COPY"),
        plan().rename_table("COPY", "copy"),
        plan().rename_column("book", "a", "order"),
        plan().rename_column("book", "order", "a"),
        plan().rename_column("book", "note", "a"),
        plan().rename_column("book", "title", "name"),
        plan().drop_trigger("book", "book_log"),
        plan().raw_sqlite("UPDATE book SET price = price"),
    ]
}

/// Whether every column that a key or an index names is there, and no name of an index twice.
fn is_sound(schema: &Schema) -> bool {
    let mut names = BTreeSet::new();
    let sound = |table: &Table| {
        let foreign = table.foreign_keys.iter().flat_map(|key| &key.columns).map(String::as_str);
        let indexed = table.indexes.iter().flat_map(Index::column_names);
        foreign.chain(indexed).all(|column| table.find(column).is_some())
    };
    schema.tables.values().all(sound)
        && schema
            .tables
            .values()
            .flat_map(|table| &table.indexes)
            .all(|index| names.insert(&index.name))
}

/// All rows of all tables.
async fn values(db: &DatabaseConnection) -> Vec<String> {
    let mut found = Vec::new();
    for table in read(db).await.unwrap().tables.into_values() {
        let mut names: Vec<_> = table.columns.iter().map(|column| column.name.clone()).collect();
        names.sort();
        let list =
            names.iter().map(|name| format!("quote(\"{name}\")")).collect::<Vec<_>>().join(", ");
        found.push(format!("{} {names:?}", table.name));
        found.extend(
            rows(db, &format!("SELECT {list} FROM {} ORDER BY rowid", table.name.quoted())).await,
        );
    }
    let sequences = "SELECT name || ' ' || seq FROM sqlite_sequence WHERE seq > 0 ORDER BY name";
    found.extend(rows(db, sequences).await);
    found
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(150) })]

    #[test]
    fn a_plan_leads_where_its_operations_lead(picks in prop::collection::vec(0..operations().len(), 1..14)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let db = database(SHOP).await;
            let mut schema = read(&db).await.unwrap();
            let mut plan = Plan::new();
            let all = operations();
            for operation in picks.iter().flat_map(|pick| &all[*pick].operations) {
                // What does not fit behind the others is left out.
                let mut next = schema.clone();
                let triggers = |schema: &Schema| {
                    schema.tables.values().map(|table| table.triggers.len()).sum::<usize>()
                };
                let noted = schema.tables[&"book".into()].find("note").is_some();
                let fits = match operation {
                    Operation::DropObject { .. } => triggers(&schema) > 0,
                    Operation::Backfill { column, .. } => column == "note" || noted,
                    _ => true,
                };
                if !fits {
                    continue;
                }
                if next.apply(operation, DbBackend::Sqlite).is_ok() && is_sound(&next) {
                    schema = next;
                    plan = plan.with(operation.clone());
                }
            }
            let one_by_one = database(SHOP).await;
            for operation in &plan.operations {
                run(&one_by_one, &Plan::new().with(operation.clone())).await;
            }
            let ran = migrate(&db, plan).await;
            assert_eq!(values(&db).await, values(&one_by_one).await, "{}", ran.join("\n"));
        });
    }
}
