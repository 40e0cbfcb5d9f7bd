//! Tables of more programs, each as its documentation or its source describes it, and headers in other languages.

use crate::{
    imported_profiles::{books, expect_books, upload},
    support::{App, Database, Program, app::file, on_both},
};

// Rows have the cells that matter, and those that could be taken for something else.
const BOOK_CATALOGUE: &str = include_str!("tables/book_catalogue.csv");
const DELICIOUS_LIBRARY: &str = include_str!("tables/delicious_library.csv");
const BIBLIOTEQ: &str = include_str!("tables/biblioteq.csv");
const INVENTAIRE: &str = include_str!("tables/inventaire.csv");
const OPENREADS: &str = include_str!("tables/openreads.csv");
const KOHA: &str = include_str!("tables/koha.csv");
const EVERGREEN: &str = include_str!("tables/evergreen.csv");
const OPEN_LIBRARY: &str = include_str!("tables/open_library.csv");
const GOODBOOKS: &str = include_str!("tables/goodbooks.csv");

/// Programs, a table of each, and subtitle, publisher, language, description, series and its number in the book of that.
const OTHER_MEMBERS: [(&str, &str, &str); 14] = [
    ("Book Catalogue", BOOK_CATALOGUE, "-|Tor|en|-|Gardens|4"),
    ("BiblioteQ", BIBLIOTEQ, "-|Tor|en|-|Gardens|-"),
    ("Inventaire", INVENTAIRE, "A Novel|Tor|en|-|Gardens|4"),
    ("Openreads", OPENREADS, "A Novel|-|-|Two\nlines|-|-"),
    ("Koha", KOHA, "-|Tor|-|-|-|-"),
    ("Evergreen", EVERGREEN, "-|tor|-|-|-|-"),
    ("goodbooks-10k", GOODBOOKS, "-|-|en|-|-|-"),
    (
        "Goodreads",
        "Book Id,Title,Author,Author l-f,Publisher,Exclusive Shelf\n1,\"A (Gardens, #4)\",x,x,Tor,read\n",
        "-|Tor|-|-|-|-",
    ),
    (
        "LibraryThing",
        "Title\tPrimary Author\tSort Character\tPublication\tSummary\tLanguages\nA\tx\t1\tTor (1979), Poche\tA by x\tFrench\n",
        "-|Tor|fr|-|-|-",
    ),
    (
        "Calibre",
        "author_sort,authors,comments,languages,pubdate,publisher,series,series_index,title,uuid\n\
         x,x,<div><p>One <b>two</b>.</p><p>Three</p></div>,eng,,Tor,Gardens,4.0,A,u\n",
        "-|Tor|en|One two.\nThree|Gardens|4",
    ),
    (
        "Calibre",
        "author_sort,authors,comments,languages,pubdate,publisher,series,series_index,title,uuid\nx,x,,,,unknown,,1.0,A,u\n",
        "-|-|-|-|-|-",
    ),
    (
        "Zotero",
        "Key,Item Type,Publication Year,Author,Title,Abstract Note,Publisher,Language,Series,Series Number,Volume\n\
         K,book,,x,A,About it,Tor,fr-FR,Gardens,4,12\n",
        "-|Tor|fr-FR|About it|Gardens|4",
    ),
    (
        "Libib",
        "item_type,title,creators,collection,ean_isbn13,description,publisher,group\nbook,A,x,Mine,,About it,Tor,Gardens\n",
        "-|Tor|-|About it|Gardens|-",
    ),
    (
        "BookBuddy",
        "Title,Subtitle,Series,Volume,Author,\"Author (Last, First)\",Publisher,Summary,Language,Google VolumeID\n\
         A,A Novel,Gardens,4,x,x,Tor,About it,Portuguese,g\n",
        "A Novel|Tor|pt|About it|Gardens|4",
    ),
];

on_both! {
    fn tables_of_readers_programs_are_known(database) {
        expect_books(&database, "Book Catalogue", BOOK_CATALOGUE, &[
            "The \"Paper\" Garden|Finch, Ada; Okoro, Ben|1987|9780306406157|448|available",
            "Iliad|Homer|-|-|-|available",
        ]);
        expect_books(&database, "Delicious Library", DELICIOUS_LIBRARY, &[
            "The Paper Garden|Ada Finch|1987|9780306406157|-|available",
        ]);
        expect_books(&database, "BiblioteQ", BIBLIOTEQ, &[
            "The Paper Garden|Ada Finch; Ben Okoro|1987|9780306406157|-|available",
            "Water, and Maps|Okoro, Ben|2001|9780132350884|-|available",
        ]);
        expect_books(&database, "Inventaire", INVENTAIRE, &[
            "The Paper Garden|Ada Finch,Ben Okoro|1987|9780306406157|448|available",
            "Essays|Ben Okoro|-|-|-|available",
        ]);
        expect_books(&database, "Openreads", OPENREADS, &[
            "The Paper Garden|Ada Finch|1987|9780306406157|448|available",
            "Essays|Ben Okoro|-|-|-|available",
        ]);
    }

    fn tables_of_libraries_and_collections_are_known(database) {
        expect_books(&database, "Koha", KOHA, &[
            "The paper garden|Finch, Ada.|1987|9780306406157|448|available",
            "Essays|Okoro, Ben|2001|9780132350884|-|available",
        ]);
        expect_books(&database, "Evergreen", EVERGREEN, &["the paper garden|finch, ada|1987|9780306406157|-|available"]);
        expect_books(&database, "Open Library", OPEN_LIBRARY, &[
            "Garden, of Paper|Ada Finch; Ben Okoro|1987|-|-|available",
            "Essays|Ben Okoro|-|-|-|available",
        ]);
        expect_books(&database, "goodbooks-10k", GOODBOOKS, &[
            "The Paper Garden (Gardens, #4)|Ada Finch, Ben Okoro|1987|9780306406157|-|available",
            "The Iliad|Homer|-750|-|-|available",
        ]);
    }

    fn the_members_beside_title_and_author_are_read_from_each_program(database) {
        let app = App::new(&database);
        for (program, table, expected) in OTHER_MEMBERS {
            let import = upload(&app, "", table);
            assert_eq!(import["read_as"]["profile"], program, "{import}");
            let rest = "coalesce(subtitle, '-') || '|' || coalesce(publisher, '-') || '|' || coalesce(language, '-') || '|' \
                        || coalesce(description, '-') || '|' || coalesce(series, '-')";
            let stored = &database.texts(&format!("SELECT {rest} FROM books ORDER BY id"))[0];
            let number = app.get("/api/books?sort=id&limit=1").expect(200)[0]["series_number"].to_string().replace("null", "-");
            assert_eq!(format!("{stored}|{number}"), expected, "{program}");
            database.execute("DELETE FROM books").unwrap();
        }
        let languages = [
            "Titel;Autor;Untertitel;Verlag;Sprache;Beschreibung;Reihe;Band",
            "Titre;Auteur;Sous-titre;Éditeur;Langue;Résumé;Série;Tome",
            "Título;Autor;Subtítulo;Editorial;Idioma;Resumen;Serie;Tomo",
        ];
        for header in languages {
            upload(&app, "", &format!("{header}\nA;x;A Novel;Tor;Deutsch;About it;Gardens;4\n"));
            let book = &app.get("/api/books").expect(200)[0];
            let member = |name: &str| book[name].to_string();
            let found = ["subtitle", "publisher", "language", "description", "series", "series_number"].map(member).join("|");
            assert_eq!(found, "\"A Novel\"|\"Tor\"|\"de\"|\"About it\"|\"Gardens\"|4", "{header}");
            database.execute("DELETE FROM books").unwrap();
        }
    }

    fn headers_are_read_in_other_languages_with_and_without_accents(database) {
        let app = App::new(&database);
        let expected = ["A|Finch, Ada|1987|9780306406157|448|available", "B|Okoro, Ben|-|-|-|available"];
        for header in [
            "Titel;Autor;Erscheinungsjahr;ISBN;Seiten",
            "TITEL;Verfasser;Jahr;ISBN-13;Seitenzahl",
            "Buchtitel;Autor(en);Veröffentlichungsjahr;ISBN;Anzahl Seiten",
            "Titre;Auteur;Année;ISBN;Pages",
            "titre;auteurs;Annee de publication;EAN;Nombre de pages",
            "TITRE;Auteur(s);Date de parution;ISBN;Nb pages",
            "Título;Autor;Año;ISBN;Páginas",
            "Titulo;Autores;Ano de publicacion;isbn;Nº de páginas",
            // Accents that follow their letter, as files of macOS have them.
            "Ti\u{301}tulo;Autor;An\u{303}o;ISBN;Pa\u{301}ginas",
        ] {
            let table = format!("{header}\nA;Finch, Ada;1987;978-0-306-40615-7;448\nB;Okoro, Ben;;;\n");
            let import = upload(&app, "", &table);
            assert_eq!((&import["inserted"], &import["read_as"]["delimiter"]), (&2.into(), &";".into()), "{header}: {import}");
            assert_eq!(books(&database), expected, "{header}");
            database.execute("DELETE FROM books").unwrap();
        }
        // `Editor` is a person, `Editorial` and `Éditeur` are not.
        upload(&app, "", "Título;Autor;Editor;Editorial\nA;;Lund, Eva;Tor\n");
        assert_eq!(books(&database), ["A|Lund, Eva|-|-|-|available"]);
        assert_eq!(upload(&app, "", "Titre;Auteur;Éditeur\nA;;Tor\n")["rejected"], 1);
    }

    fn a_state_of_reading_is_no_status_in_any_table(database) {
        file(&database, "a.csv", "title,author,status\nA,x,to-read\nB,x,Gelesen\nC,x,lent\n");
        let done = Program::new(&database).run(&["import", "books", "a.csv"]).expect_success();
        assert!(done.stderr.contains("status `to-read` says how far somebody has read"), "{}", done.stderr);
        assert_eq!(database.texts("SELECT title || status FROM books ORDER BY id"), ["Aavailable", "Bavailable", "Clent"]);
    }
}

#[test]
fn the_page_about_formats_has_what_the_command_line_prints_and_every_program() {
    let database = Database::sqlite();
    let printed = Program::new(&database).run(&["import", "--formats"]).expect_success().stdout;
    let page = include_str!("../../docs/formats.md");
    let block = page.split("```text\n").nth(1).and_then(|rest| rest.split("```").next());
    assert_eq!(
        block,
        Some(printed.as_str()),
        "docs/formats.md is not what `bookplate import --formats` prints"
    );
    let programs = printed.lines().filter(|line| line.ends_with(':'));
    for (name, _) in programs.filter_map(|line| line.split_once(", recognised by ")) {
        assert!(page.contains(&format!("\n| {name} |")), "{name} is not described");
    }
}
