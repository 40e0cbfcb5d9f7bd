//! The values that a column's new type cannot keep.

mod change;
mod postgres;
mod sqlite;

use sea_orm::DbBackend;

use crate::{operation::describe::spell, schema::Type, sqlite::meaning};

/// Values that do not fit.
#[derive(Debug, PartialEq, Eq)]
pub struct Unfit {
    /// Finds them among the values that are not NULL.
    pub condition: String,
    /// What is wrong with them.
    pub problem: String,
}

/// A column whose values are cast to another type.
pub struct Cast<'a> {
    pub column: &'a str,
    pub from: &'a Type,
    pub to: &'a Type,
}

impl Cast<'_> {
    /// The values that the cast loses or fails on; `None` where there can be none, or where only the cast itself can tell.
    /// `values` are those of the enum type where the new type is one.
    pub fn unfit(&self, values: Option<&[&str]>, backend: DbBackend) -> Option<Unfit> {
        let Self { column, from, to } = self;
        if from == to {
            return None;
        }
        match backend {
            DbBackend::Sqlite => sqlite::unfit(column, &meaning(from), &meaning(to)),
            _ => postgres::unfit(column, from, to, values),
        }
    }

    /// The values that fit once they are changed: rounded, or without the time of a day. A condition on the values that are not
    /// NULL; `None` where the cast changes none.
    pub fn changed(&self, backend: DbBackend) -> Option<String> {
        let Self { column, from, to } = self;
        match backend {
            DbBackend::Sqlite => change::on_sqlite(column, &meaning(from), &meaning(to)),
            _ => change::on_postgres(column, from, to),
        }
    }
}

fn cannot_hold(column: &str, to: &Type) -> String {
    format!("have a value in `{column}` that {} cannot hold", spell(to))
}
