//! What goes wrong is a sentence with the name of the migration: a panic, a `down` that was not written, a server that does not answer.

use sea_orm::Statement;
use sea_orm_migration::{SchemaManager, prelude::*};
use sea_revise::{Entities, Target, UpgradeOptions, UrlStyle};

use super::{
    history::{Migration, code, entity, sql},
    project::{Project, Role},
};

entity!(page "page" {});

fn pages() -> Entities {
    Entities::new().add(page::Entity)
}

fn first() -> Migration {
    sql("m1_page", "CREATE TABLE page (id integer NOT NULL PRIMARY KEY)").down("DROP TABLE page")
}

/// What an upgrade or a downgrade says.
async fn failure(project: &Project, up: bool) -> sea_revise::Error {
    let db = project.connect().await;
    let target = if up { "head" } else { "base" };
    let options = UpgradeOptions { target: target.to_owned(), ..UpgradeOptions::default() };
    let done = match up {
        true => project.revise().upgrade_at(&db, &project.target(), &options).await,
        false => project.revise().downgrade(&db, &project.target(), &options).await,
    };
    db.close().await.expect("it closes");
    done.unwrap_err()
}

fn expect(error: &sea_revise::Error, code: u8, words: &[&str]) {
    let text = error.to_string();
    assert_eq!(error.exit_code(), code, "{text}");
    for words in words {
        assert!(text.contains(words), "`{words}` is not in: {text}");
    }
}

/// sea-query panics on SQLite, and anybody's code can.
fn panics() -> Vec<(Migration, &'static str)> {
    vec![
        (
            code("m2_modify", |manager: &SchemaManager| {
                let mut change = Table::alter();
                change
                    .table(Alias::new("page"))
                    .modify_column(ColumnDef::new(Alias::new("id")).big_integer());
                Box::pin(manager.alter_table(change))
            }),
            "modify",
        ),
        (
            code("m2_type", |manager: &SchemaManager| {
                let mut kind = extension::postgres::Type::create();
                kind.as_enum(Alias::new("mood")).values([Alias::new("good")]);
                Box::pin(manager.create_type(kind))
            }),
            "not implemented",
        ),
        (
            code("m2_text", |manager: &SchemaManager| {
                Box::pin(async {
                    let db = manager.get_connection();
                    db.execute_unprepared("CREATE TABLE half (id int)").await?;
                    let answer = db.query_one_raw(Statement::from_string(
                        db.get_database_backend(),
                        "SELECT id FROM half",
                    ));
                    answer.await?.map(drop).expect("there is no answer");
                    Ok(())
                })
            }),
            "there is no answer",
        ),
        (
            code("m2_words", |_| Box::pin(async { panic!("{} of {}", "two", "three") })),
            "two of three",
        ),
    ]
}

#[tokio::test]
async fn a_panic_in_a_migration_is_an_error_with_its_name_and_words() {
    for (migration, words) in panics() {
        let name = migration.name().to_owned();
        let history = [first(), migration];
        let server = Project::new(Role::Owner, pages, &history).await;
        for project in [Some(Project::file(pages, &history)), server].into_iter().flatten() {
            let sqlite_only = ["m2_modify", "m2_type"].contains(&name.as_str());
            if sqlite_only && project.backend == sea_orm::DbBackend::Postgres {
                continue;
            }
            let before = project.with(pages, &[first()]);
            before.expect(&["upgrade"], 0).await;
            let error = failure(&project, true).await;
            expect(&error, 9, &[&name, words, "panicked", "the database is as it was"]);
            assert_eq!(before.check().await.expect("it is replayed").drift, Vec::new());
            let half = match project.backend {
                sea_orm::DbBackend::Sqlite => "SELECT name FROM sqlite_schema WHERE name = 'half'",
                _ => "SELECT relname::text FROM pg_class WHERE relname = 'half'",
            };
            assert_eq!(project.texts(half).await, Vec::<String>::new());
            let error = project.check().await.unwrap_err();
            expect(&error, 1, &[&name, words]);
            project.expect(&["check"], 1).await;
            project.expect(&["lint", "--all"], 1).await;
            project.expect(&["upgrade"], 9).await;
        }
    }
}

#[tokio::test]
async fn a_down_that_was_not_written_is_named() {
    let history = [first(), sql("m2_more", "CREATE TABLE more (id integer)")];
    let server = Project::new(Role::Creator, pages, &history).await;
    for project in [Some(Project::file(pages, &history)), server].into_iter().flatten() {
        project.expect(&["upgrade"], 0).await;
        let error = failure(&project, false).await;
        expect(&error, 9, &["`m2_more`", "it has no `down`", "write one"]);
        project.expect(&["downgrade"], 9).await;
        project.expect(&["downgrade", "--plan"], 1).await;
        project.expect(&["test"], 9).await;
    }
}

#[tokio::test]
async fn a_server_that_does_not_let_in_is_a_sentence() {
    let Some(project) = Project::new(Role::Creator, pages, &[first()]).await else { return };
    let url = &project.url;
    let database = project.texts("SELECT current_database()::text").await.remove(0);
    for (url, words) in [
        ("postgres://me:secret@127.0.0.1:1/none".to_owned(), "look whether the server runs"),
        (url.replace(&project.role, "nobody_here"), "look at user and password"),
        (url.replace(&format!("/{database}?"), "/not_there?"), "create the database"),
    ] {
        let target = Target::parse(&url, UrlStyle::Sqlx).expect("a URL");
        let error = project.revise().check(&target, &Default::default()).await.unwrap_err();
        expect(&error, 1, &["cannot open", words]);
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
