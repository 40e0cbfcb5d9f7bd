//! Upgrades that are killed wherever they are in a change in batches, or between the statements that add constraints to tables in use,
//! each going on where the last one was.

use std::{
    os::unix::process::ExitStatusExt,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use sea_orm::DbBackend;
use sea_revise::{
    Entities, Plan, UpgradeOptions,
    runtime::Event,
    schema::{Column, Type},
};

use crate::{
    online,
    project::{Project, both},
};

/// What the child is told: the history, the kind of the database, its URL, and after how many statements and batches it is killed.
const ORDER: &str = "SEA_REVISE_KILLED";
const ROWS: &str = "CREATE TABLE book ({pk}, title varchar NOT NULL, n integer NOT NULL DEFAULT 0);\
    WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i WHERE x < 250) \
    INSERT INTO book (title) SELECT 'Title ' || x FROM i; DELETE FROM book WHERE id BETWEEN 20 AND 29;";

/// A column and its values in batches: each row says how often it was filled.
fn begin(project: &Project) {
    project.given(ROWS);
    let fill = Plan::new()
        .add_column("book", Column::new("slug", Type::Text).nullable())
        .backfill_in_batches("book", "slug = lower(title), n = n + 1", "", 10);
    project.planned(fill, Plan::new().drop_column("book", "slug"));
    project.planned(
        Plan::new().set_not_null("book", "slug"),
        Plan::new().drop_not_null("book", "slug"),
    );
}

/// Whether an upgrade in a process of its own came to its end, and was not killed before.
fn upgraded(project: &Project, history: &str, limit: usize) -> bool {
    let kind = if project.is_sqlite() { "sqlite" } else { "postgres" };
    let ended = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed::obey", "--ignored", "--nocapture", "--test-threads=1"])
        .env(ORDER, format!("{history}|{kind}|{}|{limit}", project.url))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(ended.success() || ended.signal() == Some(9), "{limit}: {ended}");
    ended.success()
}

#[tokio::test]
async fn no_row_is_lost_or_filled_twice_by_upgrades_that_are_killed() {
    for project in both().await {
        begin(&project);
        let (mut kills, mut halfway) = (0, 0);
        // The lowest limits end before anything is done, and the highest one does several batches.
        while !upgraded(&project, "batches", kills % 9) {
            kills += 1;
            assert!(kills < 200, "{:?}: nothing gets done", project.backend);
            let db = project.connect().await;
            let filling = project.revise(Entities::new).status(&db).await.unwrap().filling;
            db.close().await.unwrap();
            let [filling] = filling.as_slice() else { continue };
            let filled = "SELECT count(slug) || ' ' || sum(n) || ' ' || max(n) FROM book";
            let changed = filling.changed;
            let expected = format!("{changed} {changed} {}", changed.min(1));
            assert_eq!(project.texts(filled).await, [expected], "{:?} {kills}", project.backend);
            halfway += usize::from((1..240).contains(&changed));
        }
        assert!(halfway > 5, "{:?}: {halfway} of {kills} kills were in between", project.backend);
        let all =
            "SELECT count(*) || ' ' || min(n) || ' ' || max(n) || ' ' || count(slug) FROM book";
        assert_eq!(project.texts(all).await, ["240 1 1 240"]);
        assert_eq!(project.texts("SELECT count(*) || '' FROM seaql_migrations").await, ["3"]);
        let wrong = "SELECT count(*) || '' FROM book WHERE slug <> lower(title)";
        assert_eq!(project.texts(wrong).await, ["0"]);
        let db = project.connect().await;
        let status = project.revise(Entities::new).status(&db).await.unwrap();
        db.close().await.unwrap();
        assert!(status.filling.is_empty() && status.pending.is_empty(), "{:?}", project.backend);
    }
}

#[tokio::test]
async fn constraints_are_added_once_by_upgrades_that_are_killed() {
    for limit in 0.. {
        let Some(project) = Project::on_postgres().await else { return };
        online::begin(&project);
        let is_done = upgraded(&project, "constraints", limit);
        assert!(is_done || upgraded(&project, "constraints", usize::MAX), "{limit}");
        assert_eq!(project.texts(online::CONSTRAINTS).await, online::ALL, "{limit}");
        assert_eq!(project.texts("SELECT count(*) || '' FROM seaql_migrations").await, ["2"]);
        if is_done {
            assert!(limit > 10, "it was killed at {limit} places only");
            return;
        }
    }
}

/// What a child does; nothing when it was not told to.
#[test]
#[ignore = "run by the other test as a process of its own"]
fn obey() {
    let Ok(order) = std::env::var(ORDER) else { return };
    let parts: Vec<&str> = order.split('|').collect();
    let [history, kind, url, limit] = parts.as_slice() else { panic!("{order}") };
    let backend = if *kind == "sqlite" { DbBackend::Sqlite } else { DbBackend::Postgres };
    let (project, limit) = (Project::at(backend, url), limit.parse::<usize>().unwrap());
    match *history {
        "batches" => begin(&project),
        _ => online::begin(&project),
    }
    let told = AtomicUsize::new(0);
    let report = move |event: &Event| {
        let counts = matches!(event, Event::Statement(_) | Event::Filled { .. });
        if counts && told.fetch_add(1, Ordering::Relaxed) >= limit {
            let pid = std::process::id().to_string();
            Command::new("kill").args(["-9", &pid]).status().unwrap();
            std::thread::park();
        }
    };
    let options = UpgradeOptions {
        allow_data_loss: true,
        report: Arc::new(report),
        ..UpgradeOptions::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { project.upgrade(&options).await.unwrap() });
}
