//! The response to a POST that creates rows: made once, and stored as text with the key of a request that may be repeated.

use actix_web::{
    HttpResponse,
    http::header::{CONTENT_TYPE, ETAG, LOCATION},
};
use serde::{Deserialize, Serialize};
use service::{
    Check, Checked, Db, Error, Noun, Result, Tx, check_all,
    idempotency::{self, Key},
};

use crate::{
    change::{DryRun, named},
    error::Problem,
    etag,
    extract::{CreateBody, OneOrMany},
    projection::Representation,
};

/// Rows that were added, as they are shown.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Created {
    /// Where the row is, and its tag; several rows have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<(String, String)>,
    body: String,
}

/// Adds what was sent in one transaction, all of it or nothing, and answers 201.
///
/// # Errors
/// For input that breaks a rule, with its place where it is one of several; and any database error.
pub async fn add<T>(db: &Db, body: CreateBody<T::New>) -> std::result::Result<HttpResponse, Problem>
where
    T: Noun<New: Send + Sync + 'static> + Representation,
{
    let (inputs, mode) = checked(body)?;
    answer(db, mode, async move |tx: &Tx| stored::<T>(tx, &inputs).await).await
}

/// The same for rows that belong to the row `id` of another noun.
///
/// # Errors
/// As [`add`], and [`Error::NotFound`] when there is no such row.
pub async fn add_below<P, T>(
    db: &Db,
    id: i32,
    body: CreateBody<T::New>,
) -> std::result::Result<HttpResponse, Problem>
where
    P: Noun,
    T: Noun<New: Send + Sync + 'static> + Representation,
{
    let (inputs, mode) = checked(body)?;
    let work = async move |tx: &Tx| {
        P::find(tx, id).await?;
        stored::<T>(tx, &inputs).await
    };
    answer(db, mode, work).await
}

/// Input that passed its rules.
enum Inputs<N> {
    One(Checked<N>),
    Many(Vec<Checked<N>>),
}

/// The key of a request, and whether it is only tried.
type Mode = (Option<Key>, DryRun);

fn checked<N: Check>(body: CreateBody<N>) -> Result<(Inputs<N>, Mode)> {
    let CreateBody { input, key, dry_run } = body;
    let inputs = match input {
        OneOrMany::One(one) => Inputs::One(one.check()?),
        OneOrMany::Many(many) => Inputs::Many(check_all(many)?),
    };
    Ok((inputs, (key, dry_run)))
}

async fn stored<T: Noun + Representation>(tx: &Tx, inputs: &Inputs<T::New>) -> Result<Created> {
    match inputs {
        Inputs::One(one) => {
            let row = T::create(tx, one).await?;
            let location = format!("/api/{}/{}", T::resource().noun.1, row.row_version().id);
            Ok(Created { at: Some((location, etag::of(&row))), body: json(&row)? })
        }
        Inputs::Many(many) => {
            let rows = T::create_all(tx, many).await?;
            let bodies: Vec<String> = rows.iter().map(json).collect::<Result<_>>()?;
            Ok(Created { at: None, body: format!("[{}]", bodies.join(",")) })
        }
    }
}

async fn answer(
    db: &Db,
    (key, dry_run): Mode,
    work: impl AsyncFn(&Tx) -> Result<Created> + Send + Sync + 'static,
) -> std::result::Result<HttpResponse, Problem> {
    // Nothing is stored under the key of a dry run, either.
    let created = match dry_run.is_dry() {
        true => dry_run.write(db, work).await?,
        false => named(db, idempotency::write_once(db, key, work).await).await?,
    };
    let mut response = dry_run.response(HttpResponse::Created());
    if let Some((location, tag)) = created.at.filter(|_| !dry_run.is_dry()) {
        response.insert_header((LOCATION, location)).insert_header((ETAG, tag));
    }
    Ok(response.insert_header((CONTENT_TYPE, "application/json")).body(created.body))
}

fn json<T: Representation>(row: &T) -> Result<String> {
    serde_json::to_string(&T::Out::from(row)).map_err(Error::no_json)
}
