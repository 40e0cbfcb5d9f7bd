//! Case c74 reorder values, step 0.
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
        Plan::new()
            .rebuild_enum("tea", ["green_tea", "everyday_tea", "breakfast_tea"], [])
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new()
            .rebuild_enum("tea", ["everyday_tea", "breakfast_tea", "green_tea"], [])
            .apply(manager)
            .await
    }
}
