//! Case c07 junction, step 0.
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
                Table::new("post_tag")
                    .column(Column::new("post_id", Type::Integer))
                    .column(Column::new("tag_id", Type::Integer))
                    .primary_key(PrimaryKey::new(["post_id", "tag_id"]).named("pk-post_tag"))
                    .foreign_key(
                        ForeignKey::new(["post_id"], "post", ["id"])
                            .on_delete(Action::Cascade)
                            .named("fk-post_tag-post_id"),
                    )
                    .foreign_key(
                        ForeignKey::new(["tag_id"], "tag", ["id"])
                            .on_delete(Action::Cascade)
                            .named("fk-post_tag-tag_id"),
                    ),
            )
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().drop_table("post_tag").apply(manager).await
    }
}
