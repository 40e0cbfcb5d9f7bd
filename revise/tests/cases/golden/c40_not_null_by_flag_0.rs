//! Case c40 not null by flag, step 0.
//!
//! Follows `before`. Generated from the entities: read it before you apply it.
//!
//! Note: which rows of `u` had NULL in `name` is not remembered

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
            .backfill("u", "name", "'it''s nobody'")
            .set_not_null("u", "name")
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().drop_not_null("u", "name").apply(manager).await
    }
}
