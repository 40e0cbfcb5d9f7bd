//! Timestamps in filters and cursors: both databases answer alike, and neither fails.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::support::{App, on_both};

/// A timestamp, and how many of the rows are later; `None` for one that is refused.
const MOMENTS: [(&str, Option<usize>); 26] = [
    ("-262143-01-01T00:00:00Z", None),
    ("-5000-01-01T00:00:00Z", None),
    ("-4714-11-24T00:00:00Z", None),
    ("-4713-11-23T23:59:59Z", None),
    ("-0001-12-31T23:59:59Z", None),
    ("0000-01-01T00:00:00%2B00:01", None),
    ("0000-01-01T00:00:00Z", Some(3)),
    ("0001-01-01T00:00:00Z", Some(3)),
    ("1999-12-31T23:59:59.999999999Z", Some(3)),
    ("2000-01-01T00:00:00Z", Some(2)),
    ("2000-01-01T00:00:00.000000999Z", Some(2)),
    ("2016-12-31T23:59:60Z", Some(2)),
    ("2020-06-01T12:00:00.123455999Z", Some(2)),
    ("2020-06-01T12:00:00.123456Z", Some(1)),
    ("2020-06-01T12:00:00.123456789Z", Some(1)),
    ("2020-06-01T13:00:00.123456%2B01:00", Some(1)),
    ("9999-12-31T23:59:59.999999Z", Some(0)),
    ("9999-12-31T23:59:59.999999999Z", Some(0)),
    ("9999-12-31T23:59:59-00:01", None),
    ("%2B10000-01-01T00:00:00Z", None),
    ("%2B262142-12-31T23:59:59Z", None),
    ("%2B294277-01-01T00:00:00Z", None),
    ("infinity", None),
    ("-infinity", None),
    ("2020-06-31T00:00:00Z", None),
    ("4714-11-24%20BC", None),
];

on_both! {
    fn every_moment_is_refused_or_finds_the_same_rows(database) {
        let app = App::new(&database);
        for (title, at) in [
            ("a", "2000-01-01 00:00:00+00:00"),
            ("b", "2020-06-01 12:00:00.123456+00:00"),
            ("c", "2040-01-01 00:00:00+00:00"),
        ] {
            app.post("/api/books", json!({"title": title, "author": "x"})).expect(201);
            let at = if database.is_sqlite() { at.replacen(' ', "T", 1) } else { at.to_owned() };
            database.execute(&format!("UPDATE books SET created_at = '{at}' WHERE title = '{title}'")).unwrap();
        }
        for (moment, later) in MOMENTS {
            for question in [
                format!("created_at={moment}"),
                format!("created_at__ne={moment}"),
                format!("created_at__gt={moment}"),
                format!("created_at__lte={moment}"),
                format!("created_at__in={moment},2020-01-01T00:00:00Z"),
                format!("created_at__between={moment},9999-01-01T00:00:00Z"),
                format!("created_at__between=0001-01-01T00:00:00Z,{moment}"),
            ] {
                let reply = app.get(&format!("/api/books?{question}"));
                let status = if later.is_some() { 200 } else { 400 };
                assert_eq!(reply.status, status, "{question}: {}", reply.body);
            }
            assert_eq!(app.get(&format!("/api/imports?created_at__gt={moment}")).status, if later.is_some() { 200 } else { 400 });
            if let Some(later) = later {
                let count = |question: String| app.get(&format!("/api/books?{question}")).expect(200).as_array().unwrap().len();
                assert_eq!(count(format!("created_at__gt={moment}")), later, "{moment}");
                assert_eq!(count(format!("created_at__lte={moment}")), 3 - later, "{moment}");
            }
        }
        let error = app.get("/api/books?created_at__gt=-5000-01-01T00:00:00Z").expect_problem(400);
        assert!(error.contains("created_at__gt `-5000-01-01T00:00:00Z` is not between 0000-01-01"), "{error}");
    }

    fn a_cursor_with_such_a_moment_is_refused(database) {
        let app = App::new(&database);
        for title in ["a", "b", "c"] {
            app.post("/api/books", json!({"title": title, "author": "x"})).expect(201);
        }
        let next = app.get("/api/books?sort=created_at&limit=1").link("next").expect("a next page");
        let (before, cursor) = next.split_once("cursor=").expect("a cursor");
        let (cursor, after) = cursor.split_once('&').map_or((cursor, ""), |(cursor, after)| (cursor, after));
        let content: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(cursor).unwrap()).unwrap();
        for (moment, later) in MOMENTS {
            let mut content = content.clone();
            content["v"][0] = json!(moment.replace("%2B", "+").replace("%20", " "));
            let cursor = BASE64_URL_SAFE_NO_PAD.encode(content.to_string());
            let reply = app.get(&format!("{before}cursor={cursor}&{after}"));
            let status = if later.is_some() { 200 } else { 400 };
            assert_eq!(reply.status, status, "{moment}: {}", reply.body);
        }
    }
}
