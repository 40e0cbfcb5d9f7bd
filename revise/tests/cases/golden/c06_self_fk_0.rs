//! Case c06 self fk, step 0.
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
                Table::new("node")
                    .column(Column::new("id", Type::Integer).identity())
                    .column(Column::new("parent_id", Type::Integer).nullable())
                    .primary_key(["id"])
                    .foreign_key(
                        ForeignKey::new(["parent_id"], "node", ["id"])
                            .on_delete(Action::Cascade)
                            .named("fk-node-parent_id"),
                    ),
            )
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().drop_table("node").apply(manager).await
    }
}
