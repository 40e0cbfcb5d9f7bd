//! Failures of uploaded files, and of the process that imports them.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::PathBuf,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::support::{App, Database, Program, Reply, on_both};

/// Rows of a file whose import is killed.
const ROWS: i64 = 20_000;

fn hand_in(app: &App, query: &str, kind: &str, body: impl AsRef<[u8]>) -> Reply {
    app.request("POST", &format!("/api/imports{query}"))
        .send(&[("content-type", kind)], body.as_ref())
}

fn folder(database: &Database) -> PathBuf {
    let name = if database.is_sqlite() { "books.db.imports" } else { "bookplate.imports" };
    database.home.path().join(name)
}

fn files(database: &Database) -> usize {
    std::fs::read_dir(folder(database)).map_or(0, Iterator::count)
}

/// Waits until a condition holds.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(3));
    }
}

fn import(app: &App) -> Value {
    app.get("/api/imports/1").expect(200)
}

/// A table in which each tenth row repeats the one before, and each hundredth is malformed.
fn table() -> String {
    let row = |number: i64| match number % 100 {
        50 => format!("T {number},\n"),
        other if other % 10 == 9 => format!("T {},x\n", number - 1),
        _ => format!("T {number},x\n"),
    };
    format!("title,author\n{}", (0..ROWS).map(row).collect::<String>())
}

fn expect_whole(database: &Database, import: &Value) {
    let (rejected, skipped) = (ROWS / 100, ROWS / 10);
    let inserted = ROWS - rejected - skipped;
    assert_eq!(import["state"], "done", "{import}");
    let count = |name: &str| import[name].as_i64().unwrap();
    assert_eq!(
        [count("rows"), count("inserted"), count("skipped"), count("rejected")],
        [ROWS, inserted, skipped, rejected]
    );
    assert_eq!(database.number("SELECT count(DISTINCT title) FROM books"), inserted);
    assert_eq!(database.number("SELECT count(*) FROM books"), inserted);
    assert_eq!(database.number("SELECT count(*) FROM import_changes"), inserted);
    assert_eq!(database.number("SELECT count(*) FROM import_rejections"), rejected);
    assert_eq!(files(database), 0);
}

/// Kills the server four times while it imports, each time after it went on, and waits until the import is done.
fn killed_until_done(database: &Database, mut app: App, import: impl Fn(&App) -> Value) -> App {
    for _ in 0..4 {
        let begun = import(&app)["rows"].as_i64().unwrap();
        let went_on =
            |import: &Value| import["rows"].as_i64().unwrap() > begun || import["state"] == "done";
        until("the import continues", || went_on(&import(&app)));
        app.kill();
        app = App::new(database);
    }
    until("the import is done", || import(&app)["state"] == "done");
    until("the file is gone", || files(database) == 0);
    app
}

on_both! {
    fn an_import_whose_process_is_killed_goes_on_with_each_row_once(database) {
        let mut app = App::new(&database);
        hand_in(&app, "", "text/csv", table()).expect(202);
        app = killed_until_done(&database, app, import);
        expect_whole(&database, &import(&app));

        // The same while it is being undone.
        app.request("POST", "/api/imports/1/undo").send(&[], b"").expect(202);
        until("books are reverted", || import(&app)["reverted"].as_i64().unwrap() > 0);
        app.kill();
        app = App::new(&database);
        until("the import is undone", || import(&app)["state"] == "undone");
        assert_eq!(import(&app)["reverted"], import(&app)["inserted"]);
        assert_eq!(database.number("SELECT count(*) FROM books") + database.number("SELECT count(*) FROM import_changes"), 0);
    }

    fn an_import_in_another_encoding_goes_on_where_it_was_when_its_process_is_killed(database) {
        let wide = table().replace('T', "Tä𝄞").replace('\n', "\r");
        let narrow = table().replace('T', "Tä").replace(',', ";");
        let utf_16 = |text: &str| format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        let latin = |text: &str| text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        for (file, encoding) in [(utf_16(&wide), "UTF-16LE"), (latin(&narrow), "windows-1252")] {
            let file: Vec<u8> = file;
            let app = App::new(&database);
            let path = hand_in(&app, "", "text/csv", &file).expect(202)["links"]["self"].as_str().unwrap().to_owned();
            let import = |app: &App| app.get(&path).expect(200);
            let app = killed_until_done(&database, app, import);
            let done = import(&app);
            assert_eq!((&done["bytes_read"], &done["read_as"]["encoding"]), (&json!(file.len()), &json!(encoding)));
            expect_whole(&database, &done);
            assert_eq!(database.number("SELECT count(*) FROM books WHERE title LIKE 'Tä%'"), done["inserted"].as_i64().unwrap());
            app.kill();
            for table in ["books", "import_changes", "import_rejections"] {
                database.execute(&format!("DELETE FROM {table}")).unwrap();
            }
        }
    }

    fn a_server_that_is_asked_to_end_stops_behind_a_chunk_and_the_next_one_goes_on(database) {
        let app = App::new(&database);
        hand_in(&app, "", "text/csv", table()).expect(202);
        // Followers must not delay the shutdown of the server.
        let mut follower = TcpStream::connect(&app.address).unwrap();
        follower.write_all(b"GET /api/imports/1/events HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
        until("the import continues", || import(&app)["rows"].as_i64().unwrap() > 0);
        let begun = Instant::now();
        assert!(app.stop());
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
        follower.read_to_string(&mut String::new()).unwrap();
        let rows = database.number("SELECT rows FROM imports");
        let app = App::new(&database);
        until("the import is done", || import(&app)["state"] == "done");
        until("the file is gone", || files(&database) == 0);
        assert!(rows <= ROWS);
        expect_whole(&database, &import(&app));
    }

    fn an_import_that_runs_is_stopped_and_taken_back_and_others_may_write_meanwhile(database) {
        let app = App::new(&database);
        app.post("/api/books", json!({"title": "mine", "author": "x"})).expect(201);
        hand_in(&app, "", "text/csv", table()).expect(202);
        until("the import continues", || import(&app)["rows"].as_i64().unwrap() > 0);
        app.put("/api/books/1", json!({"title": "still mine"})).expect(200);
        app.request("POST", "/api/imports/1/undo").send(&[], b"").expect(202);
        until("the import is undone", || import(&app)["state"] == "undone");
        until("the file is gone", || files(&database) == 0);
        assert_eq!(database.texts("SELECT title FROM books"), ["still mine"]);
        assert_eq!(import(&app)["reverted"], import(&app)["inserted"]);
    }

    fn files_that_are_no_catalogue_are_refused_or_rejected_row_by_row(database) {
        let app = App::new(&database);
        let form = "multipart/form-data; boundary=b";
        let member = b"--b\r\ncontent-disposition: form-data; name=\"x\"\r\n\r\n1\r\n--b--\r\n";
        let file = b"--b\r\ncontent-disposition: form-data; name=\"file\"\r\n\r\n1\r\n--b--\r\n";
        let refused = |query: &str, kind: &str, body: &[u8]| {
            let reply = hand_in(&app, query, kind, body);
            let status = reply.status;
            (status, reply.expect_problem(status))
        };
        for (query, kind, body, status, reason) in [
            ("", "text/csv", &b""[..], 400, "the file is empty, expected a header"),
            ("", "text/csv", b"title,writer\na,b\n", 400, "no header means `author`"),
            ("", "text/csv", b"\xff\xfet\0i\0", 400, "no header means `title`"),
            ("", "text/csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 400, "the header is not UTF-8"),
            ("", "text/csv; charset=big5", b"title,author\n", 415, "the charset is `big5`"),
            ("", "application/pdf", b"[]", 415, "the content type is `application/pdf`"),
            ("?format=xml", "text/csv", b"title,author\n", 400, "format `xml` is not `csv`"),
            ("?dryrun=1", "text/csv", b"title,author\n", 400, "the nearest one is `dry_run`"),
            ("?on_duplicate=no", "text/csv", b"title,author\n", 400, "on_duplicate `no` is not"),
            ("?map=author", "text/csv", b"title,author\n", 400, "is not COLUMN=HEADER"),
            ("?map=shelf=x", "text/csv", b"title,author\n", 400, "`shelf` is no column of a book"),
            ("?dry_run=1&dry_run=0", "text/csv", b"title,author\n", 400, "appears twice"),
            ("", form, member, 400, "no part `file`"),
            ("", "multipart/form-data", b"x", 400, "oundary"),
            ("", form, file, 400, "cannot be determined from its type or name"),
            ("", form, &file[..53], 400, "the body cannot be read"),
        ] {
            let (found, detail) = refused(query, kind, body);
            assert!(found == status && detail.contains(reason), "{query} {kind}: {found} {detail}");
        }
        let encoded = [("content-type", "text/csv"), ("content-encoding", "gzip")];
        app.request("POST", "/api/imports").send(&encoded, b"\x1f\x8b").expect_problem(415);
        assert_eq!((files(&database), app.get("/api/imports").expect(200)), (0, json!([])));

        let mut table = b"title,author\nGood,x\nN\0L,x\nCaf\xe9,x\n\"open,x\n".to_vec();
        table.extend_from_slice("y".repeat(3 << 20).as_bytes());
        table.extend_from_slice(b",x\nGood too,x\n");
        let id = hand_in(&app, "", "text/csv", &table).expect(202)["id"].clone();
        until("the import is done", || import(&app)["state"] == "done");
        assert_eq!((import(&app)["inserted"].clone(), import(&app)["rejected"].clone()), (json!(3), json!(3)), "{id}");
        // Its bytes equal those of the file, too.
        let path = "/api/imports/1/rejected.csv";
        let mut stream = TcpStream::connect(&app.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        for piece in [&b"\nCaf\xe9,x,4,\"title is not UTF-8"[..], b",\"\"\"open,x\""] {
            assert!(answer.windows(piece.len()).any(|window| window == piece), "{piece:?}");
        }
    }

    fn what_is_too_large_or_breaks_off_leaves_nothing_behind(database) {
        let app = Program::new(&database).serve(&["--import-limit", "1"]);
        let send = |head: &str, body: &[u8]| {
            let mut stream = TcpStream::connect(&app.address).unwrap();
            write!(stream, "POST /api/imports HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/csv\r\n{head}\r\n\r\n").unwrap();
            drop(stream.write_all(body));
            stream
        };
        let answer = |mut stream: TcpStream| {
            let mut answer = [0; 12];
            stream.read_exact(&mut answer).map(|()| String::from_utf8_lossy(&answer).into_owned())
        };
        let large = "title,author\n".repeat(100_000);
        let announced = format!("content-length: {}", large.len());
        assert_eq!(answer(send(&announced, b"")).unwrap(), "HTTP/1.1 413");
        let chunk = [format!("{:x}\r\n", large.len()).as_bytes(), large.as_bytes(), b"\r\n0\r\n\r\n"].concat();
        assert_eq!(answer(send("transfer-encoding: chunked", &chunk)).unwrap(), "HTTP/1.1 413");

        let half = send("content-length: 900000", &large.as_bytes()[..600_000]);
        until("the file arrives", || files(&database) == 1);
        drop(half);
        until("the file is gone", || files(&database) == 0);
        app.logged(&["POST /api/imports 413"]);
        assert_eq!(app.get("/api/imports").expect(200), json!([]));

        // Files that a killed server left are removed by the next one.
        let half = send("content-length: 900000", &large.as_bytes()[..600_000]);
        until("the file arrives", || files(&database) == 1);
        app.kill();
        drop(half);
        assert_eq!(files(&database), 1);
        let app = App::new(&database);
        until("the file is gone", || files(&database) == 0);
        assert_eq!(app.get("/api/imports").expect(200), json!([]));
    }

    fn an_import_without_its_file_says_so_or_waits_for_who_has_it(database) {
        let app = App::new(&database);
        hand_in(&app, "", "text/csv", table()).expect(202);
        until("the import continues", || import(&app)["rows"].as_i64().unwrap() > 0);
        app.kill();
        let left = folder(&database);
        if database.is_sqlite() {
            std::fs::remove_dir_all(&left).unwrap();
            let app = App::new(&database);
            until("the import is undone", || import(&app)["state"] == "failed");
            assert!(import(&app)["problem"].as_str().unwrap().contains("its file is missing"));
            assert_eq!(database.number("SELECT count(*) FROM books"), 0);
        } else {
            // Two servers, each with a separate directory: the other one has the file.
            let elsewhere = Program::new(&database).serve(&["--imports-dir", "elsewhere"]);
            let next = hand_in(&elsewhere, "", "text/csv", "title,author\nE,x\n").expect(202);
            let next = next["links"]["self"].as_str().unwrap().to_owned();
            until("its own is done", || elsewhere.get(&next).expect(200)["state"] == "done");
            assert_eq!(import(&elsewhere)["state"], "running");
            database.execute("DELETE FROM books WHERE title = 'E'").unwrap();
            let app = App::new(&database);
            until("the import is done", || import(&elsewhere)["state"] == "done");
            until("the file is gone", || files(&database) == 0);
            database.execute("DELETE FROM import_changes WHERE import_id = 2").unwrap();
            expect_whole(&database, &import(&app));
        }
    }

    fn servers_that_share_a_folder_do_not_do_the_same_work_twice(database) {
        if database.is_sqlite() {
            return;
        }
        let apps = [App::new(&database), App::new(&database), App::new(&database)];
        hand_in(&apps[0], "", "text/csv", table()).expect(202);
        until("the import continues", || import(&apps[1])["rows"].as_i64().unwrap() > 0);
        let [first, second, third] = apps;
        first.kill();
        until("another one continues", || import(&second)["state"] == "done");
        until("the file is gone", || files(&database) == 0);
        expect_whole(&database, &import(&third));
    }
}
