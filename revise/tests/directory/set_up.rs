//! A project that is set up: what is written depends on what is there.

use std::{fs, path::Path};

use sea_revise::project::directory::{
    DirectoryError,
    setup::{SetUp, program_of, set_up},
};
use tempfile::TempDir;

use super::folder as project;

const BOOK: &str = "use sea_orm::entity::prelude::*;\n#[sea_orm::model]\n#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]\n\
    #[sea_orm(table_name = \"book\")]\npub struct Model { #[sea_orm(primary_key)] pub id: i32 }\n";
const MIGRATION: &str = "use sea_orm_migration::prelude::*;\npub struct Migrator;\nimpl MigratorTrait for Migrator {\n    \
    fn migrations() -> Vec<Box<dyn MigrationTrait>> { vec![] }\n}\n";
const SEA_ORM: &str =
    "#[tokio::main]\nasync fn main() { cli::run_cli(migration::Migrator).await; }\n";
const REVISE: &str = "{ path = \"../revise\" }";

fn read(home: &TempDir, path: &str) -> String {
    fs::read_to_string(home.path().join(path)).unwrap()
}

fn names(home: &TempDir, done: &SetUp) -> Vec<String> {
    let root = fs::canonicalize(home.path()).unwrap();
    let short = |path: &Path| {
        path.strip_prefix(home.path()).or(path.strip_prefix(&root)).unwrap().display().to_string()
    };
    done.files.iter().map(|path| short(path)).collect()
}

const MANIFEST: &str = "[package]\nname = \"entity\"\n\n[dependencies]\nsea-orm = \"2\"\n";

#[test]
fn a_workspace_with_entities_gets_a_crate_of_migrations() {
    let home = project(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"entity\"]\n"),
        ("entity/Cargo.toml", MANIFEST),
        (
            "entity/src/lib.rs",
            "pub mod book;\nmod hidden;\npub mod inner { pub mod deep; }\npub mod none;\n",
        ),
        ("entity/src/book.rs", BOOK),
        ("entity/src/hidden.rs", BOOK),
        ("entity/src/inner/deep.rs", BOOK),
        ("entity/src/none.rs", "pub struct Model;\n"),
        ("target/package/entity/Cargo.toml", MANIFEST),
    ]);
    let inner = home.path().join("entity/src");
    let done = set_up(&inner, REVISE).unwrap();
    assert_eq!(done.entities, ["entity::book::Entity", "entity::inner::deep::Entity"]);
    assert_eq!(done.notes.len(), 1, "{:?}", done.notes);
    assert!(
        done.notes[0].contains("`entity::hidden::Entity` is in a private module"),
        "{:?}",
        done.notes
    );
    assert_eq!(
        names(&home, &done),
        [
            "migration/Cargo.toml",
            "migration/src/lib.rs",
            "migration/src/main.rs",
            "migration/src/versions/mod.rs",
            "Cargo.toml"
        ]
    );
    assert_eq!(read(&home, "Cargo.toml"), "[workspace]\nmembers = [\"migration\", \"entity\"]\n");
    let manifest = read(&home, "migration/Cargo.toml");
    assert!(
        manifest
            .contains("entity = { path = \"../entity\" }\nsea-revise = { path = \"../revise\" }\n"),
        "{manifest}"
    );
    assert!(read(&home, "migration/src/lib.rs").contains(".add(entity::book::Entity)"));
    assert_eq!(program_of(&inner).unwrap(), ["run", "--quiet", "--package", "migration"]);
}

#[test]
fn a_second_run_adds_new_entities_to_the_list_that_the_first_one_wrote() {
    let home = project(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"entity\"]\n"),
        ("entity/Cargo.toml", MANIFEST),
        ("entity/src/lib.rs", "pub mod shelf;\npub mod tag;\npub mod none;\n"),
        ("entity/src/shelf.rs", BOOK),
        ("entity/src/tag.rs", BOOK),
        ("entity/src/none.rs", "pub struct Model;\n"),
    ]);
    set_up(home.path(), REVISE).unwrap();
    // The list is in the library, and what a person wrote stays.
    let library = read(&home, "migration/src/lib.rs") + "// mine\n";
    fs::write(home.path().join("migration/src/lib.rs"), &library).unwrap();
    fs::write(home.path().join("entity/src/none.rs"), BOOK).unwrap();
    let again = set_up(home.path(), REVISE).unwrap();
    assert_eq!(names(&home, &again), ["migration/src/lib.rs"]);
    let added = library.replace(
        "        .add(entity::tag::Entity)\n",
        "        .add(entity::tag::Entity)\n        .add(entity::none::Entity)\n",
    );
    assert_ne!(added, library);
    assert_eq!(read(&home, "migration/src/lib.rs"), added);
    assert_eq!(names(&home, &set_up(home.path(), REVISE).unwrap()), Vec::<String>::new());
}

#[test]
fn a_list_that_a_person_wrote_is_added_to_or_it_is_said_what_it_lacks() {
    let one = "pub fn revise() -> Revise {\n    Revise::new::<Migrator>()\n        \
        .entities(Entities::new().add(entity::shelf::Entity).exclude(\"old\"))\n}\n";
    // An example is no entry of the list.
    let one = format!("//! Such as `.add(entity::book::Entity)`.\n{MIGRATION}{one}");
    let two =
        format!("{MIGRATION}fn one() {{ Entities::new() }}\nfn other() {{ Entities::new() }}\n");
    let three = format!(
        "{MIGRATION}use entity::*;\nfn list() -> Entities {{\n    let list = Entities::new().add(shelf::Entity);\n    \
         list.add(book::Entity)\n}}\n"
    );
    for (library, expected) in [
        (&one, one.replace(".exclude", ".add(entity::book::Entity).exclude")),
        (&two, two.clone()),
        (&three, three.clone()),
    ] {
        let home = project(&[
            ("Cargo.toml", "[workspace]\nmembers = [\"entity\", \"migration\"]\n"),
            ("entity/Cargo.toml", MANIFEST),
            ("entity/src/lib.rs", "pub mod book;\npub mod shelf;\npub mod new;\n"),
            ("entity/src/book.rs", BOOK),
            ("entity/src/shelf.rs", BOOK),
            (
                "migration/Cargo.toml",
                "[package]\nname = \"migration\"\n\n[dependencies]\nsea-revise = \"0.1\"\nentity = { path = \"../entity\" }\n",
            ),
            ("migration/src/lib.rs", library),
            (
                "migration/src/main.rs",
                "fn main() -> ExitCode {\n    migration::revise().main()\n}\n",
            ),
        ]);
        let done = set_up(home.path(), REVISE).unwrap();
        assert_eq!(read(&home, "migration/src/lib.rs"), expected);
        assert_eq!(done.notes.is_empty(), *library != two, "{:?}", done.notes);
    }
}

#[test]
fn a_crate_of_sea_orm_migrations_gets_another_program() {
    let home = project(&[
        (
            "Cargo.toml",
            "[package]\nname = \"app\"\n[workspace]\nmembers = [\".\", \"entity\", \"migration\"]\n",
        ),
        ("src/main.rs", "fn main() {}\n"),
        ("entity/Cargo.toml", MANIFEST),
        ("entity/src/lib.rs", "pub mod book;\n"),
        ("entity/src/book.rs", BOOK),
        (
            "migration/Cargo.toml",
            "[package]\nname = \"migration\"\n\n[dependencies]\nsea-orm-migration = \"2\"\n",
        ),
        ("migration/src/lib.rs", MIGRATION),
        ("migration/src/main.rs", SEA_ORM),
    ]);
    let done = set_up(home.path(), REVISE).unwrap();
    assert_eq!(names(&home, &done), ["migration/src/main.rs", "migration/Cargo.toml"]);
    let program = read(&home, "migration/src/main.rs");
    assert!(
        program.contains("Revise::new::<migration::Migrator>()")
            && program.contains(".add(entity::book::Entity)"),
        "{program}"
    );
    assert_eq!(read(&home, "migration/src/lib.rs"), MIGRATION);
    let manifest = read(&home, "migration/Cargo.toml");
    assert!(
        manifest.contains("entity = { path = \"../entity\" }")
            && manifest.contains("sea-revise = "),
        "{manifest}"
    );
    // A new entity comes into a list that nobody has edited.
    fs::write(home.path().join("entity/src/lib.rs"), "pub mod book;\npub mod shelf;\n").unwrap();
    fs::write(home.path().join("entity/src/shelf.rs"), BOOK).unwrap();
    let again = set_up(home.path(), REVISE).unwrap();
    assert_eq!(names(&home, &again), ["migration/src/main.rs"]);
    assert!(read(&home, "migration/src/main.rs").contains(".add(entity::shelf::Entity)"));
}

#[test]
fn where_entities_depend_on_migrations_the_program_is_next_to_them() {
    let home = project(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"app\", \"migration\"]\n"),
        (
            "app/Cargo.toml",
            "[package]\nname = \"my-app\"\n\n[dependencies]\nmigration = { path = \"../migration\" }\n",
        ),
        ("app/src/lib.rs", "pub mod book;\n"),
        ("app/src/book.rs", BOOK),
        (
            "migration/Cargo.toml",
            "[package]\nname = \"migration\"\n\n[dependencies]\nsea-orm-migration = \"2\"\n",
        ),
        ("migration/src/lib.rs", MIGRATION),
        ("migration/src/main.rs", SEA_ORM),
    ]);
    let done = set_up(home.path(), REVISE).unwrap();
    let written = ["app/src/bin/migrate.rs", "app/Cargo.toml", "migration/Cargo.toml"];
    assert_eq!(names(&home, &done), written);
    // What is generated there uses it.
    assert!(read(&home, "migration/Cargo.toml").contains(&format!("sea-revise = {REVISE}")));
    assert!(read(&home, "app/src/bin/migrate.rs").contains(".add(my_app::book::Entity)"));
    assert_eq!(read(&home, "migration/src/main.rs"), SEA_ORM);
    let run = ["run", "--quiet", "--package", "my-app", "--bin", "migrate"];
    assert_eq!(program_of(home.path()).unwrap(), run);
}

#[test]
fn entities_of_a_program_are_declared_once_more() {
    let home = project(&[
        ("Cargo.toml", "[package]\nname = \"shop\"\n\n[dependencies]\nsea-orm = \"2\"\n"),
        ("src/main.rs", "mod infra;\nfn main() {}\n"),
        ("src/infra.rs", "pub mod entities;\nuse crate::other;\n"),
        ("src/infra/entities/mod.rs", "pub mod book;\npub mod shelf;\n"),
        ("src/infra/entities/book.rs", BOOK),
        ("src/infra/entities/shelf.rs", BOOK),
    ]);
    let done = set_up(home.path(), REVISE).unwrap();
    let program = read(&home, "src/bin/migrate.rs");
    assert!(program.contains("#[path = \"../infra/entities/mod.rs\"]\nmod entities;"), "{program}");
    assert!(program.contains(".add(entities::book::Entity)"), "{program}");
    let manifest = read(&home, "Cargo.toml");
    for line in [
        "default-run = \"shop\"",
        "members = [\"migration\"]",
        "migration = { path = \"migration\" }",
    ] {
        assert!(manifest.contains(line), "{line}: {manifest}");
    }
    assert_eq!(done.entities, ["entities::book::Entity", "entities::shelf::Entity"]);
}

#[test]
fn another_program_is_left_alone_and_a_project_without_entities_is_refused() {
    let own = "fn main() { something_else() }\n";
    let mut files = vec![
        ("Cargo.toml", "[workspace]\nmembers = [\"entity\", \"migration\"]\n"),
        ("entity/Cargo.toml", MANIFEST),
        ("entity/src/lib.rs", "pub mod book;\n"),
        (
            "migration/Cargo.toml",
            "[package]\nname = \"migration\"\n\n[dependencies]\nsea-orm-migration = \"2\"\n",
        ),
        ("migration/src/lib.rs", MIGRATION),
        ("migration/src/main.rs", own),
    ];
    let error = set_up(project(&files).path(), REVISE).unwrap_err();
    assert!(matches!(error, DirectoryError::NoEntities(_)), "{error}");
    files.push(("entity/src/book.rs", BOOK));
    let home = project(&files);
    let error = set_up(home.path(), REVISE).unwrap_err();
    assert!(matches!(error, DirectoryError::Exists(_)), "{error}");
    assert_eq!(read(&home, "migration/src/main.rs"), own);
    assert_eq!(read(&home, "migration/Cargo.toml"), files[3].1);
    assert!(matches!(program_of(home.path()).unwrap_err(), DirectoryError::NoProgram(_)));
}

#[test]
fn crates_are_named_as_code_names_them_and_none_with_entities_is_passed_over() {
    let home = project(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"app\", \"tool\", \"entity\", \"migration\"]\n"),
        (
            "app/Cargo.toml",
            "[package]\nname = \"app\"\n\n[dependencies]\nmigration.workspace = true\n",
        ),
        ("app/src/lib.rs", "pub mod book;\n"),
        ("app/src/book.rs", BOOK),
        ("entity/Cargo.toml", "[package]\nname = \"entity\"\n\n[lib]\nname = \"rows\"\n"),
        ("entity/src/lib.rs", "#[path = \"elsewhere.rs\"]\npub mod shelf;\n"),
        ("entity/src/elsewhere.rs", BOOK),
        ("tool/Cargo.toml", "[package]\nname = \"tool\"\n"),
        ("tool/src/main.rs", "mod note;\nfn main() {}\n"),
        ("tool/src/note.rs", BOOK),
        (
            "migration/Cargo.toml",
            "[package]\nname = \"migration\"\n\n[dependencies]\nsea-orm-migration = \"2\"\n",
        ),
        ("migration/src/lib.rs", MIGRATION),
    ]);
    let done = set_up(home.path(), REVISE).unwrap();
    assert_eq!(done.entities, ["app::book::Entity", "rows::shelf::Entity"]);
    assert!(read(&home, "app/Cargo.toml").contains("entity = { path = \"../entity\" }"));
    assert_eq!(done.notes.len(), 1, "{:?}", done.notes);
    assert!(done.notes[0].contains("the entities of `tool` cannot be listed"), "{:?}", done.notes);
}
