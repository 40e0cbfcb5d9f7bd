//! Case c04 circular fk create, step 0.
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
                Table::new("author")
                    .column(Column::new("id", Type::Integer).identity())
                    .column(Column::new("publisher_id", Type::Integer).nullable())
                    .primary_key(["id"]),
            )
            .create_table(
                Table::new("publisher")
                    .column(Column::new("id", Type::Integer).identity())
                    .column(Column::new("author_id", Type::Integer))
                    .primary_key(["id"])
                    .foreign_key(
                        ForeignKey::new(["author_id"], "author", ["id"])
                            .named("fk-publisher-author_id"),
                    ),
            )
            .add_foreign_key(
                "author",
                ForeignKey::new(["publisher_id"], "publisher", ["id"])
                    .named("fk-author-publisher_id"),
            )
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new()
            .drop_foreign_key("author", ["publisher_id"])
            .drop_table("publisher")
            .drop_table("author")
            .apply(manager)
            .await
    }
}
