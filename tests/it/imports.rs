//! `/api/imports`: uploaded files become books, whatever happens on the way, and an undo removes them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{App, Database, Program, Reply, on_both};

const MESSY: &str = include_str!("../data/messy.csv");

fn hand_in(app: &App, query: &str, kind: &str, body: impl AsRef<[u8]>) -> Reply {
    app.request("POST", &format!("/api/imports{query}"))
        .send(&[("content-type", kind)], body.as_ref())
}

/// The id of an import that was accepted.
fn accepted(reply: Reply) -> i64 {
    let location = reply.headers.get("location").cloned();
    let import = reply.expect(202);
    assert_eq!(location.as_deref(), import["links"]["self"].as_str(), "{import}");
    import["id"].as_i64().unwrap()
}

/// Follows an import to its end, and checks its counts.
fn ended(app: &App, id: i64) -> Value {
    let events = app.get(&format!("/api/imports/{id}/events"));
    assert_eq!(events.headers["content-type"], "text/event-stream");
    let last = events.body.trim_end().rsplit_once("event: end\ndata: ").expect("an end").1;
    let import: Value = serde_json::from_str(last).unwrap();
    let count = |name: &str| import[name].as_i64().unwrap();
    let sum = count("inserted") + count("updated") + count("skipped") + count("rejected");
    assert_eq!(count("rows"), sum, "{import}");
    import
}

/// Uploads a table and waits for its end.
fn imported(app: &App, query: &str, table: impl AsRef<[u8]>) -> Value {
    ended(app, accepted(hand_in(app, query, "text/csv", table)))
}

fn counts(import: &Value) -> [i64; 5] {
    ["inserted", "updated", "skipped", "rejected", "warnings"]
        .map(|name| import[name].as_i64().unwrap())
}

fn undone(app: &App, id: i64) -> Value {
    app.request("POST", &format!("/api/imports/{id}/undo")).send(&[], b"").expect(202);
    ended(app, id)
}

/// A form with members and a file.
fn form(members: &[(&str, &str)], (name, file): (&str, &str)) -> (&'static str, String) {
    let mut body = String::new();
    for (name, value) in members {
        body +=
            &format!("--b0\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    body += &format!(
        "--b0\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         content-type: application/octet-stream\r\n\r\n{file}\r\n--b0--\r\n"
    );
    ("multipart/form-data; boundary=b0", body)
}

fn books(database: &Database) -> Vec<String> {
    database.texts(
        "SELECT title || '|' || author || '|' || coalesce(year, 0) || '|' || coalesce(isbn, '-') || '|' || status \
         FROM books ORDER BY title",
    )
}

on_both! {
    fn every_row_of_a_messy_table_is_accounted_for_and_what_was_rejected_is_repaired(database) {
        let app = App::new(&database);
        let import = imported(&app, "", MESSY);
        assert_eq!((counts(&import), &import["state"]), ([9, 0, 0, 5, 5], &json!("done")));
        assert_eq!(import["bytes_read"], import["bytes_total"]);
        assert_eq!(database.number("SELECT count(*) FROM books"), 9);

        let rejected = app.get("/api/imports/1/rejected.csv");
        assert!(rejected.headers["content-type"].starts_with("text/csv"), "{rejected:?}");
        let lines: Vec<BTreeMap<String, String>> =
            csv::Reader::from_reader(rejected.body.as_bytes()).deserialize().map(Result::unwrap).collect();
        let seen: Vec<_> = lines.iter().map(|row| (row["rejected_line"].as_str(), row["Title"].as_str())).collect();
        assert_eq!(seen, [("7", ""), ("9", ""), ("10", ""), ("11", ""), ("12", "")]);
        assert!(lines[4]["rejected_because"].contains("title is empty"), "{lines:?}");
        assert_eq!(lines[0]["rejected_text"], "\"Unclosed quote,Nobody,2002,,,B3");

        // Unchanged it is rejected again, and nothing of it is lost.
        let again = imported(&app, "", &rejected.body);
        assert_eq!(counts(&again), [0, 0, 0, 5, 0]);
        let second = app.get("/api/imports/2/rejected.csv").body;
        assert_eq!(second.lines().next(), rejected.body.lines().next());
        assert!(second.contains("\"\"\"Unclosed quote,Nobody,2002,,,B3\""), "{second}");

        let repaired = rejected.body.replace("\n,No Title", "\nA Title,No Title");
        let import = imported(&app, "", repaired);
        assert_eq!(counts(&import)[..4], [1, 0, 0, 4]);
        assert!(books(&database).contains(&"A Title|No Title|2006|-|available".to_owned()));
    }

    fn forms_lines_and_other_tables_are_understood(database) {
        let app = App::new(&database);
        let table = "Titel;Verfasser\nA;x\n";
        let members = [("delimiter", ";"), ("map", "title=Titel"), ("map", "author=Verfasser")];
        let (kind, body) = form(&members, ("books/catalogue.CSV", table));
        let import = ended(&app, accepted(hand_in(&app, "", kind, body)));
        assert_eq!((counts(&import)[0], &import["name"], &import["format"]), (1, &json!("catalogue.CSV"), &json!("csv")));
        let (kind, body) = form(&[], ("b.jsonl", "{\"title\":\"B\",\"author\":\"x\"}\n{\"title\":1}\nnonsense"));
        assert_eq!(counts(&ended(&app, accepted(hand_in(&app, "", kind, body)))), [1, 0, 0, 2, 1]);
        let rejected = app.get("/api/imports/2/rejected.csv").body;
        assert!(rejected.lines().nth(1).unwrap().starts_with("1,,,,,,,,,,,,,2,"), "{rejected}");
        assert!(rejected.ends_with(",nonsense\n"), "{rejected}");

        let line = "{\"title\":\"C\",\"author\":\"x\"}";
        for (query, kind) in [
            ("", "application/x-ndjson"),
            ("?on_duplicate=skip", "application/jsonl; charset=UTF-8"),
            ("?format=jsonl", "application/octet-stream"),
        ] {
            let import = ended(&app, accepted(hand_in(&app, query, kind, line)));
            assert_eq!(import["rows"], 1, "{import}");
        }
        assert_eq!(books(&database), ["A|x|0|-|available", "B|x|0|-|available", "C|x|0|-|available"]);
        let nothing = ended(&app, accepted(hand_in(&app, "", "application/jsonl", "")));
        assert_eq!(nothing["rows"], 0);

        // The newest first, and with the parameters of any list.
        let list = app.get("/api/imports?fields=id&limit=2");
        assert_eq!(list.clone().expect(200), json!([{"id": 6}, {"id": 5}]));
        assert_eq!(app.get(&list.link("next").unwrap()).expect(200), json!([{"id": 4}, {"id": 3}]));
        assert_eq!(app.get("/api/imports?state=done&rejected__gt=0&sort=id&fields=id").expect(200), json!([{"id": 2}]));
    }

    fn a_dry_run_tells_what_would_happen_also_across_chunks_and_stores_nothing(database) {
        let app = App::new(&database);
        app.post("/api/books", json!({"title": "B 7", "author": "x", "isbn": "0132350882"})).expect(201);
        let filler: String = (0..1200).map(|number| format!("T {number},x,2000,,lent\n")).collect();
        // The stored book appears twice, and a new one is repeated and changed far after it.
        let (stored, new) = ("B,x,,0132350882,lent\n", "T 3,x,2000,,lent\n");
        let table = format!("title,author,year,isbn,status\n{stored}{new}{filler}{stored}T 9,x,2000,,sold\n,x,1,,\n");
        for (on_duplicate, expected) in [("skip", [1200, 0, 4, 1, 1202]), ("update", [1200, 2, 2, 1, 1202])] {
            let query = format!("?on_duplicate={on_duplicate}");
            let dry = imported(&app, &format!("{query}&dry_run=true"), &table);
            assert_eq!((counts(&dry), &dry["dry_run"]), (expected, &json!(true)), "{on_duplicate}");
            assert_eq!(books(&database), ["B 7|x|0|9780132350884|available"]);
            let real = imported(&app, &query, &table);
            assert_eq!(counts(&real), expected, "{on_duplicate}");
            let rejected = |import: &Value| app.get(import["links"]["rejected"].as_str().unwrap()).body;
            assert_eq!(rejected(&dry), rejected(&real));
            undone(&app, real["id"].as_i64().unwrap());
            assert_eq!(books(&database), ["B 7|x|0|9780132350884|available"]);
        }
        let failed = imported(&app, "?on_duplicate=fail&dry_run=1", &table);
        assert_eq!(failed["state"], "failed");
        assert!(failed["problem"].as_str().unwrap().contains("row 1 (line 2) is already book 1"), "{failed}");
    }

    fn an_import_that_must_meet_no_duplicate_is_taken_back_when_it_does(database) {
        let app = App::new(&database);
        // Enough rows that some are committed before the last one; none of them may be left.
        let table: String = (0..20_000).map(|number| format!("T {number},x\n")).collect();
        let failed = imported(&app, "?on_duplicate=fail", format!("title,author\n{table}T 5,x\n"));
        assert_eq!(failed["state"], "failed");
        assert!(failed["reverted"].as_i64().unwrap() > 0, "{failed}");
        let problem = &failed["problem"];
        assert!(problem.as_str().unwrap().contains("row 20001 (line 20002) is already book 6"), "{problem}");
        assert_eq!(database.number("SELECT count(*) FROM books"), 0);
        assert_eq!(database.number("SELECT count(*) FROM import_changes"), 0);
        let done = imported(&app, "?on_duplicate=fail", format!("title,author\n{table}"));
        assert_eq!(counts(&done)[0], 20_000);
    }

    fn an_import_is_taken_back_as_a_whole_but_not_what_others_did_since(database) {
        let app = App::new(&database);
        app.post("/api/books", json!({"title": "Old", "author": "x", "isbn": "0132350882", "year": 1999, "page_count": 3})).expect(201);
        app.post("/api/books", json!({"title": "Other", "author": "y", "isbn": "9780140275360"})).expect(201);
        app.post("/api/stores", json!({"name": "Main"})).expect(201);
        let before = books(&database);
        let table = "title,author,year,isbn\nNew,x,2000,0132350882\nChanged,x,1,9780140275360\nA,x,1,\nB,x,1,\nC,x,1,\nD,x,1,\n";
        let import = imported(&app, "?on_duplicate=update", table);
        assert_eq!(counts(&import), [4, 2, 0, 0, 4]);
        assert_eq!(app.get("/api/books/1").expect(200)["title"], "New");
        let id = |title: &str| app.get(&format!("/api/books?title={title}")).expect(200)[0]["id"].as_i64().unwrap();
        let (a, b, c) = (id("A"), id("B"), id("C"));
        app.put("/api/books/2", json!({"title": "Mine"})).expect(200);
        app.put(&format!("/api/books/{a}"), json!({"status": "lent"})).expect(200);
        app.delete(&format!("/api/books/{b}")).expect(200);
        app.post("/api/items", json!({"name": "copy", "price": 1, "store_id": 1, "book_id": c})).expect(201);

        let undone = undone(&app, 1);
        assert_eq!((&undone["state"], &undone["reverted"], &undone["not_reverted"]), (&json!("undone"), &json!(2), &json!(3)));
        assert_eq!(app.get("/api/imports/1?include=not_reverted_books").expect(200)["not_reverted_books"], json!([2, a, c]));
        for (query, found) in [("not_reverted=3", json!([{"id": 1}])), ("not_reverted__gt=3", json!([]))] {
            assert_eq!(app.get(&format!("/api/imports?fields=id&sort=-not_reverted&{query}")).expect(200), found, "{query}");
        }
        let book = app.get("/api/books/1").expect(200);
        assert_eq!((&book["title"], &book["page_count"], &book["version"]), (&json!("Old"), &json!(3), &json!(3)));
        assert_eq!(books(&database), ["A|x|1|-|lent", "C|x|1|-|available", "Mine|x|1|9780140275360|available", before[0].as_str()]);
        assert_eq!(app.get("/api/items/1").expect(200)["book_id"], c);
        // Repeating it changes nothing.
        let again = app.request("POST", "/api/imports/1/undo").send(&[], b"").expect(202);
        assert_eq!(again["state"], "undone");
        app.request("POST", "/api/imports/99/undo").send(&[], b"").expect_problem(404);
    }

    fn imports_upon_each_other_are_taken_back_in_the_other_order(database) {
        let app = App::new(&database);
        let table = |title: &str| format!("title,author,isbn\n{title},x,0132350882\nX,x,\n{title} 2,x,\n");
        for (number, title) in ["One", "Two", "Three"].into_iter().enumerate() {
            imported(&app, "?on_duplicate=update", table(title));
            assert_eq!(database.number("SELECT count(*) FROM books"), 3 + number as i64);
        }
        for (id, title, left) in [(3, "Two", 4), (2, "One", 3)] {
            assert_eq!(undone(&app, id)["not_reverted"], 0);
            assert_eq!(app.get("/api/books/1").expect(200)["title"], title);
            assert_eq!(database.number("SELECT count(*) FROM books"), left);
        }
        assert_eq!(undone(&app, 1)["not_reverted"], 0);
        assert_eq!(books(&database), [""; 0]);
    }

    fn what_was_exported_is_imported_without_a_change(database) {
        let app = App::new(&database);
        for book in [
            json!({"title": "=HYPERLINK(\"http://x\")", "author": "+1 'quoted', \"twice\"", "status": "lent"}),
            json!({"title": "'=1", "author": "@x", "year": -750, "status": "-lost"}),
            json!({"title": "Clean Code", "author": "Robert C. Martin", "isbn": "0132350882", "page_count": 464}),
        ] {
            app.post("/api/books", book).expect(201);
        }
        for (format, kind) in [("csv", "text/csv"), ("jsonl", "application/x-ndjson")] {
            let file = app.get(&format!("/api/exports/books.{format}")).body;
            for on_duplicate in ["skip", "update"] {
                let reply = hand_in(&app, &format!("?on_duplicate={on_duplicate}"), kind, &file);
                assert_eq!(counts(&ended(&app, accepted(reply))), [0, 0, 3, 0, 2], "{format}");
            }
        }
        assert_eq!(database.number("SELECT max(version) FROM books"), 1);
    }

    fn an_import_is_followed_to_its_end_and_not_beyond(database) {
        let app = App::new(&database);
        let table: String = (0..3000).map(|number| format!("T {number},x\n")).collect();
        let id = accepted(hand_in(&app, "", "text/csv", format!("title,author\n{table}")));
        let events = app.get(&format!("/api/imports/{id}/events")).body;
        let names: Vec<_> = events.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
        assert_eq!(names.iter().filter(|name| **name == "end").count(), 1, "{events}");
        assert_eq!(names.last(), Some(&"end"));
        assert!(events.starts_with("retry: 1000\nid: "), "{events}");
        let last = events.lines().rfind(|line| line.starts_with("id: ")).unwrap().replace("id: ", "");
        let path = format!("/api/imports/{id}/events");
        assert_eq!(app.request("GET", &path).send(&[("last-event-id", &last)], b"").status, 204);
        let missed = app.request("GET", &path).send(&[("last-event-id", "1")], b"");
        assert!(missed.body.contains(&format!("id: {last}\nevent: end\n")), "{missed:?}");
        app.get("/api/imports/99/events").expect_problem(404);
        let tag = app.get("/api/imports/1").headers["etag"].clone();
        assert_eq!(app.request("GET", "/api/imports/1").send(&[("if-none-match", &tag)], b"").status, 304);
    }

    fn an_import_whose_journal_has_no_isbn_is_undone(database) {
        let app = App::new(&database);
        let book = json!({"title": "Old", "author": "x", "year": 1, "isbn": "9780132350884", "page_count": 3});
        app.post("/api/books", book).expect(201);
        let table = "title,author,isbn,pages\nNew,y,9780132350884,4\n";
        assert_eq!(counts(&imported(&app, "?on_duplicate=update", table)), [0, 1, 0, 0, 0]);
        // As programs before wrote it.
        let before = r#"{"title":"Old","author":"x","year":1,"page_count":3,"status":"available","version":1}"#;
        database.execute(&format!("UPDATE import_changes SET before = '{before}'")).unwrap();
        assert_eq!(undone(&app, 1)["reverted"], 1);
        let book = app.get("/api/books/1?fields=title,author,year,isbn,page_count").expect(200);
        let expected = json!({"title": "Old", "author": "x", "year": 1, "isbn": "9780132350884", "page_count": 3});
        assert_eq!(book, expected);
    }

    fn a_repeated_request_with_a_key_imports_once(database) {
        let app = App::new(&database);
        let send = |key: &str, table: &str| {
            let headers = [("content-type", "text/csv"), ("idempotency-key", key)];
            app.request("POST", "/api/imports").send(&headers, table.as_bytes())
        };
        let first = send("k1", "title,author\nA,x\n");
        let second = send("k1", "title,author\nA,x\n");
        assert_eq!(first.body, second.body);
        ended(&app, accepted(second));
        send("k1", "title,author\nB,x\n").expect_problem(422);
        send("", "title,author\nA,x\n").expect_problem(400);
        assert_eq!(app.get("/api/imports?fields=id").expect(200), json!([{"id": 1}]));
        assert_eq!(Program::new(&database).run(&["export", "books"]).expect_success().stdout.lines().count(), 2);
    }
}
