//! actix-web over SeaORM 2, as SeaORM's own example `examples/actix_example` has it: one `DatabaseConnection` in the state of
//! the application with the pool's own settings, the `Logger` middleware, an entity that is serialised as it is.
//!
//! Only SQLite's durability is set, because all are compared at the same.

use actix_web::{App, Error, HttpResponse, HttpServer, error, get, middleware, post, web};
use sea_orm::{
    ActiveValue::Set,
    ConnectOptions, Database, DatabaseConnection, DbBackend, DbErr, QueryOrder, QuerySelect,
    SqlErr,
    entity::prelude::*,
    sea_query::{ExprTrait, extension::postgres::PgExpr},
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};
use serde::Deserialize;
use std::env;

mod book {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "books")]
    pub struct Model {
        #[sea_orm(primary_key)]
        #[serde(skip_deserializing)]
        pub id: i32,
        pub title: String,
        #[sea_orm(indexed)]
        pub author: String,
        pub year: Option<i32>,
        #[sea_orm(unique)]
        pub isbn: Option<String>,
        pub page_count: Option<i32>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
use book::Entity as Book;

#[derive(Debug, Clone)]
struct AppState {
    conn: DatabaseConnection,
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
    limit: u64,
}

#[derive(Deserialize)]
struct Search {
    author: String,
    limit: u64,
}

fn failed(error: DbErr) -> Error {
    error::ErrorInternalServerError(error)
}

#[get("/api/books/search")]
async fn search(
    data: web::Data<AppState>,
    query: web::Query<Search>,
) -> Result<HttpResponse, Error> {
    let pattern = format!("%{}%", query.author);
    let contains = match data.conn.get_database_backend() {
        DbBackend::Postgres => book::Column::Author.into_expr().ilike(pattern),
        _ => book::Column::Author.into_expr().like(pattern),
    };
    let books = Book::find()
        .filter(contains)
        .order_by_asc(book::Column::Id)
        .limit(query.limit)
        .all(&data.conn)
        .await
        .map_err(failed)?;
    Ok(HttpResponse::Ok().json(books))
}

#[get("/api/books/{id}")]
async fn one(data: web::Data<AppState>, id: web::Path<i32>) -> Result<HttpResponse, Error> {
    let book = Book::find_by_id(id.into_inner()).one(&data.conn).await.map_err(failed)?;
    Ok(match book {
        Some(book) => HttpResponse::Ok().json(book),
        None => HttpResponse::NotFound().finish(),
    })
}

#[get("/api/books")]
async fn page(data: web::Data<AppState>, query: web::Query<Page>) -> Result<HttpResponse, Error> {
    let books = Book::find()
        .filter(book::Column::Id.gt(query.after))
        .order_by_asc(book::Column::Id)
        .limit(query.limit)
        .all(&data.conn)
        .await
        .map_err(failed)?;
    Ok(HttpResponse::Ok().json(books))
}

#[post("/api/books")]
async fn add(data: web::Data<AppState>, new: web::Json<NewBook>) -> Result<HttpResponse, Error> {
    let new = new.into_inner();
    let row = book::ActiveModel {
        title: Set(new.title),
        author: Set(new.author),
        year: Set(new.year),
        isbn: Set(new.isbn),
        page_count: Set(new.page_count),
        ..Default::default()
    };
    match row.insert(&data.conn).await {
        Ok(book) => Ok(HttpResponse::Created().json(book)),
        Err(error) => match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => {
                Ok(HttpResponse::Conflict().body("another book has this isbn"))
            }
            _ => Err(failed(error)),
        },
    }
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let port = env::var("PORT").expect("PORT").parse::<u16>().expect("PORT is a number");
    let mut options = ConnectOptions::new(env::var("DATABASE_URL").expect("DATABASE_URL"));
    options.map_sqlx_sqlite_opts(|options| {
        options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full)
    });
    let conn = Database::connect(options).await.expect("the database opens");
    let state = AppState { conn };
    HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(state.clone()))
            .wrap(middleware::Logger::default())
            .service(search)
            .service(one)
            .service(page)
            .service(add)
    })
    .bind(("127.0.0.1", port))?
    .run()
    .await
}
