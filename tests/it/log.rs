//! The log: complete while it is read, no delay while it is not, and not usable for an attack.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use crate::support::{App, Database, Program, process, raw};

/// The notice.
const DROPPED: &str = "lines of the log were dropped";

/// Sends many requests on one connection, and reads all responses.
fn ask(address: &str, numbers: std::ops::Range<usize>, path: impl Fn(usize) -> String) {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut answer = Vec::new();
    for number in numbers {
        let head = format!("HEAD {} HTTP/1.1\r\nHost: {address}\r\n\r\n", path(number));
        stream.write_all(head.as_bytes()).expect("the request can be sent");
        answer.clear();
        while !answer.ends_with(b"\r\n\r\n") {
            let mut bytes = [0; 4096];
            let read =
                stream.read(&mut bytes).unwrap_or_else(|error| panic!("request {number}: {error}"));
            assert!(read > 0, "request {number} was not answered");
            answer.extend_from_slice(&bytes[..read]);
        }
    }
}

#[test]
fn a_server_whose_log_is_not_read_answers_all_the_same_and_says_what_is_missing() {
    for (format, requests, length) in [("pretty", 10_500, 1_500), ("json", 2_500, 6_000)] {
        let database = Database::sqlite();
        let (app, mut log) = Program::new(&database).serve_unread(&["--log-format", format]);
        let filler = "x".repeat(length);
        let address = app.address.clone();
        let threads: Vec<_> = (0..4)
            .map(|thread| {
                let (address, filler) = (address.clone(), filler.clone());
                let part = requests / 4;
                std::thread::spawn(move || {
                    ask(&address, thread * part..(thread + 1) * part, |number| {
                        format!("/nowhere/{filler}/{number}")
                    });
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(app.get("/healthz").status, 200);
        // The queue is bounded, and its memory is released.
        let server = app.process();
        // Until the notice has its place further lines are dropped too.
        let mut lines = Vec::new();
        while !lines.last().is_some_and(|line: &String| line.contains(DROPPED)) {
            lines.push(log.line().expect("the log says what is missing"));
        }
        let reader = std::thread::spawn(move || log.rest());
        ask(&address, 0..200, |number| format!("/later/{number}"));
        assert!(process::memory(server) < 200 << 10, "{} kB", process::memory(server));
        assert!(app.stop(), "it exits successfully");
        lines.extend(reader.join().unwrap());
        let count = |word: &str| lines.iter().filter(|line| line.contains(word)).count();
        let notices: Vec<_> = lines.iter().filter(|line| line.contains(DROPPED)).collect();
        assert_eq!(notices.len(), 1, "{notices:?}");
        let words = notices[0].split([' ', '"']).rev();
        let dropped: usize = words.filter_map(|word| word.parse().ok()).next().expect("a number");
        assert!(dropped > 100, "{dropped}");
        // The two are the probe, whose line may be dropped too, and nothing else.
        let written = count("HEAD /nowhere/") + count("GET /healthz");
        assert_eq!(written + dropped, requests + 1, "{format}");
        assert_eq!(count("HEAD /later/"), 200, "{format}");
        assert!(lines.last().unwrap().contains("ended"), "{:?}", lines.last());
        if format == "json" {
            for line in &lines {
                serde_json::from_str::<serde_json::Value>(line)
                    .unwrap_or_else(|error| panic!("{error}: {line}"));
            }
        }
    }
}

#[test]
fn a_server_whose_log_is_not_read_ends_in_time() {
    let database = Database::sqlite();
    let (app, log) = Program::new(&database).serve_unread(&[]);
    let filler = "x".repeat(1500);
    ask(&app.address, 0..100, |number| format!("/nowhere/{filler}/{number}"));
    let begun = Instant::now();
    assert!(app.stop(), "it exits successfully");
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    drop(log);
}

#[test]
fn a_log_that_is_closed_stops_nothing() {
    let database = Database::sqlite();
    let (app, log) = Program::new(&database).serve_unread(&[]);
    drop(log);
    ask(&app.address, 0..1000, |number| format!("/nowhere/{number}"));
    assert!(app.stop(), "it exits successfully");
}

#[test]
fn no_line_is_missing_while_the_log_is_read() {
    let database = Database::sqlite();
    let app = App::new(&database);
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            let address = app.address.clone();
            std::thread::spawn(move || {
                ask(&address, 0..1500, |number| format!("/nowhere/{thread}/{number}"))
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    ask(&app.address, 0..1, |_| "/last".to_owned());
    app.logged(&["HEAD /last 404"]);
    let log = app.log();
    for thread in 0..8 {
        let start = format!("HEAD /nowhere/{thread}/");
        let numbers = log
            .lines()
            .filter_map(|line| line.split_once(&start)?.1.split(' ').next()?.parse().ok());
        // One after the other, in the order of the requests.
        assert_eq!(numbers.collect::<Vec<usize>>(), (0..1500).collect::<Vec<_>>());
    }
}

#[test]
fn the_error_of_a_failed_start_is_written() {
    let database = Database::sqlite();
    let app = App::new(&database);
    let (_, port) = app.address.rsplit_once(':').unwrap();
    let other = Database::sqlite();
    let error = Program::new(&other).run(&["serve", "--port", port]).expect_error();
    assert!(error.contains("cannot listen on"), "{error}");
}

#[test]
fn what_is_no_request_writes_no_line_unless_it_is_wanted() {
    let heads = [
        &b"\x00\x01\r\n\r\n"[..],
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"POST /api/books HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ];
    for (filter, is_wanted) in [("info", false), ("debug", true), ("info,actix_http=debug", true)] {
        let database = Database::sqlite();
        let app = Program::new(&database).serve(&["--log", filter]);
        for _ in 0..20 {
            for head in heads {
                assert_eq!(raw::exchange(&app.address, head).status(), Some(400), "{head:?}");
            }
        }
        app.get("/healthz");
        app.logged(&["GET /healthz 200"]);
        let log = app.log();
        let lines = log.lines().filter(|line| line.contains("actix_http")).count();
        assert_eq!(lines > 0, is_wanted, "{filter}: {log}");
        assert!(!log.contains("ERROR"), "{filter}: {log}");
        // Those of the start, and the probe.
        assert!(is_wanted || log.lines().count() < 40, "{log}");
    }
}
