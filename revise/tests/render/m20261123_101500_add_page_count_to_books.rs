//! Add page_count to books.
//!
//! Follows `m20261006_090000_create_users`. Generated from the entities: read it before you apply
//! it.
//!
//! Note: `down` drops `books.page_count`: the values of its rows are lost, and a later `up` starts
//! with NULL in every row.
//!
//! Note: short

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
            .add_column("books", Column::new("page_count", Type::Integer).nullable())
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().drop_column("books", "page_count").apply(manager).await
    }
}
