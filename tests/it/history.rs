//! The history that a database stores of its schema: read without a trace, and refused when it does not belong to this program.

use std::{
    collections::BTreeMap,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
};

use crate::support::{App, Database, Ended, HEAD as NEWEST, Program, REVISIONS, on_both};

const STATUS: &str = "m20260922_090000_add_status_to_books";
const FUTURE: &str = "m20990101_000000_from_the_future";

fn db(database: &Database, arguments: &[&str]) -> Ended {
    Program::new(database).run(&[&["db"], arguments].concat())
}

/// Everything that the program could have left: files by their bytes, and what a server lists.
fn traces(database: &Database) -> BTreeMap<String, u64> {
    let digest = |bytes: &[u8]| {
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        hasher.finish()
    };
    let files = fs::read_dir(database.home.path()).unwrap().flatten();
    let mut traces: BTreeMap<String, u64> = files
        .map(|file| {
            (file.file_name().into_string().unwrap(), digest(&fs::read(file.path()).unwrap()))
        })
        .collect();
    if !database.is_sqlite() {
        let relations = "SELECT relnamespace::regnamespace || '.' || relname || ' ' || oid FROM pg_class ORDER BY 1";
        for sql in [relations, "SELECT nspname::text FROM pg_namespace ORDER BY 1"] {
            traces.insert(sql.to_owned(), digest(database.texts(sql).join("\n").as_bytes()));
        }
    }
    traces
}

const READING: [&[&str]; 24] = [
    &["current"],
    &["current", "--check-heads"],
    &["current", "--json"],
    &["history"],
    &["history", "-i", "-v"],
    &["history", "-r", "base:head"],
    &["heads"],
    &["branches"],
    &["show"],
    &["show", "m20260922", "--sql"],
    &["check"],
    &["check", "--offline"],
    &["status"],
    &["lint"],
    &["lint", "--all"],
    &["lint", "--rules"],
    &["test"],
    &["upgrade", "--plan"],
    &["upgrade", "--sql"],
    &["migrate", "--sql"],
    &["diff", "models", "head"],
    &["diff", "base", "head", "--sql"],
    &["diff", "base", "head", "--json"],
    &["downgrade", "base", "--plan"],
];

fn look(database: &Database, state: &str) {
    let before = traces(database);
    for arguments in READING {
        let ended = db(database, arguments);
        // Pending migrations, differences and dangers are answers too.
        let codes: &[i32] = &[0, 4, 5, 6];
        assert!(codes.contains(&ended.code.unwrap()), "{state}, {arguments:?}: {ended:?}");
        assert_eq!(traces(database), before, "{state}, {arguments:?}");
    }
}

on_both! {
    fn looking_writes_nothing(database) {
        let database = database.empty_beside();
        look(&database, "nothing there");
        db(&database, &["upgrade", "+3"]).expect_success();
        look(&database, "in the middle");
        db(&database, &["upgrade"]).expect_success();
        look(&database, "at the head");
    }

    fn looking_at_what_was_served_writes_nothing(database) {
        assert!(App::new(&database).stop());
        look(&database, "after a server");
    }

    fn a_database_that_was_upgraded_is_as_the_entities_say(database) {
        db(&database, &["upgrade"]).expect_success();
        for arguments in [&["check"][..], &["diff", "db", "models"], &["diff", "db", "head"], &["current", "--check-heads"]] {
            db(&database, arguments).expect_code(0);
        }
        // As it is if SeaORM's own migrator created it.
        database.execute("DROP TABLE sea_revise_history").unwrap();
        db(&database, &["check"]).expect_code(0);
        assert_eq!(db(&database, &["current"]).expect_code(0).stdout, format!("{NEWEST} (head)\n"));
    }

    fn both_programs_give_the_same_answers(database) {
        let database = database.empty_beside();
        let same = |arguments: &[&str]| {
            let (one, other) = (db(&database, arguments), Program::migration(&database).run(arguments));
            assert_eq!((one.code, &one.stdout), (other.code, &other.stdout), "{arguments:?}");
        };
        for target in ["+0", "+3", "head"] {
            if target != "+0" {
                db(&database, &["upgrade", target]).expect_success();
            }
            for arguments in [&["current"][..], &["history", "-i", "-v"], &["check"]] {
                same(arguments);
                same(&[arguments, &["--json"]].concat());
            }
        }
        database.execute(&format!("INSERT INTO seaql_migrations VALUES ('{FUTURE}', 0)")).unwrap();
        for arguments in [&["current"][..], &["history"], &["check"]] {
            same(arguments);
        }
    }

    fn a_database_that_is_newer_than_the_program_is_left_alone(database) {
        db(&database, &["upgrade"]).expect_success();
        database.execute(&format!("INSERT INTO seaql_migrations VALUES ('{FUTURE}', 0)")).unwrap();
        for verb in ["upgrade", "downgrade", "check"] {
            let error = db(&database, &[verb]).expect_code(8).expect_error();
            assert!(error.contains(FUTURE), "{error}");
        }
        std::fs::write(database.home.path().join("books.csv"), "title,author\nA,x\n").unwrap();
        for arguments in [&["serve", "--port", "0"][..], &["export", "books"], &["import", "books", "books.csv"]] {
            let error = Program::new(&database).run(arguments).expect_code(1).expect_error();
            assert!(error.contains(FUTURE), "{error}");
        }
        assert_eq!(database.number("SELECT count(*) FROM seaql_migrations"), REVISIONS as i64 + 1);
        db(&database, &["resolve", FUTURE, "--rolled-back"]).expect_success();
        db(&database, &["check"]).expect_success();
    }

    fn a_migration_that_was_edited_after_it_was_applied_is_named(database) {
        let database = database.empty_beside();
        db(&database, &["upgrade", "+5"]).expect_success();
        let edit = format!("UPDATE sea_revise_history SET checksum = 'another' WHERE version = '{STATUS}'");
        database.execute(&edit).unwrap();
        for verb in ["upgrade", "downgrade", "check"] {
            let error = db(&database, &[verb]).expect_code(8).expect_error();
            assert!(error.contains(STATUS) && error.contains("was edited after it was applied"), "{error}");
        }
        assert_eq!(database.number("SELECT count(*) FROM seaql_migrations"), 5);
        if database.is_sqlite() {
            let error = Program::new(&database).run(&["serve", "--port", "0"]).expect_error();
            assert!(error.contains(STATUS) && error.contains("`bookplate db resolve"), "{error}");
        }
        db(&database, &["resolve", STATUS, "--applied"]).expect_success();
        db(&database, &["upgrade"]).expect_success();
        db(&database, &["check"]).expect_success();
    }

    fn a_history_that_cannot_be_read_is_named_and_left_alone(database) {
        db(&database, &["upgrade"]).expect_success();
        let (odd, sound) = if database.is_sqlite() {
            ("UPDATE seaql_migrations SET applied_at = 'soon'", "UPDATE seaql_migrations SET applied_at = 1")
        } else {
            (
                "ALTER TABLE seaql_migrations ALTER COLUMN applied_at TYPE text",
                "ALTER TABLE seaql_migrations ALTER COLUMN applied_at TYPE bigint USING applied_at::bigint",
            )
        };
        let (twice, once) = (
            "ALTER TABLE seaql_migrations RENAME TO kept; \
             CREATE TABLE seaql_migrations AS SELECT * FROM kept UNION ALL SELECT * FROM kept",
            "DROP TABLE seaql_migrations; ALTER TABLE kept RENAME TO seaql_migrations",
        );
        for (breaking, mending, table) in [
            (odd, sound, "seaql_migrations"),
            (twice, once, "seaql_migrations"),
            (
                "ALTER TABLE seaql_migrations RENAME COLUMN applied_at TO appeared_at",
                "ALTER TABLE seaql_migrations RENAME COLUMN appeared_at TO applied_at",
                "seaql_migrations",
            ),
            (
                "UPDATE sea_revise_history SET state = 'odd'",
                "UPDATE sea_revise_history SET state = 'applied'",
                "sea_revise_history",
            ),
            (
                "ALTER TABLE sea_revise_history RENAME COLUMN steps TO stairs",
                "ALTER TABLE sea_revise_history RENAME COLUMN stairs TO steps",
                "sea_revise_history",
            ),
        ] {
            database.execute(breaking).unwrap();
            for arguments in [&["current"][..], &["check"], &["upgrade"], &["downgrade", "base", "--allow-data-loss"]] {
                let error = db(&database, arguments).expect_code(8).expect_error();
                assert!(error.contains(table), "{error}");
            }
            let error = Program::new(&database).run(&["serve", "--port", "0"]).expect_error();
            assert!(error.contains(table), "{error}");
            database.execute(mending).unwrap();
            db(&database, &["check"]).expect_success();
        }
        assert_eq!(database.number("SELECT count(*) FROM seaql_migrations"), REVISIONS as i64);
    }

    fn what_was_begun_and_is_not_done_is_no_schema_to_serve(database) {
        db(&database, &["upgrade"]).expect_success();
        let begun = format!("UPDATE sea_revise_history SET state = 'downgrading' WHERE version = '{NEWEST}'");
        database.execute(&begun).unwrap();
        for arguments in [&["serve", "--port", "0"][..], &["export", "books"]] {
            let error = Program::new(&database).run(arguments).expect_code(1).expect_error();
            assert!(error.contains(NEWEST) && error.contains("was begun and is not done"), "{error}");
        }
        db(&database, &["upgrade"]).expect_code(9);
        db(&database, &["resolve", NEWEST, "--applied"]).expect_success();
        App::new(&database).get("/readyz").expect(200);
    }
}
