//! Case seed junction goes, step 0.
//!
//! Follows `before`. Generated from the entities: read it before you apply it.
//!
//! Note: the rows of `a_junction` do not come back with a downgrade
//!
//! Note: the rows of `tag` do not come back with a downgrade

use sea_revise::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().drop_table("a_junction").drop_table("tag").apply(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new()
            .create_table(
                Table::new("tag")
                    .column(Column::new("id", Type::Integer).identity())
                    .primary_key(["id"]),
            )
            .create_table(
                Table::new("a_junction")
                    .column(Column::new("post_id", Type::Integer))
                    .column(Column::new("tag_id", Type::Integer))
                    .primary_key(PrimaryKey::new(["post_id", "tag_id"]).named("pk-a_junction"))
                    .foreign_key(
                        ForeignKey::new(["post_id"], "post", ["id"])
                            .on_delete(Action::Cascade)
                            .named("fk-a_junction-post_id"),
                    )
                    .foreign_key(
                        ForeignKey::new(["tag_id"], "tag", ["id"])
                            .on_delete(Action::Cascade)
                            .named("fk-a_junction-tag_id"),
                    ),
            )
            .apply(manager)
            .await
    }
}
