//! Reads. Short reads need no separate thread or connection: those of a SQLite file run on the calling thread, those of
//! PostgreSQL on shared connections. The others wait in a queue of bounded length, for a thread that reads the SQLite file or
//! for a connection of the pool.

use std::{
    future::{Future, ready},
    sync::Arc,
};

use futures_util::future::Either;
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult,
    FromQueryResult, PrimaryKeyTrait, QueryResult, QueryTrait, Select, Statement, StatementBuilder,
    prelude::async_trait::async_trait,
};

use super::{
    gate::{Gate, Purpose},
    postgres::{HealthCheck, shared_reader::SharedReader},
    row::{Decode, RowSource},
    rows::{Rows, ids, integers, misfit},
    sqlite::{inline_reader::InlineReader, read_threads::ReadThreads},
};
use crate::{error::Result, extensions::Extensions};

type DbResult<T> = std::result::Result<T, DbErr>;

/// How often a read is retried after its connection was lost. A server that ends its sessions does not end them all at once.
const ATTEMPTS: u32 = 4;

/// A read handle. Clones share it.
#[derive(Clone)]
pub struct Reader {
    pool: Pool,
    file: Option<Arc<FileReader>>,
    shared: Option<Arc<SharedReader>>,
    searches: bool,
    extensions: Extensions,
}

/// Reads of a SQLite file.
pub(crate) struct FileReader {
    pub(crate) inline: Arc<InlineReader>,
    pub(crate) threads: ReadThreads,
}

/// The pool, and the queue for it.
#[derive(Clone)]
struct Pool {
    connection: DatabaseConnection,
    gate: Arc<Gate>,
    health: Option<Arc<HealthCheck>>,
    purpose: Purpose,
}

impl Reader {
    /// `health` decides when connections of the pool are checked; `gate` is the queue for it.
    pub(crate) fn new(
        (pool, gate): (DatabaseConnection, Arc<Gate>),
        file: Option<FileReader>,
        shared: Option<SharedReader>,
        (health, extensions): (Option<Arc<HealthCheck>>, Extensions),
    ) -> Self {
        let pool = Pool { connection: pool, gate, health, purpose: Purpose::Request };
        let (file, shared) = (file.map(Arc::new), shared.map(Arc::new));
        Self { pool, file, shared, searches: false, extensions }
    }

    /// The same for statements that PostgreSQL should plan once, for all values.
    pub fn for_searches(&self) -> Self {
        Self { searches: true, ..self.clone() }
    }

    /// The same for work of the server itself: it waits without a limit, and is not refused.
    pub fn for_maintenance(&self) -> Self {
        let pool = Pool { purpose: Purpose::Maintenance, ..self.pool.clone() };
        Self { pool, ..self.clone() }
    }

    /// The rows of a query with an additional column, which is an integer.
    ///
    /// # Errors
    /// Any database error.
    pub async fn numbered<E, R>(&self, select: Select<E>) -> Result<Vec<R>>
    where
        E: Decode,
        R: FromQueryResult + From<(E::Model, i32)> + Send + 'static,
    {
        let Some(file) = &self.file else {
            return Ok(select.into_model::<R>().all(&self.pool).await?);
        };
        let read = |row: &rusqlite::Row<'_>| {
            let model = E::read(row).zip(RowSource::get(row, E::COLUMNS));
            model.map(R::from).ok_or_else(misfit::<E>)
        };
        file.threads.read(select.build(DbBackend::Sqlite), self.pool.purpose, read).await
    }

    /// The texts in the first column of the result.
    ///
    /// # Errors
    /// Any database error.
    pub(crate) async fn texts<S: StatementBuilder>(
        &self,
        statement: &S,
    ) -> Result<Vec<Option<String>>> {
        let statement = self.backend().build(statement);
        if let Some(file) = &self.file {
            let values = super::sqlite::value::SqliteValue::all(statement.values.clone());
            let read = |row: &rusqlite::Row<'_>| RowSource::get::<Option<String>>(row, 0);
            if let Some(texts) = file.inline.find((&statement.sql, &values), (1, read)) {
                return Ok(texts);
            }
            let read = |row: &rusqlite::Row<'_>| Ok(rusqlite::Row::get(row, 0)?);
            return file.threads.read(statement, self.pool.purpose, read).await;
        }
        let rows = self.pool.query_all_raw(statement).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }

    /// What a library keeps with the database: see [`Db::extension`](crate::Db::extension).
    pub fn extension<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        self.extensions.get()
    }

    /// The pool itself, as migrations use it. For a SQLite file use it only for commands: nothing limits a read there.
    pub fn connection(&self) -> &DatabaseConnection {
        &self.pool.connection
    }

    #[cfg(test)]
    pub(crate) fn inline(&self) -> Option<&Arc<InlineReader>> {
        self.file.as_ref().map(|file| &file.inline)
    }

    #[cfg(test)]
    pub(crate) fn shared(&self) -> Option<&SharedReader> {
        self.shared.as_deref()
    }

    pub(crate) async fn close(self) -> DbResult<()> {
        if let Some(file) = &self.file {
            file.inline.close();
            file.threads.close();
        }
        if let Some(shared) = &self.shared {
            shared.close().await;
        }
        self.pool.connection.close().await
    }
}

/// Futures that wait for an answer are boxed: a read of a SQLite file is answered at once, and should not carry the space for them.
impl Rows for Reader {
    fn backend(&self) -> DbBackend {
        self.pool.connection.get_database_backend()
    }

    fn rows<E>(&self, select: Select<E>) -> impl Future<Output = Result<Vec<E::Model>>> + Send
    where
        E: Decode,
    {
        match self.file.as_ref().and_then(|file| file.inline.rows(&select)) {
            Some(rows) => Either::Left(ready(Ok(rows))),
            None => Either::Right(Box::pin(async move {
                if let Some(shared) = &self.shared
                    && let Some(rows) = shared.rows(&select, self.searches).await
                {
                    return Ok(rows);
                }
                if let Some(file) = &self.file {
                    let select = select.build(DbBackend::Sqlite);
                    return file.threads.models::<E>(select, self.pool.purpose).await;
                }
                Ok(select.all(&self.pool).await?)
            })),
        }
    }

    fn by_id<E>(&self, id: i32) -> impl Future<Output = Result<Option<E::Model>>> + Send
    where
        E: Decode<PrimaryKey: PrimaryKeyTrait<ValueType = i32>>,
    {
        match self.file.as_ref().and_then(|file| file.inline.by_id::<E>(id)) {
            Some(row) => Either::Left(ready(Ok(row))),
            None => Either::Right(Box::pin(async move {
                if let Some(shared) = &self.shared
                    && let Some(row) = shared.by_id::<E>(id).await
                {
                    return Ok(row);
                }
                if let Some(file) = &self.file {
                    let select = E::find_by_id(id).build(DbBackend::Sqlite);
                    return Ok(file.threads.models::<E>(select, self.pool.purpose).await?.pop());
                }
                Ok(E::find_by_id(id).one(&self.pool).await?)
            })),
        }
    }

    fn integers<S: StatementBuilder>(
        &self,
        statement: &S,
    ) -> impl Future<Output = Result<Vec<i64>>> + Send {
        self.whole_numbers(self.backend().build(statement))
    }

    fn ids<S: StatementBuilder>(
        &self,
        statement: &S,
    ) -> impl Future<Output = Result<Vec<i32>>> + Send {
        let statement = self.backend().build(statement);
        async move {
            if let Some(shared) = &self.shared
                && let Some(ids) = shared.ids(&statement, self.searches).await
            {
                return Ok(ids);
            }
            ids(self.whole_numbers(statement).await?)
        }
    }
}

impl Reader {
    async fn whole_numbers(&self, statement: Statement) -> Result<Vec<i64>> {
        match &self.file {
            Some(file) => {
                let read = |row: &rusqlite::Row<'_>| Ok(rusqlite::Row::get(row, 0)?);
                file.threads.read(statement, self.pool.purpose, read).await
            }
            None => integers(&self.pool, statement).await,
        }
    }
}

impl Pool {
    /// Waits for its turn and runs the query, on another connection if one is lost.
    async fn ask<T, F>(
        &self,
        statement: Statement,
        ask: impl Fn(Statement) -> F + Send,
    ) -> DbResult<T>
    where
        F: Future<Output = DbResult<T>> + Send,
    {
        let refused = |_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout);
        let _permit = self.gate.enter(self.purpose).await.map_err(refused)?;
        if let Some(health) = &self.health {
            for _ in 1..ATTEMPTS {
                match ask(statement.clone()).await {
                    Err(error) if health.is_lost(&error) => {}
                    outcome => return outcome,
                }
            }
        }
        ask(statement).await
    }
}

#[async_trait]
impl ConnectionTrait for Pool {
    fn get_database_backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> DbResult<ExecResult> {
        self.connection.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> DbResult<ExecResult> {
        self.connection.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> DbResult<Option<QueryResult>> {
        self.ask(statement, |statement| self.connection.query_one_raw(statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> DbResult<Vec<QueryResult>> {
        self.ask(statement, |statement| self.connection.query_all_raw(statement)).await
    }
}
