//! Index substrings of the titles and authors of books.
//!
//! Follows `m20261126_195339_index_books_by_title_and_year`. Written by hand: no entity has an index of trigrams.
//!
//! SQLite: a full-text index that is told of a book at a time costs several times what the book itself does, so triggers
//! note new books in `books_unsearched`, and hand them over when there are 64. Whoever searches looks at those too. A book
//! is either indexed as it is or waits there; what `INSERT OR REPLACE` drops unseen stays indexed, and is found by nobody
//! who looks at the book itself.

use sea_revise::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const INDEX: &str = "
CREATE VIRTUAL TABLE books_search USING fts5 (
    title, author, content='books', content_rowid='id', tokenize='trigram', columnsize=0
);
INSERT INTO books_search (books_search) VALUES ('rebuild');
CREATE TABLE books_unsearched (id INTEGER NOT NULL PRIMARY KEY);";

const TRIGGERS: [&str; 4] = [
    "CREATE TRIGGER books_search_insert AFTER INSERT ON books BEGIN
    INSERT INTO books_unsearched (id)
    SELECT new.id WHERE NOT EXISTS (SELECT 1 FROM books_unsearched WHERE id = new.id);
END",
    "CREATE TRIGGER books_search_update AFTER UPDATE OF id, title, author ON books
WHEN old.id IS NOT new.id OR old.title IS NOT new.title OR old.author IS NOT new.author BEGIN
    INSERT INTO books_search (books_search, rowid, title, author)
    SELECT 'delete', old.id, old.title, old.author
    WHERE NOT EXISTS (SELECT 1 FROM books_unsearched WHERE id = old.id);
    DELETE FROM books_unsearched WHERE id = old.id AND old.id IS NOT new.id;
    INSERT INTO books_unsearched (id)
    SELECT new.id WHERE NOT EXISTS (SELECT 1 FROM books_unsearched WHERE id = new.id);
END",
    "CREATE TRIGGER books_search_delete AFTER DELETE ON books BEGIN
    INSERT INTO books_search (books_search, rowid, title, author)
    SELECT 'delete', old.id, old.title, old.author
    WHERE NOT EXISTS (SELECT 1 FROM books_unsearched WHERE id = old.id);
    DELETE FROM books_unsearched WHERE id = old.id;
END",
    "CREATE TRIGGER books_unsearched_insert AFTER INSERT ON books_unsearched
WHEN (SELECT count(*) FROM books_unsearched) >= 64 BEGIN
    INSERT INTO books_search (rowid, title, author)
    SELECT id, title, author FROM books_unsearched JOIN books USING (id);
    DELETE FROM books_unsearched;
END",
];

const WITHOUT_SQLITE: &str = "
DROP TRIGGER books_search_insert;
DROP TRIGGER books_search_update;
DROP TRIGGER books_search_delete;
DROP TABLE books_unsearched;
DROP TABLE books_search";

/// Searches are right without the index, only slow, so a server that cannot have it is no reason to stop.
const POSTGRES: &str = "
DO $$ BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'the extension pg_trgm cannot be created (%), and without it searches look at every book; '
        'install it (Debian: postgresql-contrib) and let an administrator run: CREATE EXTENSION pg_trgm; '
        'then downgrade by one revision and upgrade again', SQLERRM;
END $$;
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') THEN
        CREATE INDEX books_search_title ON books USING gin (title gin_trgm_ops) WITH (gin_pending_list_limit = 128);
        CREATE INDEX books_search_author ON books USING gin (author gin_trgm_ops) WITH (gin_pending_list_limit = 128);
    END IF;
END $$";

/// The extension stays: somebody else may use it by now.
const WITHOUT_POSTGRES: &str = "
DROP INDEX IF EXISTS books_search_title;
DROP INDEX IF EXISTS books_search_author";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let plan = Plan::new().raw_sql_each(INDEX, POSTGRES);
        TRIGGERS.into_iter().fold(plan, Plan::raw_sqlite).apply(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().raw_sql_each(WITHOUT_SQLITE, WITHOUT_POSTGRES).apply(manager).await
    }
}
