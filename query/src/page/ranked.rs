//! The rows of a page, each with its sort keys.

use futures_util::{TryFutureExt, future::Either};
use sea_executor::{Decode, Reader, Rows};
use sea_orm::{
    DbBackend, EntityTrait, Iterable, ModelTrait, QuerySelect, Select, Value,
    sea_query::{Expr, ExprTrait, Func},
};
use serde_json::{Map, Value as Json};

use super::Asked;
use crate::{error::Result, kind::Kind, resource::Resource, search::RANK, sort::Key};

/// The values of other rows by which a row is sorted, as JSON.
const VALUES: &str = "sorted_by";

/// A row, and what it is sorted by besides its own values.
pub(super) struct Ranked<M> {
    pub(super) row: M,
    more: More,
}

enum More {
    /// Nothing.
    None,
    /// The rank in the search.
    Rank(i32),
    /// The values of other rows, as JSON.
    Values(String),
}

pub(super) fn rows<E: Decode>(
    db: &Reader,
    mut select: Select<E>,
    asked: &Asked<'_, E>,
) -> impl Future<Output = Result<Vec<Ranked<E::Model>>>> {
    let plain = |row| Ranked { row, more: More::None };
    if let Some(rank) = asked.keys.iter().find(|key| key.name == RANK) {
        let rows = db.rows_with(select.expr_as(rank.expr.clone(), RANK));
        let ranked = |(row, rank)| Ranked { row, more: More::Rank(rank) };
        return Either::Left(Either::Left(Box::pin(
            rows.map_ok(move |rows| rows.into_iter().map(ranked).collect()).err_into(),
        )));
    }
    let related: Vec<&Key> = asked.keys.iter().filter(|key| key.relation.is_some()).collect();
    if related.is_empty() {
        return Either::Right(
            db.rows(select).map_ok(move |rows| rows.into_iter().map(plain).collect()).err_into(),
        );
    }
    for relation in &asked.resource.schema().relations {
        if related.iter().any(|key| key.relation == Some(relation.name)) {
            relation.join(QuerySelect::query(&mut select));
        }
    }
    let rows = db.rows_with(select.expr_as(values(&related, db.backend()), VALUES));
    let with_values = |(row, values)| Ranked { row, more: More::Values(values) };
    Either::Left(Either::Right(Box::pin(
        rows.map_ok(move |rows| rows.into_iter().map(with_values).collect()).err_into(),
    )))
}

/// The values of some keys as the text of a JSON object.
fn values(keys: &[&Key], backend: DbBackend) -> Expr {
    let members =
        keys.iter().flat_map(|key| [Expr::Constant(key.name.as_str().into()), key.expr.clone()]);
    match backend {
        DbBackend::Postgres => {
            Expr::from(Func::cust("json_build_object").args(members)).cast_as("text")
        }
        _ => Func::cust("json_object").args(members).into(),
    }
}

/// The value of a row for a key; `None` for a key that no row has.
pub(super) fn value<E: EntityTrait>(
    resource: &Resource<E>,
    row: &Ranked<E::Model>,
    key: &Key,
) -> Option<Value> {
    match &row.more {
        More::Rank(rank) if key.name == RANK => return Some((*rank).into()),
        More::Values(values) if key.relation.is_some() => {
            let mut values: Map<String, Json> = serde_json::from_str(values).ok()?;
            return of_json(key.kind, values.remove(&key.name)?);
        }
        More::None | More::Rank(_) | More::Values(_) => {}
    }
    let column = E::Column::iter().find(|column| resource.name(*column) == key.name)?;
    Some(row.row.get(column))
}

/// A stored value that a database wrote as JSON.
fn of_json(kind: Kind, value: Json) -> Option<Value> {
    match (kind, value) {
        (_, Json::Null) => Some(Value::String(None)),
        (_, Json::String(text)) => kind.stored(&text),
        // SQLite has no truth values.
        (Kind::Boolean, Json::Number(number)) => Some((number.as_i64()? != 0).into()),
        (_, other) => kind.stored(&other.to_string()),
    }
}
