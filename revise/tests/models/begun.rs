//! `init --from-db`: the entities of an existing database differ from it in nothing. They are compiled here as they were written.

use sea_orm::DbBackend;
use sea_revise::{Entities, Revise};

use crate::{
    golden,
    place::{Place, both},
};

#[expect(clippy::too_many_lines, reason = "one plan for all tables")]
#[path = "postgres/baseline.rs"]
mod baseline_of_postgres;
#[expect(clippy::too_many_lines, reason = "one plan for all tables")]
#[path = "sqlite/baseline.rs"]
mod baseline_of_sqlite;
#[path = "postgres/lib.rs"]
mod postgres;
#[path = "sqlite/lib.rs"]
pub mod sqlite;

/// The entities of modules, in the order in which the list of the new crate has them.
macro_rules! entities {
    ($root:ident: $($module:ident),* $(,)?) => {
        (Entities::new()$(.add($root::$module::Entity))*, [$(stringify!($module)),*])
    };
}

fn entities(backend: DbBackend) -> (Entities, Vec<&'static str>) {
    if backend == DbBackend::Sqlite {
        let (entities, names) = entities!(sqlite:
            weird_name, author, book, book_tag, line, of_no_key, order, shipment, slot, strictly, tag, r#type);
        return (entities, names.to_vec());
    }
    let (entities, names) = entities!(postgres:
        weird_name, author, book, book_tag, line, of_no_key, order, shipment, slot, tag, r#type);
    (entities, names.to_vec())
}

fn revise(backend: DbBackend) -> Revise {
    let revise = match backend {
        DbBackend::Sqlite => Revise::of(|| vec![Box::new(baseline_of_sqlite::Migration)]),
        _ => Revise::of(|| vec![Box::new(baseline_of_postgres::Migration)]),
    };
    revise.entities(entities(backend).0)
}

/// A database with a bit of everything.
async fn filled(place: &Place) {
    let sql = match place.backend {
        DbBackend::Sqlite => include_str!("sqlite.sql"),
        _ => include_str!("postgres.sql"),
    };
    place.execute(sql).await;
}

fn init(place: &Place, more: &[&str]) -> u8 {
    let migration = place.home.path().join("migration");
    let arguments = ["init", migration.to_str().unwrap(), "--from-db"];
    place.run(Revise::of(Vec::new), &[&arguments, more].concat())
}

#[tokio::test]
async fn the_entities_of_a_database_are_written() {
    let mut blessed = false;
    for place in both().await {
        filled(&place).await;
        assert_eq!(init(&place, &[]), 0);
        let mut written = place.files("entity/src");
        let versions = place.files("migration/src/versions").into_iter();
        let baseline = versions.filter(|(name, _)| name != "mod.rs").map(|(_, text)| text);
        written.extend(baseline.map(|text| ("baseline.rs".to_owned(), text)));
        let word = if place.backend == DbBackend::Sqlite { "sqlite" } else { "postgres" };
        blessed |= golden::expect(word, &written);
        let crates = [place.files("entity"), place.files("migration")].concat();
        let text = |name: &str| &crates.iter().find(|(file, _)| file == name).unwrap().1;
        let list: Vec<&str> =
            text("src/main.rs").lines().filter(|line| line.contains("entities()")).collect();
        assert_eq!(list.len(), 1, "{list:?}");
    }
    assert!(!blessed, "the files were written; build and run again");
}

#[tokio::test]
async fn a_database_and_its_entities_differ_in_nothing() {
    for place in both().await {
        filled(&place).await;
        let run = |place: &Place, arguments: &[&str]| place.run(revise(place.backend), arguments);
        assert_eq!(run(&place, &["stamp", "head"]), 0);
        // The same from the beginning.
        let other = place.beside().await;
        assert_eq!(run(&other, &["upgrade"]), 0);
        for place in [&place, &other] {
            assert_eq!(run(place, &["check", "-v"]), 0);
            assert_eq!(run(place, &["diff", "db", "models"]), 0);
            assert_eq!(run(place, &["diff", "head", "db"]), 0);
        }
    }
}

/// The steps of the README on an empty machine: a database, `cargo revise`, and nothing else.
#[tokio::test]
async fn a_project_begins_with_a_database_and_nothing_else() {
    for (before, after) in [
        (None, "[workspace]\nmembers = [\"migration\", \"entity\"]\nresolver = \"3\"\n"),
        (
            Some("[workspace]\nmembers = [\"app\"]\n"),
            "[workspace]\nmembers = [\"entity\", \"migration\", \"app\"]\n",
        ),
        (
            Some("[package]\nname = \"app\"\n"),
            "[package]\nname = \"app\"\n\n[workspace]\nmembers = [\"entity\", \"migration\"]\n",
        ),
    ] {
        let place = Place::on_sqlite();
        place.execute("CREATE TABLE book (id integer PRIMARY KEY, title text NOT NULL)").await;
        let manifest = place.home.path().join("Cargo.toml");
        if let Some(before) = before {
            std::fs::write(&manifest, before).unwrap();
        }
        let done = std::process::Command::new(env!("CARGO_BIN_EXE_cargo-revise"))
            .args(["revise", "init", "--from-db", "-u", &place.url])
            .current_dir(place.home.path())
            .env_remove("CARGO_MANIFEST_DIR")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{said}");
        assert!(said.contains("cargo run -p migration -- stamp m"), "{said}");
        assert!(!said.contains("to the members of"), "{said}");
        assert!(place.home.path().join("entity/src/book.rs").is_file());
        assert_eq!(std::fs::read_to_string(&manifest).unwrap(), after);
    }
}
