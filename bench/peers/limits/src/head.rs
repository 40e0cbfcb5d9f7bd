//! The headers of the answers: those that each has, tags, and the link to the next page.

use std::{
    cell::RefCell,
    hash::BuildHasher,
    process,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use actix_web::{
    HttpResponse,
    body::{BoxBody, MessageBody},
    http::{
        StatusCode, Uri,
        header::{
            CONTENT_SECURITY_POLICY, CONTENT_TYPE, CROSS_ORIGIN_RESOURCE_POLICY, ETAG, HeaderName,
            HeaderValue, LINK, LOCATION, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
        },
    },
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use foldhash::quality::FixedState;
use sha2::{Digest, Sha256};

use crate::Filter;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// An answer of this JSON, with the headers that each has and these. The server adds its length and the date.
pub fn respond<const N: usize>(
    status: StatusCode,
    headers: [(HeaderName, HeaderValue); N],
    body: impl MessageBody + 'static,
) -> HttpResponse {
    let mut response = HttpResponse::with_body(status, BoxBody::new(body));
    let all = response.headers_mut();
    for (name, value) in headers {
        all.insert(name, value);
    }
    for (name, value) in [
        (CONTENT_TYPE, "application/json"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (REFERRER_POLICY, "no-referrer"),
        (CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
    ] {
        all.insert(name, HeaderValue::from_static(value));
    }
    all.insert(REQUEST_ID, request_id());
    response
}

/// The answer of a row.
pub fn row(id: i64, version: i64, body: Vec<u8>) -> HttpResponse {
    respond(StatusCode::OK, [(ETAG, row_tag(id, version))], body)
}

/// The answer of a row that is new.
pub fn created(id: i64, body: Vec<u8>) -> HttpResponse {
    let location = value(|out| {
        out.extend_from_slice(b"/api/books/");
        number(out, id);
    });
    respond(StatusCode::CREATED, [(ETAG, row_tag(id, 1)), (LOCATION, location)], body)
}

pub fn row_tag(id: i64, version: i64) -> HeaderValue {
    value(|out| {
        out.push(b'"');
        number(out, id);
        out.push(b'.');
        number(out, version);
        out.push(b'"');
    })
}

/// The headers that depend on what is in a list.
#[derive(Clone)]
pub struct ListHeaders {
    tag: HeaderValue,
    next: Option<HeaderValue>,
}

impl ListHeaders {
    pub fn answer(self, body: impl MessageBody + 'static) -> HttpResponse {
        let vary = HeaderValue::from_static("Accept, Accept-Encoding");
        let mut response = respond(StatusCode::OK, [(ETAG, self.tag), (VARY, vary)], body);
        if let Some(next) = self.next {
            response.headers_mut().insert(LINK, next);
        }
        response
    }
}

/// Those of a list that was asked for at `uri`, which has no cursor; `next` is its filter and the id of its last row, if there
/// is another page.
pub fn list_headers(uri: &Uri, body: &[u8], next: Option<(Filter, i64)>) -> ListHeaders {
    let tag = value(|out| {
        out.extend_from_slice(b"W/\"");
        hexadecimal(out, FixedState::default().hash_one(body), 16);
        out.push(b'"');
    });
    let next = next.map(|(filter, last)| {
        value(|out| {
            let place = uri.path_and_query().map_or("", |place| place.as_str());
            out.push(b'<');
            out.extend_from_slice(place.as_bytes());
            out.extend_from_slice(b"&cursor=");
            cursor(out, filter, last);
            out.extend_from_slice(b">; rel=\"next\"");
        })
    });
    ListHeaders { tag, next }
}

/// Appends a cursor as Bookplate writes and accepts it: the hash of the order, which is by id, and of the filter; and the id of
/// the last row.
fn cursor(out: &mut Vec<u8>, (name, value): Filter, last: i64) {
    // The hash is of one block where the filter has up to 35 bytes.
    let mut digest = Sha256::new_with_prefix(b"\0id\0");
    for part in [name, value] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    let digest = digest.finalize();
    let mut content = *b"{\"l\":\"123456789012\",\"v\":[\"-9223372036854775808\"]}";
    let encoded = BASE64_URL_SAFE_NO_PAD.encode_slice(&digest[..9], &mut content[6..18]);
    encoded.expect("nine bytes become twelve");
    let mut id = itoa::Buffer::new();
    let id = id.format(last).as_bytes();
    let end = 26 + id.len();
    content[26..end].copy_from_slice(id);
    content[end..end + 3].copy_from_slice(b"\"]}");
    let mut encoded = [0; 66];
    let length = BASE64_URL_SAFE_NO_PAD.encode_slice(&content[..end + 3], &mut encoded);
    out.extend_from_slice(&encoded[..length.expect("49 bytes become 66")]);
}

/// Unique among the processes of one log: the process, its start, and a count.
fn request_id() -> HeaderValue {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    static START: LazyLock<String> = LazyLock::new(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
        format!("{:x}-", now.as_micros() ^ (u128::from(process::id()) << 40))
    });
    value(|out| {
        out.extend_from_slice(START.as_bytes());
        hexadecimal(out, COUNT.fetch_add(1, Ordering::Relaxed), 1);
    })
}

/// A value that is written into a buffer of the thread, so that it is allocated once and at its length.
fn value(write: impl FnOnce(&mut Vec<u8>)) -> HeaderValue {
    thread_local! {
        static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    BUFFER.with_borrow_mut(|buffer| {
        buffer.clear();
        write(buffer);
        HeaderValue::from_bytes(buffer).expect("it has no control characters")
    })
}

fn number(out: &mut Vec<u8>, number: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Appends a number with at least so many digits.
fn hexadecimal(out: &mut Vec<u8>, number: u64, digits: u32) {
    let digits = (u64::BITS - number.leading_zeros()).div_ceil(4).max(digits);
    for place in (0..digits).rev() {
        out.push(b"0123456789abcdef"[(number >> (4 * place) & 15) as usize]);
    }
}
