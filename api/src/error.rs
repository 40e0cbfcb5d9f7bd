//! The one body of everything that goes wrong (RFC 9457), and the one table from error to status.

use std::{fmt, time::Duration};

use actix_web::{
    HttpResponse, ResponseError,
    http::{
        StatusCode,
        header::{self, ALLOW, HeaderValue, RETRY_AFTER},
    },
};
use serde::Serialize;
use service::{Error, FieldError};
use utoipa::ToSchema;

use crate::{etag, trace};

/// A refusal or failure, as `application/problem+json`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// A path that names the kind of problem; the same for the same cause.
    #[serde(rename = "type")]
    #[schema(example = "/problems/duplicate")]
    kind: &'static str,
    /// The kind in words.
    title: &'static str,
    #[serde(serialize_with = "as_number")]
    #[schema(value_type = u16, example = 400)]
    status: StatusCode,
    /// What is wrong with this request, and the way out.
    detail: String,
    /// The same sentence, under the name that the course's clients read.
    error: String,
    /// The members or parameters that are wrong.
    errors: Vec<FieldError>,
    /// The id of the request, as in the log.
    request_id: String,
    #[serde(skip)]
    headers: Vec<(header::HeaderName, HeaderValue)>,
}

fn as_number<S: serde::Serializer>(status: &StatusCode, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u16(status.as_u16())
}

impl Problem {
    /// A problem of the request at hand.
    pub fn new(
        status: StatusCode,
        kind: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        let detail = detail.into();
        Self {
            kind,
            title,
            status,
            error: detail.clone(),
            detail,
            errors: Vec::new(),
            request_id: trace::id(),
            headers: Vec::new(),
        }
    }

    /// The request is malformed or names something that does not fit.
    pub fn bad_request(errors: Vec<FieldError>) -> Self {
        Error::Invalid(errors).into()
    }

    /// No row or route has this address.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "/problems/not-found", "Not found", detail)
    }

    /// The database did not answer a read in time.
    pub fn slow_read(deadline: Duration) -> Self {
        let problem = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "/problems/slow-read",
            "Database too slow",
            format!("the database did not answer within {} seconds", deadline.as_secs()),
        );
        problem.with_header(RETRY_AFTER, "5")
    }

    /// The path and its query have more than `longest` bytes.
    pub fn uri_too_long(longest: usize) -> Self {
        Self::new(
            StatusCode::URI_TOO_LONG,
            "/problems/uri-too-long",
            "URI too long",
            format!("the address is longer than {longest} bytes; ask for less at a time"),
        )
    }

    /// The route exists, but not for this method.
    pub fn method_not_allowed(method: &str, allow: &str) -> Self {
        let detail = format!("{method} is not possible here; the methods are {allow}");
        let problem = Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "/problems/method-not-allowed",
            "Method not allowed",
            detail,
        );
        problem.with_header(ALLOW, allow)
    }

    /// A defect of ours; what it was stands in the log.
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "/problems/internal",
            "Internal error",
            "something went wrong here; the log has more under this request's id",
        )
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    fn with_header(mut self, name: header::HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let sentence = error.to_string();
        let new = |status, kind, title| Self::new(status, kind, title, sentence);
        match error {
            Error::Invalid(errors) => Self {
                errors,
                ..new(StatusCode::BAD_REQUEST, "/problems/invalid", "Invalid input")
            },
            Error::Duplicate { field, .. } => {
                let problem =
                    new(StatusCode::BAD_REQUEST, "/problems/duplicate", "Duplicate value");
                let errors = vec![FieldError::new(&field, "duplicate", problem.detail.clone())];
                Self { errors, ..problem }
            }
            Error::NotFound { .. } => {
                new(StatusCode::NOT_FOUND, "/problems/not-found", "Not found")
            }
            Error::Stale { id, current, .. } => {
                new(StatusCode::PRECONDITION_FAILED, "/problems/stale", "Changed by somebody else")
                    .with_header(header::ETAG, &etag::of_row(id, current))
            }
            Error::Unconfirmed { .. } => {
                let kind = "/problems/unconfirmed";
                let problem = new(StatusCode::PRECONDITION_FAILED, kind, "Another number of rows");
                let detail = problem.detail.clone();
                Self {
                    errors: vec![FieldError::parameter("confirm", "unconfirmed", detail)],
                    ..problem
                }
            }
            Error::KeyReused { .. } => {
                new(StatusCode::UNPROCESSABLE_ENTITY, "/problems/key-reused", "Key used before")
            }
            Error::Busy | Error::Collision(_) => {
                new(StatusCode::SERVICE_UNAVAILABLE, "/problems/busy", "Busy")
                    .with_header(RETRY_AFTER, "1")
            }
            Error::Unknown => {
                new(StatusCode::SERVICE_UNAVAILABLE, "/problems/unknown-outcome", "Outcome unknown")
                    .with_header(RETRY_AFTER, "5")
            }
            Error::Unavailable(_) => {
                log::error!("{}", service::chain(&error));
                new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "/problems/unavailable",
                    "Database not available",
                )
                .with_header(RETRY_AFTER, "5")
            }
            Error::Full(_) => {
                log::error!("{}", service::chain(&error));
                new(StatusCode::INSUFFICIENT_STORAGE, "/problems/disk-full", "Disk full")
            }
            Error::Internal(_) => {
                log::error!("{}", service::chain(&error));
                Self::internal()
            }
        }
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
        // Also where this answer takes the place of one that never came, as after a panic.
        trace::dress(response.headers_mut(), &self.request_id);
        response
    }
}
