//! `/api/authors`.

use actix_web::{HttpResponse, delete, get, patch, post, route, web::Data};
use service::{
    Author, Check, Db, Noun,
    authors::{AuthorChanges, NewAuthor},
};

use crate::{
    bulk::{self, Many},
    change::Change,
    create,
    error::Problem,
    etag,
    extract::{CreateBody, Id, Json},
    list::List,
    openapi::Class,
    projection::{Include, Included, Projection, Representation, shape},
    routes::Routes,
    row::RowQuery,
};

/// The routes of this file. A fixed path goes before one with a variable.
pub fn routes(config: &mut impl Routes) {
    config
        .resource::<Author>()
        .add(Class::List, list_authors)
        .query()
        .add(Class::Create, create_author)
        .add(Class::Find, find_author)
        .add(Class::Update, update_author)
        .add(Class::Delete, delete_author)
        .add(Class::UpdateMany, update_authors)
        .add(Class::DeleteMany, delete_authors);
}

shape! {
    /// An author as it is stored.
    #[schema(example = json!({
        "id": 1, "name": "Robert C. Martin", "born": 1952,
        "created_at": "2026-11-26T12:00:00Z", "updated_at": "2026-11-26T12:00:00Z", "version": 1
    }))]
    pub struct AuthorOut of Author {
        name: String,
        #[schema(required = true)]
        born: Option<i32>,
    }
}

impl Representation for Author {
    type Out<'a> = AuthorOut<'a>;
    const ABOUT: &'static str = "The people who wrote the books";
    const INCLUDES: &'static [Include] = &[];

    async fn include(_: &Db, _: &Projection, _: &[Self]) -> service::Result<Vec<Included>> {
        Ok(Vec::new())
    }
}

/// The authors, in the order of their ids or of `sort`; a bare array, with a `Link` to its neighbours.
#[utoipa::path]
#[get("/api/authors")]
async fn list_authors(db: Data<Db>, list: List) -> Result<HttpResponse, Problem> {
    list.answer(db, async |db, listing| Author::list(db.reader(), listing).await).await
}

/// One author.
#[utoipa::path]
#[get("/api/authors/{id}")]
async fn find_author(db: Data<Db>, Id(id): Id, one: RowQuery) -> Result<HttpResponse, Problem> {
    let author = Author::find(db.reader(), id).await?;
    Ok(one.answer(&db, &author, &etag::of(&author)).await?)
}

/// Adds an author; or several, all of them or none, when the body is an array.
#[utoipa::path(request_body = NewAuthor)]
#[post("/api/authors")]
async fn create_author(db: Data<Db>, body: CreateBody<NewAuthor>) -> Result<HttpResponse, Problem> {
    create::add::<Author>(&db, body).await
}

/// Changes the given members of an author, and no others.
#[utoipa::path(method(put, patch), path = "/api/authors/{id}", request_body = AuthorChanges)]
#[route("/api/authors/{id}", method = "PUT", method = "PATCH")]
async fn update_author(
    db: Data<Db>,
    Id(id): Id,
    Change { precondition, dry_run }: Change,
    Json(changes): Json<AuthorChanges>,
) -> Result<HttpResponse, Problem> {
    let changes = changes.check()?;
    let author = dry_run
        .write(&db, async move |tx| Author::update(tx, id, &precondition, &changes).await)
        .await?;
    Ok(dry_run.row(HttpResponse::Ok(), &author))
}

/// Deletes an author.
#[utoipa::path]
#[delete("/api/authors/{id}")]
async fn delete_author(
    db: Data<Db>,
    Id(id): Id,
    Change { precondition, dry_run }: Change,
) -> Result<HttpResponse, Problem> {
    dry_run.write(&db, async move |tx| Author::delete(tx, id, &precondition).await).await?;
    Ok(dry_run.deleted::<Author>())
}

/// Changes the given members of every author that the filters find.
#[utoipa::path(request_body = AuthorChanges)]
#[patch("/api/authors")]
async fn update_authors(
    db: Data<Db>,
    Many { selection, dry_run }: Many,
    Json(changes): Json<AuthorChanges>,
) -> Result<HttpResponse, Problem> {
    let changes = changes.check()?;
    let work = async move |tx: &_| Author::update_all(tx, &selection, &changes).await;
    Ok(bulk::changed::<Author>(dry_run, dry_run.write_many(&db, work).await?))
}

/// Deletes every author that the filters find.
#[utoipa::path]
#[delete("/api/authors")]
async fn delete_authors(
    db: Data<Db>,
    Many { selection, dry_run }: Many,
) -> Result<HttpResponse, Problem> {
    let work = async move |tx: &_| Author::delete_all(tx, &selection).await;
    Ok(bulk::deleted::<Author>(dry_run, dry_run.write_many(&db, work).await?))
}
