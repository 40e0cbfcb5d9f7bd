//! A shadow inside of a database: a schema in a transaction that is rolled back, or temporary tables. Its `search_path` never holds a
//! schema that has tables.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicU32, Ordering},
};

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, Statement};

use super::survey::Survey;
use crate::{
    error::{Error, Result},
    postgres::SchemaScope,
    runtime::execute::execute,
    schema::{quote, quote_text},
};

/// The functions of extensions in some schemas, as statements that make functions of the same names that call them.
const CALLERS: &str = include_str!("callers.sql");

/// The schemas of a shadow, and where it looks for names.
pub(super) struct Inside {
    pub scope: SchemaScope,
    pub path: Vec<String>,
}

/// Makes room for a shadow in a transaction. In a scratch database, `named`, other schemas have their own names.
///
/// # Errors
/// When the role may neither create a schema nor temporary tables.
pub(super) async fn make(
    transaction: &DatabaseTransaction,
    survey: &Survey,
    schemas: &BTreeSet<String>,
    named: bool,
) -> Result<Inside> {
    let cannot = || Error::database("cannot make a shadow schema");
    let mut extensions = survey.extension_schemas();
    let walled = |name: &String| !named && survey.walled.contains(name);
    if survey.may_create {
        let scope = in_schemas(transaction, survey, schemas, named).await.map_err(cannot())?;
        let mut path = vec![scope.own.clone()];
        let hidden: Vec<String> = extensions.iter().filter(|name| walled(name)).cloned().collect();
        if !hidden.is_empty() {
            let callers = format!("{}_functions", scope.own);
            call(transaction, &callers, &hidden).await.map_err(cannot())?;
            path.push(callers);
        }
        extensions.retain(|name| !walled(name));
        path.extend(extensions);
        return Ok(Inside { scope, path });
    }
    if !survey.may_temp {
        return Err(Error::Stopped(
            "this role may neither create a schema nor temporary tables in the database, and one of both is needed to \
             see what the migrations do; GRANT TEMP ON DATABASE … TO it, or name a scratch database with --shadow-url"
                .to_owned(),
        ));
    }
    if let Some(schema) = schemas.first() {
        return Err(Error::Stopped(format!(
            "this role may not create schemas, which the tables of the schema `{schema}` need; GRANT CREATE ON DATABASE \
             … TO it, or name a scratch database with --shadow-url"
        )));
    }
    let scope = in_temporary(transaction).await.map_err(cannot())?;
    extensions.retain(|name| !walled(name));
    let path = [scope.own.clone()].into_iter().chain(extensions).collect();
    Ok(Inside { scope, path })
}

async fn in_schemas(
    transaction: &DatabaseTransaction,
    survey: &Survey,
    schemas: &BTreeSet<String>,
    named: bool,
) -> Result<SchemaScope, DbErr> {
    // Others may do this at the same time; the names are gone after the rollback, and until then they must not meet. A server has
    // one session with the number of this one's process.
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let own = format!("sea_revise_{}_{count}", survey.process);
    execute(transaction, &format!("CREATE SCHEMA {}", quote(&own))).await?;
    let mut others = BTreeMap::new();
    for (number, schema) in schemas.iter().enumerate() {
        if named {
            others.insert(schema.clone(), schema.clone());
            continue;
        }
        let actual = format!("{own}_{number}");
        execute(transaction, &format!("CREATE SCHEMA {}", quote(&actual))).await?;
        others.insert(actual, schema.clone());
    }
    Ok(SchemaScope { own, others })
}

async fn in_temporary(transaction: &DatabaseTransaction) -> Result<SchemaScope, DbErr> {
    // The schema of temporary tables exists from the first one on.
    execute(transaction, "CREATE TEMPORARY TABLE sea_revise_first ()").await?;
    execute(transaction, "DROP TABLE sea_revise_first").await?;
    let sql = "SELECT nspname::text FROM pg_namespace WHERE oid = pg_my_temp_schema()";
    let row = transaction.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    let own = row.map_or(Ok(String::new()), |row| row.try_get_by_index(0))?;
    Ok(SchemaScope { own, others: BTreeMap::new() })
}

/// Makes functions in `schema` that call those of extensions in schemas that the shadow may not look into. Types and operators
/// cannot be called, so a history that needs them is refused.
async fn call(
    transaction: &DatabaseTransaction,
    schema: &str,
    hidden: &[String],
) -> Result<(), DbErr> {
    execute(transaction, &format!("CREATE SCHEMA {}", quote(schema))).await?;
    let names: Vec<String> = hidden.iter().map(|name| quote_text(name)).collect();
    let values = [schema.into()];
    let sql = CALLERS.replace("{schemas}", &names.join(", "));
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
    let rows = transaction.query_all_raw(statement).await?;
    let callers = rows.iter().map(|row| row.try_get_by_index::<String>(0));
    let callers: Vec<String> = callers.collect::<Result<_, _>>()?;
    if callers.is_empty() {
        return Ok(());
    }
    // Without them only a history fails that calls one.
    execute(transaction, "SAVEPOINT sea_revise_callers").await?;
    if execute(transaction, &callers.join(";\n")).await.is_err() {
        execute(transaction, "ROLLBACK TO SAVEPOINT sea_revise_callers").await?;
    }
    execute(transaction, "RELEASE SAVEPOINT sea_revise_callers").await
}
