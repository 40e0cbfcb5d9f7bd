//! Lists that are asked for by a body, in which filters nest.

use serde_json::{Value, json};

use crate::support::{App, Reply, on_both};

fn library(app: &App) {
    for (title, author, year) in [
        ("Emma", "Jane Austen", Some(1815)),
        ("Persuasion", "Jane Austen", Some(1817)),
        ("Middlemarch", "George Eliot", Some(1871)),
        ("Ulysses", "James Joyce", Some(1922)),
        ("Beowulf", "unknown", None),
    ] {
        app.post("/api/books", json!({"title": title, "author": author, "year": year})).expect(201);
    }
    app.post("/api/stores", json!([{"name": "Main Street"}, {"name": "Harbour"}])).expect(201);
    for (name, price, store, book) in [
        ("a", 5, 1, json!(1)),
        ("b", 50, 2, json!(1)),
        ("c", 7, 2, json!(3)),
        ("d", 9, 1, Value::Null),
    ] {
        let item = json!({"name": name, "price": price, "store_id": store, "book_id": book});
        app.post("/api/items", item).expect(201);
    }
}

fn query(app: &App, path: &str, body: &Value) -> Reply {
    app.request("POST", path)
        .send(&[("content-type", "application/json")], body.to_string().as_bytes())
}

/// The names of the rows that a filter of books matches.
fn titles(app: &App, filter: &Value) -> Vec<String> {
    let found =
        query(app, "/api/books/query", &json!({"filter": filter, "fields": "title"})).expect(200);
    found
        .as_array()
        .unwrap()
        .iter()
        .map(|book| book["title"].as_str().unwrap().to_owned())
        .collect()
}

on_both! {
    fn filters_nest(database) {
        let app = App::new(&database);
        library(&app);
        for (filter, expected) in [
            (json!({}), vec!["Emma", "Persuasion", "Middlemarch", "Ulysses", "Beowulf"]),
            (json!({"year": 1815}), vec!["Emma"]),
            (json!({"year": 1815.0}), vec!["Emma"]),
            (json!({"year": null}), vec!["Beowulf"]),
            (json!({"year": {"ne": null, "lt": 1900}}), vec!["Emma", "Persuasion", "Middlemarch"]),
            (json!({"year": {"gte": 1815, "lt": 1871}, "title": {"icontains": "EMM"}}), vec!["Emma"]),
            (json!({"year": {"in": [1815, 1922]}}), vec!["Emma", "Ulysses"]),
            (json!({"or": [{"author": {"startswith": "Jane"}}, {"year": {"gt": 1900}}]}), vec!["Emma", "Persuasion", "Ulysses"]),
            (json!({"not": {"year": {"gte": 1817}}}), vec!["Emma", "Beowulf"]),
            (json!({"not": {"or": [{"year": 1815}, {"title": {"contains": "wulf"}}]}}), vec!["Persuasion", "Middlemarch", "Ulysses"]),
            (
                json!({"author": "Jane Austen", "or": [{"year": 1815}, {"and": [{"year": 1817}, {"not": {"title": "x"}}]}]}),
                vec!["Emma", "Persuasion"],
            ),
            // Both hold for the same item.
            (json!({"items.price": {"lt": 10}, "items.store_id": 2}), vec!["Middlemarch"]),
            (json!({"or": [{"items.price": {"gt": 40}}, {"items.store_id": 2}], "not": {"items.price": 7}}), vec!["Emma"]),
        ] {
            assert_eq!(titles(&app, &filter), expected, "{filter}");
        }
        let body = json!({"filter": {"store.name": {"icontains": "harb"}}, "sort": ["-price"], "include": "store"});
        let stores = query(&app, "/api/items/query", &body).expect(200);
        assert_eq!((&stores[0]["name"], &stores[1]["name"], &stores[1]["store"]["id"]), (&json!("b"), &json!("c"), &json!(2)));
    }

    fn a_body_says_what_an_address_can_say(database) {
        let app = App::new(&database);
        library(&app);
        for (address, body) in [
            ("q=jane&sort=-year&limit=1&count=exact", json!({"q": "jane", "sort": "-year", "limit": 1, "count": "exact"})),
            ("year__between=1815,1871&fields=id,title", json!({"filter": {"year": {"between": [1815, 1871]}}, "fields": ["id", "title"]})),
            ("offset=2&include=items", json!({"offset": 2.0, "include": ["items"]})),
            ("title__notin=Emma,%22a,b%22", json!({"filter": {"title": {"notin": ["Emma", "a,b"]}}})),
        ] {
            let (asked, queried) = (app.get(&format!("/api/books?{address}")), query(&app, "/api/books/query", &body));
            assert_eq!((queried.status, &queried.body), (200, &asked.body), "{address}");
            assert_eq!(queried.headers.get("x-total-count"), asked.headers.get("x-total-count"), "{address}");
            let same = app.request("QUERY", "/api/books").send(&[("content-type", "application/json")], body.to_string().as_bytes());
            assert_eq!((same.status, &same.body), (200, &asked.body), "{address}");
            let tag = same.headers["etag"].clone();
            let headers = [("content-type", "application/json"), ("if-none-match", tag.as_str())];
            assert_eq!(app.request("QUERY", "/api/books").send(&headers, body.to_string().as_bytes()).status, 304, "{address}");
            assert_eq!(app.request("POST", "/api/books/query").send(&headers, body.to_string().as_bytes()).status, 200, "{address}");
        }
        let csv = [("content-type", "application/json"), ("accept", "text/csv")];
        let rows = app.request("POST", "/api/books/query").send(&csv, br#"{"filter": {"year": 1815}, "fields": "title"}"#);
        assert_eq!(rows.body, "title\r\nEmma\r\n".replace("\r\n", if rows.body.contains('\r') { "\r\n" } else { "\n" }));
    }

    fn the_pages_of_a_query_are_followed_with_its_body(database) {
        let app = App::new(&database);
        library(&app);
        let body = json!({"filter": {"not": {"title": "Ulysses"}}, "sort": "-year", "limit": 2});
        let pages = |body: &Value, by: &str| {
            let (mut path, mut seen) = ("/api/books/query".to_owned(), Vec::new());
            loop {
                let page = query(&app, &path, body);
                let rows: Value = serde_json::from_str(&page.body).unwrap();
                assert_eq!(page.status, 200, "{rows}");
                seen.extend(rows.as_array().unwrap().iter().map(|book| book["title"].as_str().unwrap().to_owned()));
                let link = page.headers.get("link").cloned().unwrap_or_default();
                let Some(next) = link.split(", ").find(|link| link.ends_with("rel=\"next\"")) else { return seen };
                path = next.split(['<', '>']).nth(1).unwrap().to_owned();
                assert!(path.starts_with(&format!("/api/books/query?{by}=")), "{path}");
            }
        };
        assert_eq!(pages(&body, "cursor"), ["Middlemarch", "Persuasion", "Emma", "Beowulf"]);
        let mut by_number = body.clone();
        by_number["offset"] = json!(1);
        assert_eq!(pages(&by_number, "offset"), ["Persuasion", "Emma", "Beowulf"]);
        // Of a query with another filter.
        let cursor = query(&app, "/api/books/query", &body).headers["link"].split(['<', '>']).nth(1).unwrap().to_owned();
        let error = query(&app, &cursor, &json!({"filter": {"title": "Emma"}, "sort": "-year", "limit": 2})).expect_problem(400);
        assert!(error.contains("another filter") || error.contains("other filters"), "{error}");
    }

    fn what_is_wrong_with_a_filter_is_named_by_its_path(database) {
        let app = App::new(&database);
        for (body, pointer, reason) in [
            (json!({"filter": {"or": [{}, {"year": {"gte": "soon"}}]}}), "/filter/or/1/year/gte", "`\"soon\"` is not a number"),
            (json!({"filter": {"year": {"gte": 1.5}}}), "/filter/year/gte", "is not a whole number"),
            (json!({"filter": {"title": 7}}), "/filter/title", "`7` is not a string"),
            (json!({"filter": {"titel": "x"}}), "/filter/titel", "the nearest one is `title`"),
            (json!({"filter": {"title": {"has": "x"}}}), "/filter/title/has", "there is no such operator"),
            (json!({"filter": {"year": {"icontains": "x"}}}), "/filter/year/icontains", "cannot be compared in this way"),
            (json!({"filter": {"year": {"in": 7}}}), "/filter/year/in", "`7` is not an array of values"),
            (json!({"filter": {"year": {"between": [1]}}}), "/filter/year/between", "has 1 values, expected two"),
            (json!({"filter": {"year": {}}}), "/filter/year", "there is no operator"),
            (json!({"filter": {"or": {}}}), "/filter/or", "an object is not an array of filters"),
            (json!({"filter": {"or": []}}), "/filter/or", "the array is empty"),
            (json!({"filter": {"not": 7}}), "/filter/not", "`7` is not an object"),
            (json!({"filter": []}), "/filter", "an array is not an object"),
            (json!({"filter": {"isbn": "1"}}), "/filter/isbn", "isbn"),
            (json!({"filter": {"title": "a\u{0}"}}), "/filter/title", "has a NUL byte"),
            (json!({"filter": {"year__gte": 1}}), "/filter/year__gte", "there is no such column"),
            (json!({"filter": {"or": [{"store.name": "x"}]}}), "/filter/or/0/store.name", "there is no such column"),
            (json!({"filter": {"a/b~c": 1}}), "/filter/a~1b~0c", "there is no such column"),
            (json!({"limits": 7}), "/limits", "unknown field `limits`"),
            (json!({"limit": "7"}), "/limit", "invalid type: string"),
            (json!({"limit": 0}), "limit", "limit `0`"),
            (json!({"limit": 1.5}), "/limit", "invalid type: floating point"),
            (json!({"offset": -1}), "offset", "offset `-1`"),
            (json!({"sort": [7]}), "/sort", "expected a string or an array of strings"),
            (json!({"sort": "nope"}), "sort", "nope"),
        ] {
            for (method, path) in [("POST", "/api/books/query"), ("QUERY", "/api/books")] {
                let reply = app.request(method, path).send(&[("content-type", "application/json")], body.to_string().as_bytes());
                let problem = reply.expect(400);
                let error = &problem["errors"][0];
                assert_eq!(error["pointer"], pointer, "{body}: {problem}");
                assert!(error["detail"].as_str().unwrap().contains(reason), "{body}: {problem}");
            }
        }
    }

    fn what_cannot_be_read_in_a_query_is_named_by_its_path(database) {
        let app = App::new(&database);
        for (body, pointer, reason) in [
            (r#"{"filter": {"year": 1, "title": "x", "year": 2}}"#, "/filter/year", "appears twice"),
            (r#"{"filter": {"or": [{"year": {"gt": 1, "gt": 2}}]}}"#, "/filter/or/0/year/gt", "appears twice"),
            (r#"{"filter": {"or": [{}], "or": [{"year": 1}]}}"#, "/filter/or", "appears twice"),
            (r#"{"filter": {"year": 1e400}}"#, "/filter", "number out of range"),
            (r#"{"filter": {"title": "\ud800"}}"#, "/filter", "cannot be read"),
        ] {
            let reply = app.request("POST", "/api/books/query").send(&[("content-type", "application/json")], body.as_bytes());
            let problem = reply.expect(400);
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}: {problem}");
            assert!(problem["errors"][0]["detail"].as_str().unwrap().contains(reason), "{body}: {problem}");
        }
        let error = query(&app, "/api/books/query?limit=1", &json!({})).expect_problem(400);
        assert!(error.contains("limit belongs in the body"), "{error}");
        query(&app, "/api/books/query?cursor=x", &json!({"cursor": "x"})).expect_problem(400);
        assert_eq!(app.request("POST", "/api/books/query").send(&[("content-type", "text/plain")], b"{}").status, 415);
        assert_eq!(app.request("POST", "/api/books/query").send(&[("content-type", "application/json")], b"").status, 400);
    }

    fn a_filter_is_bounded_in_depth_and_number(database) {
        let app = App::new(&database);
        library(&app);
        let nested = |levels: usize, name: &str| {
            let inner = (0..levels).fold(json!({"year": 1}), |inner, _| match name {
                "not" => json!({"not": inner}),
                name => json!({name: [inner]}),
            });
            json!({"filter": inner}).to_string()
        };
        let send = |body: &str| app.request("POST", "/api/books/query").send(&[("content-type", "application/json")], body.as_bytes());
        for name in ["not", "and", "or"] {
            send(&nested(16, name)).expect(200);
            for levels in [17, 60, 1000] {
                let problem = send(&nested(levels, name)).expect(400);
                assert!(problem["errors"][0]["detail"].as_str().unwrap().contains("nested at most 16 deep"), "{problem}");
            }
        }
        let many = |count: usize| json!({"filter": {"or": (0..count).map(|year| json!({"year": year})).collect::<Vec<_>>()}}).to_string();
        send(&many(500)).expect(200);
        for count in [501, 10_000] {
            let problem = send(&many(count)).expect(400);
            assert_eq!(problem["errors"].as_array().unwrap().len(), 1, "{problem}");
            assert!(problem["errors"][0]["detail"].as_str().unwrap().contains("at most 500 comparisons"), "{problem}");
        }
        let long = |bytes: usize| format!("{{\"q\":\"{}\"}}", "x".repeat(bytes - 8));
        assert_eq!((send(&long(512 << 10)).status, send(&long((512 << 10) + 1)).status), (400, 413));
        let texts = |count: usize| (0..count).map(|one| json!({"title": {"icontains": format!("{one}wulf")}})).collect::<Vec<_>>();
        send(&json!({"filter": {"or": texts(500)}}).to_string()).expect(200);
        send(&json!({"filter": {"and": texts(500)}}).to_string()).expect(200);
    }
}
