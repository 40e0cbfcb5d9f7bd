//! `PATCH` and `DELETE` of a collection: every row that the filters of its list find, all of them or none, and only when
//! they are as many as `confirm` says.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, HttpResponse, delete, dev::Payload, patch, web::Data};
use serde::Serialize;
use service::{
    Book, Changed, Check, Db, Item, Noun, Selection, Store, books::BookChanges, items::ItemChanges,
    stores::StoreChanges,
};
use utoipa::ToSchema;

use crate::{
    error::{Kind, Problem},
    etag::IfMatch,
    extract::Json,
    list,
    routes::Routes,
};

/// The routes of this file.
pub fn routes(config: &mut impl Routes) {
    config
        .service(update_books)
        .service(delete_books)
        .service(update_stores)
        .service(delete_stores)
        .service(update_items)
        .service(delete_items);
}

/// What a change of many rows came to.
#[derive(Serialize, ToSchema)]
struct ChangedOut {
    /// What happened.
    #[schema(example = "2 of 3 books changed")]
    message: String,
    /// Rows that the filters found.
    #[schema(example = 3)]
    matched: u64,
    /// Those of them that were not so already.
    #[schema(example = 2)]
    changed: u64,
}

/// What a deletion of many rows came to.
#[derive(Serialize, ToSchema)]
struct DeletedOut {
    /// What happened.
    #[schema(example = "3 books deleted")]
    message: String,
    /// Rows that are gone; what went with them is not counted.
    #[schema(example = 3)]
    deleted: u64,
}

fn changed(noun: &str, Changed { found, changed }: Changed) -> HttpResponse {
    let plural = if found == 1 { "" } else { "s" };
    let message = match changed == found {
        true => format!("{found} {noun}{plural} changed"),
        false => format!("{changed} of {found} {noun}{plural} changed"),
    };
    HttpResponse::Ok().json(ChangedOut { message, matched: found, changed })
}

fn deleted(noun: &str, deleted: u64) -> HttpResponse {
    let plural = if deleted == 1 { "" } else { "s" };
    let message = format!("{deleted} {noun}{plural} deleted");
    HttpResponse::Ok().json(DeletedOut { message, deleted })
}

/// The rows that are meant.
struct Many(Selection);

impl FromRequest for Many {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        // The tag of a list is weak, so `If-Match` could not hold; and a tag of one row says nothing of the others.
        if !IfMatch::of(request).0.is_any() {
            return ready(Err(Problem::new(
                Kind::Stale,
                "If-Match is not supported for bulk requests; use `confirm=<count>`",
            )));
        }
        let selection = list::parameters(request).and_then(Selection::new);
        ready(selection.map(Self).map_err(Problem::from))
    }
}

/// Changes the given members of every book that the filters find.
#[utoipa::path(
    tag = "books",
    request_body = BookChanges,
    responses(
        (status = 200, description = "They are so now", body = ChangedOut),
        (status = 412, description = "Another number of books matches, and none was changed")
    )
)]
#[patch("/api/books")]
async fn update_books(
    db: Data<Db>,
    Many(selection): Many,
    Json(changes): Json<BookChanges>,
) -> Result<HttpResponse, Problem> {
    let changes = changes.check()?;
    let work = async move |tx: &_| Book::update_all(tx, &selection, &changes).await;
    Ok(changed("book", db.write_many(work).await?))
}

/// Deletes every book that the filters find; items that were copies of them stay, without them.
#[utoipa::path(
    tag = "books",
    responses(
        (status = 200, description = "They are gone", body = DeletedOut),
        (status = 412, description = "Another number of books matches, and none was deleted")
    )
)]
#[delete("/api/books")]
async fn delete_books(db: Data<Db>, Many(selection): Many) -> Result<HttpResponse, Problem> {
    let work = async move |tx: &_| Book::delete_all(tx, &selection).await;
    Ok(deleted("book", db.write_many(work).await?))
}

/// Changes the given members of every store that the filters find.
#[utoipa::path(
    tag = "stores",
    request_body = StoreChanges,
    responses(
        (status = 200, description = "They are so now", body = ChangedOut),
        (status = 412, description = "Another number of stores matches, and none was changed")
    )
)]
#[patch("/api/stores")]
async fn update_stores(
    db: Data<Db>,
    Many(selection): Many,
    Json(changes): Json<StoreChanges>,
) -> Result<HttpResponse, Problem> {
    let changes = changes.check()?;
    let work = async move |tx: &_| Store::update_all(tx, &selection, &changes).await;
    Ok(changed("store", db.write_many(work).await?))
}

/// Deletes every store that the filters find. The items on their shelves go with them.
#[utoipa::path(
    tag = "stores",
    responses(
        (status = 200, description = "They are gone", body = DeletedOut),
        (status = 412, description = "Another number of stores matches, and none was deleted")
    )
)]
#[delete("/api/stores")]
async fn delete_stores(db: Data<Db>, Many(selection): Many) -> Result<HttpResponse, Problem> {
    let work = async move |tx: &_| Store::delete_all(tx, &selection).await;
    Ok(deleted("store", db.write_many(work).await?))
}

/// Changes the given members of every item that the filters find.
#[utoipa::path(
    tag = "items",
    request_body = ItemChanges,
    responses(
        (status = 200, description = "They are so now", body = ChangedOut),
        (status = 412, description = "Another number of items matches, and none was changed")
    )
)]
#[patch("/api/items")]
async fn update_items(
    db: Data<Db>,
    Many(selection): Many,
    Json(changes): Json<ItemChanges>,
) -> Result<HttpResponse, Problem> {
    let changes = changes.check()?;
    let work = async move |tx: &_| Item::update_all(tx, &selection, &changes).await;
    Ok(changed("item", db.write_many(work).await?))
}

/// Deletes every item that the filters find.
#[utoipa::path(
    tag = "items",
    responses(
        (status = 200, description = "They are gone", body = DeletedOut),
        (status = 412, description = "Another number of items matches, and none was deleted")
    )
)]
#[delete("/api/items")]
async fn delete_items(db: Data<Db>, Many(selection): Many) -> Result<HttpResponse, Problem> {
    let work = async move |tx: &_| Item::delete_all(tx, &selection).await;
    Ok(deleted("item", db.write_many(work).await?))
}
