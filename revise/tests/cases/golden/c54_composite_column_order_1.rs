//! Case c54 composite column order, step 1.
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
            .drop_index("t", "t_index")
            .create_index("t", Index::new("t_index", ["y", "x"]))
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new()
            .drop_index("t", "t_index")
            .create_index("t", Index::new("t_index", ["x", "y"]))
            .apply(manager)
            .await
    }
}
