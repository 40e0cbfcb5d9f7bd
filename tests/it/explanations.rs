//! What a refusal says: every member that is missing, the row that a value belongs to, the types that are accepted.

use serde_json::{Value, json};

use crate::support::{App, on_both};

const JSON: (&str, &str) = ("content-type", "application/json");

fn pointers(problem: &Value) -> Vec<&str> {
    problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect()
}

on_both! {
    fn every_member_that_is_missing_or_unknown_is_named_at_once(database) {
        let app = App::new(&database);
        for (path, body, expected) in [
            ("/api/books", json!({}), &["/title", "/author"][..]),
            ("/api/books", json!({"autor": "x", "year": "y"}), &["/title", "/author", "/autor"]),
            ("/api/books", json!({"title": "a", "author": "b", "x": 1, "y": 2}), &["/x", "/y"]),
            ("/api/items", json!({}), &["/name", "/price", "/store_id"]),
            ("/api/items", json!({"price": "cheap"}), &["/name", "/store_id", "/price"]),
            ("/api/stores", json!([{}, {"name": "a"}, {"nam": "b"}, 7]), &["/0/name", "/2/name", "/2/nam", "/3"]),
        ] {
            let problem = app.post(path, body.clone()).expect(400);
            assert_eq!(pointers(&problem), expected, "{path} {body}: {problem}");
        }
        let error = app.post("/api/books", json!({})).expect_problem(400);
        assert_eq!(error, "missing field `title`; missing field `author`");
        // A long list of bad rows costs no more than its first hundred errors.
        let many = format!("[{}]", vec!["{}"; 340_000].join(","));
        let problem = app.request("POST", "/api/books").send(&[JSON], many.as_bytes()).expect(400);
        assert_eq!(problem["errors"].as_array().unwrap().len(), 100);
        let many: Vec<String> = (0..40_000).map(|number| format!("\"member{number}\":1")).collect();
        let problem = app.request("POST", "/api/books").send(&[JSON], format!("{{{}}}", many.join(",")).as_bytes()).expect(400);
        assert_eq!(problem["errors"].as_array().unwrap().len(), 100);
        assert_eq!(database.number("SELECT count(*) FROM books") + database.number("SELECT count(*) FROM stores"), 0);
    }

    fn a_message_says_nothing_of_types_of_the_program(database) {
        let app = App::new(&database);
        for (path, body) in [
            ("/api/books", json!({"title": "a", "author": "b", "year": "x"})),
            ("/api/books", json!({"title": "a", "author": "b", "year": 3e10})),
            ("/api/books", json!({"title": "a", "author": "b", "page_count": {}})),
            ("/api/books", json!({"title": [], "author": true})),
            ("/api/items", json!({"name": "a", "price": [], "store_id": 1.5})),
            ("/api/items", json!({"name": "a", "price": 1, "store_id": null, "book_id": "x"})),
            ("/api/books/query", json!({"limit": "x"})),
            ("/api/books/query", json!({"sort": {}, "filter": 7})),
            ("/api/books/query", json!({"offset": 1e20})),
        ] {
            let error = app.post(path, body.clone()).expect_problem(400);
            for word in ["i32", "u32", "i64", "u64", "f64", "struct", "enum", "Option", "New", "variant", "tuple"] {
                assert!(!error.split(|c: char| !c.is_alphanumeric()).any(|part| part == word), "{body}: {error}");
            }
        }
        let error = app.post("/api/books", json!({"title": "a", "author": "b", "year": 3e10})).expect_problem(400);
        assert!(error.contains("expected a whole number between -2147483648 and 2147483647"), "{error}");
        for change in [json!({"version": "x"}), json!({"created_at": 7}), json!({"id": 1e10})] {
            let error = app.put("/api/books/1", change).expect_problem(400);
            assert!(!error.contains("i32"), "{error}");
        }
    }

    fn a_duplicate_names_the_row_that_has_the_value(database) {
        let app = App::new(&database);
        let (one, two, free) = ("9780132350884", "9780201633610", "9780306406157");
        let book = |isbn: &str| json!({"title": "a", "author": "b", "isbn": isbn});
        app.post("/api/books", json!([{"title": "x", "author": "y"}, book(one), book(two)])).expect(201);
        let of = |id: i32, isbn: &str| {
            (format!("isbn `{isbn}` is that of book {id}; change that one or choose another isbn"), json!(format!("/api/books/{id}")))
        };
        for (method, path, body, pointer, (detail, link)) in [
            ("POST", "/api/books", book("0-13-235088-2"), "/isbn", of(2, one)),
            ("POST", "/api/books?dry_run=true", book(two), "/isbn", of(3, two)),
            ("PATCH", "/api/books/1", json!({"isbn": two}), "/isbn", of(3, two)),
            ("PUT", "/api/books/2", json!({"isbn": two}), "/isbn", of(3, two)),
            ("PATCH", "/api/books?title=x&confirm=1", json!({"isbn": one}), "/isbn", of(2, one)),
            ("POST", "/api/books", json!([book(free), book(one)]), "/1/isbn", of(2, one)),
        ] {
            let problem = app.request(method, path).send(&[JSON], body.to_string().as_bytes()).expect(400);
            let error = &problem["errors"][0];
            assert_eq!((&problem["type"], &error["code"]), (&json!("/problems/duplicate"), &json!("duplicate")), "{problem}");
            let expected = if pointer == "/1/isbn" { format!("element 1: {detail}") } else { detail };
            assert_eq!((&problem["detail"], &error["detail"]), (&json!(expected), &json!(expected)), "{path}");
            assert_eq!((&error["pointer"], &error["link"]), (&json!(pointer), &link), "{path}");
            assert_eq!(app.get(error["link"].as_str().unwrap()).status, 200);
        }
        // Of rows that are not stored there is nothing to lead to.
        let problem = app.post("/api/books", json!([book(free), {"title": "c", "author": "d"}, book("0-306-40615-2")])).expect(400);
        assert_eq!(problem["detail"], format!("element 2: isbn `{free}` is that of element 0, too; choose another isbn"));
        assert_eq!((&problem["errors"][0]["pointer"], &problem["errors"][0]["link"]), (&json!("/2/isbn"), &Value::Null));
        let both = app.request("PATCH", "/api/books?title=a&confirm=2").send(&[JSON], json!({"isbn": free}).to_string().as_bytes());
        assert_eq!(both.expect_problem(400), format!("isbn `{free}` is taken by another row; change that one or choose another isbn"));
        assert_eq!(database.number("SELECT count(*) FROM books"), 3);
    }

    fn a_row_is_sent_as_json_or_not_at_all(database) {
        let app = App::new(&database);
        app.post("/api/books", json!({"title": "a", "author": "b", "isbn": "9780132350884"})).expect(201);
        app.post("/api/stores", json!({"name": "s"})).expect(201);
        app.post("/api/items", json!({"name": "i", "price": 1, "store_id": 1})).expect(201);
        let some = ["application/json", "*/*", "application/*;q=0.1", "text/csv, */*;q=0.5", "text/html,application/json", "nonsense"];
        for path in ["/api/books/1", "/api/books/isbn/9780132350884", "/api/stores/1", "/api/items/1?fields=id"] {
            // Twice, so that the second answer may be a cached one.
            for _ in 0..2 {
                for accept in some {
                    assert_eq!(app.request("GET", path).send(&[("accept", accept)], b"").status, 200, "{path} {accept}");
                }
                for accept in ["text/csv", "text/html", "application/x-ndjson, text/*", "application/json;q=0, text/csv", "*/*;q=0"] {
                    let error = app.request("GET", path).send(&[("accept", accept)], b"").expect_problem(406);
                    assert_eq!(error, "no type in `Accept` is supported; a row is available as application/json", "{accept}");
                }
            }
        }
        assert_eq!(app.request("HEAD", "/api/books/1").send(&[("accept", "text/csv")], b"").status, 406);
        assert_eq!(app.request("GET", "/api/books").send(&[("accept", "text/csv")], b"").status, 200);
    }

    fn a_type_that_is_not_accepted_is_answered_with_those_that_are(database) {
        let app = App::new(&database);
        app.post("/api/books", json!({"title": "a", "author": "b"})).expect(201);
        let patches = ("accept-patch", "application/merge-patch+json, application/json");
        let json_only = "application/json";
        for (method, path, kind, (header, types)) in [
            ("PATCH", "/api/books/1", "text/plain", patches),
            ("PATCH", "/api/books/1", "application/json-patch+json", patches),
            ("PATCH", "/api/books?all=true&confirm=1", "application/xml", patches),
            ("POST", "/api/books", "application/x-www-form-urlencoded", ("accept-post", json_only)),
            ("POST", "/api/books/query", "text/plain", ("accept-post", json_only)),
            ("QUERY", "/api/books", "text/plain", ("accept-query", json_only)),
            ("PUT", "/api/books/1", "text/plain", ("accept", json_only)),
        ] {
            let reply = app.request(method, path).send(&[("content-type", kind)], b"[]");
            assert_eq!(reply.headers.get(header).map(String::as_str), Some(types), "{method} {path}: {reply:?}");
            let error = reply.expect_problem(415);
            assert!(error.contains(&format!("the content type is `{kind}`, expected `{}`", types.replace(", ", "` or `"))), "{error}");
        }
        let reply = app.request("POST", "/api/imports").send(&[("content-type", "image/png")], b"{}");
        assert!(reply.headers["accept-post"].starts_with("text/csv, ") && reply.headers["accept-post"].ends_with(", multipart/form-data"));
        assert_eq!(app.request("PATCH", "/api/books/1").send(&[("content-type", "application/merge-patch+json")], b"{}").status, 200);
        let options = app.request("OPTIONS", "/api/books").send(&[], b"");
        let of = |header: &str| options.headers.get(header).map(String::as_str);
        assert_eq!((of("accept-post"), of("accept-patch")), (Some(json_only), Some("application/json, application/merge-patch+json")));
        let options = app.request("OPTIONS", "/api/books/1").send(&[], b"");
        assert!(!options.headers.contains_key("accept-post") && options.headers.contains_key("accept-patch"));
    }
}
