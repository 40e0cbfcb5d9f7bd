//! Values that a cast changes: counted, asked about, and the same on both databases.

use std::time::Duration;

use sea_orm::DbBackend;
use sea_revise::{
    GenerateOptions, Plan, UpgradeOptions,
    project::compare::Side,
    schema::{Column, Table, Type},
};

use crate::project::{Project, both, entities, entity};

/// A column's type before and after, its values in SQL, and what they become as text; `None` where the cast changes none.
type Change = (Type, Type, &'static [&'static str], Option<&'static [&'static str]>);

fn decimal(precision: u32, scale: u32) -> Type {
    Type::Decimal(Some((precision, scale)))
}

fn changes() -> Vec<Change> {
    let halves: &[&str] = &["1.5", "2.5", "-2.5", "1.75", "0.4", "3"];
    let rounded: &[&str] = &["2", "3", "-3", "2", "0", "3"];
    vec![
        (Type::Double, Type::Integer, halves, Some(rounded)),
        (Type::Float, Type::BigInteger, halves, Some(rounded)),
        (decimal(10, 2), Type::Integer, halves, Some(rounded)),
        (Type::Decimal(None), Type::SmallInteger, halves, Some(rounded)),
        (Type::Double, Type::Integer, &["1", "-7"], None),
        (
            decimal(10, 4),
            decimal(10, 2),
            &["1.2345", "1.125", "-0.005", "7"],
            Some(&["1.23", "1.13", "-0.01", "7"]),
        ),
        (decimal(10, 2), decimal(12, 4), &["1.25"], None),
        (Type::Text, decimal(10, 2), &["'1.239'", "'7'"], Some(&["1.24", "7"])),
        (Type::Text, Type::Integer, &["'007'", "' 12 '"], None),
        (Type::Integer, Type::Boolean, &["0", "1", "7"], Some(&["0", "1", "1"])),
        (Type::Integer, Type::Boolean, &["0", "1"], None),
        (
            Type::Timestamp,
            Type::Date,
            &["'2024-02-29 10:11:12'", "'2024-02-29 00:00:00'"],
            Some(&["2024-02-29", "2024-02-29"]),
        ),
        (
            Type::TimestampWithTimeZone,
            Type::Date,
            &["'2024-02-29 23:30:00-02:00'", "'2024-02-29 00:00:00+00:00'"],
            Some(&["2024-03-01", "2024-02-29"]),
        ),
        (Type::DateTime, Type::Time, &["'2024-02-29 10:11:12'"], Some(&["10:11:12"])),
        (Type::Integer, Type::BigInteger, &["1"], None),
        (Type::Date, Type::Timestamp, &["'2024-02-29'"], None),
    ]
}

/// A project whose second migration changes a type, with rows between.
async fn changed(project: &Project, (from, to, values, _): &Change) {
    let table = Table::new("t")
        .column(Column::new("id", Type::Integer))
        .column(Column::new("a", from.clone()).nullable())
        .primary_key(["id"]);
    project.planned(Plan::new().create_table(table), Plan::new().drop_table("t"));
    project.upgrade(&UpgradeOptions::default()).await.unwrap();
    for (id, value) in values.iter().enumerate() {
        project.execute(&format!("INSERT INTO t VALUES ({id}, {value})")).await.unwrap();
    }
    project.execute("INSERT INTO t VALUES (100, NULL)").await.unwrap();
    project.planned(Plan::new().alter_type("t", "a", to.clone()), Plan::new());
}

/// The values as texts that are alike on both databases.
async fn texts(project: &Project, to: &Type) -> Vec<String> {
    let number = matches!(to, Type::Decimal(_) | Type::Double | Type::Float);
    let text = match (project.backend, to) {
        (DbBackend::Postgres, Type::Boolean) => "CAST(CAST(a AS integer) AS text)",
        (DbBackend::Postgres, _) if number => "CAST(trim_scale(CAST(a AS numeric)) AS text)",
        (DbBackend::Sqlite, _) if number => "printf('%g', a)",
        _ => "CAST(a AS text)",
    };
    project.texts(&format!("SELECT {text} FROM t WHERE a IS NOT NULL ORDER BY id")).await
}

#[tokio::test]
async fn an_upgrade_that_changes_values_asks_and_makes_the_same_of_them_on_both() {
    for change in changes() {
        for project in both().await {
            changed(&project, &change).await;
            let (from, to, _, expected) = &change;
            let what = format!("{:?}: {from:?} to {to:?}", project.backend);
            let done = project.upgrade(&UpgradeOptions::default()).await;
            let Some(expected) = expected else {
                done.unwrap_or_else(|error| panic!("{what}: {error}"));
                continue;
            };
            let error = done.unwrap_err();
            assert_eq!(error.exit_code(), 3, "{what}: {error}");
            let error = error.to_string();
            assert!(error.contains("changes values") && error.contains("`a`"), "{what}: {error}");
            assert!(
                error.contains("--allow-data-loss") && error.contains("id "),
                "{what}: {error}"
            );
            let yes = UpgradeOptions { allow_data_loss: true, ..UpgradeOptions::default() };
            project.upgrade(&yes).await.unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(texts(&project, to).await, *expected, "{what}");
            assert_eq!(
                project.texts("SELECT CAST(a AS text) FROM t WHERE id = 100").await,
                ["NULL"]
            );
        }
    }
}

#[tokio::test]
async fn a_yes_is_enough_and_an_expression_asks_nothing() {
    for project in both().await {
        changed(&project, &(Type::Double, Type::Integer, &["1.5"], None)).await;
        let asked: UpgradeOptions = UpgradeOptions {
            confirm: Some(std::sync::Arc::new(|question: &str| question.contains("1 row of `t`"))),
            ..UpgradeOptions::default()
        };
        project.upgrade(&asked).await.unwrap();
        assert_eq!(project.texts("SELECT CAST(a AS text) FROM t WHERE id = 0").await, ["2"]);
        let plan = Plan::new()
            .alter_type_using("t", "a", Type::Double, "a + 0.5")
            .alter_type_using("t", "a", Type::Integer, "CAST(a AS integer)");
        project.planned(plan, Plan::new());
        project.upgrade(&UpgradeOptions::default()).await.unwrap();
        assert_eq!(project.texts("SELECT CAST(a AS text) FROM t WHERE id = 0").await, ["2"]);
    }
}

#[tokio::test]
async fn diff_asks_before_it_changes_values() {
    for project in both().await {
        let list: crate::project::List = entities!(whole);
        project.given("CREATE TABLE t ({pk}, a double precision NOT NULL)");
        project.upgrade(&UpgradeOptions::default()).await.unwrap();
        project.execute("INSERT INTO t (a) VALUES (1.5), (2)").await.unwrap();
        let revise = project.revise(list);
        let compared = async |options: &GenerateOptions| {
            let sides = (&Side::Database, &Side::Models);
            revise.compare(&project.target(), sides, options).await.unwrap()
        };
        let comparison = compared(&GenerateOptions::default()).await;
        let error = comparison.apply(false, None, Duration::ZERO).await.unwrap_err();
        assert_eq!(error.exit_code(), 3, "{error}");
        assert!(error.to_string().contains("1 row of `t` has a value in `a`"), "{error}");
        if project.is_sqlite() {
            // The script stops at it too, unless it was asked for.
            let script = comparison.script().await.unwrap();
            let (first, _) = comparison.guards(&script).unwrap();
            assert!(project.execute(&first.join(";")).await.is_err());
            let meant = GenerateOptions { allow_destructive: true, ..GenerateOptions::default() };
            let meant = compared(&meant).await;
            let (first, _) = meant.guards(&meant.script().await.unwrap()).unwrap();
            project.execute(&first.join(";")).await.unwrap();
        }
        comparison.apply(true, None, Duration::ZERO).await.unwrap();
        assert_eq!(project.texts("SELECT CAST(a AS text) FROM t ORDER BY id").await, ["2", "2"]);
    }
}

entity!(whole (table_name = "t") {
    pub a: i32,
});
