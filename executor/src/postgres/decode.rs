//! Rows of PostgreSQL as what a caller makes of them.

use tokio_postgres::Row;

use crate::row::FromRow;

/// What `R` makes of the rows of a result; `None` if their number of columns or a value does not fit.
pub(super) fn decode<R: FromRow>(rows: &[Row]) -> Option<Vec<R::Output>> {
    if rows.first().is_some_and(|row| row.len() != R::COLUMNS) {
        return None;
    }
    rows.iter().map(R::read).collect()
}
