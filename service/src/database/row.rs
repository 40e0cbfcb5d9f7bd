//! Rows as the models of entities, without the driver.

mod decode;
mod queries;

pub use decode::Decode;
pub(crate) use decode::decode;
pub use queries::{FOUND, Queries};

#[cfg(test)]
pub(crate) use super::postgres::row::Numeric;
use super::{postgres::row::FromPostgres, sqlite::row::FromSqlite};

/// A row as a database gives it.
pub trait RowSource {
    /// The value of a column as the driver would make it; `None` for one that is something else.
    fn get<T: ColumnValue>(&self, place: usize) -> Option<T>;
}

/// A type of columns that is read without the driver.
pub trait ColumnValue: FromSqlite + FromPostgres {}

impl<T: FromSqlite + FromPostgres> ColumnValue for T {}
