//! Conditional requests: unchanged rows are not sent again, and rows that were changed since are not overwritten.

use std::sync::Barrier;

use serde_json::json;

use crate::support::{App, on_both};

const JSON: (&str, &str) = ("content-type", "application/json");

fn furnish(app: &App) {
    app.post("/api/books", json!({"title": "Emma", "author": "Austen"})).expect(201);
    app.post("/api/stores", json!({"name": "Main Street"})).expect(201);
    app.post("/api/items", json!({"name": "mug", "price": 7, "store_id": 1})).expect(201);
}

fn tag(app: &App, path: &str) -> String {
    app.get(path).headers["etag"].clone()
}

on_both! {
    fn what_a_client_has_is_not_sent_again(database) {
        let app = App::new(&database);
        furnish(&app);
        for path in [
            "/api/books/1", "/api/stores/1", "/api/items/1",
            "/api/books", "/api/items?store_id=1&fields=id", "/api/stores?include=items",
        ] {
            let tag = tag(&app, path);
            for seen in [tag.clone(), format!("\"x\", {tag}"), format!("W/{}", tag.trim_start_matches("W/")), "*".to_owned()] {
                let reply = app.request("GET", path).send(&[("if-none-match", &seen)], b"");
                assert_eq!((reply.status, reply.body.as_str(), &reply.headers["etag"]), (304, "", &tag), "{path} {seen}");
                assert_eq!(app.request("HEAD", path).send(&[("if-none-match", &seen)], b"").status, 304, "{path} {seen}");
            }
            let reply = app.request("GET", path).send(&[("if-none-match", "\"x\", W/\"1.0\"")], b"");
            assert_eq!(reply.status, 200, "{path}");
        }
        let (one, list) = (tag(&app, "/api/books/1"), tag(&app, "/api/books"));
        app.put("/api/books/1", json!({"year": 1815})).expect(200);
        for (path, seen) in [("/api/books/1", &one), ("/api/books", &list)] {
            let reply = app.request("GET", path).send(&[("if-none-match", seen)], b"");
            assert_eq!(reply.status, 200, "{path}");
            assert_ne!(&reply.headers["etag"], seen);
        }
        assert_eq!(app.request("GET", "/api/books/9").send(&[("if-none-match", "*")], b"").status, 404);
    }

    fn a_change_that_is_based_on_something_old_is_refused(database) {
        let app = App::new(&database);
        furnish(&app);
        for (path, change) in [
            ("/api/books/1", json!({"title": "Persuasion"})),
            ("/api/stores/1", json!({"name": "Harbour"})),
            ("/api/items/1", json!({"price": 8})),
        ] {
            let old = tag(&app, path);
            let body = change.to_string();
            for method in ["PUT", "PATCH"] {
                let current = tag(&app, path);
                let sent = app.request(method, path).send(&[JSON, ("if-match", &current)], body.as_bytes());
                assert_eq!((sent.status, &sent.headers["etag"]), (200, &tag(&app, path)), "{}", sent.body);
            }
            let seen = format!("W/{}", tag(&app, path));
            let old = old.as_str();
            let stale = [("PUT", old), ("PATCH", old), ("DELETE", old), ("PUT", &seen), ("PUT", "\"9.2\""), ("DELETE", "x")];
            for (method, if_match) in stale {
                let reply = app.request(method, path).send(&[JSON, ("if-match", if_match)], body.as_bytes());
                assert_eq!(reply.headers["etag"], tag(&app, path), "{method} {path} {if_match}");
                let error = reply.expect_problem(412);
                assert!(error.contains("is out of date") && error.contains("is at version 2"), "{error}");
            }
            let current = tag(&app, path);
            let either = format!("{old}, {current}");
            let merge = ("content-type", "application/merge-patch+json");
            app.request("PATCH", path).send(&[merge, ("if-match", &either)], b"{}").expect(200);
            app.request("PUT", path).send(&[JSON, ("if-match", "*")], b"{}").expect(200);
        }
        for path in ["/api/items/1", "/api/stores/1", "/api/books/1"] {
            let current = tag(&app, path);
            app.request("DELETE", path).send(&[("if-match", &current)], b"").expect(200);
            app.request("DELETE", path).send(&[("if-match", &current)], b"").expect_problem(404);
        }
    }

    fn of_two_clients_who_edit_one_book_one_wins(database) {
        let app = App::new(&database);
        furnish(&app);
        for round in 0..20 {
            let seen = tag(&app, "/api/books/1");
            let start = Barrier::new(2);
            let edit = |client: usize| {
                let body = json!({"title": format!("{round} {client}")}).to_string();
                start.wait();
                app.request("PATCH", "/api/books/1").send(&[JSON, ("if-match", &seen)], body.as_bytes())
            };
            let mut replies = std::thread::scope(|scope| {
                let other = scope.spawn(|| edit(1));
                [edit(0), other.join().unwrap()]
            });
            replies.sort_by_key(|reply| reply.status);
            let [won, lost] = replies;
            let stored = app.get("/api/books/1");
            assert_eq!((won.status, lost.status), (200, 412), "{won:?} {lost:?}");
            assert_eq!((&won.body, &won.headers["etag"]), (&stored.body, &stored.headers["etag"]));
            assert_eq!(lost.headers["etag"], stored.headers["etag"]);
        }
    }
}
