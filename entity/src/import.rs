//! A file of books that was handed in, and how far it is.

use sea_orm::entity::prelude::*;

/// A row of `imports`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "imports")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    /// The work asks for the next one of a state.
    #[sea_orm(indexed)]
    pub state: State,
    /// As the client called the file.
    #[sea_orm(column_type = "String(StringLen::N(255))", nullable)]
    pub name: Option<String>,
    /// How it is to be imported, as JSON.
    #[sea_orm(column_type = "Text")]
    pub options: String,
    pub dry_run: bool,
    /// The name of what was handed in, in the folder of imports; removed at the end.
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub file: String,
    /// The first record of a table, as it stands there: what the columns of a rejected row are called.
    #[sea_orm(column_type = "Blob")]
    pub header: Vec<u8>,
    pub bytes_total: i64,
    /// Where the next chunk begins.
    pub bytes_read: i64,
    /// Lines before that, without which no row could be found in the file.
    pub lines_read: i64,
    pub rows: i64,
    pub inserted: i64,
    pub updated: i64,
    pub skipped: i64,
    pub rejected: i64,
    pub warnings: i64,
    /// Books that were taken back.
    pub reverted: i64,
    /// Books that were not, because somebody changed them since.
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
}

/// What becomes of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
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
    /// What it changed is being taken back.
    #[sea_orm(string_value = "undoing")]
    Undoing,
    /// What it changed was taken back because somebody asked for it.
    #[sea_orm(string_value = "undone")]
    Undone,
    /// It could not go on, and what it changed was taken back.
    #[sea_orm(string_value = "failed")]
    Failed,
}

impl ActiveModelBehavior for ActiveModel {}
