//! Resource limits for all clients together, and the flags that set them.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use serde_json::json;

use crate::support::{App, Database, Program, process};

/// Connections on which nothing is sent.
fn silent(app: &App, count: usize) -> Vec<TcpStream> {
    (0..count).map(|_| TcpStream::connect(&app.address).unwrap()).collect()
}

#[test]
fn the_limit_of_open_files_is_raised_to_the_highest_that_is_allowed() {
    let database = Database::sqlite();
    let app = Program::new(&database).through("ulimit -Sn 64; exec \"$@\"").serve(&[]);
    let clients = silent(&app, 200);
    app.get("/api/books").expect(200);
    assert!(process::descriptors(app.process()) > 200, "the clients have their connections");
    assert!(!app.log().contains("Too many open files"), "{}", app.log());
    drop(clients);
}

#[test]
fn clients_that_find_no_place_wait_for_one() {
    let database = Database::sqlite();
    for (limit, flags) in [("ulimit -n 160", &[][..]), ("true", &["--connections", "32"])] {
        let app = Program::new(&database).through(&format!("{limit}; exec \"$@\"")).serve(flags);
        if flags.is_empty() {
            app.logged(&["only 32 connections, since the process may open 160 files"]);
        }
        let clients = silent(&app, 60);
        app.get("/api/books").expect(200);
        app.post("/api/books", json!({"title": "a", "author": "b"})).expect(201);
        assert!(!app.log().contains("Too many open files"), "{}", app.log());
        assert!(process::descriptors(app.process()) < 160);
        drop(clients);
    }
}

#[test]
fn connections_are_not_kept_where_places_are_few() {
    let database = Database::sqlite();
    let app = Program::new(&database).serve(&["--connections", "16", "--workers", "1"]);
    let ask = |stream: &mut TcpStream| {
        stream.write_all(b"GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut bytes = [0; 4096];
        let read = stream.read(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..read]).into_owned()
    };
    let own = process::descriptors(app.process());
    let mut clients = silent(&app, 14);
    while process::descriptors(app.process()) < own + 14 {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let (first, others) = clients.split_first_mut().unwrap();
    // More than three quarters of the places are taken, so this connection is closed.
    assert!(ask(first).contains("connection: close"));
    for other in others {
        drop(other.shutdown(std::net::Shutdown::Both));
    }
    loop {
        let mut stream = TcpStream::connect(&app.address).unwrap();
        let answer = ask(&mut stream);
        if !answer.contains("connection: close") {
            break;
        }
    }
}

#[test]
fn a_bound_that_makes_no_sense_is_refused() {
    let database = Database::sqlite();
    for (flag, value, reason) in [
        ("--connections", "15", "expected a number from 16 to 1000000"),
        ("--connections", "many", "expected a number from 16 to 1000000"),
        ("--encoders", "-1", "expected a number from 0 to 10000"),
        ("--unread-mb", "0", "expected a number from 1 to 1048576"),
    ] {
        let ended = Program::new(&database).run(&["serve", &format!("{flag}={value}")]);
        assert!(!ended.success && ended.stderr.contains(reason), "{}", ended.stderr);
    }
}

#[test]
fn a_stream_without_a_place_among_the_encoders_is_sent_as_it_is() {
    let database = Database::sqlite();
    let app = Program::new(&database).serve(&["--encoders", "0"]);
    app.post("/api/books", json!({"title": "a".repeat(200), "author": "b".repeat(1000)}))
        .expect(201);
    for coding in ["br", "gzip"] {
        let accepted = [("accept-encoding", coding)];
        let export = app.request("GET", "/api/exports/books.csv").send(&accepted, b"");
        assert_eq!((export.status, export.headers.get("content-encoding")), (200, None));
        assert!(export.headers["vary"].contains("Accept-Encoding"), "{export:?}");
        // A complete response needs no encoder.
        let (list, _) = app.send_for_bytes("GET", "/api/books", &accepted);
        assert_eq!(list.headers["content-encoding"], coding);
    }
}
