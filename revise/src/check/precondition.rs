//! What has to hold in a database before a plan may change it: each precondition counts the rows that are in the way.
//!
//! All of them look at the database as it is before the first operation. A table is therefore read through a subquery
//! that gives its columns the names that they have in the plan by then. What cannot be known before the plan has run is
//! left to the database: columns that the plan adds, values that an expression computes, and every table that
//! raw SQL names.

mod cast;
mod check;
mod definition;
pub mod fit;
mod key;
mod loss;
pub mod origin;
mod source;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use crate::{operation::Operation, schema::Schema};

/// Something that has to hold in the database before a plan may change it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Precondition {
    /// A SELECT that answers how many rows are in the way.
    pub count: String,
    /// A SELECT that answers the keys of up to five of them, as one column of text.
    pub sample: String,
    /// What stands before the keys, such as `id `; empty where a key names its columns itself.
    pub key: String,
    /// The table by the name that it has in the database.
    pub table: String,
    /// What is wrong with several rows, beginning with the verb: ``have NULL in `name` ``.
    pub problem: String,
    /// The resolution.
    pub hint: String,
}

impl Precondition {
    /// Such as ``3 rows of `u` have NULL in `name`, such as id 4, 7, 9; give them a value``.
    #[must_use]
    pub fn message(&self, count: u64, samples: &[String]) -> String {
        let rows = if count == 1 { "row" } else { "rows" };
        let problem = match self.problem.split_once(' ') {
            Some(("have", rest)) if count == 1 => format!("has {rest}"),
            Some((verb, rest)) if count == 1 => format!("{verb}s {rest}"),
            _ => self.problem.clone(),
        };
        let samples = match samples {
            [] => String::new(),
            samples => format!(", such as {}{}", self.key, samples.join(", ")),
        };
        format!("{count} {rows} of `{}` {problem}{samples}; {}", self.table, self.hint)
    }
}

/// What has to hold in a database with the schema `before`, so that the operations cannot fail on its rows or spoil
/// them. Nothing is asked of tables that the plan creates.
#[must_use]
pub fn preconditions(
    before: &Schema,
    operations: &[Operation],
    backend: DbBackend,
) -> Vec<Precondition> {
    check::Checker::new(before, backend).check(operations)
}

/// The rows with a value that becomes another one, because the new type of its column has no room for all of it: they are no
/// reason to stop, and one to ask. The schema is that of the database at hand.
#[must_use]
pub fn losses(before: &Schema, operations: &[Operation], backend: DbBackend) -> Vec<Precondition> {
    loss::losses(before, operations, backend)
}

/// The messages of the preconditions that are not met, with the number of rows and some of their keys.
///
/// # Errors
/// When a question cannot be asked, such as for a check constraint that calls an unknown function. Inside of a
/// transaction of PostgreSQL nothing else can be asked then.
pub async fn unmet(
    db: &impl ConnectionTrait,
    preconditions: &[Precondition],
) -> Result<Vec<String>, DbErr> {
    let mut messages = Vec::new();
    for precondition in preconditions {
        let count = ask(db, &precondition.count).await?;
        let count: i64 = match count.first() {
            Some(row) => row.try_get_by_index(0)?,
            None => 0,
        };
        let count = u64::try_from(count).unwrap_or_default();
        if count == 0 {
            continue;
        }
        let rows = ask(db, &precondition.sample).await?;
        let samples: Result<Vec<String>, DbErr> =
            rows.iter().map(|row| row.try_get_by_index(0)).collect();
        messages.push(precondition.message(count, &samples?));
    }
    Ok(messages)
}

async fn ask(db: &impl ConnectionTrait, sql: &str) -> Result<Vec<sea_orm::QueryResult>, DbErr> {
    db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await
}
