//! Case seed course story, step 1.
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
                Table::new("articles")
                    .column(Column::new("id", Type::Integer).identity())
                    .column(Column::new("title", Type::Varchar(None)))
                    .column(Column::new("body", Type::Text))
                    .column(Column::new("published", Type::Boolean).default(false))
                    .column(Column::new("created", Type::DateTime).default(DefaultValue::Now))
                    .primary_key(["id"]),
            )
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().drop_table("articles").apply(manager).await
    }
}
