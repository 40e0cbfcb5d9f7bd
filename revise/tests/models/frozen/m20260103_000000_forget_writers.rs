//! Takes away what the migration before it reads.

use sea_revise::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new()
            .drop_column("book", "writer")
            .rename_column("author", "name", "full_name")
            .rename_table("book", "volume")
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new()
            .rename_table("volume", "book")
            .rename_column("author", "full_name", "name")
            .add_column("book", Column::new("writer", Type::Text).default(""))
            .drop_default("book", "writer")
            .apply(manager)
            .await
    }
}
