//! Limit B: actix-web with constant answers of the usual length, and no database. What HTTP itself costs.

use actix_web::{App, HttpResponse, HttpServer, web};
use limits::{Book, NewBook};
use std::{env, sync::LazyLock};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

static ONE: LazyLock<Vec<u8>> = LazyLock::new(|| book(50_000).alone());
static TWENTY: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut out = Vec::new();
    for id in 50_000..50_020 {
        out.push(if out.is_empty() { b'[' } else { b',' });
        book(id).write(&mut out);
    }
    out.push(b']');
    out
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
    }
}

async fn one(id: web::Path<i64>) -> HttpResponse {
    match *id {
        ..=99_999_999 => HttpResponse::Ok().content_type("application/json").body(ONE.as_slice()),
        _ => HttpResponse::NotFound().finish(),
    }
}

async fn twenty() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(TWENTY.as_slice())
}

async fn add(_: web::Json<NewBook>) -> HttpResponse {
    HttpResponse::Created().content_type("application/json").body(ONE.as_slice())
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
