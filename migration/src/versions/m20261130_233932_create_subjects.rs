//! Create subjects.
//!
//! Follows `m20261130_231812_create_merges`. Generated from the entities: read it before you apply
//! it.

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
                Table::new("subjects")
                    .column(Column::new("id", Type::Integer).identity())
                    .column(Column::new("name", Type::Varchar(Some(200))))
                    .primary_key(["id"])
                    .unique(Unique::new(["name"])),
            )
            .create_table(
                Table::new("book_subjects")
                    .column(Column::new("book_id", Type::Integer))
                    .column(Column::new("subject_id", Type::Integer))
                    .primary_key(
                        PrimaryKey::new(["book_id", "subject_id"]).named("pk-book_subjects"),
                    )
                    .foreign_key(
                        ForeignKey::new(["book_id"], "books", ["id"])
                            .on_delete(Action::Cascade)
                            .named("fk-book_subjects-book_id"),
                    )
                    .foreign_key(
                        ForeignKey::new(["subject_id"], "subjects", ["id"])
                            .on_delete(Action::Cascade)
                            .named("fk-book_subjects-subject_id"),
                    )
                    .index(Index::new("idx-book_subjects-subject_id", ["subject_id"])),
            )
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().drop_table("book_subjects").drop_table("subjects").apply(manager).await
    }
}
