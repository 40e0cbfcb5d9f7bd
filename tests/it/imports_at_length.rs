//! Imports under load: a long queue, many followers, editors of the same books, malicious tables, and slow clients.

use std::{
    fmt::Write as _,
    io::{Read, Write},
    net::TcpStream,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::support::{
    App, Database, Program, Reply, on_both,
    process::{peak, processor},
};

fn hand_in(app: &App, query: &str, body: impl AsRef<[u8]>) -> Reply {
    let kind = [("content-type", "text/csv")];
    app.request("POST", &format!("/api/imports{query}")).send(&kind, body.as_ref())
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Follows an import to its end.
fn ended(app: &App, id: i64) -> Value {
    let events = app.get(&format!("/api/imports/{id}/events")).body;
    let last = events.trim_end().rsplit_once("event: end\ndata: ").expect("an end").1;
    serde_json::from_str(last).unwrap()
}

/// Waiting imports, inserted without the server: `count` files of one book each, starting at the id `first`.
fn put_in_queue(database: &Database, first: usize, count: usize) {
    let folder = database.home.path().join("books.db.imports");
    std::fs::create_dir_all(&folder).unwrap();
    let mut rows = String::new();
    for id in first..first + count {
        std::fs::write(folder.join(format!("{id}.upload")), format!("title,author\nT {id},x\n"))
            .unwrap();
        let comma = if rows.is_empty() { "" } else { "," };
        write!(
            rows,
            "{comma}({id},'queued','{{\"format\":{{\"csv\":{{\"delimiter\":44}}}},\"on_duplicate\":\"skip\",\"dry_run\":false,\
             \"map\":{{}}}}',0,'{id}.upload',x'7469746c652c617574686f720a',24,0,0,0,0,0,0,0,0,0,0)"
        )
        .unwrap();
        if rows.len() > 500_000 || id + 1 == first + count {
            let columns = "id,state,options,dry_run,file,header,bytes_total,bytes_read,lines_read,rows,inserted,updated,skipped,\
                           rejected,warnings,reverted,kept";
            database.execute(&format!("INSERT INTO imports ({columns}) VALUES {rows}")).unwrap();
            rows.clear();
        }
    }
}

#[test]
fn what_an_import_costs_does_not_depend_on_how_many_wait() {
    let cost = |waiting: usize| {
        let database = Database::sqlite();
        Program::new(&database).run(&["db", "upgrade"]).expect_success();
        put_in_queue(&database, 1, waiting);
        let app = App::new(&database);
        until("some are done", || {
            database.number("SELECT count(*) FROM imports WHERE state = 'done'") >= 50
        });
        let (before, begun) = (
            database.number("SELECT count(*) FROM imports WHERE state = 'done'"),
            processor(app.process()),
        );
        until("more are done", || {
            database.number("SELECT count(*) FROM imports WHERE state = 'done'") >= before + 150
        });
        let done = database.number("SELECT count(*) FROM imports WHERE state = 'done'") - before;
        (processor(app.process()) - begun) as f64 / done as f64
    };
    let (few, many) = (cost(250), cost(10_000));
    assert!(many < few * 4.0 + 0.5, "{few} hundredths of a second each of 250, {many} of 10000");
}

#[test]
fn one_that_another_process_holds_is_in_nobodys_way() {
    let database = Database::sqlite();
    Program::new(&database).run(&["db", "upgrade"]).expect_success();
    put_in_queue(&database, 1, 40);
    let folder = database.home.path().join("books.db.imports");
    let held: Vec<_> = (1..=20)
        .map(|id| std::fs::File::open(folder.join(format!("{id}.upload"))).unwrap())
        .collect();
    held.iter().for_each(|file| file.try_lock().unwrap());
    let app = App::new(&database);
    let done = || database.number("SELECT count(*) FROM imports WHERE state = 'done'");
    until("the others are done", || done() == 20);
    let id = hand_in(&app, "", "title,author\nA,x\n").expect(202)["id"].as_i64().unwrap();
    assert_eq!(ended(&app, id)["state"], "done");
    // It checks them now and then, not all the time.
    let begun = processor(app.process());
    std::thread::sleep(Duration::from_secs(2));
    assert!(processor(app.process()) - begun < 60, "{}", processor(app.process()) - begun);
    drop(held);
    until("all are done", || done() == 41);
}

#[test]
fn what_waits_is_bounded_also_after_a_restart() {
    let database = Database::sqlite();
    Program::new(&database).run(&["db", "upgrade"]).expect_success();
    put_in_queue(&database, 1, 3);
    let folder = database.home.path().join("books.db.imports");
    let held: Vec<_> = (1..=3)
        .map(|id| std::fs::File::open(folder.join(format!("{id}.upload"))).unwrap())
        .collect();
    held.iter().for_each(|file| file.try_lock().unwrap());
    let app = Program::new(&database).serve(&["--import-queue", "3"]);
    let refused = hand_in(&app, "", "title,author\nA,x\n");
    assert!(refused.headers.contains_key("retry-after"), "{refused:?}");
    assert!(refused.expect_problem(503).contains("too many files wait"));
    drop(app);
    let app = Program::new(&database).serve(&["--import-queue-mb", "1"]);
    hand_in(&app, "", format!("title,author\n{}", "A,x\n".repeat(300_000))).expect_problem(503);
    hand_in(&app, "", "title,author\nA,x\n").expect(202);
    drop(held);
    until("all are done", || {
        database.number("SELECT count(*) FROM imports WHERE state = 'done'") == 4
    });
    until("the files are gone", || std::fs::read_dir(&folder).unwrap().count() == 0);
}

#[test]
fn files_that_nobody_needs_are_removed_however_many_there_are() {
    let database = Database::sqlite();
    Program::new(&database).run(&["db", "upgrade"]).expect_success();
    put_in_queue(&database, 1, 800);
    database.execute("DELETE FROM imports WHERE id % 2 = 0").unwrap();
    let app = App::new(&database);
    app.get("/readyz").expect(200);
    let folder = database.home.path().join("books.db.imports");
    until("the folder is empty", || std::fs::read_dir(&folder).unwrap().count() == 0);
    assert_eq!(database.number("SELECT count(*) FROM imports WHERE state = 'done'"), 400);
    assert_eq!(database.number("SELECT count(*) FROM books"), 400);
}

/// Changes and deletes books of these ISBNs until it is asked to stop; returns how many changes were answered.
fn edit(app: &App, isbns: &[String], place: usize, (stop, changes): (&AtomicBool, &AtomicU64)) {
    let mut at = place;
    while !stop.load(Ordering::Relaxed) {
        at = (at * 7 + 13 + place) % isbns.len();
        let path = format!("/api/books/isbn/{}", isbns[at]);
        let reply = if at.is_multiple_of(3) {
            let found = app.get(&path);
            if found.status != 200 {
                continue;
            }
            let id = serde_json::from_str::<Value>(&found.body).unwrap()["id"].clone();
            app.delete(&format!("/api/books/{id}"))
        } else {
            app.put(&path, json!({"title": "edited", "author": format!("{place}")}))
        };
        assert!(reply.status != 500, "{reply:?}");
        changes.fetch_add(1, Ordering::Relaxed);
    }
}

fn isbn(number: u32) -> String {
    let digits = format!("978{number:09}");
    let sum: u32 = digits
        .bytes()
        .zip([1, 3].into_iter().cycle())
        .map(|(digit, by)| u32::from(digit - b'0') * by)
        .sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

on_both! {
    fn an_import_ends_while_others_edit_the_same_books(database) {
        let app = App::new(&database);
        let isbns: Vec<String> = (0..900).map(isbn).collect();
        let table: String = isbns.iter().map(|isbn| format!("T,x,{isbn}\n")).collect();
        let table = format!("title,author,isbn\n{table}");
        let (stop, changes) = (AtomicBool::new(false), AtomicU64::new(0));
        let imports: Vec<Value> = std::thread::scope(|threads| {
            for place in 0..12 {
                let (app, isbns, work) = (&app, &isbns, (&stop, &changes));
                threads.spawn(move || edit(app, isbns, place, work));
            }
            let imports = ["update", "skip"].map(|on_duplicate| {
                let id = hand_in(&app, &format!("?on_duplicate={on_duplicate}"), &table).expect(202)["id"].clone();
                let path = format!("/api/imports/{id}");
                let begun = Instant::now();
                loop {
                    let import = app.get(&path).expect(200);
                    if import["state"] == "done" || begun.elapsed() > Duration::from_secs(40) {
                        break import;
                    }
                    std::thread::sleep(Duration::from_millis(20));
                }
            });
            let before = changes.load(Ordering::Relaxed);
            until("editors continue", || changes.load(Ordering::Relaxed) > before);
            stop.store(true, Ordering::Relaxed);
            imports.to_vec()
        });
        for import in &imports {
            assert_eq!((&import["state"], &import["rows"]), (&json!("done"), &json!(900)), "{import}");
            let count = |name: &str| import[name].as_i64().unwrap();
            assert_eq!(count("inserted") + count("updated") + count("skipped") + count("rejected"), 900, "{import}");
            let noted = format!("SELECT count(*) FROM import_changes WHERE import_id = {}", import["id"]);
            let changed = count("inserted") + count("updated");
            assert!(database.number(&noted) <= changed, "{import}");
        }
        // The changes of both are undone, except for books that were edited since.
        for import in imports.iter().rev() {
            let id = import["id"].as_i64().unwrap();
            app.request("POST", &format!("/api/imports/{id}/undo")).send(&[], b"").expect(202);
            assert_eq!(ended(&app, id)["state"], "undone");
        }
        assert_eq!(database.number("SELECT count(*) FROM books WHERE title = 'T' AND version = 1"), 0);
    }

    fn rejected_rows_begin_no_formula_and_are_imported_as_they_are(database) {
        let app = App::new(&database);
        let table = b"\"=cmd|' /C calc'!A0\",@x,\xef\xbc\x9dy,title,author,year\na,b,c,=6\xff,x,\n=1,\t@2, +3,T,,2001\n-5,2,3,U,,2001\n";
        let map = "?map=title%3Dtitle";
        let id = hand_in(&app, map, table).expect(202)["id"].as_i64().unwrap();
        assert_eq!(ended(&app, id)["rejected"], 3);
        let (reply, bytes) = app.send_for_bytes("GET", &format!("/api/imports/{id}/rejected.csv"), &[]);
        assert_eq!(reply.status, 200);
        let mut cells = 0;
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes.as_slice());
        for record in reader.byte_records().map(Result::unwrap) {
            for cell in &record {
                let text = String::from_utf8_lossy(cell).into_owned();
                let shown = text.trim_start_matches(|c: char| c.is_whitespace() || c == '"');
                let is_formula = shown.starts_with(['=', '+', '-', '@', '\u{ff1d}']) && shown.parse::<f64>().is_err();
                assert!(!is_formula, "{text:?}");
                cells += 1;
            }
        }
        assert_eq!(cells, 4 * 9);
        // Unchanged it is rejected again, without a second escape; corrected, it is stored.
        let again = hand_in(&app, map, &bytes).expect(202)["id"].as_i64().unwrap();
        assert_eq!(ended(&app, again)["rejected"], 3);
        let (_, second) = app.send_for_bytes("GET", &format!("/api/imports/{again}/rejected.csv"), &[]);
        let cells = |bytes: &[u8]| {
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
            let records: Vec<csv::ByteRecord> = reader.byte_records().map(Result::unwrap).collect();
            let first = |record: &csv::ByteRecord| record.iter().take(6).map(<[u8]>::to_vec).collect::<Vec<_>>();
            records.iter().map(first).collect::<Vec<_>>()
        };
        assert_eq!(cells(&bytes), cells(&second));
        let repaired: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0xff).collect();
        let repaired = String::from_utf8(repaired).unwrap().replace("T,,2001,", "T,x,2001,").replace("U,,2001,", "U,x,2001,");
        let map = "?map=title%3Dtitle&map=status%3D%3Dcmd%7C%27%20/C%20calc%27!A0";
        let third = hand_in(&app, map, repaired).expect(202)["id"].as_i64().unwrap();
        assert_eq!(ended(&app, third)["inserted"], 3);
        assert_eq!(database.texts("SELECT title || '|' || status FROM books ORDER BY id"), ["=6|a", "T|=1", "U|-5"]);
    }
}

#[test]
fn a_table_with_a_million_columns_costs_no_memory() {
    let database = Database::sqlite();
    let app = App::new(&database);
    hand_in(&app, "", "title,author\nA,x\n").expect(202);
    let before = peak(app.process());
    let header = format!("title,author{}\n", ",".repeat(1_000_000));
    let names: String =
        (0..1000).map(|number| format!("a long name of a column {number},")).collect();
    let one_name = format!("{}\n", "n".repeat(60_000));
    for table in [header.as_str(), &names, &one_name, &format!("\"{}", "q".repeat(2_000_000))] {
        std::thread::scope(|threads| {
            for _ in 0..8 {
                threads.spawn(|| {
                    let detail = hand_in(&app, "", table).expect_problem(400);
                    assert!(detail.len() < 2000, "{detail}");
                });
            }
        });
    }
    let fits = format!("title,author{}\n", ",".repeat(998));
    hand_in(&app, "", &fits).expect(202);
    assert!(
        hand_in(&app, "", fits.replace('\n', ",\n"))
            .expect_problem(400)
            .contains("more than 1000 columns")
    );
    let wide = format!("title,author\nA,x{}\n{}\n", ",".repeat(1_000_000), "B".repeat(1 << 20));
    let id = hand_in(&app, "", wide).expect(202)["id"].as_i64().unwrap();
    assert_eq!(ended(&app, id)["rejected"], 2);
    app.get(&format!("/api/imports/{id}/rejected.csv"));
    let members: String = (0..100_000).map(|number| format!(",\"x{number}\":1")).collect();
    let line = format!("{{\"title\":\"A\"{members}}}\n");
    let reply = app
        .request("POST", "/api/imports")
        .send(&[("content-type", "application/jsonl")], line.as_bytes());
    let id = reply.expect(202)["id"].as_i64().unwrap();
    assert_eq!(ended(&app, id)["rejected"], 1);
    let rejected = app.get(&format!("/api/imports/{id}/rejected.csv")).body;
    assert!(rejected.lines().nth(1).unwrap().starts_with("A,,,"), "{}", &rejected[..100]);
    let grown = peak(app.process()) - before;
    assert!(grown < 96 << 10, "{grown} KiB");
}

#[test]
fn many_follow_an_import_as_one_and_hear_of_its_end() {
    let database = Database::sqlite();
    let app = Program::new(&database).serve(&["--workers", "2"]);
    let table: String = (0..20_000).map(|number| format!("T {number},x\n")).collect();
    let id =
        hand_in(&app, "", format!("title,author\n{table}")).expect(202)["id"].as_i64().unwrap();
    let path = format!("/api/imports/{id}/events");
    let ask = |method: &str| {
        let mut stream = TcpStream::connect(&app.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        write!(stream, "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            .unwrap();
        stream
    };
    let followers: Vec<TcpStream> = (0..300).map(|_| ask("GET")).collect();
    for mut follower in followers {
        let mut events = String::new();
        follower.read_to_string(&mut events).unwrap();
        assert_eq!(events.matches("event: end\n").count(), 1, "{events}");
    }
}

#[test]
fn head_of_a_stream_ends_at_once() {
    let database = Database::sqlite();
    Program::new(&database).run(&["db", "upgrade"]).expect_success();
    put_in_queue(&database, 1, 1);
    // Another process holds it, so it continues.
    let held = std::fs::File::open(database.home.path().join("books.db.imports/1.upload")).unwrap();
    held.try_lock().unwrap();
    let app = App::new(&database);
    let mut stream = TcpStream::connect(&app.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    for path in ["/api/imports/1/events", "/api/exports/books.csv", "/version"] {
        write!(stream, "HEAD {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap_or_else(|error| panic!("{path}: {error}"));
            answer.extend(byte);
        }
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{path} {answer:?}");
    }
}

#[test]
fn an_upload_that_trickles_ends_in_time() {
    let database = Database::sqlite();
    let app = App::new(&database);
    let form = "content-type: multipart/form-data; boundary=b";
    let part = |rest: &str| format!("--b\r\ncontent-disposition: form-data; {rest}\r\n\r\n");
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    let ways = [
        ("content-type: text/csv", String::new()),
        (form, chunk(&part("name=\"file\"; filename=\"a.csv\""))),
        (form, chunk(&part("name=\"map\""))),
    ];
    std::thread::scope(|threads| {
        for (kind, begin) in ways {
            let app = &app;
            threads.spawn(move || {
                let begun = Instant::now();
                let mut stream = TcpStream::connect(&app.address).unwrap();
                stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
                let head = format!("POST /api/imports HTTP/1.1\r\nhost: localhost\r\n{kind}\r\ntransfer-encoding: chunked\r\n\r\n");
                stream.write_all(format!("{head}{begin}").as_bytes()).unwrap();
                let mut answer = [0; 12];
                while stream.read_exact(&mut answer).is_err() {
                    assert!(begun.elapsed() < Duration::from_secs(20), "{kind} continues");
                    drop(stream.write_all(b"1\r\na\r\n"));
                }
                assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 408", "{kind}");
            });
        }
    });
    let folder = database.home.path().join("books.db.imports");
    until("the files are gone", || std::fs::read_dir(&folder).unwrap().count() == 0);
}
