//! The parameters of a query, and how single ones are taken out of them.

use actix_web::{HttpRequest, web::Query};
use service::{Error, Result};

/// Names and values, in their order.
pub type Parameters = Vec<(String, String)>;

/// The parameters of a request.
///
/// # Errors
/// For a query that is not UTF-8 after unescaping.
pub fn parameters(request: &HttpRequest) -> Result<Parameters> {
    let read = Query::<Parameters>::from_query(request.query_string());
    read.map(Query::into_inner)
        .map_err(|error| Error::parameter("query", format!("the query cannot be read: {error}")))
}

/// Takes one out: its value if it is there, and the other parameters.
///
/// # Errors
/// If it appears twice.
pub fn take(parameters: Parameters, name: &str) -> Result<(Option<String>, Parameters)> {
    let (mut own, others): (Parameters, _) =
        parameters.into_iter().partition(|(other, _)| other == name);
    match own.len() {
        0 | 1 => Ok((own.pop().map(|(_, value)| value), others)),
        _ => Err(Error::twice(name)),
    }
}

/// Takes out one that is `true` or `false`, and false where it is absent.
///
/// # Errors
/// For another value, or if it appears twice.
pub fn take_flag(parameters: Parameters, name: &str) -> Result<(bool, Parameters)> {
    let (value, others) = take(parameters, name)?;
    match value.as_deref() {
        Some("true") => Ok((true, others)),
        None | Some("false") => Ok((false, others)),
        Some(other) => {
            let shown = service::shortened(other, 40);
            Err(Error::parameter(name, format!("{name} `{shown}` is neither true nor false")))
        }
    }
}

/// Takes out the `limit` of what is no list of rows, which is `default` where it is absent.
///
/// # Errors
/// For a number that is not between 1 and `most`, or if it appears twice.
pub fn take_limit(
    parameters: Parameters,
    (default, most): (u64, u64),
) -> Result<(u64, Parameters)> {
    let (written, others) = take(parameters, "limit")?;
    let Some(written) = written else { return Ok((default, others)) };
    match written.parse() {
        Ok(limit) if (1..=most).contains(&limit) => Ok((limit, others)),
        _ => {
            let shown = service::shortened(&written, 30);
            Err(Error::parameter("limit", format!("limit `{shown}` is not between 1 and {most}")))
        }
    }
}
