//! The values that a column's new type cannot keep.

mod postgres;
mod sqlite;

use sea_orm::DbBackend;

use crate::{operation::describe::spell, schema::Type};

/// Values that do not fit.
#[derive(Debug, PartialEq, Eq)]
pub struct Unfit {
    /// Finds them among the values that are not NULL.
    pub condition: String,
    /// What is wrong with them.
    pub problem: String,
}

/// The values of a column that a cast to another type loses or fails on; `None` where there can be none, or where only
/// the cast itself can tell. `values` are those of the enum type where the new type is one.
pub fn unfit(
    column: &str,
    from: &Type,
    to: &Type,
    values: Option<&[&str]>,
    backend: DbBackend,
) -> Option<Unfit> {
    if from == to {
        return None;
    }
    match backend {
        DbBackend::Sqlite => sqlite::unfit(column, from, to),
        _ => postgres::unfit(column, from, to, values),
    }
}

fn cannot_hold(column: &str, to: &Type) -> String {
    format!("have a value in `{column}` that {} cannot hold", spell(to))
}
