//! Case c77 quoting of changes, step 0.
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
            .rename_column("Order Items", "camel case", "CamelCase")
            .alter_type("Order Items", "select", Type::Integer)
            .set_default("Order Items", "naïve", "it's")
            .add_column("Order Items", Column::new("o'clock", Type::Integer).nullable())
            .add_unique("Order Items", Unique::new(["select"]))
            .create_index("Order Items", Index::new("idx-Order Items-CamelCase", ["CamelCase"]))
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new()
            .drop_index("Order Items", "idx-Order Items-CamelCase")
            .drop_unique("Order Items", ["select"])
            .drop_column("Order Items", "o'clock")
            .drop_default("Order Items", "naïve")
            .alter_type("Order Items", "select", Type::Varchar(None))
            .rename_column("Order Items", "CamelCase", "camel case")
            .apply(manager)
            .await
    }
}
