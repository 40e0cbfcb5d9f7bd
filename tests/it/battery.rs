//! The stress tests of the gate, on raw sockets: tens of thousands of almost valid requests, idle connections, and clients that
//! stop in the middle. `.ci/run` runs them; `cargo test -p tests --test it -- --ignored --nocapture battery` does so manually,
//! and `BATTERY_SEED` repeats a run.

mod clients;
mod mutations;

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::TcpStream,
    sync::Mutex,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::support::{App, Database, process, raw};
use clients::{CLIENTS, Client, End};
use mutations::Random;

/// How many requests are mutated.
const REQUESTS: u64 = 24_000;
/// Threads that send them.
const SENDERS: u64 = 8;
/// Connections that do nothing.
const IDLE: usize = 1_000;
/// Clients of each kind that stop.
const OF_EACH: usize = 12;

fn filled() -> (Database, App) {
    let database = Database::sqlite();
    let app = App::new(&database);
    let books: Vec<_> = (0..50).map(|number| json!({"title": format!("Book {number}"), "author": "b", "year": 1950 + number})).collect();
    app.post("/api/books", json!(books)).expect(201);
    app.post("/api/stores", json!({"name": "a"})).expect(201);
    app.post("/api/items", json!({"name": "a", "price": 1, "store_id": 1, "book_id": 1}))
        .expect(201);
    (database, app)
}

/// Waits until the server has at most this many open descriptors.
fn expect_closed(app: &App, most: usize) -> usize {
    let begun = Instant::now();
    loop {
        let open = process::descriptors(app.process());
        if open <= most {
            return open;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(40),
            "{open} descriptors are open, expected {most}"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn seed() -> u64 {
    let now =
        || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock");
    std::env::var("BATTERY_SEED")
        .map_or_else(|_| u64::from(now().subsec_nanos()), |seed| seed.parse().expect("a seed"))
}

#[test]
#[ignore = "takes a minute; .ci/run runs it"]
fn battery_of_mutated_requests() {
    let (_database, app) = filled();
    let seed = seed();
    println!("BATTERY_SEED={seed}");
    // The initial allocations of threads and caches do not count as growth.
    for number in 0..2_000 {
        send(&app, &Random::new(number).request(app.address.as_str()));
    }
    let process = app.process();
    let (memory, open) = (process::memory(process), process::descriptors(process));
    let statuses: Mutex<BTreeMap<Option<u16>, u64>> = Mutex::default();
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for sender in 0..SENDERS {
            let (app, statuses) = (&app, &statuses);
            scope.spawn(move || {
                for number in 0..REQUESTS / SENDERS {
                    let request = Random::new(seed ^ (sender << 40) ^ number).request(&app.address);
                    let status = send(app, &request);
                    let is_ours = status.is_some_and(|status| status >= 500);
                    assert!(
                        !is_ours,
                        "BATTERY_SEED={seed}: {status:?} to {:?}",
                        String::from_utf8_lossy(&request)
                    );
                    *statuses.lock().unwrap().entry(status).or_default() += 1;
                }
            });
        }
    });
    let statuses = statuses.into_inner().unwrap();
    let elapsed = begun.elapsed();
    let closed = expect_closed(&app, open + 8);
    let grown = process::memory(process).saturating_sub(memory);
    let panics = app.log().matches("panicked").count();
    let shown = in_words(&statuses);
    println!(
        "{REQUESTS} mutated requests in {elapsed:.1?}; {}; panics: {panics}; memory {memory} kB and {grown} kB more; \
         descriptors {open} before, {closed} after",
        shown
    );
    assert_eq!(panics, 0);
    assert!(grown < 64 << 10, "{grown} kB");
    // The requests did reach the server, with all kinds of outcomes.
    for status in [200, 201, 400, 404, 405, 415] {
        assert!(statuses.contains_key(&Some(status)), "no {status} in {shown}");
    }
    assert_eq!(app.get("/readyz").status, 200);
}

fn in_words(statuses: &BTreeMap<Option<u16>, u64>) -> String {
    let shown = statuses.iter().map(|(status, count)| match status {
        Some(status) => format!("{status}: {count}"),
        None => format!("no answer: {count}"),
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// The status of the first response; the connection must not stay open.
fn send(app: &App, request: &[u8]) -> Option<u16> {
    let begun = Instant::now();
    let status = raw::exchange(&app.address, request).status();
    assert!(
        begun.elapsed() < Duration::from_secs(25),
        "no end of {:?}",
        String::from_utf8_lossy(request)
    );
    status
}

#[test]
#[ignore = "takes a minute; .ci/run runs it"]
fn battery_of_idle_connections() {
    let (_database, app) = filled();
    let process = app.process();
    let (memory, open) = (process::memory(process), process::descriptors(process));
    let connections: Vec<TcpStream> = (0..IDLE)
        .map(|number| {
            let mut stream = TcpStream::connect(&app.address).expect("the server listens");
            // All but a few have sent a request and are kept alive.
            if number % 10 > 0 {
                stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
                write!(stream, "GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n", app.address).unwrap();
                let mut answer = [0; 4096];
                assert!(stream.read(&mut answer).expect("an answer") > 0);
            }
            stream
        })
        .collect();
    let grown = process::memory(process).saturating_sub(memory);
    let held = process::descriptors(process);
    let slowest = (0..200).map(|_| answered(&app)).max().unwrap();
    println!(
        "{IDLE} idle connections: {} kB each; {held} descriptors; the slowest of 200 answers meanwhile {slowest:?}",
        grown as usize / IDLE
    );
    assert!(held >= open + IDLE * 9 / 10, "{held} descriptors, so these are not idle connections");
    assert!(grown < 16 * IDLE as u64 + (8 << 10), "{grown} kB");
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
    drop(connections);
    let closed = expect_closed(&app, open + 8);
    println!("descriptors: {open} before, {closed} after");
}

fn answered(app: &App) -> Duration {
    let begun = Instant::now();
    assert_eq!(app.get("/healthz").status, 200);
    begun.elapsed()
}

#[test]
#[ignore = "takes a minute; .ci/run runs it"]
fn battery_of_clients_that_stop() {
    let (_database, app) = filled();
    let process = app.process();
    let (memory, open) = (process::memory(process), process::descriptors(process));
    let ends: Mutex<BTreeMap<&str, Vec<End>>> = Mutex::default();
    let mut answers = Vec::new();
    std::thread::scope(|scope| {
        let threads: Vec<_> = CLIENTS
            .iter()
            .flat_map(|client| std::iter::repeat_n(client, OF_EACH))
            .map(|client: &Client| {
                let (address, ends) = (app.address.as_str(), &ends);
                scope.spawn(move || {
                    let end = client.run(address);
                    ends.lock().unwrap().entry(client.name).or_default().push(end);
                })
            })
            .collect();
        while threads.iter().any(|thread| !thread.is_finished()) {
            answers.push(answered(&app));
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    answers.sort_unstable();
    let p99 = answers[answers.len() * 99 / 100];
    let grown = process::peak(process).saturating_sub(memory);
    let mut late = Vec::new();
    for client in CLIENTS {
        let ends = &ends.lock().unwrap()[client.name];
        let last = ends.iter().map(|end| end.after).max().unwrap();
        let kept = ends.iter().filter(|end| end.after > client.patience).count();
        let sent = ends.iter().map(|end| end.sent).max().unwrap();
        println!(
            "{:55} ended after {last:5.1?} at most, expected {:?}; {kept} of {OF_EACH} later; {sent} bytes sent",
            client.name, client.patience
        );
        if kept > 0 {
            late.push(client.name);
        }
    }
    let closed = expect_closed(&app, open + 8);
    println!(
        "{} answers meanwhile, 99 of 100 within {p99:?}; memory {memory} kB and {grown} kB more at most; descriptors {open} before, \
         {closed} after",
        answers.len()
    );
    assert!(late.is_empty(), "these were not ended in time: {late:#?}");
    assert!(p99 < Duration::from_secs(1), "{p99:?}");
    assert!(grown < 128 << 10, "{grown} kB");
}
