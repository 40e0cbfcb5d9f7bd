//! Case c20 column order, step 0.
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
            .add_column("u", Column::new("a", Type::Integer).nullable())
            .add_column("u", Column::new("b", Type::Integer).nullable())
            .add_column("u", Column::new("c", Type::Integer).nullable())
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new()
            .drop_column("u", "c")
            .drop_column("u", "b")
            .drop_column("u", "a")
            .apply(manager)
            .await
    }
}
