//! The rows of a page, each with its sort keys.

use futures_util::{TryFutureExt, future::Either};
use sea_executor::{Decode, Reader, Rows};
use sea_orm::{
    DbErr, EntityTrait, FromQueryResult, Iterable, ModelTrait, QueryResult, QuerySelect, Select,
    Value,
};

use crate::{error::Result, resource::Resource, search::RANK, sort::Key};

/// A row, and its rank in the search.
pub(super) struct Ranked<M> {
    pub(super) row: M,
    rank: i32,
}

impl<M: FromQueryResult> FromQueryResult for Ranked<M> {
    fn from_query_result(result: &QueryResult, prefix: &str) -> std::result::Result<Self, DbErr> {
        let rank = result.try_get(prefix, RANK)?;
        Ok(Self { row: M::from_query_result(result, prefix)?, rank })
    }
}

impl<M> From<(M, i32)> for Ranked<M> {
    fn from((row, rank): (M, i32)) -> Self {
        Self { row, rank }
    }
}

pub(super) fn rows<E: Decode>(
    db: &Reader,
    select: Select<E>,
    keys: &[Key],
) -> impl Future<Output = Result<Vec<Ranked<E::Model>>>> {
    match keys.iter().find(|key| key.name == RANK) {
        Some(rank) => {
            let ranked = select.expr_as(rank.expr.clone(), RANK);
            Either::Left(Box::pin(db.numbered(ranked).err_into()))
        }
        None => {
            Either::Right(db.rows(select).err_into().map_ok(|rows: Vec<_>| {
                rows.into_iter().map(|row| Ranked { row, rank: 0 }).collect()
            }))
        }
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
