//! What programs write wrongly and people reported as lost by an import: each is read, or its row says what to do.

use crate::{
    imported_profiles::{books, upload},
    support::{App, Program, app::file, on_both},
};

on_both! {
    fn quotes_that_are_not_doubled_cost_no_row(database) {
        let app = App::new(&database);
        // As BiblioteQ, MySQL and exports with tabs have them.
        let table = "title,author,isbn\n\"The \"Real\" Book\",Ada,0306406152\n\"Real\" Book,Ben,\n\"Peggy \\\"X\\\", Jr.\",Cem,\n";
        assert_eq!(upload(&app, "", table)["inserted"], 3);
        assert_eq!(books(&database), [
            "The \"Real\" Book|Ada|-|9780306406157|-|available",
            "\"Real\" Book|Ben|-|-|-|available",
            "Peggy \"X\", Jr.|Cem|-|-|-|available",
        ]);
        // Where the fields cannot be told, nothing is guessed.
        let import = upload(&app, "", "title,author\n\"A \"b\", c\",d,e\n\"open,x\nB,y\n");
        assert_eq!((&import["rejected"], &import["inserted"]), (&2.into(), &1.into()), "{import}");
    }

    fn commas_without_quotes_cost_no_row_where_a_space_follows_them(database) {
        // As Open Library wrote its reading log.
        let table = "Work ID,Title,Authors,First Publish Year,Edition ID,Bookshelf\n\
            OL1W,The art of getting over,Powers, Stephen,1999,OL3M,Already Read\nOL2W,A,Powers,Stephen,1999,OL3M,Already Read\n";
        let import = upload(&App::new(&database), "", table);
        assert_eq!((&import["inserted"], &import["rejected"]), (&1.into(), &1.into()), "{import}");
        assert_eq!(books(&database), ["The art of getting over|Powers, Stephen|1999|-|-|available"]);
    }

    fn rows_may_lack_empty_cells_at_the_end_or_have_some_more(database) {
        let app = App::new(&database);
        let table = "title,author,year,notes,shelf\nA,x,1987\nB,y,1988,\nC,z,1989,read,home,,\nD,w\n";
        let import = upload(&app, "", table);
        assert_eq!((&import["inserted"], &import["rejected"], &import["warnings"]), (&2.into(), &2.into(), &2.into()), "{import}");
        assert_eq!(books(&database), ["A|x|1987|-|-|available", "B|y|1988|-|-|available"]);
        let every_row = "title,author,year\nC,z,1989,\nD,,1990,\nE,z,1991,\n";
        let import = upload(&app, "?default=author%3DAnonymous", every_row);
        assert_eq!((&import["inserted"], &import["rejected"]), (&3.into(), &0.into()), "{import}");
        let rejected = app.get("/api/imports/1/rejected.csv").body;
        assert!(rejected.contains("the row has 2 fields, the header 5"), "{rejected}");
    }

    fn a_title_or_a_list_of_authors_that_is_too_long_is_stored_in_part_and_warned_about(database) {
        let title = "On the many words of a title ".repeat(8);
        let authors = "Ada Finch, ".repeat(100);
        file(&database, "a.csv", format!("title,author,isbn\n{title},\"{authors}\",0306406152\n"));
        for outcome in ["1 inserted", "1 skipped"] {
            let flags = ["import", "books", "a.csv", "--on-duplicate", "update"];
            let done = Program::new(&database).run(&flags).expect_success();
            assert!(done.stdout.contains(outcome) && done.stdout.contains("0 rejected"), "{}", done.stdout);
            let warning = "title `On the many words of a title O…` has 231 characters, only its beginning is stored";
            assert!(done.stderr.contains(warning), "{}", done.stderr);
            assert!(done.stderr.contains("author `Ada Finch, Ada Finch, Ada Finc…` has 1098 characters"), "{}", done.stderr);
        }
        let stored = books(&database).remove(0);
        assert!(stored.starts_with("On the many words of a title On the many") && stored.contains("…|Ada Finch, Ada"), "{stored}");
    }

    fn texts_that_were_decoded_wrongly_and_control_characters_are_mended(database) {
        let app = App::new(&database);
        let table = "Book-Title;Book-Author;Year-Of-Publication\n\
            Cien AÃ±os;Gabriel GarcÃ\u{ad}a MÃ¡rquez;1967\nA\u{83} b\u{7};itâ€™s;0000-00-00\n";
        let import = upload(&app, "", table);
        assert_eq!((&import["inserted"], &import["rejected"]), (&2.into(), &0.into()), "{import}");
        assert_eq!(books(&database), ["Cien Años|Gabriel García Márquez|1967|-|-|available", "A b|it’s|-|-|-|available"]);
    }

    fn headers_of_programs_have_their_words_in_many_ways(database) {
        let app = App::new(&database);
        for header in ["bookTitle,bookAuthor,publishedDate,pageCount", "Book Title,Author(s),Publish Date,Page-Count"] {
            assert_eq!(upload(&app, "", &format!("{header}\nA,x,1987-03-05,448\n"))["inserted"], 1, "{header}");
            assert_eq!(books(&database), ["A|x|1987|-|448|available"]);
            database.execute("DELETE FROM books").unwrap();
        }
    }

    fn a_row_without_an_author_and_a_number_that_is_no_isbn_say_what_to_do(database) {
        file(&database, "a.csv", "title,author,isbn\nA,,\nB,x,\"=\"\"8881458671234\"\"\"\n");
        let done = Program::new(&database).run(&["import", "books", "a.csv"]).expect_success();
        for reason in [
            "a default such as `author=Anonymous` is for rows without one",
            "isbn `8881458671234` begins with neither 978 nor 979",
        ] {
            assert!(done.stderr.contains(reason), "{}", done.stderr);
        }
        file(&database, "a.csv", "title,isbn\nA,0306406152\n");
        let refused = Program::new(&database).run(&["import", "books", "a.csv"]).expect_error();
        assert!(refused.contains("or what all rows have, as `author=VALUE` of a default"), "{refused}");
    }
}
