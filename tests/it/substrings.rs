//! Searches by substrings: they find exactly the rows that match, whoever wrote them, and they use the index.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{App, Database, Program, on_both};

fn titles(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|book| book["title"].as_str().unwrap().to_owned()).collect()
}

fn found(app: &App, parameter: &str, value: &str) -> Vec<String> {
    let query = form(&[(parameter, value), ("limit", "1000"), ("sort", "id")]);
    titles(&app.get(&format!("/api/books?{query}")).expect(200))
}

fn form(parameters: &[(&str, &str)]) -> String {
    let byte = |byte: u8| format!("%{byte:02x}");
    let encode = |text: &str| text.bytes().map(byte).collect::<String>();
    let pairs = parameters.iter().map(|(name, value)| format!("{name}={}", encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// Texts that might be mistaken for another one, or for query syntax.
const TEXTS: [&str; 30] = [
    "Clean Code",
    "CLEAN\u{212a}ODE",
    "kelvin \u{212a}elvin",
    "İstanbul",
    "istanbul ISTANBUL",
    "ıstanbul",
    "straße STRASSE STRAẞE",
    "Σίσυφος ΣΊΣΥΦΟΣ σίσυφοσ",
    "Éloge de la folie",
    "e\u{301}loge",
    "ÅNGSTRÖM \u{212b}ngström",
    "ﬁne fine",
    "Ǆep ǅep ǆep",
    "Война и мир",
    "ВОЙНА",
    "ꭰꭱꭲ ᎠᎡᎢ",
    "𐐀𐐁𐐂𐐃 𐐨𐐩𐐪𐐫",
    "東京都の本",
    "🦀🦀🦀 crab",
    "100% _off_",
    "a\\b\\c",
    "it's \"quoted\" 'twice'",
    "AND OR NOT NEAR(",
    "{title} : x^2 + *",
    "[a-z]? [^b]*",
    "ab",
    "a",
    "aaaa aaa aa",
    "x\u{301}\u{301}\u{301}y",
    "Ͳͳ ϳϳϳ ͿͿͿ ƛƛƛ ɜɜɜ",
];

fn single(mut cases: impl Iterator<Item = char>) -> Option<char> {
    cases.next().filter(|_| cases.next().is_none())
}

/// Whether a text contains a needle, where a letter equals its other case: only ASCII letters if the needle is ASCII.
fn has(text: &str, needle: &str) -> bool {
    let (text, sought): (Vec<char>, Vec<char>) = (text.chars().collect(), needle.chars().collect());
    let same = |(t, n): (&char, &char)| match needle.is_ascii() {
        true => t.eq_ignore_ascii_case(n),
        false => {
            t == n || single(n.to_lowercase()) == Some(*t) || single(n.to_uppercase()) == Some(*t)
        }
    };
    sought.is_empty() || text.windows(sought.len()).any(|part| part.iter().zip(&sought).all(same))
}

/// The titles of each page from this one on, by the links of this name.
fn walk(app: &App, path: &str, way: &str) -> Vec<Vec<String>> {
    let (mut all, mut next) = (Vec::new(), Some(path.to_owned()));
    while let Some(path) = next {
        let reply = app.get(&path);
        next = reply.link(way);
        all.push(titles(&reply.expect(200)));
    }
    all
}

on_both! {
    fn the_index_changes_no_answer(database) {
        let app = App::new(&database);
        let books: Vec<Value> =
            (0..4).flat_map(|round| TEXTS.map(|text| json!({"title": format!("{text} {round}"), "author": "🙈"}))).collect();
        for book in books {
            app.post("/api/books", book).expect(201);
        }
        let stored = found(&app, "title__isnull", "false");
        assert_eq!(stored.len(), 4 * TEXTS.len());
        let mut needles: Vec<String> = Vec::new();
        for text in TEXTS {
            let letters: Vec<char> = text.chars().collect();
            for (length, from) in [(1, 0), (2, 1), (3, 0), (3, 3), (4, 1), (7, 2), (50, 0)] {
                let needle: String = letters.iter().skip(from).take(length).collect();
                needles.extend([needle.to_lowercase(), needle.to_uppercase(), needle]);
            }
        }
        needles.extend(["xyz".to_owned(), "x".repeat(1000)]);
        needles.retain(|needle| needle.trim() == needle && !needle.is_empty());
        needles.sort();
        needles.dedup();
        for needle in needles {
            // The needle is composed (NFC), as the stored text was.
            let composed = needle.replace("e\u{301}", "é").replace("E\u{301}", "É").replace('\u{212a}', "K").replace('\u{212b}', "Å");
            let expected: Vec<&String> = stored.iter().filter(|title| has(title, &composed)).collect();
            assert_eq!(found(&app, "title__icontains", &needle).iter().collect::<Vec<_>>(), expected, "{needle:?}");
            let exact: Vec<&String> = stored.iter().filter(|title| title.contains(&composed)).collect();
            assert_eq!(found(&app, "title__contains", &needle).iter().collect::<Vec<_>>(), exact, "{needle:?}");
            if !needle.contains(char::is_whitespace) {
                // Accents and the like are no reason to lose a row.
                let all = found(&app, "q", &needle);
                assert!(expected.iter().all(|title| all.contains(title)), "q={needle:?}: {all:?}, not {expected:?}");
            }
        }
    }

    fn what_plain_sql_changes_is_found_as_it_is_now(database) {
        let app = App::new(&database);
        let run = |sql: &str| database.execute(sql).expect(sql);
        let count = |value: &str| found(&app, "q", value).len();
        let summers = |number: i32| {
            let sql = format!("SELECT count(*) FROM books WHERE title LIKE 'summer %{number}%'");
            usize::try_from(database.number(&sql)).unwrap()
        };
        let many = if database.is_sqlite() {
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO books (title, author, isbn) \
             SELECT 'winter ' || i, 'somebody', i FROM n"
        } else {
            "INSERT INTO books (title, author, isbn) SELECT 'winter ' || i, 'somebody', i FROM generate_series(1, 1000) AS n (i)"
        };
        run(many);
        assert_eq!((count("winter"), count("winter somebody"), count("inter 777")), (1000, 1000, 1));
        run("UPDATE books SET title = 'summer ' || id WHERE id <= 500");
        assert_eq!((count("winter"), count("summer"), count("summer 77")), (500, 500, 5));
        run("UPDATE books SET author = 'nobody' WHERE id = 1000; UPDATE books SET id = id + 5000 WHERE id = 1000");
        assert_eq!((count("nobody"), count("somebody")), (1, 999));
        run("DELETE FROM books WHERE id BETWEEN 401 AND 600");
        assert_eq!((count("winter"), count("summer")), (400, 400));
        if database.is_sqlite() {
            // Neither informs a trigger of the deleted row.
            run("INSERT OR REPLACE INTO books (id, title, author, isbn) VALUES (1, 'autumn one', 'a', 'x')");
            run("INSERT OR REPLACE INTO books (id, title, author, isbn) VALUES (9000, 'autumn two', 'a', '2')");
            run("UPDATE OR REPLACE books SET isbn = '3', title = 'autumn three' WHERE id = 4");
            assert_eq!((count("autumn"), count("summer 1"), count("summer 2")), (3, summers(1), summers(2)));
            run("INSERT OR ABORT INTO books (id, title, author) VALUES (2, 'spring', 'a')");
            run("INSERT INTO books (id, title, author) VALUES (2, 'late spring', 'b') \
                 ON CONFLICT (id) DO UPDATE SET title = excluded.title");
            assert_eq!((count("spring"), count("late spring"), count("summer 2")), (1, 1, summers(2)));
            run(&many.replace("winter", "again").replace(", i FROM", ", i + 10000 FROM"));
            assert_eq!((count("again"), count("autumn"), count("spring")), (1000, 3, 1));
            run("DELETE FROM books; VACUUM");
            assert_eq!(database.texts("PRAGMA integrity_check"), ["ok"]);
            assert_eq!(database.number("SELECT count(*) FROM books_unsearched"), 0);
            run(many);
            assert_eq!((count("winter"), count("summer"), count("again")), (1000, 0, 0));
        }
    }

    fn pages_orders_counts_and_other_filters_are_as_without_an_index(database) {
        let app = App::new(&database);
        let books: Vec<Value> = (0..300)
            .map(|i| {
                let title = format!("t{:03} {}", i * 7 % 300, if i % 3 == 0 { "river" } else { "shore" });
                json!({"title": title, "author": "a b c", "year": i % 5})
            })
            .collect();
        app.request("POST", "/api/books").send(&[("content-type", "application/json")], json!(books).to_string().as_bytes());
        let rivers = |path: &str| walk(&app, path, "next").concat();
        let everything = rivers("/api/books?limit=100");
        assert_eq!(everything.len(), 300);
        let mut expected: Vec<String> = everything.into_iter().filter(|title| title.contains("river")).collect();
        assert_eq!(rivers("/api/books?title__icontains=RIVER&limit=7"), expected);
        assert_eq!(rivers("/api/books?title__icontains=RIVER&limit=33&offset=0"), expected);
        // And backwards, from the end.
        let back = |path: &str| {
            let (mut pages, mut next) = (Vec::new(), Some(path.to_owned()));
            let mut reply = None;
            while let Some(path) = next {
                next = reply.insert(app.get(&path)).link("next");
            }
            while let Some(page) = reply {
                pages.push(titles(&page.clone().expect(200)));
                reply = page.link("prev").map(|previous| app.get(&previous));
            }
            pages.into_iter().rev().flatten().collect::<Vec<_>>()
        };
        assert_eq!(back("/api/books?title__icontains=RIVER&limit=7"), expected);
        expected.reverse();
        assert_eq!(rivers("/api/books?title__icontains=river&sort=-id&limit=7"), expected);
        assert_eq!(back("/api/books?title__icontains=river&sort=-id&limit=7"), expected);
        expected.sort();
        assert_eq!(rivers("/api/books?title__icontains=river&sort=title&limit=7"), expected);
        assert_eq!(rivers("/api/books?q=river&sort=title&limit=7"), expected);
        let reply = app.get("/api/books?title__contains=iver&year=2&author__icontains=B%20C&sort=-year,title&limit=3&count=exact");
        assert_eq!(reply.headers["x-total-count"], "20");
        let last = app.get("/api/books?title__contains=river&limit=10&offset=95");
        assert_eq!(titles(&last.clone().expect(200)).len(), 5);
        assert_eq!(app.get("/api/exports/books.csv?title__icontains=river").body.lines().count(), 101);
        let (path, json) = ("/api/books?title__icontains=river&year=2&confirm=20", [("content-type", "application/json")]);
        assert_eq!(app.request("PATCH", path).send(&json, br#"{"title": "lake"}"#).expect(200)["changed"], 20);
        assert_eq!(rivers("/api/books?title__icontains=river").len(), 80);
        app.delete("/api/books?q=river&confirm=80").expect(200);
        assert_eq!((rivers("/api/books?q=river").len(), rivers("/api/books?q=lake").len()), (0, 20));
    }

    fn the_index_is_what_finds_few_among_many(database) {
        let app = App::new(&database);
        let sqlite = database.is_sqlite();
        let many = if sqlite {
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO books (title, author, isbn) \
             SELECT 'book ' || i, iif(i % 2000 = 0, 'Rare Émile', 'Common'), iif(i = 7, '9780132350884', NULL) FROM n"
        } else {
            "INSERT INTO books (title, author, isbn) SELECT 'book ' || i, CASE WHEN i % 2000 = 0 THEN 'Rare Émile' ELSE 'Common' END, \
             CASE WHEN i = 7 THEN '9780132350884' END FROM generate_series(1, 20000) AS n (i); ANALYZE books"
        };
        database.execute(many).unwrap();
        for (parameter, value, rows) in [
            ("author__icontains", "rare", 10),
            ("author__icontains", "é", 10),
            ("author__contains", "Émi", 10),
            ("q", "RARE émile", 10),
            ("q", "ra", 10),
            ("title__icontains", "ook 19999", 1),
            ("author__icontains", "nobody", 0),
            ("q", "9780132350884", 1),
            ("q", "0-13-235088-2", 1),
        ] {
            // More often than it takes a server to choose a plan for all values.
            for _ in 0..8 {
                assert_eq!(found(&app, parameter, value).len(), rows, "{parameter}={value}");
            }
        }
        assert_eq!(app.get("/api/books?author__icontains=common&limit=1000&count=exact").headers["x-total-count"], "19990");
        if sqlite {
            // Rows removed from the index are not found, so the table was not scanned.
            database.execute(
                "INSERT INTO books_search (books_search, rowid, text) SELECT 'delete', id, text FROM books_folded \
                 WHERE id IN (2000, 4000)").unwrap();
            for (parameter, value) in [("author__icontains", "rare"), ("q", "émile"), ("author__contains", "Rare É")] {
                assert_eq!(found(&app, parameter, value).len(), 8, "{parameter}={value}");
            }
            assert_eq!(found(&app, "q", "ra").len(), 10);
            database.execute("INSERT INTO books_search (books_search) VALUES ('rebuild')").unwrap();
            assert_eq!(found(&app, "author__icontains", "rare").len(), 10);
        } else {
            let uses = "SELECT coalesce(sum(idx_scan), 0)::bigint FROM pg_stat_user_indexes WHERE indexrelname LIKE 'books_search%'";
            // Sessions report their statistics when they are next idle.
            let begun = Instant::now();
            while database.number(uses) < 40 {
                assert!(begun.elapsed() < Duration::from_secs(60), "{} uses of the index", database.number(uses));
                app.get("/api/books?limit=1").expect(200);
            }
        }
    }

    fn pages_of_many_matches_come_from_all_parts_of_the_table(database) {
        let sixth = "CASE WHEN i % 6 = 0 THEN 'Winterbourne' ELSE 'Summers' END";
        let fill = if database.is_sqlite() {
            format!("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000) \
                     INSERT INTO books (id, title, author) SELECT i * 9 + 70000, 'book ' || i, {sixth} FROM n")
        } else {
            format!("INSERT INTO books (id, title, author) SELECT i * 9 + 70000, 'book ' || i, {sixth} \
                     FROM generate_series(1, 6000) AS n (i); ANALYZE books")
        };
        // A server without statistics of the rows, and one that collects them at startup.
        for learns in [false, true] {
            let app = App::new(&database);
            if !learns {
                database.execute(&fill).unwrap();
            }
            let expected = database.texts("SELECT title FROM books WHERE author = 'Winterbourne' ORDER BY id");
            let walk = |path: &str, way: &str| walk(&app, path, way);
            for limit in [20, 130, 999, 1000, 1001] {
                let path = format!("/api/books?author__icontains=winterbourne&limit={limit}");
                let pages = walk(&path, "next");
                assert_eq!(pages.concat(), expected, "{limit}");
                assert!(pages.iter().rev().skip(1).all(|page| page.len() == limit));
                let down = walk(&format!("{path}&sort=-id"), "next").concat();
                assert!(down.iter().rev().eq(&expected), "{limit}");
            }
            // Backwards from the middle, and from ids that no row has.
            let middle = app.get("/api/books?author__icontains=winterbourne&limit=300");
            let next = app.get(&middle.link("next").unwrap());
            let back = walk(&next.link("prev").unwrap(), "prev");
            assert_eq!(back.concat(), expected[..300]);
            for (filter, rows) in [("id__gt=100000", 445), ("id__lt=70000", 0), ("id__between=80000,80100", 2)] {
                let path = format!("/api/books?author__icontains=winterbourne&{filter}&limit=100");
                assert_eq!(walk(&path, "next").concat().len(), rows, "{filter}");
            }
            let both = "/api/books?q=winterbourne%20book&sort=id&limit=50";
            assert_eq!(walk(both, "next").concat(), expected);
            if learns && !database.is_sqlite() {
                // A page needs the matches of a part or two, not all thousand. Sessions report that when they are next idle.
                let rows = "SELECT coalesce(sum(idx_tup_read) / nullif(sum(idx_scan), 0), 1000)::bigint FROM pg_stat_user_indexes \
                            WHERE indexrelname LIKE 'books_search%'";
                let begun = Instant::now();
                while database.number(rows) > 200 {
                    assert!(begun.elapsed() < Duration::from_secs(60), "{} rows in a scan", database.number(rows));
                    database.execute("SELECT pg_stat_reset()").unwrap();
                    (0..20).for_each(|_| drop(app.get("/api/books?author__icontains=winterbourne&limit=20").expect(200)));
                }
            }
        }
    }

    fn who_loses_the_index_is_told_so_or_searches_without_it(database) {
        let app = App::new(&database);
        app.post("/api/books", json!({"title": "Emma", "author": "Austen"})).expect(201);
        if database.is_sqlite() {
            database.execute("DROP TABLE books_search").unwrap();
            app.get("/api/books?title__icontains=emma").expect_problem(500);
            assert_eq!(found(&app, "title__icontains", "em"), ["Emma"]);
            let check = Program::migration(&database).run(&["diff", "db", "head"]);
            assert!(!check.success && check.stdout.contains("virtual table books_search"), "{check:?}");
        } else {
            database.execute("DROP EXTENSION pg_trgm CASCADE").unwrap();
            assert_eq!(found(&app, "title__icontains", "emma"), ["Emma"]);
            let check = Program::migration(&database).run(&["check"]);
            assert!(!check.success && check.stdout.contains("books_search_title"), "{check:?}");
        }
    }
}

#[test]
fn a_role_that_may_not_create_the_extension_has_a_schema_all_the_same() {
    let Some(database) = Database::empty_postgres() else { return };
    let name = database.texts("SELECT current_database()::text").remove(0);
    let role = format!("{name}_owner");
    database
        .execute(&format!("CREATE ROLE {role} LOGIN; GRANT ALL ON SCHEMA public TO {role}"))
        .unwrap();
    let url = database.url.replace("user=bookplate", &format!("user={role}"));
    let upgraded =
        Program::new(&database).env("DATABASE_URL", &url).run(&["db", "upgrade"]).expect_success();
    assert!(
        upgraded.stderr.contains("pg_trgm") && upgraded.stderr.contains("CREATE EXTENSION pg_trgm"),
        "{upgraded:?}"
    );
    assert_eq!(
        database.number("SELECT count(*) FROM pg_indexes WHERE indexname LIKE 'books_search%'"),
        0
    );
    let app = App::new(&database);
    app.post("/api/books", json!({"title": "Émile", "author": "Rousseau"})).expect(201);
    assert_eq!(found(&app, "q", "émi ROUSS"), ["Émile"]);
    let down = ["db", "downgrade", "m20261126_195339_index_books_by_title_and_year"];
    drop(app);
    Program::new(&database).env("DATABASE_URL", &url).run(&down).expect_success();
    database.execute("CREATE EXTENSION pg_trgm").unwrap();
    Program::new(&database).env("DATABASE_URL", &url).run(&["db", "upgrade"]).expect_success();
    assert_eq!(
        database.number("SELECT count(*) FROM pg_indexes WHERE indexname LIKE 'books_search%'"),
        3
    );
}
