//! Fill.
//!
//! The first revision. Written by hand.

use sea_revise::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(false)
    }

    /// The steps go behind `Plan::new()`: `.add_column("books", Column::new("pages", Type::Integer))`.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().apply(manager).await
    }

    /// The steps go behind `Plan::new()`: `.drop_column("books", "pages")`.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().apply(manager).await
    }
}
