//! Files as spreadsheets and other programs save them: how each is written is found, shown, and may be given instead.

use serde_json::{Value, json};

use crate::support::{App, Database, Program, app::file, on_both};

const TABLE: &str = "title;author;year;isbn\nCafé;Zoë Müller;2001;9780306406157\nNaïve Art;José Núñez;1999;9780132350884\n";
const BOOKS: [&str; 2] =
    ["Café|Zoë Müller|2001|9780306406157", "Naïve Art|José Núñez|1999|9780132350884"];

fn utf_16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(order).collect()
}

/// A byte a character, as Windows-1252 has those of Latin-1.
fn windows_1252(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

fn books(database: &Database) -> Vec<String> {
    database.texts(
        "SELECT title || '|' || author || '|' || coalesce(CAST(year AS VARCHAR(9)), '-') || '|' || coalesce(isbn, '-') \
         FROM books ORDER BY id",
    )
}

/// What the command line says, its result first.
fn import(database: &Database, name: &str, flags: &[&str]) -> String {
    let arguments = [&["import", "books", name][..], flags].concat();
    let ended = Program::new(database).run(&arguments).expect_success();
    ended.stdout + &ended.stderr
}

fn upload(app: &App, query: &str, kind: &str, table: &[u8]) -> Value {
    let path = format!("/api/imports{query}");
    let import = app.request("POST", &path).send(&[("content-type", kind)], table).expect(202);
    let events = app.get(import["links"]["events"].as_str().unwrap()).body;
    let last = events.trim_end().rsplit_once("event: end\ndata: ").expect("an end").1;
    let import: Value = serde_json::from_str(last).unwrap();
    assert_eq!(
        (&import["state"], &import["bytes_read"]),
        (&json!("done"), &import["bytes_total"]),
        "{import}"
    );
    import
}

on_both! {
    fn files_of_spreadsheets_are_read_without_an_option(database) {
        let app = App::new(&database);
        let crlf = TABLE.replace('\n', "\r\n");
        let tabs = crlf.replace(';', "\t");
        let commas = TABLE.replace(';', ",");
        for (name, table, encoding, delimiter, ends, skipped) in [
            ("semicolon.csv", format!("\u{feff}{crlf}").into_bytes(), "UTF-8", ";", "lf", 0),
            ("unicode-text.txt", utf_16(&format!("\u{feff}{tabs}"), u16::to_le_bytes), "UTF-16LE", "\t", "lf", 0),
            ("big-endian.csv", utf_16(&format!("\u{feff}{crlf}"), u16::to_be_bytes), "UTF-16BE", ";", "lf", 0),
            ("no-mark.csv", utf_16(&crlf, u16::to_le_bytes), "UTF-16LE", ";", "lf", 0),
            ("mac.csv", commas.replace('\n', "\r").into_bytes(), "UTF-8", ",", "cr", 0),
            ("ansi.csv", windows_1252(&crlf), "windows-1252", ";", "lf", 0),
            ("bars.csv", TABLE.replace(';', "|").into_bytes(), "UTF-8", "|", "lf", 0),
            ("tabs.tsv", TABLE.replace(';', "\t").into_bytes(), "UTF-8", "\t", "lf", 0),
            ("sep.csv", format!("sep=;\r\n{crlf}").into_bytes(), "UTF-8", ";", "lf", 1),
            ("above.csv", format!("My books, \"all\n12.5.2026\n\n{TABLE}").into_bytes(), "UTF-8", ";", "lf", 3),
            ("below.csv", format!("{TABLE};;;\n\n;;;;;;\n").into_bytes(), "UTF-8", ";", "lf", 0),
        ] {
            file(&database, name, &table);
            let dry = import(&database, name, &["--dry-run"]);
            let shown = delimiter.replace('\t', "\\t");
            let piece = format!("the file is read as {encoding}, with the delimiter `{shown}`");
            assert!(dry.contains(&piece), "{name}: {dry}");
            assert!(dry.contains("title from `title`; author from `author`; year from `year`; isbn from `isbn`"), "{dry}");
            assert_eq!(dry.contains("lines above the header") || dry.contains("the line above"), skipped > 0, "{dry}");
            assert_eq!(dry.contains("2 empty rows left out"), name == "below.csv", "{dry}");
            let real = import(&database, name, &[]);
            assert_eq!(real.contains(&format!("(read as {encoding}")), encoding != "UTF-8", "{real}");
            assert_eq!(books(&database), BOOKS, "{name}");
            database.execute("DELETE FROM books").unwrap();

            for query in ["?dry_run=true", ""] {
                let import = upload(&app, query, "text/csv", &table);
                assert_eq!((&import["inserted"], &import["rejected"]), (&json!(2), &json!(0)), "{name}: {import}");
                let columns = json!({"title": ["title"], "author": ["author"], "year": ["year"], "isbn": ["isbn"]});
                let expected = json!({
                    "encoding": encoding, "delimiter": delimiter, "line_ends": ends, "skip_lines": skipped, "profile": null,
                    "columns": columns,
                });
                assert_eq!(import["read_as"], expected, "{name}");
            }
            assert_eq!(books(&database), BOOKS, "{name}");
            database.execute("DELETE FROM books").unwrap();
        }
    }

    fn an_option_overrides_what_is_found(database) {
        let app = App::new(&database);
        let iso = [b"title,author\nna\xefve \xa4,x\n".as_slice(), b"title;author,y\nB;x,y\n"].concat();
        file(&database, "a.csv", &iso);
        import(&database, "a.csv", &["--encoding", "iso-8859-15"]);
        import(&database, "a.csv", &["--skip-lines", "2", "--map", "author=author,y", "--delimiter", ";"]);
        file(&database, "b.csv", "title,author\r\nC,x\r\n");
        import(&database, "b.csv", &["--line-ends", "lf"]);
        let expected = ["naïve €|x|-|-", "title;author|y|-|-", "B;x|y|-|-", "B|x,y|-|-", "C|x|-|-"];
        assert_eq!(books(&database), expected);
        database.execute("DELETE FROM books").unwrap();

        upload(&app, "?encoding=iso-8859-15", "text/csv", &iso);
        upload(&app, "?skip_lines=2&delimiter=%3B&map=author%3Dauthor,y", "text/csv", &iso);
        upload(&app, "?line_ends=lf", "text/csv", b"title,author\r\nC,x\r\n");
        assert_eq!(books(&database), expected);
        // The type of the body says it too.
        let latin = upload(&app, "", "text/csv; charset=ISO-8859-1", b"title,author\nD\xe9j\xe0,x\n");
        assert_eq!(latin["read_as"]["encoding"], "windows-1252");
        let tabs = upload(&app, "", "text/tab-separated-values", b"title\tauthor\nE,\tx\n");
        assert_eq!(tabs["read_as"]["delimiter"], "\t");
        assert_eq!(books(&database)[5..], ["Déjà|x|-|-", "E,|x|-|-"]);
    }

    fn a_table_that_is_drawn_is_refused_and_two_byte_order_marks_are_none(database) {
        for (table, line) in [
            ("| title | author |\n|---|:--:|\n| A | x |\n", 2),
            (" title | author\n-------+--------\n A | x\n", 2),
            ("+-------+--------+\n| title | author |\n", 1),
        ] {
            file(&database, "a.csv", table);
            for noun in ["books", "stores"] {
                let error = Program::new(&database).run(&["import", noun, "a.csv"]).expect_error();
                assert!(error.contains(&format!("line {line} is a rule, as in tables of Markdown")), "{error}");
            }
        }
        let marked = "\u{feff}\u{feff}title,author\nA,x\n";
        for bytes in [marked.as_bytes().to_vec(), utf_16(marked, u16::to_le_bytes)] {
            file(&database, "a.csv", &bytes);
            import(&database, "a.csv", &["--on-duplicate", "fail"]);
            assert_eq!(books(&database), ["A|x|-|-"]);
            database.execute("DELETE FROM books").unwrap();
        }
        file(&database, "a.json", "[{\"name\": \"A\"}]\n");
        let error = Program::new(&database).run(&["import", "stores", "a.json"]).expect_error();
        assert!(error.contains("the file is JSON; stores and items are read from CSV"), "{error}");
    }

    fn what_is_no_table_is_refused_in_the_words_of_the_program_it_came_from(database) {
        let app = App::new(&database);
        let refused = |query: &str, kind: &str, table: &[u8]| {
            let path = format!("/api/imports{query}");
            let reply = app.request("POST", &path).send(&[("content-type", kind)], table);
            let status = reply.status;
            (status, reply.expect_problem(status))
        };
        let excel = "save it as \"CSV UTF-8\" in Excel";
        for (name, table) in [
            ("books.xlsx", b"PK\x03\x04\x14\0\x06\0".as_slice()),
            ("books.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
            ("binary.csv", b"title\0\xff,author\n"),
        ] {
            file(&database, name, table);
            let error = Program::new(&database).run(&["import", "books", name]).expect_error();
            assert!(error.contains(excel) && !error.contains("iconv"), "{error}");
            let (status, detail) = refused("", "text/csv", table);
            assert!(status == 400 && detail.contains(excel), "{status} {detail}");
        }
        file(&database, "a.csv", "title,author\nA,x\n");
        for (flag, value, reason) in [
            ("--encoding", "shift_jis", excel),
            ("--encoding", "klingon", "there is no encoding `klingon`"),
            ("--line-ends", "crcr", "invalid value 'crcr'"),
            ("--skip-lines", "some", "invalid value 'some'"),
        ] {
            let error = Program::new(&database).run(&["import", "books", "a.csv", flag, value]).expect_error();
            assert!(error.contains(reason), "{error}");
            let query = format!("?{}={value}", flag.trim_start_matches('-').replace('-', "_"));
            assert_eq!(refused(&query, "text/csv", b"title,author\n").0, 400, "{query}");
        }
        let (status, detail) = refused("", "text/csv; charset=shift_jis", b"title,author\n");
        assert!(status == 415 && detail.contains("the charset is `shift_jis`") && detail.contains(excel), "{detail}");
        let (_, detail) = refused("?skip_lines=1", "application/jsonl", b"{}");
        assert!(detail.contains("skip_lines is only for CSV"), "{detail}");
    }
}
