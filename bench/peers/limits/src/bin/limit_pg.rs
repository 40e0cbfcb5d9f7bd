//! Limit PG: actix-web over PostgreSQL, by hand.
//!
//! Each worker thread has a few connections with prepared statements, and sends a statement without waiting for the answer to
//! the one before (pipelining); its columns become JSON without a struct in between.

use actix_web::{App, HttpResponse, HttpServer, http::StatusCode, rt, web};
use limits::{Book, NewBook, Page, Search, duplicate, json};
use std::{cell::Cell, env};
use tokio_postgres::{Client, Error, NoTls, Row, Statement, error::SqlState, types::ToSql};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Connections a worker thread: one keeps one process of PostgreSQL busy, and there are two cores.
const CONNECTIONS: usize = 4;
const COLUMNS: &str = "SELECT id, title, author, year, isbn, page_count FROM books";
const INSERT: &str = "INSERT INTO books (title, author, year, isbn, page_count)
    VALUES ($1, $2, $3, $4, $5) RETURNING id, title, author, year, isbn, page_count";

struct Connection {
    client: Client,
    one: Statement,
    page: Statement,
    search: Statement,
    insert: Statement,
}

impl Connection {
    async fn open(url: &str) -> Result<Self, Error> {
        let (client, driver) = tokio_postgres::connect(url, NoTls).await?;
        rt::spawn(driver);
        Ok(Self {
            one: client.prepare(&format!("{COLUMNS} WHERE id = $1")).await?,
            page: client.prepare(&format!("{COLUMNS} WHERE id > $1 ORDER BY id LIMIT $2")).await?,
            search: client
                .prepare(&format!("{COLUMNS} WHERE author ILIKE $1 ORDER BY id LIMIT $2"))
                .await?,
            insert: client.prepare(INSERT).await?,
            client,
        })
    }

    async fn array(
        &self,
        statement: &Statement,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<u8>, Error> {
        let mut out = Vec::with_capacity(4096);
        out.push(b'[');
        for row in self.client.query(statement, values).await? {
            if out.len() > 1 {
                out.push(b',');
            }
            book(&row).write(&mut out);
        }
        out.push(b']');
        Ok(out)
    }
}

/// The connections of a worker thread, used in turn.
struct Connections {
    all: Vec<Connection>,
    turn: Cell<usize>,
}

impl Connections {
    async fn open(url: String) -> Result<Self, Error> {
        let mut all = Vec::new();
        for _ in 0..CONNECTIONS {
            all.push(Connection::open(&url).await?);
        }
        Ok(Self { all, turn: Cell::new(0) })
    }

    fn next(&self) -> &Connection {
        self.turn.set((self.turn.get() + 1) % self.all.len());
        &self.all[self.turn.get()]
    }
}

fn book(row: &Row) -> Book<'_> {
    let number = |column| row.get::<_, Option<i32>>(column).map(i64::from);
    Book {
        id: i64::from(row.get::<_, i32>(0)),
        title: row.get(1),
        author: row.get(2),
        year: number(3),
        isbn: row.get(4),
        page_count: number(5),
    }
}

fn failed(error: &Error) -> HttpResponse {
    HttpResponse::InternalServerError().body(error.to_string())
}

fn found(body: Result<Vec<u8>, Error>) -> HttpResponse {
    match body {
        Ok(body) => json(StatusCode::OK, body),
        Err(error) => failed(&error),
    }
}

async fn one(connections: web::Data<Connections>, id: web::Path<i32>) -> HttpResponse {
    let connection = connections.next();
    match connection.client.query_opt(&connection.one, &[&*id]).await {
        Ok(Some(row)) => json(StatusCode::OK, book(&row).alone()),
        Ok(None) => HttpResponse::NotFound().finish(),
        Err(error) => failed(&error),
    }
}

async fn page(connections: web::Data<Connections>, query: web::Query<Page>) -> HttpResponse {
    let connection = connections.next();
    found(connection.array(&connection.page, &[&query.after, &query.limit]).await)
}

async fn search(connections: web::Data<Connections>, query: web::Query<Search>) -> HttpResponse {
    let connection = connections.next();
    found(connection.array(&connection.search, &[&query.pattern(), &query.limit]).await)
}

async fn add(connections: web::Data<Connections>, new: web::Json<NewBook>) -> HttpResponse {
    let connection = connections.next();
    let values: [&(dyn ToSql + Sync); 5] =
        [&new.title, &new.author, &new.year, &new.isbn, &new.page_count];
    match connection.client.query_one(&connection.insert, &values).await {
        Ok(row) => json(StatusCode::CREATED, book(&row).alone()),
        Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => duplicate(),
        Err(error) => failed(&error),
    }
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let port = env::var("PORT").expect("PORT").parse::<u16>().expect("PORT is a number");
    let url = env::var("DATABASE_URL").expect("DATABASE_URL");
    HttpServer::new(move || {
        let url = url.clone();
        App::new()
            .data_factory(move || Connections::open(url.clone()))
            .route("/api/books/search", web::get().to(search))
            .route("/api/books/{id}", web::get().to(one))
            .service(web::resource("/api/books").get(page).post(add))
    })
    .bind(("127.0.0.1", port))?
    .run()
    .await
}
