//! Limit B: actix-web with constant answers, as the other limits answer for some rows, and no database. What HTTP itself costs.

use actix_web::{
    App, HttpResponse, HttpServer,
    http::{
        StatusCode, Uri,
        header::{ETAG, HeaderValue, LOCATION},
    },
    web,
};
use limits::{Book, ListHeaders, NewBook, list_headers, respond};
use std::{env, sync::LazyLock};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const FIRST: i64 = 50_000;
const TAG: HeaderValue = HeaderValue::from_static("\"50000.1\"");
const LOCATED: HeaderValue = HeaderValue::from_static("/api/books/50000");

static ONE: LazyLock<Vec<u8>> = LazyLock::new(|| book(FIRST).alone());
static TWENTY: LazyLock<(Vec<u8>, ListHeaders)> = LazyLock::new(|| {
    let mut out = Vec::new();
    for id in FIRST..FIRST + 20 {
        out.push(if out.is_empty() { b'[' } else { b',' });
        book(id).write(&mut out);
    }
    out.push(b']');
    let place = Uri::from_static("/api/books?limit=20&id__gt=49999");
    let headers = list_headers(&place, &out, Some((("id__gt", "49999"), FIRST + 19)));
    (out, headers)
});

fn book(id: i64) -> Book<'static> {
    Book {
        id,
        title: "The Forgotten Lantern of Thornfield",
        author: "Octavia Fairwood",
        year: Some(1987),
        isbn: Some("9780132350884"),
        page_count: Some(412),
        status: b"available",
        created_at: b"2026-11-26T12:00:00.123456",
        updated_at: b"2026-11-26T12:00:00.123456",
        version: 1,
        ..Book::default()
    }
}

async fn one(id: web::Path<i64>) -> HttpResponse {
    match *id {
        ..=99_999_999 => respond(StatusCode::OK, [(ETAG, TAG)], ONE.as_slice()),
        _ => HttpResponse::NotFound().finish(),
    }
}

async fn twenty() -> HttpResponse {
    let (body, headers) = &*TWENTY;
    headers.clone().answer(body.as_slice())
}

async fn add(_: web::Json<NewBook>) -> HttpResponse {
    respond(StatusCode::CREATED, [(ETAG, TAG), (LOCATION, LOCATED)], ONE.as_slice())
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let port = env::var("PORT").expect("PORT").parse::<u16>().expect("PORT is a number");
    HttpServer::new(|| {
        App::new()
            .route("/api/books/search", web::get().to(twenty))
            .route("/api/books/{id}", web::get().to(one))
            .service(web::resource("/api/books").get(twenty).post(add))
    })
    .bind(("127.0.0.1", port))?
    .run()
    .await
}
