//! What was applied: SeaORM's own table of versions, and a second table with who did it, how long it took and which plan.
//!
//! A project that leaves this crate drops `sea_revise_history` and loses nothing else.

use std::time::{SystemTime, UNIX_EPOCH};

use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, QueryResult, Schema as Creator, Statement, Value,
    sea_query::{Alias, TableCreateStatement},
};
use sea_orm_migration::seaql_migrations;
use serde::Serialize;

use crate::{
    error::{Error, Result, clear, is_lock_timeout, is_permission_denied},
    runtime::{batches, seeding},
    schema::{Schema, TableName, quote},
};

/// The table next to SeaORM's.
pub const TABLE: &str = "sea_revise_history";

/// The engine's tables.
const SIDE_TABLES: [&str; 3] = [TABLE, batches::TABLE, seeding::TABLE];

/// The history of one database.
#[derive(Clone, Debug)]
pub(crate) struct History {
    /// SeaORM's table of versions.
    pub table: String,
}

/// A migration that was applied, or was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Applied {
    /// Its name.
    pub revision: String,
    /// When, in seconds since 1970; `None` while it is not done.
    pub applied_at: Option<i64>,
    /// What this crate noted; a migration that SeaORM's own migrator applied has none.
    pub record: Option<Record>,
}

/// What is noted about a migration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Record {
    /// The checksum of its plan.
    pub checksum: Option<String>,
    /// Whether it is done, or in which direction it was going.
    pub state: State,
    /// How many operations are done of a migration without a transaction.
    pub steps: usize,
    /// Who applied it: user and host.
    pub actor: String,
    /// How long it took.
    pub duration_ms: i64,
}

impl Record {
    /// That of a migration that is noted as done.
    pub(crate) fn applied(checksum: Option<String>) -> Self {
        Self { checksum, state: State::Applied, steps: 0, actor: actor(), duration_ms: 0 }
    }
}

/// How far a migration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum State {
    /// Done.
    Applied,
    /// Begun without a transaction, and not done.
    Upgrading,
    /// Begun to be reverted without a transaction, and not done.
    Downgrading,
}

impl State {
    /// How the table says it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Upgrading => "upgrading",
            Self::Downgrading => "downgrading",
        }
    }

    fn read(word: &str) -> Option<Self> {
        [Self::Applied, Self::Upgrading, Self::Downgrading]
            .into_iter()
            .find(|state| state.word() == word)
    }
}

impl History {
    /// Whether a table is the engine's, SeaORM's, or that of a tool that copies SQLite files.
    pub fn is_own(&self, table: &TableName) -> bool {
        let known = table.name == self.table || SIDE_TABLES.contains(&table.name.as_str());
        table.schema.is_none() && (known || table.name.starts_with("_litestream_"))
    }

    /// The names of the engine's tables and SeaORM's.
    pub fn names(&self) -> Vec<TableName> {
        let names = [self.table.as_str()].into_iter().chain(SIDE_TABLES);
        names.map(Into::into).collect()
    }

    /// Takes the own tables out of a schema.
    pub fn without_own(&self, mut schema: Schema) -> Schema {
        schema.tables.retain(|name, _| !self.is_own(name));
        schema
    }

    /// What was applied and begun, in the order of the names. Writes nothing; a database without the tables has none.
    ///
    /// # Errors
    /// [`Error::History`] when a table of that name is there and is not what it should be.
    pub async fn applied<C: ConnectionTrait>(&self, db: &C) -> Result<Vec<Applied>> {
        let mut applied = Vec::new();
        if self.exists(db, &self.table).await? {
            applied = self.versions(db).await?;
        }
        if self.exists(db, TABLE).await? {
            let sql = format!(
                "SELECT version, checksum, state, steps, actor, duration_ms FROM {TABLE} ORDER BY version"
            );
            let rows = query(db, &sql, Vec::new()).await;
            let rows = rows.and_then(|rows| rows.iter().map(record).collect::<Result<Vec<_>, _>>());
            for (revision, record) in rows.map_err(unreadable(TABLE, "what this program wrote"))? {
                match applied.iter_mut().find(|known| known.revision == revision) {
                    Some(known) => known.record = Some(record),
                    // A record of a version that SeaORM's own migrator reverted is only old.
                    None if record.state == State::Applied => {}
                    None => {
                        applied.push(Applied { revision, applied_at: None, record: Some(record) })
                    }
                }
            }
            applied.sort_by(|a, b| a.revision.cmp(&b.revision));
        }
        Ok(applied)
    }

    /// What SeaORM's table says.
    async fn versions<C: ConnectionTrait>(&self, db: &C) -> Result<Vec<Applied>> {
        let sql =
            format!("SELECT version, applied_at FROM {} ORDER BY version", quote(&self.table));
        let rows = query(db, &sql, Vec::new()).await;
        let rows = rows.and_then(|rows| rows.iter().map(version).collect::<Result<Vec<_>, _>>());
        let applied =
            rows.map_err(unreadable(&self.table, "the columns `version` and `applied_at`"))?;
        let mut pairs = applied.iter().zip(applied.iter().skip(1));
        if let Some((twice, _)) = pairs.find(|(one, next)| one.revision == next.revision) {
            return Err(Error::History(format!(
                "`{}` stands in `{}` twice; delete one of the rows, and let `version` be the primary key again",
                twice.revision, self.table
            )));
        }
        Ok(applied)
    }

    pub(super) async fn exists<C: ConnectionTrait>(&self, db: &C, table: &str) -> Result<bool> {
        let sql = match db.get_database_backend() {
            DbBackend::Sqlite => {
                "SELECT type FROM sqlite_schema WHERE type IN ('table', 'view') AND name = $1"
            }
            _ => {
                "SELECT CASE WHEN relkind IN ('r', 'p') THEN 'table' ELSE 'view' END FROM pg_class WHERE relname = $1 \
                 AND relkind IN ('r', 'p', 'v', 'm', 'f') AND relnamespace = \
                 (SELECT oid FROM pg_namespace WHERE nspname = current_schema())"
            }
        };
        let found = query(db, sql, vec![table.into()]).await;
        let found = found.map_err(Error::database("cannot read the history"))?;
        let kind = found.first().map(|row| row.try_get_by_index::<String>(0)).transpose();
        match kind.map_err(Error::database("cannot read the history"))?.as_deref() {
            None => Ok(false),
            Some("table") => Ok(true),
            Some(kind) => Err(Error::History(format!(
                "`{table}` is a {kind} and should be the table of the history; restore that from a backup"
            ))),
        }
    }

    /// Creates the tables where they are missing.
    pub async fn install<C: ConnectionTrait>(&self, db: &C) -> Result<(), DbErr> {
        for sql in self.tables(db.get_database_backend()) {
            db.execute_unprepared(&sql).await?;
        }
        Ok(())
    }

    /// The statements that create the tables where they are missing.
    pub fn tables(&self, backend: DbBackend) -> [String; 2] {
        let creator = Creator::new(backend);
        let mut versions: TableCreateStatement =
            creator.create_table_from_entity(seaql_migrations::Entity);
        let versions = backend.build(versions.table(Alias::new(&self.table)).if_not_exists());
        let own = format!(
            "CREATE TABLE IF NOT EXISTS {TABLE} (version varchar(255) NOT NULL PRIMARY KEY, checksum varchar(64), \
             state varchar(20) NOT NULL, steps bigint NOT NULL, actor text NOT NULL, duration_ms bigint NOT NULL)"
        );
        [versions.to_string(), own]
    }

    /// Notes a migration as it is now.
    pub async fn write<C: ConnectionTrait>(
        &self,
        db: &C,
        revision: &str,
        record: &Record,
    ) -> Result<(), DbErr> {
        let sql = format!(
            "INSERT INTO {TABLE} (version, checksum, state, steps, actor, duration_ms) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (version) DO UPDATE SET checksum = excluded.checksum, \
             state = excluded.state, steps = excluded.steps, actor = excluded.actor, duration_ms = excluded.duration_ms"
        );
        let values = vec![
            revision.into(),
            record.checksum.clone().into(),
            record.state.word().into(),
            count(record.steps).into(),
            record.actor.clone().into(),
            record.duration_ms.into(),
        ];
        change(db, &sql, values).await
    }

    /// Adds a version to SeaORM's table.
    pub async fn add_version<C: ConnectionTrait>(
        &self,
        db: &C,
        revision: &str,
    ) -> Result<(), DbErr> {
        let sql =
            format!("INSERT INTO {} (version, applied_at) VALUES ($1, $2)", quote(&self.table));
        change(db, &sql, vec![revision.into(), seconds().into()]).await
    }

    /// Takes a version out of the tables.
    pub async fn forget<C: ConnectionTrait>(&self, db: &C, revision: &str) -> Result<(), DbErr> {
        let mut tables = vec![quote(&self.table), TABLE.to_owned()];
        if self.exists(db, batches::TABLE).await? {
            tables.push(batches::TABLE.to_owned());
        }
        for table in tables {
            let sql = format!("DELETE FROM {table} WHERE version = $1");
            change(db, &sql, vec![revision.into()]).await?;
        }
        Ok(())
    }
}

/// Where a migration without a transaction notes how far it is.
pub(crate) struct Steps {
    /// The migration.
    pub revision: String,
    /// How many operations were done when it began this time.
    pub done: usize,
    /// Whether it was begun before.
    pub resumed: bool,
}

impl Steps {
    /// Whether a step may have been begun before.
    pub fn is_resumed_at(&self, step: usize) -> bool {
        self.resumed && step == self.done + 1
    }

    /// Notes that so many operations are done.
    pub async fn note<C: ConnectionTrait>(&self, db: &C, done: usize) -> Result<(), DbErr> {
        let sql = format!("UPDATE {TABLE} SET steps = $1 WHERE version = $2");
        change(db, &sql, vec![count(done).into(), self.revision.clone().into()]).await
    }
}

/// Who this is: user and host, as far as the environment says.
pub(crate) fn actor() -> String {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let user =
        variable("USER").or_else(|| variable("USERNAME")).unwrap_or_else(|| "unknown".to_owned());
    let host = std::fs::read_to_string("/etc/hostname").map(|name| name.trim().to_owned()).ok();
    match host.filter(|host| !host.is_empty()).or_else(|| variable("HOSTNAME")) {
        Some(host) => format!("{user}@{host}"),
        None => user,
    }
}

fn seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The error of a table that cannot be read as a history. `columns` are those that it should have.
fn unreadable(table: &str, columns: &'static str) -> impl FnOnce(DbErr) -> Error {
    let table = table.to_owned();
    move |error| {
        if is_permission_denied(&error) {
            let why = clear(&error);
            return Error::Stopped(format!(
                "this role may not read `{table}`; GRANT SELECT ON it: {why}"
            ));
        }
        if is_lock_timeout(&error) {
            return Error::database(format!("cannot read `{table}`"))(error);
        }
        let error = clear(&error);
        Error::History(format!(
            "the table `{table}` cannot be read as a history ({error}); it should have {columns}, so restore it from a backup, \
             or move it away and run `stamp`"
        ))
    }
}

fn version(row: &QueryResult) -> Result<Applied, DbErr> {
    let revision = row.try_get_by_index(0)?;
    Ok(Applied { revision, applied_at: Some(row.try_get_by_index(1)?), record: None })
}

fn record(row: &QueryResult) -> Result<(String, Record), DbErr> {
    let state: String = row.try_get_by_index(2)?;
    let steps: i64 = row.try_get_by_index(3)?;
    let record = Record {
        checksum: row.try_get_by_index(1)?,
        state: State::read(&state)
            .ok_or_else(|| DbErr::Custom(format!("unknown state `{state}`")))?,
        steps: usize::try_from(steps).unwrap_or_default(),
        actor: row.try_get_by_index(4)?,
        duration_ms: row.try_get_by_index(5)?,
    };
    Ok((row.try_get_by_index(0)?, record))
}

async fn query<C: ConnectionTrait>(
    db: &C,
    sql: &str,
    values: Vec<Value>,
) -> Result<Vec<QueryResult>, DbErr> {
    db.query_all_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await
}

async fn change<C: ConnectionTrait>(db: &C, sql: &str, values: Vec<Value>) -> Result<(), DbErr> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    db.execute_raw(statement).await.map(drop)
}
