//! Stores and items from files: a bookshop's listing, our own exports, and the way back.

use serde_json::{Value, json};

use crate::support::{App, Database, Program, app::file, on_both};

fn run(database: &Database, arguments: &[&str]) -> String {
    Program::new(database).run(arguments).expect_success().stdout
}

fn items(database: &Database) -> Vec<String> {
    let rounded = if database.is_sqlite() { "printf('%.2f', items.price)" } else { "items.price" };
    database.texts(&format!(
        "SELECT items.name || '|' || {rounded} || '|' || stores.name || '|' || coalesce(books.title, '-') FROM items \
         JOIN stores ON stores.id = store_id LEFT JOIN books ON books.id = book_id ORDER BY items.id"
    ))
}

/// Two stores and two books.
fn library(database: &Database) -> App {
    let app = App::new(database);
    for name in ["Main Street", "Market"] {
        app.post("/api/stores", json!({"name": name})).expect(201);
    }
    app.post("/api/books", json!({"title": "Clean Code", "author": "Robert C. Martin", "year": 2008, "isbn": "0132350882"})).expect(201);
    app.post("/api/books", json!({"title": "Emma", "author": "Jane Austen", "year": 1815}))
        .expect(201);
    app
}

on_both! {
    fn a_bookshops_listing_becomes_items(database) {
        let app = library(&database);
        let listing = "SKU;ISBN;Title;Author;Unit Price;Qty;Store\n\
                       1;978-0-13-235088-4;Clean Code;Robert C. Martin;$9.99;2;Main Street\n\
                       2;;Emma;Jane Austen;1.234,50;;Market\n\
                       3;9780140275360;The Iliad;Homer;7,5 €;1;Market\n\
                       4;;Old;;5;0;Market\n\
                       5;;Free;;free;1;Market\n\
                       6;;Lost;;5;1;Nowhere\n\
                       7;;Many;;5;9999;Market\n\
                       8;;Negative;;-5;1;Market\n";
        file(&database, "listing.csv", listing);
        let flags = ["import", "items", "listing.csv", "--rejects", "r.csv", "--skipped", "s.csv", "--warnings", "w.csv"];
        let summary = run(&database, &flags);
        assert_eq!(summary, "8 rows: 3 inserted, 0 updated, 1 skipped, 4 rejected; 1 with a cell that is not usable\n");
        let first = [
            "Clean Code|9.99|Main Street|Clean Code", "Clean Code|9.99|Main Street|Clean Code", "Emma|1234.50|Market|Emma",
            "The Iliad|7.50|Market|-",
        ];
        assert_eq!(items(&database), first);
        let read = |name: &str| std::fs::read_to_string(database.home.path().join(name)).unwrap();
        for reason in [
            "price `free` is not a price", "no store is called `Nowhere`", "quantity `9999` is not a whole number from 0 to 1000",
            "price `-5` is negative",
        ] {
            assert!(read("r.csv").contains(reason), "{reason}: {}", read("r.csv"));
        }
        assert_eq!(read("w.csv"), "row,line,reason\n3,4,no book has the isbn `9780140275360`\n");
        assert_eq!(read("s.csv"), "row,line,reason,item_id\n4,5,quantity is 0,\n");

        // Once more it changes nothing; and one copy more is one more.
        let again = run(&database, &flags);
        assert!(again.starts_with("8 rows: 0 inserted, 0 updated, 4 skipped, 4 rejected"), "{again}");
        assert_eq!(items(&database), first);
        file(&database, "more.csv", listing.replace("$9.99;2;", "$8.99;3;"));
        let more = run(&database, &["import", "items", "more.csv", "--on-duplicate", "update"]);
        assert!(more.starts_with("8 rows: 1 inserted, 0 updated, 3 skipped, 4 rejected"), "{more}");
        assert_eq!(items(&database)[4..], ["Clean Code|8.99|Main Street|Clean Code"]);
        assert_eq!(items(&database)[..2], ["Clean Code|8.99|Main Street|Clean Code"; 2]);

        // The server shows and undoes it as any other.
        let import = app.get("/api/imports/3").expect(200);
        assert_eq!((&import["noun"], &import["state"], &import["name"]), (&json!("items"), &json!("done"), &json!("more.csv")));
        assert_eq!((&import["read_as"]["delimiter"], &import["read_as"]["columns"]["price"]), (&json!(";"), &json!(["Unit Price"])));
        assert_eq!(app.get("/api/imports/1/rejected.csv").body.lines().count(), 5);
        assert!(run(&database, &["import", "undo", "3"]).ends_with("import 3 is undone: 3 items reverted, 0 not reverted\n"));
        assert_eq!(items(&database), first);
        app.request("POST", "/api/imports/1/undo").send(&[], b"").expect(202);
        let events = app.get("/api/imports/1/events").body;
        assert!(events.contains("\"state\":\"undone\"") && items(&database).is_empty(), "{events}");
        assert_eq!(database.number("SELECT count(*) FROM books"), 2);
    }

    fn prices_that_may_be_others_and_books_that_are_not_there_are_warned_about(database) {
        let app = library(&database);
        let listing = "Title;Author;Year;Price;Store\n\
                       Emma;Jane Austen;1815;50¢;Market\n\
                       Emma;Jane Austen;1900;Rs. 500/-;Market\n\
                       The Iliad;Homer;;$9.999;Market\n\
                       Emma;Jane Austen;;5k;Market\n";
        file(&database, "listing.csv", listing);
        let flags = ["import", "items", "listing.csv", "--rejects", "r.csv", "--warnings", "w.csv"];
        assert!(run(&database, &flags).starts_with("4 rows: 3 inserted, 0 updated, 0 skipped, 1 rejected; 2 with"));
        assert_eq!(items(&database), ["Emma|0.50|Market|Emma", "Emma|500.00|Market|-", "The Iliad|9999.00|Market|-"]);
        let read = |name: &str| std::fs::read_to_string(database.home.path().join(name)).unwrap();
        assert_eq!(
            read("w.csv"),
            "row,line,reason\n2,3,no book is called `Emma` by `Jane Austen` of `1900`\n\
             3,4,price `$9.999` is read as 9999; write 9999.00 if that is right\n3,4,no book is called `The Iliad` by `Homer`\n"
        );
        assert!(read("r.csv").contains("price `5k` is not a price"), "{}", read("r.csv"));
        // A number of JSON has its decimals after the point.
        file(&database, "a.jsonl", "{\"name\": \"a\", \"price\": 9.999, \"store\": \"Market\"}\n");
        run(&database, &["import", "items", "a.jsonl", "--rejects", "r.csv"]);
        assert!(read("r.csv").contains("price `9.999` has 3 decimals"), "{}", read("r.csv"));
        drop(app);
    }

    fn what_is_exported_is_imported_elsewhere_and_exported_as_the_same_bytes(database) {
        let app = library(&database);
        let odd = "CafÃ© &amp;  a|b <br> #1";
        let book = json!({"title": odd, "author": odd, "subtitle": odd, "publisher": "Tor (1979), &amp;", "series": odd, "status": "a  b |",
            "description": format!("{odd}<p>")});
        app.post("/api/books", book).expect(201);
        app.post("/api/stores", json!({"name": "Market"})).expect(201);
        for item in [
            json!({"name": "a", "price": 1, "store_id": 1, "book_id": 1}),
            json!({"name": "a", "price": 1, "store_id": 1, "book_id": 1}),
            json!({"name": "=1", "price": 9_999_999_999.99, "store_id": 2, "book_id": 2}),
            json!({"name": "007", "price": 0, "store_id": 2}),
        ] {
            app.post("/api/items", item).expect(201);
        }
        for format in ["csv", "jsonl"] {
            let other = database.empty_beside();
            Program::new(&other).run(&["db", "upgrade"]).expect_success();
            for round in 0..2 {
                for noun in ["stores", "books", "items"] {
                    let exported = run(&database, &["export", noun, "--format", format]);
                    let flags = ["import", noun, "-", "--format", format, "--on-duplicate", "update"];
                    let ended = Program::new(&other).run_with_input(&flags, exported.as_bytes()).expect_success();
                    let rows = exported.lines().count() - usize::from(format == "csv");
                    let counts = match round {
                        0 => format!("{rows} inserted, 0 updated, 0 skipped"),
                        _ => format!("0 inserted, 0 updated, {rows} skipped"),
                    };
                    assert!(ended.stdout.starts_with(&format!("{rows} rows: {counts}, 0 rejected")), "{noun}: {}", ended.stdout);
                    assert_eq!(run(&other, &["export", noun, "--format", format]), exported);
                }
            }
            assert_eq!(items(&other), items(&database));
        }
        // A list that was saved is one too.
        let saved: Vec<Value> = serde_json::from_value(app.get("/api/items").expect(200)).unwrap();
        let lines: String = saved.iter().map(|item| format!("{item}\n")).collect();
        let flags = ["import", "items", "-", "--format", "jsonl", "--on-duplicate", "update"];
        let ended = Program::new(&database).run_with_input(&flags, lines.as_bytes()).expect_success();
        assert!(ended.stdout.starts_with("4 rows: 0 inserted, 0 updated, 4 skipped, 0 rejected"), "{}", ended.stdout);
    }

    fn everything_is_exported_and_imported_into_an_empty_database(database) {
        let app = library(&database);
        for number in 0..700 {
            let (name, parent) = (format!("copy {}", number % 300), number % 2 + 1);
            app.post("/api/items", json!({"name": name, "price": number, "store_id": parent, "book_id": parent})).expect(201);
        }
        for format in ["csv", "jsonl"] {
            run(&database, &["export", "all", "out", "--format", format]);
            let other = database.empty_beside();
            Program::new(&other).run(&["db", "upgrade"]).expect_success();
            let directory = database.home.path().join("out");
            let import = ["import", "all", directory.to_str().unwrap(), "--strict"];
            let first = run(&other, &import);
            let counts = |text: &str| text.lines().map(|line| line.split(" rejected").next().unwrap().to_owned()).collect::<Vec<_>>();
            assert_eq!(counts(&first), [
                "2 rows: 2 inserted, 0 updated, 0 skipped, 0", "2 rows: 2 inserted, 0 updated, 0 skipped, 0",
                "700 rows: 700 inserted, 0 updated, 0 skipped, 0",
            ]);
            assert_eq!(items(&other), items(&database));
            let second = run(&other, &[&import[..], &["--on-duplicate", "update"]].concat());
            assert_eq!(counts(&second), [
                "2 rows: 0 inserted, 0 updated, 2 skipped, 0", "2 rows: 0 inserted, 0 updated, 2 skipped, 0",
                "700 rows: 0 inserted, 0 updated, 700 skipped, 0",
            ]);
            assert_eq!(other.number("SELECT max(version) FROM items"), 1);
            std::fs::remove_dir_all(&directory).unwrap();
        }
        // Without the stores nothing of the items is stored, and the books are.
        run(&database, &["export", "all", "out"]);
        std::fs::remove_file(database.home.path().join("out/stores.csv")).unwrap();
        let other = database.empty_beside();
        Program::new(&other).run(&["db", "upgrade"]).expect_success();
        let directory = database.home.path().join("out");
        Program::new(&other).run(&["import", "all", directory.to_str().unwrap(), "--strict"]).expect_code(3);
        assert_eq!((other.number("SELECT count(*) FROM books"), other.number("SELECT count(*) FROM items")), (2, 0));
        let error = Program::new(&database).run(&["import", "all", "nowhere"]).expect_error();
        assert!(error.contains("`nowhere` is not a directory"), "{error}");
        std::fs::write(directory.join("books.jsonl"), "").unwrap();
        let error = Program::new(&database).run(&["import", "all", "out"]).expect_error();
        assert!(error.contains("are both there; remove one"), "{error}");
    }

    fn stores_are_imported_and_undone_but_not_those_with_items(database) {
        let table = "Shop,City\nA,x\nB,y\nA,z\n,w\n";
        file(&database, "stores.csv", table);
        let summary = run(&database, &["import", "stores", "stores.csv"]);
        assert_eq!(summary, "4 rows: 3 inserted, 0 updated, 0 skipped, 1 rejected\n");
        assert_eq!(run(&database, &["import", "stores", "stores.csv"]), "4 rows: 0 inserted, 0 updated, 3 skipped, 1 rejected\n");
        let error = Program::new(&database).run(&["import", "stores", "stores.csv", "--on-duplicate", "fail"]).expect_error();
        assert!(error.contains("row 1 (line 2) is already store 1"), "{error}");
        let app = App::new(&database);
        app.post("/api/items", json!({"name": "i", "price": 1, "store_id": 2})).expect(201);
        let said = Program::new(&database).run(&["import", "undo", "1"]).expect_code(3).stdout;
        assert_eq!(said, "import 1 is undone: 2 stores reverted, 1 not reverted\n");
        assert_eq!(database.texts("SELECT name FROM stores"), ["B"]);
        assert_eq!(app.get("/api/imports/1?include=not_reverted_books").expect(200)["not_reverted_books"], json!([2]));
        // Members of JSON lines that nobody knows are refused, and what was rejected is a table of ours.
        let lines = b"{\"name\":\"C\"}\n{\"name\":\"D\",\"city\":\"x\"}\n[1]\n";
        let flags = ["import", "stores", "-", "--format", "jsonl"];
        let ended = Program::new(&database).run_with_input(&flags, lines).expect_success();
        assert!(ended.stdout.starts_with("3 rows: 1 inserted, 0 updated, 0 skipped, 2 rejected"), "{}", ended.stdout);
        let id = database.number("SELECT max(id) FROM imports");
        let rejected = app.get(&format!("/api/imports/{id}/rejected.csv")).body;
        assert!(rejected.starts_with("name,rejected_line,rejected_because,rejected_text\nD,2,\"unknown field `city`"), "{rejected}");
    }

    fn a_listing_without_a_store_or_a_price_says_the_way_out(database) {
        library(&database);
        file(&database, "a.csv", "title,isbn\nClean Code,0132350882\n");
        for (flags, reason) in [
            (&[][..], "no header means `price`"),
            (&["--default", "price=5"], "no header means `store`; name the one that does, as `store=HEADER` of a map, or a default"),
            (&["--map", "sku=x"], "`sku` is no column here; the columns are name, price, store"),
            (&["--map", "price=Cost"], "the file has no header `Cost`; its headers are `title`, `isbn`"),
        ] {
            let error = Program::new(&database).run(&[&["import", "items", "a.csv"][..], flags].concat()).expect_error();
            assert!(error.contains(reason), "{error}");
        }
        let flags = ["import", "items", "a.csv", "--default", "price=$5", "--default", "store=Market", "--strict"];
        assert!(run(&database, &flags).starts_with("1 rows: 1 inserted"));
        assert_eq!(items(&database), ["Clean Code|5.00|Market|Clean Code"]);
        let long = "x".repeat(100);
        file(&database, "b.csv", format!("title,price,store\n{long},5,Market\n"));
        Program::new(&database).run(&["import", "items", "b.csv", "--strict"]).expect_code(3);
        let said = Program::new(&database).run(&["import", "items", "b.csv"]).expect_success().stderr;
        assert!(said.contains("is shortened to 80 characters"), "{said}");
    }
}
