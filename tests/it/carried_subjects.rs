//! Subjects of books in files: exports carry them, imports store them, and what an import did with them is undone.

use serde_json::{Value, json};

use crate::{
    imported_profiles::upload,
    support::{App, Database, Program, app::file, on_both},
};

/// Names that a format could mistake for something else.
const HARD: [&str; 9] = [
    "=1+1",
    "A | B, C",
    "Caf\u{e9}s -- France -- 20th century.",
    "It's \"quoted\"",
    "N/A",
    "R&D",
    "gardens",
    "Gardens",
    "  Gardens  -  wild",
];

fn stored(names: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = names.iter().map(|name| name.trim().to_owned()).collect();
    names.sort();
    names
}

fn fresh_like(database: &Database) -> Database {
    if database.is_sqlite() { Database::sqlite() } else { Database::postgres().unwrap() }
}

fn run(database: &Database, arguments: &[&str], input: &str) -> String {
    let ended = Program::new(database).run_with_input(arguments, input.as_bytes()).expect_success();
    ended.stdout + &ended.stderr
}

/// The titles of the books, each with what it is about.
fn about(app: &App) -> Vec<(String, Vec<String>)> {
    let books = app.get("/api/books?include=subjects&fields=title&limit=1000").expect(200);
    let books = books.as_array().unwrap().iter().map(|book| {
        let names = book["subjects"].as_array().unwrap().iter();
        let mut names: Vec<String> = names.map(|name| name.as_str().unwrap().to_owned()).collect();
        names.sort();
        (book["title"].as_str().unwrap().to_owned(), names)
    });
    books.collect()
}

fn named(title: &str, names: &[&str]) -> (String, Vec<String>) {
    (title.to_owned(), stored(names))
}

fn counts(import: &Value) -> [i64; 5] {
    ["inserted", "updated", "skipped", "rejected", "warnings"]
        .map(|count| import[count].as_i64().unwrap())
}

on_both! {
    fn every_format_carries_any_name(database) {
        let app = App::new(&database);
        app.post("/api/books", json!({"title": "A", "author": "x y", "isbn": "9780306406157", "subjects": HARD})).expect(201);
        app.post("/api/books", json!({"title": "B", "author": "x y", "isbn": "9780132350884"})).expect(201);
        let expected = [named("A", &HARD), named("B", &[])];
        assert_eq!(about(&app), expected);
        let http = [("csv", "csv"), ("jsonl", "jsonl"), ("marc21", "mrc"), ("marcxml", "xml")];
        for (format, ending) in http {
            let written = run(&database, &["export", "books", "--format", format], "");
            assert_eq!(app.get(&format!("/api/exports/books.{ending}")).body, written);
            let other = fresh_like(&database);
            run(&other, &["import", "books", "-", "--format", format], &written);
            let found = about(&App::new(&other));
            if format == "marc21" || format == "marcxml" {
                // A record of a library has single spaces, and no word for nothing.
                let names = HARD.iter().filter(|name| **name != "N/A");
                let names: Vec<String> = names.map(|name| name.replace("  ", " ")).collect();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                assert_eq!(found, [named("A", &names), named("B", &[])], "{format}");
                continue;
            }
            assert_eq!(found, expected, "{format}");
            assert_eq!(run(&other, &["export", "books", "--format", format], ""), written);
            let again = run(&other, &["import", "books", "-", "--format", format, "--on-duplicate", "update"], &written);
            assert!(again.contains("2 rows: 0 inserted, 0 updated, 2 skipped"), "{again}");
        }
        for delimiter in [";", "tab", "|"] {
            let written = run(&database, &["export", "books", "--delimiter", delimiter, "--bom"], "");
            let other = fresh_like(&database);
            run(&other, &["import", "books", "-"], &written);
            assert_eq!(about(&App::new(&other)), expected, "{delimiter}");
        }
        run(&database, &["export", "all", "out"], "");
        let other = fresh_like(&database);
        let directory = file(&database, "unused", "").with_file_name("out");
        run(&other, &["import", "all", directory.to_str().unwrap(), "--strict"], "");
        assert_eq!(about(&App::new(&other)), expected);
    }

    fn exports_have_one_cell_or_an_array(database) {
        let app = App::new(&database);
        app.post("/api/books", json!({"title": "A", "author": "x", "subjects": ["b", "Z", "a"]})).expect(201);
        app.post("/api/books", json!({"title": "B", "author": "x"})).expect(201);
        let table = app.get("/api/exports/books.csv").body;
        let lines: Vec<&str> = table.lines().collect();
        assert!(lines[0].ends_with(",series_number,subjects"), "{table}");
        assert_eq!((lines[1], lines[2]), ("A,x,,,,available,,,,,,,Z; a; b", "B,x,,,,available,,,,,,,"));
        let objects = app.get("/api/exports/books.jsonl").body;
        let lines: Vec<Value> = objects.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!([&lines[0]["subjects"], &lines[1]["subjects"]], [&json!(["Z", "a", "b"]), &json!([])]);
        let saved = app.get("/api/books?include=subjects").body;
        let other = fresh_like(&database);
        run(&other, &["import", "books", "-"], &saved);
        assert_eq!(about(&App::new(&other)), [named("A", &["Z", "a", "b"]), named("B", &[])]);
    }

    fn an_update_replaces_subjects_and_leaves_them_where_the_file_has_none(database) {
        let app = App::new(&database);
        let isbns = ["9780306406157", "9780132350884", "9780131103627"];
        for (isbn, title) in isbns.iter().zip(["A", "B", "C"]) {
            let book = json!({"title": title, "author": "x", "isbn": isbn, "subjects": ["Gardens", "Rivers"]});
            app.post("/api/books", book).expect(201);
        }
        let table = |cells: [&str; 3]| {
            let rows = isbns.iter().zip(["A", "B", "C"]).zip(cells);
            let rows = rows.map(|((isbn, title), cell)| format!("{title},x,{isbn},\"{cell}\"\n"));
            format!("title,author,isbn,subjects\n{}", rows.collect::<String>())
        };
        let update = "?on_duplicate=update";
        let changed = table(["Rivers; Gardens", "Rivers;Atlases; ", ""]);
        let dry = upload(&app, &format!("{update}&dry_run=true"), &changed);
        assert_eq!(counts(&dry), [0, 1, 2, 0, 0], "{dry}");
        assert_eq!(counts(&upload(&app, update, &changed)), [0, 1, 2, 0, 0]);
        let both = ["Gardens", "Rivers"];
        assert_eq!(about(&app), [named("A", &both), named("B", &["Atlases", "Rivers"]), named("C", &both)]);
        assert_eq!(app.get("/api/books/2").expect(200)["version"], 2);
        assert_eq!(counts(&upload(&app, update, &changed)), [0, 0, 3, 0, 0]);
        assert_eq!(counts(&upload(&app, "", &table(["x", "x", "x"]))), [0, 0, 3, 0, 0]);

        let clear = "?on_duplicate=update&blank=clear";
        assert_eq!(counts(&upload(&app, clear, &changed)), [0, 1, 2, 0, 0]);
        assert_eq!(about(&app)[2], named("C", &[]));
        assert_eq!(counts(&upload(&app, update, "title,author,isbn,year\nA,x,9780306406157,1999\n")), [0, 1, 0, 0, 0]);
        assert_eq!(about(&app)[0], named("A", &both));
        let lines = "{\"title\":\"A\",\"author\":\"x\",\"isbn\":\"9780306406157\",\"subjects\":[]}\n\
            {\"title\":\"B\",\"author\":\"x\",\"isbn\":\"9780132350884\",\"subjects\":null}\n\
            {\"title\":\"C\",\"author\":\"x\",\"isbn\":\"9780131103627\",\"subjects\":\"One; Two\"}\n";
        let said = run(&database, &["import", "books", "-", "--format", "jsonl", "--on-duplicate", "update"], lines);
        assert!(said.contains("3 rows: 0 inserted, 1 updated, 2 skipped"), "{said}");
        assert_eq!(about(&app)[2], named("C", &["One", "Two"]));
    }

    fn an_undo_takes_subjects_back(database) {
        let app = App::new(&database);
        for title in ["A", "B", "C"] {
            app.post("/api/books", json!({"title": title, "author": "x", "subjects": ["Gardens"]})).expect(201);
        }
        // The second row of a book finds what the first one left of it; what was there before both is restored.
        let lines = "{\"title\":\"A\",\"author\":\"x\",\"status\":\"lent\"}\n{\"title\":\"A\",\"author\":\"x\",\"subjects\":[\"One\"]}\n\
            {\"title\":\"A\",\"author\":\"x\",\"subjects\":[\"Two\"]}\n{\"title\":\"B\",\"author\":\"x\",\"subjects\":[\"One\"]}\n\
            {\"title\":\"C\",\"author\":\"x\",\"subjects\":[\"One\"]}\n{\"title\":\"D\",\"author\":\"x\",\"subjects\":[\"One\", \"Two\"]}\n\
            {\"title\":\"D\",\"author\":\"x\",\"subjects\":[\"Three\"]}\n";
        let dry = upload(&app, "?on_duplicate=update&dry_run=true&format=jsonl", lines);
        assert_eq!(counts(&dry)[..3], [1, 6, 0], "{dry}");
        let import = upload(&app, "?on_duplicate=update&format=jsonl", lines);
        assert_eq!(counts(&import)[..3], [1, 6, 0], "{import}");
        assert_eq!(about(&app), [named("A", &["Two"]), named("B", &["One"]), named("C", &["One"]), named("D", &["Three"])]);
        app.put("/api/books/3", json!({"subjects": ["Mine"]})).expect(200);
        let id = import["id"].as_i64().unwrap();
        Program::new(&database).run(&["import", "undo", &id.to_string()]).expect_code(3);
        assert_eq!(about(&app), [named("A", &["Gardens"]), named("B", &["Gardens"]), named("C", &["Mine"])]);
        let import = app.get(&format!("/api/imports/{id}")).expect(200);
        assert_eq!([&import["reverted"], &import["not_reverted"]], [&json!(3), &json!(1)]);

        let skipped = upload(&app, "?on_duplicate=skip&format=jsonl", lines);
        assert_eq!(counts(&skipped)[..3], [1, 0, 6]);
        assert_eq!(about(&app)[3], named("D", &["One", "Two"]));
    }

    fn books_of_one_text_are_told_apart_by_their_subjects(database) {
        let app = App::new(&database);
        for subjects in [json!(["One"]), json!(["Two"]), json!([])] {
            app.post("/api/books", json!({"title": "A", "author": "x", "subjects": subjects})).expect(201);
        }
        let table = app.get("/api/exports/books.csv").body;
        assert_eq!(counts(&upload(&app, "?on_duplicate=update", &table))[..3], [0, 0, 3]);
        assert_eq!(about(&app), [named("A", &["One"]), named("A", &["Two"]), named("A", &[])]);
    }

    fn a_name_that_cannot_be_stored_is_a_warning_and_never_costs_the_book(database) {
        let app = App::new(&database);
        let many: Vec<String> = (100..220).map(|number| format!("s{number}")).collect();
        let table = format!(
            "title,author,isbn,subjects\nA,x,9780306406157,\"Gardens; {}; Rivers\"\nB,x,9780132350884,{}\nC,x,9780131103627,\"a\nb\"\n",
            "x".repeat(201), many.join(";"),
        );
        let import = upload(&app, "", &table);
        assert_eq!(counts(&import), [3, 0, 0, 0, 2], "{import}");
        let found = about(&app);
        assert_eq!((&found[0], found[1].1.len(), &found[2]), (&named("A", &["Gardens", "Rivers"]), 100, &named("C", &["a", "b"])));
        let warned = app.get(&format!("/api/imports/{}/warned.csv", import["id"])).body;
        assert!(warned.contains("has 201 characters, at most 200 are stored"), "{warned}");
        assert!(warned.contains("subjects has 120 names, at most 100 are stored"), "{warned}");
        // What is not read whole replaces nothing.
        app.put("/api/books/1", json!({"subjects": ["Mine"]})).expect(200);
        assert_eq!(counts(&upload(&app, "?on_duplicate=update", &table)), [0, 0, 3, 0, 2]);
        let lines = "{\"title\":\"D\",\"author\":\"x\",\"subjects\":[\"a\\nb\", {\"x\": 1}, 1984, \"c; d\"]}\n";
        let import = upload(&app, "?format=jsonl", lines);
        assert_eq!(counts(&import), [1, 0, 0, 0, 1], "{import}");
        assert_eq!(about(&app)[3], named("D", &["1984", "c", "d"]));
        // A row that is rejected can be corrected with its subjects.
        let lines = "{\"title\":\"\",\"author\":\"x\",\"subjects\":[\"One\", \"Two, Three\"]}\n";
        let import = upload(&app, "?format=jsonl", lines);
        let rejected = app.get(&format!("/api/imports/{}/rejected.csv", import["id"])).body;
        assert!(rejected.lines().nth(1).unwrap().contains(",\"One; Two, Three\","), "{rejected}");
    }

    fn a_map_and_a_default_name_subjects(database) {
        let app = App::new(&database);
        let table = "title,author,Tags,Topic\nA,x,\"One, Two\",\"Gardens, wild|Rivers\"\nB,x,,\n";
        assert_eq!(counts(&upload(&app, "", table))[..1], [2]);
        assert_eq!(about(&app), [named("A", &[]), named("B", &[])]);
        let query = "?on_duplicate=update&map=subjects=Topic,Tags&default=subjects=None%20given";
        assert_eq!(counts(&upload(&app, query, table))[..3], [0, 1, 1]);
        assert_eq!(about(&app), [named("A", &["Gardens, wild", "One", "Rivers", "Two"]), named("B", &[])]);
        let flags = ["import", "books", "-", "--map", "subjects=Topic", "--default", "subjects=One; Two"];
        run(&database, &flags, "title,author,Topic\nC,x,\nD,x,Rivers\n");
        assert_eq!(about(&app)[2..], [named("C", &["One", "Two"]), named("D", &["Rivers"])]);
    }

    fn programs_have_subjects_and_what_is_none(database) {
        let app = App::new(&database);
        let tables: [(&str, &[&str]); 13] = [
            ("author_sort,authors,pubdate,tags,title,uuid\nx,x,,\"Fantasy, Young Adult\",A,u\n", &["Fantasy", "Young Adult"]),
            (
                "Title\tPrimary Author\tSort Character\tTags\tCollections\tSubjects\n\
                 A\tx\t1\tto read, mine\tRead\tPilate, Pontius > Fiction|Novel\n",
                &["Novel", "Pilate, Pontius > Fiction"],
            ),
            (
                "Edition ISBN-13,Works labels,Authors labels,Genres labels,Subjects labels,Shelves\n,A,x,novel,\"gardens,paper\",mine\n",
                &["gardens", "novel", "paper"],
            ),
            (
                "Work ID,Title,Authors,Edition ID,Bookshelf,Subjects,Subject Places\n\
                 OL1W,A,x,OL1M,Already Read,\"Gardens, wild | Paper\",Rome\n",
                &["Gardens, wild", "Paper"],
            ),
            (
                "Title,Series Title,Authors,Categories,Monetary Units,ISBN-13,Target Audience\nA,,x,Fiction<br>Gardens,UNKNOWN,,\n",
                &["Fiction", "Gardens"],
            ),
            (
                "Key,Item Type,Publication Year,Author,Title,Manual Tags,Automatic Tags\nK,book,,x,A,to read; mine,Gardens; Rivers\n",
                &["Gardens", "Rivers"],
            ),
            ("title,author,genres\nA,x,\"['Young Adult', \"\"Children's\"\"]\"\n", &["Children's", "Young Adult"]),
            ("Titre,Auteur,Sujets\nA,x,Jardins ; Rivi\u{e8}res\n", &["Jardins", "Rivi\u{e8}res"]),
            ("{\"1\":{\"books_id\":\"1\",\"title\":\"A\",\"sortcharacter\":\"1\",\"primaryauthor\":\"x\",\"tags\":[\"mine\"],\
              \"subject\":{\"0\":[\"Gardens\"],\"1\":[\"Paper, wild\"]}}}", &["Gardens", "Paper, wild"]),
            (
                "/type/edition\t/books/OL1M\t6\t2010-07-31T19:18:30\t{\"title\": \"A\", \"by_statement\": \"x\", \"subjects\": \
                 [\"Gardens.\", \"R & D\"], \"subject_places\": [\"Rome\"], \"latest_revision\": 6, \
                 \"last_modified\": {\"value\": \"2010-07-31T19:18:30\"}}\n",
                &["Gardens.", "R & D"],
            ),
            ("Book Id,Title,Author,Author l-f,Bookshelves,Exclusive Shelf\n1,A,x,x,\"to-read, gardens\",to-read\n", &[]),
            ("Title,Authors,Contributors,ISBN/UID,Read Status,Moods,Tags\nA,x,,,read,dark,mine\n", &[]),
            ("item_type,title,creators,ean_isbn13,tags,group\nbook,A,x,,mine,\n", &[]),
        ];
        for (table, expected) in tables {
            upload(&app, "", table);
            assert_eq!(about(&app), [named("A", expected)], "{table}");
            database.execute("DELETE FROM books").unwrap();
        }
    }

    fn records_of_libraries_keep_their_subjects(database) {
        let record = "<collection xmlns=\"http://www.loc.gov/MARC21/slim\"><record><leader>00000nam a2200000 i 4500</leader>\
            <datafield tag=\"245\" ind1=\"0\" ind2=\"0\"><subfield code=\"a\">A</subfield></datafield>\
            <datafield tag=\"100\" ind1=\"0\" ind2=\" \"><subfield code=\"a\">Ada Finch</subfield></datafield>\
            <datafield tag=\"650\" ind1=\" \" ind2=\"0\"><subfield code=\"a\">Gardens</subfield><subfield code=\"z\">England</subfield>\
            <subfield code=\"x\">History.</subfield></datafield>\
            <datafield tag=\"653\" ind1=\" \" ind2=\" \"><subfield code=\"a\">paper; water</subfield></datafield></record></collection>";
        let app = App::new(&database);
        run(&database, &["import", "books", "-"], record);
        let expected = [named("A", &["Gardens -- England -- History", "paper", "water"])];
        assert_eq!(about(&app), expected);
        for format in ["marc21", "marcxml"] {
            let written = run(&database, &["export", "books", "--format", format], "");
            let other = fresh_like(&database);
            run(&other, &["import", "books", "-"], &written);
            assert_eq!(about(&App::new(&other)), expected);
        }
        let xml = app.get("/api/exports/books.xml").body;
        assert!(xml.contains("tag=\"650\"") && xml.contains("<subfield code=\"x\">England</subfield>"), "{xml}");
        let product = "<ONIXMessage release=\"3.0\"><Product><RecordReference>r</RecordReference><NotificationType>03</NotificationType>\
            <DescriptiveDetail><TitleDetail><TitleType>01</TitleType><TitleElement><TitleElementLevel>01</TitleElementLevel>\
            <TitleText>B</TitleText></TitleElement></TitleDetail><Contributor><ContributorRole>A01</ContributorRole>\
            <PersonName>x y</PersonName></Contributor><Subject><SubjectSchemeIdentifier>20</SubjectSchemeIdentifier>\
            <SubjectHeadingText>one; two</SubjectHeadingText></Subject>\
            </DescriptiveDetail></Product></ONIXMessage>";
        run(&database, &["import", "books", "-"], product);
        assert_eq!(about(&app)[1], named("B", &["one", "two"]));

        // A record of ISO 2709 has room for some of them only.
        let long: Vec<String> = (0..100).map(|number| format!("{number:03}{}", "\u{1f33f}".repeat(197))).collect();
        let text = "\u{1f33f}".repeat(9_000);
        app.put("/api/books/1", json!({"subjects": long, "description": text})).expect(200);
        let other = fresh_like(&database);
        let written = run(&database, &["export", "books", "--format", "marc21"], "");
        run(&other, &["import", "books", "-"], &written);
        let count = about(&App::new(&other))[0].1.len();
        assert!((50..100).contains(&count), "{count}");
        let whole = run(&database, &["export", "books", "--format", "marcxml"], "");
        run(&other, &["import", "books", "-", "--on-duplicate", "update"], &whole);
        assert_eq!(about(&App::new(&other))[0].1.len(), 100);
    }

    fn many_books_are_given_many_subjects(database) {
        let mut table = "title,author,isbn,subjects\n".to_owned();
        for number in 0..1300 {
            table += &format!("B{number},x,,\"s{number}; s{}; all; t{}\"\n", number / 7, number % 5);
        }
        let app = App::new(&database);
        assert_eq!(counts(&upload(&app, "", &table))[..1], [1300]);
        let of = |name: &str| {
            let books = app.get(&format!("/api/books?subjects.name={name}&limit=1000&fields=id")).expect(200);
            books.as_array().unwrap().len()
        };
        assert_eq!([of("all"), of("t3"), of("s100"), of("s1299")], [1000, 260, 8, 1]);
        assert_eq!(app.get("/api/exports/books.csv").body.lines().filter(|line| line.contains("; s")).count(), 1300);
        let again = run(&database, &["import", "books", "-", "--on-duplicate", "update"], &table);
        assert!(again.contains("1300 rows: 0 inserted, 0 updated, 1300 skipped"), "{again}");
        let other = run(&database, &["import", "books", "-", "--on-duplicate", "update"], &table.replace("; all", ""));
        assert!(other.contains("1300 rows: 0 inserted, 1300 updated"), "{other}");
        assert_eq!([of("all"), of("t3"), of("s100")], [0, 260, 8]);
    }
}
