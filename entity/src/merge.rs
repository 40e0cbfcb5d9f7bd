//! Books that were merged into another one, so that it can be undone.

use sea_executor::Decode;
use sea_orm::entity::prelude::*;

/// A row of `merges`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Decode)]
#[sea_orm(table_name = "merges")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    /// Not a foreign key, since the book may be deleted.
    #[sea_orm(indexed)]
    pub book_id: i32,
    /// The version of the book after that; at any other version it was changed since.
    pub book_version: i32,
    /// The previous book, as JSON.
    #[sea_orm(column_type = "Text")]
    pub before: String,
    /// The books that were merged into it, with the ids of their copies, as JSON.
    #[sea_orm(column_type = "Text")]
    pub merged: String,
    /// How many books those were.
    pub books: i32,
    /// How many copies they had.
    pub items: i32,
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub created_at: DateTimeUtc,
    pub undone_at: Option<DateTimeUtc>,
    /// Raised by each change.
    #[sea_orm(default_value = 1)]
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}
