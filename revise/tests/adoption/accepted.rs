//! Differences that a project lives with: noted beside the migrations, left out afterwards, and named once they are gone.

use std::path::Path;

use clap::Parser;
use sea_orm::DbBackend;
use sea_revise::{cli::Arguments, project::accepted::Accepted};

use crate::{
    case::{Sql, entities, entity},
    history::History,
    project::{BOTH, Project},
};

#[derive(Parser)]
struct Whole {
    #[command(flatten)]
    arguments: Arguments,
}

entity!(note "note" {
    #[sea_orm(column_type = "Text")]
    pub body: String,
    pub rank: i32,
});

entity!(note_with_mark "note" {
    #[sea_orm(column_type = "Text")]
    pub body: String,
    pub rank: i32,
    pub mark: Option<i32>,
});

const NAME: &str = "m20230101_000000_note";

fn notes() -> History {
    let table = "CREATE TABLE note ({pk}, body varchar(80) NOT NULL, rank integer)";
    History::new().sql(NAME, Sql::both(table))
}

/// The crate of the migrations, as the tool looks for it.
fn written_crate() -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a folder");
    let list = format!(
        "mod {NAME};\n\npub struct Migrator;\n\nimpl MigratorTrait for Migrator {{\n    fn migrations() -> \
         Vec<Box<dyn MigrationTrait>> {{\n        vec![Box::new({NAME}::Migration)]\n    }}\n}}\n"
    );
    std::fs::create_dir(root.path().join("src")).expect("a folder");
    for (name, text) in [
        ("Cargo.toml", "[package]\nname = \"migration\"\n"),
        ("src/lib.rs", &list),
        (&format!("src/{NAME}.rs"), "pub struct Migration;\n"),
    ] {
        std::fs::write(root.path().join(name), text).expect("a file");
    }
    root
}

/// Runs the command line, and answers whether it ends with this code.
async fn ends_with(code: u8, project: &Project, folder: &Path, arguments: &[&str]) -> bool {
    let directory = folder.display().to_string();
    let fixed = ["migration", "--no-input", "-q", "-d", &directory];
    let whole = Whole::try_parse_from(fixed.iter().chain(arguments)).expect("arguments");
    let (revise, url) = (project.revise(), project.place.url.clone());
    // It has a runtime of its own.
    let done = tokio::task::spawn_blocking(move || revise.run(whole.arguments, Some(&url)));
    let expected = std::process::ExitCode::from(code);
    format!("{:?}", done.await.expect("an exit code")) == format!("{expected:?}")
}

#[tokio::test]
async fn an_accepted_difference_is_left_out_until_it_is_gone() {
    for backend in BOTH {
        let Some(mut project) = Project::new(backend, notes(), entities!(note)).await else {
            continue;
        };
        let root = written_crate();
        let folder = root.path().join("src");
        assert!(ends_with(5, &project, root.path(), &["check"]).await);
        assert!(ends_with(0, &project, root.path(), &["check", "--accept"]).await);
        let file = std::fs::read_to_string(folder.join("accepted.json")).expect("the file");
        let from = "change type of note.body from varchar(80) to text";
        for words in [from, "note.rank: not null", "\"op\": \"alter_null\""] {
            assert!(file.contains(words), "{words}: {file}");
        }
        assert!(ends_with(0, &project, root.path(), &["check"]).await);
        assert!(ends_with(5, &project, root.path(), &["diff", "head", "models"]).await);
        assert!(ends_with(0, &project, root.path(), &["migrate", "-m", "Nothing"]).await);
        assert_eq!(std::fs::read_dir(&folder).expect("the folder").count(), 3);

        // One true difference beside them, and it alone is written.
        project.entities = entities!(note_with_mark);
        assert!(ends_with(5, &project, root.path(), &["check"]).await);
        let options = sea_revise::GenerateOptions {
            accepted: Accepted::read(&folder).expect("the file"),
            ..Default::default()
        };
        let draft = project.draft_with(&options).await.expect("a draft");
        let lines = crate::project::lines(&draft.up);
        assert_eq!(lines, ["add column note.mark (integer, nullable)"]);

        // What is no difference any more is named, and forgotten when it is accepted again.
        let by_hand = match backend {
            DbBackend::Sqlite => {
                "DROP TABLE note; CREATE TABLE note (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, body text NOT NULL, rank integer)"
            }
            _ => "ALTER TABLE note ALTER body TYPE text",
        };
        project.history = notes().sql("m20230102_000000_text", Sql::both(by_hand));
        project.upgrade().await;
        project.entities = entities!(note);
        let checked = project.check_with(&options).await;
        assert_eq!((checked.models.len(), checked.stale), (0, vec![from.to_owned()]));
        project.place.remove().await;
    }
}

#[tokio::test]
async fn each_kind_of_database_has_its_own() {
    let Some(project) = Project::new(DbBackend::Sqlite, notes(), entities!(note)).await else {
        return;
    };
    let draft = project.draft().await.expect("a draft");
    let accepted = Accepted::default().with(&draft.up, DbBackend::Postgres);
    let options = sea_revise::GenerateOptions { accepted: accepted.clone(), ..Default::default() };
    assert_eq!(project.draft_with(&options).await.expect("a draft").up, draft.up);
    let both = accepted.with(&draft.up, DbBackend::Sqlite);
    assert_ne!(both, accepted);
    let options = sea_revise::GenerateOptions { accepted: both, ..Default::default() };
    assert!(project.draft_with(&options).await.is_none());
    assert!(project.check_with(&options).await.stale.is_empty());
}

#[test]
fn a_file_that_somebody_broke_is_named() {
    let root = tempfile::tempdir().expect("a folder");
    assert_eq!(Accepted::read(root.path()).expect("nothing"), Accepted::default());
    for broken in [
        "",
        "{}",
        "[{\"difference\": \"x\"}]",
        "[{\"difference\": 1, \"database\": \"sqlite\", \"operation\": {}}]",
    ] {
        std::fs::write(root.path().join("accepted.json"), broken).expect("a file");
        let error = Accepted::read(root.path()).expect_err("it is broken").to_string();
        assert!(error.contains("accepted.json") && error.contains("check --accept"), "{error}");
    }
}
