//! An item on a store's shelf; it may be a copy of a catalogued book, and outlives that book.

use sea_executor::Decode;
use sea_orm::entity::prelude::*;

/// A row of `items`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Decode)]
#[sea_orm(table_name = "items")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub name: String,
    /// Exact to the cent. SQLite stores it as a double, which holds twelve digits exactly.
    #[sea_orm(column_type = "Decimal(Some((12, 2)))", extra = "CHECK (\"price\" >= 0)")]
    pub price: Decimal,
    #[sea_orm(indexed)]
    pub store_id: i32,
    #[sea_orm(indexed)]
    pub book_id: Option<i32>,
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub created_at: DateTimeUtc,
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub updated_at: DateTimeUtc,
    /// Raised by each change; a change that names an older version is refused.
    #[sea_orm(default_value = 1)]
    pub version: i32,
    #[sea_orm(belongs_to, from = "store_id", to = "id", on_delete = "Cascade")]
    pub store: BelongsTo<super::store::Entity>,
    #[sea_orm(belongs_to, from = "book_id", to = "id", on_delete = "SetNull")]
    pub book: BelongsTo<Option<super::book::Entity>>,
}

impl ActiveModelBehavior for ActiveModel {}
