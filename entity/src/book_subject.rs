//! Which subjects a book has.

use sea_executor::Decode;
use sea_orm::entity::prelude::*;

/// A row of `book_subjects`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Decode)]
#[sea_orm(table_name = "book_subjects")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub book_id: i32,
    #[sea_orm(primary_key, auto_increment = false, indexed)]
    pub subject_id: i32,
    #[sea_orm(belongs_to, from = "book_id", to = "id", on_delete = "Cascade")]
    pub book: BelongsTo<super::book::Entity>,
    #[sea_orm(belongs_to, from = "subject_id", to = "id", on_delete = "Cascade")]
    pub subject: BelongsTo<super::subject::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
