//! Lists that are longer than a part: streamed completely, limited as configured, and read while others change them.

use std::{
    collections::HashSet,
    io::{Read, Write},
    net::TcpStream,
    sync::atomic::{AtomicBool, Ordering},
};

use serde_json::{Value, json};

use crate::support::{App, Database, Program, Reply, on_both};

/// Books from 1 on, whose years repeat and every seventh of which has none.
fn fill(database: &Database, count: u32) {
    let numbers = match database.is_sqlite() {
        true => format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
        ),
        false => format!("WITH n(i) AS (SELECT generate_series(1, {count}))"),
    };
    let year = "CASE WHEN i % 7 = 0 THEN NULL ELSE i % 10 END";
    let rows = format!("{numbers} SELECT 'title ' || i, 'kept', {year} FROM n");
    database.execute(&format!("INSERT INTO books (title, author, year) {rows}")).unwrap();
}

fn ids(list: &Value) -> Vec<i64> {
    list.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

/// Whether the response was sent while it was read.
fn is_streamed(reply: &Reply) -> bool {
    assert_eq!(reply.headers.contains_key("etag"), reply.headers.contains_key("content-length"));
    !reply.headers.contains_key("content-length")
}

/// All pages from this one on, each as its ids.
fn walk(app: &App, path: &str) -> Vec<Vec<i64>> {
    let (mut pages, mut next) = (Vec::new(), Some(path.to_owned()));
    while let Some(path) = next {
        let reply = app.get(&path);
        next = reply.link("next");
        pages.push(ids(&reply.expect(200)));
    }
    pages
}

on_both! {
    fn a_long_list_is_streamed_in_every_format(database) {
        let app = App::new(&database);
        fill(&database, 3500);
        let reply = app.get("/api/books?sort=year,-title");
        assert!(is_streamed(&reply) && reply.link("next").is_none());
        let list = reply.expect(200);
        let list = list.as_array().unwrap();
        let key = |row: &Value| (row["year"].as_i64().unwrap_or(99), std::cmp::Reverse(row["title"].as_str().unwrap().to_owned()));
        assert!(list.len() == 3500 && list.is_sorted_by_key(key));
        let lines = app.request("GET", "/api/books?sort=year,-title").send(&[("accept", "application/jsonl")], b"");
        let lines: Vec<Value> = lines.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(&lines == list);
        let table = app.request("GET", "/api/books?sort=year,-title&fields=id").send(&[("accept", "text/csv")], b"").body;
        let expected: Vec<String> = list.iter().map(|row| row["id"].to_string()).collect();
        assert_eq!(table, format!("id\n{}\n", expected.join("\n")));
        let shaped = app.get("/api/books?sort=year,-title&fields=id&include=items&limit=3000").expect(200);
        assert_eq!(shaped[2999], json!({"id": list[2999]["id"], "items": []}));
        let head = app.request("HEAD", "/api/books").send(&[], b"");
        assert_eq!((head.status, head.body.as_str(), is_streamed(&head)), (200, "", true));
        // A list that fits into one part has a tag, as usual.
        for path in ["/api/books?limit=1000", "/api/books?id__lte=1000"] {
            let reply = app.get(path);
            assert!(!is_streamed(&reply) && ids(&reply.clone().expect(200)).len() == 1000);
            let seen = reply.headers["etag"].clone();
            assert_eq!(app.request("GET", path).send(&[("if-none-match", &seen)], b"").status, 304);
        }
        assert!(app.get("/api/books?sort=titel").expect_problem(400).contains("`titel` is not a column"));
    }

    fn a_list_that_ends_where_a_part_does_has_no_page_behind_it(database) {
        let app = App::new(&database);
        fill(&database, 2002);
        for count in [999, 1000, 1001, 2000, 2001, 2002] {
            for limit in [1000, 1001, 2000, 2001] {
                let pages = walk(&app, &format!("/api/books?sort=year&id__lte={count}&limit={limit}"));
                let seen: HashSet<i64> = pages.iter().flatten().copied().collect();
                let lengths: Vec<usize> = pages.iter().map(Vec::len).collect();
                assert_eq!((seen.len(), lengths.iter().sum::<usize>()), (count, count), "{limit}: {lengths:?}");
                assert_eq!(lengths.len(), count.div_ceil(limit), "{count} by {limit}: {lengths:?}");
            }
        }
    }

    fn a_client_that_knows_no_chunks_gets_a_long_list_all_the_same(database) {
        let app = App::new(&database);
        fill(&database, 2500);
        for header in ["", "Connection: keep-alive\r\n", "Accept-Encoding: identity\r\n"] {
            let mut connection = TcpStream::connect(&app.address).unwrap();
            let request = format!("GET /api/books?fields=id HTTP/1.0\r\nHost: localhost\r\n{header}\r\n");
            connection.write_all(request.as_bytes()).unwrap();
            let mut answer = String::new();
            connection.read_to_string(&mut answer).unwrap();
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            assert!(head.contains(" 200 OK") && !head.to_lowercase().contains("transfer-encoding"), "{head}");
            assert_eq!(ids(&serde_json::from_str(body).unwrap()), (1..=2500).collect::<Vec<_>>());
        }
    }

    fn a_list_is_cut_where_the_server_says_and_linked_to_its_rest(database) {
        Program::new(&database).run(&["db", "upgrade"]).expect_success();
        fill(&database, 5000);
        let app = Program::new(&database).serve(&["--list-limit", "1500"]);
        for sort in ["id", "-id", "year", "-year,title"] {
            let pages = walk(&app, &format!("/api/books?sort={sort}"));
            assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [1500, 1500, 1500, 500], "{sort}");
            let whole = ids(&app.get(&format!("/api/books?sort={sort}&limit=10000")).expect(200));
            assert!(whole.len() == 5000 && pages.concat() == whole, "{sort}");
            // And backwards.
            let third = app.get(&app.get(&app.get(&format!("/api/books?sort={sort}")).link("next").unwrap()).link("next").unwrap());
            let second = app.get(&third.link("prev").unwrap());
            assert!(ids(&second.clone().expect(200)) == pages[1], "{sort}");
            assert!(ids(&app.get(&second.link("next").unwrap()).expect(200)) == pages[2], "{sort}");
        }
        let reply = app.get("/api/books?offset=700&limit=1200&count=exact");
        assert_eq!((is_streamed(&reply), reply.headers["x-total-count"].as_str()), (true, "5000"));
        assert_eq!(ids(&reply.clone().expect(200)), (701..=1900).collect::<Vec<_>>());
        assert_eq!(reply.link("prev").unwrap(), "/api/books?limit=1200&count=exact&offset=0");
        assert_eq!(reply.link("next").unwrap(), "/api/books?limit=1200&count=exact&offset=1900");
        let last = app.get("/api/books?offset=3800&limit=1200");
        assert_eq!((last.link("next"), ids(&last.expect(200)).len()), (None, 1200));
        assert!(app.get("/api/books?q=title&limit=1").link("next").is_some());
        assert_eq!(walk(&app, "/api/books?q=title").concat().len(), 5000);
        let exported = app.get("/api/exports/books.jsonl").body;
        assert_eq!(exported.lines().count(), 5000);
    }

    fn a_row_that_stays_is_seen_once_by_whoever_walks_while_others_come_and_go(database) {
        const KEPT: u32 = 2600;
        Program::new(&database).run(&["db", "upgrade"]).expect_success();
        fill(&database, KEPT);
        let app = Program::new(&database).serve(&["--list-limit", "1100"]);
        let ended = AtomicBool::new(false);
        // The oldest rows are deleted first, and these are older than any row below: otherwise a row that is added and deleted
        // between two reads would be in neither, and a response between them would rightly differ.
        let passing: Vec<Value> = (0..400).map(|number| json!({"title": "passing", "author": "gone", "year": number % 12})).collect();
        app.post("/api/books", json!(passing)).expect(201);
        std::thread::scope(|scope| {
            let churn = |seed: usize| {
                let (app, ended) = (&app, &ended);
                move || {
                    let mut round = seed;
                    while !ended.load(Ordering::Relaxed) {
                        round += 1;
                        let books: Vec<Value> = (0..5)
                            .map(|number| json!({"title": "passing", "author": "gone", "year": (round + number) % 12}))
                            .collect();
                        let added = app.post("/api/books", json!(books));
                        let gone = app.get(&format!("/api/books?author=gone&sort=id&offset={}&limit=4", seed * 3)).expect(200);
                        for id in ids(&gone) {
                            app.delete(&format!("/api/books/{id}"));
                        }
                        assert!([201, 503].contains(&added.status), "{added:?}");
                    }
                }
            };
            for seed in 0..2 {
                scope.spawn(churn(seed));
            }
            let lists = [
                "sort=year", "sort=-year", "sort=id", "sort=-id",
                "sort=year&limit=130", "sort=-id&limit=170", "q=t&limit=150",
            ];
            let walkers: Vec<_> = lists
                .map(|query| (query, scope.spawn({ let app = &app; move || walk(app, &format!("/api/books?{query}")).concat() })))
                .into();
            let walked: Vec<_> = walkers.into_iter().map(|(query, walker)| (query, walker.join())).collect();
            ended.store(true, Ordering::Relaxed);
            for (query, seen) in walked {
                let seen = seen.unwrap();
                let distinct: HashSet<i64> = seen.iter().copied().collect();
                assert_eq!(distinct.len(), seen.len(), "{query}: something was seen twice");
                let missing: Vec<i64> = (1..=i64::from(KEPT)).filter(|id| !distinct.contains(id)).collect();
                assert!(missing.is_empty(), "{query}: {missing:?}");
            }
        });
        assert!(database.number("SELECT count(*) FROM books WHERE author = 'gone'") > 0);
    }
}
