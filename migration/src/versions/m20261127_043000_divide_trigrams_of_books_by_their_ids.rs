//! Divide trigrams of books by their ids.
//!
//! Follows `m20261127_005500_keep_trigrams_of_books_without_places`. Written by hand: no entity has an index of trigrams.
//!
//! PostgreSQL: an index of this kind has no order, so that to show the first twenty of many matches all of them had to be found,
//! ten times as many in ten times as many books. Now it knows for each book which 4 096 ids its own is among, and is asked
//! for one such part after the other. That needs another extension that comes with PostgreSQL; without it searches
//! are as quick as before.

use sea_revise::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// In parts where that can be; whole where it cannot and there is no index yet.
const UP: &str = "
DO $$ BEGIN
    CREATE EXTENSION IF NOT EXISTS btree_gin;
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'the extension btree_gin cannot be created (%), and without it a search that finds many books takes '
        'the longer the more there are; install it (Debian: postgresql-contrib) and let an administrator run: '
        'CREATE EXTENSION btree_gin; then downgrade by one revision and upgrade again', SQLERRM;
END $$;
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') THEN
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'btree_gin') THEN
        DROP INDEX IF EXISTS books_search_title;
        DROP INDEX IF EXISTS books_search_author;
        CREATE INDEX books_search_title ON books
            USING gin (title gin_trgm_ops, (id >> 12)) WITH (gin_pending_list_limit = 128);
        CREATE INDEX books_search_author ON books
            USING gin (author gin_trgm_ops, (id >> 12)) WITH (gin_pending_list_limit = 128);
    ELSE
        CREATE INDEX IF NOT EXISTS books_search_title ON books USING gin (title gin_trgm_ops) WITH (gin_pending_list_limit = 128);
        CREATE INDEX IF NOT EXISTS books_search_author ON books USING gin (author gin_trgm_ops) WITH (gin_pending_list_limit = 128);
    END IF;
END $$";

/// The extension stays: somebody else may use it by now.
const DOWN: &str = "
DROP INDEX IF EXISTS books_search_title;
DROP INDEX IF EXISTS books_search_author;
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') THEN
        CREATE INDEX books_search_title ON books USING gin (title gin_trgm_ops) WITH (gin_pending_list_limit = 128);
        CREATE INDEX books_search_author ON books USING gin (author gin_trgm_ops) WITH (gin_pending_list_limit = 128);
    END IF;
END $$";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().raw_postgres(UP).apply(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().raw_postgres(DOWN).apply(manager).await
    }
}
