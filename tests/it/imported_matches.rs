//! Rows that meet stored books without a common ISBN, and blank cells.

use serde_json::{Value, json};

use crate::support::{App, Database, Program, app::file, on_both};

const WITHOUT: &str = "title,author,year\nA Quiet Harbour,Ben Okafor,2001\n";
const WITH: &str = "title,author,year,isbn\nA Quiet Harbour,Ben Okafor,2001,9780132350884\n";
const OTHER: &str = "title,author,year,isbn\nA Quiet Harbour,Ben Okafor,2001,9780306406157\n";

/// Two ways to import a file.
#[derive(Clone, Copy, Debug)]
enum Way {
    Command,
    Http,
}

const WAYS: [Way; 2] = [Way::Command, Way::Http];

impl Way {
    /// Imports a table, after a dry run that must say the same: inserted, updated, skipped, rejected.
    fn import(self, database: &Database, table: &str, options: &[(&str, &str)]) -> [i64; 4] {
        let dry = self.import_once(database, table, &[options, &[("dry-run", "true")]].concat());
        let counts = self.import_once(database, table, options);
        assert_eq!(dry, counts, "{self:?} {table} {options:?}");
        counts
    }

    fn import_once(self, database: &Database, table: &str, options: &[(&str, &str)]) -> [i64; 4] {
        match self {
            Self::Command => {
                file(database, "a.csv", table);
                let mut arguments =
                    vec!["import".to_owned(), "books".to_owned(), "a.csv".to_owned()];
                for (name, value) in options {
                    arguments.push(match *name {
                        "dry-run" => "--dry-run".to_owned(),
                        _ => format!("--{name}={value}"),
                    });
                }
                let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                counted(&Program::new(database).run(&arguments).expect_success().stdout)
            }
            Self::Http => {
                let import = uploaded(&App::new(database), table, options);
                assert_eq!(import["state"], "done", "{import}");
                ["inserted", "updated", "skipped", "rejected"]
                    .map(|name| import[name].as_i64().unwrap())
            }
        }
    }
}

/// The counts of a summary.
fn counted(summary: &str) -> [i64; 4] {
    ["inserted", "updated", "skipped", "rejected"].map(|name| {
        let (before, _) = summary.split_once(&format!(" {name}")).expect(summary);
        before.rsplit(' ').next().and_then(|number| number.parse().ok()).expect(summary)
    })
}

fn uploaded(app: &App, table: &str, options: &[(&str, &str)]) -> Value {
    let query: Vec<String> =
        options.iter().map(|(name, value)| format!("{}={value}", name.replace('-', "_"))).collect();
    let path = format!("/api/imports?{}", query.join("&"));
    let reply = app.request("POST", &path).send(&[("content-type", "text/csv")], table.as_bytes());
    ended(app, &reply.expect(202))
}

fn ended(app: &App, import: &Value) -> Value {
    let events = app.get(import["links"]["events"].as_str().unwrap()).body;
    let last = events.trim_end().rsplit_once("event: end\ndata: ").expect("an end").1;
    serde_json::from_str(last).unwrap()
}

fn books(database: &Database) -> Vec<String> {
    database.texts(
        "SELECT title || '|' || coalesce(CAST(year AS VARCHAR(9)), '-') || '|' || coalesce(isbn, '-') || '|' \
         || coalesce(CAST(page_count AS VARCHAR(9)), '-') || '|' || status FROM books ORDER BY id",
    )
}

/// Deletes all books. On SQLite the first command creates the file.
fn empty(database: &Database) {
    if !database.is_sqlite() || database.path().exists() {
        database.execute("DELETE FROM books").unwrap();
    }
}

/// Stores the books once more in each way.
fn in_both_ways(database: &Database, stored: &str, test: impl Fn(Way)) {
    for way in WAYS {
        empty(database);
        way.import_once(database, stored, &[]);
        test(way);
    }
}

const UPDATE: (&str, &str) = ("on-duplicate", "update");

on_both! {
    fn an_update_adds_the_isbn_to_a_book_that_had_none(database) {
        in_both_ways(&database, WITHOUT, |way| {
            // Whoever skips duplicates changes nothing, and has no second book.
            assert_eq!(way.import(&database, WITH, &[]), [0, 0, 1, 0]);
            assert_eq!(books(&database), ["A Quiet Harbour|2001|-|-|available"]);
            assert_eq!(way.import(&database, WITH, &[UPDATE]), [0, 1, 0, 0]);
            assert_eq!(books(&database), ["A Quiet Harbour|2001|9780132350884|-|available"]);
            // Neither file changes anything from now on.
            assert_eq!(way.import(&database, WITH, &[UPDATE]), [0, 0, 1, 0]);
            assert_eq!(way.import(&database, WITHOUT, &[UPDATE]), [0, 0, 1, 0]);
            assert_eq!(books(&database), ["A Quiet Harbour|2001|9780132350884|-|available"]);
        });
    }

    fn with_duplicates_refused_such_a_row_fails(database) {
        file(&database, "a.csv", WITHOUT);
        file(&database, "b.csv", WITH);
        Program::new(&database).run(&["import", "books", "a.csv"]).expect_success();
        let error = Program::new(&database).run(&["import", "books", "b.csv", "--on-duplicate", "fail"]).expect_error();
        assert!(error.contains("row 1 (line 2) is already book 1"), "{error}");
        let failed = uploaded(&App::new(&database), WITH, &[("on-duplicate", "fail")]);
        assert_eq!(failed["state"], "failed", "{failed}");
    }

    fn a_row_whose_isbn_a_spreadsheet_spoilt_meets_its_book(database) {
        let spoilt = "title,author,year,isbn,page_count\nA Quiet Harbour,Ben Okafor,2001,9.78013E+12,232\n";
        in_both_ways(&database, WITH, |way| {
            assert_eq!(way.import(&database, spoilt, &[]), [0, 0, 1, 0]);
            assert_eq!(way.import(&database, spoilt, &[UPDATE]), [0, 1, 0, 0]);
            assert_eq!(books(&database), ["A Quiet Harbour|2001|9780132350884|232|available"]);
        });
        // Of two editions it is neither: it is stored once, as a book without an ISBN.
        in_both_ways(&database, WITH, |way| {
            assert_eq!(way.import(&database, OTHER, &[UPDATE]), [1, 0, 0, 0]);
            assert_eq!(way.import(&database, spoilt, &[UPDATE]), [1, 0, 0, 0]);
            assert_eq!(way.import(&database, spoilt, &[UPDATE]), [0, 0, 1, 0]);
            assert_eq!(books(&database), [
                "A Quiet Harbour|2001|9780132350884|-|available",
                "A Quiet Harbour|2001|9780306406157|-|available",
                "A Quiet Harbour|2001|-|232|available",
            ]);
        });
    }

    fn two_editions_stay_two_books(database) {
        let both = format!("{WITH}{}", OTHER.lines().nth(1).unwrap());
        in_both_ways(&database, WITHOUT, |way| {
            assert_eq!(way.import(&database, &both, &[UPDATE]), [1, 1, 0, 0]);
            assert_eq!(way.import(&database, &both, &[UPDATE]), [0, 0, 2, 0]);
            assert_eq!(books(&database), [
                "A Quiet Harbour|2001|9780132350884|-|available", "A Quiet Harbour|2001|9780306406157|-|available",
            ]);
        });
    }

    fn a_file_that_lists_a_book_with_and_without_isbn_has_two(database) {
        // In one batch and in different ones.
        for filler in [0, 600] {
            let fillers: String = (0..filler).map(|row| format!("f{row},x,,\n")).collect();
            let table = format!("title,author,year,isbn\nA,x,2001,\n{fillers}A,x,2001,9780132350884\nA,x,,\n");
            for way in WAYS {
                empty(&database);
                assert_eq!(way.import(&database, &table, &[UPDATE]), [filler + 3, 0, 0, 0], "{way:?}");
                assert_eq!(way.import(&database, &table, &[UPDATE]), [0, 0, filler + 3, 0], "{way:?}");
            }
        }
    }

    fn a_year_that_one_side_does_not_have_is_alike_if_one_book_fits(database) {
        let row = "title,author,isbn\nA,x,9780132350884\n";
        in_both_ways(&database, "title,author,year\nA,x,2001\nA,y,2002\n", |way| {
            assert_eq!(way.import(&database, row, &[UPDATE]), [0, 1, 0, 0]);
            assert_eq!(books(&database), ["A|2001|9780132350884|-|available", "A|2002|-|-|available"]);
        });
        in_both_ways(&database, "title,author\nA,x\n", |way| {
            let row = "title,author,year,isbn\nA,x,2001,9780132350884\n";
            assert_eq!(way.import(&database, row, &[UPDATE]), [0, 1, 0, 0]);
            assert_eq!(books(&database), ["A|2001|9780132350884|-|available"]);
        });
        in_both_ways(&database, "title,author,year\nA,x,2001\nA,x,2002\n", |way| {
            assert_eq!(way.import(&database, row, &[UPDATE]), [1, 0, 0, 0]);
            assert_eq!(books(&database), [
                "A|2001|-|-|available", "A|2002|-|-|available", "A|-|9780132350884|-|available",
            ]);
        });
    }

    fn blank_cells_keep_what_is_stored_unless_they_clear(database) {
        let stored = "title,author,year,isbn,page_count,status\nA,x,2001,9780306406157,100,lent\n";
        let blank = "title,author,year,isbn,page_count,status\nA (2nd),x,,9780306406157,,\n";
        in_both_ways(&database, stored, |way| {
            assert_eq!(way.import(&database, blank, &[UPDATE]), [0, 1, 0, 0]);
            assert_eq!(books(&database), ["A (2nd)|2001|9780306406157|100|lent"]);
            assert_eq!(way.import(&database, blank, &[UPDATE, ("blank", "keep")]), [0, 0, 1, 0]);
            assert_eq!(way.import(&database, blank, &[UPDATE, ("blank", "clear")]), [0, 1, 0, 0]);
            assert_eq!(books(&database), ["A (2nd)|-|9780306406157|-|available"]);
        });
        // A book that is found by its title and year keeps the ISBN and the year.
        in_both_ways(&database, stored, |way| {
            let blank = "title,author,year,isbn,page_count\nA,x,,,\n";
            assert_eq!(way.import(&database, blank, &[UPDATE, ("blank", "clear")]), [0, 1, 0, 0]);
            assert_eq!(books(&database), ["A|2001|9780306406157|-|lent"]);
        });
        let app = App::new(&database);
        let reply = app.request("POST", "/api/imports?blank=no").send(&[("content-type", "text/csv")], WITH.as_bytes());
        assert!(reply.expect_problem(400).contains("blank `no` is not `keep` or `clear`"));
    }

    fn what_is_exported_changes_nothing(database) {
        let app = App::new(&database);
        for book in [
            json!({"title": "A", "author": "x", "year": 2001}),
            json!({"title": "A", "author": "x", "year": 2001, "page_count": 7, "status": "lent"}),
            json!({"title": "A", "author": "x", "year": 2001, "isbn": "9780132350884"}),
            json!({"title": "A", "author": "x", "isbn": "9780306406157", "page_count": 9}),
            json!({"title": "A", "author": "x"}),
        ] {
            app.post("/api/books", book).expect(201);
        }
        let exported = app.get("/api/exports/books.csv").body;
        drop(app);
        let before = books(&database);
        for blank in ["keep", "clear"] {
            for way in WAYS {
                assert_eq!(way.import(&database, &exported, &[UPDATE, ("blank", blank)]), [0, 0, 5, 0], "{way:?} {blank}");
            }
        }
        assert_eq!(books(&database), before);
        assert_eq!(database.number("SELECT max(version) FROM books"), 1);
    }

    fn an_undo_restores_what_such_books_were(database) {
        let app = App::new(&database);
        app.post("/api/books", json!({"title": "A Quiet Harbour", "author": "Ben Okafor", "status": "lent"})).expect(201);
        let first = uploaded(&app, WITH, &[UPDATE]);
        assert_eq!(books(&database), ["A Quiet Harbour|2001|9780132350884|-|lent"]);
        let blank = "title,author,isbn,year,status\nB,x,9780132350884,,\n";
        let second = uploaded(&app, blank, &[UPDATE, ("blank", "clear")]);
        assert_eq!(books(&database), ["B|-|9780132350884|-|available"]);
        for (import, left) in [(second, "A Quiet Harbour|2001|9780132350884|-|lent"), (first, "A Quiet Harbour|-|-|-|lent")] {
            app.request("POST", import["links"]["undo"].as_str().unwrap()).send(&[], b"").expect(202);
            let undone = ended(&app, &import);
            assert_eq!((&undone["state"], &undone["not_reverted"]), (&json!("undone"), &json!(0)), "{undone}");
            assert_eq!(books(&database), [left]);
        }
    }
}

/// On SQLite there is one writer.
#[test]
fn an_isbn_that_another_session_stores_meanwhile_is_met() {
    let Some(database) = Database::postgres() else { return };
    database
        .execute("INSERT INTO books (title, author, year) VALUES ('A Quiet Harbour', 'Ben Okafor', 2001)")
        .unwrap();
    let other = "BEGIN; INSERT INTO books (title, author, isbn) VALUES ('B', 'y', '9780132350884'); \
                 SELECT pg_sleep(2); COMMIT";
    for way in WAYS {
        std::thread::scope(|scope| {
            scope.spawn(|| database.execute(other).unwrap());
            let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
            while database.number(waiting) == 0 {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            match way {
                Way::Http => {
                    assert_eq!(way.import_once(&database, WITH, &[UPDATE]), [0, 1, 0, 0]);
                }
                // One transaction, which stores everything or nothing.
                Way::Command => {
                    file(&database, "a.csv", WITH);
                    let arguments = ["import", "books", "a.csv", "--on-duplicate", "update"];
                    let error = Program::new(&database).run(&arguments).expect_error();
                    assert!(
                        error.contains("another session added a book with the ISBN"),
                        "{error}"
                    );
                    assert!(error.contains("nothing was stored"), "{error}");
                }
            }
        });
        let other = if matches!(way, Way::Http) { "A Quiet Harbour|2001" } else { "B|-" };
        assert_eq!(
            books(&database),
            [
                "A Quiet Harbour|2001|-|-|available".to_owned(),
                format!("{other}|9780132350884|-|available"),
            ]
        );
        database.execute("DELETE FROM books WHERE isbn IS NOT NULL").unwrap();
    }
}
