//! Begin the library.
//!
//! The first revision. Generated from the entities: read it before you apply it.

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
                    .column(Column::new("name", Type::Varchar(None)))
                    .primary_key(["id"])
                    .unique(Unique::new(["name"])),
            )
            .create_table(
                Table::new("book")
                    .column(Column::new("id", Type::Integer).identity())
                    .column(Column::new("title", Type::Varchar(Some(200))))
                    .column(Column::new("author_id", Type::Integer))
                    .primary_key(["id"])
                    .foreign_key(
                        ForeignKey::new(["author_id"], "author", ["id"])
                            .on_delete(Action::Cascade)
                            .named("fk-book-author_id"),
                    )
                    .index(Index::new("idx-book-title", ["title"])),
            )
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().drop_table("book").drop_table("author").apply(manager).await
    }
}
