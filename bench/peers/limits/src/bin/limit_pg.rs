//! Limit PG: actix-web over PostgreSQL, by hand.
//!
//! Each worker thread has a few connections with prepared statements, and sends a statement without waiting for the answer to
//! the one before (pipelining); its columns become JSON without a struct in between.

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, rt, web};
use limits::{Book, List, Moment, NewBook, Page, Search, created, duplicate, row};
use std::{cell::Cell, env, error};
use tokio_postgres::{
    Client, Error, NoTls, Row, Statement,
    error::SqlState,
    types::{FromSql, ToSql, Type},
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Connections a worker thread: one keeps one process of PostgreSQL busy, and there are two cores.
const CONNECTIONS: usize = 4;
const COLUMNS: &str =
    "SELECT id, title, author, year, isbn, page_count, status, subtitle, publisher, language,
    description, series, CAST(series_number AS bigint), created_at, updated_at, version FROM books";
const INSERT: &str = "INSERT INTO books (title, author, year, isbn, page_count)
    VALUES ($1, $2, $3, $4, $5) RETURNING id, created_at";

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

    async fn list(
        &self,
        statement: &Statement,
        filter: &(dyn ToSql + Sync),
        limit: i64,
    ) -> Result<List, Error> {
        let mut list = List::new(limit);
        // One row more than the page has shows whether there is another page.
        for row in self.client.query(statement, &[filter, &(limit + 1)]).await? {
            if list.takes_another() {
                with_book(&row, |book| list.add(book));
            }
        }
        Ok(list)
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

/// A timestamp as PostgreSQL sends it, in microseconds since the beginning of 2000.
struct Sent(i64);

impl Sent {
    fn moment(&self) -> Moment {
        Moment::new(self.0 + 946_684_800_000_000)
    }
}

impl<'a> FromSql<'a> for Sent {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn error::Error + Sync + Send>> {
        Ok(Self(i64::from_be_bytes(raw.try_into()?)))
    }

    fn accepts(kind: &Type) -> bool {
        *kind == Type::TIMESTAMPTZ
    }
}

fn with_book<T>(row: &Row, then: impl FnOnce(&Book) -> T) -> T {
    let number = |column| row.get::<_, Option<i32>>(column).map(i64::from);
    let moment = |column| row.get::<_, Sent>(column).moment();
    let (created_at, updated_at) = (moment(13), moment(14));
    then(&Book {
        id: i64::from(row.get::<_, i32>(0)),
        title: row.get(1),
        author: row.get(2),
        year: number(3),
        isbn: row.get(4),
        page_count: number(5),
        status: row.get::<_, &str>(6).as_bytes(),
        subtitle: row.get(7),
        publisher: row.get(8),
        language: row.get(9),
        description: row.get(10),
        series: row.get(11),
        series_number: row.get(12),
        created_at: created_at.bytes(),
        updated_at: updated_at.bytes(),
        version: i64::from(row.get::<_, i32>(15)),
    })
}

fn failed(error: &Error) -> HttpResponse {
    HttpResponse::InternalServerError().body(error.to_string())
}

async fn one(connections: web::Data<Connections>, id: web::Path<i32>) -> HttpResponse {
    let connection = connections.next();
    match connection.client.query_opt(&connection.one, &[&*id]).await {
        Ok(Some(found)) => with_book(&found, |book| row(book.id, book.version, book.alone())),
        Ok(None) => HttpResponse::NotFound().finish(),
        Err(error) => failed(&error),
    }
}

async fn page(
    connections: web::Data<Connections>,
    query: web::Query<Page>,
    request: HttpRequest,
) -> HttpResponse {
    let connection = connections.next();
    match connection.list(&connection.page, &query.after, query.limit).await {
        Ok(list) => list.answer(&request, ("id__gt", itoa::Buffer::new().format(query.after))),
        Err(error) => failed(&error),
    }
}

async fn search(
    connections: web::Data<Connections>,
    query: web::Query<Search>,
    request: HttpRequest,
) -> HttpResponse {
    let connection = connections.next();
    match connection.list(&connection.search, &query.pattern(), query.limit).await {
        Ok(list) => list.answer(&request, ("author__matches", &query.author)),
        Err(error) => failed(&error),
    }
}

async fn add(connections: web::Data<Connections>, new: web::Json<NewBook>) -> HttpResponse {
    let connection = connections.next();
    let values: [&(dyn ToSql + Sync); 5] =
        [&new.title, &new.author, &new.year, &new.isbn, &new.page_count];
    match connection.client.query_one(&connection.insert, &values).await {
        Ok(row) => {
            let (id, at) = (i64::from(row.get::<_, i32>(0)), row.get::<_, Sent>(1).moment());
            created(id, new.stored(id, at.bytes()).alone())
        }
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
