//! `/api/imports`: uploaded files of books, stores and items, and their state.

mod events;
mod import_out;
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
use serde::{Deserialize, Serialize};
use service::{
    DatabaseError, Db, Error,
    books::import::Options,
    database::on_a_thread,
    idempotency::{self, Key},
    imports::{self, Import, Imports, NewImport, Nouns},
};

use crate::{
    change::DryRun,
    error::Problem,
    etag,
    extract::{IDEMPOTENCY_KEY, Id},
    list::List,
    openapi::Class,
    routes::Routes,
    row::RowQuery,
};
use import_out::{ImportOut, location};
use upload::{ImportForm, Received};

/// The routes of this file.
pub fn routes(config: &mut impl Routes) {
    config.service(create_import);
    config.resource::<Import>().add(Class::List, list_imports).add(Class::Find, find_import);
    config.service(events::follow_import).service(undo_import);
    config.service(rows::list_rejected_rows).service(rows::list_warned_rows);
    config.service(rows::list_skipped_rows);
}

/// The imports, the newest first.
#[utoipa::path]
#[get("/api/imports")]
async fn list_imports(db: Data<Db>, list: List) -> Result<HttpResponse, Problem> {
    list.answer(db, async |db, listing| imports::list(db.reader(), listing).await).await
}

/// Uploads a file of books, stores or items, as the body or as the part `file` of a form. It is imported after the response, one chunk
/// at a time; every row is inserted, updated, skipped or rejected, and a malformed row affects no other.
///
/// Columns are identified by their headers; those of other catalogues are understood too. A row is a duplicate when its ISBN is
/// stored, or when one book has its title, author and year, and not both have an ISBN. A store is met by its name, an item by its store,
/// name and book; the second row that is alike is the second stored one, or new.
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
    let Received { upload, name, noun, options } =
        upload::receive(&request, payload, imports.spool()).await?;
    let key = key(&request, &upload.digest(), (noun, &options))?;
    let looked_at = on_a_thread(move || {
        let new = NewImport::of(noun, &upload, name.as_deref(), options)?;
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

fn key(
    request: &HttpRequest,
    digest: &[u8],
    (noun, options): (Nouns, &Options),
) -> service::Result<Option<Key>> {
    let Some(given) = request.headers().get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let options = serde_json::to_vec(options).map_err(Error::no_json)?;
    let (method, path) = (request.method().as_str(), request.path());
    let noun = imports::plural(noun);
    let parts = [method.as_bytes(), path.as_bytes(), noun.as_bytes(), &options, digest];
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
