//! Pages of other sites change nothing: the headers that a browser adds about the page are checked before anything else.

use serde_json::json;

use crate::support::{App, Database, Program, on_both, raw};

/// Headers of a request, one per line, in which `HERE` is the address of the server.
fn headers(app: &App, lines: &[&str]) -> String {
    lines.iter().map(|line| format!("{}\r\n", line.replace("HERE", &app.address))).collect()
}

/// The headers of a browser for pages of other sites.
const FOREIGN: [&[&str]; 30] = [
    &["Origin: https://evil.example", "Sec-Fetch-Site: cross-site"],
    &["Sec-Fetch-Site: cross-site"],
    &["Sec-Fetch-Site: same-site"],
    &["Sec-Fetch-Site: Same-Origin"],
    &["Sec-Fetch-Site: same-origin-ish"],
    &["Sec-Fetch-Site:"],
    &["Sec-Fetch-Site: same-origin, cross-site"],
    &["Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site"],
    &["Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-origin"],
    &["Sec-Fetch-Site: \u{e9}"],
    &["Sec-Fetch-Site: cross-site", "Origin: http://HERE"],
    &["Sec-Fetch-Site: same-site", "Origin: http://HERE"],
    &["Sec-Fetch-Site: none", "Origin: https://evil.example"],
    &["Sec-Fetch-Site: none", "Origin: null"],
    &["Origin: https://evil.example"],
    &["origin: http://evil.example"],
    &["Origin: null"],
    &["Origin:"],
    &["Origin: nonsense"],
    &["Origin: HERE"],
    &["Origin: //HERE"],
    &["Origin: https://HERE"],
    &["Origin: http://HERE/"],
    &["Origin: http://HERE.evil.example"],
    &["Origin: http://user@HERE"],
    &["Origin: http://HERE http://HERE"],
    &["Origin: http://HERE", "Origin: https://evil.example"],
    &["Origin: http://HERE", "Origin: http://HERE"],
    &["Origin: http://127.0.0.1"],
    &["Origin: http://localhost:1"],
];

/// Those for pages of the server itself; and those of programs, which are none.
const OWN: [&[&str]; 8] = [
    &[],
    &["Sec-Fetch-Site: same-origin", "Origin: http://HERE"],
    &["Sec-Fetch-Site: same-origin"],
    &["Sec-Fetch-Site: none"],
    &["Sec-Fetch-Site: none", "Origin: http://HERE"],
    &["Origin: http://HERE"],
    &["Origin: HTTP://HERE"],
    // Of a proxy that uses another name for the service than browsers do; a page cannot set this header.
    &["Sec-Fetch-Site: same-origin", "Origin: https://books.example"],
];

fn send(app: &App, request: &str, lines: &[&str], body: &str) -> raw::Raw {
    let lines = headers(app, lines);
    let text = format!(
        "{request} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{lines}Content-Length: {}\r\n\r\n{body}",
        app.address,
        body.len()
    );
    raw::exchange(&app.address, text.as_bytes())
}

fn expect_foreign(reply: &raw::Raw, what: &str) {
    assert_eq!(reply.status(), Some(403), "{what}: {}", reply.0);
    let problem: serde_json::Value = serde_json::from_str(reply.body()).expect(what);
    assert_eq!(problem["type"], "/problems/foreign-origin", "{what}: {problem}");
    assert!(problem["detail"].as_str().unwrap().len() < 500, "{what}: {problem}");
}

on_both! {
    fn a_page_of_another_site_changes_nothing(database) {
        for arguments in [&[][..], &["--insecure-open"]] {
            let app = Program::new(&database).serve(arguments);
            let before = app.get("/api/books?fields=id,title,version").body;
            let csv = "title,author,isbn\nOWNED,evil,9780132350884\n";
            let form = format!(
                "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n{csv}\r\n\
                 --b\r\nContent-Disposition: form-data; name=\"on_duplicate\"\r\n\r\nupdate\r\n--b--\r\n"
            );
            for lines in FOREIGN {
                for (request, kind, body) in [
                    ("POST /api/imports", "multipart/form-data; boundary=b", form.as_str()),
                    ("POST /api/imports?format=csv", "text/csv", csv),
                    ("POST /api/imports/1/undo", "text/plain", ""),
                    ("POST /api/books", "application/json", r#"{"title":"OWNED","author":"evil"}"#),
                ] {
                    let kind = format!("Content-Type: {kind}");
                    let lines: Vec<&str> = lines.iter().copied().chain([kind.as_str()]).collect();
                    expect_foreign(&send(&app, request, &lines, body), &format!("{request} {lines:?}"));
                }
            }
            assert_eq!(app.get("/api/books?fields=id,title,version").body, before);
            assert_eq!(app.get("/api/imports").body, "[]");
        }
    }

    fn pages_of_the_server_and_programs_do_change(database) {
        for arguments in [&[][..], &["--insecure-open"]] {
            let app = Program::new(&database).serve(arguments);
            for lines in OWN {
                let lines: Vec<&str> = lines.iter().copied().chain(["Content-Type: application/json"]).collect();
                let reply = send(&app, "POST /api/books", &lines, r#"{"title":"a","author":"b"}"#);
                assert_eq!(reply.status(), Some(201), "{lines:?}: {}", reply.0);
            }
        }
    }
}

#[test]
fn every_method_that_is_not_safe_is_checked_on_every_address() {
    let database = Database::sqlite();
    let app = App::new(&database);
    app.post("/api/books", json!({"title": "a", "author": "b"})).expect(201);
    let foreign = ["Sec-Fetch-Site: cross-site"];
    for path in ["/api/books/1", "/api/books", "/api/imports", "/nowhere", "/", "/docs", "/healthz"]
    {
        for method in ["POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "post", "QUERY"] {
            expect_foreign(&send(&app, &format!("{method} {path}"), &foreign, ""), method);
        }
        for method in ["GET", "HEAD", "OPTIONS"] {
            let (own, other) = (
                send(&app, &format!("{method} {path}"), &[], ""),
                send(&app, &format!("{method} {path}"), &foreign, ""),
            );
            assert_eq!(other.status(), own.status(), "{method} {path}");
        }
    }
    assert_eq!(app.get("/api/books/1").status, 200);
}

#[test]
fn the_check_comes_before_the_body() {
    let database = Database::sqlite();
    let app = App::new(&database);
    let head = format!(
        "POST /api/books HTTP/1.1\r\nHost: {}\r\nOrigin: null\r\nContent-Type: application/json\r\n\
         Content-Length: 1000000\r\n\r\n{{",
        app.address
    );
    let begun = std::time::Instant::now();
    expect_foreign(&raw::exchange(&app.address, head.as_bytes()), "a body that is never sent");
    assert!(begun.elapsed() < std::time::Duration::from_secs(8), "{:?}", begun.elapsed());
}

#[test]
fn an_origin_is_compared_with_the_host_that_was_asked() {
    let database = Database::sqlite();
    let app = App::new(&database);
    for (host, origin, expected) in [
        ("localhost", "http://localhost", 201),
        ("localhost", "http://localhost:80", 201),
        ("localhost:80", "http://localhost", 201),
        ("LOCALHOST:5000", "http://localhost:5000", 201),
        ("localhost:", "http://localhost", 201),
        ("localhost.:5000", "http://localhost.:5000", 201),
        ("[::1]:5000", "http://[::1]:5000", 201),
        ("localhost", "https://localhost", 403),
        ("localhost:443", "https://localhost", 403),
        ("localhost:5000", "http://localhost", 403),
        ("localhost", "http://localhost:5000", 403),
        ("localhost:5000", "http://127.0.0.1:5000", 403),
        ("localhost:5000", "http://localhost.:5000", 403),
        ("localhost:5000", "http://localhost:5000.evil.example", 403),
        ("localhost:5000", "http://localhost:65536", 403),
        ("[::1]:5000", "http://[::2]:5000", 403),
        ("[::1]:5000", "http://::1:5000", 403),
        ("localhost:5000", "ws://localhost:5000", 403),
        ("localhost:5000", "http:localhost:5000", 403),
        ("localhost:5000", "chrome-extension://localhost:5000", 403),
    ] {
        let request = format!(
            "POST /api/books HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: 26\r\n\r\n{{\"title\":\"a\",\"author\":\"b\"}}"
        );
        let reply = raw::exchange(&app.address, request.as_bytes());
        assert_eq!(reply.status(), Some(expected), "{host} {origin}: {}", reply.0);
    }
}

#[test]
fn no_answer_lets_pages_of_other_sites_read_it() {
    let database = Database::sqlite();
    let app = App::new(&database);
    for path in [
        "/api/books",
        "/api/books/7",
        "/docs",
        "/api/openapi.json",
        "/healthz",
        "/nowhere",
        "/problems",
    ] {
        for method in ["GET", "OPTIONS", "POST"] {
            let sent = [
                ("origin", "https://evil.example"),
                ("access-control-request-method", "DELETE"),
                ("access-control-request-private-network", "true"),
            ];
            let reply = app.request(method, path).send(&sent, b"");
            assert_eq!(
                reply.headers["cross-origin-resource-policy"], "same-origin",
                "{method} {path}"
            );
            let open = reply.headers.keys().find(|name| name.starts_with("access-control-"));
            assert_eq!(open, None, "{method} {path}");
        }
    }
}
