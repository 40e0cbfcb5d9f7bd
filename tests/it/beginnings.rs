//! `init --from-db`: a new crate of migrations, and the entities of what a database has.

use std::{collections::BTreeMap, fs, path::Path};

use crate::support::{Project, on_both};

/// The files below a folder, by their paths in it.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for path in fs::read_dir(&next).unwrap().map(|entry| entry.unwrap().path()) {
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let name = path.strip_prefix(folder).unwrap().display().to_string();
                    found.insert(name, fs::read_to_string(&path).unwrap_or_default());
                }
            }
        }
    }
    found
}

on_both! {
    fn a_new_crate_begins_with_what_is_there(database) {
        let project = Project::new(&database, "title author");
        project.database.execute("CREATE TABLE harbour (id integer NOT NULL PRIMARY KEY)").unwrap();
        project.database.execute("CREATE TABLE log (line text)").unwrap();
        let made = project.run(&["init", "--from-db"]).expect_success();
        assert_eq!(made.stdout.lines().count(), 11, "{}", made.stdout);
        let home = project.database.home.path();
        let workspace = fs::read_to_string(home.join("Cargo.toml")).unwrap();
        assert!(workspace.contains("\"migration\"") && workspace.contains("\"entity\""), "{workspace}");
        let path = home.join(made.stdout.lines().last().unwrap());
        let written = fs::read_to_string(&path).unwrap();
        for table in ["book", "harbour", "log"] {
            assert!(written.contains(&format!("Table::new(\"{table}\")")), "{written}");
        }
        assert!(!written.contains("seaql_migrations"), "{written}");
        let made_files = files(&home.join("migration"));
        assert!(made_files["Cargo.toml"].contains("\nentity = { path = \"../entity\" }\n"), "{made_files:?}");
        for table in ["book", "harbour"] {
            let entity = format!(".add(entity::{table}::Entity)");
            assert!(made_files["src/lib.rs"].contains(&entity), "{made_files:?}");
        }
        let entities = files(&home.join("entity"));
        let names: Vec<&str> = entities.keys().map(String::as_str).collect();
        assert_eq!(names, ["Cargo.toml", "src/book.rs", "src/harbour.rs", "src/lib.rs", "src/prelude.rs"]);
        assert!(made.stderr.contains("table `log` is no entity: it has no primary key"), "{}", made.stderr);
        let revision = path.file_stem().unwrap().to_str().unwrap();
        let last = made.stderr.lines().last().unwrap();
        assert!(last.starts_with("next: ") && last.contains(&format!("-- stamp {revision}`")), "{last}");
        let before = files(home);
        let error = project.run(&["init"]).expect_code(1).expect_error();
        assert!(error.contains("exists already; nothing was written"), "{error}");
        for path in ["migration", "other"] {
            let error = project.run(&["init", path, "--from-db"]).expect_code(1).expect_error();
            let taken = if path == "migration" { "migration/Cargo.toml" } else { "entity/Cargo.toml" };
            assert!(error.contains(&format!("{taken}` exists already; nothing was written")), "{error}");
        }
        assert_eq!(files(home).keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
        let made = project.run(&["init", "other", "--from-db", "--no-entities"]).expect_success();
        assert_eq!(made.stdout.lines().count(), 6, "{}", made.stdout);
        assert!(made.stderr.contains("add the crate of the entities to its dependencies"), "{}", made.stderr);
    }

    fn entities_go_into_a_library_that_is_there(database) {
        let project = Project::new(&database, "title author");
        let home = project.database.home.path();
        fs::create_dir_all(home.join("app/src/store")).unwrap();
        fs::write(home.join("Cargo.toml"), "[workspace]\nmembers = [\"app\"]\n").unwrap();
        fs::write(home.join("app/Cargo.toml"), "[package]\nname = \"my-app\"\n").unwrap();
        let run = |folder: &str| project.run(&["init", "db/migration", "--from-db", "--entities", folder]);
        let error = run("app/src/store").expect_code(1).expect_error();
        assert!(error.contains("its crate has no `src/lib.rs`"), "{error}");
        fs::write(home.join("app/src/lib.rs"), "").unwrap();
        let error = run("db/migration/src/entities").expect_code(1).expect_error();
        assert!(error.contains("it is in the crate of the migrations"), "{error}");
        let error = run("app/src/a b").expect_code(1).expect_error();
        assert!(error.contains("are no modules in Rust"), "{error}");
        fs::write(home.join("app/src/store/book.rs"), "mine").unwrap();
        let error = run("app/src/store").expect_code(1).expect_error();
        assert!(error.contains("app/src/store/book.rs` exists already; nothing was written"), "{error}");
        assert!(!home.join("db").exists());
        fs::remove_file(home.join("app/src/store/book.rs")).unwrap();
        let made = run("app/src/store").expect_success();
        assert!(made.stdout.contains("app/src/store/mod.rs\n"), "{}", made.stdout);
        assert!(made.stderr.contains("declare the modules `my_app::store` in `my-app`"), "{}", made.stderr);
        let workspace = fs::read_to_string(home.join("Cargo.toml")).unwrap();
        assert!(workspace.contains("\"app\"") && workspace.contains("\"db/migration\""), "{workspace}");
        let written = files(&home.join("db/migration"));
        assert!(written["Cargo.toml"].contains("\nmy-app = { path = \"../../app\" }\n"), "{written:?}");
        assert!(written["src/lib.rs"].contains(".add(my_app::store::book::Entity)"), "{written:?}");
        let circle = "[package]\nname = \"my-app\"\n[dependencies]\nmigration = { path = \"../new\" }\n";
        fs::write(home.join("app/Cargo.toml"), circle).unwrap();
        let error = project.run(&["init", "new", "--from-db", "--entities", "app/src/more"]);
        let error = error.expect_code(1).expect_error();
        assert!(error.contains("Cargo allows no circle"), "{error}");
    }

    fn an_empty_database_is_no_beginning(database) {
        let project = Project::new(&database, "title author");
        project.run(&["downgrade", "base", "--allow-data-loss"]).expect_success();
        let error = project.run(&["init", "--from-db"]).expect_code(1).expect_error();
        assert!(error.contains("has no tables, so there is nothing to begin with"), "{error}");
        assert!(!project.database.home.path().join("migration").exists());
        project.run(&["init", "--entities", "x"]).expect_code(2);
    }
}
