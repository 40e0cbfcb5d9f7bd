//! What an import did to one book, so that it can be taken back.

use sea_orm::entity::prelude::*;

/// A row of `import_changes`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import_changes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub import_id: i32,
    /// No key to the book, which may be deleted.
    #[sea_orm(primary_key, auto_increment = false)]
    pub book_id: i32,
    /// The book's version since; at another one somebody else changed it.
    pub version: i32,
    /// What the book was before, as JSON; a book that the import added was not.
    #[sea_orm(column_type = "Text", nullable)]
    pub before: Option<String>,
    /// It was to be taken back and was not, because somebody else changed the book.
    pub kept: bool,
    #[sea_orm(belongs_to, from = "import_id", to = "id", on_delete = "Cascade")]
    pub import: BelongsTo<super::import::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
