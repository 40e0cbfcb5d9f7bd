//! Rows as the models of entities, without the driver.

mod queries;
mod readable;

pub use queries::{FOUND, Queries};
pub use readable::Readable;
#[cfg(test)]
pub(crate) use readable::readable;

#[cfg(test)]
pub(crate) use super::postgres::row::Numeric;
use super::{postgres::row::FromPostgres, sqlite::row::FromSqlite};

/// A row as a database gives it.
pub trait Stored {
    /// The value of a column as the driver would make it; `None` for one that is something else.
    fn get<T: Plain>(&self, place: usize) -> Option<T>;
}

/// A type of columns that is read without the driver.
pub trait Plain: FromSqlite + FromPostgres {}

impl<T: FromSqlite + FromPostgres> Plain for T {}
