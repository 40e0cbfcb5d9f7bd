//! Which folder is meant.

use std::path::Path;

use sea_revise::project::directory::{Directory, DirectoryError};

use super::{A, SOURCE, contents, folder};

const LISTED: &str = "mod m20260901_090000_create_books;\n\
    fn migrations() -> Vec<Box<dyn MigrationTrait>> { vec![Box::new(m20260901_090000_create_books::Migration)] }\n";
const DEPENDENT: &str = "[package]\nname = \"x\"\n[dependencies]\nsea-orm-migration = \"2\"\n";
const OTHER: &str = "[package]\nname = \"x\"\n";

fn found(files: &[(&str, &str)], start: &str, explicit: Option<&str>) -> Option<(String, String)> {
    let root = folder(files);
    let found = Directory::find(&root.path().join(start), explicit.map(Path::new));
    let relative =
        |path: &Path| path.strip_prefix(root.path()).unwrap().to_str().unwrap().to_owned();
    match found {
        Ok(found) => Some((relative(found.folder()), relative(found.registry()))),
        Err(DirectoryError::NotFound(_) | DirectoryError::NoMigrations(_)) => None,
        Err(error) => unreachable!("{error}"),
    }
}

fn pair(folder: &str, registry: &str) -> Option<(String, String)> {
    Some((folder.to_owned(), registry.to_owned()))
}

#[test]
fn the_crate_beside_or_above_is_found() {
    let generated =
        [("migration/src/versions/mod.rs", ""), ("migration/Cargo.toml", DEPENDENT), ("a/b/x", "")];
    let expected = pair("migration/src/versions", "migration/src/versions/mod.rs");
    for start in ["", "a", "a/b", "migration", "migration/src", "migration/src/versions"] {
        assert_eq!(found(&generated, start, None), expected, "{start}");
    }
    let adopted = [
        ("migration/src/lib.rs", LISTED),
        ("migration/Cargo.toml", DEPENDENT),
        ("migration/src/main.rs", ""),
    ];
    let expected = pair("migration/src", "migration/src/lib.rs");
    for start in ["", "migration/src"] {
        assert_eq!(found(&adopted, start, None), expected, "{start}");
    }
    let module = [("migrations/mod.rs", LISTED)];
    assert_eq!(found(&module, "", None), pair("migrations", "migrations/mod.rs"));
    let own =
        [("Cargo.toml", DEPENDENT), ("src/lib.rs", "mod migrator;"), ("src/migrator.rs", LISTED)];
    assert_eq!(found(&own, "", None), pair("src/migrator", "src/migrator.rs"));
}

#[test]
fn what_only_looks_like_migrations_is_passed_by() {
    let sql = ("migrations/1_create.sql", "");
    assert_eq!(found(&[sql], "", None), None);
    let above = [
        sql,
        ("a/migrations/1.sql", ""),
        ("migration/src/versions/mod.rs", ""),
        ("migration/Cargo.toml", OTHER),
    ];
    assert_eq!(
        found(&above, "a", None),
        pair("migration/src/versions", "migration/src/versions/mod.rs")
    );
    // A program that calls us depends on us too.
    let caller = [
        ("api/Cargo.toml", DEPENDENT),
        ("api/src/main.rs", "fn main() {}"),
        ("migration/Cargo.toml", DEPENDENT),
        ("migration/src/lib.rs", LISTED),
    ];
    assert_eq!(found(&caller, "api", None), pair("migration/src", "migration/src/lib.rs"));
}

#[test]
fn the_search_ends_at_the_workspace() {
    let migration = ("migration/src/versions/mod.rs", "");
    let nested = [migration, ("inner/Cargo.toml", "[workspace]\n"), ("inner/a/x", "")];
    assert_eq!(found(&nested, "inner/a", None), None);
    let git = [migration, ("inner/.git/HEAD", ""), ("inner/a/x", "")];
    assert_eq!(found(&git, "inner/a", None), None);
}

#[test]
fn a_crate_its_source_and_its_folder_can_be_named() {
    let generated = [
        ("db/src/versions/mod.rs", ""),
        ("db/src/lib.rs", "mod versions;"),
        ("db/Cargo.toml", OTHER),
    ];
    for explicit in ["db", "db/src", "db/src/versions", "./db/"] {
        let expected = pair("db/src/versions", "db/src/versions/mod.rs");
        assert_eq!(found(&generated, "", Some(explicit)), expected, "{explicit}");
    }
    let adopted = [("db/src/lib.rs", "// nothing yet"), ("db/Cargo.toml", OTHER)];
    for explicit in ["db", "db/src"] {
        assert_eq!(
            found(&adopted, "", Some(explicit)),
            pair("db/src", "db/src/lib.rs"),
            "{explicit}"
        );
    }
    for explicit in ["nothing", "db/Cargo.toml", "."] {
        assert_eq!(found(&adopted, "", Some(explicit)), None, "{explicit}");
    }
}

#[test]
fn a_list_that_is_not_recognised_is_left_alone() {
    let lists = [
        "fn migrations() -> Vec<Box<dyn MigrationTrait>> { let mut all = vec![]; all.push(1); all }",
        "fn migrations() -> Vec<Box<dyn MigrationTrait>> { versions() }",
        "fn migrations() -> Vec<Box<dyn MigrationTrait>> { vec![Box::new(elsewhere::first::Migration)] }",
        "fn migrations() -> Vec<Box<dyn MigrationTrait>> { vec![x; 3] }",
        "fn migrations() -> Vec<Box<dyn MigrationTrait>> { vec![",
        "impl A { fn migrations() -> Vec<Migration> { vec![] } } impl B { fn migrations() -> Vec<Migration> { vec![] } }",
        "fn all() -> Vec<u8> { vec![] }",
        "",
    ];
    for list in lists {
        let root = folder(&[("m/Cargo.toml", DEPENDENT), ("m/src/lib.rs", list)]);
        let before = contents(root.path());
        let directory = Directory::find(root.path(), Some(Path::new("m"))).unwrap();
        let error = directory.add(A, SOURCE).unwrap_err().to_string();
        let lines = format!("add these two lines:\n\n    mod {A};\n    Box::new({A}::Migration),");
        assert!(error.ends_with(&lines), "{error}");
        assert_eq!(contents(root.path()), before);
        let error = directory.registered().unwrap_err().to_string();
        assert!(error.contains("is not recognised; expected `vec!["), "{error}");
    }
}

/// Code names the library, and Cargo the package.
#[test]
fn a_library_may_be_called_otherwise_than_its_package() {
    for (manifest, package, library) in [
        ("[package]\nname = \"shop-migration\"\n", "shop-migration", "shop_migration"),
        (
            "[package]\nname = \"shop-migration\"\n\n[lib]\npath = \"src/lib.rs\"\nname = \"migration\"\n",
            "shop-migration",
            "migration",
        ),
        ("[lib]\npath = \"src/lib.rs\"\n[package]\nname = \"shop\"\n", "shop", "shop"),
    ] {
        let root = folder(&[("src/lib.rs", LISTED), ("Cargo.toml", manifest)]);
        let directory = Directory::find(root.path(), Some(Path::new("."))).unwrap();
        assert_eq!(directory.crate_name().as_deref(), Some(package));
        assert_eq!(directory.library_name().as_deref(), Some(library));
    }
}
