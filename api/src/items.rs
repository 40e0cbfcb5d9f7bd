//! `/api/items`.

use actix_web::{HttpResponse, delete, get, patch, post, route, web::Data};
use service::{
    Check, Db, Decimal, Item, Listing, Noun, Store,
    items::{self, ItemChanges, NewItem},
};

use crate::{
    books::BookOut,
    bulk::{self, Many},
    change::Change,
    create,
    error::Problem,
    etag,
    extract::{CreateBody, Id, Json},
    list::List,
    openapi::Class,
    projection::{Include, Included, Projection, Representation, included, shape},
    routes::Routes,
    row::RowQuery,
    stores::StoreOut,
};

/// The routes of this file. A fixed path goes before one with a variable.
pub fn routes(config: &mut impl Routes) {
    config
        .resource::<Item>()
        .add(Class::List, list_items)
        .query()
        .add(Class::Create, create_item)
        .add(Class::List, list_items_of_store)
        .add(Class::Create, create_item_of_store)
        .add(Class::List, list_items_of_book)
        .add(Class::Find, find_item)
        .add(Class::Update, update_item)
        .add(Class::Delete, delete_item)
        .add(Class::UpdateMany, update_items)
        .add(Class::DeleteMany, delete_items);
}

shape! {
    /// An item as it is stored.
    #[schema(example = json!({
        "id": 1, "name": "Clean Code, second copy", "price": 49.99, "store_id": 1, "book_id": 1,
        "created_at": "2026-11-26T12:00:00Z", "updated_at": "2026-11-26T12:00:00Z", "version": 1
    }))]
    pub struct ItemOut of Item {
        name: String,
        /// A number with two decimals.
        #[serde(serialize_with = "service::price_as_number")]
        #[schema(value_type = f64, example = 49.99)]
        price: Decimal,
        store_id: i32,
        #[schema(required = true)]
        book_id: Option<i32>,
    }
}

impl Representation for Item {
    type Out<'a> = ItemOut<'a>;
    const ABOUT: &'static str = "Items on the shelves of stores";
    const INCLUDES: &'static [Include] =
        &[Include::one::<StoreOut<'_>>("store"), Include::one::<BookOut<'_>>("book")];

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
#[utoipa::path]
#[get("/api/items")]
async fn list_items(db: Data<Db>, list: List) -> Result<HttpResponse, Problem> {
    list.answer(db, async |db, listing| Item::list(db.reader(), listing).await).await
}

/// The items of one store; the filters and the store are one condition of one statement.
#[utoipa::path(
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
#[utoipa::path]
#[get("/api/items/{id}")]
async fn find_item(db: Data<Db>, Id(id): Id, one: RowQuery) -> Result<HttpResponse, Problem> {
    let item = Item::find(db.reader(), id).await?;
    Ok(one.answer(&db, &item, &etag::of(&item)).await?)
}

/// Adds an item; or several, all of them or none, when the body is an array.
#[utoipa::path(request_body = NewItem)]
#[post("/api/items")]
async fn create_item(db: Data<Db>, body: CreateBody<NewItem>) -> Result<HttpResponse, Problem> {
    create::add::<Item>(&db, body).await
}

/// Adds an item to a store; or several, all of them or none, when the body is an array.
#[utoipa::path(
    params(("id" = i32, Path, description = "The store's id", minimum = 1)),
    request_body = NewItem,
    responses((status = 404, description = "No such store"))
)]
#[post("/api/stores/{id}/items")]
async fn create_item_of_store(
    db: Data<Db>,
    Id(id): Id,
    body: CreateBody<NewItem>,
) -> Result<HttpResponse, Problem> {
    create::add_below::<Store, Item>(&db, id, body).await
}

/// Changes the given members of an item, and no others.
#[utoipa::path(method(put, patch), path = "/api/items/{id}", request_body = ItemChanges)]
#[route("/api/items/{id}", method = "PUT", method = "PATCH")]
async fn update_item(
    db: Data<Db>,
    Id(id): Id,
    Change { precondition, dry_run }: Change,
    Json(changes): Json<ItemChanges>,
) -> Result<HttpResponse, Problem> {
    let changes = changes.check()?;
    let item = dry_run
        .write(&db, async move |tx| Item::update(tx, id, &precondition, &changes).await)
        .await?;
    Ok(dry_run.row(HttpResponse::Ok(), &item))
}

/// Deletes an item.
#[utoipa::path]
#[delete("/api/items/{id}")]
async fn delete_item(
    db: Data<Db>,
    Id(id): Id,
    Change { precondition, dry_run }: Change,
) -> Result<HttpResponse, Problem> {
    dry_run.write(&db, async move |tx| Item::delete(tx, id, &precondition).await).await?;
    Ok(dry_run.deleted::<Item>())
}

/// Changes the given members of every item that the filters find.
#[utoipa::path(request_body = ItemChanges)]
#[patch("/api/items")]
async fn update_items(
    db: Data<Db>,
    Many { selection, dry_run }: Many,
    Json(changes): Json<ItemChanges>,
) -> Result<HttpResponse, Problem> {
    let changes = changes.check()?;
    let work = async move |tx: &_| Item::update_all(tx, &selection, &changes).await;
    Ok(bulk::changed::<Item>(dry_run, dry_run.write_many(&db, work).await?))
}

/// Deletes every item that the filters find.
#[utoipa::path]
#[delete("/api/items")]
async fn delete_items(
    db: Data<Db>,
    Many { selection, dry_run }: Many,
) -> Result<HttpResponse, Problem> {
    let work = async move |tx: &_| Item::delete_all(tx, &selection).await;
    Ok(bulk::deleted::<Item>(dry_run, dry_run.write_many(&db, work).await?))
}
