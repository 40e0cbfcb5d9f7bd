//! Import rows of any noun.
//!
//! Follows `m20261130_233932_create_subjects`. Generated from the entities: read it before you apply
//! it.

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
            .add_column("imports", Column::new("noun", Type::Varchar(Some(10))).default("books"))
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().drop_column("imports", "noun").apply(manager).await
    }
}
