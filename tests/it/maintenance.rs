//! What the server does for its database before it listens and while there are no writes.

use std::time::{Duration, Instant};

use crate::support::{App, Database, Program, on_both};

/// Waits until a query returns zero.
fn until_none(database: &Database, query: &str) {
    let begun = Instant::now();
    while database.number(query) > 0 {
        assert!(begun.elapsed() < Duration::from_secs(60), "{query}: {}", database.number(query));
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The number of books that a search finds.
fn found(app: &App, search: &str) -> usize {
    let list = app.get(&format!("/api/books?limit=1000&{search}")).expect(200);
    list.as_array().unwrap().len()
}

/// Whether the index agrees with every book.
fn check_index(database: &Database) {
    database
        .execute("INSERT INTO books_search (books_search, rank) VALUES ('integrity-check', 1)")
        .unwrap();
}

on_both! {
    fn the_first_search_finds_a_server_that_has_looked_at_some_rows(database) {
        let app = Program::new(&database).serve(&["--log", "sea_list_query=debug,info"]);
        let log = app.log();
        let (before, _) = log.split_once("listening on").expect("it listens");
        // Startup does not wait for a database that is too busy.
        let lesson = ["trigrams were counted", "were not collected in"];
        assert!(lesson.iter().any(|words| before.contains(words)), "{log}");
    }
}

#[test]
fn segments_of_the_index_become_one() {
    let database = Database::sqlite();
    let app = App::new(&database);
    database
        .execute("INSERT INTO books_search (books_search, rank) VALUES ('automerge', 0)")
        .unwrap();
    for lot in 0..12 {
        database
            .execute(&format!(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 128) \
                 INSERT INTO books (title, author) SELECT 'winter ' || i, 'lot {lot}' FROM n"
            ))
            .unwrap();
    }
    until_none(&database, "SELECT count(DISTINCT segid) - 1 FROM books_search_idx");
    assert_eq!(found(&app, "author__icontains=lot%207"), 128);
    assert_eq!(found(&app, "q=lot%20winter%2077"), 12);
    check_index(&database);
}

#[test]
fn rows_that_wait_for_the_index_are_handed_over() {
    let database = Database::sqlite();
    let app = App::new(&database);
    database
        .execute(
            "BEGIN;
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150)
             INSERT INTO books (title, author) SELECT 'winter ' || i, 'somebody' FROM n;
             UPDATE books SET title = 'summer ' || id WHERE id > 140;
             DELETE FROM books WHERE id = 150;
             COMMIT",
        )
        .unwrap();
    assert_eq!(found(&app, "q=somebody"), 149);
    until_none(&database, "SELECT count(*) FROM books_unsearched");
    assert_eq!(found(&app, "q=somebody"), 149);
    assert_eq!(found(&app, "q=winter"), 140);
    assert_eq!(found(&app, "q=summer%2014"), 9);
    check_index(&database);
}
