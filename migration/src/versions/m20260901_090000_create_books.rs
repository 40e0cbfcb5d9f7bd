//! Creates `books`, the table the course begins with.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("books")
                    .col(pk_auto("id"))
                    .col(string_len("title", 200))
                    .col(string_len("author", 100))
                    .col(integer_null("year"))
                    .col(string_len_null("isbn", 13).unique_key())
                    .col(timestamp_with_time_zone_default_now("created_at"))
                    .col(timestamp_with_time_zone_default_now("updated_at"))
                    .col(integer("version").default(1))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("idx-books-author").table("books").col("author").take(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("books").take()).await
    }
}
