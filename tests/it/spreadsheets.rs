//! An export is opened and saved by a spreadsheet, and is imported again as the same books.

use std::{fs, process::Command};

use serde_json::{Value, json};

use crate::support::{App, Program, on_both};

/// Titles that a spreadsheet reads as numbers, dates, times or formulas.
const ODD: [&str; 34] = [
    "1984",
    "007",
    "1e3",
    "3.0",
    "1.5",
    "1,024",
    "1,5",
    "1 000",
    "12345678901234567890",
    "2001-05-06",
    "11/22/63",
    "1/2",
    "12-34",
    "10:04",
    "5:30 pm",
    "May 1968",
    "March 3",
    "3 May",
    "Jan",
    "TRUE",
    "true",
    "50%",
    "$9.99",
    "€5",
    "=1+1",
    "'=1",
    "'007",
    "-1",
    "+49",
    "@x",
    "  x  y",
    "\"Q\"",
    "a; b|c, d",
    "Ünïcode 書",
];

/// LibreOffice, if it is installed.
fn office() -> Option<Command> {
    let found = Command::new("soffice")
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success());
    if !found {
        let line = "SKIPPED: a spreadsheet does not open an export. Install libreoffice-calc.\n";
        std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes()).unwrap();
    }
    found.then(|| Command::new("soffice"))
}

fn books() -> Vec<Value> {
    let odd = ODD.iter().map(|title| json!({"title": title, "author": "x", "year": -750}));
    let authors = ODD.iter().map(|author| json!({"title": "A", "author": author, "status": "1/2"}));
    let isbns = ["9780132350884", "9780140275360"]
        .map(|isbn| json!({"title": "B", "author": "x", "isbn": isbn, "page_count": 464}));
    let series = json!({
        "title": "C", "author": "x", "isbn": "9780261103573", "series": "2001", "series_number": 1.5, "publisher": "1/2",
        "subtitle": "3.0", "language": "en", "description": "=1, and\" more; 1e3"
    });
    odd.chain([series]).chain(authors).chain(isbns).collect()
}

on_both! {
    fn an_export_that_a_spreadsheet_saved_changes_nothing(database) {
        let Some(mut office) = office() else { return };
        let (app, books) = (App::new(&database), books());
        app.post("/api/books", json!(books)).expect(201);
        let home = database.home.path();
        let export = ["export", "books", "--bom", "--output", "books.csv"];
        Program::new(&database).run(&export).expect_success();
        let profile = format!("-env:UserInstallation=file://{}/profile", home.display());
        office.args([&profile, "--headless", "--convert-to", "csv", "--outdir", "saved", "books.csv"]);
        let done = office.current_dir(home).output().unwrap();
        let saved = fs::read_to_string(home.join("saved/books.csv")).unwrap_or_else(|error| panic!("{error}: {done:?}"));
        assert!(saved.starts_with("\u{feff}title,author,"), "{saved}");

        let import = ["import", "books", "saved/books.csv", "--on-duplicate", "update", "--blank", "clear"];
        let ended = Program::new(&database).run(&import).expect_success();
        let count = books.len();
        let spoilt: Vec<(&str, String)> = saved.lines().skip(1).zip(lines(&home.join("books.csv"))).filter(|(a, b)| a != b).collect();
        let expected = format!("{count} rows: 0 inserted, 0 updated, {count} skipped, 0 rejected;");
        assert!(ended.stdout.starts_with(&expected), "{}\n{spoilt:?}", ended.stdout);
        assert_eq!(spoilt, []);
    }
}

fn lines(path: &std::path::Path) -> Vec<String> {
    fs::read_to_string(path).unwrap().lines().skip(1).map(str::to_owned).collect()
}
