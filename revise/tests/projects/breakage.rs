//! What a change of SQLite would break without a word: refused with its name, by `migrate`, `upgrade` and `diff --apply`, and nothing
//! is changed.

use std::time::Duration;

use sea_revise::{
    GenerateOptions, Plan, Revise, Target, UpgradeOptions, UrlStyle,
    project::compare::Side,
    schema::{Column, Type},
};

use crate::project::{List, Project, entities, entity};

entity!(t_without_b (table_name = "t") {
    pub a: Option<i32>,
});

entity!(t_renamed (table_name = "t") {
    pub a: Option<i32>,
    pub c: Option<i32>,
});

const TABLES: &str =
    "CREATE TABLE t ({pk}, a integer, b integer); CREATE TABLE log ({pk}, b integer, line text);";

/// Triggers that write a column, or wait for it, and the name of the one that fails without `t.b`.
const WRITERS: [&str; 6] = [
    "CREATE TRIGGER tr AFTER INSERT ON t BEGIN UPDATE t SET b = 1 WHERE id = new.id; END",
    "CREATE TRIGGER tr AFTER INSERT ON log BEGIN INSERT INTO t (a, b) VALUES (1, 2); END",
    "CREATE TRIGGER tr AFTER DELETE ON log BEGIN INSERT INTO t (id, a) VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET b = 1; END",
    "CREATE TRIGGER tr AFTER UPDATE OF b ON t BEGIN INSERT INTO log (line) VALUES ('b'); END",
    "CREATE TRIGGER tr BEFORE UPDATE ON log BEGIN UPDATE t SET (a, \"B\") = (1, 2); END",
    "CREATE VIEW v AS SELECT id FROM t; CREATE TRIGGER tr INSTEAD OF INSERT ON v BEGIN UPDATE t SET [b] = 1; END",
];

fn lossy() -> GenerateOptions {
    GenerateOptions { allow_destructive: true, no_rename: true, ..GenerateOptions::default() }
}

fn with_loss() -> UpgradeOptions {
    UpgradeOptions { allow_data_loss: true, ..UpgradeOptions::default() }
}

async fn schema(project: &Project) -> Vec<String> {
    project.texts("SELECT coalesce(sql, name) FROM sqlite_schema ORDER BY name").await
}

async fn started(objects: &str) -> Project {
    let project = Project::on_sqlite();
    project.given(&format!("{TABLES} {objects}"));
    project.upgrade(&UpgradeOptions::default()).await.unwrap();
    project
}

const LOG: List = entities!(t_without_b, log);

entity!(log (table_name = "log") {
    pub b: Option<i32>,
    #[sea_orm(column_type = "Text", nullable)]
    pub line: Option<String>,
});

#[tokio::test]
async fn a_column_that_a_trigger_writes_is_not_dropped() {
    for trigger in WRITERS {
        let project = started(trigger).await;
        let before = schema(&project).await;
        let error = project.draft(LOG, &lossy()).await.unwrap_err();
        assert_eq!(error.exit_code(), 1);
        let error = error.to_string();
        assert!(error.contains("trigger `tr` on `"), "{error}");
        assert!(
            error.contains("drop it before the change") && error.contains(".drop_trigger("),
            "{error}"
        );
        // A plan of one's own, by `DROP COLUMN` and within a rebuild.
        for plan in [
            Plan::new().drop_column("t", "b"),
            Plan::new().drop_column("t", "b").set_default("t", "a", 7),
        ] {
            let project = started(trigger).await;
            project.planned(plan, Plan::new());
            let error = project.upgrade(&with_loss()).await.unwrap_err();
            assert_eq!(error.exit_code(), 9, "{trigger}: {error}");
            assert!(error.to_string().contains("trigger `tr` on `"), "{trigger}: {error}");
            assert_eq!(
                project.texts("SELECT sql FROM sqlite_schema WHERE name = 'tr'").await.len(),
                1
            );
            assert_eq!(
                project.texts("SELECT name FROM pragma_table_info('t') WHERE name = 'b'").await,
                ["b"]
            );
        }
        assert_eq!(schema(&project).await, before);
    }
}

#[tokio::test]
async fn a_trigger_that_goes_and_comes_again_is_in_nobodys_way() {
    let project = started(WRITERS[0]).await;
    let again =
        "CREATE TRIGGER tr AFTER INSERT ON t BEGIN UPDATE t SET a = 1 WHERE id = new.id; END";
    project.planned(
        Plan::new().drop_column("t", "b").drop_trigger("t", "tr").create_trigger("t", "tr", again),
        Plan::new(),
    );
    project.upgrade(&with_loss()).await.unwrap();
    project.execute("INSERT INTO t DEFAULT VALUES").await.unwrap();
    assert_eq!(project.texts("SELECT CAST(a AS text) FROM t").await, ["1"]);
}

/// A history that was written before is applied to a new database as it was to the old ones.
#[tokio::test]
async fn what_a_later_migration_mends_may_break() {
    for mended in [true, false] {
        let project = Project::on_sqlite();
        project.given(&format!("{TABLES} {}", WRITERS[0]));
        project.planned(Plan::new().drop_column("t", "b"), Plan::new());
        if mended {
            project.planned(Plan::new().raw_sqlite("DROP TRIGGER tr"), Plan::new());
        }
        let done = project.upgrade(&with_loss()).await;
        assert_eq!(done.is_ok(), mended, "{done:?}");
    }
}

#[tokio::test]
async fn what_was_broken_before_stops_nothing() {
    let broken = "CREATE TRIGGER old AFTER INSERT ON t BEGIN UPDATE nowhere SET x = 1; END;\
        CREATE TRIGGER older AFTER UPDATE OF gone ON t BEGIN SELECT 1; END;";
    let project = started(broken).await;
    project.migrate(LOG, &lossy()).await;
    project.upgrade(&with_loss()).await.unwrap();
    project.expect_quiet(LOG).await;
    // And what breaks now is named all the same.
    let project = started(&format!("{broken} {}", WRITERS[0])).await;
    let error = project.draft(LOG, &lossy()).await.unwrap_err().to_string();
    assert!(error.contains("trigger `tr`") && !error.contains("`old"), "{error}");
}

#[tokio::test]
async fn a_new_column_that_a_trigger_does_not_count_on_is_refused() {
    let writer =
        "CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES (NULL, 1, 'x'); END";
    let project = started(writer).await;
    project.planned(
        Plan::new().add_column("log", Column::new("more", Type::Integer).nullable()),
        Plan::new(),
    );
    let error = project.upgrade(&with_loss()).await.unwrap_err().to_string();
    assert!(error.contains("trigger `tr` on `t` would fail"), "{error}");
}

const FULL_TEXT: [&str; 3] = [
    "CREATE VIRTUAL TABLE ft USING fts5(b, content='t', content_rowid='id')",
    "CREATE VIRTUAL TABLE ft USING fts5(b, content=\"T\", content_rowid=id)",
    "CREATE VIRTUAL TABLE ft USING FTS4(b TEXT, content=\"t\")",
];

#[tokio::test]
async fn a_full_text_table_keeps_what_it_takes_its_rows_from() {
    for full_text in FULL_TEXT {
        let renamed = GenerateOptions { renames: vec!["t.b:c".to_owned()], ..lossy() };
        let project = started(full_text).await;
        let error = project.draft(entities!(t_renamed, log), &renamed).await.unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("full-text table `ft` would fail") && text.contains("DROP TABLE"),
            "{text}"
        );
        for plan in [
            Plan::new().rename_column("t", "b", "c"),
            Plan::new().rename_table("t", "u"),
            Plan::new().drop_column("t", "b"),
            Plan::new().drop_table("t"),
        ] {
            let project = started(full_text).await;
            project.execute("INSERT INTO t (b) VALUES (7)").await.unwrap();
            project.planned(plan.clone(), Plan::new());
            let error = project.upgrade(&with_loss()).await.unwrap_err().to_string();
            assert!(error.contains("full-text table `ft`"), "{full_text} {plan:?} {error}");
            assert_eq!(
                project.texts("SELECT CAST(b AS text) FROM ft WHERE rowid = 1").await,
                ["7"]
            );
        }
        let project = started(full_text).await;
        project.planned(
            Plan::new().raw_sqlite("DROP TABLE ft").rename_column("t", "b", "c").raw_sqlite(
                "CREATE VIRTUAL TABLE ft USING fts5(c, content='t', content_rowid='id')",
            ),
            Plan::new(),
        );
        project.upgrade(&with_loss()).await.unwrap();
    }
}

#[tokio::test]
async fn diff_refuses_it_too() {
    let project = started(WRITERS[1]).await;
    let other = Project::on_sqlite();
    other.given(&format!("{} {}", TABLES.replace(", b integer);", ");"), WRITERS[1]));
    other.upgrade(&UpgradeOptions::default()).await.unwrap();
    let target = |project: &Project| Target::parse(&project.url, UrlStyle::Sqlx).unwrap();
    let sides = (Side::Url(target(&project)), Side::Url(target(&other)));
    let revise = Revise::of(Vec::new);
    let before = schema(&project).await;
    let comparison =
        revise.compare(&target(&project), (&sides.0, &sides.1), &lossy()).await.unwrap();
    let error = comparison.apply(true, None, Duration::ZERO).await.unwrap_err();
    assert!(error.to_string().contains("trigger `tr` on `log` would fail: "), "{error}");
    assert!(comparison.script().await.unwrap_err().to_string().contains("trigger `tr`"));
    assert_eq!(schema(&project).await, before);
}
