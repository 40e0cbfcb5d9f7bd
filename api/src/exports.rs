//! `/api/exports`: every row of a list, as a file, streamed.

use actix_web::{
    HttpResponse, get,
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    web::{Data, Path},
};
use futures_util::{StreamExt, stream};
use service::{
    Book, Db, Error,
    books::export::{Format, Parts},
};

use crate::{error::Problem, fitted::fitted, list::List, openapi::Class, routes::Routes};

/// The routes of this file.
pub fn routes(config: &mut impl Routes) {
    config.resource::<Book>().add(Class::Export, export_books);
}

/// Books as a file: the same filters, search and order as the list, and every row. It can be imported again without changes. MARC has
/// no status.
#[utoipa::path(
    params((
        "format" = String, Path, description = "The format", example = "csv",
        pattern = "^(csv|jsonl|mrc|xml)$"
    )),
    responses(
        (status = 200, description = "The file", content(
            (String = "text/csv", example = "title,author,year,isbn,page_count,status\n"),
            (String = "application/x-ndjson"),
            (String = "application/marc"),
            (String = "application/marcxml+xml"),
        )),
        (status = 404, description = "No such format")
    )
)]
#[get("/api/exports/books.{format}")]
async fn export_books(
    db: Data<Db>,
    ending: Path<String>,
    list: List,
) -> Result<HttpResponse, Problem> {
    let (format, kind) = match ending.as_str() {
        "csv" => (Format::Csv, "text/csv; charset=utf-8; header=present"),
        "jsonl" => (Format::Jsonl, "application/x-ndjson"),
        "mrc" => (Format::Marc21, "application/marc"),
        "xml" => (Format::MarcXml, "application/marcxml+xml"),
        other => {
            let shown = service::shortened(other, 30);
            let detail = format!(
                "there is no export `books.{shown}`, only `books.csv`, `books.jsonl`, `books.mrc` and `books.xml`"
            );
            return Err(Problem::not_found(detail));
        }
    };
    list.expect_rows_as_they_are()?;
    let load = list.load;
    let place = load.part().await?;
    let mut parts = Parts::new(list.listing, format)?;
    // Errors in the parameters show at the first part, while the status can still be set.
    let first = parts.next(db.reader()).await?;
    drop(place);
    let rest = stream::try_unfold((db, parts, load.clone()), async |(db, mut parts, load)| {
        let _place = load.next_part().await;
        let part = parts.next(db.reader()).await.inspect_err(|error| {
            log::error!("an export ended early: {}", service::chain(error));
        })?;
        Ok::<_, Error>(part.map(|part| (fitted(part), (db, parts, load.clone()))))
    });
    let first = stream::iter(first.map(|part| Ok(fitted(part))));
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, kind))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"books.{ending}\"")))
        .streaming(first.chain(rest)))
}
