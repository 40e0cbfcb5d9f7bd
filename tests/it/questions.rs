//! What the tool never guesses: asked on a terminal, and without one answered by flags.

use crate::support::{
    Database, Project, Terminal, db, on_both,
    terminal::{CTRL_C, CTRL_D},
};

const MIGRATE: [&str; 5] = ["migrate", "-m", "Change books", "-d", "versions"];

fn migrate(project: &Project) -> Terminal {
    Terminal::start(project.program(), &MIGRATE)
}

on_both! {
    fn a_rename_is_asked_about_and_believed(database) {
        let project = Project::new(&database, "title writer");
        let mut terminal = migrate(&project);
        terminal.expect("column `book.author` is new and `writer`").expect("1  yes, from `writer`").answer("1");
        let (code, shown) = terminal.end();
        assert_eq!(code, 0, "{shown}");
        assert!(project.expect_written().contains(r#".rename_column("book", "writer", "author")"#));
    }

    fn what_is_new_gets_a_value_and_what_is_dropped_needs_a_yes(database) {
        for (consent, code) in [("y", 0), ("n", 3), ("", 3)] {
            let project = Project::new(&database, "title writer");
            let mut terminal = migrate(&project);
            terminal.expect("0  no, it is new").answer("0");
            terminal.expect("which value do the rows get").answer("'unknown'");
            terminal.expect("[y/N] ").answer(consent);
            let (ended, shown) = terminal.end();
            assert_eq!(ended, code, "{shown}");
            if code == 0 {
                let written = project.expect_written();
                assert!(written.contains(r#".drop_column("book", "writer")"#), "{written}");
                assert!(written.contains("'unknown'"), "{written}");
            } else {
                assert!(shown.contains("nothing was written"), "{shown}");
                project.expect_untouched();
            }
        }
    }

    fn two_columns_for_two_are_two_questions(database) {
        let project = Project::new(&database, "name writer");
        let mut terminal = migrate(&project);
        terminal.expect("`book.title` is new and `").expect("1  yes, from `").expect("2  yes, from `");
        let (code, shown) = {
            // An invalid answer is asked for again.
            terminal.answer("3").expect("number (empty stops)").answer("no").expect("0  no, it is new");
            let first = if terminal.shows("1  yes, from `name`") { "1" } else { "2" };
            terminal.answer(first).expect("`book.author` is new and `writer`").answer("1");
            terminal.end()
        };
        assert_eq!(code, 0, "{shown}");
        assert_eq!(shown.matches("`book.author` is new").count(), 1, "{shown}");
        let written = project.expect_written();
        for rename in [r#".rename_column("book", "name", "title")"#, r#".rename_column("book", "writer", "author")"#] {
            assert!(written.contains(rename), "{written}");
        }
    }

    fn whoever_does_not_answer_changes_nothing(database) {
        let project = Project::new(&database, "title writer");
        for (keys, words) in [
            (CTRL_C, "stopped at a question; nothing was changed"),
            (CTRL_D, "stopped at a question; nothing was written"),
            ("\n", "stopped at a question; nothing was written"),
        ] {
            let mut terminal = migrate(&project);
            terminal.expect("number (empty stops): ").press(keys);
            let (code, shown) = terminal.end();
            assert_eq!(code, 3, "{shown}");
            assert!(shown.ends_with(&format!("{words}\n")), "{shown}");
            project.expect_untouched();
        }
    }

    fn without_a_terminal_the_flags_are_printed(database) {
        let project = Project::new(&database, "title writer");
        let ended = project.run(&MIGRATE).expect_code(3);
        for flag in ["--rename book.writer:author", "--no-rename"] {
            assert!(ended.stderr.contains(flag), "{}", ended.stderr);
        }
        project.expect_untouched();
        let flags = [&MIGRATE[..], &["--no-rename"]].concat();
        let ended = project.run(&flags).expect_code(3);
        assert!(ended.stderr.contains("--default book.author=VALUE"), "{}", ended.stderr);
        let flags = [&flags[..], &["--default", "book.author='unknown'"]].concat();
        let ended = project.run(&flags).expect_code(3);
        assert!(ended.stderr.contains("`--allow-destructive`"), "{}", ended.stderr);
        project.expect_untouched();
        project.run(&[&flags[..], &["--allow-destructive"]].concat()).expect_success();
        assert!(project.written().is_some());
        // On a terminal a question can be disabled too.
        let project = Project::new(&database, "title writer");
        let (code, _) = Terminal::start(project.program(), &[&MIGRATE[..], &["--no-input"]].concat()).end();
        assert_eq!(code, 3);
        project.expect_untouched();
    }

    fn rows_are_deleted_with_a_yes_alone(database) {
        let project = Project::new(&database, "title author");
        project.database.execute("INSERT INTO book (title, author) VALUES ('a', 'x')").unwrap();
        for (answer, code) in [("n", 3), (CTRL_C, 3), ("y", 0)] {
            assert_eq!(project.database.number("SELECT count(*) FROM book"), 1);
            let mut terminal = Terminal::start(project.program(), &["downgrade"]);
            terminal.expect("deletes 1 row of `book`").expect("[y/N] ").press(answer);
            if answer != CTRL_C {
                terminal.press("\n");
            }
            let (ended, shown) = terminal.end();
            assert_eq!(ended, code, "{shown}");
        }
        project.database.execute("SELECT 1 FROM book").unwrap_err();
    }
}

/// Steps after a question may have changed something, so Ctrl-C does not claim otherwise.
#[test]
fn after_the_question_an_interrupt_promises_nothing() {
    let Some(database) = Database::empty_postgres() else { return };
    let project = Project::new(&database, "title author");
    project.database.execute("INSERT INTO book (title, author) VALUES ('a', 'x')").unwrap();
    db::hold(&project.database.url, "BEGIN; LOCK TABLE book IN ACCESS SHARE MODE", || {
        let mut terminal = Terminal::start(project.program(), &["downgrade", "-v"]);
        terminal.expect("[y/N] ").answer("y").expect("DROP TABLE").press(CTRL_C);
        let (code, shown) = terminal.end();
        assert_eq!(code, 130, "{shown}");
        assert!(!shown.contains("nothing was changed"), "{shown}");
    });
    assert_eq!(project.database.number("SELECT count(*) FROM book"), 1);
}
