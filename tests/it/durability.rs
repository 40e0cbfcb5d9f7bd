//! Acknowledged writes are durable: kills, resets, and a service that continues.

use std::{
    io::Write,
    net::TcpStream,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use serde_json::json;
use socket2::SockRef;

use crate::support::{
    App, Database, Program,
    ledger::{Ledger, Outcome},
    on_both,
};

/// Number of kills of the server; a release is tested with more.
const KILLS: u64 = 20;
const WRITERS: usize = 16;
const RESETS: usize = 2000;

/// Whether some connection of the server is still in a transaction.
fn connections_in_a_transaction(database: &Database) -> i64 {
    if database.is_sqlite() {
        // The lock of a transaction that was left open would refuse this one, which does not wait.
        let free = database.execute("PRAGMA busy_timeout = 0; BEGIN IMMEDIATE; COMMIT").is_ok();
        return i64::from(!free);
    }
    database.number(
        "SELECT count(*) FROM pg_stat_activity \
         WHERE datname = current_database() AND state LIKE 'idle in transaction%'",
    )
}

on_both! {
    fn twenty_kills_under_sixteen_writers_lose_nothing(database) {
        let ledger = Ledger::default();
        for round in 0..KILLS {
            let begun = Instant::now();
            let app = App::new(&database);
            assert!(begun.elapsed() < Duration::from_secs(20), "the start after a kill takes {:?}", begun.elapsed());
            let stop = AtomicBool::new(false);
            thread::scope(|scope| {
                for _ in 0..WRITERS {
                    scope.spawn(|| ledger.write_until(&app, &stop));
                }
                thread::sleep(Duration::from_millis(60 + 13 * (round % 7)));
                app.signal("KILL");
            });
        }
        let faults = ledger.faults(&database);
        assert!(faults.is_empty(), "{faults:?}");
        assert!(ledger.count(Outcome::Ok) > 50, "only {} writes were acknowledged", ledger.count(Outcome::Ok));
        assert_eq!(connections_in_a_transaction(&database), 0);
        if database.is_sqlite() {
            assert_eq!(database.texts("PRAGMA integrity_check"), ["ok"]);
        }
    }

    fn two_thousand_resets_leave_no_open_transaction_and_lose_nothing(database) {
        let app = Program::new(&database).serve(&["--pool", "2"]);
        let ledger = Ledger::default();
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| ledger.write_until(&app, &stop));
            }
            let clients: Vec<_> = (0..8)
                .map(|client| {
                    let (app, ledger) = (&app, &ledger);
                    scope.spawn(move || {
                        for request in 0..RESETS / 8 {
                            let title = ledger.next_title();
                            ledger.note(title.clone(), Outcome::Unknown);
                            let delay = (client * 7 + request * 11) % 51;
                            reset_after(app, &Ledger::body(&title), Duration::from_millis(delay as u64));
                        }
                    })
                })
                .collect();
            clients.into_iter().for_each(|client| client.join().unwrap());
            // On a slow machine requests that wait after the resets are refused as busy.
            let begun = Instant::now();
            while ledger.count(Outcome::Ok) <= 50 && begun.elapsed() < Duration::from_secs(60) {
                thread::sleep(Duration::from_millis(20));
            }
            stop.store(true, Ordering::Relaxed);
        });
        // Running requests may end; nothing may be left after that.
        let begun = Instant::now();
        while connections_in_a_transaction(&database) > 0 {
            assert!(begun.elapsed() < Duration::from_secs(20), "a connection stays in its transaction");
            thread::sleep(Duration::from_millis(20));
        }
        for number in 0..20 {
            app.post("/api/books", json!({"title": format!("after {number}"), "author": "x"})).expect(201);
        }
        database.execute("DELETE FROM books WHERE title LIKE 'after %'").unwrap();
        let faults = ledger.faults(&database);
        assert!(faults.is_empty(), "{faults:?}");
        assert!(ledger.count(Outcome::Ok) > 50, "only {} writes were acknowledged", ledger.count(Outcome::Ok));
    }

    fn a_stop_under_load_loses_nothing_that_was_acknowledged(database) {
        let ledger = Ledger::default();
        for _ in 0..3 {
            let app = App::new(&database);
            let stop = AtomicBool::new(false);
            thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| ledger.write_until(&app, &stop));
                }
                thread::sleep(Duration::from_millis(150));
                app.signal("TERM");
            });
            assert!(app.stopped());
        }
        let faults = ledger.faults(&database);
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!(ledger.count(Outcome::Fail), 0);
        assert!(ledger.count(Outcome::Ok) > 10);
        if database.is_sqlite() {
            let log = database.home.path().join("books.db-wal");
            assert!(!log.exists(), "the write-ahead log was not merged into the file");
        }
    }

    fn writes_at_the_same_time_all_count(database) {
        let app = App::new(&database);
        app.post("/api/books", json!({"title": "counter", "author": "x", "page_count": 1})).expect(201);
        let won: usize = thread::scope(|scope| {
            let clients: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        (0..10).filter(|_| {
                            let book = app.get("/api/books/1").expect(200);
                            let pages = book["page_count"].as_i64().unwrap() + 1;
                            let change = json!({"page_count": pages, "version": book["version"]});
                            let status = app.put("/api/books/1", change).status;
                            assert!(matches!(status, 200 | 412), "{status}");
                            status == 200
                        })
                        .count()
                    })
                })
                .collect();
            clients.into_iter().map(|client| client.join().unwrap()).sum()
        });
        let book = app.get("/api/books/1").expect(200);
        assert_eq!(book["page_count"], json!(won + 1));
        assert_eq!(book["version"], json!(won + 1));
        assert!(won >= 10);
    }

    fn of_many_posts_of_one_isbn_one_is_stored(database) {
        let app = App::new(&database);
        let statuses: Vec<u16> = thread::scope(|scope| {
            let clients: Vec<_> = (0..16)
                .map(|_| scope.spawn(|| app.post("/api/books", json!({"title": "a", "author": "b", "isbn": "0132350882"})).status))
                .collect();
            clients.into_iter().map(|client| client.join().unwrap()).collect()
        });
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 400).count(), 15, "{statuses:?}");
        assert_eq!(database.number("SELECT count(*) FROM books"), 1);
    }
}

/// Sends a complete request and resets the connection some time later, as a killed client does.
fn reset_after(app: &App, body: &str, delay: Duration) {
    let Ok(mut stream) = TcpStream::connect(&app.address) else { return };
    let head = format!(
        "POST /api/books HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    drop(stream.write_all(head.as_bytes()));
    thread::sleep(delay);
    SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
}
