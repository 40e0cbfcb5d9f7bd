//! Changes of rows in batches: noted by the migration that asks for them, and carried out after it, without the lock for schema changes
//! and each batch in a transaction of its own. How far they are stands in a table next to the history.

mod key;
mod run;

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement};
use serde::Serialize;

pub(crate) use self::run::{finish, hold, in_place};
use crate::{
    error::{Error, Result},
    operation::Operation,
    runtime::history::{Applied, History},
    schema::TableName,
};

/// The table of changes that are not done.
pub const TABLE: &str = "sea_revise_batches";

/// A change of rows that is not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Filling {
    /// The migration that asked for it.
    pub revision: String,
    /// The table.
    pub table: TableName,
    /// How many rows were changed so far.
    pub changed: i64,
    #[serde(skip)]
    pub(crate) step: i64,
    #[serde(skip)]
    pub(crate) rule: Rule,
    /// The last key that was looked at, in SQL.
    #[serde(skip)]
    pub(crate) place: Option<String>,
}

/// What becomes of rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rule {
    /// What stands after `SET`.
    pub set: String,
    /// What stands after `WHERE`; empty for every row.
    pub condition: String,
    /// How many keys are looked at at a time.
    pub size: u32,
}

impl Filling {
    /// Such as ``200 rows of `book` so far``.
    pub(crate) fn words(&self) -> String {
        let rows = crate::operation::describe::counted(self.changed, "row");
        format!("{rows} of `{}` so far, for `{}`", self.table, self.revision)
    }
}

/// Notes changes that a migration asks for, in its own transaction where it has one.
///
/// # Errors
/// When the table cannot be made or written.
pub(crate) async fn note<C: ConnectionTrait>(
    db: &C,
    revision: &str,
    (first, operations): (usize, &[Operation]),
) -> Result<(), DbErr> {
    if operations.is_empty() {
        return Ok(());
    }
    let create = format!(
        "CREATE TABLE IF NOT EXISTS {TABLE} (version varchar(255) NOT NULL, step bigint NOT NULL, table_schema text, \
         table_name text NOT NULL, assignment text NOT NULL, condition text NOT NULL, size bigint NOT NULL, place text, \
         changed bigint NOT NULL, PRIMARY KEY (version, step))"
    );
    db.execute_unprepared(&create).await?;
    let backend = db.get_database_backend();
    // What is there is of a migration that another tool took back: batches begin when the migration is done.
    let forget = format!("DELETE FROM {TABLE} WHERE version = $1 AND step >= $2");
    let first_step = i64::try_from(first).unwrap_or(i64::MAX);
    let values = [revision.into(), first_step.into()];
    db.execute_raw(Statement::from_sql_and_values(backend, forget, values)).await?;
    for (place, operation) in operations.iter().enumerate() {
        let Operation::BackfillInBatches { table, set, condition, size } = operation else {
            continue;
        };
        let step = first_step.saturating_add(i64::try_from(place).unwrap_or(i64::MAX));
        let sql = format!(
            "INSERT INTO {TABLE} (version, step, table_schema, table_name, assignment, condition, size, changed) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, 0)"
        );
        let values = [
            revision.into(),
            step.into(),
            table.schema.clone().into(),
            table.name.clone().into(),
            set.clone().into(),
            condition.clone().into(),
            i64::from(*size).into(),
        ];
        db.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    }
    Ok(())
}

impl History {
    /// The changes in batches that are not done, of migrations that are. Writes nothing.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn fillings<C: ConnectionTrait>(
        &self,
        db: &C,
        applied: &[Applied],
    ) -> Result<Vec<Filling>> {
        if !self.exists(db, TABLE).await? {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT version, step, table_schema, table_name, assignment, condition, size, place, changed FROM {TABLE} \
             ORDER BY version, step"
        );
        let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await;
        let read = rows.and_then(|rows| rows.iter().map(filling).collect::<Result<Vec<_>, _>>());
        let mut fillings = read.map_err(Error::database(format!("cannot read `{TABLE}`")))?;
        let is_done = |revision: &str| {
            applied.iter().any(|one| one.revision == revision && one.applied_at.is_some())
        };
        fillings.retain(|filling| is_done(&filling.revision));
        Ok(fillings)
    }
}

fn filling(row: &QueryResult) -> Result<Filling, DbErr> {
    let size: i64 = row.try_get_by_index(6)?;
    Ok(Filling {
        revision: row.try_get_by_index(0)?,
        step: row.try_get_by_index(1)?,
        table: TableName { schema: row.try_get_by_index(2)?, name: row.try_get_by_index(3)? },
        rule: Rule {
            set: row.try_get_by_index(4)?,
            condition: row.try_get_by_index(5)?,
            size: u32::try_from(size).unwrap_or(u32::MAX),
        },
        place: row.try_get_by_index(7)?,
        changed: row.try_get_by_index(8)?,
    })
}
