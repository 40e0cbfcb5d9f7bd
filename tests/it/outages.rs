//! A database that is full, gone or slow to return: reported with the right status, and recovered from without a restart.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use cluster::Cluster;

use crate::support::{App, Database, on_both};

/// Repeats a request until the response has the status, for at most as long as a recovery may take.
fn eventually(app: &App, status: u16) -> Duration {
    let begun = Instant::now();
    loop {
        let reply = app.post("/api/books", json!({"title": "again", "author": "x"}));
        if reply.status == status {
            return begun.elapsed();
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{reply:?}");
        thread::sleep(Duration::from_millis(50));
    }
}

on_both! {
    fn a_body_that_never_comes_is_given_up(database) {
        let app = App::new(&database);
        let mut stream = TcpStream::connect(&app.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        for line in ["POST /api/books HTTP/1.1", "host: localhost", "content-type: application/json", "content-length: 100", ""] {
            write!(stream, "{line}\r\n").unwrap();
        }
        stream.write_all(b"{\"title\":").unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 408");
        assert_eq!(app.get("/api/books").body, "[]");
    }
}

/// Only root may mount; for other users this test is skipped.
fn small_file_system(at: &Path) -> bool {
    let mounted =
        Command::new("mount").args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"]).arg(at).output();
    let mounted = mounted.is_ok_and(|output| output.status.success());
    if !mounted {
        let line = "SKIPPED: a full disk. Mounting a small file system takes root.\n";
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
    mounted
}

#[test]
fn a_full_disk_refuses_writes_with_507_and_takes_them_again_when_there_is_room() {
    let database = Database::sqlite();
    if !small_file_system(database.home.path()) {
        return;
    }
    let outcome = std::panic::catch_unwind(|| {
        let app = App::new(&database);
        app.post("/api/books", json!({"title": "first", "author": "x"})).expect(201);
        let ballast = database.home.path().join("ballast");
        let size = fs_free(&database) - 40_000;
        std::fs::write(&ballast, vec![0; size]).unwrap();

        let begun = Instant::now();
        let mut stored = 1;
        let full = loop {
            let reply = app
                .post("/api/books", json!({"title": "x".repeat(200), "author": "y".repeat(1000)}));
            match reply.status {
                201 => stored += 1,
                _ => break reply,
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "the disk never gets full");
        };
        let error = full.expect_problem(507);
        assert!(error.contains("the disk of the database is full; nothing was changed"), "{error}");
        assert_eq!(app.get("/api/books").expect(200).as_array().unwrap().len(), stored);

        std::fs::remove_file(&ballast).unwrap();
        let recovery = eventually(&app, 201);
        assert!(recovery < Duration::from_secs(5), "{recovery:?}");
        assert_eq!(app.get("/api/books").expect(200).as_array().unwrap().len(), stored + 1);
        assert!(app.stop());
    });
    assert!(Command::new("umount").arg(database.home.path()).status().unwrap().success());
    outcome.unwrap();
}

fn fs_free(database: &Database) -> usize {
    let output = Command::new("df")
        .args(["--output=avail", "-B1"])
        .arg(database.home.path())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().lines().last().unwrap().trim().parse().unwrap()
}

#[test]
fn sessions_that_the_server_ends_are_replaced_without_a_failed_request() {
    let Some(database) = Database::postgres() else { return };
    let app = App::new(&database);
    for number in 0..10 {
        app.post("/api/books", json!({"title": format!("t{number}"), "author": "x"})).expect(201);
        app.get("/api/books").expect(200);
        let ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                     WHERE application_name = 'bookplate' AND datname = current_database()";
        assert!(database.number(ended) > 0);
    }
    assert_eq!(app.get("/api/books").expect(200).as_array().unwrap().len(), 10);
}

/// Reads until one of them used a shared connection, where the text of the statement has no limit.
fn until_connections_are_shared(app: &App, database: &Database, address: &str) {
    let shared = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'bookplate' \
                  AND datname = current_database() AND query LIKE '%\"books\".\"id\" = $1'";
    let begun = Instant::now();
    while database.number(shared) == 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "no connection is shared");
        app.get(address).expect(200);
    }
}

/// Connections that are never idle are rarely checked before they are used.
#[test]
fn readers_that_never_rest_notice_nothing_of_sessions_that_the_server_ends() {
    let Some(database) = Database::postgres() else { return };
    let app = App::new(&database);
    let id = app.post("/api/books", json!({"title": "t", "author": "x"})).expect(201)["id"].clone();
    until_connections_are_shared(&app, &database, &format!("/api/books/{id}"));
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    app.get(&format!("/api/books/{id}")).expect(200);
                    app.get("/api/books?limit=20").expect(200);
                }
            });
        }
        for _ in 0..20 {
            thread::sleep(Duration::from_millis(50));
            let ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                         WHERE application_name = 'bookplate' AND datname = current_database()";
            database.number(ended);
        }
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_server_database_that_goes_and_comes_back_is_answered_with_503_meanwhile() {
    let Some(server) = Cluster::another() else { return };
    let database = Database::new_on(&server);
    let app = App::new(&database);
    app.post("/api/books", json!({"title": "before", "author": "x"})).expect(201);

    server.stop();
    let begun = Instant::now();
    for reply in [
        app.post("/api/books", json!({"title": "lost", "author": "x"})),
        app.get("/api/books"),
        app.get("/readyz"),
    ] {
        assert!(reply.body.contains("503"), "{reply:?}");
        reply.expect_problem(503);
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert_eq!(app.get("/healthz").status, 200);

    server.start();
    eventually(&app, 201);
    app.get("/readyz").expect(200);
    let titles = database.texts("SELECT title FROM books ORDER BY id");
    assert_eq!(titles, ["before", "again"]);
}

#[test]
fn a_server_database_that_falls_silent_is_given_up_and_used_again_when_it_speaks() {
    let Some(server) = Cluster::another() else { return };
    let database = Database::new_on(&server);
    let app = App::new(&database);
    app.post("/api/books", json!({"title": "before", "author": "x"})).expect(201);
    app.get("/api/books").expect(200);
    until_connections_are_shared(&app, &database, "/api/books/1");
    let sessions = "SELECT pid::text FROM pg_stat_activity WHERE application_name = 'bookplate'";
    let sessions = database.texts(sessions);
    assert!(sessions.len() >= 3, "{sessions:?}");
    let signal = |name: &str| {
        assert!(Command::new("kill").arg(name).args(&sessions).status().unwrap().success())
    };

    signal("-STOP");
    let begun = Instant::now();
    let read = app.get("/api/books/1").expect_problem(503);
    let write =
        app.post("/api/books", json!({"title": "unknown", "author": "x"})).expect_problem(503);
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    assert!(!read.is_empty() && !write.is_empty());
    assert_eq!(app.get("/healthz").status, 200);

    signal("-CONT");
    eventually(&app, 201);
    app.get("/api/books").expect(200);
}
