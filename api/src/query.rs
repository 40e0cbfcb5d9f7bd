//! `POST /api/NOUNS/query`, and `QUERY` of `/api/NOUNS`: a list whose parameters are a JSON body, with filters that nest.

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    dev::{HttpServiceFactory, Payload},
    guard, web,
    web::Data,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use service::{Db, Error, Listed, Noun, whole_or_null};
use utoipa::{
    PartialSchema,
    openapi::{Object, RefOr, Schema},
};

use crate::{
    error::Problem,
    extract,
    list::{List, QUERY},
    parameters::parameters,
    projection::{HIGHLIGHT, Representation},
};

/// The longest body. A filter that is read takes some thirty times its text, while conditions are made of it.
pub const LONGEST_BODY: usize = 512 << 10;
/// The parameters that an address may have, as links to other pages do; they replace those of the body. Everything else is in the
/// body.
const OF_ADDRESS: [&str; 2] = ["cursor", "offset"];

/// The body.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    filter: Option<Box<RawValue>>,
    q: Option<String>,
    sort: Option<Names>,
    fields: Option<Names>,
    include: Option<Names>,
    highlight: Option<bool>,
    #[serde(default, deserialize_with = "whole_or_null")]
    limit: Option<i32>,
    cursor: Option<String>,
    #[serde(default, deserialize_with = "whole_or_null")]
    offset: Option<i32>,
    count: Option<String>,
}

/// What a query may have is written out in [`filters`](crate::openapi).
impl PartialSchema for Query {
    fn schema() -> RefOr<Schema> {
        RefOr::T(Object::new().into())
    }
}

/// Names, with commas in between or in an array.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a string or an array of strings")]
pub enum Names {
    /// With commas.
    Joined(String),
    /// In an array.
    Each(Vec<String>),
}

impl Names {
    /// With commas in between.
    pub fn joined(self) -> String {
        match self {
            Self::Joined(names) => names,
            Self::Each(names) => names.join(","),
        }
    }
}

impl Query {
    /// What an address would say, and the filter.
    fn parts(self) -> (Vec<(String, String)>, Option<Box<RawValue>>) {
        let Self { filter, q, sort, fields, include, highlight, limit, cursor, offset, count } =
            self;
        let parameters = [
            ("q", q),
            ("sort", sort.map(Names::joined)),
            ("fields", fields.map(Names::joined)),
            ("include", include.map(Names::joined)),
            (HIGHLIGHT, highlight.map(|highlight| highlight.to_string())),
            ("limit", limit.map(|limit| limit.to_string())),
            ("cursor", cursor),
            ("offset", offset.map(|offset| offset.to_string())),
            ("count", count),
        ];
        let given = parameters.into_iter();
        let given = given.filter_map(|(name, value)| Some((name.to_owned(), value?)));
        (given.collect(), filter)
    }
}

/// The list that a body asks for.
struct QueriedList(List);

impl FromRequest for QueriedList {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = extract::json::<Query>(request, payload, LONGEST_BODY);
        let request = request.clone();
        Box::pin(async move {
            let body = body.await?;
            let address = parameters(&request)?;
            if let Some((name, _)) = address.iter().find(|(name, _)| !OF_ADDRESS.contains(&&**name))
            {
                let detail =
                    format!("{name} belongs in the body; the address takes a cursor or an offset");
                return Err(Error::parameter(name, detail).into());
            }
            let (mut parameters, filter) = body.parts();
            // A link leads to another page than the body asks for.
            if !address.is_empty() {
                parameters.retain(|(name, _)| !OF_ADDRESS.contains(&name.as_str()));
            }
            Ok(Self(List::queried(&request, address, parameters, filter)?))
        })
    }
}

async fn query<T: Noun + Representation>(
    db: Data<Db>,
    QueriedList(list): QueriedList,
) -> Result<HttpResponse, Problem> {
    list.answer(db, async |db, listing| T::list(db.reader(), listing).await).await
}

/// The address of the queries of a noun.
pub fn path<T: Listed>() -> String {
    format!("/api/{}/query", T::resource().noun.1)
}

/// The handlers of the queries of a noun.
pub fn handlers<T: Noun + Representation>() -> [impl HttpServiceFactory + use<T>; 2] {
    let query_method = guard::fn_guard(|request| request.head().method.as_str() == QUERY);
    [
        web::resource(path::<T>()).guard(guard::Post()).to(query::<T>),
        web::resource(format!("/api/{}", T::resource().noun.1)).guard(query_method).to(query::<T>),
    ]
}
