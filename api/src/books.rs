//! `/api/books`.

use actix_web::{
    HttpResponse, delete, get,
    http::header::LOCATION,
    patch, post, put, route,
    web::{Data, Path},
};
use service::{
    Book, Check, Db, Decimal, Listing, Noun, Page, Tx,
    books::{self, BookChanges, NewBook},
    exports, items, subjects,
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

/// The routes of this file. A fixed path goes before one with a variable, and what is asked for most before what is not:
/// those with a variable are tried one after the other.
pub fn routes(config: &mut impl Routes) {
    config
        .resource::<Book>()
        .add(Class::List, list_books)
        .query()
        .add(Class::Create, create_book)
        .add(Class::Search, search_books)
        .add(Class::Find, find_book)
        .add(Class::Find, find_book_by_isbn)
        .add(Class::Put, put_book_by_isbn)
        .add(Class::Update, update_book)
        .add(Class::Delete, delete_book)
        .add(Class::UpdateMany, update_books)
        .add(Class::DeleteMany, delete_books);
}

shape! {
    /// A book as it is stored.
    #[schema(example = json!({
        "id": 1, "title": "Clean Code", "author": "Robert C. Martin", "year": 2008, "isbn": "9780132350884", "page_count": 464,
        "status": "available", "subtitle": "A Handbook of Agile Software Craftsmanship", "publisher": "Prentice Hall",
        "language": "en", "description": null, "series": "Robert C. Martin Series", "series_number": null,
        "created_at": "2026-11-26T12:00:00Z", "updated_at": "2026-11-26T12:00:00Z", "version": 1
    }))]
    pub struct BookOut of Book {
        title: String,
        author: String,
        #[schema(required = true)]
        year: Option<i32>,
        /// 13 digits.
        #[schema(required = true, pattern = "^97[89][0-9]{10}$")]
        isbn: Option<String>,
        #[schema(required = true)]
        page_count: Option<i32>,
        status: String,
        #[schema(required = true)]
        subtitle: Option<String>,
        #[schema(required = true)]
        publisher: Option<String>,
        /// A language tag.
        #[schema(required = true)]
        language: Option<String>,
        #[schema(required = true)]
        description: Option<String>,
        #[schema(required = true)]
        series: Option<String>,
        /// Its number in the series.
        #[serde(serialize_with = "service::number_or_null")]
        #[schema(required = true, value_type = Option<f64>)]
        series_number: Option<Decimal>,
    }
}

impl Representation for Book {
    type Out<'a> = BookOut<'a>;
    const ABOUT: &'static str = "The catalogue";
    const INCLUDES: &'static [Include] =
        &[Include::many::<ItemOut<'_>>("items"), Include::texts("subjects")];
    const HAS_RECORDS: bool = <Self as exports::Exported>::HAS_RECORDS;

    async fn include(
        db: &Db,
        projection: &Projection,
        books: &[Self],
    ) -> service::Result<Vec<Included>> {
        let mut more = Vec::new();
        let ids: Vec<i32> = books.iter().map(|book| book.id).collect();
        if projection.includes("items") {
            let copies = items::of_books(db.reader(), &ids).await?;
            let copies =
                copies.iter().map(|items| items.iter().map(ItemOut::from).collect::<Vec<_>>());
            more.push(included("items", copies)?);
        }
        if projection.includes("subjects") {
            let about = subjects::of_books(db.reader(), &ids).await?;
            more.push(included("subjects", about.into_iter())?);
        }
        Ok(more)
    }

    async fn records(
        db: &Db,
        books: &[Self],
        format: (exports::Format, bool),
    ) -> service::Result<Vec<u8>> {
        exports::records(db.reader(), books.to_vec(), format).await
    }
}

/// The books, in the order of their ids or of `sort`; a bare array, with a `Link` to its neighbours.
#[utoipa::path]
#[get("/api/books")]
async fn list_books(db: Data<Db>, list: List) -> Result<HttpResponse, Problem> {
    list.answer(db, in_catalogue).await
}

async fn in_catalogue(db: &Db, listing: &Listing) -> service::Result<Page<Book>> {
    Book::list(db.reader(), listing).await
}

/// Books whose author or title contains a text, without regard to case, accents, apostrophes and dashes; no character is a wildcard.
#[utoipa::path(
    params(
        ("author" = Option<String>, Query, max_length = 1000, pattern = "^[^\\x00]*$", description = "in the author; all books without it"),
        ("title" = Option<String>, Query, max_length = 1000, pattern = "^[^\\x00]*$", description = "in the title"),
    ),
    responses((status = 200, description = "A page", body = [BookOut]))
)]
#[get("/api/books/search")]
async fn search_books(db: Data<Db>, list: List) -> Result<HttpResponse, Problem> {
    let list = list.renamed(&[("author", "author__matches"), ("title", "title__matches")])?;
    list.answer(db, in_catalogue).await
}

/// One book.
#[utoipa::path]
#[get("/api/books/{id}")]
async fn find_book(db: Data<Db>, Id(id): Id, one: RowQuery) -> Result<HttpResponse, Problem> {
    let book = Book::find(db.reader(), id).await?;
    Ok(one.answer(&db, &book, &etag::of(&book)).await?)
}

/// Adds a book; or several, all of them or none, when the body is an array.
#[utoipa::path(request_body = NewBook)]
#[post("/api/books")]
async fn create_book(db: Data<Db>, body: CreateBody<NewBook>) -> Result<HttpResponse, Problem> {
    create::add::<Book>(&db, body).await
}

/// The book with an ISBN, in either form and any spelling.
#[utoipa::path(
    params(("isbn" = String, Path, description = "ISBN-10 or ISBN-13", example = "9780132350884",
            format = "isbn", pattern = "^(?:97[89][- ]?(?:[0-9][- ]?){9}[0-9]|(?:[0-9][- ]?){9}[0-9Xx])$")),
    responses(
        (status = 200, description = "The book", body = BookOut),
        (status = 304, description = "It is as the client has it"),
        (status = 404, description = "No such book")
    )
)]
#[get("/api/books/isbn/{isbn}")]
async fn find_book_by_isbn(
    db: Data<Db>,
    isbn: Path<String>,
    one: RowQuery,
) -> Result<HttpResponse, Problem> {
    let isbn = books::isbn::canonical(&isbn)?;
    let book = books::isbn::find(db.reader(), &isbn).await?;
    Ok(one.answer(&db, &book, &etag::of(&book)).await?)
}

/// Changes the given members of the book with an ISBN, or adds the book when there is none.
#[utoipa::path(
    params(
        ("isbn" = String, Path, description = "ISBN-10 or ISBN-13", example = "9780132350884",
            format = "isbn", pattern = "^(?:97[89][- ]?(?:[0-9][- ]?){9}[0-9]|(?:[0-9][- ]?){9}[0-9Xx])$"),
        ("If-Match" = Option<String>, Header, description = "the `ETag` that the change is based on"),
        ("If-None-Match" = Option<String>, Header, description = "`*`: only add, and change nothing that is there"),
    ),
    request_body = BookChanges,
    responses(
        (status = 200, description = "The book as it is now", body = BookOut),
        (status = 201, description = "The book, which is new", body = BookOut),
        (status = 412, description = "It was changed since, or is there already")
    )
)]
#[put("/api/books/isbn/{isbn}")]
async fn put_book_by_isbn(
    db: Data<Db>,
    isbn: Path<String>,
    Change { precondition, dry_run }: Change,
    Json(changes): Json<BookChanges>,
) -> Result<HttpResponse, Problem> {
    let isbn = books::isbn::canonical(&isbn)?;
    let changes = changes.check()?;
    let work = async move |tx: &Tx| books::isbn::put(tx, &isbn, &precondition, &changes).await;
    let (book, added) = dry_run.write(&db, work).await?;
    let mut response = if added { HttpResponse::Created() } else { HttpResponse::Ok() };
    if added && !dry_run.is_dry() {
        response.insert_header((LOCATION, format!("/api/books/{}", book.id)));
    }
    Ok(dry_run.row(response, &book))
}

/// Changes the given members of a book, and no others.
#[utoipa::path(method(put, patch), path = "/api/books/{id}", request_body = BookChanges)]
#[route("/api/books/{id}", method = "PUT", method = "PATCH")]
async fn update_book(
    db: Data<Db>,
    Id(id): Id,
    Change { precondition, dry_run }: Change,
    Json(changes): Json<BookChanges>,
) -> Result<HttpResponse, Problem> {
    let changes = changes.check()?;
    let book = dry_run
        .write(&db, async move |tx| Book::update(tx, id, &precondition, &changes).await)
        .await?;
    Ok(dry_run.row(HttpResponse::Ok(), &book))
}

/// Deletes a book.
#[utoipa::path]
#[delete("/api/books/{id}")]
async fn delete_book(
    db: Data<Db>,
    Id(id): Id,
    Change { precondition, dry_run }: Change,
) -> Result<HttpResponse, Problem> {
    dry_run.write(&db, async move |tx| Book::delete(tx, id, &precondition).await).await?;
    Ok(dry_run.deleted::<Book>())
}

/// Changes the given members of every book that the filters find.
#[utoipa::path(request_body = BookChanges)]
#[patch("/api/books")]
async fn update_books(
    db: Data<Db>,
    Many { selection, dry_run }: Many,
    Json(changes): Json<BookChanges>,
) -> Result<HttpResponse, Problem> {
    let changes = changes.check()?;
    let work = async move |tx: &_| Book::update_all(tx, &selection, &changes).await;
    Ok(bulk::changed::<Book>(dry_run, dry_run.write_many(&db, work).await?))
}

/// Deletes every book that the filters find; items that were copies of them stay, without them.
#[utoipa::path]
#[delete("/api/books")]
async fn delete_books(
    db: Data<Db>,
    Many { selection, dry_run }: Many,
) -> Result<HttpResponse, Problem> {
    let work = async move |tx: &_| Book::delete_all(tx, &selection).await;
    Ok(bulk::deleted::<Book>(dry_run, dry_run.write_many(&db, work).await?))
}
