//! The pages at the `type` of problems: one for each kind, and each real problem leads to one.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{App, Database, on_both};

const JSON: [(&str, &str); 1] = [("accept", "application/json")];

fn kinds(app: &App) -> Vec<Value> {
    let kinds = app.request("GET", "/problems").send(&JSON, b"").expect(200);
    kinds.as_array().unwrap().clone()
}

#[test]
fn each_kind_of_problem_has_a_page_that_says_what_to_do() {
    let database = Database::sqlite();
    let app = App::new(&database);
    let list = app.get("/problems");
    assert_eq!(list.status, 200);
    let kinds = kinds(&app);
    assert!(kinds.len() >= 19, "{kinds:?}");
    for kind in kinds {
        let path = kind["type"].as_str().unwrap();
        assert!(list.body.contains(&format!("<a href=\"{path}\">")), "{path}");
        let page = app.get(path);
        assert_eq!(
            (page.status, page.headers["content-type"].as_str()),
            (200, "text/html; charset=utf-8"),
            "{path}"
        );
        let title = kind["title"].as_str().unwrap();
        assert!(page.body.contains(&format!("<h1>{title}</h1>")), "{}", page.body);
        assert!(
            page.body.contains("What to do") && page.body.contains("&quot;request_id&quot;"),
            "{}",
            page.body
        );
        let (words, _) = page.body.split_once("<pre>").unwrap();
        assert!(!words.contains('`'), "{words}");
        let head = app.request("HEAD", path).send(&[], b"");
        assert_eq!(
            (head.status, head.headers["content-length"].as_str()),
            (200, page.body.len().to_string().as_str())
        );

        let alone = app.request("GET", path).send(&JSON, b"").expect(200);
        assert_eq!(alone, kind);
        let example = &kind["example"];
        assert_eq!(
            (&example["type"], &example["title"], &example["status"]),
            (&kind["type"], &kind["title"], &kind["status"])
        );
        assert_eq!(example["error"], example["detail"]);
    }
}

#[test]
fn a_page_applies_its_own_style_and_loads_nothing() {
    let database = Database::sqlite();
    let app = App::new(&database);
    for path in ["/problems", "/problems/stale"] {
        let page = app.get(path);
        let (_, style) = page.body.split_once("<style>").unwrap();
        let (style, _) = style.split_once("</style>").unwrap();
        let digest = BASE64_STANDARD.encode(Sha256::digest(style));
        let policy = &page.headers["content-security-policy"];
        assert!(
            policy.contains(&format!("default-src 'none'; style-src 'sha256-{digest}';")),
            "{policy} is not of {style}"
        );
        for loading in ["<script", "<link", "<img", "http://", "https://", "style="] {
            assert!(!page.body.contains(loading), "{loading}: {}", page.body);
        }
    }
}

#[test]
fn an_unknown_kind_is_not_found() {
    let database = Database::sqlite();
    let app = App::new(&database);
    for path in ["/problems/nope", "/problems/%3Cscript%3E", "/problems/"] {
        app.get(path).expect_problem(404);
    }
    let refused = app.post("/problems/stale", json!({}));
    assert_eq!(refused.headers["allow"], "GET, HEAD, OPTIONS");
    refused.expect_problem(405);
}

on_both! {
    fn what_goes_wrong_leads_to_its_page(database) {
        let app = App::new(&database);
        let book = json!({"title": "a", "author": "b", "isbn": "9780132350884"});
        app.post("/api/books", book.clone()).expect(201);
        let typed = ("content-type", "application/json");
        let keyed = |body: &str| app.request("POST", "/api/stores").send(&[typed, ("idempotency-key", "k")], body.as_bytes());
        keyed(r#"{"name":"a"}"#).expect(201);
        let all = [
            (app.post("/api/books", json!({})), "invalid"),
            (app.post("/api/books", book), "duplicate"),
            (app.get("/api/books/7"), "not-found"),
            (app.get("/nowhere"), "not-found"),
            (app.delete("/version"), "method-not-allowed"),
            (app.request("GET", "/api/books").send(&[("accept", "image/png")], b""), "not-acceptable"),
            (app.delete("/api/books?all=true&confirm=7"), "unconfirmed"),
            (app.request("PATCH", "/api/books/1").send(&[typed, ("if-match", "\"1.7\"")], b"{}"), "stale"),
            (app.request("POST", "/api/books").send(&[typed], &[b' '; (1 << 20) + 1]), "too-large"),
            (app.get(&format!("/api/books?q={}", "x".repeat(9000))), "uri-too-long"),
            (app.request("POST", "/api/books").send(&[("content-type", "text/plain")], b"x"), "media-type"),
            (app.request("GET", "/api/books").send(&[("host", "books.example")], b""), "foreign-host"),
            (app.request("DELETE", "/api/books/1").send(&[("origin", "null")], b""), "foreign-origin"),
            (keyed(r#"{"name":"b"}"#), "key-reused"),
        ];
        for (reply, slug) in all {
            let status = reply.status;
            let problem: Value = serde_json::from_str(&reply.body).unwrap();
            let path = problem["type"].as_str().unwrap();
            assert_eq!(path, format!("/problems/{slug}"), "{problem}");
            let kind = app.request("GET", path).send(&JSON, b"").expect(200);
            assert_eq!((&kind["status"], &kind["title"]), (&json!(status), &problem["title"]));
        }
    }
}
