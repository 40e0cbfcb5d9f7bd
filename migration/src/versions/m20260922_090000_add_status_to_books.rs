//! Adds `books.status` in the order that is safe on a table with rows: nullable, filled, then not null.

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
            .add_column(
                "books",
                Column::new("status", Type::Varchar(Some(20))).nullable().default("available"),
            )
            .backfill("books", "status", "'available'")
            .set_not_null("books", "status")
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().drop_column("books", "status").apply(manager).await
    }
}
