//! Limit A: actix-web over SQLite, by hand.
//!
//! A read is carried out on the thread that has the request, over a connection and prepared statements of that thread, and its
//! columns become JSON without a struct in between. Writes go to one thread that takes all that wait into one transaction and
//! answers behind its COMMIT, at `synchronous=FULL`.

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use limits::{Book, List, Moment, NewBook, Page, Search, created, duplicate, row};
use rusqlite::{Connection, ErrorCode, Params, Row, Statement, config::DbConfig, params};
use std::{cell::RefCell, env, sync::mpsc, thread};
use tokio::sync::oneshot;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const COLUMNS: &str =
    "SELECT id, title, author, year, isbn, page_count, status, subtitle, publisher, language,
    description, series, CAST(series_number AS integer), created_at, updated_at, version FROM books";
const INSERT: &str =
    "INSERT INTO books (title, author, year, isbn, page_count, created_at, updated_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)";

/// As many books as share a transaction at most, so that nobody waits for long behind others.
const GROUP: usize = 1024;

/// The id of a book that was added, and its JSON.
type Added = (i64, Vec<u8>);
/// A book that waits, and where the answer goes; none when its ISBN is taken.
type Waiting = (NewBook, oneshot::Sender<Option<Added>>);

struct Reader {
    one: Statement<'static>,
    page: Statement<'static>,
    search: Statement<'static>,
}

impl Reader {
    fn open(file: &str) -> Self {
        let connection = open(file);
        let prepare = |rest: &str| {
            connection.prepare(&format!("{COLUMNS} {rest}")).expect("a statement is prepared")
        };
        Self {
            one: prepare("WHERE id = ?1"),
            page: prepare("WHERE id > ?1 ORDER BY id LIMIT ?2"),
            search: prepare("WHERE author LIKE ?1 ESCAPE '\\' ORDER BY id LIMIT ?2"),
        }
    }
}

/// A connection that lasts as long as the process, because statements borrow it.
fn open(file: &str) -> &'static Connection {
    let connection = Box::leak(Box::new(Connection::open(file).expect("the file opens")));
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 30000;
             PRAGMA mmap_size = 1073741824; PRAGMA cache_size = -65536;",
        )
        .expect("the pragmas are taken");
    let durable = |name: &str, expected: &str| {
        let value: rusqlite::types::Value = connection
            .pragma_query_value(None, name, |row| row.get(0))
            .expect("a pragma is read back");
        assert_eq!(format!("{value:?}"), expected, "{name}");
    };
    durable("journal_mode", "Text(\"wal\")");
    durable("synchronous", "Integer(2)");
    // Otherwise SQLite looks at the value of `LIMIT ?`, and prepares the statement anew for each.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .expect("plans do not depend on values");
    connection
}

fn book<'a>(row: &'a Row) -> rusqlite::Result<Book<'a>> {
    Ok(Book {
        id: row.get(0)?,
        title: row.get_ref(1)?.as_str()?,
        author: row.get_ref(2)?.as_str()?,
        year: row.get(3)?,
        isbn: row.get_ref(4)?.as_str_or_null()?,
        page_count: row.get(5)?,
        status: row.get_ref(6)?.as_bytes()?,
        subtitle: row.get_ref(7)?.as_str_or_null()?,
        publisher: row.get_ref(8)?.as_str_or_null()?,
        language: row.get_ref(9)?.as_str_or_null()?,
        description: row.get_ref(10)?.as_str_or_null()?,
        series: row.get_ref(11)?.as_str_or_null()?,
        series_number: row.get(12)?,
        created_at: without_zone(row.get_ref(13)?.as_bytes()?),
        updated_at: without_zone(row.get_ref(14)?.as_bytes()?),
        version: row.get(15)?,
    })
}

/// A timestamp as it is stored, but for its zone.
fn without_zone(stored: &[u8]) -> &[u8] {
    stored.strip_suffix(b"+00:00").unwrap_or(stored)
}

fn list(statement: &mut Statement, values: impl Params, limit: i64) -> rusqlite::Result<List> {
    let mut list = List::new(limit);
    let mut rows = statement.query(values)?;
    while let Some(row) = rows.next()?
        && list.takes_another()
    {
        list.add(&book(row)?);
    }
    Ok(list)
}

fn failed(error: &rusqlite::Error) -> HttpResponse {
    HttpResponse::InternalServerError().body(error.to_string())
}

async fn one(reader: web::Data<RefCell<Reader>>, id: web::Path<i64>) -> HttpResponse {
    let answer = |found: &Row| book(found).map(|book| row(book.id, book.version, book.alone()));
    match reader.borrow_mut().one.query_row([*id], answer) {
        Ok(answer) => answer,
        Err(rusqlite::Error::QueryReturnedNoRows) => HttpResponse::NotFound().finish(),
        Err(error) => failed(&error),
    }
}

async fn page(
    reader: web::Data<RefCell<Reader>>,
    query: web::Query<Page>,
    request: HttpRequest,
) -> HttpResponse {
    // One row more than the page has shows whether there is another page.
    let values = params![query.after, query.limit + 1];
    match list(&mut reader.borrow_mut().page, values, query.limit) {
        Ok(list) => list.answer(&request, ("id__gt", itoa::Buffer::new().format(query.after))),
        Err(error) => failed(&error),
    }
}

async fn search(
    reader: web::Data<RefCell<Reader>>,
    query: web::Query<Search>,
    request: HttpRequest,
) -> HttpResponse {
    let values = params![query.pattern(), query.limit + 1];
    match list(&mut reader.borrow_mut().search, values, query.limit) {
        Ok(list) => list.answer(&request, ("author__matches", &query.author)),
        Err(error) => failed(&error),
    }
}

async fn add(writer: web::Data<mpsc::Sender<Waiting>>, book: web::Json<NewBook>) -> HttpResponse {
    let (answer, answered) = oneshot::channel();
    if writer.send((book.into_inner(), answer)).is_err() {
        return HttpResponse::ServiceUnavailable().finish();
    }
    match answered.await {
        Ok(Some((id, body))) => created(id, body),
        Ok(None) => duplicate(),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

fn insert(connection: &Connection, statement: &mut Statement, book: &NewBook) -> Option<Added> {
    let now = Moment::now();
    let values =
        params![book.title, book.author, book.year, book.isbn, book.page_count, now.stored()];
    match statement.execute(values) {
        Ok(_) => {
            let id = connection.last_insert_rowid();
            Some((id, book.stored(id, now.bytes()).alone()))
        }
        Err(rusqlite::Error::SqliteFailure(error, _))
            if error.code == ErrorCode::ConstraintViolation =>
        {
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn write_groups(file: &str, waiting: &mpsc::Receiver<Waiting>) {
    let connection = open(file);
    let prepare = |text: &str| connection.prepare(text).expect("a statement is prepared");
    let mut begin = prepare("BEGIN IMMEDIATE");
    let mut statement = prepare(INSERT);
    let mut commit = prepare("COMMIT");
    let mut done = Vec::new();
    while let Ok(first) = waiting.recv() {
        begin.execute([]).expect("a transaction begins");
        let others = std::iter::from_fn(|| waiting.try_recv().ok()).take(GROUP - 1);
        for (book, answer) in std::iter::once(first).chain(others) {
            done.push((answer, insert(connection, &mut statement, &book)));
        }
        commit.execute([]).expect("the group is on the disk");
        for (answer, added) in done.drain(..) {
            // A client that has gone away needs no answer.
            let _ = answer.send(added);
        }
    }
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let port = env::var("PORT").expect("PORT").parse::<u16>().expect("PORT is a number");
    let file = env::var("DATABASE_FILE").expect("DATABASE_FILE");
    let (writer, waiting) = mpsc::channel();
    let writer = web::Data::new(writer);
    let written = file.clone();
    thread::spawn(move || write_groups(&written, &waiting));
    HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(RefCell::new(Reader::open(&file))))
            .app_data(writer.clone())
            .route("/api/books/search", web::get().to(search))
            .route("/api/books/{id}", web::get().to(one))
            .service(web::resource("/api/books").get(page).post(add))
    })
    .bind(("127.0.0.1", port))?
    .run()
    .await
}
