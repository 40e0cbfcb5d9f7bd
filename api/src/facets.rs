//! `GET /api/NOUNS/facets`: how many rows of a list have which values, by the filters of its address, or of a body as of a query.

use std::{
    future::{Future, Ready, ready},
    pin::Pin,
};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse, Resource,
    dev::Payload,
    guard,
    http::header::CONTENT_TYPE,
    web::{self, Data},
};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use service::{
    Db, Error, Listed, Listing, Noun, given,
    query::{MOST_FACET_VALUES, Tally},
    whole_or_null,
};
use utoipa::{
    PartialSchema,
    openapi::{Object, RefOr, Schema},
};

use crate::{
    error::Problem,
    etag::IfNoneMatch,
    extract,
    list::QUERY,
    parameters::{Parameters, parameters, take_limit},
    query::{LONGEST_BODY, Names},
};

/// The body of a query of facets.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    #[serde(default, deserialize_with = "given")]
    facet: Option<Names>,
    #[serde(default, deserialize_with = "given")]
    filter: Option<Box<RawValue>>,
    #[serde(default, deserialize_with = "given")]
    q: Option<String>,
    #[serde(default, deserialize_with = "whole_or_null")]
    limit: Option<i32>,
}

impl PartialSchema for Query {
    fn schema() -> RefOr<Schema> {
        RefOr::T(Object::new().into())
    }
}

/// A value, and how many rows have it.
#[derive(Serialize)]
struct TallyOut {
    value: serde_json::Value,
    count: u64,
}

/// What is to be counted.
struct Facets {
    listing: Listing,
    names: Vec<String>,
    most: u64,
    seen: IfNoneMatch,
}

/// The same, from a body.
struct QueriedFacets(Facets);

impl Facets {
    fn of(parameters: Parameters) -> service::Result<Self> {
        let bounds = (MOST_FACET_VALUES, MOST_FACET_VALUES);
        let (most, others) = take_limit(parameters, bounds)?;
        let (facets, others): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|(name, _)| name == "facet");
        let names = facets.iter().flat_map(|(_, names)| names.split(','));
        let names = names.filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Ok(Self { listing: Listing::new(others)?, names, most, seen: IfNoneMatch::default() })
    }

    async fn answer<T: Noun>(self, db: &Db) -> Result<HttpResponse, Problem> {
        let asked = (self.names.as_slice(), self.most);
        let found = self.listing.facets(db.reader(), T::resource(), asked).await;
        let out = |(value, count): Tally| TallyOut { value, count };
        let found: IndexMap<&str, Vec<TallyOut>> = found
            .map_err(Error::from)?
            .into_iter()
            .map(|(name, tallies)| (name, tallies.into_iter().map(out).collect()))
            .collect();
        let mut response = HttpResponse::Ok();
        response.insert_header((CONTENT_TYPE, "application/json"));
        Ok(self.seen.bytes(response, serde_json::to_vec(&found).map_err(Error::no_json)?))
    }
}

impl FromRequest for Facets {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let facets = parameters(request).and_then(Self::of);
        let seen = IfNoneMatch::of(request);
        ready(facets.map(|facets| Self { seen, ..facets }).map_err(Problem::from))
    }
}

impl FromRequest for QueriedFacets {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = extract::json::<Query>(request, payload, LONGEST_BODY);
        let request = request.clone();
        Box::pin(async move {
            let Query { facet, filter, q, limit } = body.await?;
            if let Some((name, _)) = parameters(&request)?.first() {
                return Err(Error::parameter(name, format!("{name} belongs in the body")).into());
            }
            let parameters = [
                ("facet", facet.map(Names::joined)),
                ("q", q),
                ("limit", limit.map(|limit| limit.to_string())),
            ];
            let given = parameters.into_iter();
            let given = given.filter_map(|(name, value)| Some((name.to_owned(), value?)));
            let mut facets = Facets::of(given.collect())?;
            if let Some(filter) = filter {
                facets.listing = facets.listing.filtered(filter.get());
            }
            Ok(Self(facets))
        })
    }
}

async fn count<T: Noun>(db: Data<Db>, facets: Facets) -> Result<HttpResponse, Problem> {
    facets.answer::<T>(&db).await
}

async fn query<T: Noun>(
    db: Data<Db>,
    QueriedFacets(facets): QueriedFacets,
) -> Result<HttpResponse, Problem> {
    facets.answer::<T>(&db).await
}

/// The address of the facets of a noun.
pub fn path<T: Listed>() -> String {
    format!("/api/{}/facets", T::resource().noun.1)
}

/// The handlers of the facets of a noun, if it has any.
pub fn handlers<T: Noun + 'static>() -> Vec<Resource> {
    if T::resource().facets.is_empty() {
        return Vec::new();
    }
    let query_method = guard::fn_guard(|request| request.head().method.as_str() == QUERY);
    vec![
        web::resource(path::<T>()).guard(guard::Get()).to(count::<T>),
        web::resource(path::<T>()).guard(query_method).to(query::<T>),
        web::resource(format!("{}/query", path::<T>())).guard(guard::Post()).to(query::<T>),
    ]
}
