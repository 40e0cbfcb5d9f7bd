//! Case c03 fk order on create, step 0.
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
                Table::new("b")
                    .column(Column::new("id", Type::Integer).identity())
                    .primary_key(["id"]),
            )
            .create_table(
                Table::new("a")
                    .column(Column::new("id", Type::Integer).identity())
                    .column(Column::new("b_id", Type::Integer))
                    .primary_key(["id"])
                    .foreign_key(ForeignKey::new(["b_id"], "b", ["id"]).named("fk-a-b_id")),
            )
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().drop_table("a").drop_table("b").apply(manager).await
    }
}
