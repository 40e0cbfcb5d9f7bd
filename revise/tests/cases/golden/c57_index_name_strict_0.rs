//! Case c57 index name strict, step 0.
//!
//! Follows `before`. Generated from the entities: read it before you apply it.

use sea_revise::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().rename_index("user", "ix_user_email", "idx-user-email").apply(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().rename_index("user", "idx-user-email", "ix_user_email").apply(manager).await
    }
}
