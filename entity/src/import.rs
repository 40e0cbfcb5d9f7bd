//! An uploaded file of books, and its progress.

use sea_executor::Decode;
use sea_orm::entity::prelude::*;

/// A row of `imports`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Decode)]
#[sea_orm(table_name = "imports")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    /// The worker queries the next one of a state.
    #[sea_orm(indexed)]
    pub state: State,
    /// What its rows are.
    #[sea_orm(default_value = "books")]
    pub noun: Noun,
    /// The file name given by the client.
    #[sea_orm(column_type = "String(StringLen::N(255))", nullable)]
    pub name: Option<String>,
    /// The options of the import, as JSON.
    #[sea_orm(column_type = "Text")]
    pub options: String,
    pub dry_run: bool,
    /// The name of the file in the directory of imports; the file is removed at the end.
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub file: String,
    /// The first record of a table, unparsed: the column names for rejected rows.
    #[sea_orm(column_type = "Blob")]
    pub header: Vec<u8>,
    pub bytes_total: i64,
    /// The offset at which the next chunk begins.
    pub bytes_read: i64,
    /// The number of lines before that, needed to locate rows in the file.
    pub lines_read: i64,
    pub rows: i64,
    pub inserted: i64,
    pub updated: i64,
    pub skipped: i64,
    pub rejected: i64,
    pub warnings: i64,
    /// Rows with a cell that could not be used, also those that were stored.
    #[sea_orm(default_value = 0)]
    pub unusable: i64,
    /// Rows without a value, which are counted nowhere else.
    #[sea_orm(default_value = 0)]
    pub empty_rows: i64,
    /// How many rows have which reason, as JSON.
    #[sea_orm(column_type = "Text", default_value = "{}")]
    pub reasons: String,
    /// Books that were reverted.
    pub reverted: i64,
    /// Books that were not reverted, because they were changed since.
    pub kept: i64,
    /// Why it failed.
    #[sea_orm(column_type = "Text", nullable)]
    pub problem: Option<String>,
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub created_at: DateTimeUtc,
    pub started_at: Option<DateTimeUtc>,
    pub ended_at: Option<DateTimeUtc>,
    /// Raised by each step.
    #[sea_orm(default_value = 1)]
    pub version: i32,
    #[sea_orm(has_many)]
    pub changes: HasMany<super::import_change::Entity>,
    #[sea_orm(has_many)]
    pub rejections: HasMany<super::import_rejection::Entity>,
    #[sea_orm(has_many)]
    pub notes: HasMany<super::import_note::Entity>,
}

/// What the rows of an import are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Decode)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(10))")]
pub enum Noun {
    #[sea_orm(string_value = "books")]
    Books,
    #[sea_orm(string_value = "stores")]
    Stores,
    #[sea_orm(string_value = "items")]
    Items,
}

/// The state of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Decode)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(10))")]
pub enum State {
    /// It waits for its turn.
    #[sea_orm(string_value = "queued")]
    Queued,
    /// Its rows are being stored.
    #[sea_orm(string_value = "running")]
    Running,
    /// All of its rows are accounted for.
    #[sea_orm(string_value = "done")]
    Done,
    /// Its changes are being undone.
    #[sea_orm(string_value = "undoing")]
    Undoing,
    /// Its changes were undone on request.
    #[sea_orm(string_value = "undone")]
    Undone,
    /// It could not continue, and its changes were undone.
    #[sea_orm(string_value = "failed")]
    Failed,
}

impl ActiveModelBehavior for ActiveModel {}
