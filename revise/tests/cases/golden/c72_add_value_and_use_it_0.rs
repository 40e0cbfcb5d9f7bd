//! Case c72 add value and use it, step 0.
//!
//! Follows `before`. Generated from the entities: read it before you apply it.

use sea_revise::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(false)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new()
            .add_enum_value("tea", "green_tea", None)
            .set_default("cup", "kind", "green_tea")
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new()
            .drop_default("cup", "kind")
            .rebuild_enum("tea", ["everyday_tea", "breakfast_tea"], [])
            .apply(manager)
            .await
    }
}
