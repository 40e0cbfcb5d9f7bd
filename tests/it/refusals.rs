//! Invalid input: refused with a body that names the member and what to do about it, and nothing is stored.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use serde_json::json;

use crate::support::{App, on_both};

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

on_both! {
    fn a_book_that_breaks_a_rule_is_refused(database) {
        let app = App::new(&database);
        let long = |length: usize| "x".repeat(length);
        let wide = "\u{10348}".repeat(900);
        for (body, pointer, reason) in [
            (json!({"author": "b"}), "/title", "missing field `title`"),
            (json!({"title": "", "author": "b"}), "/title", "title is empty, expected 1 to 200 characters"),
            (json!({"title": " \t ", "author": "b"}), "/title", "title is empty"),
            (json!({"title": long(201), "author": "b"}), "/title", "has 201 characters, at most 200 are stored"),
            (json!({"title": "a", "author": long(1001)}), "/author", "has 1001 characters, at most 1000 are stored"),
            (json!({"title": "a", "author": wide}), "/author", "has 3600 bytes in UTF-8, at most 2600 fit the index"),
            (json!({"title": "a\u{0}b", "author": "b"}), "/title", "title `a\\u{0}b` has the control character"),
            (json!({"title": "a\nb", "author": "b"}), "/title", "has the control character"),
            (json!({"title": 5, "author": "b"}), "/title", "title: invalid type: integer `5`, expected a string"),
            (json!({"title": null, "author": "b"}), "/title", "title: invalid type: null"),
            (json!({"title": "a", "author": "b", "year": 9_223_372_036_854_775_808_u64}), "/year", "9223372036854775808"),
            (json!({"title": "a", "author": "b", "year": 2147483648_i64}), "/year", "2147483648"),
            (json!({"title": "a", "author": "b", "year": 12008}), "/year", "year `12008` is not between -3500 and 2200"),
            (json!({"title": "a", "author": "b", "year": "2008"}), "/year", "year: invalid type: string"),
            (json!({"title": "a", "author": "b", "year": 2008.5}), "/year", "year: invalid type: floating point"),
            (json!({"title": "a", "author": "b", "page_count": 0}), "/page_count", "page_count `0` is not between 1"),
            (json!({"title": "a", "author": "b", "isbn": "12"}), "/isbn", "isbn `12` has 2 digits, expected 10 or 13"),
            (json!({"title": "a", "author": "b", "isbn": "9780132350885"}), "/isbn", "check digit 5, expected 4"),
            (json!({"title": "a", "author": "b", "isbn": ""}), "/isbn", "leave it out if there is none"),
            (json!({"title": "a", "author": "b", "status": long(21)}), "/status", "at most 20 are stored"),
            (json!({"title": "a", "author": "b", "titel": 1}), "/titel", "unknown field `titel`"),
            (json!({"title": "a", "author": "b", "id": 1}), "/id", "unknown field `id`"),
            (json!(["a", "b"]), "/0", "the body is not a JSON object"),
            (json!("a"), "", "the body is not a JSON object"),
            (json!(null), "", "the body is not a JSON object"),
        ] {
            let refused = app.post("/api/books", body.clone());
            let problem = refused.clone().expect(400);
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}: {problem}");
            let error = refused.expect_problem(400);
            assert!(error.contains(reason), "{body}: {error}");
        }
        assert_eq!(database.number("SELECT count(*) FROM books"), 0);
    }

    fn a_parameter_that_a_change_does_not_have_is_refused(database) {
        let app = App::new(&database);
        let book = json!({"title": "a", "author": "b", "isbn": "9780132350884"});
        app.post("/api/books", book.clone()).expect(201);
        let store = app.post("/api/stores", json!({"name": "s"})).expect(201);
        app.post("/api/items", json!({"name": "i", "price": 1, "store_id": store["id"]})).expect(201);
        let before = [app.get("/api/books").body, app.get("/api/stores").body, app.get("/api/items").body];
        for (method, path, body) in [
            ("DELETE", "/api/books/1?dry-run=true", json!(null)),
            ("DELETE", "/api/stores/1?x", json!(null)),
            ("DELETE", "/api/items/1?confirm=1", json!(null)),
            ("PATCH", "/api/books/1?dry_run=true&confirm", json!({"title": "c"})),
            ("PUT", "/api/books/1?fields=title", json!({"title": "c"})),
            ("PUT", "/api/books/isbn/9780132350884?on_duplicate=skip", json!({"title": "c"})),
            ("PATCH", "/api/stores/1?%F0%9F%92%A9=1", json!({"name": "c"})),
            ("POST", "/api/books?dryrun=true", json!({"title": "c", "author": "d"})),
            ("POST", "/api/items?store_id=1", json!({"name": "j", "price": 1, "store_id": 1})),
            ("POST", "/api/imports/1/undo?dry=1", json!(null)),
        ] {
            let body = if body.is_null() { String::new() } else { body.to_string() };
            let error = app.request(method, path).send(&JSON, body.as_bytes()).expect_problem(400);
            let name = path.replace("dry_run=true&", "").replace("%F0%9F%92%A9", "\u{1f4a9}");
            let name = name.split(['?', '=']).nth(1).unwrap();
            let expected = format!("there is no parameter `{name}`: a {method} of this path has only `dry_run`");
            assert!(error.contains(&expected), "{path}: {error}");
        }
        assert_eq!([app.get("/api/books").body, app.get("/api/stores").body, app.get("/api/items").body], before);
        // A question mark alone asks for nothing.
        assert_eq!(app.request("DELETE", "/api/items/1?").send(&[], b"").status, 200);
    }

    fn the_longest_texts_that_are_allowed_are_stored(database) {
        let app = App::new(&database);
        // Random characters of three bytes do not compress, so PostgreSQL has to store them uncompressed in the index.
        let mut state = 1_u32;
        let author: String = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from_u32(0x4E00 + (state >> 16) % 0x5000).unwrap()
        })
        .take(866)
        .collect();
        let book = json!({"title": "ü".repeat(200), "author": author, "year": -3500, "page_count": 100_000});
        let stored = app.post("/api/books", book.clone()).expect(201);
        for (member, value) in book.as_object().unwrap() {
            assert_eq!(&stored[member], value);
        }
    }

    fn every_broken_rule_is_named_at_once(database) {
        let app = App::new(&database);
        let body = json!({"title": "", "author": " ", "year": 99999, "isbn": "1"});
        let problem = app.post("/api/books", body).expect(400);
        let pointers: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| &error["pointer"]).collect();
        assert_eq!(pointers, ["/title", "/author", "/year", "/isbn"]);
    }

    fn a_body_that_is_not_json_is_refused(database) {
        let app = App::new(&database);
        let deep = format!("{{\"title\":{}1{}}}", "[".repeat(5000), "]".repeat(5000));
        for (body, reason) in [
            (&b""[..], "the body is empty"),
            (b"{", "not JSON"),
            (b"{\"title\":\"a\",}", "not JSON"),
            (b"{\"title\":\"a\",\"author\":\"b\"} {}", "not JSON"),
            (b"{\"title\":\"\xff\",\"author\":\"b\"}", "not JSON"),
            (b"{\"title\":\"\\ud800\",\"author\":\"b\"}", "not JSON"),
            (b"title=a&author=b", "the body is not a JSON object"),
            (deep.as_bytes(), "title: invalid type: sequence"),
        ] {
            let error = app.request("POST", "/api/books").send(&JSON, body).expect_problem(400);
            assert!(error.contains(reason), "{}: {error}", String::from_utf8_lossy(body));
        }
        assert_eq!(database.number("SELECT count(*) FROM books"), 0);
    }

    fn a_body_of_another_type_is_refused(database) {
        let app = App::new(&database);
        let body = br#"{"title":"a","author":"b"}"#;
        for kind in [&[][..], &[("content-type", "text/plain")], &[("content-type", "application/x-www-form-urlencoded")]] {
            let error = app.request("POST", "/api/books").send(kind, body).expect_problem(415);
            assert!(error.contains("expected `application/json`"), "{error}");
        }
        for kind in ["application/json; charset=utf-8", "application/merge-patch+json"] {
            assert_eq!(app.request("POST", "/api/books").send(&[("content-type", kind)], body).status, 201);
        }
    }

    fn a_body_of_two_mebibytes_is_refused(database) {
        let app = App::new(&database);
        let body = json!({"title": "x".repeat(2 << 20), "author": "b"}).to_string();
        let error = app.request("POST", "/api/books").send(&JSON, body.as_bytes()).expect_problem(413);
        assert!(error.contains("larger than 1048576 bytes"), "{error}");
        assert_eq!(database.number("SELECT count(*) FROM books"), 0);
        // The server continues.
        app.post("/api/books", json!({"title": "a", "author": "b"})).expect(201);
    }

    fn an_id_that_is_no_number_is_that_of_no_row(database) {
        let app = App::new(&database);
        for (path, status, reason) in [
            ("/api/books/abc", 404, "no book has the id abc"),
            ("/api/books/1.5", 404, "no book has the id 1.5"),
            ("/api/books/-1", 404, "no book has the id -1"),
            ("/api/books/%00", 404, "no book has the id \\u{0}"),
            ("/api/books/0", 404, "no book has the id 0"),
            ("/api/books/2147483647", 404, "no book has the id 2147483647"),
            ("/api/books/99999999999999999999", 404, "no book has the id 99999999999999999999"),
            ("/api/stores/x/items", 404, "no store has the id x"),
            ("/api/imports/x", 404, "no import has the id x"),
        ] {
            let error = app.get(path).expect_problem(status);
            assert!(error.contains(reason), "{path}: {error}");
        }
    }

    fn a_parameter_that_does_not_exist_is_refused_with_the_nearest(database) {
        let app = App::new(&database);
        for (path, reason) in [
            ("/api/books?autor=x", "the parameter `autor` does not exist; the nearest one is `author`"),
            ("/api/books?year__gtt=1", "the nearest one is `year__gt"),
            ("/api/books?lmit=1", "the nearest one is `limit`"),
            ("/api/books?limit=0", "limit `0` is not between 1 and 10000"),
            ("/api/books?limit=10001", "limit `10001` is not between"),
            ("/api/books?limit=ten", "limit `ten` is not between"),
            ("/api/books?cursor=x", "cursor `x` is not from a Link header"),
            ("/api/books?year=new", "year `new` is not a whole number"),
            ("/api/books?year__gt=99999999999", "year__gt `99999999999` is not a whole number between -2147483648 and"),
            ("/api/books?isbn=9780132350885", "isbn `9780132350885` ends with the check digit 5, expected 4"),
            ("/api/books?year__isnull=maybe", "`maybe` is neither true nor false"),
            ("/api/books/search?author=a%00b", "has a NUL byte"),
            ("/api/books/search?auther=a", "the nearest one is `author`"),
            ("/api/items?price__gt=a", "price__gt `a` is not a number, such as 49.99"),
            ("/api/stores/1/items?prize=1", "the nearest one is `price`"),
            ("/api/merges?q=x", "q has nothing to search: these rows have no texts; leave it out"),
        ] {
            let error = app.get(path).expect_problem(400);
            assert!(error.contains(reason), "{path}: {error}");
        }
    }

    fn an_address_that_asks_for_too_much_is_refused(database) {
        let app = App::new(&database);
        let many = |number: usize| format!("/api/books?{}", vec!["year=1"; number].join("&"));
        assert_eq!(app.get(&many(50)).status, 200);
        for number in [51, 1000] {
            let error = app.get(&many(number)).expect_problem(400);
            assert!(error.contains(&format!("{number} filters are too many")), "{error}");
        }
        assert!(app.get(&many(2000)).expect_problem(414).contains("longer than 8192 bytes"));
        let search = |length: usize| format!("/api/books/search?author={}", "%C3%A9".repeat(length));
        assert_eq!(app.get(&search(1000)).status, 200);
        assert!(app.get(&search(1001)).expect_problem(400).contains("is longer than 1000 characters"));
        assert_eq!(app.get("/api/books").status, 200);
    }

    fn an_address_without_an_end_is_refused_like_one_that_is_too_long(database) {
        let app = App::new(&database);
        for bytes in [31_000, 33_000, 200_000] {
            let mut stream = TcpStream::connect(&app.address).unwrap();
            let head = format!("GET /api/books?q={} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n", "x".repeat(bytes));
            // The server may end the connection before everything is sent.
            drop(stream.write_all(head.as_bytes()));
            let mut answer = Vec::new();
            drop(stream.read_to_end(&mut answer));
            let answer = String::from_utf8_lossy(&answer).to_lowercase();
            let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{bytes}: {answer}"));
            assert!(head.starts_with("http/1.1 414 ") && head.contains("content-type: application/problem+json"), "{head}");
            assert!(head.contains("x-content-type-options: nosniff"), "{head}");
            let problem: serde_json::Value = serde_json::from_str(body).unwrap();
            assert_eq!(problem["type"], "/problems/uri-too-long");
            assert!(head.contains(&format!("x-request-id: {}", problem["request_id"].as_str().unwrap())), "{head}");
        }
        assert_eq!(app.get("/api/books").status, 200);
    }

    fn an_address_that_does_not_exist_is_refused(database) {
        let app = App::new(&database);
        for path in ["/", "/nope", "/api", "/api/book", "/api/books/1/items/2", "/api/books/"] {
            let error = app.get(path).expect_problem(404);
            assert!(error.contains(&format!("there is no `{path}`")), "{path}: {error}");
        }
    }

    fn a_site_that_points_its_name_here_is_kept_out(database) {
        let app = App::new(&database);
        for host in ["library.example", "localhost.example:5000", "127.0.0.1.example"] {
            let error = app.request("GET", "/api/books").send(&[("host", host)], b"").expect_problem(421);
            assert!(error.contains(&format!("the host `{host}` is not this machine")), "{error}");
        }
        for host in ["localhost", "LOCALHOST:5000", "localhost.", "127.0.0.2", "localhost:5000", "127.0.0.1:5000", "[::1]:5000"] {
            assert_eq!(app.request("GET", "/api/books").send(&[("host", host)], b"").status, 200, "{host}");
        }
    }

    fn a_client_that_knows_json_only_gets_json(database) {
        let app = App::new(&database);
        for (accept, kind) in [
            ("application/json", "application/json"),
            ("application/json, text/plain;q=0.5", "application/json"),
            ("application/json, */*", "application/problem+json"),
            ("application/json, application/problem+json", "application/problem+json"),
            ("*/*", "application/problem+json"),
        ] {
            let reply = app.request("GET", "/api/books/1").send(&[("accept", accept)], b"");
            assert_eq!((reply.status, reply.headers["content-type"].as_str()), (404, kind), "{accept}");
        }
    }

    fn every_answer_has_the_id_of_its_request(database) {
        let app = App::new(&database);
        assert_eq!(app.request("GET", "/api/books").send(&[("x-request-id", "trace-7")], b"").headers["x-request-id"], "trace-7");
        let [a, b] = [(); 2].map(|()| app.get("/api/books").headers["x-request-id"].clone());
        assert!(!a.is_empty() && a != b, "{a} {b}");
        let odd = app.request("GET", "/api/books").send(&[("x-request-id", "a b")], b"").headers["x-request-id"].clone();
        assert_ne!(odd, "a b");
        app.logged(&["GET /api/books 200", "[trace-7]"]);
    }

    fn bytes_that_are_no_request_end_their_connection_only(database) {
        let app = App::new(&database);
        for bytes in [
            &b"\x00\x01\x02\r\n\r\n"[..],
            b"GET / HTTP/9.9\r\n\r\n",
            b"GET /api/books HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n",
            b"POST /api/books HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        ] {
            let mut stream = TcpStream::connect(&app.address).unwrap();
            stream.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
            stream.write_all(bytes).unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let mut answer = Vec::new();
            drop(stream.read_to_end(&mut answer));
            let answer = String::from_utf8_lossy(&answer);
            assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
        }
        assert_eq!(app.get("/api/books").status, 200);
    }
}
