//! Case c61 remove composite fk, step 0.
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
        Plan::new().drop_foreign_key("c", ["p_a", "p_b"]).apply(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new()
            .add_foreign_key(
                "c",
                ForeignKey::new(["p_a", "p_b"], "p", ["a", "b"]).named("fk-c-p_a-p_b"),
            )
            .apply(manager)
            .await
    }
}
