//! The rows of a page, each with its sort keys.

use futures_util::{TryFutureExt, future::Either};
use sea_executor::{Decode, Reader, Rows};
use sea_orm::{EntityTrait, Iterable, ModelTrait, QuerySelect, Select, Value};

use crate::{error::Result, resource::Resource, search::RANK, sort::Key};

/// A row, and its rank in the search.
pub(super) struct Ranked<M> {
    pub(super) row: M,
    rank: i32,
}

pub(super) fn rows<E: Decode>(
    db: &Reader,
    select: Select<E>,
    keys: &[Key],
) -> impl Future<Output = Result<Vec<Ranked<E::Model>>>> {
    let ranked = |(row, rank)| Ranked { row, rank };
    match keys.iter().find(|key| key.name == RANK) {
        Some(rank) => {
            let rows = db.numbered(select.expr_as(rank.expr.clone(), RANK));
            Either::Left(Box::pin(
                rows.map_ok(move |rows| rows.into_iter().map(ranked).collect()).err_into(),
            ))
        }
        None => Either::Right(
            db.rows(select)
                .map_ok(move |rows| rows.into_iter().map(|row| ranked((row, 0))).collect())
                .err_into(),
        ),
    }
}

/// The value of a row for a key; `None` for a key that no row has.
pub(super) fn value<E: EntityTrait>(
    resource: &Resource<E>,
    row: &Ranked<E::Model>,
    key: &Key,
) -> Option<Value> {
    if key.name == RANK {
        return Some(row.rank.into());
    }
    let column = E::Column::iter().find(|column| resource.name(*column) == key.name)?;
    Some(row.row.get(column))
}
