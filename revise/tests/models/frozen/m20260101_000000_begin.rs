//! Books that name their writers.

use sea_revise::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let author = Table::new("author")
            .column(Column::new("id", Type::Integer).identity())
            .column(Column::new("name", Type::Text))
            .column(Column::new("kind", Type::enumeration("kind")).default("person"))
            .primary_key(["id"])
            .unique(Unique::new(["name"]));
        let book = Table::new("book")
            .column(Column::new("id", Type::BigInteger).identity())
            .column(Column::new("writer", Type::Text))
            .column(Column::new("type", Type::Text).nullable())
            .column(Column::new("author_id", Type::Integer).nullable())
            .column(Column::new("price", Type::Decimal(Some((12, 2)))).nullable())
            .primary_key(["id"])
            .foreign_key(
                ForeignKey::new(["author_id"], "author", ["id"]).on_delete(Action::Cascade),
            );
        Plan::new()
            .create_enum("kind", ["person", "house"])
            .create_table(author)
            .create_table(book)
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().drop_table("book").drop_table("author").drop_enum("kind").apply(manager).await
    }
}
