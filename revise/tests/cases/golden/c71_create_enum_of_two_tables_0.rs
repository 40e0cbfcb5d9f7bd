//! Case c71 create enum of two tables, step 0.
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
            .create_enum("tea", ["everyday_tea", "breakfast_tea"])
            .create_table(
                Table::new("cup")
                    .column(Column::new("id", Type::Integer).identity())
                    .column(Column::new("kind", Type::enumeration("tea")))
                    .primary_key(["id"]),
            )
            .create_table(
                Table::new("pot")
                    .column(Column::new("id", Type::Integer).identity())
                    .column(Column::new("kind", Type::enumeration("tea")).nullable())
                    .primary_key(["id"]),
            )
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().drop_table("pot").drop_table("cup").drop_enum("tea").apply(manager).await
    }
}
