//! What an import did to one row, such as a book, so that it can be undone.

use sea_executor::Decode;
use sea_orm::entity::prelude::*;

/// A row of `import_changes`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Decode)]
#[sea_orm(table_name = "import_changes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub import_id: i32,
    /// The book, or the store or item if the import is one of these. Not a foreign key, since it may be deleted.
    #[sea_orm(primary_key, auto_increment = false)]
    pub book_id: i32,
    /// The version of the row after that; at any other version it was changed since.
    pub version: i32,
    /// The previous row, as JSON; none for one that the import created.
    #[sea_orm(column_type = "Text", nullable)]
    pub before: Option<String>,
    /// It was not reverted, because the row was changed since.
    pub kept: bool,
    #[sea_orm(belongs_to, from = "import_id", to = "id", on_delete = "Cascade")]
    pub import: BelongsTo<super::import::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
