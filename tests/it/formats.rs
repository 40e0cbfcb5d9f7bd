//! The formats of a list: JSON, JSON lines or a table, as the client accepts it.

use serde_json::{Value, json};

use crate::support::{App, Reply, on_both};

fn get(app: &App, path: &str, accept: &str) -> Reply {
    app.request("GET", path).send(&[("accept", accept)], b"")
}

fn shelves(app: &App) {
    let books = json!([
        {"title": "=1+1", "author": "Austen, \"Jane\"", "year": -44, "isbn": "9780132350884"},
        {"title": "two\u{2028}lines", "author": "@x"},
    ]);
    app.post("/api/books", books).expect(201);
    app.post("/api/stores", json!({"name": "Main Street"})).expect(201);
    app.post("/api/items", json!({"name": "-copy", "price": 5.5, "store_id": 1, "book_id": 1}))
        .expect(201);
}

on_both! {
    fn a_list_is_sent_as_the_client_likes_it_best(database) {
        let app = App::new(&database);
        shelves(&app);
        for (accept, kind) in [
            ("*/*", "application/json"),
            ("application/json", "application/json"),
            ("text/csv", "text/csv; charset=utf-8; header=present"),
            ("text/csv;q=0.5, application/json;q=0.4", "text/csv; charset=utf-8; header=present"),
            ("application/x-ndjson", "application/x-ndjson"),
            ("application/jsonl", "application/jsonl"),
            ("text/html, */*;q=0.1", "application/json"),
        ] {
            for path in ["/api/books", "/api/stores", "/api/items", "/api/stores/1/items", "/api/books/1/items", "/api/books/search"] {
                let reply = get(&app, path, accept);
                assert_eq!((reply.status, reply.headers["content-type"].as_str()), (200, kind), "{path} {accept}");
                assert!(reply.headers["vary"].contains("Accept"), "{path}: {:?}", reply.headers);
                let head = app.request("HEAD", path).send(&[("accept", accept)], b"");
                for name in ["content-type", "content-length", "etag", "vary"] {
                    assert_eq!(head.headers.get(name), reply.headers.get(name), "{name} of {path}");
                }
                let seen = [("accept", accept), ("if-none-match", reply.headers["etag"].as_str())];
                let again = app.request("GET", path).send(&seen, b"");
                assert_eq!((again.status, &again.headers["vary"]), (304, &reply.headers["vary"]), "{path} {accept}");
            }
        }
        let tags: Vec<String> = ["application/json", "text/csv", "application/jsonl"]
            .iter().map(|accept| get(&app, "/api/books", accept).headers["etag"].clone()).collect();
        assert!(tags[0] != tags[1] && tags[1] != tags[2] && tags[0] != tags[2], "{tags:?}");
        for accept in ["text/html", "image/*;q=0.5", "application/json;q=0", "*/*;q=0"] {
            let error = get(&app, "/api/books", accept).expect_problem(406);
            assert!(error.contains("application/json, text/csv, application/x-ndjson, application/jsonl"), "{error}");
        }
        // A client that accepts only JSON gets errors as JSON, too.
        for (accept, kind) in [("application/json", "application/json"), ("text/csv", "application/problem+json")] {
            let reply = get(&app, "/api/books?yaer=1", accept);
            assert_eq!((reply.status, reply.headers["content-type"].as_str()), (400, kind));
            assert!(reply.headers["vary"].contains("Accept"), "{:?}", reply.headers);
        }
    }

    fn a_table_has_a_header_and_a_row_a_line_and_nothing_that_a_spreadsheet_runs(database) {
        let app = App::new(&database);
        let columns = "id,title,author,year,isbn,page_count,status,subtitle,publisher,language,description,series,series_number,\
                       created_at,updated_at,version";
        assert_eq!(get(&app, "/api/books", "text/csv").body, format!("{columns}\n"));
        shelves(&app);
        let table = get(&app, "/api/books?sort=-id", "text/csv").body;
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>().join(","), columns);
        let rows: Vec<Vec<String>> = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
        assert_eq!(rows[0][..7], ["2", "two\u{2028}lines", "'@x", "", "", "", "available"]);
        assert_eq!(rows[1][..7], ["1", "'=1+1", "Austen, \"Jane\"", "-44", "9780132350884", "", "available"]);
        let list = app.get("/api/books").expect(200);
        assert_eq!((&list[0]["created_at"], &list[0]["version"]), (&json!(rows[1][13]), &json!(1)));
        assert_eq!(get(&app, "/api/items?fields=price,name,book_id", "text/csv").body, "name,price,book_id\n'-copy,5.50,1\n");
        assert_eq!(get(&app, "/api/books?fields=page_count", "text/csv").body, "page_count\n\"\"\n\"\"\n");
        let error = get(&app, "/api/items?include=store", "text/csv").expect_problem(400);
        assert!(error.contains("include is for JSON; a table has no place for more in a row"), "{error}");
        let error = get(&app, "/api/items?fields=prize", "text/csv").expect_problem(400);
        assert!(error.contains("the nearest one is `price`"), "{error}");
    }

    fn json_lines_are_the_elements_of_the_array(database) {
        let app = App::new(&database);
        assert_eq!(get(&app, "/api/books", "application/x-ndjson").body, "");
        shelves(&app);
        for path in ["/api/books", "/api/books?fields=id,title&sort=-id", "/api/items?include=store,book", "/api/stores/1/items?limit=1"] {
            let array: Vec<Value> = app.get(path).expect(200).as_array().unwrap().clone();
            let lines = get(&app, path, "application/x-ndjson").body;
            let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            assert_eq!(lines, array, "{path}");
        }
    }
}
