//! `GET /api/NOUNS/autocomplete`: what a search that is being typed may become.

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse, Resource,
    dev::Payload,
    guard,
    http::header::CONTENT_TYPE,
    web::{self, Data},
};
use serde::Serialize;
use service::{
    Db, Error, Listed, Listing, Noun, Result,
    query::{MOST_SUGGESTIONS, Suggestion},
};
use utoipa::ToSchema;

use crate::{
    error::Problem,
    etag::IfNoneMatch,
    parameters::{parameters, take_limit},
};

/// Suggestions where none is asked for.
const FEW: u64 = 10;

/// A value that the text is in.
#[derive(Serialize, ToSchema)]
pub struct SuggestionOut {
    /// The column, by which one can filter.
    #[schema(example = "author")]
    column: &'static str,
    /// The value.
    #[schema(example = "Robert C. Martin")]
    value: String,
}

impl From<Suggestion> for SuggestionOut {
    fn from(Suggestion { column, value }: Suggestion) -> Self {
        Self { column, value }
    }
}

/// What is being typed, among which rows.
struct Typed {
    listing: Listing,
    most: u64,
    seen: IfNoneMatch,
}

impl Typed {
    fn of(request: &HttpRequest) -> Result<Self> {
        let (most, others) = take_limit(parameters(request)?, (FEW, MOST_SUGGESTIONS))?;
        Ok(Self { listing: Listing::new(others)?, most, seen: IfNoneMatch::of(request) })
    }
}

impl FromRequest for Typed {
    type Error = Problem;
    type Future = Ready<std::result::Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request).map_err(Problem::from))
    }
}

async fn suggest<T: Noun>(
    db: Data<Db>,
    typed: Typed,
) -> std::result::Result<HttpResponse, Problem> {
    let found = typed.listing.suggestions(db.reader(), T::resource(), typed.most).await;
    let found = found.map_err(Error::from)?.into_iter().map(SuggestionOut::from);
    let body = serde_json::to_vec(&found.collect::<Vec<_>>()).map_err(Error::no_json)?;
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, "application/json"));
    Ok(typed.seen.bytes(response, body))
}

/// Whether there is anything to suggest of a noun.
pub fn is_there<T: Listed>() -> bool {
    !T::resource().suggested.is_empty()
}

/// The address of the suggestions of a noun.
pub fn path<T: Listed>() -> String {
    format!("/api/{}/autocomplete", T::resource().noun.1)
}

/// The handler of the suggestions of a noun.
pub fn handlers<T: Noun + 'static>() -> Option<Resource> {
    is_there::<T>().then(|| web::resource(path::<T>()).guard(guard::Get()).to(suggest::<T>))
}
