//! Tables of programs that are known by their headers, and values for rows without one.

use serde_json::{Value, json};

use crate::support::{App, Database, Program, app::file, on_both};

/// A table with the header of a program, of which a row has the given cells.
fn table(header: &str, delimiter: char, rows: &[&[(&str, &str)]]) -> String {
    let names: Vec<&str> = header.split(',').collect();
    let line = |cells: Vec<String>| cells.join(&delimiter.to_string()) + "\n";
    let quoted = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
    let mut table = line(names.iter().map(|name| quoted(name)).collect());
    for row in rows {
        assert!(row.iter().all(|(name, _)| names.contains(name)), "{row:?}");
        let cell = |name: &&str| {
            row.iter().find(|(column, _)| column == name).map_or("", |(_, cell)| *cell)
        };
        table += &line(names.iter().map(|name| quoted(cell(name))).collect());
    }
    table
}

pub fn books(database: &Database) -> Vec<String> {
    database.texts(
        "SELECT title || '|' || author || '|' || coalesce(CAST(year AS VARCHAR(9)), '-') || '|' || coalesce(isbn, '-') || '|' \
         || coalesce(CAST(page_count AS VARCHAR(9)), '-') || '|' || status FROM books ORDER BY id",
    )
}

pub fn upload(app: &App, query: &str, table: &str) -> Value {
    let path = format!("/api/imports{query}");
    let import = app
        .request("POST", &path)
        .send(&[("content-type", "text/csv")], table.as_bytes())
        .expect(202);
    let events = app.get(import["links"]["events"].as_str().unwrap()).body;
    let last = events.trim_end().rsplit_once("event: end\ndata: ").expect("an end").1;
    serde_json::from_str(last).unwrap()
}

/// Imports a table by the command line and over HTTP, both of which must name the program and store the same books.
pub fn expect_books(database: &Database, program: &str, table: &str, expected: &[&str]) {
    file(database, "a.csv", table);
    let dry =
        Program::new(database).run(&["import", "books", "a.csv", "--dry-run"]).expect_success();
    assert!(
        dry.stderr.contains(&format!("the file is a table of {program}, read as UTF-8")),
        "{}",
        dry.stderr
    );
    Program::new(database).run(&["import", "books", "a.csv"]).expect_success();
    assert_eq!(books(database), expected, "{program}");
    database.execute("DELETE FROM books").unwrap();

    let import = upload(&App::new(database), "", table);
    assert_eq!(import["read_as"]["profile"], program, "{import}");
    assert_eq!(books(database), expected, "{program}");
    database.execute("DELETE FROM books").unwrap();
}

const GOODREADS: &str = "Book Id,Title,Author,Author l-f,Additional Authors,ISBN,ISBN13,My Rating,Average Rating,Publisher,Binding,\
    Number of Pages,Year Published,Original Publication Year,Date Read,Date Added,Bookshelves,Bookshelves with positions,\
    Exclusive Shelf,My Review,Spoiler,Private Notes,Read Count,Owned Copies";
const STORYGRAPH: &str = "Title,Authors,Contributors,ISBN/UID,Format,Read Status,Date Added,Last Date Read,Dates Read,Read Count,\
    Moods,Pace,Star Rating,Review,Tags,Owned?";
const LIBRARYTHING: &str = "Book Id,Title,Sort Character,Primary Author,Primary Author Role,Secondary Author,\
    Secondary Author Roles,Publication,Date,Review,Rating,Comment,Private Comment,Summary,Media,Page Count,Tags,Collections,\
    Languages,ISBN,ISBNs,Subjects,Copies";
const CALIBRE: &str = "author_sort,authors,comments,cover,formats,id,identifiers,isbn,languages,library_name,pubdate,publisher,\
    rating,series,series_index,size,tags,timestamp,title,title_sort,uuid,status";
const ZOTERO: &str = "Key,Item Type,Publication Year,Author,Title,Publication Title,ISBN,ISSN,DOI,Url,Abstract Note,Date,\
    Date Added,Date Modified,Access Date,Pages,Num Pages,Issue,Volume,Editor";
const BOOKWYRM: &str = "title,author_text,remote_id,openlibrary_key,inventaire_id,librarything_key,goodreads_key,bnf_id,viaf,\
    wikidata,asin,isbn_10,isbn_13,oclc_number,rating,review_name,review_cw,review_content,shelf";
const LIBIB: &str = "item_type,title,creators,first_name,last_name,collection,ean_isbn13,upc_isbn10,description,publisher,\
    publish_date,group,tags,notes,price,length,rating,review,review_date,status,began,completed,added,copies";
const BOOKBUDDY: &str = "Title;Original Title;Subtitle;Series;Volume;Author;Author (Last, First);Publisher;Year Published;\
    Original Year Published;Genre;Summary;Number of Pages;Language;ISBN;Rating;Notes;Google VolumeID;Uploaded Image URL";

on_both! {
    fn tables_of_readers_are_known_by_their_headers(database) {
        let rows: [&[(&str, &str)]; 3] = [
            &[
                ("Title", "The Paper Garden"), ("Author", "Ada Finch"), ("ISBN", "=\"0306406152\""), ("ISBN13", "=\"9780306406157\""),
                ("Number of Pages", "448"), ("Year Published", "2019"), ("Original Publication Year", "1987"),
                ("Exclusive Shelf", "to-read"),
            ],
            &[("Title", "Twice"), ("Author", "Ben"), ("ISBN", "=\"\""), ("ISBN13", "=\"9780132350884\""), ("Year Published", "2020")],
            &[("Title", "Twice"), ("Author", "Ben"), ("ISBN", "=\"\""), ("ISBN13", "=\"\""), ("Exclusive Shelf", "read")],
        ];
        expect_books(&database, "Goodreads", &table(GOODREADS, ',', &rows), &[
            "The Paper Garden|Ada Finch|1987|9780306406157|448|available",
            "Twice|Ben|2020|9780132350884|-|available",
            "Twice|Ben|-|-|-|available",
        ]);
        let rows: [&[(&str, &str)]; 1] =
            [&[("Title", "Dune"), ("Authors", "F. Herbert"), ("ISBN/UID", "9780306406157"), ("Read Status", "currently-reading")]];
        let expected = ["Dune|F. Herbert|-|9780306406157|-|available"];
        expect_books(&database, "StoryGraph", &table(STORYGRAPH, ',', &rows), &expected);
        let rows: [&[(&str, &str)]; 1] = [&[
            ("Title", "Le jardin"), ("Primary Author", "Finch, Ada"), ("Date", "1979"), ("Page Count", "590 "),
            ("ISBN", "[0306406152]"), ("ISBNs", "0306406152, 9780306406157"), ("Collections", "Read but unowned"),
        ]];
        let expected = ["Le jardin|Finch, Ada|1979|9780306406157|590|available"];
        expect_books(&database, "LibraryThing", &table(LIBRARYTHING, '\t', &rows), &expected);
        let rows: [&[(&str, &str)]; 1] = [&[
            ("title", "Solaris"), ("author_text", "S. Lem"), ("isbn_10", "0306406152"), ("isbn_13", "9780306406157"), ("shelf", "read"),
        ]];
        let expected = ["Solaris|S. Lem|-|9780306406157|-|available"];
        expect_books(&database, "BookWyrm", &table(BOOKWYRM, ',', &rows), &expected);
    }

    fn tables_of_catalogues_are_known_by_their_headers(database) {
        let rows: [&[(&str, &str)]; 2] = [
            &[
                ("title", "A"), ("authors", "Ada & Gil"), ("author_sort", "Ada, X"), ("isbn", "9780306406157"),
                ("pubdate", "1987-03-05T01:00:00+01:00"),
            ],
            &[("title", "B"), ("authors", "Ben"), ("pubdate", "0101-01-01T00:00:00+00:00"), ("status", "reading")],
        ];
        let expected = ["A|Ada & Gil|1987|9780306406157|-|available", "B|Ben|-|-|-|available"];
        expect_books(&database, "Calibre", &table(CALIBRE, ',', &rows), &expected);
        let rows: [&[(&str, &str)]; 3] = [
            &[
                ("Title", "A"), ("Author", "Finch, Ada"), ("Publication Year", "1987"), ("Num Pages", "448"),
                ("ISBN", "978-0-306-40615-7 978-0-13-235088-4"),
            ],
            &[("Title", "B"), ("Author", "Okafor, Ben"), ("Date", "May 2001"), ("Pages", "12-34")],
            &[("Title", "C"), ("Editor", "Lund, Eva; Aro, Finn"), ("Pages", "200")],
        ];
        expect_books(&database, "Zotero", &table(ZOTERO, ',', &rows), &[
            "A|Finch, Ada|1987|9780306406157|448|available",
            "B|Okafor, Ben|2001|-|-|available",
            "C|Lund, Eva; Aro, Finn|-|-|-|available",
        ]);
        let rows: [&[(&str, &str)]; 1] = [&[
            ("item_type", "book"), ("title", "A"), ("creators", "Ann"), ("ean_isbn13", ""), ("upc_isbn10", "0306406152"),
            ("publish_date", "2001-05-06"), ("status", "Completed"),
        ]];
        expect_books(&database, "Libib", &table(LIBIB, ',', &rows), &["A|Ann|2001|9780306406157|-|available"]);
        let header = BOOKBUDDY.split(';').map(|name| format!("\"{}\"", name.trim())).collect::<Vec<_>>().join(",");
        let row = "A,,,,,Ann,\"A, Ann\",,2016,1987,,,300,,9780306406157,,,,";
        expect_books(&database, "BookBuddy", &format!("{header}\n{row}\n"), &["A|Ann|1987|9780306406157|300|available"]);
    }

    fn rows_without_a_value_have_the_one_that_is_given_and_it_replaces_nothing(database) {
        let table = "title,author,isbn,pages\nBook of Songs,,9780306406157,\nB,x,,7\n";
        file(&database, "a.csv", table);
        let flags = ["import", "books", "a.csv", "--default", "author=Anonymous", "--default", "page_count=12", "--default", "status=new"];
        Program::new(&database).run(&flags).expect_success();
        let expected = ["Book of Songs|Anonymous|-|9780306406157|12|new", "B|x|-|-|7|new"];
        assert_eq!(books(&database), expected);
        let app = App::new(&database);
        app.put("/api/books/1", json!({"author": "Ann", "page_count": 100, "status": "lent"})).expect(200);
        let query = "?default=author%3DAnonymous&default=page_count%3D12&default=status%3Dnew&on_duplicate=update";
        assert_eq!(upload(&app, query, table)["skipped"], 2);
        assert_eq!(books(&database)[0], "Book of Songs|Ann|-|9780306406157|100|lent");
        // A table that has no column for it at all.
        assert_eq!(upload(&app, "?default=author%3DAnonymous", "title\nC\n")["inserted"], 1);
        assert_eq!(books(&database)[2], "C|Anonymous|-|-|-|available");
        for (flag, reason) in [
            ("isbn=9780306406157", "every book has an isbn of its own"),
            ("shelf=A", "`shelf` is no column of a book"),
            ("author", "expected a column and `=`"),
        ] {
            let error = Program::new(&database).run(&["import", "books", "a.csv", "--default", flag]).expect_error();
            assert!(error.contains(reason), "{error}");
            let path = format!("/api/imports?default={}", flag.replace('=', "%3D"));
            app.request("POST", &path).send(&[("content-type", "text/csv")], table.as_bytes()).expect_problem(400);
        }
    }

    fn what_is_understood_is_listed(database) {
        let listed = Program::new(&database).run(&["import", "--formats"]).expect_success().stdout;
        for line in ["Goodreads, recognised by book_id, author_l_f, exclusive_shelf:", "  isbn: isbn, isbn13\n", "  status: not read\n"] {
            assert!(listed.contains(line), "{listed}");
        }
    }
}
