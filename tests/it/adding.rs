//! POST: one row or several in one transaction, and requests that may be repeated.

use std::sync::Barrier;

use serde_json::{Value, json};

use crate::support::{App, Reply, on_both};

fn post(app: &App, path: &str, key: &str, body: &Value) -> Reply {
    let headers = [("content-type", "application/json"), ("idempotency-key", key)];
    app.request("POST", path).send(&headers, body.to_string().as_bytes())
}

on_both! {
    fn several_rows_are_added_whole_or_not_at_all(database) {
        let app = App::new(&database);
        let added = app.post("/api/books", json!([
            {"title": "a", "author": "x", "isbn": "0-13-235088-2"},
            {"title": "b", "author": "y"},
        ]));
        assert!(!added.headers.contains_key("location"));
        let added = added.expect(201);
        assert_eq!((&added[0]["id"], &added[0]["isbn"], &added[1]["id"]), (&json!(1), &json!("9780132350884"), &json!(2)));
        assert_eq!(app.post("/api/books", json!([])).expect(201), json!([]));
        for (body, pointers) in [
            (json!([{"title": "c", "author": "x"}, {"title": "", "author": "x", "year": 9999}]), vec!["/1/title", "/1/year"]),
            (json!([{"title": "c", "author": "x"}, {"title": "d", "author": "x", "isbn": "9780132350884"}]), vec!["/1/isbn"]),
            (json!([{"title": "c", "author": "x"}, {"titel": "d"}]), vec!["/1/title", "/1/author", "/1/titel"]),
            (json!([{"title": "c", "author": "x"}, 7]), vec!["/1"]),
            (json!([[{"title": "c", "author": "x"}]]), vec!["/0"]),
        ] {
            let problem = app.post("/api/books", body.clone()).expect(400);
            let named: Vec<&str> =
                problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
            assert_eq!(named, pointers, "{body}: {problem}");
        }
        let error = app.post("/api/items", json!([{"name": "mug", "price": 1, "store_id": 9}])).expect_problem(400);
        assert!(error.starts_with("element 0: store_id `9` does not exist"), "{error}");
        assert_eq!(database.number("SELECT count(*) FROM books"), 2);
    }

    fn a_request_that_is_repeated_with_its_key_does_nothing_more(database) {
        let app = App::new(&database);
        let book = json!({"title": "a", "author": "x"});
        let first = post(&app, "/api/books", "one", &book);
        assert_eq!((first.status, first.headers["location"].as_str()), (201, "/api/books/1"));
        app.put("/api/books/1", json!({"year": 1})).expect(200);
        let again = post(&app, "/api/books", "one", &book);
        let answered = |reply: &Reply| (reply.status, reply.body.clone(), reply.headers["location"].clone(), reply.headers["etag"].clone());
        assert_eq!(answered(&again), answered(&first));
        assert_eq!(post(&app, "/api/books", "two", &book).expect(201)["id"], 2);
        let two = json!([{"name": "s"}, {"name": "t"}]);
        assert_eq!(post(&app, "/api/stores", "three", &two).body, post(&app, "/api/stores", "three", &two).body);
        assert_eq!(database.number("SELECT count(*) FROM stores"), 2);
        for (path, body) in [("/api/books", json!({"title": "b", "author": "x"})), ("/api/stores", json!({"name": "one"}))] {
            let error = post(&app, path, "one", &body).expect_problem(422);
            assert!(error.contains("the key `one` was used for another request"), "{error}");
        }
        for key in ["", "white space", "\u{e9}", &"k".repeat(256)] {
            let error = post(&app, "/api/books", key, &book).expect_problem(400);
            assert!(error.contains("expected 1 to 255 visible ASCII characters"), "{key}: {error}");
        }
        // A failed request was not stored, and may be retried with the same key.
        assert_eq!(post(&app, "/api/items", "five", &json!({"name": "m", "price": 1, "store_id": 9})).status, 400);
        assert_eq!(post(&app, "/api/items", "five", &json!({"name": "m", "price": 1, "store_id": 1})).status, 201);
        assert_eq!(database.number("SELECT count(*) FROM idempotency_keys"), 4);
    }

    fn a_request_may_be_repeated_after_a_restart(database) {
        let bodies = [
            json!({"title": "a", "author": "x"}),
            json!({"title": "b", "author": "x", "isbn": "9780132350884"}),
            json!([{"title": "c", "author": "x", "isbn": "9780201633610"}, {"title": "d", "author": "x"}]),
        ];
        let posted = |app: &App| {
            let each = bodies.iter().enumerate();
            each.map(|(key, body)| post(app, "/api/books", &key.to_string(), body).expect(201)).collect::<Vec<_>>()
        };
        let first = App::new(&database);
        let answers = posted(&first);
        drop(first);
        let second = App::new(&database);
        assert_eq!(posted(&second), answers);
        for other in [json!({"title": "e", "author": "x"}), json!({"title": "e", "author": "x", "isbn": "9780132350884"})] {
            post(&second, "/api/books", "1", &other).expect_problem(422);
        }
        assert_eq!(database.number("SELECT count(*) FROM books"), 4);
    }

    fn a_key_of_yesterday_is_forgotten(database) {
        let app = App::new(&database);
        let book = json!({"title": "a", "author": "x"});
        post(&app, "/api/books", "one", &book).expect(201);
        database.execute("UPDATE idempotency_keys SET created_at = '2020-01-01 00:00:00+00:00'").unwrap();
        assert_eq!(post(&app, "/api/books", "one", &book).expect(201)["id"], 2);
        assert_eq!(post(&app, "/api/books", "one", &book).expect(201)["id"], 2);
        drop(app);
        // Also by a process that has not seen it, for another request, and when that is refused at first.
        database.execute("UPDATE idempotency_keys SET created_at = '2020-01-01 00:00:00+00:00'").unwrap();
        let app = App::new(&database);
        let other = json!({"title": "b", "author": "x", "isbn": "9780132350884"});
        let taken = app.post("/api/books", other.clone()).expect(201);
        post(&app, "/api/books", "one", &other).expect_problem(400);
        app.delete(&format!("/api/books/{}", taken["id"])).expect(200);
        let third = post(&app, "/api/books", "one", &other).expect(201);
        assert_eq!(post(&app, "/api/books", "one", &other).expect(201), third);
        post(&app, "/api/books", "one", &book).expect_problem(422);
        assert_eq!(database.number("SELECT count(*) FROM books"), 3);
        assert_eq!(database.number("SELECT count(*) FROM idempotency_keys"), 1);
    }

    fn five_hundred_pairs_of_requests_add_five_hundred_rows(database) {
        let app = App::new(&database);
        let (threads, rounds) = (10, 50);
        let start = Barrier::new(2 * threads);
        let replies: Vec<Vec<String>> = std::thread::scope(|scope| {
            let work = |thread: usize| {
                let (app, start) = (&app, &start);
                move || {
                    (0..rounds)
                        .map(|round| {
                            let key = format!("{}-{round}", thread / 2);
                            start.wait();
                            let reply = post(app, "/api/books", &key, &json!({"title": key, "author": "x"}));
                            assert_eq!(reply.status, 201, "{}", reply.body);
                            reply.body
                        })
                        .collect()
                }
            };
            let threads: Vec<_> = (0..2 * threads).map(|thread| scope.spawn(work(thread))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for pair in replies.chunks(2) {
            assert_eq!(pair[0], pair[1]);
        }
        assert_eq!(database.number("SELECT count(*) FROM books"), (threads * rounds) as i64);
    }
}
