//! Stores, and their items.

use serde_json::{Value, json};

use crate::support::{App, on_both};

/// Two stores with two items each; the first item of each is a copy of book 1.
fn furnish(app: &App) {
    app.post("/api/books", json!({"title": "Clean Code", "author": "Robert C. Martin"}))
        .expect(201);
    for store in 1..=2 {
        app.post("/api/stores", json!({"name": format!("Store {store}")})).expect(201);
        for (name, price, book_id) in [("copy", 49.99, Some(1)), ("lamp", 120.5, None)] {
            let item = json!({"name": name, "price": price, "store_id": store, "book_id": book_id});
            app.post("/api/items", item).expect(201);
        }
    }
}

fn ids(list: &Value) -> Vec<i64> {
    list.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

on_both! {
    fn deleting_a_store_deletes_its_items_and_nothing_else(database) {
        let app = App::new(&database);
        furnish(&app);
        assert_eq!(app.delete("/api/stores/1").expect(200), json!({"message": "Store deleted"}));
        assert_eq!(ids(&app.get("/api/items").expect(200)), [3, 4]);
        assert_eq!(ids(&app.get("/api/stores").expect(200)), [2]);
        assert_eq!(ids(&app.get("/api/books").expect(200)), [1]);
        assert_eq!(app.get("/api/stores/1/items").expect_problem(404), "no store has the id 1");
    }

    fn deleting_a_store_in_sql_deletes_its_items_and_nothing_else(database) {
        let app = App::new(&database);
        furnish(&app);
        database.execute("DELETE FROM stores WHERE id = 2").unwrap();
        assert_eq!(ids(&app.get("/api/items").expect(200)), [1, 2]);
        assert_eq!(ids(&app.get("/api/stores").expect(200)), [1]);
        assert_eq!(ids(&app.get("/api/books").expect(200)), [1]);
    }

    fn deleting_a_book_leaves_the_items_that_were_copies_of_it(database) {
        let app = App::new(&database);
        furnish(&app);
        app.delete("/api/books/1").expect(200);
        let items = app.get("/api/items").expect(200);
        assert_eq!(ids(&items), [1, 2, 3, 4]);
        assert!(items.as_array().unwrap().iter().all(|item| item["book_id"].is_null()), "{items}");
    }

    fn the_shelf_of_a_store_is_filtered(database) {
        let app = App::new(&database);
        furnish(&app);
        for (query, found) in [
            ("", vec![1, 2]),
            ("?price__gt=100", vec![2]),
            ("?price__lte=49.99", vec![1]),
            ("?price=49.99", vec![1]),
            ("?price=49.990", vec![1]),
            ("?name__icontains=LAM", vec![2]),
            ("?book_id__isnull=true&price__gt=500", vec![]),
            ("?limit=1", vec![1]),
        ] {
            assert_eq!(ids(&app.get(&format!("/api/stores/1/items{query}")).expect(200)), found, "{query}");
        }
        assert_eq!(ids(&app.get("/api/items?price__gt=100&store_id=2").expect(200)), [4]);
    }

    fn the_copies_of_a_book_are_a_list(database) {
        let app = App::new(&database);
        furnish(&app);
        assert_eq!(ids(&app.get("/api/books/1/items").expect(200)), [1, 3]);
        assert_eq!(ids(&app.get("/api/books/1/items?store.name=Store+2&price__lt=50").expect(200)), [3]);
        let first = app.get("/api/books/1/items?limit=1&sort=-id");
        assert_eq!(ids(&app.get(&first.link("next").unwrap()).expect(200)), [1]);
        assert_eq!(app.get("/api/books/2/items").expect_problem(404), "no book has the id 2");
        app.post("/api/books", json!({"title": "a", "author": "b"})).expect(201);
        assert_eq!(app.get("/api/books/2/items").body, "[]");
        assert!(app.get("/api/books/1/items?prize=1").expect_problem(400).contains("the nearest one is `price`"));
    }

    fn an_empty_shelf_is_an_empty_array(database) {
        let app = App::new(&database);
        app.post("/api/stores", json!({"name": "Empty"})).expect(201);
        assert_eq!(app.get("/api/stores/1/items").body, "[]");
    }

    fn money_is_exact(database) {
        let app = App::new(&database);
        app.post("/api/stores", json!({"name": "Bank"})).expect(201);
        for (written, read) in [
            ("0", "0.00"),
            ("0.01", "0.01"),
            ("49.99", "49.99"),
            ("49.990", "49.99"),
            ("1e2", "100.00"),
            ("0.1", "0.10"),
            ("1234567890.12", "1234567890.12"),
            ("9999999999.98", "9999999999.98"),
            ("9999999999.99", "9999999999.99"),
        ] {
            let body = format!(r#"{{"name":"x","price":{written},"store_id":1}}"#);
            let made = app.request("POST", "/api/items").send(&[("content-type", "application/json")], body.as_bytes());
            assert!(made.body.contains(&format!("\"price\":{read},")), "{written}: {}", made.body);
            let id = made.expect(201)["id"].clone();
            let again = app.get(&format!("/api/items/{id}")).body;
            assert!(again.contains(&format!("\"price\":{read},")), "{written}: {again}");
        }
    }

    fn a_price_that_is_no_price_is_refused(database) {
        let app = App::new(&database);
        app.post("/api/stores", json!({"name": "Bank"})).expect(201);
        for (written, reason) in [
            ("-0.01", "price `-0.01` is negative"),
            ("1.999", "price `1.999` has 3 decimals"),
            ("10000000000", "price `10000000000` is above 9999999999.99"),
            ("1e400", "price `1e400` has too many digits"),
            ("0.123456789012345678901234567890123", "too many digits"),
            ("\"49.99\"", "is not a number"),
            ("null", "is not a number"),
            ("[1]", "is not a number"),
        ] {
            let body = format!(r#"{{"name":"x","price":{written},"store_id":1}}"#);
            let refused = app.request("POST", "/api/items").send(&[("content-type", "application/json")], body.as_bytes());
            let problem = refused.clone().expect(400);
            assert_eq!(problem["errors"][0]["pointer"], "/price", "{problem}");
            let error = refused.expect_problem(400);
            assert!(error.contains(reason), "{written}: {error}");
        }
        assert_eq!(database.number("SELECT count(*) FROM items"), 0);
    }

    fn an_item_needs_a_store_that_exists_and_a_book_that_exists(database) {
        let app = App::new(&database);
        let item = json!({"name": "x", "price": 1, "store_id": 7, "book_id": 8});
        let error = app.post("/api/items", item).expect_problem(400);
        assert_eq!(error, "store_id `7` does not exist; book_id `8` does not exist");
        furnish(&app);
        let error = app.put("/api/items/1", json!({"store_id": 7})).expect_problem(400);
        assert_eq!(error, "store_id `7` does not exist");
        let error = app.put("/api/items/1", json!({"store_id": null})).expect_problem(400);
        assert!(error.contains("store_id: invalid type: null"), "{error}");
        assert_eq!(database.number("SELECT count(*) FROM items"), 4);
    }

    fn an_item_moves_and_loses_its_book(database) {
        let app = App::new(&database);
        furnish(&app);
        let moved = app.put("/api/items/1", json!({"store_id": 2, "book_id": null, "price": 5})).expect(200);
        assert_eq!((&moved["store_id"], &moved["book_id"], &moved["version"]), (&json!(2), &json!(null), &json!(2)));
        assert_eq!(ids(&app.get("/api/stores/2/items").expect(200)), [1, 3, 4]);
        assert_eq!(app.delete("/api/items/1").expect(200), json!({"message": "Item deleted"}));
        assert_eq!(app.get("/api/items/1").expect_problem(404), "no item has the id 1");
    }

    fn a_store_takes_a_new_name(database) {
        let app = App::new(&database);
        furnish(&app);
        let renamed = app.put("/api/stores/1", json!({"name": " Harbour "})).expect(200);
        assert_eq!((&renamed["name"], &renamed["version"]), (&json!("Harbour"), &json!(2)));
        let stale = app.put("/api/stores/1", json!({"name": "x", "version": 1})).expect_problem(412);
        assert!(stale.contains("the store is at version 2"), "{stale}");
        assert_eq!(app.get("/api/stores/1").expect(200), renamed);
    }

    fn items_are_added_to_a_store(database) {
        let app = App::new(&database);
        app.post("/api/stores", json!([{"name": "Main"}, {"name": "Quay"}])).expect(201);
        app.post("/api/books", json!({"title": "a", "author": "b"})).expect(201);
        let item = json!({"name": "copy", "price": 2.5, "book_id": 1});
        let added = app.post("/api/stores/2/items", item.clone());
        assert_eq!((added.headers["location"].as_str(), added.headers["etag"].as_str()), ("/api/items/1", "\"1.1\""));
        assert_eq!(added.clone().expect(201), app.get("/api/items/1").expect(200));
        assert_eq!((&added.clone().expect(201)["store_id"], &added.expect(201)["book_id"]), (&json!(2), &json!(1)));
        let several = app.post("/api/stores/1/items", json!([item, {"name": "mug", "price": 1, "store_id": 1}, {"price": 3, "name": "x"}]));
        assert!(!several.headers.contains_key("location"));
        let stores: Vec<Value> = several.expect(201).as_array().unwrap().iter().map(|item| item["store_id"].clone()).collect();
        assert_eq!(stores, [1, 1, 1]);
        assert_eq!(app.post("/api/stores/1/items", json!([])).expect(201), json!([]));
        assert_eq!(app.post("/api/stores/2/items", json!({"name": "y", "price": 1, "store_id": 2.0})).status, 201);

        let key = [("content-type", "application/json"), ("idempotency-key", "one")];
        let send = |path: &str| app.request("POST", path).send(&key, b"{\"name\":\"z\",\"price\":1}");
        assert_eq!(send("/api/stores/1/items").expect(201), send("/api/stores/1/items").expect(201));
        send("/api/stores/2/items").expect_problem(422);
        let before = database.number("SELECT count(*) FROM items");
        assert_eq!(send("/api/stores/2/items?dry_run=true").headers["dry-run"], "true");

        for (path, body, status, reason) in [
            ("/api/stores/9/items", json!({"name": "a", "price": 1}), 404, "no store has the id 9"),
            ("/api/stores/9/items", json!([]), 404, "no store has the id 9"),
            ("/api/stores/x/items", json!({"name": "a", "price": 1}), 404, "no store has the id x"),
            ("/api/stores/99999999999/items", json!({"name": "a", "price": 1}), 404, "no store has the id 99999999999"),
            ("/api/stores/1/items", json!({"name": "a", "price": 1, "store_id": 2}), 400, "store_id `2` differs from the one in the path"),
            ("/api/stores/1/items", json!([{"name": "b", "price": 1, "store_id": 2}]), 400, "element 0: store_id `2`"),
            ("/api/stores/1/items", json!({"name": "a", "price": 1, "store_id": "1"}), 400, "store_id: invalid type: string"),
            ("/api/stores/1/items", json!({"name": "a", "price": 1, "store_id": null}), 400, "store_id: invalid type: null"),
            ("/api/stores/1/items", json!({}), 400, "missing field `name`; missing field `price`"),
            ("/api/stores/1/items", json!({"name": "a", "price": 1, "book_id": 9}), 400, "book_id `9` does not exist"),
            ("/api/stores/1/items", json!({"name": "", "price": -1}), 400, "name is empty"),
            ("/api/stores/1/items?x=1", json!({"name": "a", "price": 1}), 400, "there is no parameter `x`"),
            ("/api/stores/1/items", json!([7]), 400, "element 0: the body is not a JSON object"),
            ("/api/stores/1/items", json!("x"), 400, "the body is not a JSON object"),
        ] {
            let error = app.post(path, body.clone()).expect_problem(status);
            assert!(error.contains(reason), "{path} {body}: {error}");
        }
        for body in ["", "{", "{\"name\":\"a\",}", "{\"store_id\":2,\"name\":\"a\",\"price\":1,\"store_id\":1}"] {
            let json = [("content-type", "application/json")];
            app.request("POST", "/api/stores/1/items").send(&json, body.as_bytes()).expect_problem(400);
        }
        assert_eq!(database.number("SELECT count(*) FROM items"), before);
        assert_eq!(app.request("PUT", "/api/stores/1/items").send(&[], b"").headers["allow"], "GET, HEAD, POST, OPTIONS");
    }
}
