//! Case c77 schema on sqlite, step 0.
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
                Table::new("Order Items")
                    .column(Column::new("id", Type::Integer).identity())
                    .column(Column::new("select", Type::Integer))
                    .column(Column::new("CamelCase", Type::Varchar(None)))
                    .column(Column::new("o'clock", Type::Integer).nullable())
                    .primary_key(["id"])
                    .unique(Unique::new(["select"]))
                    .index(Index::new("idx-Order Items-CamelCase", ["CamelCase"])),
            )
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().drop_table("Order Items").apply(manager).await
    }
}
