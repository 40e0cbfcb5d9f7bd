//! Creates `stores` and the `items` on their shelves. A store takes its items with it; a book leaves them behind.

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
            .create_table(
                Table::new("stores")
                    .column(Column::new("id", Type::Integer).identity())
                    .column(Column::new("name", Type::Varchar(Some(80))))
                    .column(
                        Column::new("created_at", Type::TimestampWithTimeZone)
                            .default(DefaultValue::Now),
                    )
                    .column(
                        Column::new("updated_at", Type::TimestampWithTimeZone)
                            .default(DefaultValue::Now),
                    )
                    .column(Column::new("version", Type::Integer).default(1))
                    .primary_key(["id"]),
            )
            .create_table(
                Table::new("items")
                    .column(Column::new("id", Type::Integer).identity())
                    .column(Column::new("name", Type::Varchar(Some(80))))
                    .column(Column::new("price", Type::Decimal(Some((12, 2)))))
                    .column(Column::new("store_id", Type::Integer))
                    .column(Column::new("book_id", Type::Integer).nullable())
                    .column(
                        Column::new("created_at", Type::TimestampWithTimeZone)
                            .default(DefaultValue::Now),
                    )
                    .column(
                        Column::new("updated_at", Type::TimestampWithTimeZone)
                            .default(DefaultValue::Now),
                    )
                    .column(Column::new("version", Type::Integer).default(1))
                    .primary_key(["id"])
                    .foreign_key(
                        ForeignKey::new(["store_id"], "stores", ["id"])
                            .named("fk-items-store_id")
                            .on_delete(Action::Cascade),
                    )
                    .foreign_key(
                        ForeignKey::new(["book_id"], "books", ["id"])
                            .named("fk-items-book_id")
                            .on_delete(Action::SetNull),
                    )
                    .check(Check::new(r#""price" >= 0"#))
                    .index(Index::new("idx-items-store_id", ["store_id"]))
                    .index(Index::new("idx-items-book_id", ["book_id"])),
            )
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().drop_table("items").drop_table("stores").apply(manager).await
    }
}
