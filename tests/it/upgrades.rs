//! Schema changes of a database: after backups, one at a time, and only explicitly on a shared server.

use std::{fs, process::Command, thread, time::Duration};

use serde_json::json;

use crate::support::{App, Database, Program, REVISIONS, on_both};

fn backups(database: &Database) -> Vec<String> {
    let files = fs::read_dir(database.home.path()).unwrap().flatten();
    files
        .map(|file| file.file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".backup"))
        .collect()
}

#[test]
fn an_older_file_is_copied_and_upgraded_at_the_start() {
    let database = Database::sqlite();
    Program::new(&database).run(&["db", "upgrade", "+2"]).expect_success();
    database.execute("INSERT INTO books (title, author) VALUES ('old', 'x')").unwrap();
    let app = App::new(&database);
    let book = app.get("/api/books/1").expect(200);
    assert_eq!([&book["title"], &book["status"]], [&json!("old"), &json!("available")]);
    let [backup] = backups(&database).try_into().unwrap();
    assert!(backup.contains("m20260908_090000_create_stores_and_items"), "{backup}");
    let home = tempfile::tempdir().unwrap();
    let copy = Database {
        url: format!("sqlite:///{}", database.home.path().join(backup).display()),
        home,
    };
    assert_eq!(copy.texts("SELECT title FROM books"), ["old"]);
    assert_eq!(
        copy.number("SELECT count(*) FROM pragma_table_info('books') WHERE name = 'status'"),
        0
    );
}

#[test]
fn a_backup_never_takes_the_place_of_another() {
    let database = Database::sqlite();
    App::new(&database).post("/api/books", json!({"title": "only", "author": "x"})).expect(201);
    for arguments in [
        &["db", "downgrade", "base", "--allow-data-loss"][..],
        &["db", "upgrade", "head"],
        &["db", "downgrade", "base"],
    ] {
        Program::new(&database).run(arguments).expect_success();
    }
    let rows: Vec<i64> = backups(&database)
        .into_iter()
        .map(|name| {
            let url = format!("sqlite:///{}", database.home.path().join(name).display());
            Database { url, home: tempfile::tempdir().unwrap() }
                .number("SELECT count(*) FROM books")
        })
        .collect();
    assert_eq!((rows.len(), rows.iter().sum::<i64>()), (2, 1));
}

#[test]
fn the_schema_stays_as_it_is_while_an_import_runs() {
    let database = Database::sqlite();
    Program::new(&database).run(&["db", "upgrade"]).expect_success();
    let pipe = database.home.path().join("books.csv");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    thread::scope(|scope| {
        let import = scope.spawn(|| {
            Program::new(&database).run(&["import", "books", "books.csv"]).expect_success()
        });
        let mut rows = fs::OpenOptions::new().write(true).open(&pipe).unwrap();
        let lock = database.home.path().join("books.db.lock");
        while !fs::read_to_string(&lock).unwrap().contains("bookplate import") {
            thread::sleep(Duration::from_millis(5));
        }
        for ended in [
            Program::new(&database).run(&["db", "downgrade", "base"]),
            Program::migration(&database).run(&["downgrade", "base"]),
        ] {
            assert!(ended.expect_code(7).expect_error().contains("bookplate import"));
        }
        std::io::Write::write_all(&mut rows, b"title,author\nA,x\n").unwrap();
        drop(rows);
        assert!(import.join().unwrap().stdout.contains("1 inserted"));
    });
    assert_eq!(database.number("SELECT count(*) FROM books"), 1);
}

#[test]
fn a_server_database_is_never_upgraded_by_surprise() {
    let Some(database) = Database::empty_postgres() else { return };
    let error = Program::new(&database).run(&["serve", "--port", "0"]).expect_error();
    assert!(
        error.contains(&format!(
            "lacks {REVISIONS} of this program's revisions; run `bookplate db upgrade` once"
        )),
        "{error}"
    );
    assert_eq!(database.number("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), 0);
    Program::new(&database).run(&["db", "upgrade"]).expect_success();
    App::new(&database).get("/readyz").expect(200);
}

on_both! {
    fn upgrades_at_the_same_time_wait_for_each_other_and_apply_everything_once(database) {
        let fresh = database.empty_beside();
        let ended: Vec<String> = thread::scope(|scope| {
            let upgrade = |number: usize| match number % 2 {
                0 => Program::new(&fresh).run(&["db", "upgrade"]).expect_success().stdout,
                _ => Program::migration(&fresh).run(&["upgrade"]).expect_success().stdout,
            };
            let processes: Vec<_> = (0..8).map(|n| scope.spawn(move || upgrade(n))).collect();
            processes.into_iter().map(|process| process.join().unwrap()).collect()
        });
        let applied = ended.iter().filter(|line| line.starts_with(&format!("{REVISIONS} migrations applied"))).count();
        let waited = ended.iter().filter(|line| line.starts_with("nothing to apply")).count();
        assert_eq!((applied, waited), (1, 7), "{ended:?}");
        assert_eq!(fresh.number("SELECT count(*) FROM seaql_migrations"), REVISIONS as i64);
        assert_eq!(fresh.number("SELECT count(*) FROM sea_revise_history"), REVISIONS as i64);
        Program::new(&fresh).run(&["db", "check"]).expect_success();
    }

    fn a_check_beside_an_upgrade_sees_one_moment(database) {
        Program::new(&database).run(&["db", "upgrade"]).expect_success();
        let done = std::sync::atomic::AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(std::sync::atomic::Ordering::SeqCst) {
                    for verb in ["downgrade", "upgrade"] {
                        Program::migration(&database).run(&[verb, "--backup", "never"]).expect_success();
                    }
                }
            });
            let checks: Vec<_> = (0..15).map(|_| Program::new(&database).run(&["db", "check"])).collect();
            done.store(true, std::sync::atomic::Ordering::SeqCst);
            // Applied or pending, and never a difference between the database and its history.
            assert!(checks.iter().all(|check| [0, 4].contains(&check.code.unwrap())), "{checks:#?}");
        });
    }

    fn a_downgrade_that_would_delete_rows_asks_first(database) {
        Program::new(&database).run(&["db", "upgrade"]).expect_success();
        database.execute("INSERT INTO users (email, username) VALUES ('a@b', 'a'), ('c@d', 'c')").unwrap();
        let ended = Program::new(&database).run(&["db", "downgrade", "m20260929"]).expect_code(3);
        let error = ended.expect_error();
        assert!(error.contains("this downgrade deletes 2 rows of `users`; nothing was changed"), "{error}");
        assert!(error.contains("`--allow-data-loss`"), "{error}");
        assert_eq!(database.number("SELECT count(*) FROM users"), 2);
        Program::new(&database).run(&["db", "downgrade", "m20260929", "--allow-data-loss"]).expect_success();
        let current = Program::new(&database).run(&["db", "current"]).expect_success().stdout;
        assert_eq!(current, "m20260929_090000_widen_author_of_books\n");
    }
}
