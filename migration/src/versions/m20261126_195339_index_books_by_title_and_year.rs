//! Index books by title and year.
//!
//! Follows `m20261126_181529_create_imports`. Generated from the entities: read it before you apply
//! it.

use sea_revise::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new()
            .create_index("books", Index::new("idx-books-title", ["title"]))
            .create_index("books", Index::new("idx-books-year", ["year"]))
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new()
            .drop_index("books", "idx-books-year")
            .drop_index("books", "idx-books-title")
            .apply(manager)
            .await
    }
}
