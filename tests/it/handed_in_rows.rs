//! Stores and items over HTTP: what the command line does with their files, as a job.

use serde_json::{Value, json};

use crate::{
    imported_profiles::upload,
    support::{App, Database, Program, on_both},
};

const ITEMS: &str = "title,price,shop,isbn,qty\nClean Code,$9.99,Market,0132350882,2\nEmma,5,Market,,1\nLost,5,Nowhere,,1\n\
    Free,free,Market,,1\nIliad,7,Market,9780140275360,1\n";

fn library(database: &Database) -> App {
    let app = App::new(database);
    app.post("/api/stores", json!({"name": "Market"})).expect(201);
    app.post("/api/books", json!({"title": "Clean Code", "author": "x", "isbn": "0132350882"}))
        .expect(201);
    app
}

fn counts(import: &Value) -> [i64; 5] {
    assert_eq!(import["state"], "done", "{import}");
    ["inserted", "updated", "skipped", "rejected", "warnings"]
        .map(|count| import[count].as_i64().unwrap())
}

fn run(database: &Database, arguments: &[&str], input: &str) -> String {
    Program::new(database).run_with_input(arguments, input.as_bytes()).expect_success().stdout
}

fn items(database: &Database) -> Vec<String> {
    let price = if database.is_sqlite() { "printf('%.2f', price)" } else { "price" };
    database.texts(&format!(
        "SELECT name || '|' || {price} || '|' || coalesce(book_id, 0) FROM items ORDER BY id"
    ))
}

/// A table of items, of which many are alike.
fn listing(rows: usize) -> String {
    let rows = (0..rows).map(|row| format!("copy {},{}.50,Market\n", row % 7, row % 7));
    format!("name,price,store\n{}", rows.collect::<String>())
}

on_both! {
    fn items_are_imported_as_books_are(database) {
        let app = library(&database);
        let dry = upload(&app, "?noun=items&dry_run=true", ITEMS);
        assert_eq!(counts(&dry), [3, 0, 0, 2, 1], "{dry}");
        assert_eq!(items(&database), Vec::<String>::new());
        let import = upload(&app, "?noun=items", ITEMS);
        assert_eq!((counts(&import), &import["noun"]), ([3, 0, 0, 2, 1], &json!("items")));
        let first = ["Clean Code|9.99|1", "Clean Code|9.99|1", "Emma|5.00|0", "Iliad|7.00|0"];
        assert_eq!(items(&database), first);
        let columns = json!({
            "name": ["title"], "book_title": ["title"], "price": ["price"], "store": ["shop"], "isbn": ["isbn"], "quantity": ["qty"],
        });
        assert_eq!((&import["read_as"]["columns"], &import["read_as"]["delimiter"]), (&columns, &json!(",")));
        let rejected = app.get(import["links"]["rejected"].as_str().unwrap()).body;
        assert!(rejected.contains("no store is called `Nowhere`") && rejected.contains("price `free`"), "{rejected}");
        let warned = app.get(import["links"]["warned"].as_str().unwrap()).body;
        assert!(warned.contains("no book has the isbn `9780140275360`"), "{warned}");
        assert_eq!(counts(&upload(&app, "?noun=items", ITEMS)), [0, 0, 3, 2, 1]);

        let cheaper = ITEMS.replace("$9.99", "8");
        for (query, expected) in [("&dry_run=true", [0, 1, 2, 2, 1]), ("", [0, 1, 2, 2, 1])] {
            assert_eq!(counts(&upload(&app, &format!("?noun=items&on_duplicate=update{query}"), &cheaper)), expected);
        }
        let skipped = app.get("/api/imports/5/skipped.csv").body;
        assert!(skipped.contains("2,3,") && skipped.contains(",3\n"), "{skipped}");
        assert_eq!(items(&database)[..2], ["Clean Code|8.00|1", "Clean Code|8.00|1"]);
        let undo = |id: i64| {
            let undone = app.post(&format!("/api/imports/{id}/undo"), json!({})).expect(202);
            app.get(undone["links"]["events"].as_str().unwrap());
        };
        undo(5);
        assert_eq!(items(&database), first);
        app.put("/api/items/3", json!({"price": 6})).expect(200);
        undo(2);
        assert_eq!(items(&database), ["Emma|6.00|0"]);
        assert_eq!(app.get("/api/imports/2").expect(200)["not_reverted"], 1);
        assert_eq!(app.get("/api/imports?noun=books").expect(200), json!([]));
    }

    fn large_quantities_are_as_many_items(database) {
        let app = library(&database);
        let rows: String = (0..60).map(|row| format!("i{row},1,Market,{}\n", 400 + row)).collect();
        let table = format!("name,price,store,quantity\n{rows}");
        let count = || database.number("SELECT count(*) FROM items");
        let all = (400..460).sum::<i64>();
        assert_eq!((counts(&upload(&app, "?noun=items", &table)), count()), ([60, 0, 0, 0, 0], all));
        assert_eq!((counts(&upload(&app, "?noun=items", &table)), count()), ([0, 0, 60, 0, 0], all));
        let said = run(&database, &["import", "items", "-"], &table.replace(",1,", ",2,").replace("i5,", "j,"));
        assert!(said.contains("60 rows: 1 inserted, 0 updated, 59 skipped"), "{said}");
        assert_eq!(count(), all + 405);
        let undone = app.post("/api/imports/1/undo", json!({})).expect(202);
        app.get(undone["links"]["events"].as_str().unwrap());
        assert_eq!(count(), 405);
    }

    fn stores_are_imported_as_books_are(database) {
        let app = App::new(&database);
        let import = upload(&app, "?noun=stores&map=name=Where", "Where\nA\nB\nA\n\" \"\n");
        assert_eq!((counts(&import), &import["empty_rows"]), ([3, 0, 0, 0, 0], &json!(1)));
        let lines = "{\"name\":\"A\"}\n{\"name\":\"A\"}\n{\"name\":\"A\"}\n{\"town\":\"x\"}\n";
        let import = upload(&app, "?noun=stores&format=jsonl", lines);
        assert_eq!(counts(&import), [1, 0, 2, 1, 0]);
        assert_eq!(database.texts("SELECT name FROM stores ORDER BY id"), ["A", "B", "A", "A"]);
        let failed = upload(&app, "?noun=stores&on_duplicate=fail", "name\nC\nB\n");
        assert_eq!((&failed["state"], database.number("SELECT count(*) FROM stores")), (&json!("failed"), 4), "{failed}");
        assert!(failed["problem"].as_str().unwrap().contains("row 2 (line 3) is already store 2"), "{failed}");
        let strict = upload(&app, "?noun=stores&strict=true&format=jsonl", "{\"name\":\"C\"}\n[]\n");
        assert_eq!((&strict["state"], database.number("SELECT count(*) FROM stores")), (&json!("failed"), 4), "{strict}");
    }

    fn what_is_only_for_books_is_refused(database) {
        let app = library(&database);
        let send = |query: &str, key: Option<&str>, body: &str| {
            let path = format!("/api/imports{query}");
            let mut headers = vec![("content-type", "text/csv")];
            headers.extend(key.map(|key| ("idempotency-key", key)));
            app.request("POST", &path).send(&headers, body.as_bytes())
        };
        for (query, reason) in [
            ("?noun=shelves", "noun `shelves` is not `books`, `stores` or `items`"),
            ("?noun=stores&format=marc21", "stores are imported as `csv` or `jsonl`"),
            ("?noun=items&blank=clear", "blank is for books"),
            ("?noun=items", "no header means `price`"),
            ("?noun=stores&default=city=x", "`city` is no column here; the columns are name"),
        ] {
            let problem = send(query, None, "name\nA\n").expect_problem(400);
            assert!(problem.contains(reason), "{query}: {problem}");
        }
        send("?noun=stores", Some("k"), "name,title,author\nA,B,C\n").expect(202);
        send("?noun=books", Some("k"), "name,title,author\nA,B,C\n").expect_problem(422);
    }

    fn rows_that_are_alike_are_counted_over_all_of_a_file(database) {
        let app = library(&database);
        let table = listing(2600);
        let count = || database.number("SELECT count(*) FROM items");
        assert_eq!(counts(&upload(&app, "?noun=items&dry_run=true", &table)), [2600, 0, 0, 0, 0]);
        assert_eq!((counts(&upload(&app, "?noun=items", &table)), count()), ([2600, 0, 0, 0, 0], 2600));
        for query in ["?noun=items", "?noun=items&on_duplicate=update", "?noun=items&dry_run=true"] {
            assert_eq!((counts(&upload(&app, query, &table)), count()), ([0, 0, 2600, 0, 0], 2600));
        }
        let longer = listing(2700);
        assert_eq!((counts(&upload(&app, "?noun=items", &longer)), count()), ([100, 0, 2600, 0, 0], 2700));
    }

    fn an_import_of_items_goes_on_where_it_was_when_a_server_is_killed(database) {
        let mut app = library(&database);
        let table = listing(30_000);
        let kind = [("content-type", "text/csv")];
        let import = app.request("POST", "/api/imports?noun=items").send(&kind, table.as_bytes()).expect(202);
        let path = import["links"]["self"].as_str().unwrap().to_owned();
        let mut kills = 0;
        let import = loop {
            let import = app.get(&path).expect(200);
            let rows = import["rows"].as_i64().unwrap();
            match import["state"].as_str() {
                Some("done") => break import,
                Some("queued" | "running") => {}
                _ => panic!("{import}"),
            }
            if rows > kills * 8_000 && kills < 3 {
                kills += 1;
                app.kill();
                app = App::new(&database);
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        };
        assert!(kills > 1, "{kills}");
        assert_eq!((counts(&import), database.number("SELECT count(*) FROM items")), ([30_000, 0, 0, 0, 0], 30_000));
    }
}
