//! Create idempotency keys.
//!
//! Follows `m20261006_090000_create_users`. Generated from the entities: read it before you apply
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
                Table::new("idempotency_keys")
                    .column(Column::new("key", Type::Varchar(Some(255))))
                    .column(Column::new("fingerprint", Type::Varchar(Some(43))))
                    .column(Column::new("answer", Type::Text))
                    .column(
                        Column::new("created_at", Type::TimestampWithTimeZone)
                            .default(DefaultValue::Now),
                    )
                    .primary_key(["key"])
                    .index(Index::new("idx-idempotency_keys-created_at", ["created_at"])),
            )
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().drop_table("idempotency_keys").apply(manager).await
    }
}
