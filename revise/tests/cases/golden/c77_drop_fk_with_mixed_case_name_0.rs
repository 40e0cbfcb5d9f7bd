//! Case c77 drop fk with mixed case name, step 0.
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
        Plan::new().drop_foreign_key("Child", ["parentId"]).apply(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new()
            .add_foreign_key(
                "Child",
                ForeignKey::new(["parentId"], "Parent", ["id"]).named("FK_Child'Parent"),
            )
            .apply(manager)
            .await
    }
}
