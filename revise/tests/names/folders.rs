//! Which crate is meant, and what the README says of an adopted one.

use std::path::Path;

use sea_revise::project::directory::Directory;

use super::project::{Place, Project, derived, listing, program};

const MIGRATION: &str = "m0001_users";

/// A workspace with a program, and a crate of migrations at `path` that it depends on in this way.
fn workspace(path: &str, dependency: &str) -> Project {
    let project = Project::new("pub mod entity;\n", &[("entity/mod.rs", String::new())]);
    project.write(
        "Cargo.toml",
        &format!("[workspace]\nmembers = [\"app\", \"{path}\"]\n[workspace.dependencies]\nhistory = {{ path = \"{path}\" }}\n"),
    );
    project.write(
        "app/Cargo.toml",
        &format!("[package]\nname = \"app\"\n[dependencies]\nsea-revise = \"0.1\"\n{dependency}\n"),
    );
    project.write("app/src/lib.rs", "pub mod entity;\npub mod versions;\n");
    project.write("app/src/entity/mod.rs", "");
    // Versions of an interface, and no migrations.
    project.write("app/src/versions/mod.rs", "pub mod v1;\n");
    project.write("app/src/versions/v1.rs", "");
    project.write(
        "app/src/bin/migrate.rs",
        "fn main() -> std::process::ExitCode {\n    sea_revise::Revise::new::<history::Migrator>().main()\n}\n",
    );
    let manifest = "[package]\nname = \"history\"\n[dependencies]\nsea-orm-migration = \"2\"\n";
    project.write(&format!("{path}/Cargo.toml"), manifest);
    project.write(&format!("{path}/src/lib.rs"), &listing(&[MIGRATION]));
    project.write(&format!("{path}/src/{MIGRATION}.rs"), &derived());
    project
}

#[tokio::test]
async fn a_program_that_depends_on_its_migrations_writes_into_them() {
    for place in Place::all().await {
        for (path, dependency) in [
            ("migration", ""),
            ("migrations", "migrations = { path = \"../migrations\" }"),
            ("crates/history", "history = { path = \"../crates/history\" }"),
            ("crates/history", "history.workspace = true"),
            (
                "crates/history",
                "[dependencies.history]\nversion = \"1\"\npath = \"../crates/history\"",
            ),
        ] {
            let project = workspace(path, dependency);
            for start in ["app", "app/src", "app/src/bin"] {
                let found = Directory::find(&project.path().join(start), None).unwrap();
                let expected = project.path().join(path).join("src");
                assert_eq!(found.folder(), expected, "{path}, {dependency}, {start}");
                assert_eq!(found.registry(), expected.join("lib.rs"));
            }
            let found = Directory::find(&project.path().join("app"), None).unwrap();
            let (quiet, longer) = (program(&[MIGRATION], false), program(&[MIGRATION], true));
            let folder = found.folder().to_str().unwrap();
            for (revise, verb) in [
                (&quiet, &["upgrade"][..]),
                (&quiet, &["check", "-d", folder]),
                (&longer, &["migrate", "-m", "Add pages", "-d", folder]),
            ] {
                assert_eq!(project.run_at(revise, &place, verb).await, 0, "{verb:?}");
            }
            let listed = found.listed().unwrap();
            assert_eq!(listed.len(), 2);
            let file = listed[1].file.as_ref().unwrap();
            assert_eq!(file.parent().unwrap(), project.path().join(path).join("src"));
        }
    }
}

#[test]
fn a_list_below_the_source_is_found() {
    let list = listing(&[MIGRATION]);
    for (place, folder) in [
        ("src/migrator/mod.rs", "src/migrator"),
        ("src/db/migrator.rs", "src/db/migrator"),
        ("src/db/migrations/mod.rs", "src/db/migrations"),
        (
            "src/infrastructure/persistence/migrator/mod.rs",
            "src/infrastructure/persistence/migrator",
        ),
    ] {
        let project = Project::new("mod something;\n", &[]);
        project.write(place, &list);
        project.write(&format!("{folder}/{MIGRATION}.rs"), &derived());
        for start in ["", "src"] {
            let found = Directory::find(&project.path().join(start), None).unwrap();
            assert_eq!(found.registry(), project.path().join(place));
            assert_eq!(found.folder(), project.path().join(folder));
            let named = Directory::find(Path::new("/"), Some(&project.path().join(start))).unwrap();
            assert_eq!(named, found);
        }
    }
}

#[test]
fn a_folder_of_modules_stands_for_the_list_above_it() {
    for folder in ["migrations", "versions"] {
        let list = listing(&[MIGRATION])
            .replace(&format!("mod {MIGRATION};\n"), &format!("mod {folder};\nuse {folder}::*;\n"));
        let project = Project::new(&list, &[]);
        project.write(&format!("src/{folder}/mod.rs"), &format!("pub mod {MIGRATION};\n"));
        project.write(&format!("src/{folder}/{MIGRATION}.rs"), &derived());
        for start in ["", "src", &format!("src/{folder}")] {
            let found = Directory::find(Path::new("/"), Some(&project.path().join(start))).unwrap();
            assert_eq!(found.registry(), project.path().join("src/lib.rs"), "{start}");
            assert_eq!(found.folder(), project.path().join("src").join(folder), "{start}");
        }
    }
}

#[test]
fn what_the_readme_says_of_an_adopted_crate_is_an_example_that_is_built() {
    let readme = include_str!("../../README.md");
    let example = include_str!("../../examples/adopted/main.rs");
    let (_, block) = readme.split_once("// migration/src/main.rs of an adopted crate\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let lines = block.lines().map(|line| line.strip_prefix("   ").unwrap_or(line));
    let block = lines.collect::<Vec<_>>().join("\n");
    assert!(block.starts_with("fn main()"), "{block}");
    assert!(example.contains(block.trim_end()), "{block}\n{example}");
}
