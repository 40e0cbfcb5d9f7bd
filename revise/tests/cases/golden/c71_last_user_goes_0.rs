//! Case c71 last user goes, step 0.
//!
//! Follows `before`. Generated from the entities: read it before you apply it.
//!
//! Note: the rows of `pot` do not come back with a downgrade

use sea_revise::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().drop_table("pot").apply(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new()
            .create_table(
                Table::new("pot")
                    .column(Column::new("id", Type::Integer).identity())
                    .column(Column::new("kind", Type::enumeration("tea")).nullable())
                    .primary_key(["id"]),
            )
            .apply(manager)
            .await
    }
}
