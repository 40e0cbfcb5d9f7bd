//! Case seed course story, step 0.
//!
//! Follows `before`. Generated from the entities: read it before you apply it.

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
                    .primary_key(["id"])
                    .unique(Unique::new(["isbn"])),
            )
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().drop_table("books").apply(manager).await
    }
}
