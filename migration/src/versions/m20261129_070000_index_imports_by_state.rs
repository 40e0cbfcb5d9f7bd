//! Index imports by state.
//!
//! Follows `m20261127_043000_divide_trigrams_of_books_by_their_ids`. Generated from the entities: read
//! it before you apply it.

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
            .create_index("imports", Index::new("idx-imports-state", ["state"]))
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().drop_index("imports", "idx-imports-state").apply(manager).await
    }
}
