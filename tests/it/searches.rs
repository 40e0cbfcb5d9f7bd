//! Searches for words as people write them: without accents, with another apostrophe, with or without a dash.

use serde_json::{Value, json};

use crate::support::{App, on_both};

/// The names of what matches, and not of what nearly does.
fn found(app: &App, path: &str, parameters: &[(&str, &str)]) -> Vec<String> {
    let byte = |byte: u8| format!("%{byte:02x}");
    let encode = |text: &str| text.bytes().map(byte).collect::<String>();
    let pairs = parameters.iter().map(|(name, value)| format!("{name}={}", encode(value)));
    let reply = app.get(&format!("{path}?{}", pairs.collect::<Vec<_>>().join("&")));
    if reply.headers.contains_key("x-near-matches") {
        return Vec::new();
    }
    let list = reply.expect(200);
    let name = |row: &Value| row["title"].as_str().or(row["name"].as_str()).unwrap().to_owned();
    list.as_array().unwrap().iter().map(name).collect()
}

/// A stored text, what finds it, and what does not.
const FOUND: &[(&str, &[&str], &[&str])] = &[
    (
        "Les Misérables",
        &["miserables", "MISÉRABLES", "misërables", "les mise"],
        &["misrables", "lesmis"],
    ),
    (
        "L’Étranger",
        &["l'etranger", "letranger", "L`ÉTRANGER", "étranger", "ranger"],
        &["l'stranger"],
    ),
    ("O'Brien", &["obrien", "o’brien", "OʼBRIEN"], &["o-brien's"]),
    (
        "Spider–Man",
        &["spider-man", "spiderman", "spider man", "SPIDER—MAN", "spider", "der-m"],
        &["spidre"],
    ),
    ("Catch 22", &["catch-22", "Catch‐22"], &["catch-23"]),
    ("Straße", &["strasse", "STRASSE", "STRAẞE", "straße", "ass"], &["strase"]),
    ("Weiss", &["weiß"], &["weiz"]),
    (
        "İstanbul Diyarbakır",
        &["istanbul", "ISTANBUL", "ıstanbul", "İSTANBUL", "diyarbakir", "DİYARBAKIR"],
        &["istnbul"],
    ),
    ("Smørrebrød", &["smorrebrod", "SMØRREBRØD"], &["smrebrod"]),
    ("Łódź", &["lodz", "łodz", "LÓDŹ"], &["lody"]),
    ("Æsop’s Œuvres", &["aesops", "aesop's oeuvres", "ÆSOPS", "œuvres"], &["asop"]),
    ("Phở Việt Nam", &["pho viet", "phơ", "PHỞ VIỆT"], &["fo"]),
    ("Ёлка Война и мир", &["елка", "ЁЛКА", "воина и", "ВОЙНА"], &["ялка"]),
    ("Σίσυφος", &["σισυφοσ", "ΣΊΣΥΦΟΣ", "ΣΙΣΥΦΟΣ", "σίσυφος"], &["σισιφος"]),
    ("x\u{301}yz plain", &["xyz", "x\u{301}yz", "XYZ"], &["xz"]),
    ("100% _off_ - 'n' -", &["100% _off_", "-", "'", "100%", "n"], &["101%"]),
    ("東京都の本", &["東京都", "京都の本"], &["東都"]),
    ("Well-Being at Home", &["well being", "wellbeing", "well-being at", "being"], &["beingat"]),
];

on_both! {
    fn words_are_found_as_people_write_them(database) {
        let app = App::new(&database);
        for (text, ..) in FOUND {
            let body = json!({"title": text, "author": text, "subtitle": format!("{text} again")});
            app.post("/api/books", body).expect(201);
            app.post("/api/stores", json!({"name": text})).expect(201);
        }
        // Many more, so that the index has something to do.
        let many: Vec<Value> = (0..300).map(|i| json!({"title": format!("Yyyy {i}"), "author": "zzzz"})).collect();
        app.post("/api/books", json!(many)).expect(201);
        for (text, finds, others) in FOUND {
            for (needles, expected) in [(finds, true), (others, false)] {
                for needle in *needles {
                    for (path, parameter) in [
                        ("/api/books", "q"),
                        ("/api/books/search", "title"),
                        ("/api/books/search", "author"),
                        ("/api/books", "title__matches"),
                        ("/api/books", "subtitle__matches"),
                        ("/api/stores", "q"),
                        ("/api/stores", "name__matches"),
                    ] {
                        let titles = found(&app, path, &[(parameter, needle), ("limit", "100")]);
                        assert_eq!(titles.contains(&(*text).to_owned()), expected, "{path}?{parameter}={needle} for {text}: {titles:?}");
                    }
                }
            }
        }
        // The other operators compare letters as they are.
        assert_eq!(found(&app, "/api/books", &[("title__icontains", "MISÉR")]), ["Les Misérables"]);
        assert_eq!(found(&app, "/api/books", &[("title__icontains", "miser")]), [""; 0]);
        assert_eq!(found(&app, "/api/books", &[("title__contains", "Étr")]), ["L’Étranger"]);
        assert_eq!(found(&app, "/api/books", &[("title__contains", "Spider–M")]), ["Spider–Man"]);
    }

    fn rows_of_plain_sql_are_found_without_regard_to_accents(database) {
        let app = App::new(&database);
        let run = |sql: &str| database.execute(sql).expect(sql);
        let titles = |q: &str| found(&app, "/api/books", &[("q", q), ("sort", "id")]);
        run("INSERT INTO books (title, author) VALUES ('Éloge – de l’ombre', 'Tanizaki Jun''ichirō')");
        for i in 0..3 {
            // More than wait for the index of SQLite.
            let many: Vec<String> = (0..130).map(|j| format!("('Naïve k{i} n{j}', 'Zoë')")).collect();
            run(&format!("INSERT INTO books (title, author) VALUES {}", many.join(", ")));
        }
        assert_eq!(titles("junichiro eloge"), ["Éloge – de l’ombre"]);
        assert_eq!(titles("de lombre"), ["Éloge – de l’ombre"]);
        assert_eq!(titles("naive k2 n129"), ["Naïve k2 n129"]);
        run("UPDATE books SET title = 'Façade' WHERE title = 'Naïve k2 n129'");
        assert_eq!((titles("naive k2 n129"), titles("facade")), (vec![], vec!["Façade".to_owned()]));
        run("UPDATE books SET description = 'Über-Ich' WHERE title = 'Façade'");
        assert_eq!(titles("uberich"), ["Façade"]);
        assert_eq!(titles("uber ich zoe"), ["Façade"]);
        run("DELETE FROM books WHERE author = 'Zoë'");
        assert_eq!((titles("zoe").len(), titles("facade").len()), (0, 0));
        if database.is_sqlite() {
            // Nothing of them is left in the index.
            run("INSERT INTO books_search (books_search) VALUES ('integrity-check')");
            assert_eq!(database.number("SELECT count(*) FROM books_search WHERE books_search MATCH '\"zoe\" OR \"nai\"'"), 0);
        }
    }

    fn a_search_looks_into_all_that_describes_a_book_and_shows_titles_first(database) {
        let app = App::new(&database);
        let add = |title: &str, member: &str| {
            let mut book = json!({"title": title, "author": "somebody"});
            book[member] = json!("A Tale of Bücher");
            app.post("/api/books", book).expect(201);
        };
        for member in ["description", "publisher", "series", "subtitle", "author"] {
            add(&format!("in the {member}"), member);
        }
        app.post("/api/books", json!({"title": "On a tale of bücher", "author": "nobody"})).expect(201);
        app.post("/api/books", json!({"title": "A tale of Bucher", "author": "nobody"})).expect(201);
        let q = found(&app, "/api/books", &[("q", "a tale of bucher")]);
        assert_eq!(q.len(), 7, "{q:?}");
        assert_eq!(q[0], "A tale of Bucher");
        assert_eq!(q[6], "On a tale of bücher", "{q:?}");
        // A word of one column and one of another.
        assert_eq!(found(&app, "/api/books", &[("q", "publisher bücher")]), ["in the publisher"]);
        for member in ["description", "publisher", "series", "subtitle"] {
            let parameter = format!("{member}__icontains");
            assert_eq!(found(&app, "/api/books", &[(&parameter, "tale OF bü")]), [format!("in the {member}")]);
        }
    }
}

on_both! {
    fn a_search_that_finds_nothing_shows_what_is_near_and_says_so(database) {
        let app = App::new(&database);
        let books = [
            ("The Hobbit", "J.R.R. Tolkien"), ("The Hobbits", "J.R.R. Tolkien"), ("Les Misérables", "Victor Hugo"),
            ("The Rabbit", "Nobody"), ("Dune", "Frank Herbert"), ("Der Name der Rose", "Umberto Eco"),
        ];
        let body: Vec<Value> = books.iter().map(|(title, author)| json!({"title": title, "author": author, "year": 1937})).collect();
        app.post("/api/books", json!(body)).expect(201);
        let many: Vec<Value> = (0..200).map(|i| json!({"title": format!("Winter {i}"), "author": "zzzz"})).collect();
        app.post("/api/books", json!(many)).expect(201);
        // The statistics are collected at startup.
        drop(app);
        let app = App::new(&database);
        for (q, expected) in [
            ("hobit", vec!["The Hobbit"]),
            ("hobbit tolkein", vec!["The Hobbit", "The Hobbits"]),
            ("the hobbti", vec!["The Hobbit"]),
            ("miserabels", vec!["Les Misérables"]),
            ("victro hugo", vec!["Les Misérables"]),
            ("umbreto eco rose", vec!["Der Name der Rose"]),
            ("hobit herbert", vec![]),
            ("qxzjvwkp", vec![]),
            ("teh", vec![]),
            ("hibbot", vec![]),
        ] {
            let reply = app.get(&format!("/api/books?q={}&limit=50", q.replace(' ', "%20")));
            let near = reply.headers.get("x-near-matches").cloned();
            let list = reply.expect(200);
            let titles: Vec<&str> = list.as_array().unwrap().iter().map(|book| book["title"].as_str().unwrap()).collect();
            assert_eq!(titles, expected, "{q}");
            assert_eq!(near.as_deref(), (!expected.is_empty()).then_some("true"), "{q}");
        }
        // What matches is all that is shown, and filters hold.
        let reply = app.get("/api/books?q=hobbits&count=exact");
        assert_eq!((reply.headers.get("x-near-matches"), reply.headers["x-total-count"].as_str()), (None, "1"));
        assert_eq!(app.get("/api/books?q=hobit&year=1937").expect(200)[0]["title"], "The Hobbit");
        assert_eq!(app.get("/api/books?q=hobit&year=1938").expect(200), json!([]));
        assert_eq!(app.get("/api/books?q=hobit&count=exact").headers["x-total-count"], "0");
        // Nothing is changed, exported or paged that only nearly matches.
        assert_eq!(app.get("/api/exports/books.csv?q=hobit").body.lines().count(), 1);
        assert_eq!(app.delete("/api/books?q=hobit&confirm=0").expect(200)["deleted"], 0);
        assert_eq!(app.get("/api/books?q=hobit&offset=1").expect(200), json!([]));
        // Words of which there is nothing near are refused soon.
        let begun = std::time::Instant::now();
        let garbage: Vec<String> = (0..20).map(|i| format!("zqxj{i}vwkzzzwinter")).collect();
        assert_eq!(app.get(&format!("/api/books?q={}", garbage.join("%20"))).expect(200), json!([]));
        assert!(begun.elapsed() < std::time::Duration::from_secs(2), "{:?}", begun.elapsed());
    }
}

on_both! {
    // The letters that SQLite folds are those that a search folds, and PostgreSQL folds them in the same way.
    fn every_letter_is_folded_alike(database) {
        let letters = crate::support::Database::sqlite();
        drop(App::new(&letters));
        let pairs = letters.texts("SELECT letter || '=' || base FROM search_letters ORDER BY letter");
        assert!(pairs.len() > 900);
        let app = App::new(&database);
        let rows: Vec<String> = pairs.iter().enumerate().map(|(i, pair)| {
            let letter = pair.chars().next().unwrap().to_string().replace('\'', "''");
            format!("('qq{letter}ww {i:04}', 'x')")
        }).collect();
        database.execute(&format!("INSERT INTO books (title, author) VALUES {}", rows.join(", "))).unwrap();
        for (i, pair) in pairs.iter().enumerate() {
            let letter = pair.chars().next().unwrap();
            let base = &pair[letter.len_utf8() + 1..];
            for needle in [base.to_owned(), letter.to_string()] {
                let titles = found(&app, "/api/books", &[("title__matches", &format!("qq{needle}ww {i:04}"))]);
                assert_eq!(titles.len(), 1, "{letter:?} as {needle:?}: {titles:?}");
            }
        }
    }
}
