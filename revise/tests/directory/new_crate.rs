//! A new crate of migrations.

use std::{fs, path::Path};

use sea_revise::project::directory::{Directory, DirectoryError, InitOptions, init};

use super::{A, SOURCE, contents, folder};

#[test]
fn a_new_crate_can_be_added_to() {
    let root = folder(&[("Cargo.toml", "[workspace]\nmembers = []\n")]);
    let options = InitOptions {
        dependencies: vec!["entity = { path = \"../entity\" }".to_owned()],
        entities: vec!["entity::book::Entity".to_owned(), "entity::store::Entity".to_owned()],
        ..InitOptions::default()
    };
    let made = init(&root.path().join("deep/migration"), &options).unwrap();
    assert_eq!(made.workspace, Some(root.path().join("Cargo.toml")));
    assert_eq!(
        made.directory,
        Directory::find(root.path(), Some(Path::new("deep/migration"))).unwrap()
    );
    let files = contents(root.path());
    assert_eq!(files.len(), 5);
    assert_eq!(made.files.len(), 4);
    assert!(
        files["deep/migration/Cargo.toml"].ends_with(
            "[dependencies]\nentity = { path = \"../entity\" }\nsea-revise = \"0.1.0\"\n"
        )
    );
    assert!(files["deep/migration/src/main.rs"].lines().count() <= 20);
    assert!(files["deep/migration/src/lib.rs"].contains(".add(entity::book::Entity)"));
    for path in ["lib.rs", "main.rs", "versions/mod.rs"] {
        syn::parse_file(&files[&format!("deep/migration/src/{path}")]).unwrap();
    }
    assert_eq!(made.directory.registered().unwrap(), [""; 0]);
    made.directory.add(A, SOURCE).unwrap();
    assert_eq!(made.directory.registered().unwrap(), [A]);
}

#[test]
fn nothing_that_is_there_is_touched() {
    for taken in ["Cargo.toml", "src/lib.rs", "src/main.rs", "src/versions/mod.rs"] {
        let root = folder(&[(&format!("migration/{taken}"), "mine"), ("migration/README.md", "")]);
        let before = contents(root.path());
        let error = init(&root.path().join("migration"), &InitOptions::default()).unwrap_err();
        assert!(matches!(&error, DirectoryError::Exists(path) if path.ends_with(taken)), "{error}");
        assert_eq!(contents(root.path()), before);
    }
}

#[test]
fn a_path_or_name_that_cannot_be_is_refused() {
    let root = folder(&[("file", "")]);
    let error = init(&root.path().join("file/migration"), &InitOptions::default()).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with(&format!("cannot make `{}", root.path().join("file/migration").display())),
        "{error}"
    );
    for name in ["", "mod", "a b", "../x", "1a"] {
        let options = InitOptions { name: name.to_owned(), ..InitOptions::default() };
        let error = init(&root.path().join("migration"), &options).unwrap_err();
        assert!(matches!(error, DirectoryError::Crate(_)), "{error}");
    }
    assert_eq!(contents(root.path()).len(), 1);
    assert!(fs::metadata(root.path().join("migration")).is_err());
    let options = InitOptions { name: "db-history".to_owned(), ..InitOptions::default() };
    init(&root.path().join("db"), &options).unwrap();
    let program = &contents(root.path())["db/src/main.rs"];
    for part in ["new::<db_history::Migrator>()", ".entities(db_history::entities())"] {
        assert!(program.contains(part), "{program}");
    }
}
