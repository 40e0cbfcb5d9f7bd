//! Creates `users`.

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
                Table::new("users")
                    .column(Column::new("id", Type::Integer).identity())
                    .column(Column::new("email", Type::Varchar(Some(120))))
                    .column(Column::new("username", Type::Varchar(Some(80))))
                    .column(Column::new("is_active", Type::Boolean).default(true))
                    .column(
                        Column::new("created_at", Type::TimestampWithTimeZone)
                            .default(DefaultValue::Now),
                    )
                    .primary_key(["id"])
                    .unique(Unique::new(["email"]))
                    .index(Index::new("idx-users-username", ["username"])),
            )
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().drop_table("users").apply(manager).await
    }
}
