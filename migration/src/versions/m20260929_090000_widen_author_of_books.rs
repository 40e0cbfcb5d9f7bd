//! Takes the length off `books.author`: author lists of real books reach 742 characters.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DbBackend};

use crate::rebuild::rebuild;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        change_author(manager, string("author")).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let too_long = Query::select()
            .column("id")
            .from("books")
            .and_where(Expr::expr(Func::cust("length").arg(Expr::col("author"))).gt(100))
            .order_by("id", Order::Asc)
            .take();
        let rows = manager.get_connection().query_all(&too_long).await?;
        if let Some(first) = rows.first() {
            let id: i32 = first.try_get("", "id")?;
            return Err(DbErr::Migration(format!(
                "{} books have an author of more than 100 characters, the first is book {id}; \
                 shorten them before this downgrade, which would cut them off",
                rows.len()
            )));
        }
        change_author(manager, string_len("author", 100)).await
    }
}

async fn change_author(manager: &SchemaManager<'_>, author: ColumnDef) -> Result<(), DbErr> {
    if manager.get_database_backend() == DbBackend::Sqlite {
        return rebuild(manager, "books", books(author)).await;
    }
    manager.alter_table(Table::alter().table("books").modify_column(author).take()).await
}

/// `books` as this revision leaves it, for SQLite, which cannot change a column in place.
fn books(author: ColumnDef) -> TableCreateStatement {
    Table::create()
        .col(pk_auto("id"))
        .col(string_len("title", 200))
        .col(author)
        .col(integer_null("year"))
        .col(string_len_null("isbn", 13).unique_key())
        .col(timestamp_with_time_zone_default_now("created_at"))
        .col(timestamp_with_time_zone_default_now("updated_at"))
        .col(integer("version").default(1))
        .col(integer_null("page_count"))
        .col(string_len("status", 20).default("available"))
        .take()
}
