//! The shutdown of a server with keep-alive clients: each request that was sent is answered.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::support::{App, Database, Program, on_both};

const REQUEST: &[u8] = b"GET /api/books/1 HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Reads one response; returns whether the connection continues after it.
fn read_answer(reader: &mut BufReader<TcpStream>) -> std::io::Result<bool> {
    let (mut length, mut goes_on) = (0, true);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end().to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().expect("a length");
        }
        goes_on &= line != "connection: close";
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(goes_on)
}

/// What the clients of a server saw.
#[derive(Default)]
struct Seen {
    sent: AtomicU64,
    answered: AtomicU64,
    /// Responses after which the connection was to be closed.
    last: AtomicU64,
}

/// Sends requests on keep-alive connections, until the port is closed.
fn ask_until_closed(address: &str, seen: &Seen) {
    while let Ok(stream) = TcpStream::connect(address) {
        let mut reader = BufReader::new(stream);
        loop {
            if reader.get_mut().write_all(REQUEST).is_err() {
                break;
            }
            seen.sent.fetch_add(1, Ordering::Relaxed);
            let Ok(goes_on) = read_answer(&mut reader) else { break };
            seen.answered.fetch_add(1, Ordering::Relaxed);
            if !goes_on {
                seen.last.fetch_add(1, Ordering::Relaxed);
                break;
            }
        }
    }
}

on_both! {
    fn a_request_that_was_sent_is_answered_although_the_server_ends(database) {
        let app = Program::new(&database).serve(&["--drain-ms", "1000", "--workers", "2"]);
        let seen = Seen::default();
        thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| ask_until_closed(&app.address, &seen));
            }
            let begun = Instant::now();
            while seen.answered.load(Ordering::Relaxed) < 2000 && begun.elapsed() < Duration::from_secs(60) {
                thread::sleep(Duration::from_millis(10));
            }
            app.signal("TERM");
        });
        let [sent, answered, last] = [seen.sent, seen.answered, seen.last].map(AtomicU64::into_inner);
        println!("{sent} requests were sent and {answered} answered, {last} of them as the last of a connection");
        assert_eq!(sent, answered);
        assert!(answered > 1000 && last >= 16, "{answered} answers, {last} connections");
        assert!(app.stopped());
    }
}

#[test]
fn idle_clients_do_not_hold_up_the_end() {
    let database = Database::sqlite();
    let app = App::new(&database);
    let idle: Vec<_> = (0..50).map(|_| TcpStream::connect(&app.address).unwrap()).collect();
    for stream in &idle[..25] {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        reader.get_mut().write_all(REQUEST).unwrap();
        read_answer(&mut reader).unwrap();
    }
    let begun = Instant::now();
    assert!(app.stop());
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}
