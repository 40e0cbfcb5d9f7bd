//! Adds `books.status` in the order that is safe on a table with rows: nullable, filled, then not null.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DbBackend};

use crate::rebuild::rebuild;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let nullable = string_len_null("status", 20).default("available").take();
        manager.alter_table(Table::alter().table("books").add_column(nullable).take()).await?;

        let fill = Query::update()
            .table("books")
            .value("status", "available")
            .and_where(Expr::col("status").is_null())
            .take();
        manager.execute(fill).await?;

        let required = string_len("status", 20).default("available").take();
        if manager.get_database_backend() == DbBackend::Sqlite {
            return rebuild(manager, "books", books(required)).await;
        }
        manager.alter_table(Table::alter().table("books").modify_column(required).take()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("books").drop_column("status").take()).await
    }
}

/// `books` as this revision leaves it, for SQLite, which cannot change a column in place.
fn books(status: ColumnDef) -> TableCreateStatement {
    Table::create()
        .col(pk_auto("id"))
        .col(string_len("title", 200))
        .col(string_len("author", 100))
        .col(integer_null("year"))
        .col(string_len_null("isbn", 13).unique_key())
        .col(timestamp_with_time_zone_default_now("created_at"))
        .col(timestamp_with_time_zone_default_now("updated_at"))
        .col(integer("version").default(1))
        .col(integer_null("page_count"))
        .col(status)
        .take()
}
