//! Case c74 rename value by map, step 0.
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
        Plan::new().rename_enum_value("tea", "breakfast_tea", "it's morning").apply(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().rename_enum_value("tea", "it's morning", "breakfast_tea").apply(manager).await
    }
}
