//! Case c21 drop plain column, step 0.
//!
//! Follows `before`. Generated from the entities: read it before you apply it.
//!
//! Note: the values of `u.pw` do not come back with a downgrade

use sea_revise::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().drop_column("u", "pw").apply(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new()
            .add_column("u", Column::new("pw", Type::Varchar(Some(50))).nullable())
            .apply(manager)
            .await
    }
}
