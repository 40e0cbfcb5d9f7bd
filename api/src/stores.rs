//! `/api/stores`.

use actix_web::{HttpResponse, delete, get, http::header::ETAG, post, route, web::Data};
use chrono::{DateTime, Utc};
use serde::Serialize;
use service::{
    Check, Db, Noun, Store, items,
    stores::{NewStore, StoreChanges},
};
use utoipa::ToSchema;

use crate::{
    create::{self, CreatedRow},
    error::Problem,
    etag::{self, IfMatch},
    extract::{CreateBody, Id, Json, Message},
    items::ItemOut,
    list::List,
    projection::{Included, Projection, Representation, included, timestamp},
    routes::Routes,
    row::RowQuery,
};

/// The routes of this file. A fixed path goes before one with a variable.
pub fn routes(config: &mut impl Routes) {
    config
        .service(list_stores)
        .service(create_store)
        .service(find_store)
        .service(update_store)
        .service(delete_store);
}

/// A store as it is stored.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": 1, "name": "Main Street", "created_at": "2026-11-26T12:00:00Z", "updated_at": "2026-11-26T12:00:00Z", "version": 1
}))]
pub struct StoreOut<'a> {
    #[schema(minimum = 1, read_only)]
    id: i32,
    name: &'a str,
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

impl<'a> From<&'a Store> for StoreOut<'a> {
    fn from(store: &'a Store) -> Self {
        let Store { id, name, created_at, updated_at, version } = store;
        Self { id: *id, name, created_at: *created_at, updated_at: *updated_at, version: *version }
    }
}

impl Representation for Store {
    type Out<'a> = StoreOut<'a>;
    const INCLUDES: &'static [&'static str] = &["items"];

    async fn include(
        db: &Db,
        projection: &Projection,
        stores: &[Self],
    ) -> service::Result<Vec<Included>> {
        if !projection.includes("items") {
            return Ok(Vec::new());
        }
        let ids: Vec<i32> = stores.iter().map(|store| store.id).collect();
        let shelves = items::of_stores(db.reader(), &ids).await?;
        let shelves =
            shelves.iter().map(|items| items.iter().map(ItemOut::from).collect::<Vec<_>>());
        Ok(vec![included("items", shelves)?])
    }
}

/// The stores, in the order of their ids or of `sort`; a bare array, with a `Link` to its neighbours.
#[utoipa::path(tag = "stores", responses((status = 200, description = "A page", body = [StoreOut])))]
#[get("/api/stores")]
async fn list_stores(db: Data<Db>, list: List) -> Result<HttpResponse, Problem> {
    list.answer(db, async |db, listing| Store::list(db.reader(), listing).await).await
}

/// One store.
#[utoipa::path(
    tag = "stores",
    params(("id" = i32, Path, description = "The store's id", minimum = 1)),
    responses(
        (status = 200, description = "The store", body = StoreOut),
        (status = 304, description = "It is as the client has it"),
        (status = 404, description = "No such store")
    )
)]
#[get("/api/stores/{id}")]
async fn find_store(db: Data<Db>, Id(id): Id, one: RowQuery) -> Result<HttpResponse, Problem> {
    let store = Store::find(db.reader(), id).await?;
    Ok(one.answer(&db, &store, &etag::of_row(store.id, store.version)).await?)
}

/// Adds a store; or several, all of them or none, when the body is an array.
#[utoipa::path(
    tag = "stores",
    params((
        "Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, pattern = "^[!-~]+$",
        description = "a key of one's own; the same request with it gets the first answer for a day, and adds nothing"
    )),
    request_body = NewStore,
    responses(
        (status = 201, description = "The stored store", body = StoreOut),
        (status = 400, description = "Nothing was stored"),
        (status = 422, description = "The key was used for another request")
    )
)]
#[post("/api/stores")]
async fn create_store(db: Data<Db>, body: CreateBody<NewStore>) -> Result<HttpResponse, Problem> {
    create::add(&db, body, async |tx, new| {
        let store = Store::create(tx, new).await?;
        let (location, tag) =
            (format!("/api/stores/{}", store.id), etag::of_row(store.id, store.version));
        CreatedRow::new(location, tag, &StoreOut::from(&store))
    })
    .await
}

/// Changes the given members of a store, and no others.
#[utoipa::path(
    method(put, patch),
    path = "/api/stores/{id}",
    tag = "stores",
    params(
        ("id" = i32, Path, description = "The store's id", minimum = 1),
        ("If-Match" = Option<String>, Header, description = "the `ETag` that the change is based on"),
    ),
    request_body = StoreChanges,
    responses(
        (status = 200, description = "The store as it is now", body = StoreOut),
        (status = 412, description = "The version that was sent is out of date")
    )
)]
#[route("/api/stores/{id}", method = "PUT", method = "PATCH")]
async fn update_store(
    db: Data<Db>,
    Id(id): Id,
    IfMatch(precondition): IfMatch,
    Json(changes): Json<StoreChanges>,
) -> Result<HttpResponse, Problem> {
    let changes = changes.check()?;
    let store =
        db.write(async move |tx| Store::update(tx, id, &precondition, &changes).await).await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag::of_row(store.id, store.version)))
        .json(StoreOut::from(&store)))
}

/// Deletes a store. The items on its shelves go with it.
#[utoipa::path(
    tag = "stores",
    params(
        ("id" = i32, Path, description = "The store's id", minimum = 1),
        ("If-Match" = Option<String>, Header, description = "the `ETag` of what is to be deleted"),
    ),
    responses(
        (status = 200, description = "It is gone", body = Message),
        (status = 412, description = "It was changed since")
    )
)]
#[delete("/api/stores/{id}")]
async fn delete_store(
    db: Data<Db>,
    Id(id): Id,
    IfMatch(precondition): IfMatch,
) -> Result<HttpResponse, Problem> {
    db.write(async move |tx| Store::delete(tx, id, &precondition).await).await?;
    Ok(HttpResponse::Ok().json(Message { message: "Store deleted" }))
}
