//! `/api/books`.

use actix_web::{
    HttpResponse, delete, get,
    http::header::{ETAG, LOCATION},
    post, put, route,
    web::{Data, Path},
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use service::{
    Book, Check, Db, Listing, Noun, Page, Tx,
    books::{self, BookChanges, NewBook},
    items,
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

/// The routes of this file. A fixed path goes before one with a variable, and what is asked for most before what is not:
/// those with a variable are tried one after the other.
pub fn routes(config: &mut impl Routes) {
    config
        .service(list_books)
        .service(create_book)
        .service(search_books)
        .service(find_book)
        .service(find_book_by_isbn)
        .service(put_book_by_isbn)
        .service(update_book)
        .service(delete_book);
}

/// A book as it is stored.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": 1, "title": "Clean Code", "author": "Robert C. Martin", "year": 2008, "isbn": "9780132350884", "page_count": 464,
    "status": "available", "created_at": "2026-11-26T12:00:00Z", "updated_at": "2026-11-26T12:00:00Z", "version": 1
}))]
pub struct BookOut<'a> {
    #[schema(minimum = 1, read_only)]
    id: i32,
    title: &'a str,
    author: &'a str,
    #[schema(required = true)]
    year: Option<i32>,
    /// 13 digits.
    #[schema(required = true, pattern = "^97[89][0-9]{10}$")]
    isbn: Option<&'a str>,
    #[schema(required = true)]
    page_count: Option<i32>,
    status: &'a str,
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

impl<'a> From<&'a Book> for BookOut<'a> {
    fn from(book: &'a Book) -> Self {
        let Book {
            id,
            title,
            author,
            year,
            isbn,
            page_count,
            status,
            created_at,
            updated_at,
            version,
        } = book;
        Self {
            id: *id,
            title,
            author,
            year: *year,
            isbn: isbn.as_deref(),
            page_count: *page_count,
            status,
            created_at: *created_at,
            updated_at: *updated_at,
            version: *version,
        }
    }
}

impl Representation for Book {
    type Out<'a> = BookOut<'a>;
    const INCLUDES: &'static [&'static str] = &["items"];

    async fn include(
        db: &Db,
        projection: &Projection,
        books: &[Self],
    ) -> service::Result<Vec<Included>> {
        if !projection.includes("items") {
            return Ok(Vec::new());
        }
        let ids: Vec<i32> = books.iter().map(|book| book.id).collect();
        let copies = items::of_books(db.reader(), &ids).await?;
        let copies = copies.iter().map(|items| items.iter().map(ItemOut::from).collect::<Vec<_>>());
        Ok(vec![included("items", copies)?])
    }
}

/// The books, in the order of their ids or of `sort`; a bare array, with a `Link` to its neighbours.
#[utoipa::path(tag = "books", responses((status = 200, description = "A page", body = [BookOut])))]
#[get("/api/books")]
async fn list_books(db: Data<Db>, list: List) -> Result<HttpResponse, Problem> {
    list.answer(db, in_catalogue).await
}

async fn in_catalogue(db: &Db, listing: &Listing) -> service::Result<Page<Book>> {
    Book::list(db.reader(), listing).await
}

/// Books whose author or title contains a text, in any case; every character is taken literally.
#[utoipa::path(
    tag = "books",
    params(
        ("author" = Option<String>, Query, max_length = 1000, pattern = "^[^\\x00]*$", description = "in the author; all books without it"),
        ("title" = Option<String>, Query, max_length = 1000, pattern = "^[^\\x00]*$", description = "in the title"),
    ),
    responses((status = 200, description = "A page", body = [BookOut]))
)]
#[get("/api/books/search")]
async fn search_books(db: Data<Db>, list: List) -> Result<HttpResponse, Problem> {
    let list = list.renamed(&[("author", "author__icontains"), ("title", "title__icontains")])?;
    list.answer(db, in_catalogue).await
}

/// One book.
#[utoipa::path(
    tag = "books",
    params(("id" = i32, Path, description = "The book's id", minimum = 1)),
    responses(
        (status = 200, description = "The book", body = BookOut),
        (status = 304, description = "It is as the client has it"),
        (status = 404, description = "No such book")
    )
)]
#[get("/api/books/{id}")]
async fn find_book(db: Data<Db>, Id(id): Id, one: RowQuery) -> Result<HttpResponse, Problem> {
    let book = Book::find(db.reader(), id).await?;
    Ok(one.answer(&db, &book, &etag::of_row(book.id, book.version)).await?)
}

/// Adds a book; or several, all of them or none, when the body is an array.
#[utoipa::path(
    tag = "books",
    params((
        "Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, pattern = "^[!-~]+$",
        description = "a key of one's own; the same request with it gets the first answer for a day, and adds nothing"
    )),
    request_body = NewBook,
    responses(
        (status = 201, description = "The stored book", body = BookOut),
        (status = 400, description = "Nothing was stored"),
        (status = 422, description = "The key was used for another request")
    )
)]
#[post("/api/books")]
async fn create_book(db: Data<Db>, body: CreateBody<NewBook>) -> Result<HttpResponse, Problem> {
    create::add(&db, body, async |tx, new| {
        let book = Book::create(tx, new).await?;
        let (location, tag) =
            (format!("/api/books/{}", book.id), etag::of_row(book.id, book.version));
        CreatedRow::new(location, tag, &BookOut::from(&book))
    })
    .await
}

/// The book with an ISBN, in either form and any spelling.
#[utoipa::path(
    tag = "books",
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
    Ok(one.answer(&db, &book, &etag::of_row(book.id, book.version)).await?)
}

/// Changes the given members of the book with an ISBN, or adds the book when there is none.
#[utoipa::path(
    tag = "books",
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
    IfMatch(precondition): IfMatch,
    Json(changes): Json<BookChanges>,
) -> Result<HttpResponse, Problem> {
    let isbn = books::isbn::canonical(&isbn)?;
    let changes = changes.check()?;
    let work = async move |tx: &Tx| books::isbn::put(tx, &isbn, &precondition, &changes).await;
    let (book, added) = db.write(work).await?;
    let mut response = if added { HttpResponse::Created() } else { HttpResponse::Ok() };
    if added {
        response.insert_header((LOCATION, format!("/api/books/{}", book.id)));
    }
    Ok(response
        .insert_header((ETAG, etag::of_row(book.id, book.version)))
        .json(BookOut::from(&book)))
}

/// Changes the given members of a book, and no others.
#[utoipa::path(
    method(put, patch),
    path = "/api/books/{id}",
    tag = "books",
    params(
        ("id" = i32, Path, description = "The book's id", minimum = 1),
        ("If-Match" = Option<String>, Header, description = "the `ETag` that the change is based on"),
    ),
    request_body = BookChanges,
    responses(
        (status = 200, description = "The book as it is now", body = BookOut),
        (status = 412, description = "The version that was sent is out of date")
    )
)]
#[route("/api/books/{id}", method = "PUT", method = "PATCH")]
async fn update_book(
    db: Data<Db>,
    Id(id): Id,
    IfMatch(precondition): IfMatch,
    Json(changes): Json<BookChanges>,
) -> Result<HttpResponse, Problem> {
    let changes = changes.check()?;
    let book =
        db.write(async move |tx| Book::update(tx, id, &precondition, &changes).await).await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag::of_row(book.id, book.version)))
        .json(BookOut::from(&book)))
}

/// Deletes a book.
#[utoipa::path(
    tag = "books",
    params(
        ("id" = i32, Path, description = "The book's id", minimum = 1),
        ("If-Match" = Option<String>, Header, description = "the `ETag` of what is to be deleted"),
    ),
    responses(
        (status = 200, description = "It is gone", body = Message),
        (status = 412, description = "It was changed since")
    )
)]
#[delete("/api/books/{id}")]
async fn delete_book(
    db: Data<Db>,
    Id(id): Id,
    IfMatch(precondition): IfMatch,
) -> Result<HttpResponse, Problem> {
    db.write(async move |tx| Book::delete(tx, id, &precondition).await).await?;
    Ok(HttpResponse::Ok().json(Message { message: "Book deleted" }))
}
