//! Takes the length off `books.author`: author lists of real books reach 742 characters.

use sea_revise::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().alter_type("books", "author", Type::Varchar(None)).apply(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Longer authors stop it before anything changes.
        Plan::new().alter_type("books", "author", Type::Varchar(Some(100))).apply(manager).await
    }
}
