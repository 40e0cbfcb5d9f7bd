//! What is to be said of a row of an imported file that was not rejected.

use sea_executor::Decode;
use sea_orm::entity::prelude::*;

/// A row of `import_notes`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Decode)]
#[sea_orm(table_name = "import_notes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub import_id: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: Kind,
    /// Counted from 1, without the header.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// The line on which it begins.
    pub line: i64,
    /// One or several, each on a line.
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    /// The stored book that a skipped row is, or the store or item. Not a foreign key, since it may be deleted.
    pub book_id: Option<i32>,
    #[sea_orm(belongs_to, from = "import_id", to = "id", on_delete = "Cascade")]
    pub import: BelongsTo<super::import::Entity>,
}

/// What a note is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Decode)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(10))")]
pub enum Kind {
    /// A row without an ISBN, or with a cell that could not be used.
    #[sea_orm(string_value = "warned")]
    Warned,
    /// A row whose book was stored before.
    #[sea_orm(string_value = "skipped")]
    Skipped,
}

impl ActiveModelBehavior for ActiveModel {}
