//! Create imports.
//!
//! Follows `m20261126_160827_create_idempotency_keys`. Generated from the entities: read it before
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
                Table::new("imports")
                    .column(Column::new("id", Type::Integer).identity())
                    .column(Column::new("state", Type::Varchar(Some(10))))
                    .column(Column::new("name", Type::Varchar(Some(255))).nullable())
                    .column(Column::new("options", Type::Text))
                    .column(Column::new("dry_run", Type::Boolean))
                    .column(Column::new("file", Type::Varchar(Some(80))))
                    .column(Column::new("header", Type::Blob))
                    .column(Column::new("bytes_total", Type::BigInteger))
                    .column(Column::new("bytes_read", Type::BigInteger))
                    .column(Column::new("lines_read", Type::BigInteger))
                    .column(Column::new("rows", Type::BigInteger))
                    .column(Column::new("inserted", Type::BigInteger))
                    .column(Column::new("updated", Type::BigInteger))
                    .column(Column::new("skipped", Type::BigInteger))
                    .column(Column::new("rejected", Type::BigInteger))
                    .column(Column::new("warnings", Type::BigInteger))
                    .column(Column::new("reverted", Type::BigInteger))
                    .column(Column::new("kept", Type::BigInteger))
                    .column(Column::new("problem", Type::Text).nullable())
                    .column(
                        Column::new("created_at", Type::TimestampWithTimeZone)
                            .default(DefaultValue::Now),
                    )
                    .column(Column::new("started_at", Type::TimestampWithTimeZone).nullable())
                    .column(Column::new("ended_at", Type::TimestampWithTimeZone).nullable())
                    .column(Column::new("version", Type::Integer).default(1))
                    .primary_key(["id"]),
            )
            .create_table(
                Table::new("import_changes")
                    .column(Column::new("import_id", Type::Integer))
                    .column(Column::new("book_id", Type::Integer))
                    .column(Column::new("version", Type::Integer))
                    .column(Column::new("before", Type::Text).nullable())
                    .column(Column::new("kept", Type::Boolean))
                    .primary_key(
                        PrimaryKey::new(["import_id", "book_id"]).named("pk-import_changes"),
                    )
                    .foreign_key(
                        ForeignKey::new(["import_id"], "imports", ["id"])
                            .on_delete(Action::Cascade)
                            .named("fk-import_changes-import_id"),
                    ),
            )
            .create_table(
                Table::new("import_rejections")
                    .column(Column::new("import_id", Type::Integer))
                    .column(Column::new("number", Type::BigInteger))
                    .column(Column::new("line", Type::BigInteger))
                    .column(Column::new("reason", Type::Text))
                    .column(Column::new("raw", Type::Blob))
                    .primary_key(
                        PrimaryKey::new(["import_id", "number"]).named("pk-import_rejections"),
                    )
                    .foreign_key(
                        ForeignKey::new(["import_id"], "imports", ["id"])
                            .on_delete(Action::Cascade)
                            .named("fk-import_rejections-import_id"),
                    ),
            )
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new()
            .drop_table("import_rejections")
            .drop_table("import_changes")
            .drop_table("imports")
            .apply(manager)
            .await
    }
}
