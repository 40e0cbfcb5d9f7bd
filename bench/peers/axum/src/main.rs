//! axum over sqlx, as `examples/sqlx-postgres` of axum and the documentation of sqlx have it: a pool in the state of the router,
//! `query_as` with bound values into a struct that is serialised, an error type that is an answer.
//!
//! The pools have sqlx's own ten connections. SQLite gets the durability that all are compared at, and time to wait for a lock.

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use serde::{Deserialize, Serialize};
use sqlx::{
    FromRow, PgPool, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use std::{env, time::Duration};

#[derive(Serialize, FromRow)]
struct Book {
    id: i32,
    title: String,
    author: String,
    year: Option<i32>,
    isbn: Option<String>,
    page_count: Option<i32>,
}

#[derive(Deserialize)]
struct NewBook {
    title: String,
    author: String,
    year: Option<i32>,
    isbn: Option<String>,
    page_count: Option<i32>,
}

#[derive(Deserialize)]
struct Page {
    #[serde(default, rename = "id__gt")]
    after: i32,
    limit: i64,
}

#[derive(Deserialize)]
struct Search {
    author: String,
    limit: i64,
}

struct Error(sqlx::Error);

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        match self.0 {
            sqlx::Error::RowNotFound => StatusCode::NOT_FOUND.into_response(),
            sqlx::Error::Database(error) if error.is_unique_violation() => {
                (StatusCode::CONFLICT, "another book has this isbn").into_response()
            }
            error => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
        }
    }
}

/// The same handlers for both kinds of database, whose pools are types of their own; `LIKE` heeds case on one of them.
macro_rules! service {
    ($name:ident, $pool:ty, $like:literal) => {
        mod $name {
            use super::*;

            async fn one(
                State(pool): State<$pool>,
                Path(id): Path<i32>,
            ) -> Result<Json<Book>, Error> {
                let text =
                    "SELECT id, title, author, year, isbn, page_count FROM books WHERE id = $1";
                Ok(Json(sqlx::query_as(text).bind(id).fetch_one(&pool).await?))
            }

            async fn page(
                State(pool): State<$pool>,
                Query(query): Query<Page>,
            ) -> Result<Json<Vec<Book>>, Error> {
                let text = "SELECT id, title, author, year, isbn, page_count FROM books
                            WHERE id > $1 ORDER BY id LIMIT $2";
                let books = sqlx::query_as(text).bind(query.after).bind(query.limit);
                Ok(Json(books.fetch_all(&pool).await?))
            }

            async fn search(
                State(pool): State<$pool>,
                Query(query): Query<Search>,
            ) -> Result<Json<Vec<Book>>, Error> {
                let text = concat!(
                    "SELECT id, title, author, year, isbn, page_count FROM books WHERE author ",
                    $like,
                    " '%' || $1 || '%' ORDER BY id LIMIT $2"
                );
                let books = sqlx::query_as(text).bind(query.author).bind(query.limit);
                Ok(Json(books.fetch_all(&pool).await?))
            }

            async fn add(
                State(pool): State<$pool>,
                Json(new): Json<NewBook>,
            ) -> Result<(StatusCode, Json<Book>), Error> {
                let text = "INSERT INTO books (title, author, year, isbn, page_count)
                            VALUES ($1, $2, $3, $4, $5)
                            RETURNING id, title, author, year, isbn, page_count";
                let book = sqlx::query_as(text)
                    .bind(new.title)
                    .bind(new.author)
                    .bind(new.year)
                    .bind(new.isbn)
                    .bind(new.page_count);
                Ok((StatusCode::CREATED, Json(book.fetch_one(&pool).await?)))
            }

            pub fn router(pool: $pool) -> Router {
                Router::new()
                    .route("/api/books", get(page).post(add))
                    .route("/api/books/search", get(search))
                    .route("/api/books/{id}", get(one))
                    .with_state(pool)
            }
        }
    };
}
service!(sqlite, SqlitePool, "LIKE");
service!(postgres, PgPool, "ILIKE");

async fn router() -> Result<Router, sqlx::Error> {
    if let Ok(file) = env::var("DATABASE_FILE") {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(30));
        return Ok(sqlite::router(SqlitePool::connect_with(options).await?));
    }
    let url = env::var("DATABASE_URL").expect("DATABASE_URL or DATABASE_FILE");
    Ok(postgres::router(PgPool::connect(&url).await?))
}

#[tokio::main]
async fn main() {
    let port = env::var("PORT").expect("PORT").parse::<u16>().expect("PORT is a number");
    let router = router().await.expect("the database opens");
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.expect("PORT is free");
    axum::serve(listener, router).await.expect("the server runs");
}
