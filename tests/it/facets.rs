//! Facets: how many rows of a list have which values.

use serde_json::{Value, json};

use crate::support::{App, Reply, on_both};

const JSON: (&str, &str) = ("content-type", "application/json");

fn furnish(app: &App) {
    let book = |title: &str, author: &str, year: Option<i32>| json!({"title": title, "author": author, "year": year});
    app.post(
        "/api/books",
        json!([
            book("Ulysses", "Joyce", Some(1922)),
            book("Dubliners", "Joyce", Some(1914)),
            book("Emma", "Austen", Some(1815)),
            book("Persuasion", "Austen", Some(1817)),
            book("Iliad", "Homer", Some(-762)),
            book("Odyssey", "Homer", Some(-760)),
            book("Works", "Hesiod", Some(-1)),
            book("Zero", "nobody", Some(0)),
            book("Dune", "Herbert", Some(1965)),
            book("Beowulf", "<b>unknown</b>", None),
        ]),
    )
    .expect(201);
    app.post("/api/stores", json!([{"name": "Main"}, {"name": "Quay"}])).expect(201);
    let item = |store: i32, book: Option<i32>| json!({"name": "copy", "price": 1, "store_id": store, "book_id": book});
    app.post(
        "/api/items",
        json!([item(1, Some(1)), item(1, Some(2)), item(2, Some(3)), item(1, None)]),
    )
    .expect(201);
}

fn query(app: &App, method: &str, path: &str, body: &Value) -> Reply {
    app.request(method, path).send(&[JSON], body.to_string().as_bytes())
}

/// The values of a facet as pairs.
fn pairs(reply: &Value, facet: &str) -> Vec<(Value, u64)> {
    let pair = |tally: &Value| (tally["value"].clone(), tally["count"].as_u64().unwrap());
    reply[facet].as_array().unwrap_or_else(|| panic!("{facet}: {reply}")).iter().map(pair).collect()
}

on_both! {
    fn the_rows_of_a_list_are_counted_by_their_values(database) {
        let app = App::new(&database);
        furnish(&app);
        let reply = app.get("/api/books/facets?facet=author,decade&facet=status&limit=3").expect(200);
        assert_eq!(reply.as_object().unwrap().len(), 3);
        assert_eq!(pairs(&reply, "author"), [(json!("Austen"), 2), (json!("Homer"), 2), (json!("Joyce"), 2)]);
        assert_eq!(pairs(&reply, "status"), [(json!("available"), 10)]);
        let decades = app.get("/api/books/facets?facet=decade").expect(200);
        let expected = [(json!(-770), 1), (json!(-760), 1), (json!(-10), 1), (json!(0), 1)];
        let mut decades = pairs(&decades, "decade");
        assert_eq!(decades.remove(0), (json!(1810), 2));
        assert_eq!(decades[..4], expected);
        // What has no value is counted, too.
        assert_eq!(decades[4..], [(json!(1910), 1), (json!(1920), 1), (json!(1960), 1), (Value::Null, 1)]);
        let items = app.get("/api/items/facets?facet=store.name,store_id,book.author").expect(200);
        assert_eq!(pairs(&items, "store.name"), [(json!("Main"), 3), (json!("Quay"), 1)]);
        assert_eq!(pairs(&items, "store_id"), [(json!(1), 3), (json!(2), 1)]);
        assert_eq!(pairs(&items, "book.author"), [(json!("Joyce"), 2), (json!("Austen"), 1), (Value::Null, 1)]);
    }

    fn a_row_with_several_values_counts_for_each_of_them(database) {
        let app = App::new(&database);
        let book = |title: &str, subjects: &[&str]| json!({"title": title, "author": "x", "subjects": subjects});
        app.post("/api/books", json!([book("a", &["Ants", "Bees"]), book("b", &["Bees"]), book("c", &[]), book("d", &["Bees", "Cows"])]))
            .expect(201);
        let found = |query: &str| pairs(&app.get(&format!("/api/books/facets?facet=subjects.name{query}")).expect(200), "subjects.name");
        assert_eq!(found(""), [(json!("Bees"), 3), (json!("Ants"), 1), (json!("Cows"), 1), (Value::Null, 1)]);
        assert_eq!(found("&subjects.name=Ants"), [(json!("Ants"), 1), (json!("Bees"), 1)]);
        assert_eq!(found("&title=d&limit=1"), [(json!("Bees"), 1)]);
    }

    fn they_respect_filters_and_searches_in_the_address_and_in_a_body(database) {
        let app = App::new(&database);
        furnish(&app);
        for (filters, body, expected) in [
            ("author=Joyce&author=Homer", json!({"filter": {"author": {"in": ["Joyce", "Homer"]}}}), vec![("Homer", 2), ("Joyce", 2)]),
            ("year__gte=1900", json!({"filter": {"year": {"gte": 1900}}}), vec![("Joyce", 2), ("Herbert", 1)]),
            ("q=dubliners", json!({"q": "dubliners"}), vec![("Joyce", 1)]),
            ("title__icontains=ss", json!({"filter": {"title": {"icontains": "ss"}}}), vec![("Homer", 1), ("Joyce", 1)]),
            ("title__icontains=sey", json!({"filter": {"title": {"icontains": "sey"}}}), vec![("Homer", 1)]),
            ("items.store_id=1", json!({"filter": {"items.store_id": 1}}), vec![("Joyce", 2)]),
            ("author=none", json!({"filter": {"author": "none"}}), vec![]),
            ("year__isnull=true", json!({"filter": {"or": [{"year": null}, {"year": 7}]}}), vec![("<b>unknown</b>", 1)]),
        ] {
            let expected: Vec<(Value, u64)> = expected.into_iter().map(|(author, count)| (json!(author), count)).collect();
            let found = app.get(&format!("/api/books/facets?facet=author&{filters}")).expect(200);
            assert_eq!(pairs(&found, "author"), expected, "{filters}");
            let mut body = body;
            body["facet"] = json!("author");
            for (method, path) in [("POST", "/api/books/facets/query"), ("QUERY", "/api/books/facets")] {
                assert_eq!(pairs(&query(&app, method, path, &body).expect(200), "author"), expected, "{method} {body}");
            }
        }
        let found = app.get("/api/items/facets?facet=store.name&book.author=Joyce&store.name=Main").expect(200);
        assert_eq!(pairs(&found, "store.name"), [(json!("Main"), 2)]);
        let body = json!({"facet": ["author", "decade"], "limit": 1, "filter": {"not": {"author": "Austen"}}});
        let found = query(&app, "QUERY", "/api/books/facets", &body).expect(200);
        assert_eq!((pairs(&found, "author"), pairs(&found, "decade")), (vec![(json!("Homer"), 2)], vec![(json!(-770), 1)]));
    }

    fn what_they_do_not_have_is_refused(database) {
        let app = App::new(&database);
        furnish(&app);
        for (path, reason) in [
            ("/api/books/facets", "facet is missing; it is one of `author`, `year`, `decade`, `status`"),
            ("/api/books/facets?facet=", "facet is missing"),
            ("/api/books/facets?facet=autor", "facet `autor` does not exist here; the nearest one is `author`"),
            ("/api/books/facets?facet=title", "facet `title` does not exist here"),
            ("/api/books/facets?facet=author,author", "facet `author` appears twice"),
            ("/api/books/facets?facet=author,year,decade,status,language,series", "has 6 names, at most 5"),
            ("/api/books/facets?facet=author&limit=101", "limit `101` is not between 1 and 100"),
            ("/api/books/facets?facet=author&limit=0", "limit `0` is not between"),
            ("/api/books/facets?facet=author&limit=1&limit=2", "limit appears twice"),
            ("/api/books/facets?facet=author&sort=year", "sort is for lists of rows"),
            ("/api/books/facets?facet=author&offset=1", "offset is for lists of rows"),
            ("/api/books/facets?facet=author&fields=id", "the parameter `fields` does not exist"),
            ("/api/books/facets?facet=author&year=x", "year `x` is not a whole number"),
            ("/api/books/facets?facet=author&facets=year", "the nearest one is `facet`"),
            ("/api/items/facets?facet=store.nam", "the nearest one is `store.name`"),
            ("/api/books?facet=author", "the parameter `facet` does not exist"),
        ] {
            let error = app.get(path).expect_problem(400);
            assert!(error.contains(reason), "{path}: {error}");
        }
        for (body, pointer) in [
            (json!({}), "/facet"),
            (json!({"facet": 7}), "/facet"),
            (json!({"facet": "author", "sort": "year"}), "/sort"),
            (json!({"facet": "author", "limit": "x"}), "/limit"),
            (json!({"facet": "author", "filter": {"yeer": 1}}), "/filter/yeer"),
        ] {
            let problem = query(&app, "POST", "/api/books/facets/query", &body).expect(400);
            assert!(problem["errors"][0]["pointer"] == pointer || body == json!({}), "{body}: {problem}");
        }
        let error = query(&app, "POST", "/api/books/facets/query?limit=1", &json!({"facet": "year"})).expect_problem(400);
        assert!(error.contains("limit belongs in the body"), "{error}");
        assert_eq!(app.get("/api/stores/facets?facet=name").expect_problem(404), "no store has the id facets");
        let methods = |path: &str| app.request("DELETE", path).send(&[], b"").headers["allow"].clone();
        assert_eq!(methods("/api/books/facets"), "GET, HEAD, QUERY, OPTIONS");
        assert_eq!(methods("/api/books/facets/query"), "POST, OPTIONS");
    }

    fn a_facet_is_bounded_and_not_sent_again_while_it_is_so(database) {
        let app = App::new(&database);
        for part in 0..3 {
            let books = (0..500).map(|book| json!({"title": "t", "author": format!("author {}", (part * 500 + book) % 700)}));
            app.post("/api/books", books.collect::<Vec<_>>().into()).expect(201);
        }
        let path = "/api/books/facets?facet=author";
        let reply = app.get(path);
        assert_eq!(pairs(&reply.clone().expect(200), "author").len(), 100);
        assert!(reply.expect(200)["author"].as_array().unwrap().iter().all(|tally| tally["count"] == 3));
        let tag = app.get(path).headers["etag"].clone();
        assert_eq!(app.request("GET", path).send(&[("if-none-match", &tag)], b"").status, 304);
        app.post("/api/books", json!({"title": "t", "author": "author 650"})).expect(201);
        let fresh = app.request("GET", path).send(&[("if-none-match", &tag)], b"").expect(200);
        assert_eq!(pairs(&fresh, "author").len(), 100);
        assert_eq!(app.request("HEAD", path).send(&[], b"").status, 200);
    }
}
