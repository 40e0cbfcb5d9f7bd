//! The SQLite file is deleted, moved, replaced or damaged while the server runs: no change is acknowledged that the file at its
//! path will not have, readiness fails, and the server recovers when the file is back.

use std::{
    fs,
    os::unix::fs::{FileExt, symlink},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::support::{App, Database};

const PATIENCE: Duration = Duration::from_secs(20);

/// A database whose file is `home/data/books.db`, reached by the link `home/books.db`.
fn in_folder() -> Database {
    let database = Database::sqlite();
    fs::create_dir(database.home.path().join("data")).unwrap();
    symlink("data/books.db", database.path()).unwrap();
    fs::File::create(database.home.path().join("data/books.db")).unwrap();
    database
}

fn rename(home: &Path, from: &str, to: &str) {
    fs::rename(home.join(from), home.join(to)).unwrap();
}

fn retarget(home: &Path, target: &str) {
    fs::remove_file(home.join("books.db")).unwrap();
    symlink(target, home.join("books.db")).unwrap();
}

/// Moves the files of the database from one directory of its home to another.
fn move_all(home: &Path, from: &str, to: &str) {
    fs::create_dir_all(home.join(to)).unwrap();
    for name in ["books.db", "books.db-wal", "books.db-shm"] {
        rename(home, &format!("{from}/{name}"), &format!("{to}/{name}"));
    }
}

fn add(app: &App, title: &str) -> crate::support::Reply {
    app.post("/api/books", json!({"title": title, "author": "x"}))
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Every kind of change is refused, and readiness reports why; the process stays alive, and the open file can be read.
fn expect_refusals(app: &App, way: &str, named: &str) {
    let form = [("content-type", "text/csv")];
    for (round, reply) in [
        add(app, "lost"),
        add(app, "lost"),
        app.put("/api/books/1", json!({"title": "lost", "author": "x"})),
        app.request("PATCH", "/api/books?all=true&confirm=1")
            .send(&[("content-type", "application/json")], b"{\"year\":1}"),
        app.delete("/api/books/1"),
        app.post("/api/stores", json!({"name": "lost"})),
        app.request("POST", "/api/imports").send(&form, b"title,author\nlost,x\n"),
        app.get("/readyz"),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(reply.status, 503, "{way}, {round}: {reply:?}\n{}", app.log());
        let error = reply.expect_problem(503);
        assert!(error.contains(&format!("the file `{named}` ")), "{way}, {round}: {error}");
        assert!(error.contains("restart the server"), "{way}, {round}: {error}");
    }
    assert_eq!(app.get("/healthz").status, 200);
    app.get("/api/books/1").expect(200);
}

type Step = fn(&Path);

/// What happens to a file, its name, and how that is done and undone.
type Way = (&'static str, &'static str, Step, Step);

fn moves() -> [Way; 5] {
    [
        (
            "moved",
            "books.db",
            |home| rename(home, "data/books.db", "data/away.db"),
            |home| {
                rename(home, "data/away.db", "data/books.db");
            },
        ),
        (
            "moved with its log",
            "books.db",
            |home| move_all(home, "data", "else"),
            |home| {
                move_all(home, "else", "data");
            },
        ),
        (
            "folder moved",
            "books.db",
            |home| rename(home, "data", "else"),
            |home| rename(home, "else", "data"),
        ),
        (
            "folder replaced by a file",
            "books.db",
            |home| {
                rename(home, "data", "else");
                fs::write(home.join("data"), "").unwrap();
            },
            |home| {
                fs::remove_file(home.join("data")).unwrap();
                rename(home, "else", "data");
            },
        ),
        (
            "replaced",
            "books.db",
            |home| {
                rename(home, "data/books.db", "data/away.db");
                fs::copy(home.join("data/away.db"), home.join("data/new.db")).unwrap();
                rename(home, "data/new.db", "data/books.db");
            },
            |home| rename(home, "data/away.db", "data/books.db"),
        ),
    ]
}

fn links_and_logs() -> [Way; 5] {
    [
        (
            "moved, and a link to it in its place",
            "books.db",
            |home| {
                rename(home, "data/books.db", "data/away.db");
                symlink("away.db", home.join("data/books.db")).unwrap();
            },
            |home| {
                fs::remove_file(home.join("data/books.db")).unwrap();
                rename(home, "data/away.db", "data/books.db");
            },
        ),
        (
            "link to another file",
            "books.db",
            |home| {
                fs::copy(home.join("data/books.db"), home.join("other.db")).unwrap();
                retarget(home, "other.db");
            },
            |home| retarget(home, "data/books.db"),
        ),
        (
            "link in a circle",
            "books.db",
            |home| retarget(home, "books.db"),
            |home| retarget(home, "data/books.db"),
        ),
        (
            "log moved",
            "books.db-wal",
            |home| rename(home, "data/books.db-wal", "data/w"),
            |home| {
                rename(home, "data/w", "data/books.db-wal");
            },
        ),
        (
            "index of the log moved",
            "books.db-shm",
            |home| rename(home, "data/books.db-shm", "data/s"),
            |home| {
                rename(home, "data/s", "data/books.db-shm");
            },
        ),
    ]
}

#[test]
fn a_file_that_is_not_at_its_path_takes_no_changes_until_it_is_back() {
    for (way, named, take, bring_back) in moves().into_iter().chain(links_and_logs()) {
        let database = in_folder();
        let app = App::new(&database);
        add(&app, "before").expect(201);
        for _ in 0..2 {
            take(database.home.path());
            expect_refusals(&app, way, named);
            // An upload would make it again in place of a folder that was moved with the database.
            assert!(!database.home.path().join("books.db.imports").exists(), "{way}");
            bring_back(database.home.path());
            app.get("/readyz").expect(200);
            add(&app, "after").expect(201);
        }
        assert!(app.stop(), "{way}");
        let titles = database.texts("SELECT title FROM books ORDER BY id");
        assert_eq!(titles, ["before", "after", "after"], "{way}");
        assert_eq!(database.texts("PRAGMA integrity_check"), ["ok"], "{way}");
    }
}

#[test]
fn a_deleted_file_takes_no_changes_and_the_next_start_begins_with_an_empty_one() {
    for all in [true, false] {
        let database = in_folder();
        let app = App::new(&database);
        add(&app, "before").expect(201);
        for name in
            ["books.db", "books.db-wal", "books.db-shm"].iter().take(if all { 3 } else { 1 })
        {
            fs::remove_file(database.home.path().join("data").join(name)).unwrap();
        }
        expect_refusals(&app, "deleted", "books.db");
        app.logged(&["ERROR", "data/books.db", "was removed"]);
        assert!(app.stop());
        // Its lock ended with the first server.
        let app = App::new(&database);
        assert_eq!(app.get("/api/books").body, "[]");
        add(&app, "new").expect(201);
    }
}

/// The log of a killed server remains; applied to another file it would corrupt that one.
#[test]
fn a_backup_that_is_put_in_the_place_of_the_file_is_what_the_next_start_reads() {
    let database = Database::sqlite();
    let home = database.home.path();
    let app = App::new(&database);
    for number in 0..50 {
        add(&app, &format!("stored {number}")).expect(201);
    }
    let copy = home.join("backup.db");
    database.execute(&format!("VACUUM INTO '{}'", copy.display())).unwrap();
    for number in 0..200 {
        add(&app, &format!("{number} {}", "later ".repeat(20))).expect(201);
    }
    fs::rename(&copy, database.path()).unwrap();
    expect_refusals(&app, "restored", "books.db");
    app.logged(&["write-ahead log", "into the file that is open"]);
    app.kill();
    let app = App::new(&database);
    let titles = database.texts("SELECT title FROM books ORDER BY id");
    assert_eq!(titles, (0..50).map(|number| format!("stored {number}")).collect::<Vec<_>>());
    assert_eq!(database.texts("PRAGMA integrity_check"), ["ok"]);
    add(&app, "after").expect(201);
}

#[test]
fn what_was_acknowledged_beside_a_move_is_in_the_file_that_was_moved_and_nothing_later_is() {
    let database = Database::sqlite();
    let app = App::new(&database);
    let moved = std::sync::OnceLock::new();
    let away = database.home.path().join("away.db");
    let acknowledged: Vec<String> = thread::scope(|scope| {
        let writers: Vec<_> = (0..6)
            .map(|writer| {
                let (app, moved) = (&app, &moved);
                scope.spawn(move || {
                    let mut stored = Vec::new();
                    for number in 0.. {
                        let is_late = moved.get().is_some();
                        let title = format!("{writer} {number}");
                        let reply = add(app, &title);
                        match reply.status {
                            201 => {
                                assert!(!is_late, "{title} was acknowledged after the move");
                                stored.push(title);
                            }
                            503 if is_late => break,
                            503 => {}
                            _ => panic!("{reply:?}"),
                        }
                    }
                    stored
                })
            })
            .collect();
        thread::sleep(Duration::from_millis(300));
        fs::rename(database.path(), &away).unwrap();
        moved.set(()).unwrap();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    assert!(!acknowledged.is_empty());
    app.logged(&["write-ahead log", "into the file that is open"]);
    app.kill();
    fs::remove_file(database.home.path().join("books.db-wal")).unwrap();
    fs::rename(&away, database.path()).unwrap();
    let stored = database.texts("SELECT title FROM books");
    let lost: Vec<_> = acknowledged.iter().filter(|title| !stored.contains(title)).collect();
    assert!(lost.is_empty(), "{lost:?}");
}

#[test]
fn an_idle_server_notices_by_itself() {
    let database = Database::sqlite();
    let app = App::new(&database);
    add(&app, "before").expect(201);
    let away = database.home.path().join("away.db");
    fs::rename(database.path(), &away).unwrap();
    app.logged(&["ERROR", "books.db", "was removed"]);
    app.logged(&["write-ahead log", "into the file that is open"]);
    fs::rename(&away, database.path()).unwrap();
    app.logged(&["INFO", "books.db", "is back"]);
    add(&app, "after").expect(201);
}

#[test]
fn a_file_that_another_program_changed_while_it_was_away_is_not_written_to() {
    let database = Database::sqlite();
    let app = App::new(&database);
    add(&app, "before").expect(201);
    let away = database.home.path().join("away.db");
    fs::rename(database.path(), &away).unwrap();
    app.logged(&["write-ahead log", "into the file that is open"]);
    let url = format!("sqlite:///{}", away.display());
    let change = "UPDATE books SET title = 'changed'; PRAGMA wal_checkpoint(PASSIVE)";
    crate::support::db::execute(&url, change).unwrap();
    fs::rename(&away, database.path()).unwrap();
    for _ in 0..2 {
        let error = add(&app, "lost").expect_problem(503);
        assert!(
            error.contains("was changed while it was away") && error.contains("restart"),
            "{error}"
        );
    }
    app.get("/readyz").expect_problem(503);
    assert!(app.stop());
    let app = App::new(&database);
    assert_eq!(app.get("/api/books/1").expect(200)["title"], "changed");
    add(&app, "after").expect(201);
    assert_eq!(database.texts("PRAGMA integrity_check"), ["ok"]);
}

/// Where the pages of the table of books begin, and the page size.
fn root_page(database: &Database) -> (u64, usize) {
    let root = database.number("SELECT rootpage FROM sqlite_schema WHERE name = 'books'");
    let size = database.number("PRAGMA page_size");
    ((root as u64 - 1) * size as u64, size as usize)
}

#[test]
fn a_damaged_file_is_not_ready_and_its_requests_say_so() {
    let database = Database::sqlite();
    let app = App::new(&database);
    for number in 0..300 {
        add(&app, &format!("{number} {}", "x".repeat(100))).expect(201);
    }
    assert!(app.stop());
    let (place, size) = root_page(&database);
    let bytes = fs::OpenOptions::new().read(true).write(true).open(database.path()).unwrap();
    let mut page = vec![0; size];
    bytes.read_exact_at(&mut page, place).unwrap();
    bytes.write_all_at(&vec![0xa5; size], place).unwrap();

    let app = App::new(&database);
    let error = app.get("/api/books").expect_problem(503);
    assert!(error.contains("the database file is damaged"), "{error}");
    let error = add(&app, "lost").expect_problem(503);
    assert!(error.contains("the database file is damaged"), "{error}");
    for _ in 0..2 {
        let error = app.get("/readyz").expect_problem(503);
        assert!(error.contains("the database file is damaged"), "{error}");
        // Also when some of it can be read without an error.
        assert_eq!(app.get("/api/stores").body, "[]");
    }
    assert_eq!(app.get("/healthz").status, 200);
    app.logged(&["ERROR", "restore a backup"]);

    // A check that finds nothing wrong ends it.
    bytes.write_all_at(&page, place).unwrap();
    until("it stays damaged", || app.get("/readyz").status == 200);
}
