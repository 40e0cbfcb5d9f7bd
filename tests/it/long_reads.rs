//! Long searches: they delay no other request, end in time, and stop when their client is gone.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::PathBuf,
    sync::{
        LazyLock,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::json;
use tempfile::TempDir;

use crate::support::{
    App, Database, Program,
    db::hold,
    process::{self, processor},
    raw,
};

/// How long another request may take during the searches. It was 13 s when they ran on the thread of the request.
const LONGEST_OF_OTHERS: Duration = Duration::from_secs(3);
/// How long a search and its response may take.
const LONGEST_SEARCH: Duration = Duration::from_secs(12);
/// How long the server may be busy after searches that were answered; that includes maintenance of the index of the changed
/// books. It was 91 s.
const LONGEST_REST: Duration = Duration::from_secs(20);
/// The same after searches whose clients are gone, which would run for 9 s.
const LONGEST_GONE: Duration = Duration::from_secs(6);

/// A file of 16 000 books whose authors have 995 letters; a pattern is compared with nearly all of them at each place.
static LIBRARY: LazyLock<(TempDir, PathBuf)> = LazyLock::new(|| {
    let database = Database::sqlite();
    Program::new(&database).run(&["db", "upgrade"]).expect_success();
    let fill = "PRAGMA synchronous = OFF;
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 16000)
        INSERT INTO books (title, author)
        SELECT 'book ' || i, 'éézéé' || replace(printf('%.990c', 'x'), 'x', 'é') FROM n;
        PRAGMA wal_checkpoint(TRUNCATE)";
    database.execute(fill).unwrap();
    // The index of the books is maintained, which takes longer than a search.
    let app = App::new(&database);
    settle(&app);
    assert!(app.stop());
    let path = database.path();
    (database.home, path)
});

/// A copy of that file.
fn library() -> Database {
    let database = Database::sqlite();
    fs::copy(&LIBRARY.1, database.path()).unwrap();
    database
}

/// This many `é` and what follows, as a part of a URL.
fn accents(number: usize, end: &str) -> String {
    "%C3%A9".repeat(number) + end
}

/// Whether the server hardly uses the processor.
fn is_at_rest(app: &App) -> bool {
    let before = processor(app.process());
    thread::sleep(Duration::from_millis(200));
    processor(app.process()) - before <= 4
}

/// Waits until it has been idle for some seconds, in which its maintenance would have begun.
fn settle(app: &App) {
    let (begun, mut rests) = (Instant::now(), 0);
    while rests < 15 {
        assert!(begun.elapsed() < Duration::from_secs(120), "the server does not become idle");
        rests = if is_at_rest(app) { rests + 1 } else { 0 };
    }
}

/// Waits until it is idle.
fn rested(app: &App, within: Duration) -> Duration {
    let begun = Instant::now();
    while !is_at_rest(app) {
        assert!(begun.elapsed() < within, "the server still works for searches that ended");
    }
    begun.elapsed()
}

/// The longest duration of one of these requests while `run` is set.
fn slowest_other(app: &App, run: &AtomicBool) -> Duration {
    let mut slowest = Duration::ZERO;
    let mut id = 0;
    while run.load(Ordering::SeqCst) {
        id += 1;
        let paths = [
            format!("/api/books/{id}"),
            "/healthz".to_owned(),
            "/readyz".to_owned(),
            format!("/api/books?limit=5&id__gt={id}"),
        ];
        for path in paths {
            let begun = Instant::now();
            app.get(&path).expect(200);
            slowest = slowest.max(begun.elapsed());
        }
        let begun = Instant::now();
        app.put(&format!("/api/books/{id}"), json!({"title": format!("changed {id}")})).expect(200);
        slowest = slowest.max(begun.elapsed());
        thread::sleep(Duration::from_millis(5));
    }
    slowest
}

/// Requests each path four times at once; returns the longest duration of these and of the others meanwhile.
fn beside(app: &App, path: &str) -> (Duration, Duration) {
    let run = AtomicBool::new(true);
    thread::scope(|scope| {
        let other = scope.spawn(|| slowest_other(app, &run));
        let search = || {
            let begun = Instant::now();
            // Once, unlike the other requests of these tests.
            let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
            let status = raw::exchange(&app.address, request.as_bytes()).status();
            assert!([Some(200), Some(503)].contains(&status), "{status:?}");
            begun.elapsed()
        };
        let searches: Vec<_> = (0..4).map(|_| scope.spawn(search)).collect();
        let searches = searches.into_iter().map(|search| search.join().unwrap()).max().unwrap();
        run.store(false, Ordering::SeqCst);
        (searches, other.join().unwrap())
    })
}

#[test]
fn searches_that_take_long_hold_up_no_other_request() {
    let database = library();
    let app = App::new(&database);
    for search in [
        format!("author__endswith={}", accents(900, "z")),
        format!("author__icontains={}", accents(450, "z")),
        format!("sort=author&title__contains=book&author__istartswith={}", accents(900, "z")),
        format!("count=exact&author__icontains={}", accents(10, "z")),
    ] {
        let (searches, others) = beside(&app, &format!("/api/books?limit=5&{search}"));
        let rest = rested(&app, LONGEST_REST);
        let shown = search.split('=').next().unwrap();
        println!(
            "{shown}: searches {searches:?}, others {others:?}, processor idle after {rest:?}"
        );
        assert!(searches < LONGEST_SEARCH, "{shown}: {searches:?}");
        assert!(others < LONGEST_OF_OTHERS, "{shown}: {others:?}");
    }
    // An interrupted search holds no snapshot: the log restarts.
    let log = || fs::metadata(database.home.path().join("books.db-wal")).unwrap().len();
    let before = log();
    for id in 1..=1500 {
        app.put(&format!("/api/books/{id}"), json!({"title": "again"})).expect(200);
    }
    assert!(log() < before + (6 << 20), "{before} bytes became {}", log());
    assert!(app.stop());
}

/// Six searches at once, where one is run at a time and two may wait: the others are refused before a wait has ended, the first
/// that waited two seconds. The server measures it, since clients would include the turns of their own threads.
fn expect_refusals_at_once(app: &App, path: &str) {
    // A read of the server itself would be the one that runs.
    settle(app);
    let before = app.log().len();
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let send = |_| {
        let mut stream = TcpStream::connect(&app.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream
    };
    let mut sent: Vec<_> = (0..6).map(send).collect();
    for answer in sent.iter_mut().map(raw::rest) {
        let refused = answer.status() == Some(503);
        assert!(!refused || answer.0.contains("\r\nretry-after: "), "{}", answer.0);
    }
    let begun = Instant::now();
    let durations = loop {
        assert!(begun.elapsed() < LONGEST_SEARCH, "lines are missing: {}", app.log());
        let log = app.log();
        let answered = log[before..].lines().filter_map(|line| line.split_once("GET /api/books "));
        let answered: Vec<_> = answered.map(|(_, answer)| answer.to_owned()).collect();
        // The line of an earlier request may come after its response.
        if answered.len() >= 6 {
            break answered;
        }
        thread::sleep(Duration::from_millis(5));
    };
    println!("{durations:?}");
    let at_once = durations.iter().filter(|answer| {
        let refused = answer.strip_prefix("503 in ").and_then(|rest| rest.split_once(" ms"));
        refused.is_some_and(|(ms, _)| ms.parse::<f64>().unwrap() < 1500.0)
    });
    assert_eq!(at_once.count(), 3, "{durations:?}");
}

#[test]
fn searches_that_cannot_wait_are_refused_at_once() {
    let arguments = ["--pool", "1", "--read-queue", "2"];
    let database = library();
    let app = Program::new(&database).serve(&arguments);
    expect_refusals_at_once(&app, &format!("/api/books?q={}", accents(450, "z")));
    assert!(app.stop());

    let Some(database) = Database::postgres() else { return };
    let app = Program::new(&database).serve(&arguments);
    app.get("/api/books?q=a").expect(200);
    hold(&database.url, "BEGIN; LOCK TABLE books", || {
        expect_refusals_at_once(&app, "/api/books?q=a");
    });
    assert_eq!(app.get("/api/books?q=a").status, 200);
    assert!(app.stop());
}

#[test]
fn a_thousand_searches_at_once_take_little_memory() {
    let database = library();
    // One that reads, so that other tests have a processor.
    let app = Program::new(&database).serve(&["--pool", "1"]);
    app.get("/api/books?q=b").expect(200);
    let before = process::memory(app.process());
    process::reset_peak(app.process());
    let search = accents(450, "z");
    let clients: Vec<TcpStream> = (0..1000)
        .map(|_| {
            let mut client = TcpStream::connect(&app.address).unwrap();
            let head = format!("GET /api/books?q={search} HTTP/1.1\r\nhost: localhost\r\n\r\n");
            client.write_all(head.as_bytes()).unwrap();
            client
        })
        .collect();
    // All but the one that is carried out are refused, at once or when they have waited for 2 s.
    let refused = clients.iter().rev().take(900).filter(|client| {
        let mut status = [0; 12];
        client.set_read_timeout(Some(LONGEST_SEARCH)).unwrap();
        (&mut &**client).read_exact(&mut status).is_ok() && &status == b"HTTP/1.1 503"
    });
    let refused = refused.count();
    let kilobytes = process::peak(app.process()).saturating_sub(before);
    println!("1 000 searches at once: {refused} refused, {kilobytes} KB at the peak");
    assert!(refused > 800, "{refused}");
    // A debug build; it was 90 MB.
    assert!(kilobytes < 80 << 10, "{kilobytes} KB");
    drop(clients);
    assert!(app.stop());
}

#[test]
fn a_search_ends_when_its_client_is_gone() {
    let database = library();
    let app = App::new(&database);
    settle(&app);
    let before = processor(app.process());
    for _ in 0..4 {
        let mut stream = TcpStream::connect(&app.address).unwrap();
        let search = accents(450, "z");
        let head = format!(
            "GET /api/books?author__icontains={search} HTTP/1.1\r\nhost: localhost\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let begun = Instant::now();
        while processor(app.process()) < before + 20 && begun.elapsed() < LONGEST_SEARCH {
            thread::sleep(Duration::from_millis(5));
        }
        // As a client that vanishes.
        socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    }
    let rest = rested(&app, LONGEST_GONE);
    println!("processor idle {rest:?} after the clients are gone");
    assert!(app.stop());
}
