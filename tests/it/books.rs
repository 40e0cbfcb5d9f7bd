//! Books: the API contract of the course, word for word.

use serde_json::{Value, json};

use crate::support::{App, on_both};

fn clean_code() -> Value {
    json!({"title": "Clean Code", "author": "Robert C. Martin", "year": 2008, "isbn": "9780132350884"})
}

fn titles(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|book| book["title"].as_str().unwrap()).collect()
}

on_both! {
    fn a_whole_number_may_be_written_with_a_point(database) {
        let app = App::new(&database);
        let typed = [("content-type", "application/json")];
        let body = br#"{"title": "a", "author": "b", "year": 2008.0, "page_count": 4.64e2}"#;
        let book = app.request("POST", "/api/books").send(&typed, body).expect(201);
        assert_eq!((&book["year"], &book["page_count"]), (&json!(2008), &json!(464)));
        let change = br#"{"year": -1.0, "id": 1.0, "version": 1.0}"#;
        let book = app.request("PATCH", "/api/books/1").send(&typed, change).expect(200);
        assert_eq!((&book["year"], &book["version"]), (&json!(-1), &json!(2)));
        app.post("/api/stores", json!({"name": "a"})).expect(201);
        let item = br#"{"name": "a", "price": 1, "store_id": 1.0, "book_id": 1.0}"#;
        let item = app.request("POST", "/api/items").send(&typed, item).expect(201);
        assert_eq!((&item["store_id"], &item["book_id"]), (&json!(1), &json!(1)));
        for year in ["2008.5", "1e10", "-1e300"] {
            let body = format!(r#"{{"title": "a", "author": "b", "year": {year}}}"#);
            app.request("POST", "/api/books").send(&typed, body.as_bytes()).expect_problem(400);
        }
    }

    fn what_else_is_known_of_a_book_is_kept(database) {
        let app = App::new(&database);
        let more = json!({
            "subtitle": "A Handbook", "publisher": " Prentice Hall ", "language": "eng", "series": "Martin", "series_number": 1.50,
            "description": "One.\r\n\r\nTwo."
        });
        let mut book = clean_code();
        book.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let stored = app.post("/api/books", book).expect(201);
        let kept = |book: &Value| {
            ["subtitle", "publisher", "language", "series", "series_number", "description"].map(|name| book[name].clone())
        };
        let expected = json!(["A Handbook", "Prentice Hall", "en", "Martin", 1.5, "One.\n\nTwo."]);
        assert_eq!(json!(kept(&stored)), expected);
        for filter in [
            "language=EN", "language__in=ger,en", "series=Martin&series_number__lt=2", "series_number=1.50", "publisher__icontains=hall",
            "subtitle__isnull=false", "description__contains=Two", "sort=series,-series_number",
        ] {
            assert_eq!(app.get(&format!("/api/books?{filter}")).expect(200).as_array().unwrap().len(), 1, "{filter}");
        }
        assert_eq!(app.get("/api/books?series_number__gt=1.5").expect(200), json!([]));
        for (change, reason) in [
            (json!({"language": "English"}), "language `English` is no language tag; write `en`"),
            (json!({"series_number": "1"}), "is not a number"),
            (json!({"series_number": -1}), "series_number `-1` is not between 0 and 9999.99"),
            (json!({"series_number": 10_000}), "is not between 0 and 9999.99"),
            (json!({"series_number": 1.005}), "has 3 decimals, at most 2 are stored"),
            (json!({"description": "a\u{0}"}), "description"),
            (json!({"subtitle": " "}), "subtitle is empty"),
            (json!({"publisher": "x".repeat(201)}), "has 201 characters"),
        ] {
            let problem = app.put("/api/books/1", change.clone()).expect_problem(400);
            assert!(problem.contains(reason), "{change}: {problem}");
        }
        let cleared = app.put("/api/books/1", json!({"subtitle": null, "language": null, "series_number": null, "description": null}));
        assert_eq!(json!(kept(&cleared.expect(200))), json!([null, "Prentice Hall", null, "Martin", null, null]));
    }

    fn a_book_outlives_the_server_that_stored_it(database) {
        let app = App::new(&database);
        let reply = app.post("/api/books", clean_code());
        assert_eq!(reply.headers["location"], "/api/books/1");
        let stored = reply.expect(201);
        let [created_at, updated_at] = ["created_at", "updated_at"].map(|name| stored[name].clone());
        assert_eq!(created_at, updated_at);
        assert_eq!(
            stored,
            json!({
                "id": 1, "title": "Clean Code", "author": "Robert C. Martin", "year": 2008, "isbn": "9780132350884",
                "page_count": null, "status": "available", "subtitle": null, "publisher": null, "language": null,
                "description": null, "series": null, "series_number": null, "version": 1, "created_at": created_at, "updated_at": updated_at
            })
        );
        assert!(app.stop());

        let app = App::new(&database);
        assert_eq!(app.get("/api/books").expect(200), json!([stored]));
        assert_eq!(app.get("/api/books/1").expect(200), stored);
    }

    fn an_empty_catalogue_is_an_empty_array(database) {
        let app = App::new(&database);
        let reply = app.get("/api/books");
        assert_eq!(reply.headers["content-type"], "application/json");
        assert_eq!(reply.body, "[]");
        assert_eq!(app.get("/api/books/search").body, "[]");
    }

    fn a_put_changes_the_given_members_and_no_others(database) {
        let app = App::new(&database);
        let mut expected = app.post("/api/books", clean_code()).expect(201);
        for (change, member, value) in [
            (json!({"title": "Clean Code, 2nd"}), "title", json!("Clean Code, 2nd")),
            (json!({"year": null}), "year", json!(null)),
            (json!({"page_count": 464}), "page_count", json!(464)),
            (json!({"isbn": null}), "isbn", json!(null)),
            (json!({"status": "lent"}), "status", json!("lent")),
        ] {
            let changed = app.put("/api/books/1", change).expect(200);
            expected[member] = value;
            expected["version"] = json!(expected["version"].as_i64().unwrap() + 1);
            expected["updated_at"] = changed["updated_at"].clone();
            assert_eq!(changed, expected);
            assert_eq!(app.get("/api/books/1").expect(200), expected);
        }
    }

    fn a_put_that_changes_nothing_leaves_the_version(database) {
        let app = App::new(&database);
        let stored = app.post("/api/books", clean_code()).expect(201);
        assert_eq!(app.put("/api/books/1", json!({})).expect(200), stored);
        assert_eq!(app.put("/api/books/1", json!({"year": 2008})).expect(200), stored);
    }

    fn what_was_read_can_be_edited_and_put_back(database) {
        let app = App::new(&database);
        let mut book = app.post("/api/books", clean_code()).expect(201);
        book["title"] = json!("Clean Coder");
        let changed = app.put("/api/books/1", book.clone()).expect(200);
        assert_eq!((&changed["title"], &changed["version"]), (&json!("Clean Coder"), &json!(2)));

        let stale = app.put("/api/books/1", book.clone()).expect_problem(412);
        assert!(stale.contains("version 1 is out of date: the book is at version 2"), "{stale}");
        book["version"] = json!(2);
        book["updated_at"] = changed["updated_at"].clone();
        book["id"] = json!(7);
        let other = app.put("/api/books/1", book).expect_problem(400);
        assert!(other.contains("id `7` cannot be changed, it is `1`"), "{other}");
        assert_eq!(app.get("/api/books/1").expect(200), changed);
    }

    fn a_duplicate_isbn_is_refused_in_every_spelling(database) {
        let app = App::new(&database);
        app.post("/api/books", clean_code()).expect(201);
        for isbn in ["9780132350884", "978-0-13-235088-4", "0132350882", "0-13-235088-2"] {
            let book = json!({"title": "Copy", "author": "Nobody", "isbn": isbn});
            let error = app.post("/api/books", book).expect_problem(400);
            assert!(error.contains("isbn `9780132350884` is that of book 1"), "{error}");
        }
        let found = app.get("/api/books?isbn=0-13-235088-2").expect(200);
        assert_eq!(titles(&found), ["Clean Code"]);
        app.post("/api/books", json!({"title": "Other", "author": "Nobody"})).expect(201);
        let other = app.get("/api/books/search?title=other").expect(200)[0]["id"].clone();
        let error = app.put(&format!("/api/books/{other}"), json!({"isbn": "0132350882"})).expect_problem(400);
        assert!(error.contains("isbn `9780132350884` is that of book 1"), "{error}");
        assert_eq!(database.number("SELECT count(*) FROM books"), 2);
        assert_eq!(app.get("/api/books/1").expect(200)["title"], "Clean Code");
    }

    fn a_book_is_found_and_put_by_its_isbn(database) {
        let app = App::new(&database);
        let path = "/api/books/isbn/0-13-235088-2";
        assert_eq!(app.get(path).expect_problem(404), "no book has the isbn 9780132350884");
        let problem = app.put(path, json!({"year": 2008})).expect(400);
        let missing: Vec<&Value> = problem["errors"].as_array().unwrap().iter().map(|error| &error["pointer"]).collect();
        assert_eq!(missing, ["/title", "/author"]);
        let added = app.put(path, json!({"title": "Clean Code", "author": "Martin", "isbn": "978-0-13-235088-4"}));
        assert_eq!((added.headers["location"].as_str(), added.headers["etag"].as_str()), ("/api/books/1", "\"1.1\""));
        assert_eq!(added.expect(201)["isbn"], "9780132350884");
        let changed = app.put("/api/books/isbn/9780132350884", json!({"year": 2008})).expect(200);
        assert_eq!([&changed["title"], &changed["year"], &changed["version"]], [&json!("Clean Code"), &json!(2008), &json!(2)]);
        assert_eq!(app.get(path).expect(200), changed);
        let json = ("content-type", "application/json");
        for condition in [("if-none-match", "*"), ("if-match", "\"1.1\""), ("if-match", "\"2.2\"")] {
            let reply = app.request("PUT", path).send(&[json, condition], b"{\"year\": 1}");
            assert_eq!(reply.headers["etag"], "\"1.2\"", "{condition:?}");
            reply.expect_problem(412);
        }
        app.request("PUT", path).send(&[json, ("if-match", "\"1.2\"")], b"{\"year\": 1}").expect(200);
        for (path, body, reason) in [
            (path, json!({"isbn": null}), "isbn `null` differs from the one in the path"),
            (path, json!({"isbn": "9780306406157"}), "isbn `9780306406157` differs from the one in the path"),
            ("/api/books/isbn/12", json!({}), "isbn `12` has 2 digits, expected 10 or 13"),
        ] {
            let error = app.put(path, body).expect_problem(400);
            assert!(error.contains(reason), "{error}");
        }
        let racing = "/api/books/isbn/9780306406157";
        let body = json!({"title": "a", "author": "b"});
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| app.put(racing, body.clone()).status)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 7, "{statuses:?}");
    }

    fn many_books_may_have_no_isbn(database) {
        let app = App::new(&database);
        for title in ["a", "b", "c"] {
            app.post("/api/books", json!({"title": title, "author": "x", "isbn": null})).expect(201);
        }
        assert_eq!(app.get("/api/books?isbn__isnull=true").expect(200).as_array().unwrap().len(), 3);
    }

    fn a_deleted_book_is_gone(database) {
        let app = App::new(&database);
        app.post("/api/books", clean_code()).expect(201);
        assert_eq!(app.delete("/api/books/1").expect(200), json!({"message": "Book deleted"}));
        assert_eq!(app.get("/api/books/1").expect_problem(404), "no book has the id 1");
        assert_eq!(app.delete("/api/books/1").expect_problem(404), "no book has the id 1");
        assert_eq!(app.put("/api/books/1", json!({"year": 1})).expect_problem(404), "no book has the id 1");
        // The id of a deleted row is not used again.
        assert_eq!(app.post("/api/books", clean_code()).expect(201)["id"], 2);
    }

    fn a_search_ignores_case_and_takes_every_character_literally(database) {
        let app = App::new(&database);
        for (title, author) in [
            ("100% Wolf", "Jayne Lyons"),
            ("a_b", "Robert C. MARTIN"),
            ("axb", "Éric-Emmanuel Schmitt"),
            ("Преступление и наказание", "Фёдор Достоевский"),
            ("[brackets] * and ?", "O'Brien \\ co"),
            ("Ὀδύσσεια", "Ὅμηρος"),
        ] {
            app.post("/api/books", json!({"title": title, "author": author})).expect(201);
        }
        for (query, found) in [
            ("author=mart", vec!["a_b"]),
            ("author=MaRtIn", vec!["a_b"]),
            ("title=%25", vec!["100% Wolf"]),
            ("title=_", vec!["a_b"]),
            ("title=A_B", vec!["a_b"]),
            ("author=%C3%89RIC", vec!["axb"]),
            ("author=%C3%A9ric", vec!["axb"]),
            ("author=e%CC%81ric", vec!["axb"]),
            ("author=%D0%B4%D0%BE%D1%81%D1%82%D0%9E%D0%95", vec!["Преступление и наказание"]),
            ("title=%D0%BD%D0%90%D0%9A%D0%B0%D0%B7", vec!["Преступление и наказание"]),
            ("title=%5BBRACKETS%5D+*", vec!["[brackets] * and ?"]),
            ("title=*", vec!["[brackets] * and ?"]),
            ("author=%5C", vec!["[brackets] * and ?"]),
            ("author=%27brien", vec!["[brackets] * and ?"]),
            ("author=robert&title=b", vec!["a_b"]),
            ("author=nobody", vec![]),
        ] {
            let reply = app.get(&format!("/api/books/search?{query}")).expect(200);
            assert_eq!(titles(&reply), found, "{query}");
        }
        assert_eq!(app.get("/api/books/search").expect(200).as_array().unwrap().len(), 6);
        assert_eq!(app.get("/api/books/search?author=").expect(200).as_array().unwrap().len(), 6);
    }

    fn texts_are_stored_trimmed_and_composed(database) {
        let app = App::new(&database);
        let stored = app.post("/api/books", json!({"title": "  Cafe\u{301}\t", "author": " x "})).expect(201);
        assert_eq!((&stored["title"], &stored["author"]), (&json!("Café"), &json!("x")));
    }

    fn a_list_is_read_page_by_page_without_gap_or_repetition(database) {
        let app = App::new(&database);
        for number in 0..7 {
            app.post("/api/books", json!({"title": format!("t{number}"), "author": "x", "year": number})).expect(201);
        }
        let mut seen = Vec::new();
        let mut next = Some("/api/books?limit=2&year__gte=1".to_owned());
        while let Some(path) = next {
            let reply = app.get(&path);
            next = reply.link("next");
            seen.extend(reply.expect(200).as_array().unwrap().iter().map(|book| book["year"].as_i64().unwrap()));
        }
        assert_eq!(seen, [1, 2, 3, 4, 5, 6]);
    }

    fn filters_mean_what_their_operators_say(database) {
        let app = App::new(&database);
        for (title, year) in [("a", Some(1999)), ("b", Some(2008)), ("c", None), ("D", Some(-44))] {
            app.post("/api/books", json!({"title": title, "author": "x", "year": year})).expect(201);
        }
        for (query, found) in [
            ("year=2008", vec!["b"]),
            ("year__ne=2008", vec!["a", "c", "D"]),
            ("year__gt=1999", vec!["b"]),
            ("year__gte=1999", vec!["a", "b"]),
            ("year__lt=1999", vec!["D"]),
            ("year__lte=1999&title__ne=D", vec!["a"]),
            ("year__isnull=true", vec!["c"]),
            ("year__isnull=false", vec!["a", "b", "D"]),
            ("title=d", vec![]),
            ("title__icontains=d", vec!["D"]),
            ("status=available&year__gt=0&year__gt=2000", vec!["b"]),
        ] {
            assert_eq!(titles(&app.get(&format!("/api/books?{query}")).expect(200)), found, "{query}");
        }
    }
}
