//! Case c24 drop fk column, step 0.
//!
//! Follows `before`. Generated from the entities: read it before you apply it.
//!
//! Note: the values of `book.author_id` do not come back with a downgrade, so it comes back as a
//! column that takes NULL

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
            .drop_foreign_key("book", ["author_id"])
            .drop_column("book", "author_id")
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new()
            .add_column("book", Column::new("author_id", Type::Integer).nullable())
            .add_foreign_key(
                "book",
                ForeignKey::new(["author_id"], "author", ["id"]).named("fk-book-author_id"),
            )
            .apply(manager)
            .await
    }
}
