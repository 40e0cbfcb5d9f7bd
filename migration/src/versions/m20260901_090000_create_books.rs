//! Creates `books`, the table the course begins with.

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
                Table::new("books")
                    .column(Column::new("id", Type::Integer).identity())
                    .column(Column::new("title", Type::Varchar(Some(200))))
                    .column(Column::new("author", Type::Varchar(Some(100))))
                    .column(Column::new("year", Type::Integer).nullable())
                    .column(Column::new("isbn", Type::Varchar(Some(13))).nullable())
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
                    .unique(Unique::new(["isbn"]))
                    .index(Index::new("idx-books-author", ["author"])),
            )
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().drop_table("books").apply(manager).await
    }
}
