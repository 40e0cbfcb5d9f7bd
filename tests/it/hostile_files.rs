//! Files that are made to cost more than they are worth: what they cost is bounded, and what is good in them is read.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{App, Database, Program, on_both};

const MB: usize = 1 << 20;
/// The most memory that an import on the command line has had, in kB.
const MOST: u64 = 96 << 10;

/// Imports what is good before and after a text of many megabytes, and has the good rows.
fn import_with(format: &str, before: &str, megabytes: usize, after: &str) {
    let database = Database::sqlite();
    let giant = (0..megabytes).map(|_| vec![b'y'; MB]);
    // What is in the pipe was not read when it was written.
    let end = vec![vec![b' '; MB / 2]];
    let parts = [before.as_bytes().to_vec()]
        .into_iter()
        .chain(giant)
        .chain([after.as_bytes().to_vec()])
        .chain(end);
    let flags = ["import", "books", "-", "--format", format];
    let (output, peak) = Program::new(&database).run_measured(&flags, parts);
    assert!(output.status.success(), "{output:?}");
    let titles = database.texts("SELECT title FROM books WHERE length(title) < 10 ORDER BY id");
    assert_eq!(titles, ["Good", "Good too"], "{format} {before}: {output:?}");
    println!("{format} {before:.30}: {peak} kB");
    assert!(peak < MOST, "{format} {before}: {peak} kB");
}

#[test]
fn a_cell_of_hundreds_of_megabytes_costs_its_row_and_no_memory() {
    import_with("csv", "title,author\nGood,x\n", 300, ",x\nGood too,x\n");
    import_with("csv", "title,author\nGood,x\n\"", 300, "\",x\nGood too,x\n");
    let good = "{\"title\": \"Good\", \"author\": \"x\"}";
    let too = "{\"title\": \"Good too\", \"author\": \"x\"}";
    import_with("jsonl", &format!("{good}\n{{\"title\": \""), 300, &format!("\"}}\n{too}\n"));
    // Read byte by byte, which takes its time without optimisation.
    import_with("csv", &format!("[{good}, {{\"title\": \""), 50, &format!("\"}}, {too}]\n"));
    let record = |title: &str| {
        format!(
            "<record><datafield tag='100'><subfield code='a'>x</subfield></datafield>\
             <datafield tag='245'><subfield code='a'>{title}</subfield></datafield></record>"
        )
    };
    let open = "<record><datafield tag='245'><subfield code='a'>";
    let before = format!("<collection>{}{open}", record("Good"));
    let after = format!("</subfield></datafield></record>{}</collection>\n", record("Good too"));
    import_with("marcxml", &before, 50, &after);
}

fn upload(app: &App, kind: &str, bytes: &[u8]) -> Result<Value, String> {
    let reply = app.request("POST", "/api/imports").send(&[("content-type", kind)], bytes);
    if reply.status != 202 {
        return Err(reply.expect_problem(400));
    }
    let id = reply.expect(202)["id"].clone();
    let begin = Instant::now();
    loop {
        let import = app.get(&format!("/api/imports/{id}")).expect(200);
        if import["ended_at"] != json!(null) {
            return Ok(import);
        }
        assert!(begin.elapsed() < Duration::from_secs(60), "{import}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

on_both! {
    fn documents_that_grow_when_they_are_read_are_refused_or_cost_their_record(database) {
        let app = App::new(&database);
        let laughs: String = (1..10)
            .map(|level| format!("<!ENTITY a{level} \"{}\">", format!("&a{};", level - 1).repeat(10)))
            .collect();
        let record = "<record><datafield tag='245'><subfield code='a'>&a9;</subfield></datafield></record>";
        let bomb = format!("<?xml version='1.0'?><!DOCTYPE c [<!ENTITY a0 \"ha\">{laughs}]><collection>{record}</collection>");
        let refused = upload(&app, "application/xml", bomb.as_bytes()).unwrap_err();
        assert!(refused.contains("a document type with declarations is refused"), "{refused}");
        let undeclared = format!("<collection>{record}</collection>");
        assert_eq!(upload(&app, "application/xml", undeclared.as_bytes()).unwrap()["inserted"], 0);

        let deep = |open: &str, close: &str| format!("{}{}", open.repeat(300_000), close.repeat(300_000));
        let good = "{\"title\": \"A\", \"author\": \"x\"}";
        for (kind, document, rows) in [
            ("application/json", format!("[{good}, {}, {good}]", deep("[", "]")), 3),
            ("application/json", format!("[{good}, {}1{}, {good}]", "{\"a\":".repeat(300_000), "}".repeat(300_000)), 3),
            ("application/jsonl", format!("{good}\n{}\n{good}\n", deep("[", "]")), 3),
            ("application/xml", format!("<collection><record>{}</record></collection>", deep("<a>", "</a>")), 1),
        ] {
            let import = upload(&app, kind, document.as_bytes()).unwrap();
            assert_eq!((&import["rows"], &import["state"]), (&json!(rows), &json!("done")), "{import}");
            assert_eq!(import["rejected"], 1, "{import}");
        }
    }

    fn a_file_in_several_encodings_has_the_rows_that_can_be_read(database) {
        let app = App::new(&database);
        let utf_16: Vec<u8> = "Wide,x\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let table = [
            "title,author\nPlain,x\nЧайка,x\n".as_bytes(), b"Caf\xe9,x\n", &utf_16, b"\n\xef\xbb\xbfMarked,x\n\x81\x40,x\n",
            "Últimas,x\n".as_bytes(),
        ].concat();
        let import = upload(&app, "text/csv", &table).unwrap();
        // The last byte of the text of two bytes a character is a row of its own.
        assert_eq!((&import["inserted"], &import["rejected"]), (&json!(5), &json!(3)), "{import}");
        assert!(import["reasons"].to_string().contains("title is not UTF-8; name the encoding of the file"), "{import}");
        let titles = database.texts("SELECT title FROM books ORDER BY id");
        assert_eq!(titles, ["Plain", "Чайка", "Wide", "Marked", "Últimas"]);
    }

    fn a_file_that_is_cut_off_has_the_rows_before(database) {
        let app = App::new(&database);
        let record = "<record><datafield tag='100'><subfield code='a'>x</subfield></datafield>\
                      <datafield tag='245'><subfield code='a'>A</subfield></datafield></record>";
        for (kind, file) in [
            ("text/csv", "title,author\nA,x\n\"B".to_owned()),
            ("application/json", "[{\"title\": \"A\", \"author\": \"x\"}, {\"title\"".to_owned()),
            ("application/json", "{\"books\": [{\"title\": \"A\", \"author\": \"x\"}, {\"title\"".to_owned()),
            ("application/json", "{\n\"title\": \"A\", \"author\": \"x\"}\n{\n\"title\"".to_owned()),
            ("application/jsonl", "{\"title\": \"A\", \"author\": \"x\"}\n{\"title\"".to_owned()),
            ("application/xml", format!("<collection>{record}<record><datafi")),
        ] {
            let import = upload(&app, kind, file.as_bytes()).unwrap();
            assert_eq!((&import["rows"], &import["rejected"]), (&json!(2), &json!(1)), "{file}: {import}");
            assert_eq!(database.texts("SELECT title FROM books"), ["A"], "{file}");
        }
    }
}
