//! Compressed responses: the same bytes in less space, for clients that accept it, and only if it is worth it.

use std::io::Read;

use serde_json::{Value, json};

use crate::support::{App, Database, Reply, on_both};

/// What a client reads of a response with this `Accept-Encoding`.
fn read(app: &App, path: &str, accepted: &str) -> (Reply, Vec<u8>) {
    let (reply, bytes) = app.send_for_bytes("GET", path, &[("accept-encoding", accepted)]);
    if let Some(length) = reply.headers.get("content-length") {
        assert_eq!(*length, bytes.len().to_string(), "{path}");
    }
    let coding = reply.headers.get("content-encoding").map(String::as_str);
    let mut decoder: Box<dyn Read + '_> = match coding {
        None => Box::new(&bytes[..]),
        Some("br") => Box::new(brotli::Decompressor::new(&bytes[..], 4096)),
        Some("gzip") => Box::new(flate2::read::GzDecoder::new(&bytes[..])),
        Some("deflate") => Box::new(flate2::read::ZlibDecoder::new(&bytes[..])),
        Some(other) => panic!("{other}"),
    };
    let mut text = Vec::new();
    decoder.read_to_end(&mut text).unwrap();
    drop(decoder);
    if coding.is_some() {
        assert!(bytes.len() < text.len() / 2, "{path}: {} of {}", bytes.len(), text.len());
    }
    (reply, text)
}

fn fill(app: &App, count: u32) {
    let books: Vec<Value> = (0..count)
        .map(
            |number| json!({"title": format!("title {number}"), "author": "x", "year": number % 9}),
        )
        .collect();
    for part in books.chunks(500) {
        app.post("/api/books", json!(part)).expect(201);
    }
}

on_both! {
    fn whoever_asks_for_it_gets_the_same_bytes_compressed(database) {
        let app = App::new(&database);
        fill(&app, 3300);
        // Short lists with a tag, long ones that are streamed, and files.
        for path in [
            "/api/books?limit=40", "/api/books?sort=year", "/api/exports/books.csv", "/api/exports/books.jsonl", "/api/openapi.json",
        ] {
            let plain = app.get(path);
            assert!(!plain.headers.contains_key("content-encoding"), "{path}");
            assert!(plain.headers["vary"].contains("Accept-Encoding"), "{path}: {plain:?}");
            for (accepted, coding) in [
                ("gzip", Some("gzip")),
                ("br", Some("br")),
                ("deflate", Some("deflate")),
                ("gzip, deflate, br, zstd", Some("br")),
                ("br;q=0.2, GZIP;q=0.8", Some("gzip")),
                ("gzip, *;q=0", Some("gzip")),
                ("identity, gzip;q=0.5", None),
                ("zstd, compress", None),
                ("", None),
            ] {
                let (reply, text) = read(&app, path, accepted);
                let found = reply.headers.get("content-encoding").map(String::as_str);
                assert_eq!((reply.status, found), (200, coding), "{path} {accepted}");
                assert!(text == plain.body.as_bytes(), "{path} {accepted}");
                for name in ["vary", "etag", "content-type", "link"] {
                    assert_eq!(reply.headers.get(name), plain.headers.get(name), "{name} of {path} {accepted}");
                }
                let head = app.request("HEAD", path).send(&[("accept-encoding", accepted)], b"");
                assert_eq!(head.headers.get("content-encoding"), reply.headers.get("content-encoding"), "{path}");
            }
        }
        let (reply, _) = read(&app, "/api/books?limit=40", "gzip");
        let seen = [("accept-encoding", "gzip"), ("if-none-match", reply.headers["etag"].as_str())];
        let again = app.request("GET", "/api/books?limit=40").send(&seen, b"");
        assert_eq!((again.status, again.headers.get("content-encoding"), &again.headers["vary"]), (304, None, &reply.headers["vary"]));
    }
}

#[test]
fn what_is_small_or_has_a_strong_tag_stays_as_it_is() {
    let database = Database::sqlite();
    let app = App::new(&database);
    let book = json!({"title": "a", "author": "b".repeat(1000), "status": "c".repeat(20)});
    app.post("/api/books", book).expect(201);
    for path in ["/api/books/1", "/api/books?fields=id", "/api/stores", "/healthz", "/version"] {
        let (reply, text) = read(&app, path, "gzip, br");
        assert_eq!((reply.status, reply.headers.get("content-encoding")), (200, None), "{path}");
        assert_eq!(reply.headers["content-length"], text.len().to_string(), "{path}");
    }
    // So that a change may be based on it.
    let (reply, _) = read(&app, "/api/books/1", "gzip, br");
    let tagged =
        [("content-type", "application/json"), ("if-match", reply.headers["etag"].as_str())];
    app.request("PATCH", "/api/books/1").send(&tagged, br#"{"year": 7}"#).expect(200);
    let (picture, _) = read(&app, "/docs/favicon-32x32.png", "gzip, br");
    assert_eq!((picture.status, picture.headers.get("content-encoding")), (200, None));
    let (script, _) = read(&app, "/docs/swagger-ui-bundle.js", "gzip, br");
    assert_eq!((script.status, script.headers["content-encoding"].as_str()), (200, "br"));
}

#[test]
fn what_goes_wrong_is_compressed_too_and_no_coding_at_all_is_refused() {
    let database = Database::sqlite();
    let app = App::new(&database);
    let many: Vec<String> = (0..40).map(|number| format!("nope{number}=1")).collect();
    let (reply, text) = read(&app, &format!("/api/books?{}", many.join("&")), "gzip");
    assert_eq!((reply.status, reply.headers["content-encoding"].as_str()), (400, "gzip"));
    assert_eq!(reply.headers["vary"], "Accept-Encoding, Accept");
    let problem: Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(problem["errors"].as_array().unwrap().len(), 40);
    for accepted in ["*;q=0", "identity;q=0", "zstd, identity;q=0"] {
        let reply = app.request("GET", "/api/books").send(&[("accept-encoding", accepted)], b"");
        let error = reply.expect_problem(406);
        assert!(error.contains("supported are br, gzip, deflate and identity"), "{error}");
    }
}
