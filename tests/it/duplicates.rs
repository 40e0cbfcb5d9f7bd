//! Books that are probably one book, and merges of them.

use serde_json::{Value, json};

use crate::support::{App, Program, on_both};

fn added(app: &App, book: Value) -> i64 {
    app.post("/api/books", book).expect(201)["id"].as_i64().unwrap()
}

/// The ids in each group, with the reason.
fn groups(app: &App, query: &str) -> Vec<(String, Vec<i64>)> {
    let groups = app.get(&format!("/api/books/duplicates{query}")).expect(200);
    let ids = |group: &Value| {
        group["books"].as_array().unwrap().iter().map(|book| book["id"].as_i64().unwrap()).collect()
    };
    let groups = groups.as_array().unwrap().iter();
    groups.map(|group| (group["reason"].as_str().unwrap().to_owned(), ids(group))).collect()
}

fn text(ids: &[i64]) -> (String, Vec<i64>) {
    ("text".to_owned(), ids.to_vec())
}

on_both! {
    fn near_equal_titles_and_authors_are_found_and_editions_are_not(database) {
        let app = App::new(&database);
        assert_eq!(groups(&app, ""), []);
        for book in [
            json!({"title": "The Clean Code", "author": "Robert C. Martin", "isbn": "9780132350884"}),
            json!({"title": "Clean code", "author": "Martin, Robert"}),
            json!({"title": "Café nights", "author": "José Núñez", "isbn": "9780306406157"}),
            json!({"title": "Cafe Nights", "author": "Jose Nunez", "isbn": "0-8044-2957-X"}),
            json!({"title": "Clean Code", "author": "Somebody Else"}),
            json!({"title": "River atlas: maps", "author": "Mara Lindt"}),
            json!({"title": "The river atlas", "subtitle": "Maps", "author": "Mara Lindt"}),
        ] {
            added(&app, book);
        }
        assert_eq!(groups(&app, ""), [text(&[1, 2]), text(&[6, 7])]);
        assert_eq!(groups(&app, "?editions=true"), [text(&[1, 2]), text(&[3, 4]), text(&[6, 7])]);
        let page = app.get("/api/books/duplicates?limit=1&offset=1");
        assert_eq!(page.headers["x-total-count"], "2");
        assert_eq!(groups(&app, "?limit=1&offset=1"), [text(&[6, 7])]);
        // Another program stored a spelling of an ISBN.
        database.execute("UPDATE books SET isbn = '0306406152' WHERE id = 5").unwrap();
        assert_eq!(groups(&app, "?offset=1")[0], ("isbn".to_owned(), vec![3, 5]));
        for (query, reason) in [
            ("limit=0", "limit `0` is not a whole number between 1 and 1000"),
            ("limit=1&limit=2", "limit"),
            ("offset=-1", "offset `-1`"),
            ("editions=yes", "editions `yes` is neither true nor false"),
            ("editoins=true", "the parameter `editoins` does not exist; the nearest one is `editions`"),
        ] {
            let problem = app.get(&format!("/api/books/duplicates?{query}")).expect_problem(400);
            assert!(problem.contains(reason), "{query}: {problem}");
        }
    }

    fn a_merge_moves_copies_fills_gaps_and_can_be_undone(database) {
        let app = App::new(&database);
        let kept = added(&app, json!({"title": "A", "author": "x", "year": 2001}));
        let first = added(&app, json!({"title": "B", "author": "y", "year": 1999, "isbn": "9780306406157", "publisher": "P"}));
        let second = added(&app, json!({"title": "C", "author": "z", "publisher": "Q", "page_count": 9, "description": "a\nb"}));
        app.post("/api/stores", json!({"name": "s"})).expect(201);
        for book in [kept, first, first, second] {
            app.post("/api/items", json!({"name": "i", "price": 1, "store_id": 1, "book_id": book})).expect(201);
        }
        let books = || app.get("/api/books?fields=id,title,author,year,isbn,publisher,page_count,description,created_at").expect(200);
        let copies = || app.get("/api/items?fields=id,book_id").expect(200);
        let (before, copies_before) = (books(), copies());
        let body = json!({"books": [first, second]});

        let tried = app.post("/api/books/1/merge?dry_run=true", body.clone());
        assert_eq!((tried.status, tried.headers.contains_key("location")), (200, false));
        assert_eq!((books(), copies()), (before.clone(), copies_before.clone()));
        let reply = app.post("/api/books/1/merge", body.clone());
        let merge = reply.headers["location"].clone();
        let (location, merge) = (merge.as_str(), reply.expect(201));
        assert_eq!((&merge["book_id"], &merge["books"], &merge["items"]), (&json!(kept), &json!(2), &json!(3)));
        let book = app.get("/api/books/1").expect(200);
        let members = ["title", "author", "year", "isbn", "publisher", "page_count", "description", "version"];
        assert_eq!(json!(members.map(|name| &book[name])), json!(["A", "x", 2001, "9780306406157", "P", 9, "a\nb", 2]));
        assert_eq!(books().as_array().unwrap().len(), 1);
        assert!(copies().as_array().unwrap().iter().all(|item| item["book_id"] == kept));
        app.post("/api/books/1/merge", body).expect_problem(400);

        // A copy that somebody moved since stays where it is.
        let other = added(&app, json!({"title": "D", "author": "x"}));
        app.put("/api/items/2", json!({"book_id": other})).expect(200);
        app.post(&format!("{location}/undo?dry_run=true"), json!({})).expect(200);
        let undone = app.post(&format!("{location}/undo"), json!({})).expect(200);
        assert!(undone["undone_at"].is_string());
        let restored = app.get("/api/books?id__lte=3&fields=id,title,author,year,isbn,publisher,page_count,description,created_at");
        assert_eq!(restored.expect(200), before);
        let mut expected = copies_before;
        expected[1]["book_id"] = json!(other);
        assert_eq!(copies(), expected);
        assert_eq!(app.post(&format!("{location}/undo"), json!({})).expect(200), undone);
        assert_eq!(app.get("/api/merges").expect(200)[0], app.get(location).expect(200));
    }

    fn a_merge_is_refused_with_the_reason(database) {
        let app = App::new(&database);
        for title in ["A", "B", "C"] {
            added(&app, json!({"title": title, "author": "x"}));
        }
        for (body, reason) in [
            (json!({"books": []}), "books is empty"),
            (json!({"books": [1]}), "books has `1`, the book that the others are merged into"),
            (json!({"books": [2, 2]}), "books has `2` twice"),
            (json!({"books": [2, 9]}), "books has `9`, and no book has this id"),
            (json!({"books": (2..103).collect::<Vec<_>>()}), "books has 101 ids, at most 100"),
            (json!({"book": [2]}), "book"),
        ] {
            let problem = app.post("/api/books/1/merge", body).expect_problem(400);
            assert!(problem.contains(reason), "{problem}");
        }
        app.post("/api/books/9/merge", json!({"books": [2]})).expect_problem(404);
        app.post("/api/merges/9/undo", json!({})).expect_problem(404);
        let stale = [("if-match", "\"1-9\""), ("content-type", "application/json")];
        app.request("POST", "/api/books/1/merge").send(&stale, br#"{"books": [2]}"#).expect_problem(412);
        assert_eq!(app.get("/api/books").expect(200).as_array().unwrap().len(), 3);

        // What somebody changed since is not overwritten.
        app.post("/api/books/1/merge", json!({"books": [2]})).expect(201);
        app.put("/api/books/1", json!({"year": 2000})).expect(200);
        let problem = app.post("/api/merges/1/undo", json!({})).expect_problem(412);
        assert!(problem.contains("merge 1 is out of date: the book is at version 3"), "{problem}");
        app.post("/api/books/1/merge", json!({"books": [3]})).expect(201);
        app.delete("/api/books/1").expect(200);
        let problem = app.post("/api/merges/2/undo", json!({})).expect_problem(404);
        assert!(problem.contains("no book has the id 1"), "{problem}");
    }

    fn a_number_belongs_to_its_series(database) {
        let app = App::new(&database);
        let book = |series: Value, number: Value, isbn: &str| {
            json!({"title": "A", "author": "x", "series": series, "series_number": number, "isbn": isbn})
        };
        let (kept, isbn) = (added(&app, book(json!("One"), json!(null), "9780306406157")), "9780132350884");
        for (series, number, merged) in [("Two", 2, json!(["One", null])), ("One", 1, json!(["One", 1]))] {
            let other = added(&app, book(json!(series), json!(number), isbn));
            app.post("/api/books/1/merge", json!({"books": [other]})).expect(201);
            let stored = app.get(&format!("/api/books/{kept}")).expect(200);
            assert_eq!(json!([stored["series"], stored["series_number"]]), merged);
        }
        let path = database.home.path().join("a.csv");
        for (series, number, stored) in
            [("", "", "One|1"), ("One", "", "One|1"), ("Two", "", "Two|-"), ("Two", "2", "Two|2"), ("Three", "3", "Three|3")]
        {
            std::fs::write(&path, format!("title,author,isbn,series,series_number\nA,x,9780306406157,{series},{number}\n")).unwrap();
            Program::new(&database).run(&["import", "books", "a.csv", "--on-duplicate", "update"]).expect_success();
            let book = app.get(&format!("/api/books/{kept}")).expect(200);
            let number = book["series_number"].as_i64().map_or("-".to_owned(), |number| number.to_string());
            assert_eq!(format!("{}|{number}", book["series"].as_str().unwrap()), stored);
        }
    }

    fn a_merge_is_not_undone_into_a_duplicate(database) {
        let app = App::new(&database);
        added(&app, json!({"title": "A", "author": "x"}));
        added(&app, json!({"title": "B", "author": "x", "isbn": "9780306406157"}));
        app.put("/api/books/1", json!({"isbn": "9780132350884"})).expect(200);
        app.post("/api/books/1/merge", json!({"books": [2]})).expect(201);
        added(&app, json!({"title": "C", "author": "x", "isbn": "9780306406157"}));
        let problem = app.post("/api/merges/1/undo", json!({})).expect_problem(400);
        assert!(problem.contains("isbn"), "{problem}");
        assert_eq!(app.get("/api/books/1").expect(200)["version"], 3);
        assert!(app.get("/api/merges/1").expect(200)["undone_at"].is_null());
    }

    fn merges_and_imports_are_undone_one_after_the_other(database) {
        let app = App::new(&database);
        for title in ["A", "B", "C"] {
            added(&app, json!({"title": title, "author": "x"}));
        }
        let merge = |book: i64, other: i64| {
            app.post(&format!("/api/books/{book}/merge"), json!({"books": [other]})).expect(201)["id"].as_i64().unwrap()
        };
        let undo = |merge: i64| app.post(&format!("/api/merges/{merge}/undo"), json!({})).expect(200);
        let titles = || {
            let books = app.get("/api/books?fields=title&sort=id").expect(200);
            books.as_array().unwrap().iter().map(|book| book["title"].as_str().unwrap().to_owned()).collect::<String>()
        };
        // Two into one book, and a book that others were merged into.
        for (first, second) in [((1, 2), (1, 3)), ((1, 2), (3, 1))] {
            let merges = [merge(first.0, first.1), merge(second.0, second.1)];
            assert_eq!(titles().len(), 1);
            merges.into_iter().rev().for_each(|merge| drop(undo(merge)));
            assert_eq!(titles(), "ABC");
        }
        // An import before a merge, and one after it.
        let import = |file: &str| {
            std::fs::write(database.home.path().join("a.csv"), file).unwrap();
            Program::new(&database).run(&["import", "books", "a.csv", "--on-duplicate", "update"]).expect_success();
        };
        let undo_import = |id: &str| Program::new(&database).run(&["import", "undo", id]).expect_success();
        import("title,author,isbn\nD,x,9780306406157\n");
        let last = merge(4, 3);
        import("title,author,year,isbn\nD,x,1999,9780306406157\n");
        assert_eq!((titles().as_str(), &app.get("/api/books/4").expect(200)["year"]), ("ABD", &json!(1999)));
        undo_import("2");
        undo(last);
        assert_eq!(titles(), "ABCD");
        undo_import("1");
        assert_eq!(titles(), "ABC");
    }
}
