//! What the limits have in common: what a client sends, and a book as JSON, written byte by byte.
//!
//! A limit is not a service that one would keep. It does what no service can leave out, in the cheapest way that we know, so
//! that a ratio to it says how much of a request is our own making.

use actix_web::{HttpResponse, http::StatusCode};
use serde::Deserialize;

/// The body of a POST.
#[derive(Deserialize)]
pub struct NewBook {
    pub title: String,
    pub author: String,
    pub year: Option<i32>,
    pub isbn: Option<String>,
    pub page_count: Option<i32>,
}

/// The query of a list.
#[derive(Deserialize)]
pub struct Page {
    #[serde(default, rename = "id__gt")]
    pub after: i32,
    pub limit: i64,
}

/// The query of a search.
#[derive(Deserialize)]
pub struct Search {
    pub author: String,
    pub limit: i64,
}

impl Search {
    /// What LIKE takes for "contains it", with a backslash before what LIKE would take for more than a character.
    pub fn pattern(&self) -> String {
        let mut pattern = String::with_capacity(self.author.len() + 2);
        pattern.push('%');
        for letter in self.author.chars() {
            if matches!(letter, '%' | '_' | '\\') {
                pattern.push('\\');
            }
            pattern.push(letter);
        }
        pattern.push('%');
        pattern
    }
}

/// A row, borrowed from wherever the driver has it.
pub struct Book<'a> {
    pub id: i64,
    pub title: &'a str,
    pub author: &'a str,
    pub year: Option<i64>,
    pub isbn: Option<&'a str>,
    pub page_count: Option<i64>,
}

impl Book<'_> {
    /// Appends the book as a JSON object.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"id\":");
        number(out, Some(self.id));
        out.extend_from_slice(b",\"title\":");
        text(out, Some(self.title));
        out.extend_from_slice(b",\"author\":");
        text(out, Some(self.author));
        out.extend_from_slice(b",\"year\":");
        number(out, self.year);
        out.extend_from_slice(b",\"isbn\":");
        text(out, self.isbn);
        out.extend_from_slice(b",\"page_count\":");
        number(out, self.page_count);
        out.push(b'}');
    }

    /// The book alone, in a buffer of its own.
    pub fn alone(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        self.write(&mut out);
        out
    }
}

/// An answer of that JSON.
pub fn json(status: StatusCode, body: Vec<u8>) -> HttpResponse {
    HttpResponse::build(status).content_type("application/json").body(body)
}

/// The answer to an ISBN that is there already.
pub fn duplicate() -> HttpResponse {
    HttpResponse::Conflict().body("another book has this isbn")
}

fn number(out: &mut Vec<u8>, value: Option<i64>) {
    match value {
        Some(value) => out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes()),
        None => out.extend_from_slice(b"null"),
    }
}

fn text(out: &mut Vec<u8>, value: Option<&str>) {
    let Some(value) = value else { return out.extend_from_slice(b"null") };
    out.push(b'"');
    // Runs without a character to escape are copied whole.
    let mut copied = 0;
    for (place, byte) in value.bytes().enumerate() {
        if byte >= b' ' && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&value.as_bytes()[copied..place]);
        out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
        copied = place + 1;
    }
    out.extend_from_slice(&value.as_bytes()[copied..]);
    out.push(b'"');
}
