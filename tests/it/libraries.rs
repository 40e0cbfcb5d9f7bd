//! Records of libraries and publishers: MARC 21, MARCXML and ONIX 3 in, MARC 21 and MARCXML out.

use serde_json::{Value, json};

use crate::support::{App, Database, Program, app::file, on_both};

const BOOKS: [&str; 3] = [
    "The river atlas|Mara Lindt|1987|9780306406157|448",
    "Caf\u{e9} nights|Jos\u{e9} N\u{fa}\u{f1}ez, Ben Okoro|2001|9780132350884|300",
    "Essays|Ben Okoro|-|-|-",
];

/// A record of ISO 2709; `|` is the sign before a subfield.
fn marc(fields: &[(&str, &str)]) -> Vec<u8> {
    let (mut directory, mut data) = (String::new(), Vec::new());
    for (tag, value) in fields {
        let value = format!("{}\u{1e}", value.replace('|', "\u{1f}"));
        directory += &format!("{tag}{:04}{:05}", value.len(), data.len());
        data.extend(value.bytes());
    }
    let base = 24 + directory.len() + 1;
    let leader = format!("{:05}nam a22{base:05}   4500", base + data.len() + 1);
    [leader.as_bytes(), directory.as_bytes(), b"\x1e", &data, b"\x1d"].concat()
}

fn marc_file() -> Vec<u8> {
    let one = [
        ("001", "x1"),
        ("020", "  |a9780306406157 (pbk.) :|c$9.99"),
        ("100", "1 |aLindt, Mara,|d1950-"),
        ("245", "14|aThe river atlas :|bmaps of water /|cMara Lindt."),
        ("260", "  |aLondon :|bTor,|cc1987."),
        ("300", "  |axii, 448 p. ;|c23 cm"),
    ];
    let two = [
        ("020", "  |z0306406152"),
        ("020", "  |a0132350882"),
        ("100", "1 |aN\u{fa}\u{f1}ez, Jos\u{e9}."),
        ("245", "10|aCafe\u{301} nights."),
        ("264", " 1|c[2001]"),
        ("300", "  |a300 pages"),
        ("700", "1 |aOkoro, Ben,|eauthor."),
    ];
    // A collection that has editors only.
    let three = [("245", "00|aEssays."), ("700", "1 |aOkoro, Ben,|eeditor.")];
    [marc(&one), marc(&two), marc(&three)].concat()
}

fn product(isbn: &str, title: &str, contributors: &[(&str, &str)], more: &str) -> String {
    let some =
        |value: &str, written: String| if value.is_empty() { String::new() } else { written };
    let isbn = some(
        isbn,
        format!(
            "<ProductIdentifier><ProductIDType>15</ProductIDType><IDValue>{isbn}</IDValue></ProductIdentifier>"
        ),
    );
    let contributors: String = contributors
        .iter()
        .map(|(role, name)| {
            format!("<Contributor><ContributorRole>{role}</ContributorRole><PersonName>{name}</PersonName></Contributor>")
        })
        .collect();
    let (extent, date) = more.split_once('|').unwrap_or_default();
    let extent = some(
        extent,
        format!(
            "<Extent><ExtentType>00</ExtentType><ExtentValue>{extent}</ExtentValue><ExtentUnit>03</ExtentUnit></Extent>"
        ),
    );
    let date = some(
        date,
        format!(
            "<PublishingDetail><PublishingDate><PublishingDateRole>01</PublishingDateRole><Date>{date}</Date></PublishingDate>\
             </PublishingDetail>"
        ),
    );
    format!(
        "<Product><RecordReference>r</RecordReference><NotificationType>03</NotificationType>{isbn}<DescriptiveDetail>\
         <TitleDetail><TitleType>01</TitleType><TitleElement><TitleElementLevel>01</TitleElementLevel>{title}</TitleElement>\
         </TitleDetail>{contributors}{extent}</DescriptiveDetail>{date}</Product>"
    )
}

fn onix_file() -> String {
    let title = |title: &str| format!("<TitleText>{title}</TitleText>");
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ONIXMessage release=\"3.0\" xmlns=\"http://ns.editeur.org/onix/3.0/reference\">{}{}{}\
         </ONIXMessage>",
        product(
            "9780306406157",
            "<TitlePrefix>The</TitlePrefix><TitleWithoutPrefix>river atlas</TitleWithoutPrefix><Subtitle>maps of water</Subtitle>",
            &[("A01", "Mara Lindt")],
            "448|19870305",
        ),
        product(
            "9780132350884",
            &title("Caf&#233; nights"),
            &[("A01", "José Núñez"), ("A01", "Ben Okoro")],
            "300|2001"
        ),
        product("", &title("Essays"), &[("B01", "Ben Okoro")], "|"),
    )
}

fn books(database: &Database) -> Vec<String> {
    let text = |column: &str| format!("coalesce(CAST({column} AS VARCHAR(20)), '-')");
    let (year, pages) = (text("year"), text("page_count"));
    database.texts(&format!(
        "SELECT title || '|' || author || '|' || {year} || '|' || coalesce(isbn, '-') || '|' || {pages} FROM books ORDER BY id"
    ))
}

fn ended(app: &App, reply: &Value) -> Value {
    let events = app.get(reply["links"]["events"].as_str().unwrap()).body;
    let last = events.trim_end().rsplit_once("event: end\ndata: ").expect("an end").1;
    serde_json::from_str(last).unwrap()
}

fn upload(app: &App, query: &str, kind: &str, bytes: &[u8]) -> Value {
    let path = format!("/api/imports{query}");
    let sent = app.request("POST", &path).send(&[("content-type", kind)], bytes).expect(202);
    ended(app, &sent)
}

fn xml_of(marc: &[u8], database: &Database) -> String {
    // What is exported as XML has been through both readers.
    file(database, "seed.mrc", marc);
    Program::new(database).run(&["import", "books", "seed.mrc"]).expect_success();
    let written = Program::new(database)
        .run(&["export", "books", "--format", "marcxml"])
        .expect_success()
        .stdout;
    database.execute("DELETE FROM books").unwrap();
    written
}

on_both! {
    fn a_book_with_any_description_goes_out_and_comes_back(database) {
        let app = App::new(&database);
        let descriptions = ["One\ntwo\tthree\r\nfour".to_owned(), "ế".repeat(9_900), "a b\n\n".repeat(2_000)];
        for (number, description) in descriptions.iter().enumerate() {
            let book = json!({"title": number.to_string(), "author": "x", "description": description});
            app.post("/api/books", book).expect(201);
        }
        let letters = |text: &str| text.split_whitespace().collect::<String>();
        for (format, ending) in [("marc21", "mrc"), ("marcxml", "xml")] {
            assert_eq!(app.get(&format!("/api/exports/books.{ending}")).status, 200, "{ending}");
            let name = format!("a.{ending}");
            Program::new(&database).run(&["export", "books", "--format", format, "-o", &name]).expect_success();
            database.execute("DELETE FROM books").unwrap();
            Program::new(&database).run(&["import", "books", &name, "--strict"]).expect_success();
            let books = app.get("/api/books?sort=title").expect(200);
            for (book, description) in books.as_array().unwrap().iter().zip(&descriptions) {
                assert_eq!(letters(book["description"].as_str().unwrap()), letters(description), "{format}");
            }
            assert_eq!(books.as_array().unwrap().len(), 3);
        }
    }

    fn lists_of_books_are_records_for_who_accepts_these(database) {
        let app = App::new(&database);
        let list = |query: &str, kind: &str| app.request("GET", &format!("/api/books{query}")).send(&[("accept", kind)], b"");
        let empty = list("", "application/marcxml+xml");
        assert!(empty.body.ends_with("\">\n</collection>\n"), "{}", empty.body);
        assert_eq!(list("", "application/marc").body, "");
        let books: Vec<_> = (0..1500).map(|number| json!({"title": format!("Title {number}"), "author": "x", "subtitle": "<&>"})).collect();
        for part in books.chunks(500) {
            app.post("/api/books", json!(part)).expect(201);
        }
        for (kind, ending) in [("application/marc", "mrc"), ("application/marcxml+xml", "xml")] {
            for query in ["", "?title__endswith=7", "?limit=3"] {
                let reply = list(query, kind);
                assert_eq!((reply.status, reply.headers["content-type"].as_str()), (200, kind));
                let whole = app.get(&format!("/api/exports/books.{ending}{}", query.replace("limit=3", "id__lte=3"))).body;
                assert_eq!(reply.body, whole, "{kind} {query}");
            }
            assert!(list("?limit=3", kind).headers["link"].contains("rel=\"next\""));
            for query in ["?fields=title", "?include=items", "?q=title&highlight=true&limit=1"] {
                let problem = list(query, kind);
                assert_eq!(problem.status, 400);
                assert!(problem.body.contains("a record of a library is whole, leave it out"), "{}", problem.body);
            }
            let stores = app.request("GET", "/api/stores").send(&[("accept", kind)], b"");
            assert_eq!(stores.status, 406);
            assert!(!stores.body.contains("marc"), "{}", stores.body);
            let headers = [("accept", kind), ("content-type", "application/json")];
            let queried = app.request("POST", "/api/books/query").send(&headers, br#"{"limit": 3}"#);
            assert_eq!(queried.body, list("?limit=3", kind).body);
        }
        let refused = list("", "application/xml");
        assert_eq!(refused.status, 406);
        assert!(refused.body.contains("application/jsonl, application/marc, application/marcxml+xml"), "{}", refused.body);
    }

    fn records_of_libraries_become_books(database) {
        let app = App::new(&database);
        let (marc21, onix) = (marc_file(), onix_file());
        let marcxml = xml_of(&marc21, &database);
        for (name, kind, bytes, read_as) in [
            ("a.mrc", "application/marc", marc21.as_slice(), "MARC 21"),
            ("a.dat", "application/octet-stream", &marc21, "MARC 21"),
            ("a.xml", "application/marcxml+xml", marcxml.as_bytes(), "MARCXML"),
            ("b.xml", "text/xml", onix.as_bytes(), "ONIX 3"),
        ] {
            file(&database, name, bytes);
            let ran = Program::new(&database).run(&["import", "books", name, "--dry-run"]).expect_success();
            assert!(ran.stderr.contains(&format!("the file is read as {read_as}")), "{name}: {}", ran.stderr);
            assert!(books(&database).is_empty());
            Program::new(&database).run(&["import", "books", name]).expect_success();
            assert_eq!(books(&database), BOOKS, "{name}");
            let again = Program::new(&database).run(&["import", "books", name]).expect_success();
            assert!(again.stdout.contains("3 rows: 0 inserted, 0 updated, 3 skipped"), "{}", again.stdout);
            database.execute("DELETE FROM books").unwrap();

            let query = if kind == "application/octet-stream" { "?format=csv" } else { "" };
            let import = upload(&app, query, kind, bytes);
            let format = match read_as {
                "MARC 21" => "marc21",
                "MARCXML" => "marcxml",
                _ => "onix",
            };
            assert_eq!((&import["format"], &import["inserted"]), (&json!(format), &json!(3)), "{name}: {import}");
            assert_eq!(import["bytes_read"], import["bytes_total"], "{name}");
            assert_eq!(books(&database), BOOKS, "{name}");
            database.execute("DELETE FROM books").unwrap();
        }
    }

    fn a_bad_record_costs_that_record(database) {
        let app = App::new(&database);
        let good = |title: &str| marc(&[("100", "0 |aAda"), ("245", &format!("00|a{title}"))]);
        let mut spoilt = good("Spoilt");
        spoilt[12..17].copy_from_slice(b"xxxxx");
        spoilt.truncate(40);
        spoilt.push(0x1d);
        let nobody = marc(&[("245", "00|aNobody"), ("020", "  |a0306406152")]);
        let unusable = marc(&[("100", "0 |aAda"), ("245", "00|aUnusable"), ("020", "  |a123"), ("300", "  |a2 v.")]);
        let bytes = [good("First"), spoilt, nobody, unusable, good("Last")].concat();
        file(&database, "a.mrc", &bytes);
        let flags = ["import", "books", "a.mrc", "--rejects", "rejects.csv", "--warnings", "warnings.csv"];
        let ran = Program::new(&database).run(&flags).expect_success();
        assert!(ran.stdout.contains("5 rows: 3 inserted, 0 updated, 0 skipped, 2 rejected"), "{}", ran.stdout);
        let written = |name: &str| std::fs::read_to_string(database.home.path().join(name)).unwrap();
        let rejects = written("rejects.csv");
        assert!(rejects.contains("2,2,"), "{rejects}");
        assert!(rejects.contains("3,3,") && rejects.contains("Nobody"), "{rejects}");
        assert!(written("warnings.csv").contains("4,4,page_count `2 v.` is not a number of pages"), "{}", written("warnings.csv"));
        let titles = ["First|Ada|-|-|-", "Unusable|Ada|-|-|-", "Last|Ada|-|-|-"];
        assert_eq!(books(&database), titles);
        database.execute("DELETE FROM books").unwrap();

        let import = upload(&app, "", "application/marc", &bytes);
        assert_eq!((&import["inserted"], &import["rejected"]), (&json!(3), &json!(2)), "{import}");
        assert_eq!(books(&database), titles);
        // What was rejected can be corrected and imported again.
        let rejected = app.get(import["links"]["rejected"].as_str().unwrap()).body;
        let line = rejected.lines().find(|line| line.starts_with("Nobody,")).expect("the record").to_owned();
        assert!(line.contains("0306406152"), "{rejected}");
        let header = rejected.lines().next().unwrap();
        let corrected = format!("{header}\n{}\n", line.replacen("Nobody,", "Nobody,Ada", 1));
        assert_eq!(upload(&app, "", "text/csv", corrected.as_bytes())["inserted"], 1);
        assert_eq!(books(&database)[3], "Nobody|Ada|-|9780306406157|-");
    }

    fn books_go_out_as_marc_and_come_back_the_same(database) {
        let app = App::new(&database);
        let given = [
            json!({"title": "Plain", "author": "Ada Finch"}),
            json!({"title": "A : b / c.", "author": "Martin, Robert C.", "year": 1987, "page_count": 448, "isbn": "9780306406157"}),
            json!({"title": "日本語 & <tags> |a", "author": "José Núñez, Ben Okoro", "year": 2001}),
            json!({"title": "x".repeat(200), "author": "y".repeat(900), "year": 5}),
        ];
        app.post("/api/books", json!(given)).expect(201);
        let export = |database: &Database, format: &str| {
            Program::new(database).run(&["export", "books", "--format", format]).expect_success().stdout
        };
        let before = export(&database, "csv");
        for (ending, format, kind) in [
            ("mrc", "marc21", "application/marc"),
            ("xml", "marcxml", "application/marcxml+xml"),
        ] {
            let reply = app.get(&format!("/api/exports/books.{ending}"));
            assert_eq!((reply.status, reply.headers["content-type"].as_str()), (200, kind));
            assert_eq!(reply.headers["content-disposition"], format!("attachment; filename=\"books.{ending}\""));
            assert_eq!(reply.body, export(&database, format));
            let unchanged = upload(&app, "?on_duplicate=update", kind, reply.body.as_bytes());
            assert_eq!((&unchanged["skipped"], &unchanged["rows"]), (&json!(4), &json!(4)), "{unchanged}");
            let some = app.get(&format!("/api/exports/books.{ending}?year__gte=1000")).body;
            database.execute("DELETE FROM books").unwrap();
            assert_eq!(upload(&app, "", kind, some.as_bytes())["inserted"], 2, "{some}");
            database.execute("DELETE FROM books").unwrap();
            let empty = app.get(&format!("/api/exports/books.{ending}"));
            assert_eq!(empty.body.contains("</collection>"), ending == "xml", "{}", empty.body);
            upload(&app, "", kind, reply.body.as_bytes());
            assert_eq!(export(&database, "csv"), before, "{format}");
        }
    }

    fn an_import_of_records_goes_on_where_the_server_was_killed(database) {
        let records: Vec<u8> = (0..20_000)
            .flat_map(|number| marc(&[("100", "0 |aAda"), ("245", &format!("00|aTitle {number}"))]))
            .collect();
        let mut app = App::new(&database);
        let sent = app.request("POST", "/api/imports").send(&[("content-type", "application/marc")], &records);
        let sent: Value = serde_json::from_str(&sent.body).unwrap();
        for _ in 0..3 {
            let begun = std::time::Instant::now();
            let before = database.texts("SELECT CAST(count(*) AS VARCHAR(9)) FROM books");
            // Some of it is stored, and not all.
            while database.texts("SELECT CAST(count(*) AS VARCHAR(9)) FROM books") == before
                && begun.elapsed().as_secs() < 5
            {}
            app.kill();
            app = App::new(&database);
        }
        let import = ended(&app, &sent);
        assert_eq!((&import["rows"], &import["inserted"]), (&json!(20_000), &json!(20_000)), "{import}");
        let distinct = "SELECT CAST(count(DISTINCT title) AS VARCHAR(9)) || ' ' || count(*) FROM books";
        assert_eq!(database.texts(distinct), ["20000 20000"]);
    }

    fn a_file_of_which_nothing_can_be_read_is_refused(database) {
        let app = App::new(&database);
        let bomb = "<?xml version=\"1.0\"?><!DOCTYPE collection [<!ENTITY a \"aaaa\">]><collection><record/></collection>";
        for (name, kind, text, reason) in [
            ("a.xml", "application/xml", bomb, "a document type with declarations is refused"),
            ("b.xml", "text/xml", "<?xml version=\"1.0\"?><rss><channel/></rss>", "XML, but neither MARCXML nor ONIX 3"),
            ("c.xml", "application/marcxml+xml", "<?xml version=\"1.0\"?><collection></collection>", "no records of MARCXML"),
        ] {
            file(&database, name, text);
            let error = Program::new(&database).run(&["import", "books", name]).expect_error();
            assert!(error.contains(reason), "{name}: {error}");
            let reply = app.request("POST", "/api/imports").send(&[("content-type", kind)], text.as_bytes());
            let detail = reply.expect_problem(400);
            assert!(detail.contains(reason), "{name}: {detail}");
        }
        let (status, detail) = {
            let reply = app.request("POST", "/api/imports?map=a%3Db").send(&[("content-type", "application/marc")], b"x");
            (reply.status, reply.expect_problem(400))
        };
        assert!(status == 400 && detail.contains("map is only for CSV; records of libraries have their own fields"), "{detail}");
    }
}
