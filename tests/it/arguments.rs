//! The engine's command line: the conventions of Flask-Migrate, and JSON output of a stable shape.

use std::fs;

use serde_json::Value;

use crate::support::{Database, Ended, Program, Project, app::file};

fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}

/// The members of an object, or of the first one of a list.
fn members(value: &Value) -> String {
    let object = match value {
        Value::Array(list) => list.first().expect("a member"),
        value => value,
    };
    match object {
        Value::Object(object) => {
            let mut names: Vec<_> = object.keys().map(String::as_str).collect();
            names.sort_unstable();
            names.join(" ")
        }
        Value::String(_) => "a text".to_owned(),
        other => panic!("{other}"),
    }
}

const CHECKED: &str =
    "drift edited findings folder models questions remarks stale standing unmanaged";

const RENAME: [&str; 5] = ["migrate", "--rename", "book.writer:author", "-d", "versions"];

/// Commands, and the members of their answers: none for a list.
const SHAPES: [(&[&str], &str); 26] = [
    (&["current"], "current head is_head pending"),
    (&["history"], "actor after applied_at current duration_ms head revision"),
    (&["heads"], "a text"),
    (&["show"], "after operations path revision script statements"),
    (&["check"], CHECKED),
    (&["status"], CHECKED),
    (&["lint", "--rules"], ""),
    (&["test"], "a text"),
    (&["diff"], "applied by_hand equal from notes operations questions to unmanaged"),
    (&["upgrade", "--plan"], ""),
    (&["downgrade", "--plan"], "operations revision statements"),
    (&["migrate", "--sql", "--rename", "book.writer:author"], "a text"),
    (&["downgrade"], "current direction revisions"),
    (&["upgrade"], "current direction revisions"),
    (&["down"], "current direction revisions"),
    (&["up"], "current direction revisions"),
    (&["reset"], "current direction revisions"),
    (&["refresh"], "current direction reverted revisions"),
    (&["fresh", "--allow-data-loss"], "current direction dropped revisions"),
    (&["stamp"], "current"),
    (&["seed"], "environment planned seeds"),
    (&["resolve", "begin", "--applied"], "revision state"),
    (&["branches"], ""),
    (&["merge"], ""),
    (&["init", "new"], "a text"),
    (&RENAME, "applied down findings notes operations path revision"),
];

#[test]
fn every_verb_answers_in_json_with_the_members_of_the_readme() {
    let project = Project::new(&Database::sqlite(), "title writer");
    let readme = include_str!("../../revise/README.md");
    for (arguments, shape) in SHAPES {
        let ended = project.run(&[arguments, &["--json"]].concat());
        let answer = json(&ended);
        if shape.is_empty() {
            assert!(answer.is_array(), "{arguments:?}: {answer}");
            continue;
        }
        assert_eq!(members(&answer), shape, "{arguments:?}");
        for member in shape.split(' ').filter(|_| shape != "a text") {
            assert!(
                readme.contains(&format!("`{member}`")),
                "the README lacks `{member}` of {arguments:?}"
            );
        }
    }
}

#[test]
fn errors_are_json_too() {
    let database = Database::sqlite();
    for (arguments, code) in [
        (&["upgrade", "sideways"][..], 2),
        (&["upgrade", "--sideways"], 2),
        (&["sideways"], 2),
        (&["upgrade", "--rev-id", "1"], 2),
        (&["migrate", "-d", "nowhere"], 2),
        (&["downgrade"], 1),
        (&["current", "--check-heads"], 4),
    ] {
        for (program, first) in
            [(Program::new(&database), &["db"][..]), (Program::migration(&database), &[])]
        {
            let ended = program.run(&[first, arguments, &["--json"]].concat()).expect_code(code);
            let answer = json(&ended);
            if arguments.contains(&"--check-heads") {
                // The answer is already known.
                assert_eq!(members(&answer), "current head is_head pending");
                continue;
            }
            assert_eq!(members(&answer), "error exit_code", "{arguments:?}");
            assert_eq!(answer["exit_code"], code);
            let error = answer["error"].as_str().unwrap();
            assert!(ended.stderr.contains(error.lines().next().unwrap()), "{ended:?}");
        }
    }
}

#[test]
fn what_flask_migrate_has_and_this_has_not_is_explained() {
    let database = Database::sqlite();
    for (arguments, words) in [
        (&["migrate", "--rev-id", "abc"][..], "named by its moment and its message"),
        (&["revision", "--head", "x"], "no branches here"),
        (&["revision", "--splice"], "no branches here"),
        (&["heads", "--resolve-dependencies"], "no branches here"),
        (&["upgrade", "-x", "a=b"], "an environment variable"),
        (&["upgrade", "--tag", "a"], "no hooks for tags"),
        (&["list-templates"], "there is one template"),
        (&["generate", "add_pages"], "`revision -m NAME`"),
        (&["upgrade", "base:head"], "say `--sql` or `--plan` too"),
    ] {
        let ended = Program::migration(&database).run(arguments).expect_code(2);
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
        let ended = Program::new(&database).run(&[&["db"], arguments].concat()).expect_code(2);
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
    }
    // And what both have means the same.
    let run =
        |arguments: &[&str]| Program::migration(&database).run(arguments).expect_success().stdout;
    run(&["upgrade"]);
    for arguments in [
        &["current", "-v"][..],
        &["heads", "-v"],
        &["branches", "-v"],
        &["history", "-v", "-i", "-r", "base:head"],
        &["show", "head"],
        &["stamp", "--purge", "head"],
        &["upgrade", "heads"],
        &["check"],
    ] {
        run(arguments);
    }
}

#[test]
fn what_sea_orm_cli_calls_goes_on() {
    let database = Database::sqlite();
    let run = |arguments: &[&str]| Program::migration(&database).run(arguments).expect_success();
    run(&["up", "-n", "1"]);
    run(&["up", "-v"]);
    let current = run(&["current"]).stdout;
    assert!(current.ends_with(" (head)\n"), "{current}");
    run(&["down", "-n", "1", "-v"]);
    assert_ne!(run(&["current"]).stdout, current);
    // Without a verb it is `up`; the schema means nothing to SQLite.
    run(&["-v", "-s", "public"]);
    assert_eq!(run(&["current"]).stdout, current);
    Program::migration(&database).env("DATABASE_SCHEMA", "public").run(&[]).expect_success();
    run(&["refresh"]);
    run(&["fresh", "--allow-data-loss"]);
    run(&["status"]);
    assert_eq!(run(&["current"]).stdout, current);
}

#[test]
fn a_schema_of_the_server_is_named_as_sea_orm_names_it() {
    let Some(database) = Database::postgres() else { return };
    database.execute("CREATE SCHEMA \"Its own\"").unwrap();
    let project = Project::new(&database, "title author");
    project.database.execute("CREATE SCHEMA \"Its own\"").unwrap();
    let count = |schema: &str| {
        project.database.number(&format!(
            "SELECT count(*) FROM pg_tables WHERE schemaname = '{schema}' AND tablename IN ('book', 'seaql_migrations')"
        ))
    };
    assert_eq!((count("public"), count("Its own")), (2, 0));
    project.run(&["up", "-s", "Its own"]).expect_success();
    assert_eq!((count("public"), count("Its own")), (2, 2));
    project.run(&["reset"]).expect_success();
    project.program().env("DATABASE_SCHEMA", "Its own").run(&["check"]).expect_success();
    assert_eq!((count("public"), count("Its own")), (1, 2));
}

#[test]
fn a_range_is_shown_wherever_the_database_is() {
    let database = Database::sqlite();
    let run = |arguments: &[&str]| Program::new(&database).run(arguments).expect_success().stdout;
    let whole = run(&["db", "upgrade", "--sql"]);
    run(&["db", "upgrade"]);
    assert_eq!(run(&["db", "upgrade", "--sql"]), "");
    for range in [":", "base:", "base:head", ":head"] {
        assert_eq!(run(&["db", "upgrade", range, "--sql"]), whole);
    }
    let names = |range: &str, verb: &str| -> Vec<String> {
        let lines = run(&["db", verb, range, "--plan"]);
        let heads = lines.lines().filter(|line| !line.starts_with(' '));
        heads.map(|line| line.split('_').skip(2).collect::<Vec<_>>().join("_")).collect()
    };
    let between = ["add_page_count_to_books", "add_status_to_books"];
    assert_eq!(names("20260908:20260922", "upgrade"), between);
    assert_eq!(names("20260922:20260908", "downgrade"), [between[1], between[0]]);
    let count = run(&["db", "history"]).lines().count();
    assert_eq!(names("head:", "downgrade").len(), count);
}

#[test]
fn the_database_is_named_by_whoever_names_one() {
    let database = Database::sqlite();
    let project = Project::new(&database, "title author");
    let home = &project.database;
    let url = home.url.replacen("sqlite:////", "sqlite:///", 1);
    let current = |url: &str| project.program().env("DATABASE_URL", url).run(&["current"]);
    for empty in ["", "  "] {
        let error = current(empty).expect_code(2).expect_error();
        assert!(error.starts_with("no database is named"), "{error}");
    }
    for odd in
        [" sqlite://x.db", "\"sqlite://x.db\"", "books.db", "mysql://h/d", "postgres://h:port/d"]
    {
        let error = current(odd).expect_code(2).expect_error();
        assert!(error.contains("is not a database URL"), "{error}");
    }
    for line in ["DATABASE_URL=", "export DATABASE_URL=", "export  DATABASE_URL = "] {
        file(home, ".env", format!("# where\n{line}'{url}' # here\n"));
        let ended = project.program().without_env("DATABASE_URL").run(&["current"]);
        assert!(ended.expect_success().stdout.contains("begin (head)"));
        current("").expect_success();
    }
    file(home, ".env", "DATABASE_URL='se/cret\n");
    let error = project
        .program()
        .without_env("DATABASE_URL")
        .run(&["current"])
        .expect_code(2)
        .expect_error();
    assert!(error.contains("`.env` has a line") && !error.contains("cret"), "{error}");
    fs::remove_file(home.home.path().join(".env")).unwrap();
}

#[test]
fn a_reader_that_goes_away_is_no_error_and_quiet_leaves_the_answer() {
    let project = Project::new(&Database::sqlite(), "title author");
    for verb in [
        &["current"][..],
        &["history", "-v"],
        &["heads"],
        &["show", "--sql"],
        &["check"],
        &["status"],
        &["lint"],
        &["diff", "db", "head", "--json"],
        &["upgrade", ":head", "--sql"],
    ] {
        let unread = project.program().run_unread(verb);
        assert_eq!((unread.code, unread.stderr.contains("error")), (Some(0), false), "{unread:?}");
        let (loud, quiet) = (project.run(verb), project.run(&[verb, &["--quiet"]].concat()));
        assert_eq!((quiet.stdout, quiet.stderr.as_str(), quiet.code), (loud.stdout, "", Some(0)));
    }
    let full = project.program().through("\"$@\" > /dev/full").run(&["history"]).expect_code(1);
    assert!(full.expect_error().starts_with("cannot write to standard output"));
}
