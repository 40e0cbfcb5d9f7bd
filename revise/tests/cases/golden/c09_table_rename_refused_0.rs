//! Case c09 table rename refused, step 0.
//!
//! Follows `before`. Generated from the entities: read it before you apply it.
//!
//! Note: the rows of `author` do not come back with a downgrade

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
                Table::new("writer")
                    .column(Column::new("id", Type::Integer).identity())
                    .column(Column::new("name", Type::Varchar(None)))
                    .primary_key(["id"]),
            )
            .drop_table("author")
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new()
            .create_table(
                Table::new("author")
                    .column(Column::new("id", Type::Integer).identity())
                    .column(Column::new("name", Type::Varchar(None)))
                    .primary_key(["id"]),
            )
            .drop_table("writer")
            .apply(manager)
            .await
    }
}
