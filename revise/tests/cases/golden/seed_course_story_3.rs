//! Case seed course story, step 3.
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
                Table::new("stores")
                    .column(Column::new("id", Type::Integer).identity())
                    .column(Column::new("name", Type::Varchar(Some(80))))
                    .primary_key(["id"]),
            )
            .create_table(
                Table::new("items")
                    .column(Column::new("id", Type::Integer).identity())
                    .column(Column::new("name", Type::Varchar(Some(80))))
                    .column(Column::new("price", Type::Double))
                    .column(Column::new("store_id", Type::Integer))
                    .primary_key(["id"])
                    .foreign_key(
                        ForeignKey::new(["store_id"], "stores", ["id"])
                            .on_delete(Action::Cascade)
                            .named("fk-items-store_id"),
                    ),
            )
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().drop_table("items").drop_table("stores").apply(manager).await
    }
}
