//! `/api/imports`: uploaded files of books, and their state.

mod events;
mod parameters;
mod read_as;
mod rows;
mod upload;

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header::{CONTENT_TYPE, ETAG, LOCATION},
    post,
    web::{Data, Payload},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use service::{
    DatabaseError, Db, Error,
    books::import::{OnDuplicate, Options, Reason},
    database::on_a_thread,
    idempotency::{self, Key},
    imports::{self, Import, Imports, NewImport, State},
};
use utoipa::ToSchema;

use crate::{
    change::DryRun,
    error::Problem,
    etag,
    extract::{IDEMPOTENCY_KEY, Id},
    list::List,
    openapi::Class,
    projection::{Include, Included, Projection, Representation, included},
    routes::Routes,
    row::RowQuery,
};
use read_as::ReadAs;
use upload::{ImportForm, Received};

/// Maximum number of not reverted books that are listed, for each import.
const MOST_NOT_REVERTED: u64 = 100;

/// The routes of this file.
pub fn routes(config: &mut impl Routes) {
    config.service(create_import);
    config.resource::<Import>().add(Class::List, list_imports).add(Class::Find, find_import);
    config.service(events::follow_import).service(undo_import);
    config.service(rows::list_rejected_rows).service(rows::list_warned_rows);
    config.service(rows::list_skipped_rows);
}

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
    /// New books.
    inserted: i64,
    /// Books that were updated.
    updated: i64,
    /// Stored before; `links.skipped` has them.
    skipped: i64,
    /// Not stored; `links.rejected` has them.
    rejected: i64,
    /// Rows without an ISBN, or with a cell that is not usable.
    warnings: i64,
    /// Rows with a cell that is not usable.
    unusable: i64,
    /// Rows without a value, counted nowhere else.
    empty_rows: i64,
    reasons: ReasonsOut,
    /// Books that were reverted.
    reverted: i64,
    /// Books that were changed since, or that items are copies of.
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
    const ABOUT: &'static str = "Files of books, imported as jobs, and undone as a whole";
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

fn location(import: &Import) -> String {
    format!("/api/imports/{}", import.id)
}

/// The imports, the newest first.
#[utoipa::path]
#[get("/api/imports")]
async fn list_imports(db: Data<Db>, list: List) -> Result<HttpResponse, Problem> {
    list.answer(db, async |db, listing| imports::list(db.reader(), listing).await).await
}

/// Uploads a file of books, as the body or as the part `file` of a form. It is imported after the response, one chunk at a time;
/// every row is inserted, updated, skipped or rejected, and a malformed row affects no other.
///
/// Columns are identified by their headers; those of other catalogues are understood too. A row is a duplicate when its ISBN is
/// stored, or when one book has its title, author and year, and not both have an ISBN.
#[utoipa::path(
    tag = "imports",
    params(
        parameters::ImportParameters,
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, pattern = "^[!-~]+$",
         description = "a key of one's own; with it the same request gets the first answer for a day"),
    ),
    request_body(content(
        (String = "text/csv", example = "title,author,year,isbn\nClean Code,Robert C. Martin,2008,9780132350884\n"),
        (String = "application/x-ndjson", example = "{\"title\":\"Clean Code\",\"author\":\"Robert C. Martin\"}\n"),
        (String = "application/jsonl"),
        (ImportForm = "multipart/form-data"),
    )),
    responses(
        (status = 202, description = "It is queued", body = ImportOut,
         headers(("Location" = String, description = "the URL of the import"))),
        (status = 400, description = "A parameter, or a file without a usable header; nothing of it is stored"),
        (status = 408, description = "The file came too slowly"),
        (status = 413, description = "The file is larger than this server takes"),
        (status = 415, description = "Neither CSV nor JSON lines"),
        (status = 422, description = "The key was used for another request"),
        (status = 507, description = "The disk is full")
    )
)]
#[post("/api/imports")]
async fn create_import(
    request: HttpRequest,
    payload: Payload,
    db: Data<Db>,
    imports: Data<Imports>,
) -> Result<HttpResponse, Problem> {
    // Otherwise the folder of imports would be made again at a path from which the database was moved.
    db.expect_file()?;
    let Received { upload, name, options } =
        upload::receive(&request, payload, imports.spool()).await?;
    let key = key(&request, &upload.digest(), &options)?;
    let looked_at = on_a_thread(move || {
        let new = NewImport::of(&upload, name.as_deref(), options)?;
        upload.sync()?;
        Ok::<_, Error>((upload, new))
    });
    let (upload, new) = looked_at.await?;
    let own = upload.name().to_owned();
    let work = async move |tx: &service::Tx| {
        let import = imports::create(tx, &new).await?;
        let body = serde_json::to_string(&ImportOut::from(&import)).map_err(Error::no_json)?;
        Ok(Accepted { location: location(&import), file: import.file, body })
    };
    let accepted = match idempotency::write_once(&db, key, work).await {
        Ok(accepted) => accepted,
        Err(error) => {
            if matches!(error, Error::Database(DatabaseError::Unknown)) {
                // It may be queued. Files that are not needed are removed at the next start.
                upload.keep();
            }
            return Err(error.into());
        }
    };
    // For a repeated request the file already exists, or was imported long ago.
    if accepted.file == own {
        upload.keep();
        imports.wake();
    }
    Ok(HttpResponse::Accepted()
        .insert_header((LOCATION, accepted.location))
        .insert_header((CONTENT_TYPE, "application/json"))
        .body(accepted.body))
}

/// The response to an uploaded file.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Accepted {
    location: String,
    /// Its name in the directory.
    file: String,
    body: String,
}

fn key(request: &HttpRequest, digest: &[u8], options: &Options) -> service::Result<Option<Key>> {
    let Some(given) = request.headers().get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let options = serde_json::to_vec(options).map_err(Error::no_json)?;
    let parts = [request.method().as_str().as_bytes(), request.path().as_bytes(), &options, digest];
    Key::new(&String::from_utf8_lossy(given.as_bytes()), &parts).map(Some)
}

/// One import: its progress, and the outcome of its rows.
#[utoipa::path]
#[get("/api/imports/{id}")]
async fn find_import(db: Data<Db>, Id(id): Id, one: RowQuery) -> Result<HttpResponse, Problem> {
    let import = imports::find(db.reader(), id).await?;
    Ok(one.answer(&db, &import, &etag::of_row(import.id, import.version)).await?)
}

/// Undoes an import: new books are deleted, changed ones get their previous values. A running import is stopped first. Books
/// that were changed since, or that items are copies of, are not changed and are counted in `not_reverted`.
#[utoipa::path(
    tag = "imports",
    params(
        ("id" = i32, Path, description = "The import's id", minimum = 1),
        ("dry_run" = Option<bool>, Query, description = "`true`: only try it; nothing is undone")
    ),
    responses(
        (status = 200, description = "As it would be", body = ImportOut),
        (status = 202, description = "It is being undone, or was already", body = ImportOut,
         headers(("Location" = String, description = "the URL of the import"))),
        (status = 404, description = "No such import")
    )
)]
#[post("/api/imports/{id}/undo")]
async fn undo_import(
    db: Data<Db>,
    imports: Data<Imports>,
    Id(id): Id,
    dry_run: DryRun,
) -> Result<HttpResponse, Problem> {
    let import = dry_run.write(&db, async move |tx| imports::undo(tx, id).await).await?;
    if dry_run.is_dry() {
        return Ok(dry_run.response(HttpResponse::Ok()).json(ImportOut::from(&import)));
    }
    imports.wake();
    Ok(HttpResponse::Accepted()
        .insert_header((LOCATION, location(&import)))
        .insert_header((ETAG, etag::of_row(import.id, import.version)))
        .json(ImportOut::from(&import)))
}
