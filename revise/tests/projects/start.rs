//! Programs that upgrade at their start, with the pool that they have, on both databases.

use std::{fs::File, path::PathBuf, time::Duration};

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement,
};
use sea_revise::{Entities, Error, Plan, UpgradeOptions, runtime::Event, schema::DefaultValue};

use crate::project::{Project, both};

const TABLES: &str = "CREATE TABLE owner ({pk}, email varchar);\
    CREATE TABLE team ({pk}, owner_id integer NOT NULL REFERENCES owner (id) ON DELETE CASCADE);\
    INSERT INTO owner (email) VALUES ('a'), ('b'); INSERT INTO team (owner_id) VALUES (1), (2), (2);";

async fn number(db: &DatabaseConnection, sql: &str) -> i64 {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    db.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

/// Two tables with rows, and a change that SQLite needs a rebuild of the parent for.
fn begin(project: &Project) {
    project.given(TABLES);
    let (up, down) = (
        Plan::new().set_not_null("owner", "email").set_default(
            "owner",
            "email",
            DefaultValue::sql("'x'"),
        ),
        Plan::new().drop_default("owner", "email").drop_not_null("owner", "email"),
    );
    project.planned(up, down);
}

#[tokio::test]
async fn a_pool_of_any_size_is_upgraded_and_no_child_is_lost() {
    for connections in [1, 4] {
        for project in both().await {
            begin(&project);
            let db = project.pool(connections).await;
            let revise = project.revise(Entities::new);
            let names = revise.revisions();
            assert_eq!(revise.upgrade(&db).await.unwrap(), names);
            assert_eq!(number(&db, "SELECT count(*) FROM team").await, 3);
            assert!(revise.upgrade(&db).await.unwrap().is_empty());
            if project.is_sqlite() {
                let on = number(&db, "SELECT foreign_keys FROM pragma_foreign_keys").await;
                assert_eq!(on, 1, "the pool's own connections are as they were");
            }
            db.execute_unprepared("DELETE FROM owner WHERE id = 2").await.unwrap();
            assert_eq!(number(&db, "SELECT count(*) FROM team").await, 1);
            db.close().await.unwrap();
            assert!(project.run(Entities::new, &["current", "--check-heads"]) == 0);
        }
    }
}

#[tokio::test]
async fn of_programs_that_start_at_once_one_works_and_none_fails() {
    for project in both().await {
        begin(&project);
        let mut programs = Vec::new();
        for _ in 0..8 {
            let (revise, db) = (project.revise(Entities::new), project.pool(1).await);
            programs.push(tokio::spawn(async move {
                let done = revise.upgrade(&db).await;
                db.close().await.unwrap();
                done
            }));
        }
        let mut applied = Vec::new();
        for program in programs {
            applied.extend(program.await.unwrap().unwrap());
        }
        assert_eq!(applied, project.revise(Entities::new).revisions());
        assert_eq!(project.texts("SELECT count(*) || '' FROM team").await, ["3"]);
    }
}

#[tokio::test]
async fn a_database_in_memory_is_upgraded_over_its_one_connection() {
    let project = Project::on_sqlite();
    begin(&project);
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.max_connections(1).min_connections(1).sqlx_logging(false);
    let db = Database::connect(options.clone()).await.unwrap();
    let revise = project.revise(Entities::new);
    let (one, other) = tokio::join!(revise.upgrade(&db), revise.upgrade(&db));
    assert_eq!([one.unwrap(), other.unwrap()].concat(), revise.revisions());
    assert_eq!(number(&db, "SELECT count(*) FROM team").await, 3);
    assert_eq!(number(&db, "SELECT foreign_keys FROM pragma_foreign_keys").await, 1);
    db.close().await.unwrap();

    let db = Database::connect(options.max_connections(3).to_owned()).await.unwrap();
    let error = revise.upgrade(&db).await.unwrap_err().to_string();
    assert!(error.contains("a pool of 3 connections to a database in memory"), "{error}");
    assert!(error.contains("max_connections(1)"), "{error}");
    db.close().await.unwrap();
    let error = revise.upgrade(&DatabaseConnection::default()).await.unwrap_err().to_string();
    assert!(error.contains("is no pool of SQLite or PostgreSQL"), "{error}");
}

#[tokio::test]
async fn a_program_with_nothing_to_do_waits_for_nobody() {
    for project in both().await {
        begin(&project);
        let (db, other) = (project.pool(1).await, project.pool(1).await);
        let revise = project.revise(Entities::new);
        revise.upgrade(&db).await.unwrap();
        let lock = project.url.strip_prefix("sqlite://").map(|path| {
            let path = PathBuf::from(format!("{path}.revise-lock"));
            let file = File::options().write(true).open(path).unwrap();
            file.try_lock().unwrap();
            file
        });
        if !project.is_sqlite() {
            number(&other, "SELECT count(pg_advisory_lock(8315159349578528361))").await;
        }
        let impatient = UpgradeOptions { wait: Duration::ZERO, ..UpgradeOptions::default() };
        assert!(revise.upgrade_with(&db, &impatient).await.unwrap().is_empty());
        project.planned(Plan::new().raw_sql("CREATE TABLE more (a integer)"), Plan::new());
        let error = project.revise(Entities::new).upgrade_with(&db, &impatient).await.unwrap_err();
        assert_eq!(error.exit_code(), 7, "{error}");
        drop(lock);
        other.close().await.unwrap();
        db.close().await.unwrap();
    }
}

#[tokio::test]
async fn rows_are_lost_only_when_the_program_says_so() {
    for project in both().await {
        begin(&project);
        project.planned(Plan::new().drop_table("team"), Plan::new());
        let db = project.pool(2).await;
        let revise = project.revise(Entities::new);
        let up_to = |target: &str| UpgradeOptions {
            target: target.to_owned(),
            ..UpgradeOptions::default()
        };
        assert_eq!(revise.upgrade_with(&db, &up_to("+1")).await.unwrap().len(), 1);
        let error = revise.upgrade(&db).await.unwrap_err();
        assert!(matches!(error, Error::NeedsAnswer(_)), "{error}");
        assert!(error.to_string().contains("3 rows of `team`"), "{error}");
        assert_eq!(number(&db, "SELECT count(*) FROM team").await, 3);
        let told = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let hears = std::sync::Arc::clone(&told);
        let allowed = UpgradeOptions {
            allow_data_loss: true,
            report: std::sync::Arc::new(move |event| {
                if let Event::Done { revision, .. } = event {
                    hears.lock().unwrap().push(revision.clone());
                }
            }),
            ..UpgradeOptions::default()
        };
        let done = revise.upgrade_with(&db, &allowed).await.unwrap();
        assert_eq!(done.len(), 2);
        assert_eq!(*told.lock().unwrap(), done);
        db.close().await.unwrap();
        if let Some(path) = project.url.strip_prefix("sqlite://") {
            let home = PathBuf::from(path);
            let backups = std::fs::read_dir(home.parent().unwrap()).unwrap();
            let is_backup = |name: &std::ffi::OsStr| name.to_string_lossy().ends_with(".backup");
            assert_eq!(
                backups.filter(|file| is_backup(&file.as_ref().unwrap().file_name())).count(),
                1
            );
        }
    }
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused() {
    for project in both().await {
        begin(&project);
        let db = project.pool(1).await;
        project.revise(Entities::new).upgrade(&db).await.unwrap();
        let older = match project.is_sqlite() {
            true => Project::on_sqlite(),
            false => Project::on_postgres().await.unwrap(),
        };
        older.given(TABLES);
        let error = older.revise(Entities::new).upgrade(&db).await.unwrap_err();
        assert_eq!(error.exit_code(), 8, "{error}");
        db.close().await.unwrap();
    }
}

#[tokio::test]
async fn what_the_connections_of_a_server_are_is_taken_over() {
    let Some(project) = Project::on_postgres().await else { return };
    begin(&project);
    project
        .execute("CREATE ROLE starts_up; CREATE SCHEMA \"My App\" AUTHORIZATION starts_up")
        .await
        .unwrap();
    let mut options = ConnectOptions::new(&project.url);
    options.max_connections(1).sqlx_logging(false).set_schema_search_path("\"My App\"");
    let db = Database::connect(options).await.unwrap();
    db.execute_unprepared("SET ROLE starts_up").await.unwrap();
    assert_eq!(project.revise(Entities::new).upgrade(&db).await.unwrap().len(), 2);
    assert_eq!(number(&db, "SELECT count(*) FROM \"My App\".team").await, 3);
    let owner =
        "SELECT count(*) FROM pg_tables WHERE schemaname = 'My App' AND tableowner = 'starts_up'";
    assert_eq!(number(&db, owner).await, 4);
    assert_eq!(db.get_database_backend(), DbBackend::Postgres);
    db.close().await.unwrap();
    project.execute("DROP SCHEMA \"My App\" CASCADE; DROP ROLE starts_up").await.unwrap();
}
