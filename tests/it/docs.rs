//! Swagger UI at `/docs`: served completely from the binary, without other sources.

use serde_json::json;

use crate::support::{App, Database};

const FILES: [(&str, &str); 5] = [
    ("swagger-ui.css", "text/css; charset=utf-8"),
    ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    ("swagger-ui-standalone-preset.js", "text/javascript; charset=utf-8"),
    ("swagger-initializer.js", "text/javascript; charset=utf-8"),
    ("favicon-32x32.png", "image/png"),
];

#[test]
fn the_page_its_files_and_the_document_are_served() {
    let database = Database::sqlite();
    let app = App::new(&database);
    let page = app.get("/docs");
    assert_eq!(
        (page.status, page.headers["content-type"].as_str()),
        (200, "text/html; charset=utf-8")
    );
    let policy = &page.headers["content-security-policy"];
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    assert!(!page.body.contains("http"), "{}", page.body);
    for (file, kind) in FILES {
        let path = format!("/docs/{file}");
        assert!(page.body.contains(&format!("=\"{path}\"")), "{}", page.body);
        // An image is not a text.
        let head = app.request("HEAD", &path).send(&[], b"");
        assert_eq!((head.status, head.headers["content-type"].as_str()), (200, kind), "{path}");
        let length: usize = head.headers["content-length"].parse().unwrap();
        assert!(length > 300, "{path} has {length} bytes");
        if !kind.starts_with("image/") {
            assert_eq!(app.get(&path).body.len(), length, "{path}");
        }
    }
    let start = app.get("/docs/swagger-initializer.js").body;
    assert!(start.contains("\"/api/openapi.json\""), "{start}");
    // Otherwise the page would ask a service on the Internet whether the document is valid.
    assert!(start.contains("\"validatorUrl\": \"none\""), "{start}");
    assert_eq!(app.get("/api/openapi.json").expect(200)["openapi"], "3.1.0");
}

#[test]
fn what_is_not_there_is_not_found_and_only_reading_is_possible() {
    let database = Database::sqlite();
    let app = App::new(&database);
    for path in ["/docs/nope.js", "/docs/index.html", "/docs/..%2FCargo.toml", "/docs/a/b"] {
        app.get(path).expect_problem(404);
    }
    for path in ["/docs", "/docs/swagger-ui.css"] {
        let refused = app.post(path, json!({}));
        assert_eq!(refused.headers["allow"], "GET, HEAD, OPTIONS");
        refused.expect_problem(405);
    }
    // The URL with a slash leads to the page.
    assert!(app.get("/docs/").body.contains("swagger-ui-bundle.js"));
}
