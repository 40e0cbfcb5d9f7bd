//! However much is wrong with a request, its response is short.

use serde_json::{Value, json};

use crate::support::{App, Database, Program, Reply, on_both, process};

const JSON: (&str, &str) = ("content-type", "application/json");

/// A problem whose sentences are bounded.
fn expect_short(reply: &Reply, status: u16, what: &str) -> Value {
    assert_eq!(
        reply.status,
        status,
        "{what}: {}",
        reply.body.chars().take(300).collect::<String>()
    );
    let problem: Value =
        serde_json::from_str(&reply.body).unwrap_or_else(|error| panic!("{what}: {error}"));
    for member in ["detail", "error"] {
        let sentence = problem[member].as_str().unwrap();
        assert!(
            !sentence.is_empty() && sentence.len() <= 4096,
            "{what}: {member} has {} bytes",
            sentence.len()
        );
    }
    let errors = problem["errors"].as_array().unwrap();
    assert!(errors.len() <= 100, "{what}: {} errors", errors.len());
    for error in errors {
        assert!(error.to_string().len() <= 4096, "{what}: {error}");
    }
    assert!(reply.body.len() <= 300_000, "{what}: {} bytes", reply.body.len());
    problem
}

/// An array of as many elements as fit into the body.
fn many(element: &Value) -> (Vec<u8>, usize) {
    let element = element.to_string();
    let number = ((1 << 20) - 2) / (element.len() + 1);
    (format!("[{}]", vec![element; number].join(",")).into_bytes(), number)
}

on_both! {
    fn a_megabyte_of_elements_that_break_every_rule_has_a_short_answer(database) {
        let app = App::new(&database);
        for (path, element, each) in [
            ("/api/books", json!({"title": "", "author": " ", "year": 99999, "isbn": "1", "page_count": 0, "status": ""}), 6),
            ("/api/books", json!({"title": "", "author": ""}), 2),
            ("/api/books", json!({"title": "\u{1}".repeat(40), "author": "\u{10348}".repeat(1001)}), 2),
            ("/api/books", json!({"title": "a", "author": "b", "isbn": "\\".repeat(700)}), 1),
            ("/api/stores", json!({"name": ""}), 1),
            ("/api/items", json!({"name": "", "price": -1, "store_id": 0}), 2),
        ] {
            let (body, number) = many(&element);
            let problem = expect_short(&app.request("POST", path).send(&[JSON], &body), 400, path);
            let errors = problem["errors"].as_array().unwrap();
            let found = number * each;
            assert_eq!(errors.len(), found.min(100), "{path} {element}: {problem}");
            let detail = problem["detail"].as_str().unwrap();
            let (shown, more) = detail.rsplit_once("; and ").expect(detail);
            let more: usize = more.strip_suffix(" more").unwrap().parse().unwrap();
            assert_eq!(shown.split("; element ").count() + more, found, "{path}: {detail}");
            assert_eq!(errors[0]["pointer"].as_str().map(|pointer| pointer.starts_with("/0/")), Some(true));
        }
        for table in ["books", "stores", "items"] {
            assert_eq!(database.number(&format!("SELECT count(*) FROM {table}")), 0);
        }
    }
}

#[test]
fn what_a_request_repeats_is_cut_in_the_answer() {
    let database = Database::sqlite();
    let app = App::new(&database);
    app.post("/api/books", json!({"title": "a", "author": "b"})).expect(201);
    let long = "x".repeat(1 << 18);
    let (wide, escaped) = ("\u{10348}".repeat(50_000), "\u{7f}\"\\".repeat(50_000));
    for value in [&long, &wide, &escaped] {
        for body in [
            json!({ value: 1 }),
            json!({"title": value, "author": "b"}),
            json!({"title": "a", "author": "b", "year": value}),
            json!({"title": "a", "author": "b", "isbn": value}),
            json!({"title": "a", "author": "b", value: 1}),
            json!([{"title": "a", "author": "b"}, {value: 1}]),
            json!([value]),
            json!({"title": {value: 1}, "author": "b"}),
            json!({"title": "a", "author": "b", "year": {"a": {value: [value]}}}),
        ] {
            for (method, path) in
                [("POST", "/api/books"), ("PUT", "/api/books/1"), ("PATCH", "/api/books?all=true")]
            {
                let reply = app.request(method, path).send(&[JSON], body.to_string().as_bytes());
                expect_short(&reply, 400, &format!("{method} {path}"));
            }
        }
    }
    let doubled = format!("{{\"{long}\":1,\"{long}\":2}}");
    expect_short(
        &app.request("POST", "/api/books").send(&[JSON], doubled.as_bytes()),
        400,
        "a member twice",
    );
}

#[test]
fn parameters_and_paths_are_cut_in_the_answer() {
    let database = Database::sqlite();
    let app = App::new(&database);
    let bad = |one: &str| vec![one; 50].join("&");
    let long = "x".repeat(8000);
    let encoded = "%F0%90%8D%88".repeat(600);
    for (path, status) in [
        (format!("/api/books?{}", bad("year=abcdefgh")), 400),
        (format!("/api/books?{}", bad(&format!("year={}", "y".repeat(140)))), 400),
        (format!("/api/books?{}", bad(&format!("n{}=1", "%01".repeat(45)))), 400),
        (format!("/api/books?{long}=1"), 400),
        (format!("/api/books?{encoded}=1"), 400),
        (format!("/api/books?year={long}"), 400),
        (format!("/api/books?sort={long}"), 400),
        (format!("/api/books?fields={long}"), 400),
        (format!("/api/books?fields={}", vec!["x"; 3900].join(",")), 400),
        (format!("/api/books?include={encoded}"), 400),
        (format!("/api/books?cursor={long}"), 400),
        (format!("/api/books?count={long}"), 400),
        (format!("/api/books?limit={long}"), 400),
        (format!("/api/books?limit={}", "9".repeat(8000)), 400),
        (format!("/api/books?id__in={}", vec!["x"; 90].join(",")), 400),
        (
            format!(
                "/api/books/1?{}",
                (0..500).map(|number| format!("n{number}=1")).collect::<Vec<_>>().join("&")
            ),
            400,
        ),
        (format!("/api/books/{}", "9".repeat(8000)), 404),
        (format!("/api/books/{long}"), 404),
        (format!("/api/books/isbn/{long}"), 400),
        (format!("/api/books/isbn/{encoded}"), 400),
        (format!("/problems/{long}"), 404),
        (format!("/docs/{long}"), 404),
        (format!("/{long}"), 404),
        (format!("/{}", "x".repeat(30_000)), 414),
    ] {
        expect_short(&app.get(&path), status, &path.chars().take(60).collect::<String>());
    }
}

#[test]
fn headers_and_methods_are_cut_in_the_answer() {
    let database = Database::sqlite();
    let app = App::new(&database);
    let value = "x".repeat(30_000);
    for (name, method, status) in [
        ("content-type", "POST", 415),
        ("idempotency-key", "POST", 400),
        ("host", "GET", 421),
        ("origin", "POST", 403),
        ("sec-fetch-site", "POST", 403),
        ("if-match", "PATCH", 412),
    ] {
        let kind = if name == "content-type" { vec![] } else { vec![JSON] };
        let headers: Vec<_> = kind.into_iter().chain([(name, value.as_str())]).collect();
        let reply =
            app.request(method, "/api/books").send(&headers, br#"{"title":"a","author":"b"}"#);
        expect_short(&reply, status, name);
    }
    let method = "X".repeat(5000);
    expect_short(&app.request(&method, "/api/books").send(&[], b""), 405, "a long method");
}

#[test]
fn many_such_requests_at_once_take_little_memory() {
    let database = Database::sqlite();
    let app = Program::new(&database).serve(&["--workers", "2"]);
    let memory = || process::peak(app.process());
    let before = memory();
    let (body, _) =
        many(&json!({"title": "", "author": " ", "year": 99999, "isbn": "1", "page_count": 0}));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let reply = app.request("POST", "/api/books").send(&[JSON], &body);
                // On a busy machine a body may be too slow.
                assert!([400, 408].contains(&reply.status), "{reply:?}");
            });
        }
    });
    let grown = memory() - before;
    println!("peak of 8 at once: {before} kB and {grown} kB more");
    assert!(grown < 100 << 10, "{grown} kB");
}
