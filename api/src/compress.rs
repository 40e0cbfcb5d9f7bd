//! Compresses responses for clients that accept it, if it is worth it. Constant responses are compressed once ([`fixed`]),
//! responses in memory as a whole, and streams by one of a few encoders.

mod coding;
mod encoded;
pub mod fixed;

use actix_web::{
    Error, HttpMessage,
    body::{BodySize, BoxBody, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{AcceptEncoding, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue},
    middleware::Next,
    web::{self, Bytes, Data},
};

use crate::{
    connection::load::Load,
    error::{Kind, Problem},
    vary,
};
use coding::{Coding, Encoder};
use encoded::Encoded;
pub use encoded::Places;

/// Bodies of fewer bytes are not compressed: they fit into one packet anyway.
const SMALLEST: u64 = 1024;
/// Bytes that are compressed directly on the handler thread; more would delay its other requests.
const INLINE: usize = 16 << 10;
/// Headers that prevent compression of a response.
const IDENTITY: HeaderValue = HeaderValue::from_static("identity");

/// Compresses the response of the handler. Refuses a client that accepts no available coding, with the usual body.
///
/// # Errors
/// For such a client, and any error of the handler.
pub async fn encode<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let accepted = request.get_header::<AcceptEncoding>();
    let coding = Coding::chosen(accepted).map_err(|()| refusal())?;
    let load = request.app_data::<Data<Load>>().map(|load| load.clone().into_inner());
    let places = request.app_data::<Data<Places>>().cloned();
    let mut response = next.call(request).await?;
    let size = response.response().body().size();
    let headers = response.headers_mut();
    if headers.get(CONTENT_ENCODING).is_some_and(|given| *given == IDENTITY) {
        headers.remove(CONTENT_ENCODING);
        return Ok(response.map_into_left_body());
    }
    let is_large = match size {
        BodySize::None => false,
        BodySize::Sized(bytes) => bytes >= SMALLEST,
        BodySize::Stream => true,
    };
    if !is_large || !may_change(headers) {
        return Ok(response.map_into_left_body());
    }
    vary::on(headers, "Accept-Encoding");
    let Some(coding) = coding else { return Ok(response.map_into_left_body()) };
    let (request, response) = response.into_parts();
    let (response, body) = response.into_parts();
    let (body, is_encoded) = match body.try_into_bytes() {
        Ok(bytes) => {
            // It may wait for its turn among others.
            let _waits = load.as_ref().map(|load| load.unread(bytes.len()));
            let encoded = whole(coding, bytes, places.as_deref().map(AsRef::as_ref)).await?;
            (EitherBody::right(BoxBody::new(encoded)), true)
        }
        // Without a free encoder it is sent uncompressed.
        Err(body) => match places.and_then(|places| places.take(coding)) {
            Some(place) => {
                let encoded = Encoded::new(body, load, (coding, place));
                (EitherBody::right(BoxBody::new(encoded)), true)
            }
            None => (EitherBody::left(body), false),
        },
    };
    let mut response = response.set_body(body);
    if is_encoded {
        response.headers_mut().insert(CONTENT_ENCODING, coding.name());
    }
    Ok(ServiceResponse::new(request, response))
}

/// All of `bytes`, compressed: directly if they are few, otherwise on another thread once a place is free.
async fn whole(coding: Coding, bytes: Bytes, places: Option<&Places>) -> Result<Bytes, Problem> {
    let is_small = bytes.len() <= INLINE;
    let place = match places.filter(|_| !is_small) {
        Some(places) => Some(places.thread().await?),
        None => None,
    };
    let encode = move || {
        // Held until the encoder is done, even if its request was dropped.
        let _place = place;
        let mut encoder = Encoder::new(coding);
        encoder.write(&bytes)?;
        encoder.finish()
    };
    let encoded = match is_small {
        true => encode(),
        false => web::block(encode).await.map_err(|_| Problem::internal())?,
    };
    encoded.map_err(|_| Problem::internal())
}

fn refusal() -> Problem {
    let detail =
        "no coding in `Accept-Encoding` is supported; supported are br, gzip, deflate and identity";
    Problem::new(Kind::NotAcceptable, detail)
}

/// Text that may be sent as different bytes. A strong tag identifies exactly these bytes (RFC 9110, 8.8.3.3), and `If-Match`
/// needs strong tags; events must arrive one by one.
fn may_change(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = text(CONTENT_TYPE).split(';').next().unwrap_or_default();
    let is_text = match kind.split_once('/') {
        Some(("text", name)) => name != "event-stream",
        Some((_, name)) => {
            matches!(name, "json" | "jsonl" | "x-ndjson" | "javascript" | "xml")
                || name.ends_with("+json")
                || name.ends_with("+xml")
        }
        None => false,
    };
    let is_strong = text(ETAG).starts_with('"');
    is_text && !is_strong && !headers.contains_key(CONTENT_ENCODING)
}
