//! Case c74 remove enum, step 0.
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
        Plan::new().alter_type("cup", "kind", Type::Text).drop_enum("tea").apply(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new()
            .create_enum("tea", ["everyday_tea", "breakfast_tea"])
            .alter_type("cup", "kind", Type::enumeration("tea"))
            .apply(manager)
            .await
    }
}
