//! Creates `stores` and the `items` on their shelves. A store takes its items with it; a book leaves them behind.

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
                    .table("stores")
                    .col(pk_auto("id"))
                    .col(string_len("name", 80))
                    .col(timestamp_with_time_zone_default_now("created_at"))
                    .col(timestamp_with_time_zone_default_now("updated_at"))
                    .col(integer("version").default(1))
                    .take(),
            )
            .await?;
        manager.create_table(items()).await?;
        for column in ["store_id", "book_id"] {
            manager
                .create_index(
                    Index::create()
                        .name(format!("idx-items-{column}"))
                        .table("items")
                        .col(column)
                        .take(),
                )
                .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("items").take()).await?;
        manager.drop_table(Table::drop().table("stores").take()).await
    }
}

fn items() -> TableCreateStatement {
    Table::create()
        .table("items")
        .col(pk_auto("id"))
        .col(string_len("name", 80))
        .col(decimal_len("price", 12, 2).check(Expr::col("price").gte(0)))
        .col(integer("store_id"))
        .col(integer_null("book_id"))
        .col(timestamp_with_time_zone_default_now("created_at"))
        .col(timestamp_with_time_zone_default_now("updated_at"))
        .col(integer("version").default(1))
        .foreign_key(
            ForeignKey::create()
                .name("fk-items-store_id")
                .from("items", "store_id")
                .to("stores", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk-items-book_id")
                .from("items", "book_id")
                .to("books", "id")
                .on_delete(ForeignKeyAction::SetNull),
        )
        .take()
}
