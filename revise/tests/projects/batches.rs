//! Changes of rows in batches, on both databases: after the migration, without its lock, and resumed.

use std::{
    fs::File,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use sea_orm_migration::{
    MigrationTrait, MigratorTrait, SchemaManager, async_trait, sea_orm::DbErr,
};
use sea_revise::{
    Entities, Error, Plan, UpgradeOptions,
    runtime::Event,
    schema::{Column, Type},
};

use crate::project::{Project, both};

/// Rows with ids from 1 to 250 with a hole.
const ROWS: &str = "CREATE TABLE book ({pk}, title varchar NOT NULL, n integer NOT NULL DEFAULT 0, CHECK (title <> 'BAD' OR n = 0));\
    WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i WHERE x < 250) \
    INSERT INTO book (title) SELECT 'Title ' || x FROM i; DELETE FROM book WHERE id BETWEEN 20 AND 29;";

/// A column, its values in batches, and in the next migration NOT NULL.
fn begin(project: &Project) {
    project.given(ROWS);
    let fill = Plan::new()
        .add_column("book", Column::new("slug", Type::Text).nullable())
        .backfill_in_batches("book", "slug = lower(title), n = n + 1", "", 40);
    project.planned(fill, Plan::new().drop_column("book", "slug"));
    project.planned(
        Plan::new().set_not_null("book", "slug"),
        Plan::new().drop_not_null("book", "slug"),
    );
}

/// Options whose events are kept.
fn heard() -> (UpgradeOptions, Arc<Mutex<Vec<Event>>>) {
    let events = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&events);
    let report = Arc::new(move |event: &Event| kept.lock().unwrap().push(event.clone()));
    let options = UpgradeOptions {
        report,
        allow_data_loss: true,
        lock_timeout: Duration::from_millis(200),
        ..UpgradeOptions::default()
    };
    (options, events)
}

/// The numbers of rows that were changed, and the migrations that were done, in their order.
fn told(events: &Arc<Mutex<Vec<Event>>>) -> Vec<String> {
    let events = events.lock().unwrap();
    let told = events.iter().filter_map(|event| match event {
        Event::Filled { changed, .. } => Some(changed.to_string()),
        Event::Done { revision, .. } => Some(revision.clone()),
        _ => None,
    });
    told.collect()
}

async fn filling(project: &Project) -> Vec<i64> {
    let db = project.connect().await;
    let status = project.revise(Entities::new).status(&db).await.unwrap();
    db.close().await.unwrap();
    status.filling.iter().map(|filling| filling.changed).collect()
}

const DONE: &str =
    "SELECT count(*) || ' ' || min(n) || ' ' || max(n) || ' ' || count(slug) FROM book";

#[tokio::test]
async fn rows_change_between_the_migrations_and_each_once() {
    for project in both().await {
        begin(&project);
        let (options, events) = heard();
        project.upgrade(&options).await.unwrap();
        let all = told(&events);
        let changed = ["40", "80", "120", "160", "200", "240", "240"];
        let names = project.revise(Entities::new).revisions();
        let expected = [&names[..2], &changed.map(str::to_owned), &names[2..]].concat();
        assert_eq!(all, expected, "{:?}", project.backend);
        assert_eq!(project.texts(DONE).await, ["240 1 1 240"]);
        assert_eq!(filling(&project).await, Vec::<i64>::new());
        assert_eq!(project.upgrade(&options).await.unwrap(), Vec::<String>::new());
        // The way back asks nothing, and the engine's table is nobody's difference.
        project.downgrade("-2").await.unwrap();
        project.upgrade(&options).await.unwrap();
        assert_eq!(project.texts(DONE).await, ["240 2 2 240"]);
        assert_eq!(project.run(Entities::new, &["diff", "head", "db"]), 0);
        assert_eq!(project.run(Entities::new, &["upgrade", "m20260101:head", "--plan"]), 0);
        assert_eq!(project.run(Entities::new, &["upgrade", "m20260101:head", "--sql"]), 0);
        assert_eq!(project.run(Entities::new, &["test", "m20260102"]), 0);
    }
}

#[tokio::test]
async fn a_batch_that_fails_is_where_the_next_upgrade_goes_on() {
    for project in both().await {
        begin(&project);
        let (options, events) = heard();
        let first = UpgradeOptions { target: "+1".to_owned(), ..options.clone() };
        project.upgrade(&first).await.unwrap();
        project.execute("UPDATE book SET title = 'BAD' WHERE id = 111").await.unwrap();
        let error = project.upgrade(&options).await.unwrap_err();
        assert_eq!(error.exit_code(), 9, "{error}");
        for part in
            ["`m20260102_000000_step` is applied", "`book` in batches failed", "migration upgrade"]
        {
            assert!(error.to_string().contains(part), "{error}");
        }
        assert_eq!(project.texts("SELECT count(slug) || '' FROM book").await, ["80"]);
        assert_eq!(filling(&project).await, [80]);
        assert_eq!(project.run(Entities::new, &["upgrade"]), 9);
        project.execute("UPDATE book SET title = 'Good' WHERE id = 111").await.unwrap();
        let before = told(&events).len();
        assert_eq!(project.upgrade(&options).await.unwrap().len(), 1);
        assert_eq!(told(&events)[before..before + 2], ["120", "160"]);
        assert_eq!(project.texts(DONE).await, ["240 1 1 240"]);
    }
}

#[tokio::test]
async fn a_migration_that_another_tool_took_back_begins_with_the_first_row() {
    for project in both().await {
        begin(&project);
        let (options, _) = heard();
        let first = UpgradeOptions { target: "+1".to_owned(), ..options.clone() };
        project.upgrade(&first).await.unwrap();
        project.execute("UPDATE book SET title = 'BAD' WHERE id = 111").await.unwrap();
        project.upgrade(&options).await.unwrap_err();
        // A script for a database that is behind would come before the batches.
        let up = sea_revise::runtime::Direction::Up;
        let revise = project.revise(Entities::new);
        let mut preview = revise.preview(&project.target(), &options, up).await.unwrap();
        let text = preview.script().unwrap_err().to_string();
        assert!(text.contains("80 rows of `book` so far"), "{text}");
        for sql in [
            "ALTER TABLE book DROP COLUMN slug",
            "DELETE FROM seaql_migrations WHERE version LIKE 'm20260102%'",
            "DELETE FROM sea_revise_history WHERE version LIKE 'm20260102%'",
            "UPDATE book SET title = 'Good', n = 0",
        ] {
            project.execute(sql).await.unwrap();
        }
        assert_eq!(project.upgrade(&options).await.unwrap().len(), 2);
        assert_eq!(project.texts(DONE).await, ["240 1 1 240"]);
    }
}

#[tokio::test]
async fn a_program_that_is_stopped_between_batches_goes_on_after_the_last_one() {
    for project in both().await {
        begin(&project);
        for _ in 0..40 {
            let (options, events) = heard();
            let (revise, target) = (project.revise(Entities::new), project.target());
            let db = project.connect().await;
            let work = async { revise.upgrade_at(&db, &target, &options).await.unwrap() };
            let stop = async {
                while told(&events).is_empty() {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            };
            tokio::select! { _ = work => break, () = stop => {} }
            db.close().await.unwrap();
        }
        assert_eq!(project.texts(DONE).await, ["240 1 1 240"]);
        assert_eq!(project.run(Entities::new, &["current", "--check-heads"]), 0);
    }
}

/// The lock for schema changes is free.
async fn expect_free_schema(project: &Project, holder: &DatabaseConnection) {
    match project.url.strip_prefix("sqlite://") {
        Some(path) => {
            let path = PathBuf::from(format!("{path}.revise-lock"));
            File::options().write(true).open(path).unwrap().try_lock().unwrap();
        }
        None => {
            let sql = "SELECT pg_try_advisory_lock(8315159349578528361) AND pg_advisory_unlock(8315159349578528361)";
            let statement = Statement::from_string(project.backend, sql);
            let row = holder.query_one_raw(statement).await.unwrap().unwrap();
            assert!(row.try_get_by_index::<bool>(0).unwrap());
        }
    }
}

#[tokio::test]
async fn a_batch_waits_for_a_row_and_nobody_waits_for_the_batch() {
    for project in both().await {
        begin(&project);
        let (options, events) = heard();
        let first = UpgradeOptions { target: "+1".to_owned(), ..options.clone() };
        project.upgrade(&first).await.unwrap();
        let holder = project.connect().await;
        let (revise, target) = (project.revise_up_to(2), project.target());
        let db = project.connect().await;
        let options = UpgradeOptions { target: "+1".to_owned(), attempts: 50, ..options };
        let older = project.revise_up_to(2);
        let work = async { revise.upgrade_at(&db, &target, &options).await.unwrap() };
        let others = async {
            let retried = || {
                let events = events.lock().unwrap();
                events.iter().any(|event| matches!(event, Event::Retrying { .. }))
            };
            let filled =
                || events.lock().unwrap().iter().any(|one| matches!(one, Event::Filled { .. }));
            while !filled() {
                tokio::task::yield_now().await;
            }
            let hold = match project.is_sqlite() {
                true => "BEGIN IMMEDIATE",
                false => "BEGIN; SELECT * FROM book WHERE id = 249 FOR UPDATE",
            };
            holder.execute_unprepared(hold).await.unwrap();
            while !retried() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            expect_free_schema(&project, &holder).await;
            let (other, warned) = heard();
            let db = project.connect().await;
            assert!(older.upgrade_at(&db, &target, &other).await.unwrap().is_empty());
            db.close().await.unwrap();
            let warned = warned.lock().unwrap().clone();
            let says = |event: &Event| matches!(event, Event::Warning(text) if text.contains("rows of `book` so far"));
            assert!(warned.iter().any(says), "{warned:?}");
            holder.execute_unprepared("ROLLBACK").await.unwrap();
        };
        let (done, ()) = tokio::join!(work, others);
        assert_eq!(done.len(), 1);
        db.close().await.unwrap();
        holder.close().await.unwrap();
        assert_eq!(project.texts(DONE).await, ["240 1 1 240"]);
    }
}

#[tokio::test]
async fn what_is_not_done_is_named_and_goes_with_its_migration() {
    for project in both().await {
        project.given(ROWS);
        let fill = Plan::new().backfill_in_batches("book", "n = 1", "title = 'BAD'", 40);
        project.planned(fill, Plan::new());
        let (options, _) = heard();
        let first = UpgradeOptions { target: "+1".to_owned(), ..options.clone() };
        project.upgrade(&first).await.unwrap();
        project.execute("UPDATE book SET title = 'BAD' WHERE id > 200").await.unwrap();
        project.upgrade(&options).await.unwrap_err();
        let db = project.connect().await;
        let checked = project.revise(Entities::new).status(&db).await.unwrap();
        assert_eq!(checked.pending, Vec::<String>::new());
        assert_eq!(checked.filling[0].table.to_string(), "book");
        db.close().await.unwrap();
        project.downgrade("-1").await.unwrap();
        assert_eq!(filling(&project).await, Vec::<i64>::new());
        assert_eq!(project.texts("SELECT count(*) || '' FROM sea_revise_batches").await, ["0"]);
        // A table that is gone has no rows to change.
        project.upgrade(&options).await.unwrap_err();
        project.execute("DROP TABLE book").await.unwrap();
        let error = project.upgrade(&options).await;
        assert_eq!(error.unwrap(), Vec::<String>::new());
        assert_eq!(filling(&project).await, Vec::<i64>::new());
    }
}

#[tokio::test]
async fn rows_are_gone_through_by_whatever_key_they_have() {
    for project in both().await {
        let without = if project.is_sqlite() { "WITHOUT ROWID" } else { "" };
        let (bytes, at) = if project.is_sqlite() { ("x'0", "'") } else { ("'\\x0", "'::bytea") };
        project.given(&format!(
            "CREATE TABLE \"Odd \"\"t\" (a varchar, \"b c\" integer, x integer, PRIMARY KEY (a, \"b c\")) {without};\
             CREATE TABLE days (day date PRIMARY KEY, x integer);\
             CREATE TABLE raw (b {0} PRIMARY KEY, x integer);\
             INSERT INTO \"Odd \"\"t\" VALUES ('it''s', 1, 0), ('it''s', 2, 0), ('é', -5, 0), ('', 0, 0), ('z', 9, 5);\
             INSERT INTO days VALUES ('2026-02-28', 0), ('2026-03-01', 0), ('1999-12-31', 0);\
             INSERT INTO raw VALUES ({bytes}0{at}, 0), ({bytes}1{at}, 0), ({bytes}2{at}, 0);",
            if project.is_sqlite() { "blob" } else { "bytea" },
        ));
        let plan = Plan::new()
            .backfill_in_batches("Odd \"t", "x = x + 1", "x < 5 OR x IS NULL", 1)
            .backfill_in_batches("days", "x = x + 1", "", 2)
            .backfill_in_batches("raw", "x = x + 1", "", 1);
        project.planned(plan, Plan::new());
        project.upgrade(&heard().0).await.unwrap();
        let sums = "SELECT (SELECT sum(x) FROM \"Odd \"\"t\") || ' ' || (SELECT sum(x) FROM days) || ' ' || (SELECT sum(x) FROM raw)";
        assert_eq!(project.texts(sums).await, ["9 3 3"]);

        project
            .given("CREATE TABLE keyless (x integer); INSERT INTO keyless VALUES (1), (2), (NULL)");
        project.planned(Plan::new().backfill_in_batches("keyless", "x = 7", "", 2), Plan::new());
        let done = project.upgrade(&heard().0).await;
        if project.is_sqlite() {
            done.unwrap();
            assert_eq!(project.texts("SELECT sum(x) || '' FROM keyless").await, ["21"]);
        } else {
            let error = done.unwrap_err().to_string();
            assert!(error.contains("`keyless` has no primary key"), "{error}");
        }
    }
}

#[tokio::test]
async fn what_comes_after_batches_in_one_migration_is_refused() {
    for project in both().await {
        project.given(ROWS);
        let plan =
            Plan::new().backfill_in_batches("book", "n = 1", "", 10).set_not_null("book", "n");
        project.planned(plan, Plan::new());
        let error = project.upgrade(&heard().0).await.unwrap_err();
        assert!(matches!(error, Error::Failed(_)), "{error}");
        assert!(error.to_string().contains("write it into the next migration"), "{error}");
        assert_eq!(project.texts("SELECT max(n) || '' FROM book").await, ["0"]);
    }
}

struct Step(&'static str, Option<bool>, fn() -> Plan);

impl sea_orm_migration::MigrationName for Step {
    fn name(&self) -> &str {
        self.0
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    fn use_transaction(&self) -> Option<bool> {
        self.1
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        (self.2)().apply(manager).await
    }
}

/// SeaORM's own migrator.
struct Own;

impl MigratorTrait for Own {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let table = || {
            Plan::new().raw_sql(
                "CREATE TABLE t (id integer PRIMARY KEY, n integer); INSERT INTO t VALUES (1, 0), (2, 0), (3, 0), (5, 0)",
            )
        };
        let fill = || Plan::new().backfill_in_batches("t", "n = n + 1", "n < 9", 2);
        vec![
            Box::new(Step("m1", Some(true), table)),
            Box::new(Step("m2", Some(true), fill)),
            Box::new(Step("m3", Some(false), fill)),
            Box::new(Step("m4", None, fill)),
        ]
    }
}

#[tokio::test]
async fn seaorms_own_migrator_changes_the_same_rows() {
    for project in both().await {
        let db = project.pool(2).await;
        Own::up(&db, None).await.unwrap();
        db.close().await.unwrap();
        assert_eq!(project.texts("SELECT sum(n) || '' FROM t").await, ["12"]);
    }
}
