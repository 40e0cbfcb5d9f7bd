//! Case c29 rename and widen, step 0.
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
            .rename_column("u", "age", "years")
            .alter_type("u", "years", Type::BigInteger)
            .drop_not_null("u", "years")
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new()
            .set_not_null("u", "years")
            .alter_type("u", "years", Type::Integer)
            .rename_column("u", "years", "age")
            .apply(manager)
            .await
    }
}
