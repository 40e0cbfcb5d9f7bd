//! `bookplate db diff`: any two schemas, even ones that have nothing to do with books.

use serde_json::Value;

use crate::support::{App, Database, Ended, Program, app::file, on_both};

const OLD: &str = "CREATE TABLE ships (id integer NOT NULL PRIMARY KEY, name text NOT NULL);";
const NEW: &str = "\
CREATE TABLE ports (id integer NOT NULL PRIMARY KEY, name varchar(80) NOT NULL UNIQUE);
CREATE TABLE ships (
    id integer NOT NULL PRIMARY KEY,
    name text NOT NULL,
    tonnage integer NOT NULL DEFAULT 7,
    port_id integer REFERENCES ports (id) ON DELETE SET NULL
);
CREATE INDEX ships_by_tonnage ON ships (tonnage);";

fn diff(home: &Database, arguments: &[&str]) -> Ended {
    Program::new(home).run(&[&["db", "diff"], arguments].concat())
}

/// A database with this schema and a row.
fn made_of(like: &Database, sql: &str) -> Database {
    let database = like.empty_beside();
    if database.is_sqlite() {
        file(&database, "books.db", b"");
    }
    database.execute(sql).unwrap();
    database.execute("INSERT INTO ships (id, name) VALUES (1, 'Rickmer Rickmers')").unwrap();
    database
}

on_both! {
    fn two_databases_that_have_nothing_to_do_with_books_are_compared(database) {
        let (old, new) = (made_of(&database, OLD), made_of(&database, NEW));
        let (a, b) = (old.url.as_str(), new.url.as_str());
        let found = diff(&database, &[a, b]).expect_code(5);
        for word in ["ports", "tonnage", "port_id", "ships_by_tonnage"] {
            assert!(found.stdout.contains(word), "{word}: {}", found.stdout);
        }
        assert!(!found.stdout.contains("books"), "{}", found.stdout);
        let json: Value = serde_json::from_str(&diff(&database, &[a, b, "--json"]).expect_code(5).stdout).unwrap();
        assert_eq!([&json["equal"], &json["applied"]], [false, false]);
        assert!(json["operations"].as_array().unwrap().len() >= 3, "{json}");

        diff(&database, &[a, b, "--apply"]).expect_code(0);
        diff(&database, &[a, b]).expect_code(0);
        let json: Value = serde_json::from_str(&diff(&database, &[a, b, "--json"]).expect_code(0).stdout).unwrap();
        assert_eq!(json["equal"], true);
        assert_eq!(old.texts("SELECT name || tonnage FROM ships"), ["Rickmer Rickmers7"]);
    }

    fn what_would_be_lost_is_lost_on_purpose_only(database) {
        let (old, new) = (made_of(&database, OLD), made_of(&database, NEW));
        let (a, b) = (old.url.as_str(), new.url.as_str());
        let error = diff(&database, &[b, a, "--apply"]).expect_code(3).expect_error();
        assert!(error.contains("`--allow-destructive`"), "{error}");
        assert_eq!(new.number("SELECT tonnage FROM ships"), 7);
        diff(&database, &[b, a, "--apply", "--allow-destructive"]).expect_code(0);
        diff(&database, &[a, b]).expect_code(0);
        assert_eq!(new.texts("SELECT name FROM ships"), ["Rickmer Rickmers"]);
    }

    fn files_of_sql_are_compared_and_the_script_does_what_it_says(database) {
        file(&database, "old.sql", OLD);
        file(&database, "new.sql", NEW);
        diff(&database, &["old.sql", "old.sql"]).expect_code(0);
        diff(&database, &["old.sql", "new.sql"]).expect_code(5);
        let json = diff(&database, &["old.sql", "new.sql", "--json", "--sql"]).expect_code(5).stdout;
        let json: Value = serde_json::from_str(&json).unwrap();
        assert!(!json["statements"].as_array().unwrap().is_empty(), "{json}");
        let script = diff(&database, &["old.sql", "new.sql", "--sql"]).expect_code(5).stdout;
        let old = made_of(&database, OLD);
        // Only the shell reads it; it is a separate line.
        old.execute(&script.replace("\n.bail on\n", "\n")).unwrap();
        diff(&database, &[&old.url, "new.sql"]).expect_code(0);
        assert_eq!(old.texts("SELECT name || tonnage FROM ships"), ["Rickmer Rickmers7"]);
        let error = diff(&database, &["old.sql", "new.sql", "--apply"]).expect_code(2).expect_error();
        assert!(error.contains("has to be a database"), "{error}");
        let error = diff(&database, &["old.sql", "none.sql"]).expect_code(1).expect_error();
        assert!(error.contains("cannot read `none.sql`"), "{error}");
    }
}

#[test]
fn a_file_that_a_server_uses_is_compared_and_not_changed() {
    let served = Database::sqlite();
    let _app = App::new(&served);
    served.execute("DROP INDEX \"idx-books-author\"").unwrap();
    let old = made_of(&served, OLD);
    file(&old, "new.sql", NEW);
    diff(&served, &["db", "models"]).expect_code(5);
    for by_url in ["db", served.url.as_str()] {
        let error = diff(&served, &[by_url, "models", "--apply"]).expect_code(7).expect_error();
        assert!(error.contains("bookplate serve"), "{error}");
    }
    // Another file is not in use.
    let new = old.home.path().join("new.sql");
    diff(&served, &[&old.url, new.to_str().unwrap(), "--apply"]).expect_code(0);
}
