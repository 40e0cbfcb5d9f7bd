//! Caches responses until the next write to the database.
//!
//! A response with an `ETag` depends on the rows and on [`CHOOSING`] alone. It is cached with the change token that the database
//! had before it was read, and served only while the token is the same: so it equals what a read would find, whoever writes, and
//! also if there was a write while it was read. Responses that are requested only once are not cached.

mod sharded_lru;

use std::sync::Arc;

use actix_web::{
    Error, HttpResponse,
    body::{self, BodySize, BoxBody, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{
            ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, ETAG, HeaderMap, HeaderName, HeaderValue,
            IF_NONE_MATCH, VARY,
        },
    },
    middleware::Next,
    web::{Bytes, Data},
};
use service::{ChangeToken, Db};

use crate::error::Problem;
use sharded_lru::{Lookup, ShardedLru};

/// The request headers that select a response.
const CHOOSING: [HeaderName; 3] = [ACCEPT, ACCEPT_ENCODING, IF_NONE_MATCH];
/// Maximum length of a cached response in bytes; a larger one would displace too many others.
const LARGEST: usize = 64 << 10;
/// Approximate size of a response in addition to its body and key: headers, and the entry.
const REST: usize = 1024;

/// The cache. The handler threads share it.
pub struct ResponseCache {
    db: Db,
    kept: Option<ShardedLru<CachedResponse>>,
}

/// A complete response.
struct CachedResponse {
    state: ChangeToken,
    status: StatusCode,
    headers: Box<[(HeaderName, HeaderValue)]>,
    body: Option<Bytes>,
}

impl ResponseCache {
    /// Caches at most the given number of bytes; disabled for 0, and if the database has no change token.
    pub fn new(db: Db, bytes: usize) -> Self {
        let kept = (bytes > 0 && db.has_change_token()).then(|| ShardedLru::new(bytes));
        Self { db, kept }
    }
}

/// Serves the cached response, or else the handler's, which is then cached.
///
/// # Errors
/// As the handler.
pub async fn serve<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<BoxBody, B>>, Error> {
    let answers = request.app_data::<Data<ResponseCache>>().map(|answers| Arc::clone(answers));
    let known = answers.as_ref().filter(|_| may_be_kept(&request)).and_then(|answers| {
        let kept = answers.kept.as_ref()?;
        let asked = asked(&request);
        let lookup = kept.look_up(&asked);
        // Most are requested once, and do not need the token.
        if lookup.thing.is_none() && !lookup.wanted {
            return None;
        }
        Some((kept, asked, lookup, answers.db.change_token()?))
    });
    let Some((kept, asked, Lookup { thing, wanted }, state)) = known else {
        return Ok(next.call(request).await?.map_into_right_body());
    };
    if let Some(answer) = thing.filter(|answer| answer.state == state) {
        return Ok(request.into_response(answer.again()).map_into_left_body());
    }
    let response = next.call(request).await?;
    if !wanted || !is_of_the_rows(response.status(), response.headers()) {
        return Ok(response.map_into_right_body());
    }
    let (request, response) = response.into_parts();
    let answer = CachedResponse::of(response, state).await?;
    let response = answer.again();
    let bytes = asked.len() + answer.body.as_ref().map_or(0, Bytes::len) + REST;
    if bytes <= LARGEST {
        kept.put(asked, answer, bytes);
    }
    Ok(ServiceResponse::new(request, response).map_into_left_body())
}

impl CachedResponse {
    async fn of<B: MessageBody>(
        response: HttpResponse<B>,
        state: ChangeToken,
    ) -> Result<Self, Problem> {
        let (head, body) = response.into_parts();
        let body = match body.size() {
            BodySize::None => None,
            // It is in memory already; only compressed bodies come in parts.
            BodySize::Sized(_) | BodySize::Stream => {
                let bytes = body::to_bytes(body).await.map_err(|_| Problem::internal())?;
                Some(Bytes::copy_from_slice(&bytes))
            }
        };
        let headers = head.headers().iter();
        let headers = headers.map(|(name, value)| (name.clone(), value.clone())).collect();
        Ok(Self { state, status: head.status(), headers, body })
    }

    fn again(&self) -> HttpResponse {
        let body = self.body.clone();
        let body = body.map_or_else(|| BoxBody::new(body::None::new()), BoxBody::new);
        let mut response = HttpResponse::with_body(self.status, body);
        for (name, value) in &self.headers {
            response.headers_mut().append(name.clone(), value.clone());
        }
        response
    }
}

/// Whether a cached response may be used. A client that sends cache directives (RFC 9111, 5.2.1) gets a fresh response.
fn may_be_kept(request: &ServiceRequest) -> bool {
    request.method() == Method::GET && !request.headers().contains_key(CACHE_CONTROL)
}

/// The cache key: the URL, and a line for each header that counts.
fn asked(request: &ServiceRequest) -> Vec<u8> {
    let mut asked = Vec::with_capacity(256);
    if let Some(address) = request.uri().path_and_query() {
        asked.extend_from_slice(address.as_str().as_bytes());
    }
    for name in &CHOOSING {
        for value in request.headers().get_all(name) {
            for part in [b"\n", name.as_str().as_bytes(), b":", value.as_bytes()] {
                asked.extend_from_slice(part);
            }
        }
    }
    asked
}

/// Whether a response depends on the rows and on what was [`asked`] alone.
fn is_of_the_rows(status: StatusCode, headers: &HeaderMap) -> bool {
    let has_tag = headers.contains_key(ETAG);
    let mut varies =
        headers.get_all(VARY).flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    let is_known = |name: &[u8]| {
        CHOOSING
            .iter()
            .any(|known| known.as_str().as_bytes().eq_ignore_ascii_case(name.trim_ascii()))
    };
    [StatusCode::OK, StatusCode::NOT_MODIFIED].contains(&status) && has_tag && varies.all(is_known)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use actix_web::{App, middleware::from_fn, test, web};
    use service::{Location, Settings};

    use super::*;

    /// The cache with a count of its requests.
    async fn count(request: actix_web::HttpRequest, asked: Data<AtomicU32>) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        match request.path() {
            "/tagged" => response.insert_header((ETAG, "\"1\"")).insert_header((VARY, "accept")),
            "/varied" => response.insert_header((ETAG, "\"1\"")).insert_header((VARY, "Cookie")),
            _ => &mut response,
        };
        response.body((asked.fetch_add(1, Ordering::Relaxed) + 1).to_string())
    }

    #[actix_web::test]
    async fn what_has_a_tag_is_kept_for_whoever_asks_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::File(folder.path().join("books.db"));
        let db = Db::open(&location, &Settings::default()).await.unwrap();
        let app = App::new()
            .app_data(Data::new(ResponseCache::new(db, 1 << 20)))
            .app_data(Data::new(AtomicU32::new(0)))
            .default_service(web::to(count))
            .wrap(from_fn(serve));
        let app = test::init_service(app).await;
        let plain = &[][..];
        let csv = &[("accept", "text/csv")][..];
        let read = &[("cache-control", "no-cache")][..];
        for (method, address, headers, expected) in [
            (Method::GET, "/tagged", plain, "1"),
            (Method::GET, "/tagged", plain, "2"),
            (Method::GET, "/tagged", plain, "2"),
            (Method::GET, "/tagged?a", plain, "3"),
            (Method::GET, "/tagged", csv, "4"),
            (Method::GET, "/tagged", csv, "5"),
            (Method::GET, "/tagged", csv, "5"),
            (Method::GET, "/tagged", read, "6"),
            (Method::GET, "/tagged", plain, "2"),
            (Method::POST, "/tagged", plain, "7"),
            (Method::GET, "/varied", plain, "8"),
            (Method::GET, "/varied", plain, "9"),
            (Method::GET, "/varied", plain, "10"),
            (Method::GET, "/untagged", plain, "11"),
            (Method::GET, "/untagged", plain, "12"),
            (Method::GET, "/untagged", plain, "13"),
        ] {
            let mut request = test::TestRequest::default().method(method.clone()).uri(address);
            for header in headers {
                request = request.insert_header(*header);
            }
            let response = test::call_service(&app, request.to_request()).await;
            assert_eq!(response.headers().contains_key(ETAG), address != "/untagged");
            let found = test::read_body(response).await;
            assert_eq!(found, expected, "{method} {address}");
        }
    }
}
