//! `bookplate import books`: every row is accounted for, and it is all or nothing.

use std::{collections::BTreeMap, path::Path};

use serde_json::json;

use crate::support::{App, Database, Program, app::file, on_both};

const MESSY: &str = include_str!("../data/messy.csv");

fn import(database: &Database, name: &str, flags: &[&str]) -> String {
    let arguments = [&["import", "books", name][..], flags].concat();
    Program::new(database).run(&arguments).expect_success().stdout
}

fn counts(summary: &str) -> BTreeMap<String, u64> {
    let rows = summary.split([':', ';', ',']).map(|part| {
        let mut words = part.split_whitespace();
        let number = words.next().unwrap().parse().unwrap();
        (words.next().unwrap().to_owned(), number)
    });
    let counts: BTreeMap<String, u64> = rows.collect();
    let sum =
        ["inserted", "updated", "skipped", "rejected"].map(|name| counts[name]).iter().sum::<u64>();
    assert_eq!(counts["rows"], sum, "{summary}");
    counts
}

fn records(path: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

on_both! {
    fn a_messy_table_gives_what_is_good_and_names_what_is_not(database) {
        file(&database, "messy.csv", MESSY);
        let summary = import(&database, "messy.csv", &["--rejects", "rejects.csv", "--warnings", "warnings.csv"]);
        let counted = "14 rows: 9 inserted, 0 updated, 0 skipped, 5 rejected; 5 without a usable ISBN";
        assert_eq!(summary, format!("{counted}, 1 with another cell that is not usable\n"));

        let rejects = records(&database.home.path().join("rejects.csv"));
        let reasons: Vec<_> = rejects.iter().map(|row| (row[1].as_str(), row[2].as_str())).collect();
        for ((line, reason), (expected_line, expected)) in reasons.iter().zip([
            ("7", "a quote is opened and never closed"),
            ("9", "text follows the closing quote"),
            ("10", "the row has 2 fields, the header 6"),
            ("11", "the row has more fields than the header, which has 6"),
            ("12", "title is empty"),
        ]) {
            assert_eq!(*line, expected_line, "{reasons:?}");
            assert!(reason.contains(expected), "{reasons:?}");
        }
        assert_eq!(rejects.len(), 5, "{rejects:?}");
        assert_eq!(rejects[0][3], "\"Unclosed quote,Nobody,2002,,,B3");

        let warnings = records(&database.home.path().join("warnings.csv"));
        let warned: Vec<_> = warnings.iter().map(|row| (row[1].as_str(), row[2].as_str())).collect();
        assert_eq!(warned[0], ("5", "there is no isbn"));
        assert_eq!(warned[1], ("6", "isbn `9780132350885` ends with the check digit 5, expected 4"));
        assert_eq!(warned[3], ("13", "year `soon` is not a year, such as 2008"));
        assert_eq!(warned[4], ("13", "there is no isbn"));

        let stored = "SELECT title || '|' || author || '|' || coalesce(year, 0) || '|' || coalesce(isbn, '-') FROM books ORDER BY id";
        assert_eq!(
            database.texts(stored),
            [
                "Clean Code|Robert C. Martin|2008|9780132350884",
                "The \"Quoted\" Book|Adams, Douglas|1979|9780330258647",
                "The Iliad|Homer|-750|9780140275360",
                "No Number|Somebody|1999|-",
                "Wrong Digit|Somebody|2001|-",
                "After The Quote|Somebody|2003|-",
                "No Year|Somebody|0|-",
                "Stray Spaces|Somebody|2007|-",
                "Преступление и наказание|Фёдор Достоевский|1866|9785170903351",
            ]
        );
    }

    fn a_second_import_skips_what_is_stored(database) {
        file(&database, "messy.csv", MESSY);
        import(&database, "messy.csv", &[]);
        let again = counts(&import(&database, "messy.csv", &["--on-duplicate", "skip"]));
        assert_eq!((again["inserted"], again["skipped"], again["rejected"]), (0, 9, 5));
        assert_eq!(database.number("SELECT count(*) FROM books"), 9);
    }

    fn an_update_takes_the_columns_that_the_file_has(database) {
        let app = App::new(&database);
        let book = json!({"title": "Clean Code", "author": "Martin", "year": 2008, "isbn": "0132350882", "status": "lent"});
        app.post("/api/books", book).expect(201);
        file(&database, "a.csv", "isbn,title,author,pages\n0132350882,Clean Code 2,Robert C. Martin,464\n");
        let first = counts(&import(&database, "a.csv", &["--on-duplicate", "update"]));
        assert_eq!((first["inserted"], first["updated"], first["skipped"]), (0, 1, 0));
        let stored = app.get("/api/books/1").expect(200);
        assert_eq!(
            [&stored["title"], &stored["year"], &stored["page_count"], &stored["status"], &stored["version"]],
            [&json!("Clean Code 2"), &json!(2008), &json!(464), &json!("lent"), &json!(2)]
        );
        // The same file again changes nothing, not even the version.
        let second = counts(&import(&database, "a.csv", &["--on-duplicate", "update"]));
        assert_eq!((second["updated"], second["skipped"]), (0, 1));
        assert_eq!(app.get("/api/books/1").expect(200), stored);
    }

    fn a_duplicate_that_is_not_wanted_stores_nothing(database) {
        file(&database, "a.csv", "title,author,isbn\nA,x,9780132350884\nB,x,\nC,x,0132350882\n");
        let error = Program::new(&database).run(&["import", "books", "a.csv", "--on-duplicate", "fail"]).expect_error();
        assert!(error.contains("row 3 (line 4) repeats row 1 (line 2)"), "{error}");
        assert_eq!(database.number("SELECT count(*) FROM books"), 0);

        import(&database, "a.csv", &[]);
        assert_eq!(database.number("SELECT count(*) FROM books"), 2);
        let error = Program::new(&database).run(&["import", "books", "a.csv", "--on-duplicate", "fail"]).expect_error();
        assert!(error.contains("row 1 (line 2) is already book 1"), "{error}");
    }

    fn repetitions_within_a_file_count_as_duplicates_wherever_they_stand(database) {
        // With 600 rows between them the two are in different batches; that must make no difference.
        for filler in [0, 600] {
            let fillers: String = (0..filler).map(|row| format!("{{\"title\":\"f{row}\",\"author\":\"x\"}}\n")).collect();
            let lines = format!(
                "{}{fillers}{}{}",
                "{\"title\":\"A\",\"author\":\"x\",\"isbn\":\"0132350882\",\"year\":2008,\"status\":\"lent\"}\n",
                "{\"title\":\"B\",\"author\":\"x\",\"isbn\":\"9780132350884\",\"page_\\u0063ount\":464}\n",
                "{\"title\":\"B\",\"author\":\"x\",\"isbn\":\"9780132350884\"}\n",
            );
            let flags = ["import", "books", "-", "--format", "jsonl", "--on-duplicate", "update"];
            let summary = Program::new(&database).run_with_input(&flags, lines.as_bytes()).expect_success().stdout;
            let counts = counts(&summary);
            assert_eq!((counts["inserted"], counts["updated"], counts["skipped"]), (filler + 1, 1, 1), "{summary}");
            let stored = "SELECT title || year || status || page_count FROM books WHERE isbn IS NOT NULL";
            assert_eq!(database.texts(stored), ["B2008lent464"]);
            database.execute("DELETE FROM books").unwrap();
        }
        file(&database, "a.csv", "title,author,year\nA,x,1\nA,x,1\nA,x,2\n");
        let counts = counts(&import(&database, "a.csv", &["--on-duplicate", "skip"]));
        assert_eq!((counts["inserted"], counts["skipped"]), (2, 1));
    }

    fn byte_order_marks_arrays_and_giant_values_are_no_trouble(database) {
        let table = "\u{feff}\"title\",\"author\"\n\"A\",\"x\"\n";
        Program::new(&database).run_with_input(&["import", "books", "-"], table.as_bytes()).expect_success();
        let giant = "9".repeat(900_000);
        let lines = format!(
            "\u{feff}{}[\"C\",\"x\",null,null,null,\"s\"]\n{{\"title\":\"D\",\"author\":\"x\",\"isbn\":\"{giant}\"}}\n",
            "{\"title\":\"B\",\"author\":\"x\"}\n",
        );
        let flags = ["import", "books", "-", "--format", "jsonl"];
        let ended = Program::new(&database).run_with_input(&flags, lines.as_bytes()).expect_success();
        assert_eq!(counts(&ended.stdout)["rejected"], 1, "{}", ended.stdout);
        assert!(ended.stderr.lines().all(|line| line.len() < 500), "{}", ended.stderr.len());
        assert_eq!(database.texts("SELECT title FROM books ORDER BY id"), ["A", "B", "D"]);
    }

    fn files_that_are_needed_are_not_overwritten(database) {
        file(&database, "a.csv", "title,author\nA,x\n");
        file(&database, "other.csv", "kept");
        for flags in [
            &["import", "books", "a.csv", "--rejects", "a.csv"][..],
            &["import", "books", "a.csv", "--warnings", "./a.csv"],
            &["import", "books", "a.csv", "--rejects", "other.csv", "--warnings", "other.csv"],
        ] {
            let error = Program::new(&database).run(flags).expect_error();
            assert!(error.contains("would be overwritten by"), "{error}");
        }
        let read = |name: &str| std::fs::read_to_string(database.home.path().join(name)).unwrap();
        assert_eq!((read("a.csv").as_str(), read("other.csv").as_str()), ("title,author\nA,x\n", "kept"));
        import(&database, "a.csv", &[]);
        if database.is_sqlite() {
            let flags = ["import", "books", "a.csv", "--rejects", "books.db"];
            assert!(Program::new(&database).run(&flags).expect_error().contains("would be overwritten by"));
            let flags = ["export", "books", "--output", "books.db"];
            assert!(Program::new(&database).run(&flags).expect_error().contains("is the database"));
        }
        assert_eq!(database.number("SELECT count(*) FROM books"), 1);
        Program::new(&database).run(&["export", "books", "--output", "/dev/null"]).expect_success();
        assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
    }

    fn a_dry_run_counts_everything_and_stores_nothing(database) {
        file(&database, "messy.csv", MESSY);
        let rehearsed = import(&database, "messy.csv", &["--dry-run"]);
        assert!(rehearsed.contains("(dry run, nothing was stored)"), "{rehearsed}");
        assert_eq!(database.number("SELECT count(*) FROM books"), 0);
        let real = import(&database, "messy.csv", &[]);
        assert_eq!(rehearsed.replace(" (dry run, nothing was stored)", ""), real);
    }

    fn a_giant_cell_and_a_wrong_encoding_cost_their_rows_only(database) {
        let mut table = b"title,author\nGood,x\n".to_vec();
        table.extend_from_slice("y".repeat(10 << 20).as_bytes());
        table.extend_from_slice(b",x\nCaf\xe9,x\n");
        table.extend_from_slice(format!("\"{}\",x\n", "z".repeat(10 << 20)).as_bytes());
        table.extend_from_slice("Café,x\n".as_bytes());
        file(&database, "a.csv", table);
        let summary = counts(&import(&database, "a.csv", &["--rejects", "r.csv"]));
        assert_eq!((summary["inserted"], summary["rejected"]), (2, 3));
        let reasons: Vec<_> = records(&database.home.path().join("r.csv")).into_iter().map(|row| row[2].clone()).collect();
        assert!(reasons[0].contains("longer than 1048576 bytes"), "{reasons:?}");
        assert!(reasons[1].contains("title is not UTF-8"), "{reasons:?}");
        assert_eq!(database.texts("SELECT title FROM books ORDER BY id"), ["Good", "Café"]);
    }

    fn standard_input_other_delimiters_and_other_headers_work(database) {
        let table = "\u{feff}Titel;Verfasser;published\nA;x;2001-05-06\n";
        let flags = ["import", "books", "-", "--delimiter", ";", "--map", "title=Titel", "--map", "author=Verfasser"];
        Program::new(&database).run_with_input(&flags, table.as_bytes()).expect_success();
        let flags = ["import", "books", "-", "--delimiter", "\\t"];
        Program::new(&database).run_with_input(&flags, b"author\ttitle\nx\tB\n").expect_success();
        let flags = ["import", "books", "-", "--format", "jsonl"];
        let lines = b"{\"title\":\"C\",\"author\":\"x\",\"isbn\":\"0132350882\"}\n{\"title\":\"D\"}\nnonsense\n";
        let summary = Program::new(&database).run_with_input(&flags, lines).expect_success().stdout;
        assert_eq!(counts(&summary)["rejected"], 2, "{summary}");
        assert_eq!(database.texts("SELECT title || coalesce(year, 0) FROM books ORDER BY id"), ["A2001", "B0", "C0"]);
    }

    fn a_file_that_is_no_table_is_refused_with_the_way_out(database) {
        for (bytes, reason) in [
            (&b""[..], "the file is empty, expected a header"),
            (b"title,writer\na,b\n", "no header means `author`; name the one that does, as `author=HEADER` of a map"),
            (b"\xff\xfet\0i\0", "no header means `title`; name the one that does, as `title=HEADER` of a map; the headers are `ti`"),
            (b"\"title,author\n", "the header cannot be read"),
        ] {
            file(&database, "a.csv", bytes);
            let error = Program::new(&database).run(&["import", "books", "a.csv"]).expect_error();
            assert!(error.contains("`a.csv` was not imported, nothing was stored") && error.contains(reason), "{error}");
        }
        for (flags, reason) in [
            (&["import", "books", "missing.csv"][..], "cannot open `missing.csv`"),
            (&["import", "books", "."], "is a directory"),
            (&["import", "books", "a.csv", "--rejects", "no/such/place.csv"], "cannot write `no/such/place.csv`"),
        ] {
            let error = Program::new(&database).run(flags).expect_error();
            assert!(error.contains(reason), "{error}");
        }
        file(&database, "empty.csv", "title,author\n");
        assert_eq!(import(&database, "empty.csv", &[]), "0 rows: 0 inserted, 0 updated, 0 skipped, 0 rejected; 0 without a usable ISBN\n");
    }

    fn an_import_works_beside_a_running_server(database) {
        let app = App::new(&database);
        file(&database, "messy.csv", MESSY);
        import(&database, "messy.csv", &[]);
        assert_eq!(app.get("/api/books").expect(200).as_array().unwrap().len(), 9);
        app.post("/api/books", json!({"title": "a", "author": "b"})).expect(201);
    }
}
