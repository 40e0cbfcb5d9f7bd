//! Filters that mean what one expects: a column that is named twice, a day instead of a moment, the words of other services.

use serde_json::{Value, json};

use crate::support::{App, on_both};

const JSON: (&str, &str) = ("content-type", "application/json");

/// The ids of a list.
fn ids(app: &App, path: &str) -> Vec<i64> {
    let rows = app.get(path).expect(200);
    rows.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

fn queried(app: &App, filter: Value) -> Vec<i64> {
    let body = json!({"filter": filter}).to_string();
    let rows = app.request("QUERY", "/api/books").send(&[JSON], body.as_bytes()).expect(200);
    rows.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

on_both! {
    fn a_column_that_is_named_several_times_equals_one_of_the_values(database) {
        let app = App::new(&database);
        let book = |title: &str, author: &str, year: i32| json!({"title": title, "author": author, "year": year});
        app.post("/api/books", json!([
            {"title": "Emma", "author": "Austen", "isbn": "9780132350884"},
            book("Dune", "Herbert", 1965),
            book("Ulysses", "Joyce, James", 1922),
            book("Dubliners", "Joyce, James", 1914),
        ])).expect(201);
        app.post("/api/stores", json!([{"name": "Main"}, {"name": "Quay"}, {"name": "Hill"}])).expect(201);
        let item = |store: i32, book: i32| json!({"name": "copy", "price": store, "store_id": store, "book_id": book});
        app.post("/api/items", json!([item(1, 1), item(2, 2), item(3, 3), item(1, 3)])).expect(201);
        for (query, expected) in [
            ("author=Austen&author=Herbert", vec![1, 2]),
            ("author=Austen&author=Joyce,%20James", vec![1, 3, 4]),
            ("author=Austen&author=Austen", vec![1]),
            ("author=Austen&year__gte=1900&author=Herbert", vec![2]),
            ("author=nobody&author=none", vec![]),
            ("id=4&id=2&id=9", vec![2, 4]),
            ("isbn=0-13-235088-2&isbn=9780201633610", vec![1]),
            ("author=Herbert&author=Austen&title=Dune&title=Emma&title=x", vec![1, 2]),
            // Every other operator restricts further.
            ("author__icontains=j&author__icontains=m", vec![3, 4]),
            ("year__gte=1914&year__gte=1922", vec![2, 3]),
            ("author__ne=Austen&author__ne=Herbert", vec![3, 4]),
            ("items.store_id=2&items.store_id=3", vec![2, 3]),
            ("items.store_id=1&items.store_id=3&items.price=3", vec![3]),
        ] {
            assert_eq!(ids(&app, &format!("/api/books?{query}")), expected, "{query}");
        }
        assert_eq!(ids(&app, "/api/items?store.name=Main&store.name=Hill"), [1, 3, 4]);
        assert_eq!(ids(&app, "/api/stores/1/items?book_id=1&book_id=2"), [1]);
        let page = app.get("/api/books?author=Austen&author=Herbert&limit=1");
        assert_eq!(ids(&app, &page.link("next").expect("a next page")), [2]);
        let error = app.get("/api/books?year=1914&year=soon").expect_problem(400);
        assert!(error.contains("year `soon` is not a whole number"), "{error}");
        let changed = app.request("PATCH", "/api/books?author=Austen&author=Herbert&confirm=2").send(&[JSON], b"{\"status\":\"lent\"}");
        assert_eq!(changed.expect(200)["matched"], 2);
    }

    fn a_day_is_all_of_its_moments(database) {
        let app = App::new(&database);
        let moments = [
            "2026-11-28 23:59:59.999999+00:00", "2026-11-29 00:00:00+00:00", "2026-11-29 12:30:00.500+00:00",
            "2026-11-29 23:59:59.999999+00:00", "2026-11-30 00:00:00+00:00",
        ];
        for (place, moment) in moments.iter().enumerate() {
            app.post("/api/books", json!({"title": place.to_string(), "author": "x"})).expect(201);
            let moment = if database.is_sqlite() { moment.replacen(' ', "T", 1) } else { (*moment).to_owned() };
            database.execute(&format!("UPDATE books SET created_at = '{moment}' WHERE title = '{place}'")).unwrap();
        }
        for (operator, value, expected) in [
            ("eq", json!("2026-11-29"), vec![2, 3, 4]),
            ("ne", json!("2026-11-29"), vec![1, 5]),
            ("gt", json!("2026-11-29"), vec![5]),
            ("gte", json!("2026-11-29"), vec![2, 3, 4, 5]),
            ("lt", json!("2026-11-29"), vec![1]),
            ("lte", json!("2026-11-29"), vec![1, 2, 3, 4]),
            ("between", json!(["2026-11-28", "2026-11-29"]), vec![1, 2, 3, 4]),
            ("between", json!(["2026-11-29", "2026-11-29"]), vec![2, 3, 4]),
            ("between", json!(["2026-11-29T12:00:00Z", "2026-11-30"]), vec![3, 4, 5]),
            ("between", json!(["2026-11-30", "2026-11-29"]), vec![]),
            ("in", json!(["2026-11-28", "2026-11-30"]), vec![1, 5]),
            ("in", json!(["2026-11-28", "2026-11-29T12:30:00.5Z", "2026-11-30T00:00:00Z"]), vec![1, 3, 5]),
            ("notin", json!(["2026-11-28", "2026-11-29"]), vec![5]),
            ("gte", json!("2026-11-29T01:00:00+01:00"), vec![2, 3, 4, 5]),
            ("lte", json!("9999-12-31"), vec![1, 2, 3, 4, 5]),
            ("gte", json!("0000-01-01"), vec![1, 2, 3, 4, 5]),
        ] {
            assert_eq!(queried(&app, json!({"created_at": {operator: value}})), expected, "{operator} {value}");
            let texts = |values: &Vec<Value>| values.iter().map(|value| value.as_str().unwrap().to_owned()).collect::<Vec<_>>().join(",");
            let written = value.as_array().map_or_else(|| value.as_str().unwrap().to_owned(), texts).replace('+', "%2B");
            let name = if operator == "eq" { "created_at".to_owned() } else { format!("created_at__{operator}") };
            assert_eq!(ids(&app, &format!("/api/books?{name}={written}")), expected, "{operator} {value}");
        }
        assert_eq!(ids(&app, "/api/books?created_at=2026-11-28&created_at=2026-11-30"), [1, 5]);
        for (written, reason) in [
            ("2026-02-30", "is not a timestamp or a day, such as 2026-11-26T12:00:00Z or 2026-11-26"),
            ("2026-11", "is not a timestamp or a day"),
            ("today", "is not a timestamp or a day"),
            ("%2B10000-01-01", "is not between 0000-01-01 and 9999-12-31"),
            ("-0001-01-01", "is not between 0000-01-01"),
            ("%2B262142-12-31", "is not between 0000-01-01"),
        ] {
            let error = app.get(&format!("/api/books?created_at__gt={written}")).expect_problem(400);
            assert!(error.contains(reason), "{written}: {error}");
        }
    }

    fn the_parameters_of_other_services_lead_to_ours(database) {
        let app = App::new(&database);
        for (query, reason) in [
            ("page=2", "pages have no numbers: `limit` is how many rows one has, and the next one begins at an `offset`, or"),
            ("page=2", "or at the `cursor` that the header `Link` leads to"),
            ("Page=2", "pages have no numbers"),
            ("per_page=10", "the rows of a page are its `limit`"),
            ("pageSize=10", "the rows of a page are its `limit`"),
            ("page[size]=10", "the rows of a page are its `limit`"),
            ("skip=10", "the rows to pass over are the `offset`"),
            ("page_token=x", "by its `cursor`"),
            ("order_by=year", "the order is `sort`"),
            ("search=dune", "the words of a search are `q`"),
            ("autor=x", "the nearest one is `author`"),
        ] {
            for path in ["/api/books", "/api/books/search"] {
                let error = app.get(&format!("{path}?{query}")).expect_problem(400);
                assert!(error.contains(reason), "{query}: {error}");
            }
        }
        // Where there is no such parameter, nothing leads to it.
        let error = app.delete("/api/books?page=2&confirm=0").expect_problem(400);
        assert!(error.contains("the parameter `page` does not exist; the nearest one is `"), "{error}");
    }
}
