//! Rows for proofs: a few in every table, so that going up and down again has something to lose.
//!
//! The rows are odd on purpose: one has quotes and letters of other alphabets, one has NULL wherever it may, one has
//! the longest texts. They are made of the schema alone. A table that takes none of them stays empty.

mod order;
mod row;
mod rule;
mod value;

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

pub(crate) use self::rule::{UniqueRule, coming};
use crate::schema::{Schema, Table, TableName, quote};

/// So many rows every table gets, if it takes them.
const ROWS: usize = 3;
/// So many ways of making a row are tried.
const VARIANTS: usize = 4;

/// Puts rows into every table, parents first, and answers how many each of them took.
///
/// Foreign keys point at rows that are there. Columns that the database numbers or computes are left to it. Where a
/// check refuses a row, others are tried, made of the values that the check itself names. On PostgreSQL each row is
/// written after a savepoint, so that a refused one does not end the transaction.
///
/// # Errors
/// When the connection fails. A refused row is no error.
pub async fn seed(
    db: &impl ConnectionTrait,
    schema: &Schema,
) -> Result<BTreeMap<TableName, u64>, DbErr> {
    seed_under(db, schema, &[]).await
}

/// As [`seed`], with rows that do not repeat what these rules forbid, which are not there yet.
pub(crate) async fn seed_under(
    db: &impl ConnectionTrait,
    schema: &Schema,
    rules: &[UniqueRule],
) -> Result<BTreeMap<TableName, u64>, DbErr> {
    let held = rule::hold(db, schema, rules).await?;
    let counts = seed_all(db, schema).await?;
    rule::release(db, &held).await?;
    Ok(counts)
}

async fn seed_all(
    db: &impl ConnectionTrait,
    schema: &Schema,
) -> Result<BTreeMap<TableName, u64>, DbErr> {
    let mut counts: BTreeMap<TableName, u64> = BTreeMap::new();
    for table in order::parents_first(schema) {
        let mut taken = 0;
        for number in 0..ROWS {
            let mut insert = row::Insert {
                backend: db.get_database_backend(),
                schema,
                table,
                counts: &counts,
                number,
                taken,
                variant: 0,
            };
            while insert.variant < VARIANTS {
                if is_taken(db, &insert.sql()).await? {
                    taken += 1;
                    break;
                }
                insert.variant += 1;
            }
        }
        counts.insert(table.name.clone(), taken);
    }
    Ok(counts)
}

/// Writes a row, and says whether the database took it.
async fn is_taken(db: &impl ConnectionTrait, insert: &str) -> Result<bool, DbErr> {
    Ok(attempted(db, insert).await?.is_some_and(|rows| rows > 0))
}

/// Runs a statement, and answers how many rows it wrote; nothing where the database refused it.
async fn attempted(db: &impl ConnectionTrait, sql: &str) -> Result<Option<u64>, DbErr> {
    // There is no savepoint outside of a transaction, and no need of one.
    let guarded = db.get_database_backend() == DbBackend::Postgres
        && db.execute_unprepared("SAVEPOINT sea_revise_seed").await.is_ok();
    let done = match db.execute_unprepared(sql).await {
        Ok(done) => Some(done.rows_affected()),
        Err(DbErr::Conn(error)) => return Err(DbErr::Conn(error)),
        Err(_) => None,
    };
    if guarded {
        if done.is_none() {
            db.execute_unprepared("ROLLBACK TO SAVEPOINT sea_revise_seed").await?;
        }
        db.execute_unprepared("RELEASE SAVEPOINT sea_revise_seed").await?;
    }
    Ok(done)
}

/// The rows of a table as sorted texts, to compare what was there before with what is there now. Bytes are in
/// hexadecimal digits.
///
/// # Errors
/// When the table cannot be read, such as for a column that it does not have.
pub async fn fingerprint(
    db: &impl ConnectionTrait,
    table: &TableName,
    columns: &[String],
) -> Result<Vec<Vec<Option<String>>>, DbErr> {
    let backend = db.get_database_backend();
    let mut texts: Vec<String> =
        columns.iter().map(|column| text(&quote(column), backend)).collect();
    // A SELECT without columns is one that SQLite does not know.
    texts.push("NULL".to_owned());
    let sql = format!("SELECT {} FROM {}", texts.join(", "), table.quoted());
    let found = db.query_all_raw(Statement::from_string(backend, sql)).await?;
    let mut rows = Vec::with_capacity(found.len());
    for row in &found {
        let texts = (0..columns.len()).map(|place| row.try_get_by_index(place));
        rows.push(texts.collect::<Result<Vec<Option<String>>, DbErr>>()?);
    }
    rows.sort();
    Ok(rows)
}

/// A value as text. SQLite would call bytes a text that need not be one. PostgreSQL refuses a statement that it has prepared when
/// the collation of what it answers has changed since, so it is always the same one.
fn text(column: &str, backend: DbBackend) -> String {
    match backend {
        DbBackend::Sqlite => format!(
            "CASE typeof({column}) WHEN 'blob' THEN hex({column}) ELSE CAST({column} AS TEXT) END"
        ),
        _ => format!("CAST({column} AS text) COLLATE \"C\""),
    }
}

/// The columns of a table that a row names; the database fills in the others.
fn written_columns(table: &Table) -> impl Iterator<Item = &crate::schema::Column> {
    table.columns.iter().filter(|column| column.generated.is_none())
}
