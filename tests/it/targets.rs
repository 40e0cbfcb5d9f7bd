//! Requests that name their host twice: in their first line and in `Host`.

use crate::support::{App, Database, Program, raw};

fn status(app: &App, head: &str) -> Option<u16> {
    raw::exchange(
        &app.address,
        format!("{head}\r\n\r\n").replace('\n', "\r\n").replace("\r\r", "\r").as_bytes(),
    )
    .status()
}

/// What is refused, whoever may use the server.
const CONTRADICTIONS: [&str; 14] = [
    "GET http://evil.example/api/books HTTP/1.1\nHost: localhost",
    "GET http://evil.example/api/books HTTP/1.1\nHost: 127.0.0.1:5000",
    "GET https://evil.example/api/books HTTP/1.1\nHost: localhost",
    "GET http://localhost:81/api/books HTTP/1.1\nHost: localhost",
    "GET http://localhost.evil.example/api/books HTTP/1.1\nHost: localhost",
    "GET http://localhost@evil.example/api/books HTTP/1.1\nHost: localhost",
    "GET http://evil.example@localhost/api/books HTTP/1.1\nHost: localhost",
    "GET ftp://localhost/api/books HTTP/1.1\nHost: localhost",
    "GET /api/books HTTP/1.1\nHost: evil.example@localhost",
    "GET /api/books HTTP/1.1\nHost: localhost\nHost: localhost",
    "GET /api/books HTTP/1.1\nHost: localhost\nHost: evil.example",
    "GET /api/books HTTP/1.1",
    "GET localhost:5000 HTTP/1.1\nHost: localhost:5000",
    "GET http://localhost/api/books HTTP/1.1",
];

#[test]
fn a_target_that_contradicts_the_host_is_refused() {
    let database = Database::sqlite();
    for arguments in [&[][..], &["--insecure-open"]] {
        let app = Program::new(&database).serve(arguments);
        for head in CONTRADICTIONS {
            let status = status(&app, head);
            assert!(matches!(status, Some(400 | 421)), "{arguments:?} {head}: {status:?}");
        }
        for head in [
            "GET http://localhost/api/books HTTP/1.1\nHost: localhost\nConnection: close",
            "GET http://LOCALHOST:80/api/books HTTP/1.1\nHost: localhost\nConnection: close",
            "GET http://localhost:5000/api/books HTTP/1.1\nHost: localhost:5000\nConnection: close",
            "GET https://localhost/api/books HTTP/1.1\nHost: localhost:443\nConnection: close",
            "GET http://[::1]:5000/api/books HTTP/1.1\nHost: [::1]:5000\nConnection: close",
            "GET http://localhost/api/books HTTP/1.0",
            "GET http://localhost/api/books HTTP/1.0\nHost: localhost",
        ] {
            assert_eq!(status(&app, head), Some(200), "{arguments:?} {head}");
        }
    }
}

#[test]
fn the_authority_of_a_target_is_the_host_that_is_checked() {
    let database = Database::sqlite();
    let app = App::new(&database);
    for head in [
        "GET http://books.example/api/books HTTP/1.1\nHost: books.example\nConnection: close",
        "GET http://books.example/api/books HTTP/1.0",
        "GET /api/books HTTP/1.0",
        "GET /api/books HTTP/1.1\nHost:\nConnection: close",
        "CONNECT books.example:80 HTTP/1.1\nHost: books.example:80\nConnection: close",
    ] {
        assert_eq!(status(&app, head), Some(421), "{head}");
    }
    drop(app);
    let app = Program::new(&database).serve(&["--insecure-open"]);
    for head in [
        "GET http://books.example/api/books HTTP/1.1\nHost: books.example\nConnection: close",
        "GET http://books.example/api/books HTTP/1.0",
        "GET /api/books HTTP/1.0",
        "GET /api/books HTTP/1.1\nHost:\nConnection: close",
        "GET /api/books HTTP/1.1\nHost: books.example\nConnection: close",
    ] {
        assert_eq!(status(&app, head), Some(200), "{head}");
    }
    for head in [
        "GET /api/books HTTP/1.1\nHost: books example\nConnection: close",
        "GET /api/books HTTP/1.1\nHost: books.example/\nConnection: close",
        "GET /api/books HTTP/1.1\nHost: books.example:x\nConnection: close",
        "GET /api/books HTTP/1.1\nHost: b\u{fc}cher.example\nConnection: close",
    ] {
        assert_eq!(status(&app, head), Some(400), "{head}");
    }
}

#[test]
fn a_question_about_the_whole_server_ends_well() {
    let database = Database::sqlite();
    let app = App::new(&database);
    let asterisk = status(&app, "OPTIONS * HTTP/1.1\nHost: localhost\nConnection: close");
    assert!(matches!(asterisk, Some(200 | 204 | 400 | 404)), "{asterisk:?}");
    let foreign = status(&app, "OPTIONS * HTTP/1.1\nHost: evil.example\nConnection: close");
    assert_eq!(foreign, Some(421));
}
