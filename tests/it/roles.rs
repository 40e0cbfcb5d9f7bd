//! Missing privileges of a PostgreSQL role: what needs fewer works all the same, and the rest reports which privilege is missing.

use crate::support::{Database, Ended, Program, Project, db};

/// Runs as a separate role, which may read everything and nothing else.
struct Reader {
    project: Project,
    url: String,
    name: String,
}

impl Reader {
    fn new(columns: &'static str) -> Option<Self> {
        let project = Project::new(&Database::empty_postgres()?, columns);
        let database = &project.database;
        // Roles belong to the server, so the name is that of the database, which is unique.
        let name = database.texts("SELECT current_database()::text || '_reader'").remove(0);
        database
            .execute(&format!(
                "CREATE ROLE {name} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}"
            ))
            .expect("a role");
        let url = database.url.replace("user=bookplate", &format!("user={name}"));
        Some(Self { project, url, name })
    }

    fn as_owner(&self, sql: &str) {
        let database = self.project.database.texts("SELECT current_database()::text").remove(0);
        let sql = sql.replace("{database}", &database).replace("{role}", &self.name);
        self.project.database.execute(&sql).expect(&sql);
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        self.project.program().env("DATABASE_URL", &self.url).run(arguments)
    }
}

const LOOKING: [(&[&str], i32); 14] = [
    (&["current"], 0),
    (&["history", "-v"], 0),
    (&["branches"], 0),
    (&["show", "--sql"], 0),
    (&["check"], 5),
    (&["status"], 0),
    (&["lint", "--all"], 0),
    (&["test"], 0),
    (&["upgrade", "--plan"], 0),
    (&["downgrade", "base", "--sql"], 0),
    (&["diff"], 5),
    (&["diff", "db", "head"], 0),
    (&["migrate", "--sql", "--rename", "book.writer:author"], 0),
    (&["migrate", "-d", "versions", "-m", "x", "--rename", "book.writer:author"], 0),
];

fn expect_to_look(reader: &Reader) {
    for (arguments, code) in LOOKING {
        reader.run(arguments).expect_code(code);
    }
    assert!(reader.project.written().is_some());
}

#[test]
fn a_role_that_may_create_nothing_looks_and_generates() {
    let Some(reader) = Reader::new("title writer") else { return };
    expect_to_look(&reader);
}

#[test]
fn a_role_without_room_for_a_shadow_is_told_which_right_it_lacks() {
    let Some(reader) = Reader::new("title writer") else { return };
    reader.as_owner("REVOKE TEMP ON DATABASE {database} FROM PUBLIC");
    for arguments in [&["check"][..], &["lint", "--all"], &["migrate", "--sql"], &["test"]] {
        let error = reader.run(arguments).expect_code(1).expect_error();
        assert!(error.contains("GRANT TEMP ON DATABASE"), "{error}");
        assert!(error.contains("--shadow-url"), "{error}");
    }
    // Commands that need no shadow database work.
    reader.run(&["current"]).expect_success();
    reader.run(&["history"]).expect_success();
    let Some(scratch) = Database::empty_postgres() else { return };
    reader.run(&["check", "--shadow-url", &scratch.url]).expect_code(5);
    db::execute(&scratch.url, "CREATE TABLE book ()").expect("nothing was left there");
}

/// A refusal of the server in the middle of the work.
fn expect_refused(ended: &Ended, words: &str) {
    assert!(!ended.success);
    // After the warnings of the server.
    assert!(ended.stderr.lines().any(|line| line.starts_with("error: ")), "{}", ended.stderr);
    assert!(ended.stderr.contains(words), "{}", ended.stderr);
}

#[test]
fn a_database_that_is_read_only_is_looked_at() {
    let Some(reader) = Reader::new("title writer") else { return };
    reader.as_owner("ALTER DATABASE {database} SET default_transaction_read_only = on");
    expect_to_look(&reader);
    for arguments in [&["downgrade"][..], &["stamp", "base"]] {
        expect_refused(&reader.project.run(arguments), "connect where changes are made");
    }
    assert_eq!(reader.project.database.number("SELECT count(*) FROM seaql_migrations"), 1);
}

#[test]
fn a_role_that_may_not_write_changes_nothing() {
    let Some(reader) = Reader::new("title author") else { return };
    let words = "connect as the role that owns the tables, or GRANT this one what it lacks";
    let resolve = ["resolve", "begin", "--rolled-back"];
    for arguments in [&["downgrade"][..], &["stamp", "base"], &resolve] {
        expect_refused(&reader.run(arguments), words);
    }
    reader.project.expect_untouched();
    // Nor where nothing exists yet.
    let Some(empty) = Database::empty_postgres() else { return };
    let url = empty.url.replace("user=bookplate", &format!("user={}", reader.name));
    expect_refused(&Program::new(&empty).env("DATABASE_URL", &url).run(&["db", "upgrade"]), words);
    let count = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace";
    assert_eq!(empty.number(count), 0);
}
