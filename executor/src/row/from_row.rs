//! What becomes of the rows of a result.

use std::{any::type_name, marker::PhantomData};

use super::{
    decode::Decode,
    source::{ColumnValue, RowSource},
};
use crate::error::Error;

/// What becomes of each row of a result.
pub trait FromRow {
    /// What it becomes.
    type Output: Send + 'static;

    /// The number of columns of the result.
    const COLUMNS: usize;

    /// `None` if a value does not fit.
    fn read(row: &impl RowSource) -> Option<Self::Output>;

    /// The same, with an error.
    ///
    /// # Errors
    /// [`Error::Internal`] if a value does not fit.
    fn fit(row: &impl RowSource) -> Result<Self::Output, Error> {
        Self::read(row).ok_or_else(Self::misfit)
    }

    /// The error for a row that does not fit.
    fn misfit() -> Error {
        let expected = type_name::<Self::Output>();
        Error::internal(format!("a row has a value that does not fit {expected}"))
    }
}

/// The model of an entity.
pub struct Models<E>(PhantomData<E>);

/// The model of an entity, and the value of one more column.
pub struct With<E, T>(PhantomData<(E, T)>);

/// An id.
pub struct Ids;

/// An integer.
pub struct Integers;

/// A text.
pub struct Texts;

/// A text or NULL, and how many rows have it.
pub struct Tallies;

impl<E: Decode> FromRow for Models<E> {
    type Output = E::Model;

    const COLUMNS: usize = E::COLUMNS;

    fn read(row: &impl RowSource) -> Option<E::Model> {
        E::read(row)
    }
}

impl<E: Decode, T: ColumnValue + Send + 'static> FromRow for With<E, T> {
    type Output = (E::Model, T);

    const COLUMNS: usize = E::COLUMNS + 1;

    fn read(row: &impl RowSource) -> Option<(E::Model, T)> {
        E::read(row).zip(row.get(E::COLUMNS))
    }
}

impl FromRow for Ids {
    type Output = i32;

    const COLUMNS: usize = 1;

    fn read(row: &impl RowSource) -> Option<i32> {
        row.get(0)
    }
}

impl FromRow for Integers {
    type Output = i64;

    const COLUMNS: usize = 1;

    fn read(row: &impl RowSource) -> Option<i64> {
        // PostgreSQL has two integer types.
        row.get(0).or_else(|| row.get::<i32>(0).map(i64::from))
    }
}

impl FromRow for Tallies {
    type Output = (Option<String>, i64);

    const COLUMNS: usize = 2;

    fn read(row: &impl RowSource) -> Option<(Option<String>, i64)> {
        row.get(0).zip(row.get(1))
    }
}

impl FromRow for Texts {
    type Output = Option<String>;

    const COLUMNS: usize = 1;

    fn read(row: &impl RowSource) -> Option<Option<String>> {
        row.get(0)
    }
}
