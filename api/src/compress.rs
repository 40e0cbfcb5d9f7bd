//! What is worth compressing. The coding itself is actix' `Compress`, which [`choose`] and [`refuse`] stand around.

use actix_web::{
    Error, HttpMessage,
    body::{BodySize, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{
        AcceptEncoding, CONTENT_ENCODING, CONTENT_TYPE, ETAG, Encoding, HeaderMap, HeaderValue,
    },
    middleware::Next,
};

use crate::{
    error::{Kind, Problem},
    vary,
};

/// Bytes of a body below which the gain is none: they fit the packet that is sent anyway.
const SMALLEST: u64 = 1024;
/// What keeps `Compress` away from an answer.
const IDENTITY: HeaderValue = HeaderValue::from_static("identity");

/// Inside of `Compress`: marks what is to stay as it is, and says of the rest that it depends on the client.
///
/// # Errors
/// As the handler.
pub async fn choose<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let mut response = next.call(request).await?;
    let is_large = match response.response().body().size() {
        BodySize::None => false,
        BodySize::Sized(bytes) => bytes >= SMALLEST,
        BodySize::Stream => true,
    };
    let headers = response.headers_mut();
    if is_large && may_change(headers) {
        vary::on(headers, "Accept-Encoding");
    } else if !headers.contains_key(CONTENT_ENCODING) {
        headers.insert(CONTENT_ENCODING, IDENTITY);
    }
    Ok(response)
}

/// Outside of it: refuses a client that takes no coding there is, with the usual body; and takes the mark away again.
///
/// # Errors
/// For such a client, and as the handler.
pub async fn refuse<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let known = [Encoding::identity(), Encoding::brotli(), Encoding::gzip(), Encoding::deflate()];
    let accepted = request.get_header::<AcceptEncoding>();
    if accepted.is_some_and(|accepted| accepted.negotiate(known.iter()).is_none()) {
        let detail = "no coding that `Accept-Encoding` names can be sent; there are br, gzip, deflate and identity";
        return Err(Problem::new(Kind::NotAcceptable, detail).into());
    }
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    match headers.get(CONTENT_ENCODING) {
        Some(coding) if *coding == IDENTITY => drop(headers.remove(CONTENT_ENCODING)),
        // `Compress` says so on a line of its own.
        Some(_) => vary::on(headers, "Accept-Encoding"),
        None => {}
    }
    Ok(response)
}

/// Text that may be sent as other bytes. A strong tag is of these bytes and no others (RFC 9110, 8.8.3.3), and `If-Match` needs
/// it strong; events are to arrive one by one.
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
