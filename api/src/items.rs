//! `/api/items`.

use actix_web::{HttpResponse, delete, get, http::header::ETAG, post, route, web::Data};
use chrono::{DateTime, Utc};
use serde::Serialize;
use service::{
    Check, Db, Decimal, Item, Listing, Noun,
    items::{self, ItemChanges, NewItem},
};
use utoipa::ToSchema;

use crate::{
    books::BookOut,
    create::{self, CreatedRow},
    error::Problem,
    etag::{self, IfMatch},
    extract::{CreateBody, Id, Json, Message},
    list::List,
    projection::{Included, Projection, Representation, included, timestamp},
    routes::Routes,
    row::RowQuery,
    stores::StoreOut,
};

/// The routes of this file. A fixed path goes before one with a variable.
pub fn routes(config: &mut impl Routes) {
    config
        .service(list_items)
        .service(create_item)
        .service(list_items_of_store)
        .service(list_items_of_book)
        .service(find_item)
        .service(update_item)
        .service(delete_item);
}

/// An item as it is stored.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": 1, "name": "Clean Code, second copy", "price": 49.99, "store_id": 1, "book_id": 1,
    "created_at": "2026-11-26T12:00:00Z", "updated_at": "2026-11-26T12:00:00Z", "version": 1
}))]
pub struct ItemOut<'a> {
    #[schema(minimum = 1, read_only)]
    id: i32,
    name: &'a str,
    /// A number with two decimals.
    #[serde(serialize_with = "service::price_as_number")]
    #[schema(value_type = f64, example = 49.99)]
    price: &'a Decimal,
    store_id: i32,
    #[schema(required = true)]
    book_id: Option<i32>,
    #[schema(read_only)]
    #[serde(serialize_with = "timestamp")]
    created_at: DateTime<Utc>,
    #[schema(read_only)]
    #[serde(serialize_with = "timestamp")]
    updated_at: DateTime<Utc>,
    /// Raised by each change.
    #[schema(minimum = 1)]
    version: i32,
}

impl<'a> From<&'a Item> for ItemOut<'a> {
    fn from(item: &'a Item) -> Self {
        let Item { id, name, price, store_id, book_id, created_at, updated_at, version } = item;
        Self {
            id: *id,
            name,
            price,
            store_id: *store_id,
            book_id: *book_id,
            created_at: *created_at,
            updated_at: *updated_at,
            version: *version,
        }
    }
}

impl Representation for Item {
    type Out<'a> = ItemOut<'a>;
    const INCLUDES: &'static [&'static str] = &["store", "book"];

    async fn include(
        db: &Db,
        projection: &Projection,
        items: &[Self],
    ) -> service::Result<Vec<Included>> {
        let mut more = Vec::new();
        if projection.includes("store") {
            let stores = items::stores_of(db.reader(), items).await?;
            let stores = stores.iter().map(|store| store.as_ref().map(StoreOut::from));
            more.push(included("store", stores)?);
        }
        if projection.includes("book") {
            let books = items::books_of(db.reader(), items).await?;
            more.push(included("book", books.iter().map(|book| book.as_ref().map(BookOut::from)))?);
        }
        Ok(more)
    }
}

/// The items, in the order of their ids or of `sort`; a bare array, with a `Link` to its neighbours.
#[utoipa::path(tag = "items", responses((status = 200, description = "A page", body = [ItemOut])))]
#[get("/api/items")]
async fn list_items(db: Data<Db>, list: List) -> Result<HttpResponse, Problem> {
    list.answer(db, async |db, listing| Item::list(db.reader(), listing).await).await
}

/// The items of one store; the filters and the store are one condition of one statement.
#[utoipa::path(
    tag = "items",
    params(("id" = i32, Path, description = "The store's id", minimum = 1)),
    responses(
        (status = 200, description = "A page", body = [ItemOut]),
        (status = 404, description = "No such store")
    )
)]
#[get("/api/stores/{id}/items")]
async fn list_items_of_store(
    db: Data<Db>,
    Id(id): Id,
    list: List,
) -> Result<HttpResponse, Problem> {
    let page = async move |db: &Db, listing: &Listing| {
        items::list_of_store(db.reader(), id, listing).await
    };
    list.answer(db, page).await
}

/// The copies of one book; the filters and the book are one condition of one statement.
#[utoipa::path(
    tag = "items",
    params(("id" = i32, Path, description = "The book's id", minimum = 1)),
    responses(
        (status = 200, description = "A page", body = [ItemOut]),
        (status = 404, description = "No such book")
    )
)]
#[get("/api/books/{id}/items")]
async fn list_items_of_book(db: Data<Db>, Id(id): Id, list: List) -> Result<HttpResponse, Problem> {
    let page =
        async move |db: &Db, listing: &Listing| items::list_of_book(db.reader(), id, listing).await;
    list.answer(db, page).await
}

/// One item.
#[utoipa::path(
    tag = "items",
    params(("id" = i32, Path, description = "The item's id", minimum = 1)),
    responses(
        (status = 200, description = "The item", body = ItemOut),
        (status = 304, description = "It is as the client has it"),
        (status = 404, description = "No such item")
    )
)]
#[get("/api/items/{id}")]
async fn find_item(db: Data<Db>, Id(id): Id, one: RowQuery) -> Result<HttpResponse, Problem> {
    let item = Item::find(db.reader(), id).await?;
    Ok(one.answer(&db, &item, &etag::of_row(item.id, item.version)).await?)
}

/// Adds an item; or several, all of them or none, when the body is an array.
#[utoipa::path(
    tag = "items",
    params((
        "Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, pattern = "^[!-~]+$",
        description = "a key of one's own; the same request with it gets the first answer for a day, and adds nothing"
    )),
    request_body = NewItem,
    responses(
        (status = 201, description = "The stored item", body = ItemOut),
        (status = 400, description = "Nothing was stored"),
        (status = 422, description = "The key was used for another request")
    )
)]
#[post("/api/items")]
async fn create_item(db: Data<Db>, body: CreateBody<NewItem>) -> Result<HttpResponse, Problem> {
    create::add(&db, body, async |tx, new| {
        let item = Item::create(tx, new).await?;
        let (location, tag) =
            (format!("/api/items/{}", item.id), etag::of_row(item.id, item.version));
        CreatedRow::new(location, tag, &ItemOut::from(&item))
    })
    .await
}

/// Changes the given members of an item, and no others.
#[utoipa::path(
    method(put, patch),
    path = "/api/items/{id}",
    tag = "items",
    params(
        ("id" = i32, Path, description = "The item's id", minimum = 1),
        ("If-Match" = Option<String>, Header, description = "the `ETag` that the change is based on"),
    ),
    request_body = ItemChanges,
    responses(
        (status = 200, description = "The item as it is now", body = ItemOut),
        (status = 412, description = "The version that was sent is out of date")
    )
)]
#[route("/api/items/{id}", method = "PUT", method = "PATCH")]
async fn update_item(
    db: Data<Db>,
    Id(id): Id,
    IfMatch(precondition): IfMatch,
    Json(changes): Json<ItemChanges>,
) -> Result<HttpResponse, Problem> {
    let changes = changes.check()?;
    let item =
        db.write(async move |tx| Item::update(tx, id, &precondition, &changes).await).await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag::of_row(item.id, item.version)))
        .json(ItemOut::from(&item)))
}

/// Deletes an item.
#[utoipa::path(
    tag = "items",
    params(
        ("id" = i32, Path, description = "The item's id", minimum = 1),
        ("If-Match" = Option<String>, Header, description = "the `ETag` of what is to be deleted"),
    ),
    responses(
        (status = 200, description = "It is gone", body = Message),
        (status = 412, description = "It was changed since")
    )
)]
#[delete("/api/items/{id}")]
async fn delete_item(
    db: Data<Db>,
    Id(id): Id,
    IfMatch(precondition): IfMatch,
) -> Result<HttpResponse, Problem> {
    db.write(async move |tx| Item::delete(tx, id, &precondition).await).await?;
    Ok(HttpResponse::Ok().json(Message { message: "Item deleted" }))
}
