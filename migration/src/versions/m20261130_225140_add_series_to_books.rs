//! Add series to books.
//!
//! Follows `m20261130_225130_add_description_to_books`.

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
            .add_column("books", Column::new("series", Type::Varchar(Some(200))).nullable())
            .add_column(
                "books",
                Column::new("series_number", Type::Decimal(Some((6, 2)))).nullable(),
            )
            .create_index("books", Index::new("idx-books-series", ["series"]))
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new()
            .drop_index("books", "idx-books-series")
            .drop_column("books", "series_number")
            .drop_column("books", "series")
            .apply(manager)
            .await
    }
}
