//! Clients that send or read slowly, on purpose or not: each is disconnected in time, and does not affect others.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::support::{App, Database, process};

/// A slow sender is disconnected within 10 s; a machine that is busy with other tests may take longer.
const SENDERS_END: Duration = Duration::from_secs(20);
/// A reader that stops is disconnected within 30 s, on an idle machine.
const READERS_END: Duration = Duration::from_secs(90);

const GOOD: &str = "GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// How a slow client continues after its first bytes.
#[derive(Clone, Copy, Debug)]
enum Rest {
    Silence,
    /// These bytes, repeatedly, with a pause.
    Drip(&'static str, Duration),
    /// These bytes, as fast as the server takes them.
    Flood(&'static str),
}

/// Sends `first`, continues with `rest`, and returns how long the server held the connection, its response, and how many bytes
/// it accepted.
fn hold(address: &str, first: &[u8], rest: Rest) -> (Duration, String, u64) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(60))).unwrap();
    let begun = Instant::now();
    let sent = AtomicU64::new(0);
    let mut reader = stream.try_clone().unwrap();
    thread::scope(|scope| {
        let sent = &sent;
        scope.spawn(move || {
            if stream.write_all(first).is_err() {
                return;
            }
            let (bytes, pause) = match rest {
                Rest::Silence => return,
                Rest::Drip(bytes, pause) => (bytes, pause),
                Rest::Flood(bytes) => (bytes, Duration::ZERO),
            };
            while begun.elapsed() < Duration::from_secs(60)
                && stream.write_all(bytes.as_bytes()).is_ok()
            {
                sent.fetch_add(bytes.len() as u64, Ordering::Relaxed);
                thread::sleep(pause);
            }
        });
        let mut answer = Vec::new();
        // A reset is an end as well.
        drop(reader.read_to_end(&mut answer));
        let held = begun.elapsed();
        drop(reader.shutdown(Shutdown::Both));
        (held, String::from_utf8_lossy(&answer).into_owned(), sent.load(Ordering::Relaxed))
    })
}

/// A way of sending slowly: its name, the first bytes, the rest, and the status of the answer.
type Way = (&'static str, String, Rest, Option<&'static str>);

fn ways() -> [Way; 18] {
    let second = Duration::from_secs(1);
    let json = "Host: localhost\r\nContent-Type: application/json\r\n";
    let chunked = format!("POST /api/books HTTP/1.1\r\n{json}Transfer-Encoding: chunked\r\n\r\n");
    let book = r#"{"title":"a","author":"b"}"#;
    let whole =
        format!("POST /api/books HTTP/1.1\r\n{json}Content-Length: {}\r\n\r\n{book}", book.len());
    let in_chunks = format!("{chunked}{:x}\r\n{book}\r\n0\r\n\r\n", book.len());
    let other_type = "POST /api/books HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n";
    let reads = "GET /version HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunk = "400\r\n".to_owned() + &"x".repeat(0x400) + "\r\n";
    let chunk: &'static str = chunk.leak();
    let too_large = format!("{chunked}{}", chunk.repeat(1100));
    [
        ("silence", String::new(), Rest::Silence, Some("408")),
        ("a head that stops", "GET /api/bo".into(), Rest::Silence, Some("408")),
        ("a head in drops", "GET /".into(), Rest::Drip("a", second), Some("408")),
        ("a second head that stops", format!("{GOOD}GET /api/bo"), Rest::Silence, Some("408")),
        ("an empty line after a request", format!("{GOOD}\r\n"), Rest::Silence, Some("408")),
        ("empty lines in drops", GOOD.into(), Rest::Drip("\r\n", second), Some("408")),
        ("a second head in drops", format!("{GOOD}GET /"), Rest::Drip("a", second), Some("408")),
        (
            "a head of endless lines",
            format!("{GOOD}GET / HTTP/1.1\r\n"),
            Rest::Drip("a: b\r\n", second / 2),
            Some("408"),
        ),
        ("a head after a body", format!("{whole}GET /api/bo"), Rest::Silence, Some("408")),
        ("a head after chunks", format!("{in_chunks}GET /api/bo"), Rest::Silence, None),
        ("a third head", format!("{GOOD}{GOOD}GET /api/bo"), Rest::Silence, Some("408")),
        ("a body that is never sent", chunked.clone(), Rest::Silence, Some("408")),
        ("a body in drops", chunked.clone(), Rest::Drip("1\r\n{\r\n", second), Some("408")),
        (
            "a body of announced length in drops",
            whole.replace(book, "{"),
            Rest::Drip(" ", second),
            Some("408"),
        ),
        ("a body that is not read", reads.into(), Rest::Drip("1\r\nx\r\n", second), Some("200")),
        ("a flood that is not read", reads.into(), Rest::Flood(chunk), Some("200")),
        ("a flood that was refused", other_type.into(), Rest::Flood(chunk), Some("415")),
        ("a body that is too large and continues", too_large, Rest::Flood(chunk), Some("413")),
    ]
}

#[test]
fn every_client_that_sends_slowly_is_ended_in_time() {
    let database = Database::sqlite();
    let app = App::new(&database);
    let ways = ways();
    thread::scope(|scope| {
        for (name, first, rest, expected) in &ways {
            let address = &app.address;
            scope.spawn(move || {
                let (held, answer, sent) = hold(address, first.as_bytes(), *rest);
                println!("{name}: {held:?}, {sent} bytes were taken");
                assert!(held < SENDERS_END, "{name}: {held:?}");
                let status = |status: &&str| answer.contains(&format!("HTTP/1.1 {status} "));
                assert!(expected.as_ref().is_none_or(status), "{name}: {answer}");
                assert!(sent < 4 << 30, "{name}: {sent} bytes");
            });
        }
    });
    app.get("/api/books").expect(200);
}

#[test]
fn a_connection_that_is_used_again_and_again_goes_on() {
    let database = Database::sqlite();
    let app = App::new(&database);
    let mut stream = TcpStream::connect(&app.address).unwrap();
    let mut answers = Vec::new();
    let book = r#"{"title":"a","author":"b"}"#;
    let posted = format!(
        "POST /api/books HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{book}",
        book.len()
    );
    let chunked = format!(
        "POST /api/books HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n\
         {:x}\r\n{book}\r\n0\r\n\r\n",
        book.len()
    );
    // One by one, several in one packet, split anywhere, with empty lines in front.
    let together = format!("\r\n{GOOD}{posted}{posted}{GOOD}");
    for round in 0..40 {
        let (first, second) = together.split_at(round * together.len() / 40);
        stream.write_all(first.as_bytes()).unwrap();
        if round % 4 == 0 {
            thread::sleep(Duration::from_millis(20));
        }
        stream.write_all(second.as_bytes()).unwrap();
        stream.write_all(chunked.as_bytes()).unwrap();
        while answers.windows(9).filter(|window| *window == b"HTTP/1.1 ").count() < 5 * (round + 1)
        {
            let mut bytes = [0; 4096];
            let read = stream.read(&mut bytes).unwrap();
            assert!(read > 0, "ended after {round} rounds: {}", String::from_utf8_lossy(&answers));
            answers.extend_from_slice(&bytes[..read]);
        }
    }
    assert_eq!(
        app.request("GET", "/api/books?count=exact&limit=1").send(&[], b"").headers["x-total-count"],
        "120"
    );
}

#[test]
fn a_head_that_is_too_large_is_refused() {
    let database = Database::sqlite();
    let app = App::new(&database);
    let name = "A".repeat(70_000);
    let value = "a".repeat(70_000);
    let lines = "a: b\r\n".repeat(12_000);
    for before in ["", GOOD] {
        for head in [
            format!("GET / HTTP/1.1\r\nHost: localhost\r\n{name}: b\r\n\r\n"),
            format!("GET / HTTP/1.1\r\nHost: localhost\r\nb: {value}\r\n\r\n"),
            format!("GET / HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n"),
            format!("GET /{value} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            format!("{value} / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            format!("GET / HTTP/1.1\nHost: localhost\n{name}: b\n\n"),
            name.clone(),
        ] {
            let (held, answer, _) =
                hold(&app.address, format!("{before}{head}").as_bytes(), Rest::Silence);
            let refused = ["431 ", "414 ", "400 "]
                .map(|status| answer.matches(&format!("HTTP/1.1 {status}")).count());
            assert_eq!(refused.iter().sum::<usize>(), 1, "{answer}");
            assert!(held < SENDERS_END, "{held:?}");
        }
    }
    // The server continues, and has not panicked (see the end of `App`).
    app.get("/version").expect(200);
}

/// 200 clients that send requests and do not read: the additional peak memory of the server, and how long the last one is held.
fn stopped_readers(app: &App, paths: &[&str], coding: &str) -> (u64, Duration) {
    // Memory that the first responses leave allocated for the next ones, such as the page cache of each connection, is not a
    // cost of the readers. Connections are opened and filled when several clients send requests at the same time.
    thread::scope(|scope| {
        for first in 0..8 {
            scope.spawn(move || {
                for path in paths.iter().cycle().skip(first).take(paths.len()) {
                    let (reply, _) =
                        app.send_for_bytes("GET", path, &[("accept-encoding", coding)]);
                    assert_eq!(reply.status, 200, "{path}");
                }
            });
        }
    });
    let before = process::memory(app.process());
    process::reset_peak(app.process());
    let begun = Instant::now();
    let clients: Vec<TcpStream> = (0..200)
        .map(|number| {
            let socket =
                socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
            socket.set_recv_buffer_size(4096).unwrap();
            let address: std::net::SocketAddr = app.address.parse().unwrap();
            socket.connect(&address.into()).unwrap();
            let mut client = TcpStream::from(socket);
            let path = paths[number % paths.len()];
            write!(
                client,
                "GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: {coding}\r\n\r\n"
            )
            .unwrap();
            client
        })
        .collect();
    // Others are served meanwhile.
    let asked = Instant::now();
    app.get("/api/books/1").expect(200);
    println!("another client waits {:?}", asked.elapsed());
    let own = process::descriptors(app.process());
    assert!(own > 150, "the readers are connected: {own}");
    while process::descriptors(app.process()) > own - 150 {
        assert!(
            begun.elapsed() < READERS_END,
            "{} descriptors",
            process::descriptors(app.process())
        );
        thread::sleep(Duration::from_millis(100));
    }
    let held = begun.elapsed();
    drop(clients);
    let peak = process::peak(app.process());
    (peak.saturating_sub(before), held)
}

#[test]
fn readers_that_stop_are_ended_and_cost_little() {
    let database = Database::sqlite();
    let app = App::new(&database);
    let books: Vec<_> = (0..500)
        .map(|number| json!({"title": format!("title {number}"), "author": "an author whose name is neither short nor long"}))
        .collect();
    for _ in 0..40 {
        app.post("/api/books", json!(books)).expect(201);
    }
    let paths = [
        "/api/exports/books.csv",
        "/api/exports/books.jsonl",
        "/api/books",
        "/api/books?limit=1000",
        "/api/books?sort=-title",
        "/api/openapi.json",
        "/docs/swagger-ui-bundle.js",
    ];
    for coding in ["br", "gzip", "deflate", "identity"] {
        let (kilobytes, held) = stopped_readers(&app, &paths, coding);
        println!(
            "200 stopped readers in {coding}: {kilobytes} KB at the peak, ended after {held:?}"
        );
        assert!(kilobytes < 32 << 10, "{coding}: {kilobytes} KB");
    }
    // Complete responses, which are in memory until they are read.
    for (path, coding) in [("/api/exports/books.csv", "br"), ("/api/books?limit=1000", "identity")]
    {
        let (kilobytes, held) = stopped_readers(&app, &[path], coding);
        println!(
            "200 stopped readers of {path} in {coding}: {kilobytes} KB at the peak, ended after {held:?}"
        );
        assert!(kilobytes < 32 << 10, "{kilobytes} KB");
    }
}
