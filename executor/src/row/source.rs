//! A row as a database returns it.

use sea_orm::{QueryResult, TryGetable};

use crate::{postgres::row::FromPostgres, sqlite::row::FromSqlite};

/// A row as a database returns it.
pub trait RowSource {
    /// The value of a column, equal to the driver's; `None` for a value of another type.
    fn get<T: ColumnValue>(&self, place: usize) -> Option<T>;
}

/// A column type that is read with and without the driver.
pub trait ColumnValue: FromSqlite + FromPostgres + TryGetable {}

impl<T: FromSqlite + FromPostgres + TryGetable> ColumnValue for T {}

impl RowSource for rusqlite::Row<'_> {
    fn get<T: ColumnValue>(&self, place: usize) -> Option<T> {
        T::from_sqlite(self.get_ref(place).ok()?)
    }
}

impl RowSource for tokio_postgres::Row {
    fn get<T: ColumnValue>(&self, place: usize) -> Option<T> {
        T::from_postgres(self.try_get(place).ok()?)
    }
}

impl RowSource for QueryResult {
    fn get<T: ColumnValue>(&self, place: usize) -> Option<T> {
        self.try_get_by_index(place).ok()
    }
}
