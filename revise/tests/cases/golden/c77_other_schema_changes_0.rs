//! Case c77 other schema changes, step 0.
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
            .add_column(("Sys", "Order Items"), Column::new("o'clock", Type::Integer).nullable())
            .create_index(
                ("Sys", "Order Items"),
                Index::new("idx-Order Items-CamelCase", ["CamelCase"]),
            )
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new()
            .drop_index(("Sys", "Order Items"), "idx-Order Items-CamelCase")
            .drop_column(("Sys", "Order Items"), "o'clock")
            .apply(manager)
            .await
    }
}
