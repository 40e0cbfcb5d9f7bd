//! What books are about.

use sea_executor::Decode;
use sea_orm::entity::prelude::*;

/// A row of `subjects`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Decode)]
#[sea_orm(table_name = "subjects")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    #[sea_orm(column_type = "String(StringLen::N(200))", unique)]
    pub name: String,
    #[sea_orm(has_many, via = "book_subject")]
    pub books: HasMany<super::book::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
