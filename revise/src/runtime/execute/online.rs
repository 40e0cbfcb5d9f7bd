//! Steps of a migration without a transaction on PostgreSQL, in the forms that do not block readers and writers for long.

use sea_orm::{
    ConnectionTrait, DatabaseExecutor, DatabaseTransaction, DbBackend, DbErr, Statement,
    TransactionTrait,
};

use super::{run, schema_of, stop_at_rows};
use crate::{
    operation::Operation,
    postgres::{Made, Online, online},
    runtime::{context::ExecutionContext, history::Steps},
    schema::{Index, Schema, TableName, quote},
};

/// The name that a constraint has for the moment in which it is compared.
const TEMPORARY: &str = "sea_revise_compared";

/// Carries an operation out in statements that are committed one by one, the last with the note that the step is done, and answers
/// whether it did: most operations have no such form.
///
/// # Errors
/// When rows are in the way, or a statement fails.
pub(super) async fn carried_out(
    db: &DatabaseExecutor<'_>,
    operation: &Operation,
    (steps, step): (&Steps, usize),
    context: &ExecutionContext,
) -> Result<bool, DbErr> {
    let only = std::slice::from_ref(operation);
    let before = schema_of(db, only).await?;
    let (Some(online), Some(table)) = (online(&before, operation), operation.table()) else {
        return Ok(false);
    };
    stop_at_rows(db, &before, only).await?;
    let state = match &online.made {
        _ if !steps.is_resumed_at(step) => None,
        Made::Index(index) if !may_be(&before, table, index) => None,
        Made::Index(index) => whole(db, table, &index.name, context).await?,
        Made::Constraint => validity(db, table, &online).await?,
    };
    let Online { add, validate, last, .. } = online;
    let add = state.is_none().then_some(add);
    let validate = validate.filter(|_| state != Some(true));
    let first: Vec<String> = add.into_iter().chain(validate).collect();
    run(db, &first, |sql| context.observe(sql)).await?;
    let transaction = begin(db).await?;
    run(&transaction, &last, |sql| context.observe(sql)).await?;
    steps.note(&transaction, step).await?;
    transaction.commit().await?;
    Ok(true)
}

async fn begin(db: &DatabaseExecutor<'_>) -> Result<DatabaseTransaction, DbErr> {
    #[expect(clippy::disallowed_methods, reason = "a step and its record are one transaction")]
    db.begin().await
}

/// Whether what is there under the name of an index may be what a process that was killed left of it. Expressions are not compared: the
/// catalog spells them in its own way.
fn may_be(before: &Schema, table: &TableName, wanted: &Index) -> bool {
    let Some(table) = before.table(table) else { return true };
    let found = table.indexes.iter().find(|index| index.name == wanted.name);
    found.is_some_and(|found| {
        found.unique == wanted.unique
            && found.columns.len() == wanted.columns.len()
            && found.column_names().eq(wanted.column_names())
    })
}

/// Whether a concurrent index was left whole by a process that was killed before it could note it. One that is invalid is dropped.
async fn whole(
    db: &DatabaseExecutor<'_>,
    table: &TableName,
    index: &str,
    context: &ExecutionContext,
) -> Result<Option<bool>, DbErr> {
    let sql = "SELECT i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
               WHERE c.relname = $1 AND i.indrelid = $2::regclass";
    let values = [index.into(), table.quoted().into()];
    let found =
        db.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
    let is_valid = found.map(|row| row.try_get_by_index::<bool>(0)).transpose()?;
    if is_valid == Some(false) {
        let name = TableName { schema: table.schema.clone(), name: index.to_owned() };
        let sql = format!("DROP INDEX CONCURRENTLY {}", name.quoted());
        context.observe(&sql);
        db.execute_unprepared(&sql).await?;
    }
    Ok(is_valid.filter(|valid| *valid))
}

/// Whether a constraint that a killed process left holds for all rows; `None` where it left none, or another one bears the name. For the
/// comparison it is made once more, in a transaction that is rolled back.
async fn validity(
    db: &DatabaseExecutor<'_>,
    table: &TableName,
    online: &Online,
) -> Result<Option<bool>, DbErr> {
    let ask = |sql: &str, names: &[&str]| {
        let names = names.iter().map(|name| (*name).into());
        let values = std::iter::once(table.quoted().into()).chain(names);
        Statement::from_sql_and_values(DbBackend::Postgres, sql, values)
    };
    let sql =
        "SELECT convalidated FROM pg_constraint WHERE conrelid = $1::regclass AND conname = $2";
    let Some(found) = db.query_one_raw(ask(sql, &[&online.name])).await? else { return Ok(None) };
    let is_valid: bool = found.try_get_by_index(0)?;
    let transaction = begin(db).await?;
    let (of, name) = (table.quoted(), quote(&online.name));
    let rename = format!("ALTER TABLE {of} RENAME CONSTRAINT {name} TO {TEMPORARY}");
    transaction.execute_unprepared(&rename).await?;
    transaction.execute_unprepared(&online.add).await?;
    let sql = "SELECT count(DISTINCT replace(pg_get_constraintdef(oid), ' NOT VALID', '')) = 1 \
               FROM pg_constraint WHERE conrelid = $1::regclass AND conname IN ($2, $3)";
    let same = transaction.query_one_raw(ask(sql, &[&online.name, TEMPORARY])).await?;
    transaction.rollback().await?;
    let is_same = same.map(|row| row.try_get_by_index::<bool>(0)).transpose()? == Some(true);
    Ok(is_same.then_some(is_valid))
}
