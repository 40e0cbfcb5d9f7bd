//! `sort` by the columns of related rows, with pages in both directions.

use serde_json::{Value, json};

use crate::support::{App, Reply, on_both};

/// Three stores, two of one name, three books, one of them without a year, and nine items, two of them copies of no book.
fn furnish(app: &App) {
    app.post("/api/stores", json!([{"name": "Quay"}, {"name": "Main"}, {"name": "Main"}]))
        .expect(201);
    app.post(
        "/api/books",
        json!([
            {"title": "Emma", "author": "Austen", "year": 1815},
            {"title": "Dune", "author": "Herbert", "year": 1965},
            {"title": "Beowulf", "author": "unknown"},
        ]),
    )
    .expect(201);
    let items = [
        (1, Some(1), 3),
        (2, Some(2), 5),
        (3, None, 5),
        (2, Some(3), 7),
        (1, None, 1),
        (3, Some(2), 2),
        (2, Some(1), 5),
        (1, Some(3), 9),
        (3, Some(1), 4),
    ];
    let item = |(store, book, price): (i32, Option<i32>, i32)| json!({"name": "copy", "price": price, "store_id": store, "book_id": book});
    app.post("/api/items", items.map(item).to_vec().into()).expect(201);
}

fn ids(rows: &Value) -> Vec<i64> {
    rows.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

/// The ids of a list, page by page, and back again.
fn walked(app: &App, path: &str) -> (Vec<i64>, Vec<i64>) {
    let page = |path: &str| -> (Vec<i64>, Reply) {
        let reply = app.get(path);
        (ids(&reply.clone().expect(200)), reply)
    };
    let (mut forwards, mut last) = page(path);
    while let Some(next) = last.link("next") {
        let (rows, reply) = page(&next);
        forwards.extend(rows);
        last = reply;
    }
    let mut backwards = ids(&last.clone().expect(200));
    while let Some(previous) = last.link("prev") {
        let (rows, reply) = page(&previous);
        backwards = [rows, backwards].concat();
        last = reply;
    }
    (forwards, backwards)
}

on_both! {
    fn items_are_sorted_by_their_stores_and_books(database) {
        let app = App::new(&database);
        furnish(&app);
        for (query, expected) in [
            ("sort=store.name", vec![2, 3, 4, 6, 7, 9, 1, 5, 8]),
            ("sort=-store.name", vec![8, 5, 1, 9, 7, 6, 4, 3, 2]),
            ("sort=store.name,-price", vec![4, 7, 3, 2, 9, 6, 8, 1, 5]),
            ("sort=-price,store.name", vec![8, 4, 2, 3, 7, 9, 1, 6, 5]),
            ("sort=store.name,book.title", vec![4, 2, 6, 7, 9, 3, 8, 1, 5]),
            // What has no book, or no year, is last in both directions.
            ("sort=book.title", vec![4, 8, 2, 6, 1, 7, 9, 3, 5]),
            ("sort=-book.title", vec![9, 7, 1, 6, 2, 8, 4, 5, 3]),
            ("sort=book.year,id", vec![1, 7, 9, 2, 6, 3, 4, 5, 8]),
            ("sort=-book.year,id", vec![2, 6, 1, 7, 9, 3, 4, 5, 8]),
            ("sort=store.id,book.created_at,price", vec![1, 8, 5, 7, 2, 4, 9, 6, 3]),
            ("sort=store.name&store.name__startswith=M&price__gte=5", vec![2, 3, 4, 7]),
            ("sort=book.author&book.author__ne=unknown&store.name=Main", vec![7, 9, 2, 6]),
        ] {
            let path = format!("/api/items?{query}");
            assert_eq!(ids(&app.get(&path).expect(200)), expected, "{query}");
            for limit in [1, 2, 4] {
                let (forwards, backwards) = walked(&app, &format!("{path}&limit={limit}"));
                assert_eq!((&forwards, &backwards), (&expected, &expected), "{query} by {limit}");
            }
            let paged = ids(&app.get(&format!("{path}&offset=1&limit=2&count=exact")).expect(200));
            assert_eq!(paged, expected[1..3], "{query}");
        }
        assert_eq!(ids(&app.get("/api/books/1/items?sort=-store.name").expect(200)), [1, 9, 7]);
        let body = json!({"filter": {"store.name": "Main"}, "sort": ["-book.title", "price"], "fields": ["id"], "limit": 3});
        let body = body.to_string();
        let queried = app.request("QUERY", "/api/items").send(&[("content-type", "application/json")], body.as_bytes());
        assert_eq!(queried.expect(200), json!([{"id": 9}, {"id": 7}, {"id": 6}]));
        let table = app.request("GET", "/api/items?sort=store.name,-price&fields=id,price&limit=2").send(&[("accept", "text/csv")], b"");
        assert_eq!(table.body, "id,price\n4,7.00\n7,5.00\n");
    }

    fn a_page_after_a_row_that_moved_goes_on_from_where_it_was(database) {
        let app = App::new(&database);
        furnish(&app);
        let next = app.get("/api/items?sort=store.name&limit=3").link("next").expect("a next page");
        app.put("/api/stores/1", json!({"name": "Abbey"})).expect(200);
        assert_eq!(ids(&app.get(&next).expect(200)), [6, 7, 9]);
        app.delete("/api/stores/2").expect(200);
        assert_eq!(ids(&app.get(&next).expect(200)), [6, 9]);
        let error = app.get(&next.replace("store.name", "store.id")).expect_problem(400);
        assert!(error.contains("belongs to a list with other filters or another order"), "{error}");
    }

    fn a_long_list_is_sent_whole_in_its_order(database) {
        let app = App::new(&database);
        furnish(&app);
        for part in 0..5 {
            let item = |number: i32| {
                let number = part * 500 + number;
                json!({"name": "copy", "price": number % 7, "store_id": number % 3 + 1, "book_id": (number % 4 > 0).then_some(number % 4)})
            };
            app.post("/api/items", (0..500).map(item).collect::<Vec<_>>().into()).expect(201);
        }
        for sort in ["store.name,book.title", "-book.year,-price", "book.title,store.id,-id"] {
            let whole = ids(&app.get(&format!("/api/items?sort={sort}")).expect(200));
            assert_eq!(whole.len(), 2509);
            let (forwards, backwards) = walked(&app, &format!("/api/items?sort={sort}&limit=700"));
            assert!(forwards == whole && backwards == whole, "{sort}");
            let mut all = whole;
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), 2509, "{sort}");
        }
    }

    fn an_order_that_rows_do_not_have_is_refused(database) {
        let app = App::new(&database);
        for (path, reason) in [
            ("/api/items?sort=store.nam", "sort `store.nam` is not a column; the nearest one is `store.name`"),
            ("/api/items?sort=shop.name", "is not a column"),
            ("/api/items?sort=store.", "is not a column"),
            ("/api/items?sort=.name", "is not a column"),
            ("/api/items?sort=store.items.price", "is not a column"),
            ("/api/items?sort=store.name,-store.name", "sort `store.name` appears twice"),
            ("/api/items?sort=store.name,store.id,book.title,book.year,price,name", "has 6 columns, at most 5"),
            ("/api/stores?sort=items.price", "sort `items.price` has several values, as a row has several items"),
            ("/api/books?sort=-items.price", "sort `items.price` has several values"),
            ("/api/items?sort=store.name&cursor=eyJsIjoiIiwidiI6W119", "belongs to a list with other filters"),
        ] {
            let error = app.get(path).expect_problem(400);
            assert!(error.contains(reason), "{path}: {error}");
        }
    }
}
