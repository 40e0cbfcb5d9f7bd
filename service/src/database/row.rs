//! Rows as entity models, without the driver.

mod decode;
mod queries;

pub use decode::Decode;
pub(crate) use decode::decode;
pub use queries::{FOUND, Queries};

#[cfg(test)]
pub(crate) use super::postgres::row::Numeric;
use super::{postgres::row::FromPostgres, sqlite::row::FromSqlite};

/// A row as a database returns it.
pub trait RowSource {
    /// The value of a column, equal to the driver's; `None` for a value of another type.
    fn get<T: ColumnValue>(&self, place: usize) -> Option<T>;
}

/// A column type that is read without the driver.
pub trait ColumnValue: FromSqlite + FromPostgres {}

impl<T: FromSqlite + FromPostgres> ColumnValue for T {}
