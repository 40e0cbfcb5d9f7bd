//! Keep trigrams of books without places.
//!
//! Follows `m20261126_214304_index_substrings_of_books`. Written by hand: no entity has an index of trigrams.
//!
//! SQLite: the conditions of a search look at each book that the index finds, so it need not know where in a book, or in which
//! column, three letters stand. Without that it is a third as large, costs half as much to keep, and is asked in a third of
//! the time. Twice as many books wait for it now.
//!
//! PostgreSQL's indexes never knew places. Where the extension was missing before, it may be there now.

use sea_revise::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const POSTGRES: &str = "
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') THEN
        CREATE INDEX IF NOT EXISTS books_search_title ON books USING gin (title gin_trgm_ops) WITH (gin_pending_list_limit = 128);
        CREATE INDEX IF NOT EXISTS books_search_author ON books USING gin (author gin_trgm_ops) WITH (gin_pending_list_limit = 128);
    END IF;
END $$";

/// The index anew, with what waited for it. The triggers on books know it by its name.
fn index(detail: &str, waiting: u32) -> Plan {
    let table = format!(
        "DROP TRIGGER books_unsearched_insert;
DROP TABLE books_search;
CREATE VIRTUAL TABLE books_search USING fts5 (
    title, author, content='books', content_rowid='id', tokenize='trigram', columnsize=0, detail={detail}
);
INSERT INTO books_search (books_search) VALUES ('rebuild');
DELETE FROM books_unsearched;"
    );
    let trigger = format!(
        "CREATE TRIGGER books_unsearched_insert AFTER INSERT ON books_unsearched
WHEN (SELECT count(*) FROM books_unsearched) >= {waiting} BEGIN
    INSERT INTO books_search (rowid, title, author)
    SELECT id, title, author FROM books_unsearched JOIN books USING (id);
    DELETE FROM books_unsearched;
END"
    );
    Plan::new().raw_sqlite(&table).raw_sqlite(&trigger)
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        index("none", 128).raw_postgres(POSTGRES).apply(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        index("full", 64).apply(manager).await
    }
}
