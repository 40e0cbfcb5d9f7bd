//! Migrations that share one transaction.

use sea_orm::ConnectionTrait;
use sea_revise::{
    Entities, Error, Plan, UpgradeOptions,
    runtime::{Direction, Transactions},
    schema::{Column, Index, Table, Type},
};

use crate::project::{Project, both};

fn all(to: &str) -> UpgradeOptions {
    UpgradeOptions {
        target: to.to_owned(),
        transactions: Transactions::All,
        allow_data_loss: true,
        ..UpgradeOptions::default()
    }
}

fn table(name: &str) -> Plan {
    let table = Table::new(name).column(Column::new("id", Type::Integer)).primary_key(["id"]);
    Plan::new().create_table(table)
}

/// What there is: tables of the project, and rows of the history.
async fn seen(project: &Project) -> Vec<String> {
    let tables = match project.is_sqlite() {
        true => {
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1"
        }
        false => "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
    };
    let mut seen = project.texts(tables).await;
    if seen.contains(&"seaql_migrations".to_owned()) {
        seen.extend(project.texts("SELECT version FROM seaql_migrations ORDER BY 1").await);
        seen.extend(
            project.texts("SELECT version || state FROM sea_revise_history ORDER BY 1").await,
        );
    }
    seen
}

fn failed(done: sea_revise::Result<Vec<String>>) -> String {
    match done.unwrap_err() {
        Error::Failed(text) => text,
        other => panic!("{other:?}"),
    }
}

async fn downgrade(project: &Project, options: &UpgradeOptions) -> sea_revise::Result<Vec<String>> {
    let db = project.connect().await;
    let revise = project.revise(Entities::new);
    let done = revise.downgrade(&db, &project.target(), options).await;
    db.close().await.unwrap();
    done
}

#[tokio::test]
async fn a_failure_in_the_third_leaves_nothing_of_the_first_two() {
    for project in both().await {
        project.planned(table("one"), Plan::new().drop_table("one"));
        project.planned(table("two"), Plan::new().drop_table("two"));
        project.planned(
            Plan::new().raw_sql("INSERT INTO one (id) VALUES (1), (1)"),
            Plan::new().raw_sql("DELETE FROM one"),
        );
        // Also in a shadow, so that it is applied without a replay.
        let before = seen(&project).await;
        let text = failed(project.upgrade(&all("head")).await);
        assert!(
            text.contains("`m20260103_000000_step` failed, and nothing of the 3 migrations"),
            "{text}"
        );
        assert_eq!(seen(&project).await, before);
        assert_eq!(project.run(Entities::new, &["upgrade", "--tx", "all"]), 9);
        assert_eq!(seen(&project).await, before);
        // One transaction for each, as without the flag.
        assert_eq!(project.run(Entities::new, &["upgrade", "--tx", "each"]), 9);
        assert!(seen(&project).await.contains(&"two".to_owned()));
    }
}

#[tokio::test]
async fn all_of_them_go_up_and_down_together() {
    for project in both().await {
        project.planned(table("one"), Plan::new().drop_table("one"));
        project.planned(
            Plan::new().add_column("one", Column::new("word", Type::Varchar(None)).nullable()),
            Plan::new().drop_column("one", "word"),
        );
        let null = "INSERT INTO one (id) VALUES (1)";
        project.given_with_way_back(null, "DELETE FROM one");
        project.planned(
            Plan::new().backfill("one", "word", "'x'").set_not_null("one", "word"),
            Plan::new().drop_not_null("one", "word"),
        );
        assert_eq!(project.run(Entities::new, &["upgrade", "--tx", "all"]), 0);
        assert_eq!(project.texts("SELECT word FROM one").await, ["x"]);
        assert!(project.upgrade(&all("head")).await.unwrap().is_empty());
        assert_eq!(project.run(Entities::new, &["diff", "db", "head"]), 0);
        let before = seen(&project).await;
        // The oldest cannot be taken back.
        project.execute("CREATE VIEW uses AS SELECT id FROM one").await.unwrap();
        let stuck = downgrade(&project, &all("base")).await;
        let text = failed(stuck);
        assert!(text.contains("`m20260101_000000_step` failed"), "{text}");
        project.execute("DROP VIEW uses").await.unwrap();
        assert_eq!(seen(&project).await, before);
        downgrade(&project, &all("base")).await.unwrap();
        let left = seen(&project).await;
        assert!(!left.contains(&"one".to_owned()) && left.len() == 2, "{left:?}");
    }
}

#[tokio::test]
async fn one_that_cannot_be_in_a_transaction_is_named_before_anything_is_done() {
    for project in both().await {
        project.planned(table("one"), Plan::new().drop_table("one"));
        project.planned_in_steps(
            Plan::new().create_index_concurrently("one", Index::new("one_id", ["id"])),
            Plan::new(),
        );
        let before = seen(&project).await;
        let error = project.upgrade(&all("head")).await.unwrap_err().to_string();
        assert!(error.starts_with("`m20260102_000000_step` runs without a transaction"), "{error}");
        let revise = project.revise(Entities::new);
        let shown = revise.preview(&project.target(), &all("head"), Direction::Up).await;
        assert!(shown.is_err_and(|error| error.to_string().contains("m20260102")));
        assert_eq!(project.run(Entities::new, &["upgrade", "--tx", "all"]), 1);
        assert_eq!(seen(&project).await, before);
        // Up to it they can.
        assert_eq!(project.upgrade(&all("+1")).await.unwrap().len(), 1);
    }
    for project in both().await {
        project.planned(table("one"), Plan::new().drop_table("one"));
        project.given("INSERT INTO one (id) VALUES (1); COMMIT; BEGIN");
        let error = project.upgrade(&all("head")).await.unwrap_err().to_string();
        assert!(error.contains("`m20260102_000000_step` ends the transaction"), "{error}");
    }
}

/// Each alone can be in a transaction, and both together cannot.
#[tokio::test]
async fn a_value_that_the_next_one_uses_is_named() {
    for project in both().await {
        project.planned(Plan::new().create_enum("mood", ["calm"]), Plan::new());
        let kind = Type::enumeration("mood");
        let table = Table::new("one").column(Column::new("id", Type::Integer)).primary_key(["id"]);
        project.planned(
            Plan::new().create_table(table.column(Column::new("mood", kind))),
            Plan::new(),
        );
        project.upgrade(&all("head")).await.unwrap();
        project.planned(Plan::new().add_enum_value("mood", "wild", None), Plan::new());
        project.planned(Plan::new().set_default("one", "mood", "wild"), Plan::new());
        let done = project.upgrade(&all("head")).await;
        if project.is_sqlite() {
            assert_eq!(done.unwrap().len(), 2);
            continue;
        }
        let error = done.unwrap_err().to_string();
        assert!(
            error.contains("adds the value `wild` that `m20260104_000000_step` uses"),
            "{error}"
        );
        project.upgrade(&UpgradeOptions::default()).await.unwrap();
    }
}

/// A script for all of them is one transaction too.
#[tokio::test]
async fn a_script_of_all_is_one_transaction() {
    for project in both().await {
        project.planned(table("one"), Plan::new().drop_table("one"));
        project.planned(table("two"), Plan::new().drop_table("two"));
        let revise = project.revise(Entities::new);
        let mut preview =
            revise.preview(&project.target(), &all("head"), Direction::Up).await.unwrap();
        let script = preview.script().unwrap();
        let count = |word: &str| script.iter().filter(|line| line.starts_with(word)).count();
        assert_eq!((count("BEGIN"), count("COMMIT")), (1, 1), "{script:#?}");
        let db = project.connect().await;
        let text: String = script
            .iter()
            .filter(|line| !line.starts_with('.') && !line.starts_with('\\'))
            .map(|line| format!("{line}\n"))
            .collect();
        db.execute_unprepared(&text).await.unwrap();
        db.close().await.unwrap();
        assert!(project.upgrade(&all("head")).await.unwrap().is_empty());
        assert_eq!(project.run(Entities::new, &["diff", "db", "head"]), 0);
    }
}
