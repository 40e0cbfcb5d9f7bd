//! Limit A: actix-web over SQLite, by hand.
//!
//! A read is carried out on the thread that has the request, over a connection and prepared statements of that thread, and its
//! columns become JSON without a struct in between. Writes go to one thread that takes all that wait into one transaction and
//! answers behind its COMMIT, at `synchronous=FULL`.

use actix_web::{App, HttpResponse, HttpServer, http::StatusCode, web};
use limits::{Book, NewBook, Page, Search, duplicate, json};
use rusqlite::{Connection, ErrorCode, Params, Row, Statement, config::DbConfig, params};
use std::{cell::RefCell, env, sync::mpsc, thread};
use tokio::sync::oneshot;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const COLUMNS: &str = "SELECT id, title, author, year, isbn, page_count FROM books";
const INSERT: &str =
    "INSERT INTO books (title, author, year, isbn, page_count) VALUES (?1, ?2, ?3, ?4, ?5)";

/// As many books as share a transaction at most, so that nobody waits for long behind others.
const GROUP: usize = 1024;

/// A book that waits, and where its JSON goes; none when its ISBN is taken.
type Waiting = (NewBook, oneshot::Sender<Option<Vec<u8>>>);

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

fn write(row: &Row, out: &mut Vec<u8>) -> rusqlite::Result<()> {
    let book = Book {
        id: row.get(0)?,
        title: row.get_ref(1)?.as_str()?,
        author: row.get_ref(2)?.as_str()?,
        year: row.get(3)?,
        isbn: row.get_ref(4)?.as_str_or_null()?,
        page_count: row.get(5)?,
    };
    book.write(out);
    Ok(())
}

fn array(statement: &mut Statement, values: impl Params) -> rusqlite::Result<Vec<u8>> {
    let mut out = Vec::with_capacity(4096);
    out.push(b'[');
    let mut rows = statement.query(values)?;
    while let Some(row) = rows.next()? {
        if out.len() > 1 {
            out.push(b',');
        }
        write(row, &mut out)?;
    }
    out.push(b']');
    Ok(out)
}

fn found(body: rusqlite::Result<Vec<u8>>) -> HttpResponse {
    match body {
        Ok(body) => json(StatusCode::OK, body),
        Err(error) => HttpResponse::InternalServerError().body(error.to_string()),
    }
}

async fn one(reader: web::Data<RefCell<Reader>>, id: web::Path<i64>) -> HttpResponse {
    let mut out = Vec::with_capacity(256);
    let done = reader.borrow_mut().one.query_row([*id], |row| write(row, &mut out));
    match done {
        Err(rusqlite::Error::QueryReturnedNoRows) => HttpResponse::NotFound().finish(),
        done => found(done.map(|()| out)),
    }
}

async fn page(reader: web::Data<RefCell<Reader>>, query: web::Query<Page>) -> HttpResponse {
    found(array(&mut reader.borrow_mut().page, params![query.after, query.limit]))
}

async fn search(reader: web::Data<RefCell<Reader>>, query: web::Query<Search>) -> HttpResponse {
    found(array(&mut reader.borrow_mut().search, params![query.pattern(), query.limit]))
}

async fn add(writer: web::Data<mpsc::Sender<Waiting>>, book: web::Json<NewBook>) -> HttpResponse {
    let (answer, answered) = oneshot::channel();
    if writer.send((book.into_inner(), answer)).is_err() {
        return HttpResponse::ServiceUnavailable().finish();
    }
    match answered.await {
        Ok(Some(body)) => json(StatusCode::CREATED, body),
        Ok(None) => duplicate(),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

fn insert(connection: &Connection, statement: &mut Statement, book: &NewBook) -> Option<Vec<u8>> {
    let values = params![book.title, book.author, book.year, book.isbn, book.page_count];
    match statement.execute(values) {
        Ok(_) => Some(
            Book {
                id: connection.last_insert_rowid(),
                title: &book.title,
                author: &book.author,
                year: book.year.map(i64::from),
                isbn: book.isbn.as_deref(),
                page_count: book.page_count.map(i64::from),
            }
            .alone(),
        ),
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
        for (answer, body) in done.drain(..) {
            // A client that has gone away needs no answer.
            let _ = answer.send(body);
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
