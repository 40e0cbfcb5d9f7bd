//! Case c12 many tables at once, step 0.
//!
//! Follows `before`. Generated from the entities: read it before you apply it.
//!
//! Note: the rows of `c` do not come back with a downgrade
//!
//! Note: the rows of `p` do not come back with a downgrade

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
                Table::new("p2")
                    .column(Column::new("id", Type::Integer).identity())
                    .primary_key(["id"]),
            )
            .create_table(
                Table::new("c2")
                    .column(Column::new("id", Type::Integer).identity())
                    .column(Column::new("p2_id", Type::Integer))
                    .primary_key(["id"])
                    .foreign_key(ForeignKey::new(["p2_id"], "p2", ["id"]).named("fk-c2-p2_id")),
            )
            .drop_table("c")
            .drop_table("p")
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new()
            .create_table(
                Table::new("p")
                    .column(Column::new("id", Type::Integer).identity())
                    .primary_key(["id"]),
            )
            .create_table(
                Table::new("c")
                    .column(Column::new("id", Type::Integer).identity())
                    .column(Column::new("p_id", Type::Integer))
                    .primary_key(["id"])
                    .foreign_key(ForeignKey::new(["p_id"], "p", ["id"]).named("fk-c-p_id")),
            )
            .drop_table("c2")
            .drop_table("p2")
            .apply(manager)
            .await
    }
}
