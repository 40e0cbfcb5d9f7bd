//! What the limits have in common: what a client sends, and the answers, written byte by byte.
//!
//! A limit is not a service that one would keep. It does what no service can leave out, in the cheapest way that we know. To the
//! requests of the benchmark it answers with the same bytes and headers as Bookplate for the same rows, so that a ratio to it
//! says what an architecture costs, and not what is in an answer. Nothing is validated, and no request is conditional.

mod head;
mod moment;

pub use head::{ListHeaders, created, list_headers, respond, row, row_tag};
pub use moment::Moment;

use actix_web::{HttpRequest, HttpResponse};
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

impl NewBook {
    /// The book that it becomes.
    pub fn stored<'a>(&'a self, id: i64, at: &'a [u8]) -> Book<'a> {
        Book {
            id,
            title: &self.title,
            author: &self.author,
            year: self.year.map(i64::from),
            isbn: self.isbn.as_deref(),
            page_count: self.page_count.map(i64::from),
            status: b"available",
            created_at: at,
            updated_at: at,
            version: 1,
            ..Book::default()
        }
    }
}

/// The query of a list.
#[derive(Deserialize)]
pub struct Page {
    #[serde(rename = "id__gt")]
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
#[derive(Default)]
pub struct Book<'a> {
    pub id: i64,
    pub title: &'a str,
    pub author: &'a str,
    pub year: Option<i64>,
    pub isbn: Option<&'a str>,
    pub page_count: Option<i64>,
    /// One of a few words, with nothing to escape.
    pub status: &'a [u8],
    pub subtitle: Option<&'a str>,
    pub publisher: Option<&'a str>,
    pub language: Option<&'a str>,
    pub description: Option<&'a str>,
    pub series: Option<&'a str>,
    /// A whole number here; no book of the benchmark has one.
    pub series_number: Option<i64>,
    /// In UTC, without the zone.
    pub created_at: &'a [u8],
    pub updated_at: &'a [u8],
    pub version: i64,
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
        out.extend_from_slice(b",\"status\":\"");
        out.extend_from_slice(self.status);
        out.extend_from_slice(b"\",\"subtitle\":");
        text(out, self.subtitle);
        out.extend_from_slice(b",\"publisher\":");
        text(out, self.publisher);
        out.extend_from_slice(b",\"language\":");
        text(out, self.language);
        out.extend_from_slice(b",\"description\":");
        text(out, self.description);
        out.extend_from_slice(b",\"series\":");
        text(out, self.series);
        out.extend_from_slice(b",\"series_number\":");
        number(out, self.series_number);
        out.extend_from_slice(b",\"created_at\":\"");
        out.extend_from_slice(self.created_at);
        out.extend_from_slice(b"Z\",\"updated_at\":\"");
        out.extend_from_slice(self.updated_at);
        out.extend_from_slice(b"Z\",\"version\":");
        number(out, Some(self.version));
        out.push(b'}');
    }

    /// The book alone, in a buffer of its own.
    pub fn alone(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        self.write(&mut out);
        out
    }
}

/// What a list is filtered by: the name of the filter, and its value.
pub type Filter<'a> = (&'a str, &'a str);

/// A list, row by row.
pub struct List {
    body: Vec<u8>,
    limit: i64,
    rows: i64,
    last: i64,
    has_more: bool,
}

impl List {
    pub fn new(limit: i64) -> Self {
        let mut body = Vec::with_capacity(6144);
        body.push(b'[');
        Self { body, limit, rows: 0, last: 0, has_more: false }
    }

    /// Whether a row that was found belongs to the page. The one behind it only shows that there is a next page.
    pub fn takes_another(&mut self) -> bool {
        self.has_more = self.rows == self.limit;
        !self.has_more
    }

    pub fn add(&mut self, book: &Book) {
        if self.rows > 0 {
            self.body.push(b',');
        }
        book.write(&mut self.body);
        self.rows += 1;
        self.last = book.id;
    }

    pub fn answer(mut self, request: &HttpRequest, filter: Filter) -> HttpResponse {
        self.body.push(b']');
        let next = self.has_more.then_some((filter, self.last));
        list_headers(request.uri(), &self.body, next).answer(self.body)
    }
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
    match is_plain(value.as_bytes()) {
        true => out.extend_from_slice(value.as_bytes()),
        false => escaped(out, value),
    }
    out.push(b'"');
}

/// Whether nothing has to be escaped. Eight bytes are looked at together, the last ones perhaps twice: the highest bit of a byte
/// is set where it is below a space or one of the two special characters.
fn is_plain(text: &[u8]) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let below = |word: u64, byte: u8| word.wrapping_sub(ONES * u64::from(byte)) & !word;
    let is = |word: u64, byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    let are_plain = |word: &[u8; 8]| {
        let word = u64::from_ne_bytes(*word);
        (below(word, b' ') | is(word, b'"') | is(word, b'\\')) & (ONES << 7) == 0
    };
    match text.last_chunk() {
        Some(last) => text.as_chunks().0.iter().all(are_plain) && are_plain(last),
        None => text.iter().all(|byte| *byte >= b' ' && !matches!(byte, b'"' | b'\\')),
    }
}

fn escaped(out: &mut Vec<u8>, value: &str) {
    for byte in value.bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            8 => out.extend_from_slice(b"\\b"),
            12 => out.extend_from_slice(b"\\f"),
            ..b' ' => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
}
