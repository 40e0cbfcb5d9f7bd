//! `PATCH` and `DELETE` of a collection: every selected row, and no other.

use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::{Value, json};

use crate::support::{App, Database, on_both};

const JSON: (&str, &str) = ("content-type", "application/json");

/// Five books, two stores and four items; `updated_at` of all of them is long ago.
fn furnish(database: &Database) -> App {
    let app = App::new(database);
    let book = |title: &str, author: &str, year: Option<i32>| json!({"title": title, "author": author, "year": year});
    app.post(
        "/api/books",
        json!([
            book("Emma", "Austen", Some(1815)),
            book("Persuasion", "Austen", Some(1817)),
            book("Dune", "Herbert", Some(1965)),
            book("Ulysses", "Joyce", Some(1922)),
            book("Beowulf", "unknown", None),
        ]),
    )
    .expect(201);
    app.post("/api/stores", json!([{"name": "Main Street"}, {"name": "Harbour"}])).expect(201);
    let items = [
        ("copy", 5.25, 1, Some(1)),
        ("worn copy", 2.5, 1, Some(1)),
        ("mug", 7.0, 2, None),
        ("poster", 20.0, 2, Some(4)),
    ];
    for (name, price, store, book) in items {
        let item = json!({"name": name, "price": price, "store_id": store, "book_id": book});
        app.post("/api/items", item).expect(201);
    }
    for table in ["books", "stores", "items"] {
        let old = format!("UPDATE {table} SET updated_at = '2020-01-01 00:00:00+00:00'");
        database.execute(&old).unwrap();
    }
    app
}

fn patch(app: &App, path: &str, body: &Value) -> crate::support::Reply {
    app.request("PATCH", path).send(&[JSON], body.to_string().as_bytes())
}

/// The rows of a list, each as its id and version.
fn versions(app: &App, path: &str) -> Vec<(i64, i64)> {
    let rows = app.get(path).expect(200);
    let number = |row: &Value, name: &str| row[name].as_i64().unwrap();
    rows.as_array().unwrap().iter().map(|row| (number(row, "id"), number(row, "version"))).collect()
}

fn expect_unchanged(app: &App) {
    for (path, count) in [("/api/books", 5), ("/api/stores", 2), ("/api/items", 4)] {
        let rows = versions(app, path);
        assert!(
            rows.len() == count && rows.iter().all(|(_, version)| *version == 1),
            "{path}: {rows:?}"
        );
    }
}

on_both! {
    fn every_row_that_the_filters_find_is_changed_and_no_other(database) {
        let app = furnish(&database);
        let answer = patch(&app, "/api/books?author=Austen&confirm=2", &json!({"status": "lent", "page_count": 300})).expect(200);
        assert_eq!(answer, json!({"message": "2 books changed", "matched": 2, "changed": 2}));
        assert_eq!(versions(&app, "/api/books"), [(1, 2), (2, 2), (3, 1), (4, 1), (5, 1)]);
        for row in app.get("/api/books").expect(200).as_array().unwrap() {
            let changed = row["author"] == "Austen";
            assert_eq!((row["status"] == "lent", row["page_count"] == 300), (changed, changed), "{row}");
            assert_eq!(row["updated_at"].as_str().unwrap().starts_with("2020"), !changed, "{row}");
        }
        // Rows that already have the values are not changed, as for a single row.
        let answer = patch(&app, "/api/books?year__lt=1930&confirm=3", &json!({"status": "lent"})).expect(200);
        assert_eq!(answer, json!({"message": "1 of 3 books changed", "matched": 3, "changed": 1}));
        let answer = patch(&app, "/api/books?all=true&confirm=5", &json!({"year": null})).expect(200);
        assert_eq!(answer["changed"], 4);
        assert_eq!(versions(&app, "/api/books"), [(1, 3), (2, 3), (3, 2), (4, 3), (5, 1)]);
        assert_eq!(patch(&app, "/api/books?all=true&confirm=5", &json!({})).expect(200)["changed"], 0);
        assert_eq!(patch(&app, "/api/books?year=7&confirm=0", &json!({"year": 1})).expect(200)["message"], "0 books changed");
        let answer = patch(&app, "/api/stores?items.name=mug&confirm=1", &json!({"name": " Quay "})).expect(200);
        assert_eq!(answer["message"], "1 store changed");
        assert_eq!(app.get("/api/stores/2").expect(200)["name"], "Quay");
    }

    fn items_are_changed_through_their_relations(database) {
        let app = furnish(&database);
        let answer = patch(&app, "/api/items?book.author=Austen&q=copy&confirm=2", &json!({"price": 2.50, "store_id": 2, "book_id": null}));
        assert_eq!(answer.expect(200)["changed"], 2);
        assert_eq!(versions(&app, "/api/items"), [(1, 2), (2, 2), (3, 1), (4, 1)]);
        assert!(app.get("/api/items/1").body.contains("\"price\":2.50,"));
        // Exact money: an equal amount is not a change.
        assert_eq!(patch(&app, "/api/items?price=2.5&confirm=2", &json!({"price": 2.5})).expect(200)["changed"], 0);
        let error = patch(&app, "/api/items?all=true&confirm=4", &json!({"store_id": 9, "book_id": 8})).expect_problem(400);
        assert_eq!(error, "store_id `9` does not exist; book_id `8` does not exist");
    }

    fn what_hangs_on_rows_that_are_deleted_goes_as_with_one(database) {
        let app = furnish(&database);
        let answer = app.delete("/api/books?q=austen&year__lt=1816&confirm=1").expect(200);
        assert_eq!(answer, json!({"message": "1 book deleted", "deleted": 1}));
        assert_eq!(app.get("/api/items?book_id__isnull=true").expect(200).as_array().unwrap().len(), 3);
        let answer = app.delete("/api/stores?items.price__lt=7&confirm=1").expect(200);
        assert_eq!(answer, json!({"message": "1 store deleted", "deleted": 1}));
        assert_eq!(versions(&app, "/api/items"), [(3, 1), (4, 1)]);
        assert_eq!(app.delete("/api/items?store.name__icontains=harb&confirm=2").expect(200)["message"], "2 items deleted");
        assert_eq!(app.delete("/api/books?all=true&confirm=4").expect(200)["deleted"], 4);
        assert_eq!(app.get("/api/books").body, "[]");
        // Again: nothing is left, and the response reports that.
        let error = app.delete("/api/books?all=true&confirm=4").expect_problem(412);
        assert!(error.contains("confirm is `4`, but the number of books that match is 0"), "{error}");
        assert_eq!(app.delete("/api/books?all=true&confirm=0").expect(200)["deleted"], 0);
    }

    fn what_is_not_meant_is_refused_and_changes_nothing(database) {
        let app = furnish(&database);
        for (status, path, reason) in [
            (400, "/api/books", "there is no filter; add one, or `all=true`"),
            (400, "/api/books?q=%20", "there is no filter"),
            (400, "/api/books?confirm=5", "there is no filter"),
            (400, "/api/books?author=Austen", "confirm is missing; 2 books match, and nothing was changed: repeat with confirm=2"),
            (400, "/api/stores?id=1", "1 store matches"),
            (412, "/api/books?author=Austen&confirm=1", "confirm is `1`, but the number of books that match is 2"),
            (412, "/api/books?all=true&confirm=6", "the number of books that match is 5"),
            (400, "/api/books?author=Austen&confirm=two", "confirm `two` is not a number of rows"),
            (400, "/api/books?author=Austen&confirm=-2", "confirm `-2` is not a number"),
            (400, "/api/books?author=Austen&confirm=2&confirm=2", "confirm appears twice"),
            (400, "/api/books?author=Austen&all=true&confirm=2", "all=true means every row; leave it out, or the filters"),
            (400, "/api/books?all=yes&confirm=5", "all `yes` is not `true`"),
            (400, "/api/books?autor=Austen&confirm=2", "the parameter `autor` does not exist; the nearest one is `author`"),
            (400, "/api/books?author=Austen&confim=2", "the nearest one is `confirm`"),
            (400, "/api/books?author=Austen&confirm=2&limit=1", "limit is for lists"),
            (400, "/api/books?author=Austen&confirm=2&sort=id", "sort is for lists"),
            (400, "/api/books?author=Austen&confirm=2&fields=id", "the parameter `fields` does not exist"),
            (400, "/api/books?year=x&confirm=2", "year `x` is not a whole number"),
        ] {
            for reply in [app.delete(path), patch(&app, path, &json!({"name": "x"})), patch(&app, path, &json!({}))] {
                if reply.body.contains("unknown field `name`") {
                    continue;
                }
                let error = reply.expect_problem(status);
                assert!(error.contains(reason), "{path}: {error}");
            }
        }
        expect_unchanged(&app);
    }

    fn changes_that_fit_no_row_or_name_a_version_are_refused(database) {
        let app = furnish(&database);
        let changes = [
            (json!({"isbn": "0-13-235088-2"}), "isbn `9780132350884` is taken by another row"),
            (json!({"title": " ", "year": 3000}), "title is empty, expected 1 to 200 characters; year `3000` is not between"),
            (json!({"id": 1, "version": 1, "status": "x"}), "id is of one row; leave it out of a change of many; version is of one row"),
            (json!({"titel": "x"}), "unknown field `titel`"),
            (json!({"title": null}), "title: invalid type: null"),
            (json!([]), "the body is not a JSON object"),
        ];
        for (body, reason) in changes {
            let error = patch(&app, "/api/books?author=Austen&confirm=2", &body).expect_problem(400);
            assert!(error.contains(reason), "{body}: {error}");
        }
        let one = app.get("/api/books/1").headers["etag"].clone();
        for (name, value) in [("if-match", one.as_str()), ("if-match", "W/\"x\""), ("if-none-match", "*")] {
            let reply = app.request("DELETE", "/api/books?all=true&confirm=5").send(&[(name, value)], b"");
            assert!(reply.expect_problem(412).contains("If-Match is not supported for bulk requests"), "{name}");
        }
        app.request("PATCH", "/api/books?all=true&confirm=5").send(&[], b"{}").expect_problem(415);
        expect_unchanged(&app);
        app.request("DELETE", "/api/books?all=true&confirm=5").send(&[("if-match", "*")], b"").expect(200);
    }

    fn a_hundred_thousand_rows_are_one_change(database) {
        let app = App::new(&database);
        let numbers = match database.is_sqlite() {
            true => "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)",
            false => "WITH n(i) AS (SELECT generate_series(1, 100000))",
        };
        let rows = format!("INSERT INTO books (title, author, year) {numbers} SELECT 'title ' || i, 'x', i % 1000 FROM n");
        database.execute(&rows).unwrap();
        let answer = patch(&app, "/api/books?id__gte=1&confirm=100000", &json!({"author": "somebody else", "year": 7})).expect(200);
        assert_eq!(answer["changed"], 100_000);
        assert_eq!(database.number("SELECT count(*) FROM books WHERE author = 'somebody else' AND year = 7 AND version = 2"), 100_000);
        assert_eq!(app.delete("/api/books?title__startswith=title&confirm=100000").expect(200)["message"], "100000 books deleted");
        assert_eq!(database.number("SELECT count(*) FROM books"), 0);
    }

    fn exactly_as_many_rows_are_deleted_as_were_confirmed_whoever_adds_some(database) {
        let app = App::new(&database);
        let deleted = AtomicI64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for number in 0..60 {
                        app.post("/api/books", json!({"title": format!("{number}"), "author": "x", "year": 1})).expect(201);
                    }
                });
                scope.spawn(|| {
                    for _ in 0..40 {
                        let matching = app.get("/api/books?year=1&limit=1&count=exact").headers["x-total-count"].clone();
                        let reply = app.delete(&format!("/api/books?year=1&confirm={matching}"));
                        assert!([200, 412, 503].contains(&reply.status), "{reply:?}");
                        if reply.status == 200 {
                            let count = reply.expect(200)["deleted"].as_i64().unwrap();
                            assert_eq!(count.to_string(), matching);
                            deleted.fetch_add(count, Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        let left = database.number("SELECT count(*) FROM books");
        assert_eq!(deleted.load(Ordering::Relaxed) + left, 120);
    }
}
