//! `migrate --models`: code of a migration that changes rows sees the tables as they were then, whatever became of them.

use std::{fs, path::PathBuf};

use sea_revise::{Entities, Revise, project::directory::Directory};

use crate::{
    golden,
    place::{Place, both},
};

#[path = "frozen/list.rs"]
mod list;

const BEGIN: &str = "m20260101_000000_begin";

fn beginning() -> Revise {
    Revise::of(|| vec![Box::new(list::m20260101_000000_begin::Migration)])
}

fn history() -> Revise {
    Revise::of(|| {
        vec![
            Box::new(list::m20260101_000000_begin::Migration),
            Box::new(list::m20260102_000000_find_authors::Migration),
            Box::new(list::m20260103_000000_forget_writers::Migration),
        ]
    })
}

/// The folder of a project that has the first migration alone.
fn folder(place: &Place) -> PathBuf {
    let folder = place.home.path().join("versions");
    fs::create_dir(&folder).unwrap();
    let text = include_str!("frozen/m20260101_000000_begin.rs");
    fs::write(folder.join(format!("{BEGIN}.rs")), text).unwrap();
    let list = format!(
        "mod {BEGIN};\n\npub fn all() -> Vec<Box<dyn MigrationTrait>> {{\n    vec![Box::new({BEGIN}::Migration)]\n}}\n"
    );
    fs::write(folder.join("mod.rs"), list).unwrap();
    folder
}

/// Writes a migration with models, and answers its name.
fn migrate(place: &Place, more: &[&str]) -> Result<String, u8> {
    let folder = place.home.path().join("versions");
    let arguments = ["migrate", "-d", folder.to_str().unwrap(), "-m", "Find authors"];
    match place.run(beginning(), &[&arguments, more].concat()) {
        0 => {
            let directory = Directory::find(&folder, Some(&folder)).unwrap();
            Ok(directory.registered().unwrap().pop().unwrap())
        }
        code => Err(code),
    }
}

#[tokio::test]
async fn the_tables_of_a_revision_are_written_beside_its_migration() {
    let mut blessed = false;
    for place in both().await {
        let folder = folder(&place);
        assert_eq!(migrate(&place, &["--empty", "--models"]), Err(2));
        assert_eq!(migrate(&place, &["--empty", "--models", "book,house"]), Err(2));
        assert_eq!(place.files("versions").len(), 2);
        let name = migrate(&place, &["--empty", "--models", "book,author"]).unwrap();
        let models = fs::read_to_string(folder.join(&name).join("models.rs")).unwrap();
        blessed |= golden::expect(
            "frozen/m20260102_000000_find_authors",
            &[("models.rs".to_owned(), models)],
        );
        let text = fs::read_to_string(folder.join(format!("{name}.rs"))).unwrap();
        assert!(text.contains("\nmod models;\n"), "{text}");
        assert!(text.contains("`models::author`, `models::book`"), "{text}");
        // It is one migration, and no file is a remark.
        let directory = Directory::find(&folder, Some(&folder)).unwrap();
        assert_eq!(directory.registered().unwrap(), [BEGIN.to_owned(), name]);
        assert_eq!(directory.revisions().unwrap().len(), 2);
    }
    assert!(!blessed, "the files were written; build and run again");
}

#[tokio::test]
async fn a_plan_has_the_tables_that_it_touches() {
    for place in both().await {
        let folder = folder(&place);
        let entities = Entities::new().add(crate::begun::sqlite::tag::Entity);
        let revise = beginning().entities(entities.exclude("author").exclude("book"));
        let folder_name = folder.to_str().unwrap();
        let arguments = ["migrate", "-d", folder_name, "-m", "Add tags", "--models"];
        assert_eq!(place.run(revise, &arguments), 0);
        let name = Directory::find(&folder, Some(&folder)).unwrap().registered().unwrap().pop();
        let models = fs::read_to_string(folder.join(name.unwrap()).join("models.rs")).unwrap();
        let modules: Vec<&str> =
            models.lines().filter(|line| line.starts_with("pub mod")).collect();
        assert_eq!(modules, ["pub mod tag {"]);
        assert!(models.contains("pub label: String"), "{models}");
    }
}

#[tokio::test]
async fn code_of_a_migration_runs_whatever_becomes_of_the_tables() {
    for place in both().await {
        let run = |place: &Place, arguments: &[&str]| place.run(history(), arguments);
        assert_eq!(run(&place, &["upgrade", "+1"]), 0);
        place.execute("INSERT INTO book (writer) VALUES ('Ann'), ('Bo'), ('Ann')").await;
        assert_eq!(run(&place, &["upgrade", "--allow-data-loss"]), 0);
        let authors = "SELECT full_name FROM author JOIN volume ON volume.author_id = author.id ORDER BY volume.id";
        assert_eq!(place.texts(authors).await, ["Ann", "Bo", "Ann"]);
        assert_eq!(place.texts("SELECT CAST(kind AS text) FROM author").await, ["house"; 2]);
        // There and back, and from the beginning, also with rows.
        assert_eq!(run(&place, &["downgrade", "-2", "--allow-data-loss"]), 0);
        assert_eq!(place.texts("SELECT CAST(author_id AS text) FROM book").await, ["NULL"; 3]);
        assert_eq!(run(&place, &["downgrade", "base", "--allow-data-loss"]), 0);
        assert_eq!(run(&place, &["upgrade", "--allow-data-loss"]), 0);
        let other = place.beside().await;
        assert_eq!(run(&other, &["upgrade"]), 0);
        for place in [&place, &other] {
            assert_eq!(run(place, &["diff", "head", "db"]), 0);
            assert_eq!(run(place, &["test"]), 0);
        }
    }
}

#[tokio::test]
async fn models_go_where_their_migration_goes() {
    let place = Place::on_sqlite();
    let folder = folder(&place);
    let directory = || Directory::find(&folder, Some(&folder)).unwrap();
    let name = migrate(&place, &["--empty", "--models", "author"]).unwrap();
    fs::write(folder.join(&name).join("names.csv"), "mine").unwrap();
    let later = "m20990101_000000_later";
    directory().redate(&name, later).unwrap();
    assert!(!folder.join(&name).exists());
    assert!(folder.join(later).join("models.rs").is_file());
    assert!(folder.join(later).join("names.csv").is_file());
    // What somebody put there is not the tool's to remove.
    directory().remove(later).unwrap();
    let left: Vec<String> = place.files("versions").into_iter().map(|(name, _)| name).collect();
    assert_eq!(left, [format!("{BEGIN}.rs"), format!("{later}/names.csv"), "mod.rs".into()]);
    let name = migrate(&place, &["--empty", "--models", "author"]).unwrap();
    let text = fs::read_to_string(folder.join(format!("{BEGIN}.rs"))).unwrap();
    let old = [BEGIN.to_owned(), name.clone()];
    directory().replace(&old, "m20990102_000000_both", &text).unwrap();
    assert!(!folder.join(&name).exists());
    // A folder in the way is named, and nothing is changed.
    let name = migrate_after(&place, &folder);
    let before = place.files("versions");
    let taken = "m20990105_000000_taken";
    fs::create_dir(folder.join(taken)).unwrap();
    let error = directory().redate(&name, taken).unwrap_err().to_string();
    assert!(error.contains("_taken` exists already; nothing was written"), "{error}");
    assert_eq!(place.files("versions"), before);
}

/// One more, whose models are written by hand.
fn migrate_after(place: &Place, folder: &std::path::Path) -> String {
    let name = "m20990103_000000_more";
    let directory = Directory::find(folder, Some(folder)).unwrap();
    let text = include_str!("frozen/m20260103_000000_forget_writers.rs");
    directory.add(name, text).unwrap();
    fs::create_dir(folder.join(name)).unwrap();
    fs::write(folder.join(name).join("models.rs"), "").unwrap();
    assert!(place.files("versions").len() > 3);
    name.to_owned()
}
