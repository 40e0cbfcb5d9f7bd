//! Create merges.
//!
//! Follows `m20261130_225435_note_rows_of_imports`. Generated from the entities: read it before you
//! apply it.

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
                Table::new("merges")
                    .column(Column::new("id", Type::Integer).identity())
                    .column(Column::new("book_id", Type::Integer))
                    .column(Column::new("book_version", Type::Integer))
                    .column(Column::new("before", Type::Text))
                    .column(Column::new("merged", Type::Text))
                    .column(Column::new("books", Type::Integer))
                    .column(Column::new("items", Type::Integer))
                    .column(
                        Column::new("created_at", Type::TimestampWithTimeZone)
                            .default(DefaultValue::Now),
                    )
                    .column(Column::new("undone_at", Type::TimestampWithTimeZone).nullable())
                    .column(Column::new("version", Type::Integer).default(1))
                    .primary_key(["id"])
                    .index(Index::new("idx-merges-book_id", ["book_id"])),
            )
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().drop_table("merges").apply(manager).await
    }
}
