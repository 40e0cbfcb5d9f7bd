//! Note rows of imports.
//!
//! Follows `m20261130_225140_add_series_to_books`. Generated from the entities: read it before
//! you apply it.

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
                Table::new("import_notes")
                    .column(Column::new("import_id", Type::Integer))
                    .column(Column::new("kind", Type::Varchar(Some(10))))
                    .column(Column::new("number", Type::BigInteger))
                    .column(Column::new("line", Type::BigInteger))
                    .column(Column::new("reason", Type::Text))
                    .column(Column::new("book_id", Type::Integer).nullable())
                    .primary_key(
                        PrimaryKey::new(["import_id", "kind", "number"]).named("pk-import_notes"),
                    )
                    .foreign_key(
                        ForeignKey::new(["import_id"], "imports", ["id"])
                            .on_delete(Action::Cascade)
                            .named("fk-import_notes-import_id"),
                    ),
            )
            .add_column("imports", Column::new("unusable", Type::BigInteger).default(0))
            .add_column("imports", Column::new("empty_rows", Type::BigInteger).default(0))
            .add_column("imports", Column::new("reasons", Type::Text).default("{}"))
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new()
            .drop_column("imports", "reasons")
            .drop_column("imports", "empty_rows")
            .drop_column("imports", "unusable")
            .drop_table("import_notes")
            .apply(manager)
            .await
    }
}
