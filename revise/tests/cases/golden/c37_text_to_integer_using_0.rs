//! Case c37 text to integer using, step 0.
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
            .alter_type_using(
                "t",
                "n",
                Type::Integer,
                "CASE WHEN n = 'x' THEN 10 ELSE CAST(n AS integer) END",
            )
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().alter_type("t", "n", Type::Varchar(None)).apply(manager).await
    }
}
