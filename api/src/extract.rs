//! Extractors of a request: bodies and ids, each refused with a [`Problem`] that names the member. The parameters of lists are
//! parsed in [`list`](crate::list).

mod object;

use std::{future::Future, pin::Pin, time::Duration};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    http::{
        Method,
        header::{CONTENT_TYPE, HeaderName},
    },
    web::{BytesMut, Data},
};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use service::{Error, FieldError, idempotency::Key};

use utoipa::PartialSchema;

use crate::{
    change::DryRun,
    contract::Contract,
    error::{Kind, Problem},
};

/// The media types of a change, and of other bodies.
pub const PATCHES: &str = "application/merge-patch+json, application/json";
pub const JSON: &str = "application/json";
/// The longest JSON body.
const LONGEST_BODY: usize = 1 << 20;
/// The header with the key under which a client may repeat a request.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// How long a client may take to send a body.
pub const BODY_DEADLINE: Duration = Duration::from_secs(9);

pub use object::OneOrMany;
use object::{object, one_or_many};

type Extracted<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

/// A JSON object as the body.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + PartialSchema + 'static> FromRequest for Json<T> {
    type Error = Problem;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let object = json(request, payload, LONGEST_BODY);
        Box::pin(async move { object.await.map(Self) })
    }
}

/// Reads a JSON object of at most `longest` bytes from the body.
///
/// # Errors
/// For any other body, with the member that does not fit.
pub fn json<T: DeserializeOwned + PartialSchema>(
    request: &HttpRequest,
    payload: &mut Payload,
    longest: usize,
) -> impl Future<Output = Result<T, Problem>> + 'static + use<T> {
    let body = json_body(request, payload, longest);
    async move { Ok(object(&body.await?).map_err(Error::Invalid)?) }
}

/// Input for rows to be created, one or several, and the key under which the request may be repeated.
pub struct CreateBody<T> {
    /// The input rows; each has the member that the path has.
    pub input: OneOrMany<T>,
    /// `Idempotency-Key`, with the request that it identifies.
    pub key: Option<Key>,
    /// Whether they are only tried.
    pub dry_run: DryRun,
}

impl<T: DeserializeOwned + PartialSchema + 'static> FromRequest for CreateBody<T> {
    type Error = Problem;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let dry_run = DryRun::of_request(request);
        let body = json_body(request, payload, LONGEST_BODY);
        let request = request.clone();
        Box::pin(async move {
            let dry_run = dry_run?;
            let body = body.await?;
            let given = request.headers().get(IDEMPOTENCY_KEY);
            let key = given.map(|key| {
                let parts = [request.method().as_str(), request.path(), request.query_string()];
                let parts: Vec<&[u8]> =
                    parts.iter().map(|part| part.as_bytes()).chain([&body[..]]).collect();
                Key::new(&String::from_utf8_lossy(key.as_bytes()), &parts)
            });
            let key = key.transpose()?;
            let input = one_or_many(&body, owner(&request)).map_err(Error::Invalid)?;
            Ok(Self { input, key, dry_run })
        })
    }
}

/// The member of a new row that its path has: `store_id`, 7 of `/api/stores/7/items`.
fn owner(request: &HttpRequest) -> Option<(String, i32)> {
    let id = request.match_info().get("id")?.parse().ok()?;
    Some((format!("{}_id", noun(request)), id))
}

/// A JSON body, as bytes.
fn json_body(
    request: &HttpRequest,
    payload: &mut Payload,
    longest: usize,
) -> impl Future<Output = Result<BytesMut, Problem>> + 'static + use<> {
    let json = request.mime_type().ok().flatten().is_some_and(|mime| {
        // A list of steps (RFC 6902) has another meaning than the object that is expected.
        mime.subtype() == "json"
            || mime.suffix().is_some_and(|suffix| suffix == "json")
                && mime.essence_str() != "application/json-patch+json"
    });
    let sent = request.headers().get(CONTENT_TYPE).cloned();
    let (payload, method) = (payload.take(), request.method().clone());
    async move {
        if !json {
            let sent = sent.as_ref().and_then(|sent| sent.to_str().ok()).unwrap_or("none");
            let shown = service::shortened(sent, 100);
            let types = if method == Method::PATCH { PATCHES } else { JSON };
            let detail = format!(
                "the content type is `{shown}`, expected `{}`",
                types.replace(", ", "` or `")
            );
            return Err(Problem::media_type(detail, &method, types));
        }
        tokio::time::timeout(BODY_DEADLINE, read(payload, longest)).await.map_err(|_| {
            Problem::new(
                Kind::SlowBody,
                format!("the body did not arrive within {} seconds", BODY_DEADLINE.as_secs()),
            )
        })?
    }
}

async fn read(mut payload: Payload, longest: usize) -> Result<BytesMut, Problem> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| {
            let detail = format!("the body cannot be read: {error}");
            Problem::bad_request(FieldError::new("", "unreadable-body", detail))
        })?;
        if body.len() + chunk.len() > longest {
            return Err(Problem::new(
                Kind::TooLarge,
                format!("the body is larger than {longest} bytes; send less at a time"),
            ));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The `{id}` of a path.
pub struct Id(pub i32);

impl FromRequest for Id {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let written = request.match_info().query("id");
        let digits = !written.is_empty() && written.bytes().all(|byte| byte.is_ascii_digit());
        let refusal = || request.app_data::<Data<Contract>>()?.refuse(request);
        std::future::ready(match written.parse() {
            Ok(id) if digits => Ok(Self(id)),
            // `/api/books/search` is matched by `/api/books/{id}` too, for the methods that only the latter has.
            _ if !digits && let Some(problem) = refusal() => Err(problem),
            _ => {
                let shown = service::shortened(written, 30);
                Err(Problem::not_found(format!("no {} has the id {shown}", noun(request))))
            }
        })
    }
}

/// The noun for a row of the collection: `book` in `/api/books/7`.
fn noun(request: &HttpRequest) -> &str {
    let collection = request.path().trim_start_matches("/api/").split('/').next();
    collection.map_or("row", |collection| collection.strip_suffix('s').unwrap_or(collection))
}
