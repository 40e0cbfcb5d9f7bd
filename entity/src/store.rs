//! A store, which owns the items on its shelves: deleting it deletes them.

use sea_executor::Decode;
use sea_orm::entity::prelude::*;

/// A row of `stores`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Decode)]
#[sea_orm(table_name = "stores")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub name: String,
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub created_at: DateTimeUtc,
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub updated_at: DateTimeUtc,
    /// Raised by each change; a change that names an older version is refused.
    #[sea_orm(default_value = 1)]
    pub version: i32,
    #[sea_orm(has_many)]
    pub items: HasMany<super::item::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
