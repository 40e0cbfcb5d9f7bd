//! `/api/stores`.

use actix_web::{HttpResponse, delete, get, patch, post, route, web::Data};
use service::{
    Check, Db, Noun, Store, items,
    stores::{NewStore, StoreChanges},
};

use crate::{
    bulk::{self, Many},
    change::Change,
    create,
    error::Problem,
    etag,
    extract::{CreateBody, Id, Json},
    items::ItemOut,
    list::List,
    openapi::Class,
    projection::{Include, Included, Projection, Representation, included, shape},
    routes::Routes,
    row::RowQuery,
};

/// The routes of this file. A fixed path goes before one with a variable.
pub fn routes(config: &mut impl Routes) {
    config
        .resource::<Store>()
        .add(Class::List, list_stores)
        .query()
        .add(Class::Create, create_store)
        .add(Class::Find, find_store)
        .add(Class::Update, update_store)
        .add(Class::Delete, delete_store)
        .add(Class::UpdateMany, update_stores)
        .add(Class::DeleteMany, delete_stores);
}

shape! {
    /// A store as it is stored.
    #[schema(example = json!({
        "id": 1, "name": "Main Street", "created_at": "2026-11-26T12:00:00Z", "updated_at": "2026-11-26T12:00:00Z", "version": 1
    }))]
    pub struct StoreOut of Store {
        name: String,
    }
}

impl Representation for Store {
    type Out<'a> = StoreOut<'a>;
    const ABOUT: &'static str = "Stores; deleting one deletes its items";
    const INCLUDES: &'static [Include] = &[Include::many::<ItemOut<'_>>("items")];

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
#[utoipa::path]
#[get("/api/stores")]
async fn list_stores(db: Data<Db>, list: List) -> Result<HttpResponse, Problem> {
    list.answer(db, async |db, listing| Store::list(db.reader(), listing).await).await
}

/// One store.
#[utoipa::path]
#[get("/api/stores/{id}")]
async fn find_store(db: Data<Db>, Id(id): Id, one: RowQuery) -> Result<HttpResponse, Problem> {
    let store = Store::find(db.reader(), id).await?;
    Ok(one.answer(&db, &store, &etag::of(&store)).await?)
}

/// Adds a store; or several, all of them or none, when the body is an array.
#[utoipa::path(request_body = NewStore)]
#[post("/api/stores")]
async fn create_store(db: Data<Db>, body: CreateBody<NewStore>) -> Result<HttpResponse, Problem> {
    create::add::<Store>(&db, body).await
}

/// Changes the given members of a store, and no others.
#[utoipa::path(method(put, patch), path = "/api/stores/{id}", request_body = StoreChanges)]
#[route("/api/stores/{id}", method = "PUT", method = "PATCH")]
async fn update_store(
    db: Data<Db>,
    Id(id): Id,
    Change { precondition, dry_run }: Change,
    Json(changes): Json<StoreChanges>,
) -> Result<HttpResponse, Problem> {
    let changes = changes.check()?;
    let store = dry_run
        .write(&db, async move |tx| Store::update(tx, id, &precondition, &changes).await)
        .await?;
    Ok(dry_run.row(HttpResponse::Ok(), &store))
}

/// Deletes a store. The items on its shelves go with it.
#[utoipa::path]
#[delete("/api/stores/{id}")]
async fn delete_store(
    db: Data<Db>,
    Id(id): Id,
    Change { precondition, dry_run }: Change,
) -> Result<HttpResponse, Problem> {
    dry_run.write(&db, async move |tx| Store::delete(tx, id, &precondition).await).await?;
    Ok(dry_run.deleted::<Store>())
}

/// Changes the given members of every store that the filters find.
#[utoipa::path(request_body = StoreChanges)]
#[patch("/api/stores")]
async fn update_stores(
    db: Data<Db>,
    Many { selection, dry_run }: Many,
    Json(changes): Json<StoreChanges>,
) -> Result<HttpResponse, Problem> {
    let changes = changes.check()?;
    let work = async move |tx: &_| Store::update_all(tx, &selection, &changes).await;
    Ok(bulk::changed::<Store>(dry_run, dry_run.write_many(&db, work).await?))
}

/// Deletes every store that the filters find. The items on their shelves go with them.
#[utoipa::path]
#[delete("/api/stores")]
async fn delete_stores(
    db: Data<Db>,
    Many { selection, dry_run }: Many,
) -> Result<HttpResponse, Problem> {
    let work = async move |tx: &_| Store::delete_all(tx, &selection).await;
    Ok(bulk::deleted::<Store>(dry_run, dry_run.write_many(&db, work).await?))
}
