//! The rows of an import that were rejected, have a warning or were skipped, as tables.

use actix_web::{
    HttpResponse, get,
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    web::{Bytes, Data},
};
use futures_util::{StreamExt, stream};
use service::{
    Db, Error,
    imports::{self, RowList, RowParts},
};

use crate::{error::Problem, extract::Id};

/// The rows that were rejected so far, as CSV: the columns of the file, the line, the reason, and the raw text of a row that
/// cannot be parsed. Once corrected, the file can be imported as it is.
#[utoipa::path(
    tag = "imports",
    params(("id" = i32, Path, description = "The import's id", minimum = 1)),
    responses(
        (status = 200, description = "The file", content((
            String = "text/csv",
            example = "title,author,year,rejected_line,rejected_because,rejected_text\nA,B,2008,2,the row has 2 fields,\n"
        ))),
        (status = 404, description = "No such import")
    )
)]
#[get("/api/imports/{id}/rejected.csv")]
pub async fn list_rejected_rows(db: Data<Db>, Id(id): Id) -> Result<HttpResponse, Problem> {
    send(db, id, (RowList::Rejected, "rejected")).await
}

/// The rows that have no ISBN, or a cell that is not usable, so far, as CSV: the first 100 000 of them.
#[utoipa::path(
    tag = "imports",
    params(("id" = i32, Path, description = "The import's id", minimum = 1)),
    responses(
        (status = 200, description = "The file", content((
            String = "text/csv", example = "row,line,reason\n1,2,there is no isbn\n"
        ))),
        (status = 404, description = "No such import")
    )
)]
#[get("/api/imports/{id}/warned.csv")]
pub async fn list_warned_rows(db: Data<Db>, Id(id): Id) -> Result<HttpResponse, Problem> {
    send(db, id, (RowList::Warned, "warned")).await
}

/// The rows whose books were stored before, so far, as CSV: the first 100 000 of them.
#[utoipa::path(
    tag = "imports",
    params(("id" = i32, Path, description = "The import's id", minimum = 1)),
    responses(
        (status = 200, description = "The file", content((
            String = "text/csv", example = "row,line,reason,book_id\n1,2,is already book 7,7\n"
        ))),
        (status = 404, description = "No such import")
    )
)]
#[get("/api/imports/{id}/skipped.csv")]
pub async fn list_skipped_rows(db: Data<Db>, Id(id): Id) -> Result<HttpResponse, Problem> {
    send(db, id, (RowList::Skipped, "skipped")).await
}

async fn send(
    db: Data<Db>,
    id: i32,
    (list, name): (RowList, &str),
) -> Result<HttpResponse, Problem> {
    let import = imports::find(db.reader(), id).await?;
    let mut rows = RowParts::of(&import, list)?;
    // A database error shows here, while the status can still be set.
    let first = rows.next(db.reader()).await?;
    let rest = stream::try_unfold((db, rows), async |(db, mut rows)| {
        let part = rows.next(db.reader()).await.inspect_err(|error| {
            log::error!("rows of an import ended early: {}", service::chain(error));
        })?;
        Ok::<_, Error>(part.map(|part| (Bytes::from(part), (db, rows))))
    });
    let first = stream::iter(first.map(|part| Ok(Bytes::from(part))));
    let name = format!("attachment; filename=\"import-{id}-{name}.csv\"");
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8; header=present"))
        .insert_header((CONTENT_DISPOSITION, name))
        .streaming(first.chain(rest)))
}
