//! Subjects: what books are about.

use serde_json::{Value, json};

use crate::support::{App, on_both};

fn about(app: &App, id: i64) -> Value {
    app.get(&format!("/api/books/{id}?include=subjects&fields=id")).expect(200)["subjects"].clone()
}

fn found(app: &App, path: &str) -> Vec<i64> {
    let rows = app.get(path).expect(200);
    rows.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

on_both! {
    fn a_book_is_about_what_it_was_given(database) {
        let app = App::new(&database);
        let book = |title: &str, subjects: Value| json!({"title": title, "author": "x", "subjects": subjects});
        app.post("/api/books", book("A", json!([" Gardens ", "Gardens -- England", "Gardens"]))).expect(201);
        app.post("/api/books", json!([book("B", json!(["Gardens"])), book("C", json!([])), book("D", json!(null))])).expect(201);
        assert_eq!(about(&app, 1), json!(["Gardens", "Gardens -- England"]));
        let list = app.get("/api/books?include=subjects&fields=title").expect(200);
        assert_eq!(list[1], json!({"title": "B", "subjects": ["Gardens"]}));
        assert_eq!([&list[2]["subjects"], &list[3]["subjects"]], [&json!([]), &json!([])]);

        // All that is given, or nothing that is not: and the version says so.
        let changed = app.put("/api/books/2", json!({"subjects": ["Rivers", "Atlases"]})).expect(200);
        assert_eq!((&changed["version"], about(&app, 2)), (&json!(2), json!(["Atlases", "Rivers"])));
        assert_eq!(app.put("/api/books/2", json!({"subjects": ["Rivers", "Atlases"]})).expect(200)["version"], 2);
        assert_eq!(app.put("/api/books/2", json!({"year": 1999})).expect(200)["version"], 3);
        assert_eq!(about(&app, 2), json!(["Atlases", "Rivers"]));
        let whole = app.get("/api/books/2?include=subjects").expect(200);
        assert_eq!(app.put("/api/books/2", whole).expect(200)["version"], 3);
        app.put("/api/books/2", json!({"subjects": null})).expect(200);
        assert_eq!(about(&app, 2), json!([]));

        let by_isbn = json!({"title": "E", "author": "x", "subjects": ["Rivers"]});
        app.put("/api/books/isbn/9780306406157", by_isbn).expect(201);
        assert_eq!(about(&app, 5), json!(["Rivers"]));
        app.put("/api/books/isbn/9780306406157", json!({"subjects": ["Gardens"]})).expect(200);
        assert_eq!(about(&app, 5), json!(["Gardens"]));
        app.post("/api/books?dry_run=true", book("F", json!(["Nowhere"]))).expect(200);
        assert_eq!(app.get("/api/subjects?name=Nowhere").expect(200), json!([]));
    }

    fn books_are_filtered_by_subjects_and_subjects_by_books(database) {
        let app = App::new(&database);
        for (title, subjects) in [("A", json!(["Gardens", "Rivers"])), ("B", json!(["Rivers"])), ("C", json!([]))] {
            app.post("/api/books", json!({"title": title, "author": "x", "subjects": subjects})).expect(201);
        }
        for (query, ids) in [
            ("subjects.name=Rivers", vec![1, 2]),
            ("subjects.name=Gardens", vec![1]),
            ("subjects.name__icontains=RIV&title=B", vec![2]),
            ("subjects.name__in=Gardens,Nothing", vec![1]),
            ("subjects.name=Nothing", vec![]),
            ("subjects.name__isnull=true", vec![3]),
            ("subjects.name__isnull=false", vec![1, 2]),
            ("subjects.name__isnull=true&title=A", vec![]),
        ] {
            assert_eq!(found(&app, &format!("/api/books?{query}")), ids, "{query}");
        }
        let nested = json!({"filter": {"not": {"subjects.name": "Rivers"}}});
        let without = app.post("/api/books/query", nested).expect(200);
        assert_eq!(without[0]["title"], "C");
        assert_eq!(app.get("/api/subjects?sort=-name").expect(200)[0], json!({"id": 2, "name": "Rivers"}));
        assert_eq!(found(&app, "/api/subjects?books.title=B"), [2]);
        assert_eq!(app.get("/api/subjects/1").expect(200)["name"], "Gardens");
        app.get("/api/subjects/9").expect_problem(404);
        assert_eq!(found(&app, "/api/subjects?q=gard"), [1]);
        app.delete("/api/books/1").expect(200);
        assert_eq!(found(&app, "/api/subjects?books.id__isnull=false"), [2]);
    }

    fn bad_subjects_are_refused_with_the_reason(database) {
        let app = App::new(&database);
        let many: Vec<String> = (0..101).map(|number| number.to_string()).collect();
        for (subjects, reason) in [
            (json!("Gardens"), "subjects"),
            (json!([1]), "subjects"),
            (json!([" "]), "subjects is empty"),
            (json!(["a;b"]), "subjects `a;b` has a `;`; make two of it"),
            (json!(["x".repeat(201)]), "has 201 characters, at most 200"),
            (json!(many), "subjects has 101 names, at most 100"),
        ] {
            let problem = app.post("/api/books", json!({"title": "A", "author": "x", "subjects": subjects})).expect_problem(400);
            assert!(problem.contains(reason), "{problem}");
        }
        app.post("/api/books", json!({"title": "A", "author": "x"})).expect(201);
        let problem = app.request("PATCH", "/api/books?all=true&confirm=1")
            .send(&[("content-type", "application/json")], br#"{"subjects": ["a"]}"#).expect_problem(400);
        assert!(problem.contains("change each by its id"), "{problem}");
        assert_eq!(app.get("/api/subjects").expect(200), json!([]));
    }

    fn a_merge_brings_the_subjects_together_and_takes_them_apart(database) {
        let app = App::new(&database);
        for (title, subjects) in [("A", json!(["One"])), ("B", json!(["Two", "One"]))] {
            app.post("/api/books", json!({"title": title, "author": "x", "subjects": subjects})).expect(201);
        }
        app.post("/api/books/1/merge", json!({"books": [2]})).expect(201);
        assert_eq!(about(&app, 1), json!(["One", "Two"]));
        app.post("/api/merges/1/undo", json!({})).expect(200);
        let many: Vec<String> = (0..100).map(|number| number.to_string()).collect();
        app.put("/api/books/2", json!({"subjects": many})).expect(200);
        app.put("/api/books/1", json!({"subjects": ["Two"]})).expect(200);
        let problem = app.post("/api/books/1/merge", json!({"books": [2]})).expect_problem(400);
        assert!(problem.contains("the books have 101 subjects together, at most 100 are stored"), "{problem}");
        app.put("/api/books/1", json!({"subjects": ["One"]})).expect(200);
        app.put("/api/books/2", json!({"subjects": ["One", "Two"]})).expect(200);
        assert_eq!([about(&app, 1), about(&app, 2)], [json!(["One"]), json!(["One", "Two"])]);
    }
}
