//! Objects of JSON documents and of dumps: those of programs, and books as they are sent here.

use serde_json::{Value, json};

use crate::{
    imported_profiles::{books, upload},
    support::{App, Database, Program, app::file, on_both},
};

/// As <https://www.librarything.com/export.php?export_type=json> has it: an object of objects by their numbers.
const LIBRARYTHING: &str = r#"{"113204899": {
  "books_id": "113204899",
  "title": "The Paper Garden",
  "sortcharacter": "1",
  "primaryauthor": "Finch, Ada",
  "secondaryauthor": "Okoro, Ben|N&uacute;&ntilde;ez, Jos&eacute;",
  "authors": [{"lf": "Finch, Ada", "fl": "Ada Finch"}, {"lf": "Okoro, Ben", "fl": "Ben Okoro", "role": "Illustrator"}],
  "originalisbn": "0306406152",
  "isbn": {"0": "0306406152", "2": "9780306406157"},
  "ean": ["0306406152"],
  "publication": "Tor (1987), Paperback, 448 pages",
  "date": "1987",
  "summary": "The Paper Garden by Ada Finch (1987)",
  "language": ["English"],
  "series": "Gardens",
  "collections": ["Read but unowned"],
  "subject": {"0": ["Gardens"], "1": [null, "Paper, \"wild\" } ]"]},
  "pages": "448 "
},
"128232006": {
  "books_id": "128232006",
  "title": "Ty&ouml;p&auml;iv&auml;kirjat",
  "sortcharacter": "1",
  "authors": [[]],
  "date": "?"
}}
"#;

/// As <https://openlibrary.org/developers/dumps> describes it.
const DUMP: &str = "/type/author\t/authors/OL1A\t2\t2008-08-20T17:57:09\t{\"name\": \"Ada Finch\", \"key\": \"/authors/OL1A\"}\n\
    /type/edition\t/books/OL1M\t6\t2010-07-31T19:18:30\t{\"key\": \"/books/OL1M\", \"title\": \"The Paper Garden\", \
    \"subtitle\": \"a novel\", \
    \"by_statement\": \"by Ada Finch\", \"authors\": [{\"key\": \"/authors/OL1A\"}], \"publish_date\": \"March 1987\", \
    \"publishers\": [\"Tor\"], \
    \"isbn_10\": [\"0306406152\"], \"number_of_pages\": 448, \
    \"languages\": [{\"key\": \"/languages/ger\"}], \"series\": [\"Gardens ; 4\"], \
    \"description\": {\"type\": \"/type/text\", \"value\": \"About it\"}, \"latest_revision\": 6, \
    \"last_modified\": {\"type\": \"/type/datetime\", \"value\": \"2010-07-31T19:18:30\"}}\n\
    /type/edition\t/books/OL2M\t1\t2010-07-31T19:18:30\t{\"title\": \"Essays\", \"latest_revision\": 1, \
    \"last_modified\": {\"type\": \"/type/datetime\", \"value\": \"2010-07-31T19:18:30\"}}\n";

/// Imports a file in both ways, which must read it as that and store the same books.
fn expect(
    database: &Database,
    (name, text): (&str, &str),
    read_as: &str,
    expected: &[&str],
) -> Value {
    file(database, name, text);
    let flags = ["import", "books", name, "--default", "author=Anonymous"];
    let dry = [&flags[..], &["--dry-run"]].concat();
    let dry = Program::new(database).run(&dry).expect_success();
    assert!(dry.stderr.contains(read_as), "{}", dry.stderr);
    Program::new(database).run(&flags).expect_success();
    assert_eq!(books(database), expected);
    database.execute("DELETE FROM books").unwrap();
    let import = upload(&App::new(database), "?default=author%3DAnonymous", text);
    assert_eq!(books(database), expected, "{import}");
    import
}

on_both! {
    fn the_json_of_librarything_becomes_books(database) {
        let expected = [
            "The Paper Garden|Finch, Ada|1987|9780306406157|448|available",
            "Työpäiväkirjat|Anonymous|-|-|-|available",
        ];
        let import = expect(&database, ("a.json", LIBRARYTHING), "the file is from LibraryThing (JSON), read as JSON", &expected);
        assert_eq!((&import["format"], &import["inserted"], &import["rejected"]), (&json!("json"), &json!(2), &json!(0)));
        assert_eq!(import["read_as"]["profile"], "LibraryThing (JSON)");
        let app = App::new(&database);
        let book = &app.get("/api/books").expect(200)[0];
        let members = ["publisher", "language", "series", "description"].map(|name| book[name].clone());
        assert_eq!(members, [json!("Tor"), json!("en"), json!("Gardens"), json!(null)]);
        // Without a default the row is rejected as an object that can be corrected.
        database.execute("DELETE FROM books").unwrap();
        let import = upload(&app, "", LIBRARYTHING);
        assert_eq!((&import["inserted"], &import["rejected"]), (&json!(1), &json!(1)));
        let rejected = app.get(&format!("/api/imports/{}/rejected.csv", import["id"])).body;
        assert!(rejected.contains("author is empty") && rejected.contains("Ty&ouml;p&auml;iv&auml;kirjat"), "{rejected}");
    }

    fn the_editions_of_a_dump_of_open_library_become_books(database) {
        let expected = [
            "The Paper Garden|Ada Finch|1987|9780306406157|448|available",
            "Essays|Anonymous|-|-|-|available",
        ];
        let import = expect(&database, ("ol_dump.txt", DUMP), "read as JSON", &expected);
        assert_eq!((&import["inserted"], &import["rejected"]), (&json!(2), &json!(1)), "{import}");
        let app = App::new(&database);
        let book = &app.get("/api/books").expect(200)[0];
        let names = ["subtitle", "publisher", "language", "series", "series_number", "description"];
        let members = names.map(|name| book[name].clone());
        assert_eq!(members, [json!("a novel"), json!("Tor"), json!("de"), json!("Gardens"), json!(4), json!("About it")]);
        let rejected = app.get(&format!("/api/imports/{}/rejected.csv", import["id"])).body;
        assert!(rejected.contains("`/type/author` is no edition of a book"), "{rejected}");
    }

    fn a_list_that_was_saved_as_json_and_objects_of_other_programs_are_read(database) {
        let app = App::new(&database);
        let given = json!([
            {"title": "A", "author": "x", "year": 5, "description": "<b> &amp;"},
            {"title": "B | C /", "author": "y|z", "isbn": "9780306406157"},
        ]);
        app.post("/api/books", given).expect(201);
        let list = app.get("/api/books").body;
        let before = books(&database);
        database.execute("DELETE FROM books").unwrap();
        let import = upload(&app, "", &list);
        assert_eq!((&import["inserted"], &import["warnings"]), (&json!(2), &json!(1)), "{import}");
        assert_eq!(books(&database), before);
        assert_eq!(app.get("/api/books").expect(200)[0]["description"], "<b> &amp;");
        database.execute("DELETE FROM books").unwrap();

        let others = json!({"books": {"bookTitle": "D", "authors": [{"name": "Ada"}, {"name": "Ben"}], "pageCount": 7, "ISBN13": null}});
        let flags = "?map=author%3Dauthors.name";
        assert_eq!(upload(&app, flags, &others.to_string())["inserted"], 1);
        assert_eq!(books(&database), ["D|Ada; Ben|-|-|7|available"]);
        // Lines are told from a document.
        let lines = "{\"title\": \"E\", \"author\": \"x\"}\n{\"title\": \"F\", \"author\": \"x\"}\n";
        file(&database, "a.json", lines);
        Program::new(&database).run(&["import", "books", "a.json"]).expect_success();
        assert_eq!(database.number("SELECT count(*) FROM books"), 3);
        let sent = app.request("POST", "/api/imports").send(&[("content-type", "application/json")], b"[]");
        sent.expect(202);
    }

    fn what_follows_the_end_of_a_document_is_named(database) {
        let app = App::new(&database);
        let a = "[{\"title\": \"A\", \"author\": \"x\"}]";
        let keyed = "{\"1\": {\"title\": \"A\", \"author\": \"x\"}}";
        for (document, text) in [
            (format!("{a}\n{a}\n"), "[{"),
            (format!("{a} and more"), "and more"),
            (format!("{keyed}}}\n"), "}"),
        ] {
            let import = upload(&app, "", &document);
            assert_eq!((&import["rows"], &import["rejected"]), (&json!(2), &json!(1)), "{document}: {import}");
            let rejected = app.get(&format!("/api/imports/{}/rejected.csv", import["id"])).body;
            assert!(rejected.contains("the file goes on after the end of its document") && rejected.contains(text), "{rejected}");
        }
        let two = format!("{{\"lent\": 5, \"books\": {a}, \"sold\": {a}}}");
        let problem = app.request("POST", "/api/imports").send(&[("content-type", "application/json")], two.as_bytes()).expect_problem(400);
        assert!(problem.contains("several lists of objects, `books` and `sold`"), "{problem}");
    }

    fn the_list_within_a_document_is_imported_and_named(database) {
        let document = "{\"version\": {\"n\": 1}, \"books\": [\n{\"title\": \"A\", \"author\": \"x\"}, \
                        {\"title\": \"B\", \"author\": \"x\"}\n], \"count\": 2}\n";
        let expected = ["A|x|-|-|-|available", "B|x|-|-|-|available"];
        expect(&database, ("a.json", document), "read as JSON, of which the list `books` is imported", &expected);
        database.execute("DELETE FROM books").unwrap();
        let ended = Program::new(&database).run(&["import", "books", "a.json"]).expect_success();
        assert!(ended.stderr.contains("of which the list `books` is imported"), "{}", ended.stderr);
    }

    fn objects_on_several_lines_are_read_also_where_lines_were_expected(database) {
        let object = |title: &str| format!("{{\n  \"title\": \"{title}\",\n  \"author\": \"x\"\n}}");
        for document in [
            format!("{}\n{}\n", object("A"), object("B")),
            format!("[\n{},\n{}\n]\n", object("A"), object("B")),
            format!("{{\n  \"books\": [{}, {}]\n}}\n", object("A"), object("B")),
            // Two byte order marks, and the same before lines.
            format!("\u{feff}\u{feff}[{},\n{}]", object("A"), object("B")),
            "\u{feff}\u{feff}{\"title\": \"A\", \"author\": \"x\"}\n{\"title\": \"B\", \"author\": \"x\"}\n".to_owned(),
        ] {
            for name in ["a.jsonl", "a.json"] {
                file(&database, name, &document);
                Program::new(&database).run(&["import", "books", name]).expect_success();
                assert_eq!(database.texts("SELECT title FROM books ORDER BY id"), ["A", "B"], "{name}: {document}");
                database.execute("DELETE FROM books").unwrap();
            }
        }
    }

    fn a_broken_object_costs_that_object(database) {
        let app = App::new(&database);
        let document = "[{\"title\": \"A\", \"writer\": \"x\", \"author\": \"x\"},\n 5,\n{\"title\": tru},\n[{\"title\": \"n\"}],\n\
            {\"title\": \"B\", \"author\": \"x\"},\n{\"title\": \"C\"";
        let import = upload(&app, "", document);
        assert_eq!((&import["inserted"], &import["rejected"], &import["rows"]), (&json!(2), &json!(4), &json!(6)), "{import}");
        let rejected = app.get("/api/imports/1/rejected.csv").body;
        for reason in ["2,expected a JSON object", "3,expected ident", "the file ends before the document does"] {
            assert!(rejected.contains(reason), "{reason}: {rejected}");
        }
        assert_eq!(upload(&app, "", "[]")["rows"], 0);
        app.request("POST", "/api/imports").send(&[("content-type", "application/json")], b"{}").expect_problem(400);
    }
}
