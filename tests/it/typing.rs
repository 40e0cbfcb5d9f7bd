//! While a search is typed: what it may become, and what it has found.

use serde_json::{Value, json};

use crate::support::{App, on_both};

fn furnish(app: &App) {
    let book = |title: &str, author: &str| json!({"title": title, "author": author});
    app.post(
        "/api/books",
        json!([
            {"title": "Clean Code", "author": "Robert C. Martin", "isbn": "9780132350884"},
            book("Clean Architecture", "Robert C. Martin"),
            book("A Game of Thrones", "George R. R. Martin"),
            book("Martin Eden", "Jack London"),
            book("Märchen & <b>mehr</b>", "Gebrüder Grimm"),
            book("100% of _it_", "martina"),
            book("Martin Eden", "Jack London"),
        ]),
    )
    .expect(201);
    app.post("/api/stores", json!([{"name": "Martin's"}, {"name": "Main Street"}])).expect(201);
}

/// The suggestions as `column: value`.
fn suggested(app: &App, path: &str) -> Vec<String> {
    let found = app.get(path).expect(200);
    let one = |found: &Value| {
        format!("{}: {}", found["column"].as_str().unwrap(), found["value"].as_str().unwrap())
    };
    found.as_array().unwrap().iter().map(one).collect()
}

on_both! {
    fn what_is_typed_is_completed_first_by_what_begins_with_it(database) {
        let app = App::new(&database);
        furnish(&app);
        let books = |query: &str| suggested(&app, &format!("/api/books/autocomplete?{query}"));
        assert_eq!(books("q=mart"), ["title: Martin Eden", "author: martina", "author: Robert C. Martin", "author: George R. R. Martin"]);
        assert_eq!(books("q=MART&limit=2"), ["title: Martin Eden", "author: martina"]);
        assert_eq!(books("q=clean"), ["title: Clean Architecture", "title: Clean Code"]);
        assert_eq!(books("q=c"), [
            "title: Clean Architecture", "title: Clean Code", "title: Märchen & <b>mehr</b>",
            "author: Jack London", "author: Robert C. Martin",
        ]);
        for spelling in ["m%C3%A4r", "mar", "M%C3%81R"] {
            assert_eq!(books(&format!("q={spelling}&title__startswith=M%C3%A4r")), ["title: Märchen & <b>mehr</b>"]);
        }
        assert_eq!(books("q=%25"), ["title: 100% of _it_"]);
        assert_eq!(books("q=game%20of"), ["title: A Game of Thrones"]);
        assert_eq!(books("q=zzz"), [""; 0]);
        assert_eq!(books("q=%20"), [""; 0]);
        assert_eq!(books("q=mart&title__startswith=Clean"), ["author: Robert C. Martin"]);
        assert_eq!(books("q=mart&author=martina&author=Jack%20London"), ["title: Martin Eden", "author: martina"]);
        assert_eq!(suggested(&app, "/api/stores/autocomplete?q=ma"), ["name: Main Street", "name: Martin's"]);
        let reply = app.get("/api/books/autocomplete?q=mart");
        let seen = [("if-none-match", reply.headers["etag"].as_str())];
        assert_eq!(app.request("GET", "/api/books/autocomplete?q=mart").send(&seen, b"").status, 304);
        for (query, reason) in [
            ("", "q is missing; it is what the values begin with or contain, such as `q=mart`"),
            ("q=a%00", "q has a NUL byte"),
            (&format!("q={}", "x".repeat(101)), "q is longer than 100 characters"),
            ("q=a&limit=51", "limit `51` is not between 1 and 50"),
            ("q=a&limit=0", "limit `0` is not between"),
            ("q=a&q=b", "q appears twice"),
            ("q=a&sort=title", "sort is for lists of rows"),
            ("q=a&autor=x", "the nearest one is `author`"),
            ("q=&autor=x", "the nearest one is `author`"),
            ("q=a&year=x", "year `x` is not a whole number"),
        ] {
            let error = app.get(&format!("/api/books/autocomplete?{query}")).expect_problem(400);
            assert!(error.contains(reason), "{query}: {error}");
        }
        let refused = app.request("POST", "/api/books/autocomplete").send(&[], b"");
        assert_eq!((refused.headers["allow"].as_str(), refused.status), ("GET, HEAD, OPTIONS", 405));
    }

    fn what_a_search_has_found_is_marked(database) {
        let app = App::new(&database);
        furnish(&app);
        let marked = |query: &str| {
            let rows = app.get(&format!("/api/books?highlight=true&limit=10&{query}")).expect(200);
            rows.as_array().unwrap().iter().map(|row| row["highlight"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(marked("q=martin%20code"), [json!({"title": "Clean <mark>Code</mark>", "author": "Robert C. <mark>Martin</mark>"})]);
        for q in ["m%C3%84rch", "march"] {
            let title = "<mark>Märch</mark>en &amp; &lt;b&gt;mehr&lt;/b&gt;";
            assert_eq!(marked(&format!("q={q}")), [json!({"title": title})], "{q}");
        }
        assert_eq!(marked("q=0-13-235088-2"), [json!({"isbn": "<mark>9780132350884</mark>"})]);
        assert_eq!(marked("q=%26&sort=id"), [json!({"title": "Märchen <mark>&amp;</mark> &lt;b&gt;mehr&lt;/b&gt;"})]);
        assert_eq!(marked("q=eden&fields=id").len(), 2);
        let row = app.get("/api/books?q=eden&highlight=true&limit=1&fields=id").expect(200);
        assert_eq!(row, json!([{"id": 4, "highlight": {"title": "Martin <mark>Eden</mark>"}}]));
        let next = app.get("/api/books?q=eden&highlight=true&limit=1").link("next").expect("a next page");
        assert_eq!(app.get(&next).expect(200)[0]["highlight"], json!({"title": "Martin <mark>Eden</mark>"}));
        let body = json!({"q": "grimm", "highlight": true, "limit": 5, "filter": {"id": {"gt": 1}}}).to_string();
        let queried = app.request("QUERY", "/api/books").send(&[("content-type", "application/json")], body.as_bytes()).expect(200);
        assert_eq!(queried[0]["highlight"], json!({"author": "Gebrüder <mark>Grimm</mark>"}));
        let plain = app.get("/api/books?q=eden&highlight=false").expect(200);
        assert!(plain[0].get("highlight").is_none());
        for (path, reason) in [
            ("/api/books?highlight=true&limit=5", "highlight marks what `q` finds; add that"),
            ("/api/books?highlight=true&limit=5&q=%20", "highlight marks what `q` finds"),
            ("/api/books?highlight=yes&q=a", "highlight `yes` is neither true nor false"),
            ("/api/books?highlight=true&highlight=true&q=a", "highlight appears twice"),
            ("/api/books?highlight=true&q=a", "highlight is for pages of at most 100 rows; add a `limit`"),
            ("/api/books?highlight=true&q=a&limit=101", "highlight is for pages of at most 100 rows"),
            ("/api/books/1?highlight=true", "the parameter `highlight` does not exist"),
            ("/api/exports/books.csv?highlight=true&q=a", "highlight is for lists; an export has whole rows"),
        ] {
            let error = app.get(path).expect_problem(400);
            assert!(error.contains(reason), "{path}: {error}");
        }
        let table = app.request("GET", "/api/books?q=a&highlight=true&limit=5").send(&[("accept", "text/csv")], b"");
        assert!(table.expect_problem(400).contains("highlight is for JSON"));
    }
}
