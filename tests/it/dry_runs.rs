//! `dry_run=true`: every write can be tried. Its response is that of the write, and nothing is stored.

use std::thread;

use serde_json::{Value, json};

use crate::support::{App, Reply, on_both};

const JSON: (&str, &str) = ("content-type", "application/json");
const ISBN: &str = "9780132350884";

fn send(app: &App, (method, path, body): (&str, &str, &Value), dry: bool) -> Reply {
    let mark = if path.contains('?') { '&' } else { '?' };
    let path = if dry { format!("{path}{mark}dry_run=true") } else { path.to_owned() };
    let body = if body.is_null() { String::new() } else { body.to_string() };
    app.request(method, &path).send(&[JSON], body.as_bytes())
}

fn json_of(reply: &Reply) -> Value {
    serde_json::from_str(&reply.body).expect("JSON")
}

/// Two books, a store with two items, and another store.
fn furnish(app: &App) {
    app.post("/api/books", json!([{"title": "Emma", "author": "Austen", "isbn": ISBN}, {"title": "Dune", "author": "Herbert"}]))
        .expect(201);
    app.post("/api/stores", json!([{"name": "Main Street"}, {"name": "Harbour"}])).expect(201);
    app.post("/api/items", json!([{"name": "mug", "price": 7, "store_id": 1}, {"name": "copy", "price": 2.5, "store_id": 1, "book_id": 1}]))
        .expect(201);
}

fn everything(app: &App) -> [String; 3] {
    ["/api/books", "/api/stores", "/api/items"].map(|path| app.get(path).body)
}

/// A body without what is of its moment: times, and ids that were not given out yet.
fn timeless(mut body: Value) -> Value {
    let rows = match &mut body {
        Value::Array(rows) => rows.iter_mut().collect(),
        one => vec![one],
    };
    for row in rows.into_iter().filter_map(Value::as_object_mut) {
        let is_new = row.get("version") == Some(&json!(1));
        row.retain(|name, _| {
            !(["created_at", "updated_at"].contains(&name.as_str()) || is_new && name == "id")
        });
    }
    body
}

on_both! {
    fn every_write_can_be_tried(database) {
        let app = App::new(&database);
        furnish(&app);
        for (method, path, body) in [
            ("POST", "/api/books", json!({"title": "Persuasion", "author": "Austen", "isbn": "9780201633610"})),
            ("POST", "/api/books", json!([{"title": "a", "author": "x"}, {"title": "b", "author": "x"}])),
            ("POST", "/api/books", json!([])),
            ("POST", "/api/stores", json!({"name": "Market"})),
            ("POST", "/api/items", json!({"name": "poster", "price": 20, "store_id": 2, "book_id": 2})),
            ("PUT", "/api/books/2", json!({"year": 1965})),
            ("PATCH", "/api/books/2", json!({"status": "lent"})),
            ("PATCH", "/api/books/2", json!({})),
            ("PATCH", "/api/stores/2", json!({"name": "Quay"})),
            ("PUT", "/api/items/1", json!({"price": 8})),
            ("PUT", "/api/books/isbn/9780132350884", json!({"year": 1815})),
            ("PUT", "/api/books/isbn/9780306406157", json!({"title": "new", "author": "x"})),
            ("PATCH", "/api/books?author=Herbert&confirm=1", json!({"status": "lost"})),
            ("PATCH", "/api/items?all=true&confirm=3", json!({"price": 1})),
            ("DELETE", "/api/items/1", json!(null)),
            ("DELETE", "/api/items?price__lt=0&confirm=0", json!(null)),
            ("DELETE", "/api/books?q=dune&confirm=1", json!(null)),
            ("DELETE", "/api/books/1", json!(null)),
            ("DELETE", "/api/stores/1", json!(null)),
        ] {
            let before = everything(&app);
            let tried = send(&app, (method, path, &body), true);
            assert_eq!((tried.status, tried.headers["dry-run"].as_str()), (200, "true"), "{method} {path}: {}", tried.body);
            for absent in ["location", "etag"] {
                assert!(!tried.headers.contains_key(absent), "{method} {path}: {absent}");
            }
            assert_eq!(everything(&app), before, "{method} {path}");
            let done = send(&app, (method, path, &body), false);
            assert!([200, 201].contains(&done.status) && !done.headers.contains_key("dry-run"), "{}", done.body);
            let (mut tried, done): (Value, Value) = (json_of(&tried), json_of(&done));
            if let Some(message) = tried.get("message") {
                let message = message.as_str().unwrap();
                tried["message"] = message.strip_suffix(" (dry run: nothing was stored)").expect(message).into();
            }
            assert_eq!(timeless(tried), timeless(done), "{method} {path}");
        }
        app.logged(&["DELETE /api/stores/1 200"]);
    }

    fn what_a_write_is_refused_for_its_trial_is_too(database) {
        let app = App::new(&database);
        furnish(&app);
        let before = everything(&app);
        let twin = json!({"title": "a", "author": "x", "isbn": "9780201633610"});
        for (method, path, body) in [
            ("POST", "/api/books", json!({"title": "", "author": "x"})),
            ("POST", "/api/books", json!({"title": "a", "author": "x", "isbn": "0-13-235088-2"})),
            ("POST", "/api/books", json!([twin, twin])),
            ("POST", "/api/items", json!({"name": "a", "price": 1, "store_id": 9})),
            ("PATCH", "/api/books/2", json!({"isbn": ISBN})),
            ("PATCH", "/api/books/2", json!({"version": 7})),
            ("PATCH", "/api/books/9", json!({"status": "lent"})),
            ("PATCH", "/api/items?all=true&confirm=2", json!({"book_id": 9})),
            ("PATCH", "/api/books?all=true&confirm=2", json!({"isbn": "9780201633610"})),
            ("PATCH", "/api/books?all=true&confirm=3", json!({"status": "lent"})),
            ("DELETE", "/api/books?all=true", json!(null)),
            ("DELETE", "/api/books", json!(null)),
            ("DELETE", "/api/stores/9", json!(null)),
            ("PUT", "/api/books/isbn/9780306406157", json!({"title": "no author"})),
            ("POST", "/api/imports/7/undo", json!(null)),
        ] {
            let refused = |dry| {
                let reply = send(&app, (method, path, &body), dry);
                let problem = json_of(&reply);
                (reply.status, problem["type"].clone(), problem["detail"].clone(), problem["errors"].clone())
            };
            let tried = refused(true);
            assert!((400..500).contains(&tried.0), "{method} {path}: {tried:?}");
            assert_eq!(tried, refused(false), "{method} {path}");
        }
        let stale = [JSON, ("if-match", "\"1.7\"")];
        for method in ["PATCH", "DELETE"] {
            app.request(method, "/api/books/1?dry_run=true").send(&stale, b"{}").expect_problem(412);
        }
        app.request("PUT", "/api/books/isbn/9780132350884?dry_run=true").send(&[JSON, ("if-none-match", "*")], b"{}").expect_problem(412);
        assert_eq!(everything(&app), before);
    }

    fn the_parameter_is_true_or_false_and_belongs_to_writes(database) {
        let app = App::new(&database);
        furnish(&app);
        for value in ["", "=", "=1", "=yes", "=True", "=true&dry_run=true", "=true%00", "=%F0%9F%92%A9"] {
            for (method, path, body) in [
                ("DELETE", "/api/books/1?dry_run", ""),
                ("PATCH", "/api/books/1?dry_run", "{\"title\":\"x\"}"),
                ("POST", "/api/books?dry_run", "{\"title\":\"x\",\"author\":\"y\"}"),
                ("DELETE", "/api/books?all=true&confirm=2&dry_run", ""),
                ("POST", "/api/imports/1/undo?dry_run", ""),
            ] {
                let error = app.request(method, &format!("{path}{value}")).send(&[JSON], body.as_bytes()).expect_problem(400);
                let expected = if value.contains('&') { "dry_run appears twice" } else { "is neither true nor false" };
                assert!(error.contains(expected), "{method} {path}{value}: {error}");
            }
        }
        for path in ["/api/books?dry_run=true", "/api/books/1?dry_run=true", "/api/exports/books.csv?dry_run=true"] {
            assert!(app.get(path).expect_problem(400).contains("the parameter `dry_run` does not exist"), "{path}");
        }
        assert_eq!(app.get("/api/books?count=exact").headers["x-total-count"], "2");
        let stored = app.request("PATCH", "/api/books/1?dry_run=false").send(&[JSON], b"{\"year\":1815}");
        assert_eq!((stored.headers["etag"].as_str(), &json_of(&stored)["version"]), ("\"1.2\"", &json!(2)));
    }

    fn a_trial_uses_up_no_key(database) {
        let app = App::new(&database);
        let send = |path: &str| app.request("POST", path).send(&[JSON, ("idempotency-key", "one")], b"{\"title\":\"a\",\"author\":\"x\"}");
        assert_eq!(send("/api/books?dry_run=true").status, 200);
        assert_eq!(database.number("SELECT count(*) FROM idempotency_keys"), 0);
        let stored = send("/api/books").expect(201);
        // Afterwards it is tried again, and not answered from the key.
        assert_eq!(send("/api/books?dry_run=true").headers["dry-run"], "true");
        assert_eq!(send("/api/books").expect(201), stored);
        assert_eq!(database.number("SELECT count(*) FROM books"), 1);
        let bad = [JSON, ("idempotency-key", "white space")];
        app.request("POST", "/api/books?dry_run=true").send(&bad, b"{\"title\":\"a\",\"author\":\"x\"}").expect_problem(400);
    }

    fn trials_do_no_harm_to_writes_at_the_same_time(database) {
        let app = App::new(&database);
        furnish(&app);
        thread::scope(|scope| {
            for worker in 0..8 {
                let app = &app;
                scope.spawn(move || {
                    for round in 0..25 {
                        if worker % 2 == 0 {
                            let book = json!({"title": format!("{worker} {round}"), "author": "y"});
                            app.post("/api/books", book).expect(201);
                        } else {
                            send(app, ("POST", "/api/books", &json!({"title": "tried", "author": "z"})), true).expect(200);
                            let all = send(app, ("DELETE", "/api/books?author=z&confirm=0", &json!(null)), true);
                            assert_eq!(all.expect(200)["deleted"], 0);
                            send(app, ("DELETE", "/api/books/1", &json!(null)), true).expect(200);
                        }
                    }
                });
            }
        });
        assert_eq!(database.number("SELECT count(*) FROM books"), 102);
        assert_eq!(database.number("SELECT count(*) FROM books WHERE author = 'y'"), 100);
    }

    fn the_undo_of_an_import_can_be_tried(database) {
        let app = App::new(&database);
        let import = app.request("POST", "/api/imports").send(&[("content-type", "text/csv")], b"title,author\na,x\n");
        let path = import.headers["location"].clone();
        // The events end when the import does.
        app.get(&format!("{path}/events"));
        let done = app.get(&path).expect(200);
        let tried = app.request("POST", &format!("{path}/undo?dry_run=true")).send(&[], b"");
        assert_eq!((tried.status, tried.headers["dry-run"].as_str()), (200, "true"));
        assert_eq!(json_of(&tried)["state"], "undoing");
        assert_eq!(app.get(&path).expect(200), done);
        assert_eq!(database.number("SELECT count(*) FROM books"), 1);
    }
}
