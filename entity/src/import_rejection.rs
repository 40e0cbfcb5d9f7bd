//! A row of an imported file that could not be stored.

use sea_executor::Decode;
use sea_orm::entity::prelude::*;

/// A row of `import_rejections`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Decode)]
#[sea_orm(table_name = "import_rejections")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub import_id: i32,
    /// Counted from 1, without the header.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// The line on which it begins.
    pub line: i64,
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    /// The raw bytes of the row, which need not be text.
    #[sea_orm(column_type = "Blob")]
    pub raw: Vec<u8>,
    #[sea_orm(belongs_to, from = "import_id", to = "id", on_delete = "Cascade")]
    pub import: BelongsTo<super::import::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
