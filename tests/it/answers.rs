//! Cached responses: they never differ from what is stored. In addition to these tests, every response of every other test is
//! requested again, see `support/kept.rs`.

use serde_json::{Value, json};

use crate::support::{App, Program, on_both};

/// A book and its list, as a client sees them that requests them for the second time.
fn seen(app: &App) -> (Value, Value) {
    let twice = |path: &str| {
        let (first, again) = (app.get(path), app.get(path));
        assert_eq!((first.status, first.body), (again.status, again.body.clone()), "{path}");
        serde_json::from_str::<Value>(&again.body).expect("JSON")
    };
    (twice("/api/books/1")["title"].take(), twice("/api/books?sort=title&fields=title"))
}

on_both! {
    fn what_was_read_is_read_anew_once_anybody_has_stored_something(database) {
        for mib in ["0", "16"] {
            let app = Program::new(&database).serve(&["--cache-mb", mib]);
            let added = app.post("/api/books", json!({"title": "Emma", "author": "Austen"})).expect(201);
            let path = format!("/api/books/{}", added["id"]);
            let title = |title: &str| json!([{"title": title}]);
            if added["id"] != 1 {
                // The second server finds what the first one stored.
                app.delete(&path);
                app.put("/api/books/1", json!({"title": "Emma"})).expect(200);
            }
            assert_eq!(seen(&app), (json!("Emma"), title("Emma")));
            app.put("/api/books/1", json!({"title": "By this server"})).expect(200);
            assert_eq!(seen(&app), (json!("By this server"), title("By this server")));
            database.execute("UPDATE books SET title = 'By SQL', version = version + 1").unwrap();
            assert_eq!(seen(&app), (json!("By SQL"), title("By SQL")));
            app.put("/api/books/1", json!({"title": "Refused", "version": 1})).expect_problem(412);
            assert_eq!(seen(&app), (json!("By SQL"), title("By SQL")));
            let file = b"title,author\nA file,Somebody\n";
            let import = Program::new(&database).run_with_input(&["import", "books", "-", "--format", "csv"], file);
            import.expect_success();
            assert_eq!(seen(&app).1, json!([{"title": "A file"}, {"title": "By SQL"}]));
            app.request("DELETE", "/api/books?title=A%20file&confirm=1").send(&[], b"").expect(200);
            assert_eq!(seen(&app).1, title("By SQL"));
            assert!(app.stop());
        }
    }

    fn whoever_stores_something_reads_it_whatever_the_others_do(database) {
        let app = App::new(&database);
        for author in ["0", "1", "2", "3"] {
            app.post("/api/books", json!({"title": "begun", "author": author})).expect(201);
        }
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let app = &app;
                scope.spawn(move || {
                    let path = format!("/api/books/{}", writer + 1);
                    for round in 0..40 {
                        let title = format!("{writer} in round {round}");
                        app.put(&path, json!({"title": title})).expect(200);
                        for path in [&path, "/api/books?limit=4"] {
                            let found = app.get(path);
                            assert!(found.body.contains(&title), "{title}: {}", found.body);
                        }
                    }
                });
            }
        });
    }
}
