//! Case c01 create table, step 0.
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
                Table::new("item")
                    .column(Column::new("id", Type::Integer).identity())
                    .column(Column::new("name", Type::Varchar(None)))
                    .column(Column::new("order_id", Type::Integer).nullable())
                    .primary_key(["id"]),
            )
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().drop_table("item").apply(manager).await
    }
}
