//! Case c02 drop table, step 0.
//!
//! Follows `before`. Generated from the entities: read it before you apply it.
//!
//! Note: the rows of `extra` do not come back with a downgrade

use sea_revise::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().drop_table("extra").apply(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new()
            .create_table(
                Table::new("extra")
                    .column(Column::new("x", Type::Char(Some(1))).nullable())
                    .column(Column::new("uid", Type::Integer).nullable())
                    .foreign_key(
                        ForeignKey::new(["uid"], "user", ["id"]).on_delete(Action::SetNull),
                    ),
            )
            .apply(manager)
            .await
    }
}
