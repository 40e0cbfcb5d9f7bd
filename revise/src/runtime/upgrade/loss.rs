//! Rows and values that operations would delete or change, counted in the database at hand.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DbErr, Statement};

use super::{choose::Direction, options::UpgradeOptions};
use crate::{
    check::precondition,
    error::{Error, Result},
    operation::{Operation, describe::counted},
    runtime::{
        execute::{database_names, schema_of},
        replay::ReplayedMigration,
        session::Session,
    },
    schema::{Schema, Table, quote},
};

/// What would be lost, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// Rows and values that would be deleted.
    deleted: Vec<String>,
    /// Rows with a value that would become another one.
    changed: Vec<String>,
}

impl Losses {
    pub fn is_empty(&self) -> bool {
        self.deleted.is_empty() && self.changed.is_empty()
    }

    /// Such as `deletes 1 row of …, and changes values: …`.
    pub fn words(&self) -> String {
        let deleted = format!("deletes {}", self.deleted.join(", "));
        let changed = format!("changes values: {}", self.changed.join(", "));
        match (self.deleted.is_empty(), self.changed.is_empty()) {
            (_, true) => deleted,
            (true, false) => changed,
            (false, false) => format!("{deleted}, and {changed}"),
        }
    }
}

/// What the chosen migrations would delete or change.
///
/// # Errors
/// When the database does not answer.
pub async fn find(
    session: &Session,
    replayed: &[ReplayedMigration],
    chosen: &[String],
) -> Result<Losses> {
    let meant = chosen
        .iter()
        .filter_map(|name| replayed.iter().find(|replayed| replayed.revision == *name));
    let backend = session.backend();
    let operations: Vec<Operation> =
        meant.flat_map(|replayed| database_names(&replayed.operations, backend)).collect();
    let deleted = deleted(session, &operations).await?;
    let cannot = Error::database("cannot count what would be changed");
    let changed = changed_values(&session.db, &operations).await.map_err(cannot)?;
    Ok(Losses { deleted, changed })
}

/// The rows whose values casts would change, in sentences.
///
/// # Errors
/// When the database does not answer.
pub async fn changed_values<C: ConnectionTrait>(
    db: &C,
    operations: &[Operation],
) -> Result<Vec<String>, DbErr> {
    let casts =
        |operation: &Operation| matches!(operation, Operation::AlterType { using: None, .. });
    if !operations.iter().any(casts) {
        return Ok(Vec::new());
    }
    let before = schema_of(db, operations).await?;
    let asked = precondition::losses(&before, operations, db.get_database_backend());
    precondition::unmet(db, &asked).await
}

/// The rows and values that would be deleted.
async fn deleted(session: &Session, operations: &[Operation]) -> Result<Vec<String>> {
    let mut losses = Vec::new();
    for operation in operations {
        let (sql, what, place) = match operation {
            Operation::DropTable { table, .. } => {
                (format!("SELECT count(*) FROM {}", table.quoted()), "row", table.to_string())
            }
            Operation::DropColumn { table, column, .. }
            | Operation::SetGenerated { table, column, generated: Some(_), .. } => (
                format!("SELECT count({}) FROM {}", quote(column), table.quoted()),
                "value",
                format!("{table}.{column}"),
            ),
            _ => continue,
        };
        // A table that an earlier one of these migrations creates is not there yet, and has no rows.
        match count(session, operation, sql).await {
            Ok(0) => {}
            Ok(rows) => {
                let loss = format!("{} of `{place}`", counted(rows, what));
                if !losses.contains(&loss) {
                    losses.push(loss);
                }
            }
            Err(error) => return Err(Error::database("cannot count what would be lost")(error)),
        }
    }
    Ok(losses)
}

/// What one schema has and another has not any more. A table that has another name and the same columns was renamed.
pub fn gone(before: &Schema, after: &Schema) -> Vec<Operation> {
    let columns = |table: &Table| {
        table.columns.iter().map(|column| column.name.clone()).collect::<BTreeSet<_>>()
    };
    let new = || after.tables.iter().filter(|(name, _)| !before.tables.contains_key(name));
    let mut gone = Vec::new();
    for (table, old) in &before.tables {
        let Some(rest) = after.tables.get(table) else {
            if !new().any(|(_, new)| columns(new) == columns(old)) {
                gone.push(Operation::DropTable { table: table.clone(), before: None });
            }
            continue;
        };
        gone.extend(columns(old).difference(&columns(rest)).map(|column| Operation::DropColumn {
            table: table.clone(),
            column: column.clone(),
            before: None,
        }));
    }
    gone
}

async fn count(session: &Session, operation: &Operation, sql: String) -> Result<i64, DbErr> {
    let Some(table) = operation.table() else { return Ok(0) };
    let exists = match session.backend() {
        sea_orm::DbBackend::Sqlite => {
            "SELECT count(*) FROM sqlite_schema s LEFT JOIN pragma_table_info(s.name) c ON c.name = $2 \
             WHERE s.name = $1 AND ($2 = '' OR c.name IS NOT NULL)"
        }
        _ => {
            "SELECT count(*) FROM pg_class t LEFT JOIN pg_attribute c ON c.attrelid = t.oid AND c.attname = $2 AND c.attgenerated = '' \
             WHERE t.oid = to_regclass($1) AND ($2 = '' OR c.attname IS NOT NULL)"
        }
    };
    let column = match operation {
        Operation::DropColumn { column, .. } | Operation::SetGenerated { column, .. } => {
            column.clone()
        }
        _ => String::new(),
    };
    let name = match session.backend() {
        sea_orm::DbBackend::Sqlite => table.name.clone(),
        _ => table.quoted(),
    };
    let there =
        Statement::from_sql_and_values(session.backend(), exists, [name.into(), column.into()]);
    if one(session, there).await? == 0 {
        return Ok(0);
    }
    one(session, Statement::from_string(session.backend(), sql)).await
}

async fn one(session: &Session, statement: Statement) -> Result<i64, DbErr> {
    let row = session.db.query_one_raw(statement).await?;
    row.map_or(Ok(0), |row| row.try_get_by_index(0))
}

/// Goes on only with consent.
///
/// # Errors
/// [`Error::NeedsAnswer`] without.
pub fn agree(losses: &Losses, options: &UpgradeOptions, direction: Direction) -> Result<()> {
    if losses.is_empty() || options.allow_data_loss {
        return Ok(());
    }
    let way = direction.verb();
    let question = format!("this {way} {}", losses.words());
    match &options.confirm {
        Some(confirm) if confirm(&format!("{question}. Go on?")) => Ok(()),
        _ => Err(Error::NeedsAnswer(format!(
            "{question}; nothing was changed. Say `--allow-data-loss` when that is meant"
        ))),
    }
}
