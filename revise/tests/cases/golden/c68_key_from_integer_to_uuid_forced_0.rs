//! Case c68 key from integer to uuid forced, step 0.
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
            .set_identity("u", "id", Identity::Automatic, Identity::None)
            .alter_type_using("u", "id", Type::Uuid, "CAST(NULL AS uuid)")
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new()
            .alter_type_using("u", "id", Type::Integer, "CAST(NULL AS integer)")
            .set_identity("u", "id", Identity::None, Identity::Automatic)
            .apply(manager)
            .await
    }
}
