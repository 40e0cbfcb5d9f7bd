//! Changes of rows: the version that one is based on, and whether it is stored or only tried (`dry_run=true`).
//!
//! A dry run is the whole change, with all that the database checks, in a transaction of its own that is rolled back. Its response is
//! that of the change, with the status 200 and without `Location` and `ETag`: the row is not there.

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder,
    dev::Payload,
    http::header::{ETAG, HeaderName},
};
use serde::Serialize;
use service::{Db, Error, Listed, Noun, Precondition, Result, Tx};
use utoipa::ToSchema;

use crate::{
    error::Problem,
    etag::{self, IfMatch},
    parameters::{Parameters, parameters, take_flag},
    projection::Representation,
};

/// The parameter that asks for a dry run.
pub const DRY_RUN: &str = "dry_run";
/// The header of the response to one.
const DRY_RUN_HEADER: HeaderName = HeaderName::from_static("dry-run");

/// Whether a change is only tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DryRun(bool);

/// A change of one row.
pub struct Change {
    /// The version that it is based on.
    pub precondition: Precondition,
    /// Whether it is only tried.
    pub dry_run: DryRun,
}

/// The response of a request that has nothing else to return.
#[derive(Serialize, ToSchema)]
pub struct Message {
    /// What happened.
    #[schema(example = "Book deleted")]
    message: String,
}

impl DryRun {
    /// From the parameters of a query; also returns the other parameters.
    ///
    /// # Errors
    /// For another value than `true` and `false`, or a second one.
    pub fn of(given: Parameters) -> Result<(Self, Parameters)> {
        let (is_dry, others) = take_flag(given, DRY_RUN)?;
        Ok((Self(is_dry), others))
    }

    /// Of a request that has no other parameter: one that is meant for another request, such as `confirm`, would otherwise be passed
    /// over, and the change be made.
    ///
    /// # Errors
    /// With the first other parameter, and as [`of`](Self::of).
    pub fn of_request(request: &HttpRequest) -> Result<Self> {
        let (dry_run, others) = Self::of(parameters(request)?)?;
        let Some((name, _)) = others.first() else { return Ok(dry_run) };
        let shown = service::shortened(name, 40);
        let method = request.method();
        let detail = format!(
            "there is no parameter `{shown}`: a {method} of this path has only `{DRY_RUN}`"
        );
        Err(Error::parameter(&shown, detail))
    }

    /// Whether it is one.
    pub fn is_dry(self) -> bool {
        self.0
    }

    /// Runs `work` in one transaction, which is rolled back in a dry run.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub async fn write<T, F>(self, db: &Db, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: AsyncFn(&Tx) -> Result<T> + Send + 'static,
    {
        let written = if self.0 { db.dry_run(work).await } else { db.write(work).await };
        named(db, written).await
    }

    /// The same for a change of many rows.
    ///
    /// # Errors
    /// As [`Db::write_many`].
    pub async fn write_many<T, F>(self, db: &Db, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: AsyncFn(&Tx) -> Result<T> + Send + 'static,
    {
        let written = if self.0 { db.dry_run(work).await } else { db.write_many(work).await };
        named(db, written).await
    }

    /// A response, which says so if nothing was stored.
    pub fn response(self, mut response: HttpResponseBuilder) -> HttpResponseBuilder {
        if self.0 {
            response.status(actix_web::http::StatusCode::OK);
            response.insert_header((DRY_RUN_HEADER, "true"));
        }
        response
    }

    /// A row as it is now, or would be.
    pub fn row<T: Noun + Representation>(
        self,
        mut response: HttpResponseBuilder,
        row: &T,
    ) -> HttpResponse {
        if !self.0 {
            response.insert_header((ETAG, etag::of(row)));
        }
        self.response(response).json(T::Out::from(row))
    }

    /// The response to the deletion of a row.
    pub fn deleted<T: Listed>(self) -> HttpResponse {
        let mut letters = T::resource().noun.0.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        let noun: String = first.into_iter().chain(letters).collect();
        let message = self.message(format!("{noun} deleted"));
        self.response(HttpResponse::Ok()).json(Message { message })
    }

    /// What happened, or would happen.
    pub fn message(self, message: String) -> String {
        if self.0 { format!("{message} (dry run: nothing was stored)") } else { message }
    }
}

/// Names the row that a unique value belongs to, when the change was refused for it.
///
/// # Errors
/// That of the change.
pub async fn named<T>(db: &Db, written: Result<T>) -> Result<T> {
    match written {
        Err(error) => Err(error.with_owner(db).await),
        written => written,
    }
}

impl FromRequest for DryRun {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of_request(request).map_err(Problem::from))
    }
}

impl FromRequest for Change {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let IfMatch(precondition) = IfMatch::of(request);
        let dry_run = DryRun::of_request(request).map_err(Problem::from);
        ready(dry_run.map(|dry_run| Self { precondition, dry_run }))
    }
}
