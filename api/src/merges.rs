//! `/api/merges`: books that were merged into another one.

use actix_web::{HttpResponse, get, http::header::LOCATION, post, web::Data};
use chrono::{DateTime, Utc};
use serde::Serialize;
use service::{
    Db,
    books::merges::{self, Merge, NewMerge},
};
use utoipa::ToSchema;

use crate::{
    change::{Change, DryRun},
    error::Problem,
    etag,
    extract::{Id, Json},
    list::List,
    openapi::Class,
    projection::{Include, Included, Projection, Representation},
    routes::Routes,
    row::RowQuery,
};

/// The routes of this file.
pub fn routes(config: &mut impl Routes) {
    config.service(merge_books);
    config.resource::<Merge>().add(Class::List, list_merges).add(Class::Find, find_merge);
    config.service(undo_merge);
}

/// A merge of books.
#[derive(Serialize, ToSchema)]
pub struct MergeOut {
    id: i32,
    /// The book that the others were merged into.
    book_id: i32,
    /// How many others there were.
    books: i32,
    /// Their copies, which are copies of the book now.
    items: i32,
    created_at: DateTime<Utc>,
    #[schema(required = true)]
    undone_at: Option<DateTime<Utc>>,
    /// Raised when it is undone.
    version: i32,
}

impl From<&Merge> for MergeOut {
    fn from(merge: &Merge) -> Self {
        let &Merge { id, book_id, books, items, created_at, undone_at, version, .. } = merge;
        Self { id, book_id, books, items, created_at, undone_at, version }
    }
}

impl Representation for Merge {
    type Out<'a> = MergeOut;
    const ABOUT: &'static str = "Books that were merged into another one";
    const INCLUDES: &'static [Include] = &[];

    async fn include(_: &Db, _: &Projection, _: &[Self]) -> service::Result<Vec<Included>> {
        Ok(Vec::new())
    }
}

/// Merges other books into a book: their copies become copies of it, it takes what it had no value for, and they are deleted.
#[utoipa::path(
    tag = "merges",
    params(
        ("id" = i32, Path, description = "The book's id", minimum = 1),
        ("dry_run" = Option<bool>, Query, description = "`true`: only try it; nothing is merged"),
        ("If-Match" = Option<String>, Header, description = "the `ETag` of the book"),
    ),
    request_body = NewMerge,
    responses(
        (status = 200, description = "As it would be", body = MergeOut),
        (status = 201, description = "They are merged", body = MergeOut,
         headers(("Location" = String, description = "the URL of the merge"))),
        (status = 404, description = "No such book"),
        (status = 412, description = "The book was changed since")
    )
)]
#[post("/api/books/{id}/merge")]
async fn merge_books(
    db: Data<Db>,
    Id(id): Id,
    Change { precondition, dry_run }: Change,
    Json(new): Json<NewMerge>,
) -> Result<HttpResponse, Problem> {
    let work = async move |tx: &service::Tx| merges::create(tx, id, &precondition, &new).await;
    let merge = dry_run.write(&db, work).await?;
    let mut response = HttpResponse::Created();
    if !dry_run.is_dry() {
        response.insert_header((LOCATION, format!("/api/merges/{}", merge.id)));
    }
    Ok(dry_run.response(response).json(MergeOut::from(&merge)))
}

/// The merges, the newest first.
#[utoipa::path]
#[get("/api/merges")]
async fn list_merges(db: Data<Db>, list: List) -> Result<HttpResponse, Problem> {
    list.answer(db, async |db, listing| merges::list(db.reader(), listing).await).await
}

/// One merge.
#[utoipa::path]
#[get("/api/merges/{id}")]
async fn find_merge(db: Data<Db>, Id(id): Id, one: RowQuery) -> Result<HttpResponse, Problem> {
    let merge = merges::find(db.reader(), id).await?;
    Ok(one.answer(&db, &merge, &etag::of_row(merge.id, merge.version)).await?)
}

/// Undoes a merge: the books that were merged are there again, with their ids and those of their copies that nobody moved since. It is
/// refused if the book was changed since.
#[utoipa::path(
    tag = "merges",
    params(
        ("id" = i32, Path, description = "The merge's id", minimum = 1),
        ("dry_run" = Option<bool>, Query, description = "`true`: only try it; nothing is undone")
    ),
    responses(
        (status = 200, description = "It is undone, or would be", body = MergeOut),
        (status = 404, description = "No such merge, or its book was deleted"),
        (status = 412, description = "The book was changed since")
    )
)]
#[post("/api/merges/{id}/undo")]
async fn undo_merge(db: Data<Db>, Id(id): Id, dry_run: DryRun) -> Result<HttpResponse, Problem> {
    let merge = dry_run.write(&db, async move |tx| merges::undo(tx, id).await).await?;
    Ok(dry_run.response(HttpResponse::Ok()).json(MergeOut::from(&merge)))
}
