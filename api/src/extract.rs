//! Extractors of a request: bodies and ids, each refused with a [`Problem`] that names the member. The parameters of lists are
//! parsed in [`list`](crate::list).

use std::{future::Future, pin::Pin, time::Duration};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    http::header::{CONTENT_TYPE, HeaderName},
    web::{BytesMut, Data},
};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use service::{Error, FieldError, idempotency::Key};

use crate::{
    change::DryRun,
    contract::Contract,
    error::{Kind, Problem},
};

/// The longest JSON body.
const LONGEST_BODY: usize = 1 << 20;
/// The header with the key under which a client may repeat a request.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// How long a client may take to send a body.
pub const BODY_DEADLINE: Duration = Duration::from_secs(9);

type Extracted<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

/// A JSON object as the body.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
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
pub fn json<T: DeserializeOwned>(
    request: &HttpRequest,
    payload: &mut Payload,
    longest: usize,
) -> impl Future<Output = Result<T, Problem>> + 'static + use<T> {
    let body = json_body(request, payload, longest);
    async move { object(&body.await?).map_err(Problem::bad_request) }
}

/// Input for rows to be created, one or several, and the key under which the request may be repeated.
pub struct CreateBody<T> {
    /// The input rows.
    pub input: OneOrMany<T>,
    /// `Idempotency-Key`, with the request that it identifies.
    pub key: Option<Key>,
    /// Whether they are only tried.
    pub dry_run: DryRun,
}

/// An object, or an array of objects.
pub enum OneOrMany<T> {
    /// An object.
    One(T),
    /// An array.
    Many(Vec<T>),
}

impl<T: DeserializeOwned + 'static> FromRequest for CreateBody<T> {
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
            let input = one_or_many(&body).map_err(Problem::bad_request)?;
            Ok(Self { input, key, dry_run })
        })
    }
}

/// A JSON body, as bytes.
fn json_body(
    request: &HttpRequest,
    payload: &mut Payload,
    longest: usize,
) -> impl Future<Output = Result<BytesMut, Problem>> + 'static + use<> {
    let json = request.mime_type().ok().flatten().is_some_and(|mime| {
        mime.subtype() == "json" || mime.suffix().is_some_and(|suffix| suffix == "json")
    });
    let sent = request.headers().get(CONTENT_TYPE).cloned();
    let payload = payload.take();
    async move {
        if !json {
            let sent = sent.as_ref().and_then(|sent| sent.to_str().ok()).unwrap_or("none");
            let shown = service::shortened(sent, 100);
            return Err(Problem::new(
                Kind::MediaType,
                format!("the content type is `{shown}`, expected `application/json`"),
            ));
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

/// Parses a JSON object or an array of objects; the error names the invalid member.
fn one_or_many<T: DeserializeOwned>(body: &[u8]) -> Result<OneOrMany<T>, FieldError> {
    if body.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'[') {
        return object(body).map(OneOrMany::One);
    }
    let elements: Vec<&RawValue> =
        serde_json::from_slice(body).map_err(|error| field_error(".", &error))?;
    let element = |(place, element): (usize, &&RawValue)| {
        object(element.get().as_bytes()).map_err(|error| FieldError {
            pointer: format!("/{place}{}", error.pointer),
            detail: format!("element {place}: {}", error.detail),
            ..error
        })
    };
    elements.iter().enumerate().map(element).collect::<Result<_, _>>().map(OneOrMany::Many)
}

/// Parses a JSON object; the error names the invalid member.
fn object<T: DeserializeOwned>(body: &[u8]) -> Result<T, FieldError> {
    // serde would accept an array for a struct as well, member by member.
    if body.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        let detail = match body.is_empty() {
            true => "the body is empty, expected a JSON object",
            false => "the body is not a JSON object; it has to begin with `{`",
        };
        return Err(FieldError::new("", "malformed-json", detail));
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        field_error(&path, error.inner())
    })?;
    json.end().map_err(|error| field_error(".", &error))?;
    Ok(value)
}

fn field_error(path: &str, error: &serde_json::Error) -> FieldError {
    let message = error.to_string();
    if error.is_syntax() || error.is_eof() {
        return FieldError::new("", "malformed-json", format!("the body is not JSON: {message}"));
    }
    // The position is only useful for syntax errors; here the member is named.
    let sentence =
        message.rsplit_once(" at line ").map_or(message.as_str(), |(sentence, _)| sentence);
    // An unknown or missing member is named in the sentence, not in the path.
    let named = |start: &str| sentence.strip_prefix(start).and_then(|rest| rest.split('`').next());
    let code = match () {
        () if named("unknown field `").is_some() => "unknown-field",
        () if named("missing field `").is_some() => "missing-field",
        () if named("duplicate field `").is_some() => "duplicate-field",
        () => "bad-value",
    };
    let field =
        ["unknown field `", "missing field `", "duplicate field `"].into_iter().find_map(named);
    match field {
        Some(field) => FieldError::new(field, code, sentence),
        None if path == "." => FieldError::new("", code, sentence),
        None => FieldError::new(path, code, format!("{path}: {sentence}")),
    }
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
            _ if digits => {
                let shown = service::shortened(written, 30);
                Err(Problem::not_found(format!("no {} has the id {shown}", noun(request))))
            }
            // `/api/books/search` is matched by `/api/books/{id}` too, for the methods that only the latter has.
            _ if let Some(problem) = refusal() => Err(problem),
            _ => {
                let shown = service::shortened(written, 30);
                let detail = format!("id `{}` is not a number, such as 1", shown);
                Err(Error::parameter("id", detail).into())
            }
        })
    }
}

/// The noun for a row of the collection: `book` in `/api/books/7`.
fn noun(request: &HttpRequest) -> &str {
    let collection = request.path().trim_start_matches("/api/").split('/').next();
    collection.map_or("row", |collection| collection.strip_suffix('s').unwrap_or(collection))
}

#[cfg(test)]
mod tests {
    use service::books::NewBook;

    use super::object;

    #[test]
    fn a_body_that_does_not_fit_is_refused_with_the_member_and_the_reason() {
        for (body, pointer, reason) in [
            ("", "", "the body is empty"),
            ("[\"a\",\"b\"]", "", "begin with `{`"),
            ("{\"title\":", "", "not JSON: EOF"),
            ("{\"title\":\"a\",\"author\":\"b\"} x", "", "not JSON: trailing characters"),
            ("{\"title\":\"a\"}", "/author", "missing field `author`"),
            ("{\"titel\":\"a\"}", "/titel", "unknown field `titel`, expected one of `title`"),
            (
                "{\"title\":1,\"author\":\"b\"}",
                "/title",
                "title: invalid type: integer `1`, expected a string",
            ),
            (
                "{\"title\":\"a\",\"author\":\"b\",\"year\":3000000000}",
                "/year",
                "year: invalid value: integer `3000000000`",
            ),
            (
                "{\"title\":\"a\",\"author\":\"b\",\"year\":\"2008\"}",
                "/year",
                "year: invalid type: string",
            ),
            (
                "{\"title\":\"a\",\"author\":\"b\",\"title\":\"c\"}",
                "/title",
                "duplicate field `title`",
            ),
        ] {
            let error = object::<NewBook>(body.as_bytes()).unwrap_err();
            assert_eq!(error.pointer, pointer, "{body}: {error:?}");
            assert!(error.detail.contains(reason), "{body}: {error:?}");
        }
    }
}
