//! Lists: filtered, searched, sorted, paged, and with the members and related rows that a client selects.

use serde_json::{Value, json};

use crate::support::{App, on_both};

fn titles(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|book| book["title"].as_str().unwrap()).collect()
}

fn found(app: &App, path: &str) -> Vec<String> {
    let reply = app.get(path);
    let body = reply.body.clone();
    let list = reply.expect(200);
    assert!(list.is_array(), "{path}: {body}");
    titles(&list).into_iter().map(str::to_owned).collect()
}

fn add(app: &App, books: &[(&str, &str, Option<i32>)]) {
    for (title, author, year) in books {
        app.post("/api/books", json!({"title": title, "author": author, "year": year})).expect(201);
    }
}

fn shelves(app: &App) {
    add(
        app,
        &[
            ("Emma", "Austen", Some(1815)),
            ("Ulysses", "Joyce", Some(1922)),
            ("Dune", "Herbert", None),
        ],
    );
    for name in ["Main Street", "Harbour, North"] {
        app.post("/api/stores", json!({"name": name})).expect(201);
    }
    for (name, price, store, book) in [
        ("first copy", 5.25, 1, Some(1)),
        ("second copy", 12.5, 1, Some(1)),
        ("mug", 7.0, 2, None),
        ("poster", 20.0, 2, Some(2)),
    ] {
        let item = json!({"name": name, "price": price, "store_id": store, "book_id": book});
        app.post("/api/items", item).expect(201);
    }
}

on_both! {
    fn every_operator_means_what_it_says(database) {
        let app = App::new(&database);
        add(&app, &[
            ("Anna", "Tolstoy, Leo", Some(1878)),
            ("anna's way", "B", Some(-44)),
            ("100% [new]_*?", "C", Some(2000)),
            ("Ärger", "D", None),
            ("Hanna", "E", Some(1900)),
        ]);
        let (anna, way, odd, anger, hanna) = ("Anna", "anna's way", "100% [new]_*?", "Ärger", "Hanna");
        for (query, expected) in [
            ("year__in=1878,-44", vec![anna, way]),
            ("year__notin=1878,-44", vec![odd, anger, hanna]),
            ("year__between=1878,1900", vec![anna, hanna]),
            ("author__in=%22Tolstoy,%20Leo%22,E", vec![anna, hanna]),
            ("title__contains=nna", vec![anna, way, hanna]),
            ("title__contains=Anna", vec![anna]),
            ("title__icontains=ANNA", vec![anna, way, hanna]),
            ("title__startswith=Anna", vec![anna]),
            ("title__startswith=anna", vec![way]),
            ("title__istartswith=ANNA", vec![anna, way]),
            ("title__istartswith=%C3%A4RG", vec![anger]),
            ("title__startswith=%C3%84", vec![anger]),
            ("title__startswith=%C3%A4", vec![]),
            ("title__endswith=na", vec![anna, hanna]),
            ("title__endswith=NA", vec![]),
            ("title__contains=%25%20%5B", vec![odd]),
            ("title__contains=_*?", vec![odd]),
            ("title__endswith=?", vec![odd]),
            ("title__startswith=1__%25", vec![]),
            ("title__contains=", vec![anna, way, odd, anger, hanna]),
            ("created_at__gte=2020-01-01T00:00:00Z&updated_at__lt=2100-01-01T00:00:00%2B01:00&year=2000", vec![odd]),
            ("created_at__lt=2020-01-01T00:00:00Z", vec![]),
            ("id__gt=3", vec![anger, hanna]),
            ("title__gt=Hanna&title__lt=b", vec![way]),
        ] {
            assert_eq!(found(&app, &format!("/api/books?{query}")), expected, "{query}");
        }
    }

    fn a_list_is_filtered_through_its_relations(database) {
        let app = App::new(&database);
        shelves(&app);
        let names = |path: &str| -> Vec<String> {
            let list = app.get(path).expect(200);
            list.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
        };
        for (path, expected) in [
            ("/api/items?store.name__icontains=harbour", vec!["mug", "poster"]),
            ("/api/items?store.name=Main+Street&price__gt=6", vec!["second copy"]),
            ("/api/items?book.author=Austen", vec!["first copy", "second copy"]),
            ("/api/items?book.year__isnull=true", vec![]),
            ("/api/stores/2/items?book.title=Ulysses", vec!["poster"]),
            ("/api/stores?items.price__gte=20", vec!["Harbour, North"]),
            // One item has to match both.
            ("/api/stores?items.price__lt=6&items.name=mug", vec![]),
            ("/api/stores?items.price__lt=8&items.name=mug", vec!["Harbour, North"]),
        ] {
            assert_eq!(names(path), expected, "{path}");
        }
        assert_eq!(found(&app, "/api/books?items.price__gt=1&items.store_id=1"), ["Emma"]);
    }

    fn a_list_is_sorted_and_read_both_ways(database) {
        let app = App::new(&database);
        add(&app, &[
            ("c", "x", Some(1)), ("a", "x", None), ("b", "x", Some(2)),
            ("d", "x", Some(1)), ("e", "x", None), ("f", "x", Some(2)),
        ]);
        for (sort, expected) in [
            ("title", "abcdef"),
            ("-title", "fedcba"),
            ("year", "cdbfae"),
            ("-year", "fbdcea"),
            ("year,-title", "dcfbea"),
            ("-year,title", "bfcdae"),
            ("author,id", "cabdef"),
            ("-id", "fedbac"),
        ] {
            let whole = found(&app, &format!("/api/books?sort={sort}")).concat();
            assert_eq!(whole, expected, "{sort}");
            for limit in [1, 2, 4] {
                let (mut pages, mut path) = (Vec::new(), format!("/api/books?limit={limit}&sort={sort}"));
                let last = loop {
                    let reply = app.get(&path);
                    let next = reply.link("next");
                    pages.push(titles(&reply.clone().expect(200)).concat());
                    match next {
                        Some(next) => path = next,
                        None => break reply,
                    }
                };
                assert_eq!(pages.concat(), expected, "{sort} by {limit}");
                let first = last.link("first").unwrap();
                assert_eq!(titles(&app.get(&first).expect(200)).concat(), pages[0], "{sort} by {limit}");
                let mut place = pages.len() - 1;
                let mut reply = last;
                while let Some(previous) = reply.link("prev") {
                    place -= 1;
                    reply = app.get(&previous);
                    assert_eq!(titles(&reply.clone().expect(200)).concat(), pages[place], "{sort} by {limit} back");
                    let next = app.get(&reply.link("next").unwrap());
                    assert_eq!(titles(&next.expect(200)).concat(), pages[place + 1], "{sort} by {limit} and on");
                }
                assert_eq!(place, 0, "{sort} by {limit}");
            }
        }
    }

    fn rows_that_come_and_go_between_pages_hide_no_other_row(database) {
        let app = App::new(&database);
        for number in 0..30 {
            add(&app, &[(&format!("t{number:02}"), "x", Some(number))]);
        }
        let (mut seen, mut next, mut added) = (Vec::new(), Some("/api/books?limit=4&sort=-year".to_owned()), 100);
        while let Some(path) = next {
            let reply = app.get(&path);
            next = reply.link("next");
            seen.extend(titles(&reply.expect(200)).into_iter().map(str::to_owned));
            // The last row that was shown is deleted, and a new row comes before all others.
            let gone = &app.get(&format!("/api/books?title={}", seen.last().unwrap())).expect(200)[0]["id"];
            app.delete(&format!("/api/books/{gone}")).expect(200);
            add(&app, &[("new", "x", Some(added))]);
            added += 1;
        }
        let expected: Vec<String> = (0..30).rev().map(|number| format!("t{number:02}")).collect();
        assert_eq!(seen, expected);
    }

    fn a_search_finds_every_word_and_puts_the_best_first(database) {
        let app = App::new(&database);
        add(&app, &[
            ("A history of dunes", "Sand, George", None),
            ("Children of Dune", "Herbert", None),
            ("Dune Messiah", "Herbert", None),
            ("Dune", "Herbert", None),
            ("Sandworms", "Dune, Ann", None),
            ("Éloge de la folie", "Érasme", None),
            ("50% off_", "\"AND\" OR * NEAR(", None),
        ]);
        app.post("/api/books", json!({"title": "Clean Code", "author": "Martin", "isbn": "9780132350884"})).expect(201);
        for (query, expected) in [
            ("dune", vec!["Dune", "Dune Messiah", "Sandworms", "A history of dunes", "Children of Dune"]),
            ("herbert+dune", vec!["Children of Dune", "Dune Messiah", "Dune"]),
            ("HERBERT", vec!["Children of Dune", "Dune Messiah", "Dune"]),
            ("%C3%A9rasme", vec!["Éloge de la folie"]),
            ("0-13-235088-2", vec!["Clean Code"]),
            ("978+0132350884", vec!["Clean Code"]),
            ("%22AND%22", vec!["50% off_"]),
            ("* NEAR(", vec!["50% off_"]),
            ("%25", vec!["50% off_"]),
            ("nothing+of+this", vec![]),
        ] {
            assert_eq!(found(&app, &format!("/api/books?q={}", query.replace(' ', "+"))), expected, "{query}");
        }
        assert_eq!(found(&app, "/api/books?q=").len(), 8);
        assert_eq!(found(&app, "/api/books?q=dune&sort=-id&limit=2"), ["Sandworms", "Dune"]);
        assert_eq!(found(&app, "/api/books?q=dune&author=Herbert"), ["Dune", "Dune Messiah", "Children of Dune"]);
        let (mut pages, mut next) = (Vec::new(), Some("/api/books?q=dune&limit=2".to_owned()));
        while let Some(path) = next {
            let reply = app.get(&path);
            next = reply.link("next");
            pages.extend(titles(&reply.expect(200)).into_iter().map(str::to_owned));
        }
        assert_eq!(pages, ["Dune", "Dune Messiah", "Sandworms", "A history of dunes", "Children of Dune"]);
    }

    fn a_client_says_which_members_and_relations_it_wants(database) {
        let app = App::new(&database);
        shelves(&app);
        let body = app.get("/api/items?fields=name,price&sort=price&limit=2");
        assert_eq!(body.body, r#"[{"name":"first copy","price":5.25},{"name":"mug","price":7.00}]"#);
        let items = app.get("/api/items?include=store,book&fields=id").expect(200);
        assert_eq!((&items[0]["store"]["name"], &items[0]["book"]["title"]), (&json!("Main Street"), &json!("Emma")));
        assert_eq!((items[2]["book"].clone(), items[2].get("name")), (Value::Null, None));
        let stores = app.get("/api/stores?include=items").expect(200);
        let counts: Vec<usize> = stores.as_array().unwrap().iter().map(|store| store["items"].as_array().unwrap().len()).collect();
        assert_eq!((counts, &stores[1]["items"][1]["price"]), (vec![2, 2], &json!(20.0)));
        let books = app.get("/api/books/search?author=o&include=items").expect(200);
        assert_eq!(books[0]["items"].as_array().unwrap().len(), 1, "{books}");
    }

    fn a_client_says_so_of_one_row_too(database) {
        let app = App::new(&database);
        shelves(&app);
        app.put("/api/books/isbn/9780132350884", json!({"title": "Clean Code", "author": "Martin"})).expect(201);
        let reply = app.get("/api/items/1?fields=price,name");
        assert_eq!(reply.body, r#"{"name":"first copy","price":5.25}"#);
        assert_eq!(reply.headers["etag"], app.get("/api/items/1").headers["etag"]);
        let item = app.get("/api/items/1?include=store,book").expect(200);
        assert_eq!((&item["store"]["name"], &item["book"]["title"], &item["price"]), (&json!("Main Street"), &json!("Emma"), &json!(5.25)));
        let store = app.get("/api/stores/2?include=items&fields=name").expect(200);
        assert_eq!((store["items"].as_array().unwrap().len(), store.get("id")), (2, None));
        assert_eq!(app.get("/api/books/isbn/0-13-235088-2?fields=title").body, r#"{"title":"Clean Code"}"#);
        // Included rows may change without the row.
        let reply = app.get("/api/books/1?include=items");
        let seen = reply.headers["etag"].clone();
        assert!(seen.starts_with("W/") && reply.expect(200)["items"].as_array().unwrap().len() == 2);
        assert_eq!(app.request("GET", "/api/books/1?include=items").send(&[("if-none-match", &seen)], b"").status, 304);
        app.put("/api/items/1", json!({"price": 6})).expect(200);
        assert_eq!(app.request("GET", "/api/books/1?include=items").send(&[("if-none-match", &seen)], b"").status, 200);
        for (path, reason) in [
            ("/api/books/1?fields=titel", "fields `titel` does not exist here; the nearest one is `title`"),
            ("/api/books/isbn/9780132350884?include=itms", "include `itms` does not exist here; the nearest one is `items`"),
            ("/api/stores/1?fields=", "fields `` does not exist here"),
            ("/api/items/1?include=items", "include `items` does not exist here; the nearest one is"),
            ("/api/items/1?field=id", "the parameter `field` does not exist; the nearest one is `fields`"),
        ] {
            let error = app.get(path).expect_problem(400);
            assert!(error.contains(reason), "{path}: {error}");
        }
    }

    fn a_list_is_counted_and_passed_over_on_demand(database) {
        let app = App::new(&database);
        for number in 0..7 {
            add(&app, &[(&format!("{number}"), "x", Some(number))]);
        }
        let reply = app.get("/api/books?year__gte=2&limit=2&count=exact");
        assert_eq!(reply.headers["x-total-count"], "5");
        assert!(!app.get("/api/books").headers.contains_key("x-total-count"));
        let reply = app.get("/api/books?offset=3&limit=2");
        let (previous, next) = (reply.link("prev").unwrap(), reply.link("next").unwrap());
        assert_eq!(titles(&reply.expect(200)), ["3", "4"]);
        assert_eq!(found(&app, &previous), ["1", "2"]);
        let last = app.get(&next);
        assert_eq!(last.link("next"), None);
        assert_eq!(titles(&last.expect(200)), ["5", "6"]);
        assert_eq!(found(&app, "/api/books?offset=7"), Vec::<String>::new());
    }

    fn what_a_list_cannot_do_is_refused(database) {
        let app = App::new(&database);
        shelves(&app);
        let cursor = app.get("/api/books?limit=1&sort=title").link("next").unwrap();
        let other = cursor.replace("sort=title", "sort=-title");
        for (path, reason) in [
            ("/api/books?sort=titel", "sort `titel` is not a column; the nearest one is `title`"),
            ("/api/books?sort=title,-title", "sort `title` appears twice"),
            ("/api/books?sort=", "sort `` is not a column"),
            ("/api/books?sort=id,title,year,author,status,isbn", "sort has 6 columns, at most 5"),
            ("/api/books?fields=titel", "fields `titel` does not exist here; the nearest one is `title`"),
            ("/api/books?include=itms", "include `itms` does not exist here; the nearest one is `items`"),
            ("/api/items?include=items", "include `items` does not exist here; the nearest one is `store`"),
            ("/api/books?limit=1&limit=2", "limit appears twice"),
            ("/api/books?offset=-1", "offset `-1` is not between 0 and"),
            ("/api/books?count=yes", "count `yes` is neither `exact` nor `none`"),
            ("/api/books?year__between=1", "year__between `1` has 1 values, expected two"),
            ("/api/books?year__in=1,x", "year__in `x` is not a whole number"),
            ("/api/books?author__in=%22a", "a double quote that is not closed"),
            ("/api/books?created_at__gt=yesterday", "created_at__gt `yesterday` is not a timestamp or a day, such as"),
            ("/api/items?shop.name=a", "the parameter `shop.name` does not exist; the nearest one is `"),
            ("/api/items?store.nme=a", "the nearest one is `store.name`"),
            ("/api/books?isbn__icontains=9", "the parameter `isbn__icontains` does not exist"),
            ("/api/books?cursor=e30", "cursor `e30` is not from a Link header"),
            ("/api/books?q=a%00b", "q has a NUL byte"),
            (other.as_str(), "belongs to a list with other filters or another order"),
            (&format!("{cursor}&offset=1"), "two ways to set where a page begins"),
            (&format!("{cursor}&year=1815"), "belongs to a list with other filters"),
        ] {
            let error = app.get(path).expect_problem(400);
            assert!(error.contains(reason), "{path}: {error}");
        }
        let words = "w+".repeat(21);
        assert!(app.get(&format!("/api/books?q={words}")).expect_problem(400).contains("21 words, at most 20"));
    }
}
