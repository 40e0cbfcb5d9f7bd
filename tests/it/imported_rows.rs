//! Nothing is left out in silence: reasons, lists of rows, strict imports, and undoing what the command line imported.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::support::{App, Database, Program, app::file, on_both};

const MESSY: &str = include_str!("../data/messy.csv");

/// Uploads a table and follows it to its end.
fn imported(app: &App, query: &str, table: &str) -> Value {
    let path = format!("/api/imports{query}");
    let kind = [("content-type", "text/csv")];
    let import = app.request("POST", &path).send(&kind, table.as_bytes()).expect(202);
    ended(app, import["id"].as_i64().unwrap())
}

fn ended(app: &App, id: i64) -> Value {
    let events = app.get(&format!("/api/imports/{id}/events")).body;
    let last = events.trim_end().rsplit_once("event: end\ndata: ").expect("an end").1;
    serde_json::from_str(last).unwrap()
}

fn list(app: &App, import: &Value, name: &str) -> String {
    let reply = app.get(import["links"][name].as_str().unwrap());
    assert!(reply.headers["content-type"].starts_with("text/csv"), "{reply:?}");
    reply.body
}

fn books(database: &Database) -> i64 {
    database.number("SELECT count(*) FROM books")
}

fn stored(database: &Database) -> Vec<String> {
    database.texts(
        "SELECT title || '|' || coalesce(year, 0) || '|' || status FROM books ORDER BY title",
    )
}

fn written(database: &Database, name: &str) -> String {
    std::fs::read_to_string(database.home.path().join(name)).unwrap()
}

on_both! {
    fn warned_and_skipped_rows_are_the_same_tables_over_http_and_on_the_command_line(database) {
        let table = "title,author,year,isbn,status\nA,x,soon,,\nB,x,2001,9780140275360,\nA,x,,,\n,,,,\nB,x,2001,9780140275361,lent\n";
        let other = database.empty_beside();
        Program::new(&other).run(&["db", "upgrade"]).expect_success();
        file(&database, "a.csv", table);
        let app = App::new(&other);
        for (on_duplicate, skipped) in [
            ("skip", "row,line,reason,book_id\n3,4,repeats row 1 (line 2),\n"),
            ("skip", "row,line,reason,book_id\n1,2,is already book 1,1\n2,3,is already book 2,2\n3,4,is already book 1,1\n\
                      4,6,is already book 3,3\n"),
            ("update", "row,line,reason,book_id\n1,2,book 1 has these values,1\n2,3,book 2 has these values,2\n\
                        3,4,book 1 has these values,1\n4,6,book 3 has these values,3\n"),
        ] {
            let flags = ["import", "books", "a.csv", "--warnings", "w.csv", "--skipped", "s.csv", "--on-duplicate", on_duplicate];
            let ended = Program::new(&database).run(&flags).expect_success();
            assert!(ended.stdout.contains("(1 empty row left out)"), "{}", ended.stdout);
            let import = imported(&app, &format!("?on_duplicate={on_duplicate}"), table);
            assert_eq!((list(&app, &import, "skipped").as_str(), written(&database, "s.csv").as_str()), (skipped, skipped));
            let warned = list(&app, &import, "warned");
            let first = "row,line,reason\n1,2,\"year `soon` is not a year, such as 2008\"\n1,2,there is no isbn\n";
            assert!(warned.starts_with(first), "{warned}");
            assert_eq!(warned, written(&database, "w.csv"));
            assert_eq!((&import["empty_rows"], &import["unusable"], &import["warnings"]), (&json!(1), &json!(2), &json!(3)));
        }
        app.get("/api/imports/99/warned.csv").expect_problem(404);
        // The command line notes them too.
        let other = App::new(&database);
        let import = other.get("/api/imports/2").expect(200);
        assert_eq!((&import["name"], &import["skipped"]), (&json!("a.csv"), &json!(4)));
        assert!(list(&other, &import, "skipped").ends_with("4,6,is already book 3,3\n"));
        assert_eq!(list(&other, &import, "warned"), written(&database, "w.csv"));
    }

    fn a_dry_run_lists_its_rows_too(database) {
        let app = App::new(&database);
        app.post("/api/books", json!({"title": "B", "author": "x", "isbn": "9780140275360"})).expect(201);
        let filler: String = (0..600).fold(String::new(), |mut text, row| { writeln!(text, "T {row},x,").unwrap(); text });
        let table = format!("title,author,isbn\nA,x,\nB,x,9780140275360\n{filler}A,x,\nC\n");
        let dry = imported(&app, "?dry_run=true", &table);
        assert_eq!(list(&app, &dry, "skipped"), "row,line,reason,book_id\n2,3,is already book 1,1\n603,604,repeats an earlier row,\n");
        assert_eq!(list(&app, &dry, "warned").lines().count(), 603);
        assert_eq!(dry["reasons"], json!({
            "rejected": [{"reason": "the row has 1 fields, the header 3", "rows": 1}],
            "warned": [{"reason": "there is no isbn", "rows": 602}]
        }));
        assert_eq!(books(&database), 1);
    }

    fn reasons_are_counted_the_most_frequent_first(database) {
        let mut table = "title,author,isbn\n".to_owned();
        for row in 0..1500 {
            match row % 5 {
                0 | 1 => writeln!(table, ",x,").unwrap(),
                2 => writeln!(table, "T {row},x,978013235{row}").unwrap(),
                _ => writeln!(table, "T {row},x,").unwrap(),
            }
        }
        let app = App::new(&database);
        let import = imported(&app, "", &table);
        assert_eq!(import["reasons"]["rejected"], json!([{"reason": "title is empty, expected 1 to 200 characters", "rows": 600}]));
        let warned = import["reasons"]["warned"].as_array().unwrap();
        assert_eq!(warned[0], json!({"reason": "there is no isbn", "rows": 600}));
        let isbns: i64 = warned[1..].iter().map(|reason| reason["rows"].as_i64().unwrap()).sum();
        assert!((280..300).contains(&isbns) && warned.len() < 10, "{warned:?}");
        file(&database, "a.csv", &table);
        let said = Program::new(&database).run(&["import", "books", "a.csv", "--dry-run"]).expect_success().stderr;
        assert!(said.contains("\n      600 × title is empty, expected 1 to 200 characters\n"), "{said}");
        assert!(said.contains("\n      600 × there is no isbn\n"), "{said}");
    }

    fn a_strict_import_stores_all_rows_as_they_are_or_none(database) {
        let app = App::new(&database);
        for (table, reason) in [
            ("title,author,isbn\nA,x,\nB\n", "1 rows are rejected and 0 have a cell"),
            ("title,author,isbn\nA,x,\nB,y,12\n", "0 rows are rejected and 1 have a cell"),
            ("title,author,year\nA,x,\nB,y,soon\n", "0 rows are rejected and 1 have a cell"),
        ] {
            file(&database, "a.csv", table);
            let ended = Program::new(&database).run(&["import", "books", "a.csv", "--strict"]).expect_code(3);
            assert!(ended.stdout.contains("(strict, nothing was stored)"), "{}", ended.stdout);
            assert!(ended.stderr.contains("row 2 (line 3) "), "{}", ended.stderr);
            Program::new(&database).run(&["import", "books", "a.csv", "--strict", "--dry-run"]).expect_code(3);
            for query in ["?strict=true", "?strict=true&dry_run=true"] {
                let import = imported(&app, query, table);
                assert_eq!((&import["state"], &import["strict"]), (&json!("failed"), &json!(true)));
                assert!(import["problem"].as_str().unwrap().contains(reason), "{import}");
            }
            assert_eq!(books(&database), 0);
        }
        // A missing ISBN is nothing that the file says.
        let table = "title,author,isbn,year\nA,x,,\nB,x,9780140275360,n.d.\n".replace(",n.d.", ",");
        file(&database, "a.csv", &table);
        Program::new(&database).run(&["import", "books", "a.csv", "--strict"]).expect_success();
        assert_eq!(imported(&app, "?strict=true", &table)["state"], "done");
        assert_eq!(books(&database), 2);
        app.request("POST", "/api/imports?strict=maybe").send(&[("content-type", "text/csv")], b"title,author\n").expect_problem(400);
    }

    fn what_the_command_line_imported_is_undone_by_it_and_over_http(database) {
        let run = |arguments: &[&str]| Program::new(&database).run(arguments);
        file(&database, "old.csv", "title,author,year,status\nA,x,2001,lent\nB,x,2002,\n");
        file(&database, "new.csv", "title,author,year,status\nA,x,2001,sold\nC,x,2003,\nD,x,2004,\n");
        run(&["import", "books", "old.csv"]).expect_success();
        let before = stored(&database);
        let said = run(&["import", "books", "new.csv", "--on-duplicate", "update"]).expect_success().stderr;
        assert!(said.ends_with("`bookplate import undo 2` takes this import back\n"), "{said}");
        run(&["import", "books", "new.csv", "--dry-run"]).expect_success();
        let listed = run(&["import", "list"]).expect_success().stdout;
        let lines: Vec<Vec<&str>> = listed.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines.iter().map(|line| line[0]).collect::<Vec<_>>(), ["id", "2", "1"]);
        assert_eq!(lines[1][3..], ["books", "done", "2", "1", "0", "0", "new.csv"]);
        assert_eq!(run(&["import", "undo", "2"]).expect_success().stdout, "import 2 is undone: 3 books reverted, 0 not reverted\n");
        assert_eq!(stored(&database), before);
        assert_eq!(run(&["import", "undo", "2"]).expect_success().stdout, "import 2 is undone: 3 books reverted, 0 not reverted\n");

        // Over HTTP, and not what was changed since.
        let app = App::new(&database);
        app.put("/api/books/2", json!({"status": "mine"})).expect(200);
        app.request("POST", "/api/imports/1/undo").send(&[], b"").expect(202);
        let undone = ended(&app, 1);
        assert_eq!((&undone["state"], &undone["not_reverted"]), (&json!("undone"), &json!(1)));
        assert_eq!(stored(&database), ["B|2002|mine"]);
        assert!(app.log().lines().all(|line| !line.contains("WARN")), "{}", app.log());
        // And what came over HTTP is undone on the command line, next to the server.
        let import = imported(&app, "", "title,author\nE,x\nF,x\n");
        app.put("/api/books?title=F&confirm=1", json!({"status": "mine"}));
        database.execute("UPDATE books SET version = 7 WHERE title = 'F'").unwrap();
        let id = import["id"].to_string();
        let said = run(&["import", "undo", &id]).expect_code(3).stdout;
        assert!(said.ends_with("1 books reverted, 1 not reverted\n"), "{said}");
        assert_eq!(app.get(&format!("/api/imports/{id}")).expect(200)["state"], "undone");
        let error = run(&["import", "undo", "99"]).expect_error();
        assert!(error.contains("no import has the id 99"), "{error}");
    }

    fn an_import_that_a_server_still_works_on_is_not_undone_by_others(database) {
        Program::new(&database).run(&["db", "upgrade"]).expect_success();
        let columns = "state,options,dry_run,file,header,bytes_total,bytes_read,lines_read,rows,inserted,updated,skipped,rejected,\
                       warnings,reverted,kept";
        let no = if database.is_sqlite() { "0" } else { "false" };
        let empty = if database.is_sqlite() { "x''" } else { "''" };
        let values = format!("'running','{{}}',{no},'f',{empty},0,0,0,0,0,0,0,0,0,0,0");
        database.execute(&format!("INSERT INTO imports ({columns}) VALUES ({values})")).unwrap();
        let error = Program::new(&database).run(&["import", "undo", "1"]).expect_error();
        assert!(error.contains("POST /api/imports/1/undo"), "{error}");
        assert_eq!(database.texts("SELECT state FROM imports"), ["running"]);
    }

    fn an_import_that_is_killed_left_nothing_and_an_undo_that_is_goes_on(database) {
        let table: String = (0..60_000).fold("title,author\n".to_owned(), |mut text, row| { writeln!(text, "T {row},x").unwrap(); text });
        file(&database, "a.csv", &table);
        Program::new(&database).run(&["db", "upgrade"]).expect_success();
        let killed = |after: &str, arguments: &[&str]| {
            let script = format!("timeout -s KILL {after} \"$@\"; true");
            drop(Program::new(&database).through(&script).run(arguments));
        };
        killed("0.5", &["import", "books", "a.csv"]);
        assert_eq!((books(&database), database.number("SELECT count(*) FROM imports")), (0, 0));
        Program::new(&database).run(&["import", "books", "a.csv"]).expect_success();
        let id = database.number("SELECT max(id) FROM imports").to_string();
        while books(&database) == 60_000 {
            killed("0.4", &["import", "undo", &id]);
        }
        let said = Program::new(&database).run(&["import", "undo", &id]).expect_success().stdout;
        assert!(said.contains("60000 books reverted, 0 not reverted"), "{said}");
        assert_eq!(books(&database) + database.number("SELECT count(*) FROM import_changes"), 0);
    }

    fn the_lists_are_as_long_as_the_import_when_it_is_killed_again_and_again(database) {
        let messy: String = MESSY.lines().skip(1).fold(String::new(), |text, line| text + line + "\n");
        let table = format!("{}\n{}", MESSY.lines().next().unwrap(), messy.replace("\"Unclosed quote", "Unclosed quote").repeat(300));
        let mut app = App::new(&database);
        let kind = [("content-type", "text/csv")];
        app.request("POST", "/api/imports").send(&kind, table.as_bytes()).expect(202);
        for _ in 0..3 {
            std::thread::sleep(std::time::Duration::from_millis(40));
            app.kill();
            app = App::new(&database);
        }
        let import = ended(&app, 1);
        let records = |name: &str| csv::Reader::from_reader(list(&app, &import, name).as_bytes()).records().count() as i64;
        let reasons = |kind: &str| -> i64 {
            import["reasons"][kind].as_array().unwrap().iter().map(|reason| reason["rows"].as_i64().unwrap()).sum()
        };
        assert_eq!(records("rejected"), import["rejected"].as_i64().unwrap());
        assert_eq!(records("skipped"), import["skipped"].as_i64().unwrap());
        assert_eq!(records("rejected"), reasons("rejected"));
        assert_eq!(records("warned"), reasons("warned"));
    }
}

#[test]
fn what_is_noted_of_rows_is_bounded_and_the_lists_say_so() {
    let database = Database::sqlite();
    let rows = |row: &str| format!("title,author\nA,x\n{}", row.repeat(100_002));
    for (name, row, end) in [
        ("skipped", "A,x\n", ",,2 more are counted and not listed,\n"),
        ("rejected", ",x\n", ",,,2 more are counted and not listed,\n"),
    ] {
        file(&database, "a.csv", rows(row));
        Program::new(&database).run(&["import", "books", "a.csv"]).expect_success();
        let app = App::new(&database);
        let id = database.number("SELECT max(id) FROM imports");
        let import = app.get(&format!("/api/imports/{id}")).expect(200);
        let listed = list(&app, &import, name);
        assert_eq!((listed.lines().count(), listed.ends_with(end)), (100_002, true), "{name}");
        assert!(import[name].as_i64().unwrap() >= 100_002, "{import}");
    }
}
