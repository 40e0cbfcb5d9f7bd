//! The answer to a POST that adds rows: made once, and kept as a text where the request may be repeated.

use actix_web::{
    HttpResponse,
    http::header::{CONTENT_TYPE, ETAG, LOCATION},
};
use serde::{Deserialize, Serialize};
use service::{Check, Checked, Db, Error, Result, Tx, check_all, idempotency};

use crate::{
    error::Problem,
    extract::{CreateBody, OneOrMany},
};

/// Rows that were added, as they are shown.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Created {
    /// Where the row is, and its tag; several rows have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<(String, String)>,
    body: String,
}

/// A row on its way out: its address, its tag and its JSON text.
pub struct CreatedRow {
    /// Where it is.
    pub location: String,
    /// Its tag.
    pub tag: String,
    /// Its JSON text.
    pub body: String,
}

impl CreatedRow {
    /// Of a row.
    ///
    /// # Errors
    /// Never in practice: what is stored has a JSON text.
    pub fn new(location: String, tag: String, out: &impl Serialize) -> Result<Self> {
        let body = serde_json::to_string(out).map_err(Error::no_json)?;
        Ok(Self { location, tag, body })
    }
}

/// Adds what was sent in one transaction, all of it or nothing, and answers 201.
///
/// # Errors
/// For input that breaks a rule, with its place where it is one of several; and what `add` returns.
pub async fn add<T, F>(
    db: &Db,
    body: CreateBody<T>,
    add: F,
) -> std::result::Result<HttpResponse, Problem>
where
    T: Check + Send + Sync + 'static,
    F: AsyncFn(&Tx, &Checked<T>) -> Result<CreatedRow> + Send + 'static,
{
    let CreateBody { input, key } = body;
    let (inputs, single) = match input {
        OneOrMany::One(one) => (vec![one.check()?], true),
        OneOrMany::Many(many) => (check_all(many)?, false),
    };
    let work = async move |tx: &Tx| {
        if let (true, [one]) = (single, inputs.as_slice()) {
            let CreatedRow { location, tag, body } = add(tx, one).await?;
            return Ok(Created { at: Some((location, tag)), body });
        }
        let mut bodies = Vec::with_capacity(inputs.len());
        for (place, input) in inputs.iter().enumerate() {
            let shown = add(tx, input).await.map_err(|error| error.of_element(place))?;
            bodies.push(shown.body);
        }
        Ok(Created { at: None, body: format!("[{}]", bodies.join(",")) })
    };
    let created = idempotency::write_once(db, key, work).await?;
    let mut response = HttpResponse::Created();
    if let Some((location, tag)) = created.at {
        response.insert_header((LOCATION, location)).insert_header((ETAG, tag));
    }
    Ok(response.insert_header((CONTENT_TYPE, "application/json")).body(created.body))
}
