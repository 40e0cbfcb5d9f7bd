//! The body of every error response (RFC 9457), and the mapping from errors to kinds; [`kind`] has their statuses.

pub mod kind;

use std::{fmt, time::Duration};

use actix_web::{
    HttpResponse, ResponseError,
    http::{
        Method, StatusCode,
        header::{self, ALLOW, HeaderName, HeaderValue, RETRY_AFTER},
    },
};
use serde::Serialize;
use service::{DatabaseError, Error, FieldError, Owner};
use utoipa::ToSchema;

use crate::{etag, trace};
pub use kind::Kind;

/// A refusal or failure, as `application/problem+json`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// A path that identifies the kind of problem; the same for the same cause.
    #[serde(rename = "type")]
    #[schema(value_type = String, format = "uri-reference", example = "/problems/duplicate")]
    kind: Kind,
    /// The title of the kind.
    title: &'static str,
    #[serde(serialize_with = "as_number")]
    #[schema(value_type = u16, example = 400)]
    status: StatusCode,
    /// What is wrong with this request, and what to do about it.
    detail: String,
    /// The same sentence, in the member that the clients of the course read.
    error: String,
    /// The members or parameters that are invalid, the first 100 of them.
    errors: Vec<FieldError>,
    /// The id of the request, as in the log.
    request_id: String,
    #[serde(skip)]
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// Maximum length of a sentence in bytes. Each part of one is limited where it is created; this covers all of them, also future
/// ones.
const LONGEST_DETAIL: usize = 4000;

fn bounded(mut detail: String) -> String {
    if detail.len() > LONGEST_DETAIL {
        detail.truncate(detail.floor_char_boundary(LONGEST_DETAIL - '…'.len_utf8()));
        detail.push('…');
    }
    detail
}

fn as_number<S: serde::Serializer>(status: &StatusCode, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u16(status.as_u16())
}

impl Problem {
    /// A problem of the current request.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let detail = bounded(detail.into());
        let about = kind.about();
        let problem = Self {
            kind,
            title: about.title,
            status: about.status,
            error: detail.clone(),
            detail,
            errors: Vec::new(),
            request_id: trace::id(),
            headers: Vec::new(),
        };
        match about.retry_after {
            Some(seconds) => problem.with_header(RETRY_AFTER, seconds),
            None => problem,
        }
    }

    /// The request is malformed or names something that does not fit.
    pub fn bad_request(error: FieldError) -> Self {
        Error::Invalid(error.into()).into()
    }

    /// No row or route has this address.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, detail)
    }

    /// The database did not answer a read in time.
    pub fn slow_read(deadline: Duration) -> Self {
        let detail = format!("the database did not answer within {} seconds", deadline.as_secs());
        Self::new(Kind::SlowRead, detail)
    }

    /// The path and its query have more than `longest` bytes.
    pub fn uri_too_long(longest: usize) -> Self {
        let detail = format!("the address is longer than {longest} bytes; request less at a time");
        Self::new(Kind::UriTooLong, detail)
    }

    /// The body has another type than one of these.
    pub fn media_type(detail: String, method: &Method, types: &str) -> Self {
        let name = match method.as_str() {
            "PATCH" => HeaderName::from_static("accept-patch"),
            "POST" => HeaderName::from_static("accept-post"),
            "QUERY" => HeaderName::from_static("accept-query"),
            _ => header::ACCEPT,
        };
        Self::new(Kind::MediaType, detail).with_header(name, types)
    }

    /// The route exists, but not for this method.
    pub fn method_not_allowed(method: &str, allow: &str) -> Self {
        let method = service::shortened(method, 30);
        let detail = format!("{method} is not possible here; the methods are {allow}");
        Self::new(Kind::MethodNotAllowed, detail).with_header(ALLOW, allow)
    }

    /// A defect in this program; the log has the details.
    pub fn internal() -> Self {
        Self::new(Kind::Internal, Kind::Internal.about().example)
    }

    /// An example of a response of this kind.
    pub fn example(kind: Kind) -> Self {
        let detail = kind.about().example;
        let errors = match kind {
            Kind::Invalid => vec![FieldError::new("year", "out-of-range", detail)],
            Kind::Duplicate => {
                let link = Some("/api/books/17".to_owned());
                vec![FieldError { link, ..FieldError::new("isbn", "duplicate", detail) }]
            }
            _ => Vec::new(),
        };
        let request_id = "18c5f2a9e4d31-2a".to_owned();
        Self { errors, request_id, ..Self::new(kind, detail) }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let sentence = error.to_string();
        let new = |kind| Self::new(kind, sentence);
        match error {
            Error::Invalid(errors) => Self { errors: errors.listed(), ..new(Kind::Invalid) },
            Error::Duplicate(duplicate) => {
                let problem = new(Kind::Duplicate);
                let mut error = FieldError::new(&duplicate.field, "duplicate", &problem.detail);
                if let Some(place) = duplicate.element {
                    error.pointer = format!("/{place}{}", error.pointer);
                }
                if let Owner::Row((_, nouns), id) = duplicate.owner {
                    error.link = Some(format!("/api/{nouns}/{id}"));
                }
                Self { errors: vec![error], ..problem }
            }
            Error::NotFound { .. } => new(Kind::NotFound),
            Error::Stale { id, current, .. } => {
                new(Kind::Stale).with_header(header::ETAG, &etag::of_row(id, current))
            }
            Error::Unconfirmed { .. } => {
                let problem = new(Kind::Unconfirmed);
                let detail = problem.detail.clone();
                let errors = vec![FieldError::parameter("confirm", "unconfirmed", detail)];
                Self { errors, ..problem }
            }
            Error::KeyReused { .. } => new(Kind::KeyReused),
            Error::Database(cause) => {
                let kind = of_database(&cause);
                if !matches!(kind, Kind::Busy | Kind::UnknownOutcome) {
                    let hint = match cause {
                        DatabaseError::Forbidden(_) => " (see GRANT in the manual of PostgreSQL)",
                        _ => "",
                    };
                    log::error!("{}{hint}", service::chain(&cause));
                }
                if kind == Kind::Internal { Self::internal() } else { new(kind) }
            }
        }
    }
}

impl From<DatabaseError> for Problem {
    fn from(error: DatabaseError) -> Self {
        Error::from(error).into()
    }
}

fn of_database(error: &DatabaseError) -> Kind {
    use DatabaseError::{
        Busy, Collision, Damaged, Duplicate, FileLost, Forbidden, Full, Internal, Locked,
        MissingParent, Unavailable, Unknown,
    };
    match error {
        Busy | Collision(_) | Locked(_) => Kind::Busy,
        Unknown => Kind::UnknownOutcome,
        Unavailable(_) | Damaged(_) | FileLost(_) | Forbidden(_) => Kind::Unavailable,
        Full(_) => Kind::DiskFull,
        // Of a unique value and of a parent the service makes errors of its own.
        Internal(_) | Duplicate { .. } | MissingParent => Kind::Internal,
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        for (name, value) in &self.headers {
            response.insert_header((name.clone(), value.clone()));
        }
        let body = serde_json::to_vec(self).unwrap_or_default();
        let mut response = response.content_type("application/problem+json").body(body);
        // Also if this response replaces one that was never produced, as after a panic.
        trace::set_security_headers(response.headers_mut(), &self.request_id);
        response
    }
}
