//! Creates `users`.

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
                    .table("users")
                    .col(pk_auto("id"))
                    .col(string_len("email", 120).unique_key())
                    .col(string_len("username", 80))
                    .col(boolean("is_active").default(true))
                    .col(timestamp_with_time_zone_default_now("created_at"))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("idx-users-username").table("users").col("username").take(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("users").take()).await
    }
}
