//! Cells of imported tables as the programs of others write them: no book is lost for a cell that may be absent.

use std::fmt::Write;

use serde_json::Value;

use crate::support::{App, Database, Program, app::file, on_both};

/// Imports a file by the command line, and as an upload; both must store the same books. The output of the command line.
fn imported(
    database: &Database,
    table: &str,
    flags: &[&str],
    query: &str,
) -> (String, Vec<String>) {
    file(database, "a.csv", table);
    let arguments = [&["import", "books", "a.csv"][..], flags].concat();
    let output = Program::new(database).run(&arguments).expect_success();
    let stored = books(database);
    database.execute("DELETE FROM books").unwrap();

    let app = App::new(database);
    let path = format!("/api/imports{query}");
    let import = app
        .request("POST", &path)
        .send(&[("content-type", "text/csv")], table.as_bytes())
        .expect(202);
    let path = import["links"]["events"].as_str().unwrap().to_owned();
    let events = app.get(&path).body;
    let last = events.trim_end().rsplit_once("event: end\ndata: ").expect("an end").1;
    let import: Value = serde_json::from_str(last).unwrap();
    assert_eq!(import["state"], "done", "{import}");
    assert_eq!(books(database), stored);
    (output.stdout + &output.stderr, stored)
}

fn books(database: &Database) -> Vec<String> {
    database.texts(
        "SELECT title || '|' || author || '|' || coalesce(CAST(year AS VARCHAR(9)), '-') || '|' || coalesce(isbn, '-') || '|' \
         || coalesce(CAST(page_count AS VARCHAR(9)), '-') FROM books ORDER BY id",
    )
}

/// A table with one cell a row, and titles that count from 1.
fn table(column: &str, cells: &[&str]) -> String {
    let mut table = format!("title,author,{column}\n");
    for (number, cell) in cells.iter().enumerate() {
        writeln!(table, "{},x,\"{}\"", number + 1, cell.replace('"', "\"\"")).unwrap();
    }
    table
}

fn column(books: &[String], place: usize) -> Vec<&str> {
    books.iter().map(|book| book.split('|').nth(place).unwrap()).collect()
}

on_both! {
    fn isbns_are_read_however_catalogues_write_them(database) {
        // Ten books, each number once.
        let cells = [
            "=\"0306406152\"", "ISBN-13: 978-0-13-235088-4", "[0201633612]", "'9780262033848", "0321125215.0",
            "urn:isbn:9780596007126", "9780201896831 (pbk.) : $9.99", "0201835959; 9780262510875", "９７８０８０４４２９５７３",
            "978–0–19–852663–6",
        ];
        let (output, books) = imported(&database, &table("isbn", &cells), &[], "");
        let expected = [
            "9780306406157", "9780132350884", "9780201633610", "9780262033848", "9780321125217", "9780596007126",
            "9780201896831", "9780201835953", "9780804429573", "9780198526636",
        ];
        assert_eq!(column(&books, 3), expected);
        assert!(output.contains("10 inserted, 0 updated, 0 skipped, 0 rejected; 0 without a usable ISBN\n"), "{output}");
    }

    fn a_number_that_a_spreadsheet_spoilt_is_named_with_the_way_to_keep_it(database) {
        let table = "title,author,isbn13,isbn10\nA,x,9.78031E+12,306406152\nB,x,9.78013E+12,\nC,x,9780130000000,\n";
        let (output, books) = imported(&database, table, &[], "");
        assert_eq!(column(&books, 3), ["9780306406157", "-", "-"]);
        for piece in [
            "row 2 (line 3) warning: isbn `9.78013E+12` was rounded by a spreadsheet",
            "its last digits are lost; format the column as text",
            "row 3 (line 4) warning: isbn `9780130000000` was rounded by a spreadsheet",
            "2 without a usable ISBN",
        ] {
            assert!(output.contains(piece), "{output}");
        }
    }

    fn years_are_read_however_catalogues_write_them(database) {
        let flags = ["--warnings", "warnings.csv"];
        let cells = [
            "c2008", "©2007", "[2006?]", "2005-05-01T23:30:00-05:00", "05/01/2004", "2003/05/01", "May 2002", "2001-2010",
            "380 BC", "0101-01-01T00:00:00+00:00", "n.d.", "05/01/98", "soon",
        ];
        let (output, books) = imported(&database, &table("year", &cells), &flags, "");
        let expected = ["2008", "2007", "2006", "2005", "2004", "2003", "2002", "2001", "-380", "-", "-", "-", "-"];
        assert_eq!(column(&books, 2), expected);
        let summary = "13 inserted, 0 updated, 0 skipped, 0 rejected; 13 without a usable ISBN, 3 with another cell that is not usable";
        assert!(output.contains(summary), "{output}");
        let warnings = std::fs::read_to_string(database.home.path().join("warnings.csv")).unwrap();
        let years: Vec<_> = warnings.lines().filter(|line| line.contains("year")).collect();
        assert_eq!(years, [
            "11,12,\"year `n.d.` is not a year, such as 2008\"",
            "12,13,\"year `05/01/98` has two digits, which may be of any century; write four\"",
            "13,14,\"year `soon` is not a year, such as 2008\"",
        ]);
    }

    fn pages_are_read_however_catalogues_write_them(database) {
        let cells = ["464 p.", "1,024", "xii, 300 p. : ill. ; 23 cm", "xii + 200", "590 ", "0", "p. 12-34", "2 v."];
        let (output, books) = imported(&database, &table("pages", &cells), &[], "");
        assert_eq!(column(&books, 4), ["464", "1024", "300", "200", "590", "-", "-", "-"]);
        for piece in ["page_count `0` is not between 1 and 100000", "`p. 12-34` is not a number of pages", "3 with another cell"] {
            assert!(output.contains(piece), "{piece}: {output}");
        }
    }

    fn texts_become_what_a_reader_sees(database) {
        let table = "title,author\n\"The Garden\nA  Novel\",Tom &amp; Ann\nCaf&eacute; &#8211; it&#39;s,AT&T\n";
        let (_, books) = imported(&database, table, &[], "");
        assert_eq!(books, ["The Garden A Novel|Tom & Ann|-|-|-", "Café – it's|AT&T|-|-|-"]);
    }

    fn of_several_columns_the_first_usable_value_of_the_row_counts(database) {
        let table = "Title,Author,Year Published,Original Publication Year,ISBN,ISBN13\n\
                     A,x,2016,,,9780306406157\nB,x,2016,1987,\"=\"\"0132350882\"\"\",\nC,x,2016,?,none,9780262033848\n";
        let (_, books) = imported(&database, table, &[], "");
        assert_eq!(column(&books, 2), ["2016", "1987", "2016"]);
        assert_eq!(column(&books, 3), ["9780306406157", "9780132350884", "9780262033848"]);
        database.execute("DELETE FROM books").unwrap();

        let table = "title,author,EAN,Nummer\nA,x,,0306406152\nB,x,9780132350884,0306406152\n";
        let (_, books) = imported(&database, table, &["--map", "isbn=EAN,Nummer"], "?map=isbn%3DEAN,Nummer");
        assert_eq!(column(&books, 3), ["9780306406157", "9780132350884"]);
    }

    fn a_cell_that_is_not_usable_does_not_clear_what_is_stored(database) {
        file(&database, "a.csv", "title,author,year,isbn,pages\nA,x,2001,9780306406157,100\n");
        file(&database, "b.csv", "title,author,year,isbn,pages\nB,x,soon,9780306406157,many\n");
        for name in ["a.csv", "b.csv"] {
            let arguments = ["import", "books", name, "--on-duplicate", "update"];
            Program::new(&database).run(&arguments).expect_success();
        }
        assert_eq!(books(&database), ["B|x|2001|9780306406157|100"]);
    }

    fn a_list_of_books_that_was_saved_as_json_lines_is_imported(database) {
        let app = App::new(&database);
        app.post("/api/books", serde_json::json!({"title": "A  &amp; B", "author": "x", "year": 79})).expect(201);
        let list = app.request("GET", "/api/books").send(&[("accept", "application/x-ndjson")], b"").body;
        database.execute("DELETE FROM books").unwrap();
        let flags = ["import", "books", "-", "--format", "jsonl"];
        Program::new(&database).run_with_input(&flags, list.as_bytes()).expect_success();
        assert_eq!(books(&database), ["A  &amp; B|x|79|-|-"]);
    }
}
