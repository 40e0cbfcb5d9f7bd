//! `PATCH` and `DELETE` of a collection: every row that the filters of its list find, all of them or none, and only when
//! they are as many as `confirm` says.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload};
use serde::Serialize;
use service::{Changed, Listed, Selection};
use utoipa::ToSchema;

use crate::{
    change::DryRun,
    error::{Kind, Problem},
    etag::IfMatch,
    parameters::parameters,
};

/// What a change of many rows came to.
#[derive(Serialize, ToSchema)]
pub struct ChangedOut {
    /// What happened.
    #[schema(example = "2 of 3 books changed")]
    message: String,
    /// Rows that the filters found.
    #[schema(example = 3)]
    matched: u64,
    /// Those of them that were not so already.
    #[schema(example = 2)]
    changed: u64,
}

/// What a deletion of many rows came to.
#[derive(Serialize, ToSchema)]
pub struct DeletedOut {
    /// What happened.
    #[schema(example = "3 books deleted")]
    message: String,
    /// Rows that are gone; what went with them is not counted.
    #[schema(example = 3)]
    deleted: u64,
}

/// The answer to a change of many rows.
pub fn changed<T: Listed>(dry_run: DryRun, Changed { found, changed }: Changed) -> HttpResponse {
    let rows = noun::<T>(found);
    let message = match changed == found {
        true => format!("{found} {rows} changed"),
        false => format!("{changed} of {found} {rows} changed"),
    };
    let message = dry_run.message(message);
    dry_run.response(HttpResponse::Ok()).json(ChangedOut { message, matched: found, changed })
}

/// The answer to a deletion of many rows.
pub fn deleted<T: Listed>(dry_run: DryRun, deleted: u64) -> HttpResponse {
    let message = dry_run.message(format!("{deleted} {} deleted", noun::<T>(deleted)));
    dry_run.response(HttpResponse::Ok()).json(DeletedOut { message, deleted })
}

/// What so many rows are called.
fn noun<T: Listed>(rows: u64) -> &'static str {
    let (one, many) = T::resource().noun;
    if rows == 1 { one } else { many }
}

/// The rows that a bulk request applies to.
pub struct Many {
    /// Which rows.
    pub selection: Selection,
    /// Whether the request is only tried.
    pub dry_run: DryRun,
}

impl FromRequest for Many {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        // The tag of a list is weak, so `If-Match` could not hold; and a tag of one row says nothing of the others.
        if !IfMatch::of(request).0.is_any() {
            return ready(Err(Problem::new(
                Kind::Stale,
                "If-Match is not supported for bulk requests; use `confirm=<count>`",
            )));
        }
        let many = parameters(request).and_then(|all| {
            let (dry_run, others) = DryRun::of(all)?;
            Ok(Self { selection: Selection::new(others)?, dry_run })
        });
        ready(many.map_err(Problem::from))
    }
}
