//! The rows of a page, each with its sort keys.

use futures_util::{TryFutureExt, future::Either};
use sea_orm::{
    DbErr, FromQueryResult, Iterable, ModelTrait, PrimaryKeyToColumn, QueryResult, QuerySelect,
    Select, Value,
};

use crate::{
    DatabaseError,
    database::{Reader, Rows},
    error::{Error, Result},
    resource::{self, Field, Resource},
    search::RANK,
    sort::Key,
};

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

pub(super) fn rows<E: Resource>(
    db: &Reader,
    select: Select<E>,
    keys: &[Key],
) -> impl Future<Output = Result<Vec<Ranked<E::Model>>, DatabaseError>>
where
    E::Model: FromQueryResult,
{
    match keys.iter().find(|key| key.name == RANK) {
        Some(rank) => {
            let ranked = select.expr_as(rank.expr.clone(), RANK);
            Either::Left(Box::pin(db.numbered(ranked)))
        }
        None => Either::Right(
            db.rows(select)
                .map_ok(|rows| rows.into_iter().map(|row| Ranked { row, rank: 0 }).collect()),
        ),
    }
}

/// The value of a row for a key; `None` for a key that no row has.
pub(super) fn value<E: Resource>(row: &Ranked<E::Model>, key: &Key) -> Option<Value> {
    if key.name == RANK {
        return Some(row.rank.into());
    }
    E::Column::iter().find(|column| E::name(*column) == key.name).map(|column| row.row.get(column))
}

/// The column that makes every order total.
pub(crate) fn id<E: Resource>() -> Result<Field> {
    let column = E::PrimaryKey::iter().next().map(PrimaryKeyToColumn::into_column);
    let field = column.and_then(resource::field::<E>);
    field.ok_or_else(|| Error::internal("an entity without an id cannot be listed"))
}
