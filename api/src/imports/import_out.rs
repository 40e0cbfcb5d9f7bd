//! How an import is shown: its state, its counts, and what was found in its file.

use chrono::{DateTime, Utc};
use serde::Serialize;
use service::{
    Db,
    books::import::{OnDuplicate, Reason},
    imports::{self, Import, State},
};
use utoipa::ToSchema;

use super::read_as::ReadAs;
use crate::projection::{Include, Included, Projection, Representation, included};

/// Maximum number of not reverted books that are listed, for each import.
const MOST_NOT_REVERTED: u64 = 100;

/// The state of an import.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum StateOut {
    /// It waits for its turn.
    Queued,
    /// Its rows are being stored, some of them are.
    Running,
    /// Every row is accounted for.
    Done,
    /// Its changes are being undone.
    Undoing,
    /// Its changes were undone, on request.
    Undone,
    /// It could not continue, and its changes were undone.
    Failed,
}

impl From<State> for StateOut {
    fn from(state: State) -> Self {
        match state {
            State::Queued => Self::Queued,
            State::Running => Self::Running,
            State::Done => Self::Done,
            State::Undoing => Self::Undoing,
            State::Undone => Self::Undone,
            State::Failed => Self::Failed,
        }
    }
}

/// An import: `rows = inserted + updated + skipped + rejected` at any time.
#[derive(Serialize, ToSchema)]
pub struct ImportOut<'a> {
    id: i32,
    /// What its rows are: `books`, `stores` or `items`.
    #[schema(example = "books")]
    noun: &'static str,
    state: StateOut,
    /// The name of the file.
    #[schema(example = "catalogue.csv")]
    name: Option<&'a str>,
    /// `csv`, `jsonl`, `json`, `marc21`, `marcxml` or `onix`.
    #[schema(value_type = String, example = "csv")]
    format: Option<&'static str>,
    #[schema(value_type = ReadAs)]
    read_as: Option<ReadAs>,
    /// `skip`, `update` or `fail`.
    #[schema(value_type = String, example = "skip")]
    on_duplicate: Option<&'static str>,
    /// Everything is counted and nothing stored.
    dry_run: bool,
    /// A row that is rejected or not usable as it is fails the import.
    strict: bool,
    bytes_total: i64,
    bytes_read: i64,
    /// Rows of the file so far.
    rows: i64,
    /// New ones.
    inserted: i64,
    /// Changed ones.
    updated: i64,
    /// Stored before; `links.skipped` has them.
    skipped: i64,
    /// Not stored; `links.rejected` has them.
    rejected: i64,
    /// Books without an ISBN, and rows with a cell that is not usable.
    warnings: i64,
    /// Rows with a cell that is not usable.
    unusable: i64,
    /// Rows without a value, counted nowhere else.
    empty_rows: i64,
    reasons: ReasonsOut,
    /// Rows that were reverted.
    reverted: i64,
    /// Rows that were changed since, or that others refer to.
    not_reverted: i64,
    /// Why it failed, and what to do about it.
    problem: Option<&'a str>,
    created_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    /// Raised by each step.
    version: i32,
    links: Links,
}

/// Why rows were rejected, or have a warning: the most frequent reasons first, at most 51 of each.
#[derive(Serialize, ToSchema)]
struct ReasonsOut {
    rejected: Vec<ReasonOut>,
    warned: Vec<ReasonOut>,
}

/// A reason and the rows that have it.
#[derive(Serialize, ToSchema)]
struct ReasonOut {
    /// `…` stands for values that differ.
    #[schema(example = "title is empty")]
    reason: String,
    rows: u64,
}

impl ReasonsOut {
    fn of(import: &Import) -> Self {
        let reasons = imports::reasons(import);
        let out = |reasons: Vec<Reason>| {
            reasons.into_iter().map(|Reason { reason, rows }| ReasonOut { reason, rows }).collect()
        };
        Self { rejected: out(reasons.of_rejected()), warned: out(reasons.of_warned()) }
    }
}

/// The URLs of an import, its progress and the rows that are not stored as they are, and the one to undo it.
#[derive(Serialize, ToSchema)]
struct Links {
    #[serde(rename = "self")]
    #[schema(example = "/api/imports/1")]
    this: String,
    /// Server-sent events until it ends.
    #[schema(example = "/api/imports/1/events")]
    events: String,
    #[schema(example = "/api/imports/1/rejected.csv")]
    rejected: String,
    #[schema(example = "/api/imports/1/warned.csv")]
    warned: String,
    #[schema(example = "/api/imports/1/skipped.csv")]
    skipped: String,
    /// For a POST.
    #[schema(example = "/api/imports/1/undo")]
    undo: String,
}

impl<'a> From<&'a Import> for ImportOut<'a> {
    fn from(import: &'a Import) -> Self {
        // They are always readable: they are only written and read by this module.
        let options = imports::options(import).ok();
        let location = location(import);
        Self {
            id: import.id,
            noun: imports::plural(import.noun),
            state: import.state.into(),
            name: import.name.as_deref(),
            read_as: options.as_ref().map(|options| ReadAs::of(import, options)),
            format: options.as_ref().map(|options| options.format.word()),
            on_duplicate: options.as_ref().map(|options| match options.on_duplicate {
                OnDuplicate::Skip => "skip",
                OnDuplicate::Update => "update",
                OnDuplicate::Fail => "fail",
            }),
            dry_run: import.dry_run,
            strict: options.as_ref().is_some_and(|options| options.strict),
            bytes_total: import.bytes_total,
            bytes_read: import.bytes_read,
            rows: import.rows,
            inserted: import.inserted,
            updated: import.updated,
            skipped: import.skipped,
            rejected: import.rejected,
            warnings: import.warnings,
            unusable: import.unusable,
            empty_rows: import.empty_rows,
            reasons: ReasonsOut::of(import),
            reverted: import.reverted,
            not_reverted: import.kept,
            problem: import.problem.as_deref(),
            created_at: import.created_at,
            started_at: import.started_at,
            ended_at: import.ended_at,
            version: import.version,
            links: Links {
                events: format!("{location}/events"),
                rejected: format!("{location}/rejected.csv"),
                warned: format!("{location}/warned.csv"),
                skipped: format!("{location}/skipped.csv"),
                undo: format!("{location}/undo"),
                this: location,
            },
        }
    }
}

impl Representation for Import {
    type Out<'a> = ImportOut<'a>;
    const ABOUT: &'static str =
        "Files of books, stores or items, imported as jobs, and undone as a whole";
    const INCLUDES: &'static [Include] = &[Include::ids("not_reverted_books")];

    async fn include(
        db: &Db,
        projection: &Projection,
        imports: &[Self],
    ) -> service::Result<Vec<Included>> {
        if !projection.includes("not_reverted_books") {
            return Ok(Vec::new());
        }
        let mut kept = Vec::with_capacity(imports.len());
        for import in imports {
            // Most have none, and need no query.
            kept.push(match import.kept {
                0 => Vec::new(),
                _ => imports::not_reverted(db.reader(), import.id, MOST_NOT_REVERTED).await?,
            });
        }
        Ok(vec![included("not_reverted_books", kept.into_iter())?])
    }
}

pub(super) fn location(import: &Import) -> String {
    format!("/api/imports/{}", import.id)
}
