//! `bookplate export books`: an export can be imported as the same books.

use std::path::{Path, PathBuf};

/// The members of a book.
const HEADER: &str = "title,author,year,isbn,page_count,status,subtitle,publisher,language,description,series,series_number,\
    subjects";

use serde_json::json;

use crate::support::{App, Database, Program, on_both};

fn export(database: &Database, flags: &[&str]) -> String {
    let arguments = [&["export", "books"][..], flags].concat();
    Program::new(database).run(&arguments).expect_success().stdout
}

fn fresh_like(database: &Database) -> Database {
    if database.is_sqlite() { Database::sqlite() } else { Database::postgres().unwrap() }
}

/// The real books, which are not part of the repository.
fn goodbooks() -> Option<PathBuf> {
    let named = std::env::var_os("BOOKPLATE_GOODBOOKS").map(PathBuf::from);
    let beside =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/goodbooks-10k/books.csv");
    let found = named.or(Some(beside)).filter(|path| path.exists());
    if found.is_none() {
        let line =
            "SKIPPED: the import of goodbooks-10k. Name its books.csv in BOOKPLATE_GOODBOOKS.\n";
        std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes()).unwrap();
    }
    found
}

on_both! {
    fn an_export_is_imported_and_exported_again_as_the_same_bytes(database) {
        let app = App::new(&database);
        for book in [
            json!({"title": "Clean Code", "author": "Robert C. Martin", "year": 2008, "isbn": "0132350882", "page_count": 464}),
            json!({"title": "=HYPERLINK(\"http://x\")", "author": "+1 'quoted', \"twice\"", "status": "lent"}),
            json!({"title": "'=1", "author": "@x", "year": -750, "status": "-lost"}),
            json!({"title": "twenty", "author": "x", "status": "=1234567890123456789"}),
            json!({"title": "-", "author": "Ὅμηρος"}),
        ] {
            app.post("/api/books", book).expect(201);
        }
        for format in ["csv", "jsonl"] {
            let first = export(&database, &["--format", format]);
            assert_eq!(first.lines().count(), if format == "csv" { 6 } else { 5 });
            let second = fresh_like(&database);
            Program::new(&second).run_with_input(&["import", "books", "-", "--format", format], first.as_bytes()).expect_success();
            assert_eq!(export(&second, &["--format", format]), first);
        }
    }

    fn an_export_over_http_has_every_row_that_the_list_would_show(database) {
        let app = App::new(&database);
        assert_eq!(app.get("/api/exports/books.csv").body, format!("{HEADER}\n"));
        assert_eq!(app.get("/api/exports/books.jsonl").body, "");
        let books: Vec<_> = (0..2500)
            .map(|number| json!({"title": format!("={number}"), "author": "x, y", "year": number % 10}))
            .collect();
        for part in books.chunks(500) {
            app.post("/api/books", json!(part)).expect(201);
        }
        for format in ["csv", "jsonl"] {
            let reply = app.get(&format!("/api/exports/books.{format}"));
            assert_eq!(reply.headers["content-disposition"], format!("attachment; filename=\"books.{format}\""));
            assert_eq!((reply.status, &reply.body), (200, &export(&database, &["--format", format])));
            let other = fresh_like(&database);
            let again = Program::new(&other);
            again.run_with_input(&["import", "books", "-", "--format", format], reply.body.as_bytes()).expect_success();
            assert_eq!(export(&other, &["--format", format]), reply.body);
        }
        let some = app.get("/api/exports/books.csv?year__gte=8&sort=-year&q=x").body;
        let lines: Vec<&str> = some.lines().collect();
        assert_eq!((lines.len(), lines[1], lines[250], lines[251]), (
            501, "'=2499,\"x, y\",9,,,available,,,,,,,", "'=9,\"x, y\",9,,,available,,,,,,,", "'=2498,\"x, y\",8,,,available,,,,,,,",
        ));
        for (path, status, reason) in [
            ("/api/exports/books.xlsx", 404, "there is no export `books.xlsx`"),
            ("/api/exports/books.csv?limit=1", 400, "limit is for lists; an export has every row"),
            ("/api/exports/books.csv?fields=id", 400, "fields is for lists; an export has whole rows"),
            ("/api/exports/books.csv?yaer=1", 400, "the nearest one is `year`"),
        ] {
            let error = app.get(path).expect_problem(status);
            assert!(error.contains(reason), "{path}: {error}");
        }
    }

    fn cells_that_a_spreadsheet_would_run_are_written_as_text(database) {
        let app = App::new(&database);
        app.post("/api/books", json!({"title": "=1+1", "author": "@x"})).expect(201);
        assert_eq!(export(&database, &[]), format!("{HEADER}\n'=1+1,'@x,,,,available,,,,,,,\n"));
    }

    fn stores_and_items_are_exported_with_what_they_refer_to(database) {
        let app = App::new(&database);
        for name in ["Main Street", "=Second"] {
            app.post("/api/stores", json!({"name": name})).expect(201);
        }
        app.post("/api/books", json!({"title": "Clean Code", "author": "Martin", "year": 2008, "isbn": "0132350882"})).expect(201);
        app.post("/api/items", json!({"name": "1984", "price": 5, "store_id": 2})).expect(201);
        app.post("/api/items", json!({"name": "a copy", "price": 9.99, "store_id": 1, "book_id": 1})).expect(201);
        let other = |noun: &str, flags: &[&str]| {
            let arguments = [&["export", noun][..], flags].concat();
            Program::new(&database).run(&arguments).expect_success().stdout
        };
        for (noun, format, expected) in [
            ("stores", "csv", "name\nMain Street\n'=Second\n"),
            ("stores", "jsonl", "{\"name\":\"Main Street\"}\n{\"name\":\"=Second\"}\n"),
            (
                "items", "csv",
                "name,price,store,isbn,book_title,book_author,book_year\n1984,5.00,'=Second,,,,\n\
                 a copy,9.99,Main Street,9780132350884,Clean Code,Martin,2008\n",
            ),
            (
                "items", "jsonl",
                "{\"name\":\"1984\",\"price\":5.00,\"store\":\"=Second\",\"isbn\":null,\"book_title\":null,\"book_author\":null,\
                 \"book_year\":null}\n{\"name\":\"a copy\",\"price\":9.99,\"store\":\"Main Street\",\"isbn\":\"9780132350884\",\
                 \"book_title\":\"Clean Code\",\"book_author\":\"Martin\",\"book_year\":2008}\n",
            ),
        ] {
            assert_eq!(other(noun, &["--format", format]), expected);
            assert_eq!(app.get(&format!("/api/exports/{noun}.{format}")).body, expected);
        }
        assert_eq!(app.get("/api/exports/items.csv?price__gt=6").body.lines().count(), 2);
        let error = app.get("/api/exports/stores.mrc").expect_problem(404);
        assert!(error.contains("only `stores.csv`, `stores.jsonl`"), "{error}");
        // More than are read at a time.
        let items: Vec<_> = (0..1200).map(|number| json!({"name": number.to_string(), "price": 1, "store_id": 1})).collect();
        for part in items.chunks(600) {
            app.post("/api/items", json!(part)).expect(201);
        }
        let all = other("items", &[]);
        assert_eq!(all.lines().count(), 1203);
        assert_eq!(app.get("/api/exports/items.csv").body, all);
    }

    fn a_table_for_a_spreadsheet_has_a_mark_and_another_delimiter(database) {
        let app = App::new(&database);
        app.post("/api/books", json!({"title": "a;b", "author": "x,y|z", "year": 1})).expect(201);
        for (written, delimiter) in [(",", ','), (";", ';'), ("tab", '\t'), ("\\t", '\t'), ("|", '|')] {
            let header = HEADER.replace(',', &delimiter.to_string());
            let table = export(&database, &["--bom", "--delimiter", written]);
            assert!(table.starts_with(&format!("\u{feff}{header}\n")), "{table}");
            let encoded = written.replace(';', "%3B").replace('|', "%7C").replace('\\', "%5C");
            assert_eq!(app.get(&format!("/api/exports/books.csv?bom=true&delimiter={encoded}")).body, table);
            let other = fresh_like(&database);
            Program::new(&other).run_with_input(&["import", "books", "-"], table.as_bytes()).expect_success();
            assert_eq!(export(&other, &[]), export(&database, &[]));
        }
        for (path, reason) in [
            ("csv?bom=maybe", "bom `maybe` is not `true` or `false`"),
            ("csv?bom=1&bom=1", "bom"),
            ("csv?delimiter=x", "delimiter `x` is not `,`, `;`, `|` or `tab`"),
            ("jsonl?bom=true", "bom is for `.csv`"),
        ] {
            let error = app.get(&format!("/api/exports/books.{path}")).expect_problem(400);
            assert!(error.contains(reason), "{path}: {error}");
        }
        let error = Program::new(&database).run(&["export", "books", "--format", "jsonl", "--bom"]).expect_error();
        assert!(error.contains("`--bom` is only for CSV"), "{error}");
    }

    fn an_export_to_a_file_is_whole_or_absent(database) {
        App::new(&database).post("/api/books", json!({"title": "a", "author": "b"})).expect(201);
        assert_eq!(export(&database, &["--output", "out.csv"]), "");
        let written = std::fs::read_to_string(database.home.path().join("out.csv")).unwrap();
        assert_eq!(written, export(&database, &[]));
        assert!(!database.home.path().join("out.csv.partial").exists());
        let error = Program::new(&database).run(&["export", "books", "--output", "no/out.csv"]).expect_error();
        assert!(error.contains("cannot write `no/out.csv`"), "{error}");
    }

    fn ten_thousand_real_books_come_in_and_go_out_whole(database) {
        let Some(goodbooks) = goodbooks() else { return };
        let path = goodbooks.to_str().unwrap();
        let run = |database: &Database, flags: &[&str]| Program::new(database).run(flags).expect_success().stdout;
        assert_eq!(
            run(&database, &["import", "books", path, "--warnings", "warnings.csv"]),
            "10000 rows: 10000 inserted, 0 updated, 0 skipped, 0 rejected; 723 without a usable ISBN\n"
        );
        let warnings = std::fs::read_to_string(database.home.path().join("warnings.csv")).unwrap();
        assert_eq!(warnings.lines().count(), 724);
        // Where the ISBN-10 is absent, the ISBN-13 is one that a spreadsheet has rounded, or absent too.
        assert_eq!(warnings.matches("there is no isbn").count(), 565);
        assert_eq!(warnings.matches("was rounded by a spreadsheet").count(), 135);
        assert_eq!(database.number("SELECT count(*) FROM books"), 10_000);
        assert_eq!(database.number("SELECT count(*) FROM books WHERE isbn IS NULL"), 723);
        let isbns = database.texts("SELECT isbn FROM books WHERE isbn IS NOT NULL");
        assert_eq!(isbns.len(), 9_277);
        for isbn in isbns {
            // Not with the code under test: the weighted sum of an ISBN-13 is a multiple of ten.
            let weighted: u32 = isbn.bytes().zip([1, 3].into_iter().cycle()).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
            assert!(isbn.len() == 13 && weighted.is_multiple_of(10), "{isbn}");
        }
        assert_eq!(
            run(&database, &["import", "books", path, "--on-duplicate", "skip"]),
            "10000 rows: 0 inserted, 0 updated, 10000 skipped, 0 rejected; 723 without a usable ISBN\n"
        );
        assert_eq!(database.number("SELECT count(*) FROM books"), 10_000);

        let first = export(&database, &[]);
        let second = fresh_like(&database);
        Program::new(&second).run_with_input(&["import", "books", "-"], first.as_bytes()).expect_success();
        assert!(export(&second, &[]) == first, "the second export differs from the first");
        let all = App::new(&database).get("/api/books").expect(200);
        assert_eq!(all.as_array().unwrap().len(), 10_000);
    }
}

#[test]
fn an_export_of_nothing_says_what_is_missing() {
    let database = Database::sqlite();
    let error = Program::new(&database).run(&["export", "books"]).expect_error();
    assert!(
        error.contains("does not exist; `bookplate serve` or `bookplate db upgrade` creates it"),
        "{error}"
    );
    assert_eq!(std::fs::read_dir(database.home.path()).unwrap().count(), 0);
    Program::new(&database).run(&["db", "upgrade"]).expect_success();
    assert_eq!(export(&database, &[]), format!("{HEADER}\n"));
}
