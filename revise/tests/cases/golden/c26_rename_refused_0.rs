//! Case c26 rename refused, step 0.
//!
//! Follows `before`. Generated from the entities: read it before you apply it.
//!
//! Note: the values of `u.name` do not come back with a downgrade, so it comes back as a column
//! that takes NULL

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
            .add_column("u", Column::new("full_name", Type::Varchar(None)).nullable())
            .backfill("u", "full_name", "'it''s new'")
            .set_not_null("u", "full_name")
            .drop_column("u", "name")
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new()
            .add_column("u", Column::new("name", Type::Varchar(None)).nullable())
            .drop_column("u", "full_name")
            .apply(manager)
            .await
    }
}
