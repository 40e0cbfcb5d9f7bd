//! Reads. Short reads need no separate thread or connection: those of a SQLite file run on the calling thread, those of
//! PostgreSQL on shared connections. The others wait in a queue of bounded length, for a thread that reads the SQLite file or
//! for a connection of the pool.

use std::{
    future::{Future, ready},
    sync::Arc,
};

use futures_util::future::Either;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, PrimaryKeyTrait, QueryResult,
    QueryTrait, Select, Statement, StatementBuilder,
};

use crate::{
    error::Result,
    extensions::Extensions,
    gate::{Gate, Purpose},
    postgres::{
        HealthCheck,
        shared_reader::{MOST_IDS, MOST_ROWS, SharedReader},
    },
    row::{ColumnValue, Decode, FromRow, Ids, Integers, Models, With},
    rows::Rows,
    sqlite::{
        inline_reader::InlineReader,
        read_threads::ReadThreads,
        value::{BoundStatement, SqliteValue},
    },
};

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

    /// The rows of a query with an additional column.
    ///
    /// # Errors
    /// Any database error.
    pub async fn rows_with<E, T>(&self, select: Select<E>) -> Result<Vec<(E::Model, T)>>
    where
        E: Decode,
        T: ColumnValue + Send + 'static,
    {
        self.long::<With<E, T>>(select.build(self.backend())).await
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

    pub(crate) async fn close(self) -> std::result::Result<(), DbErr> {
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

    fn query<R: FromRow>(
        &self,
        statement: Statement,
    ) -> impl Future<Output = Result<Vec<R::Output>>> + Send {
        let Some(file) = &self.file else {
            return Either::Right(Either::Left(Box::pin(async move {
                if let Some(shared) = &self.shared
                    && let Some(rows) =
                        shared.query::<R>(&statement, self.searches, MOST_ROWS).await
                {
                    return Ok(rows);
                }
                self.pool.query::<R>(statement).await
            })));
        };
        let statement = BoundStatement::from(statement);
        match file.inline.query::<R>(&statement.sql, &statement.values) {
            Some(rows) => Either::Left(ready(Ok(rows))),
            None => Either::Right(Either::Right(Box::pin(
                file.threads.query::<R>(statement, self.pool.purpose),
            ))),
        }
    }

    fn by_id<E>(&self, id: i32) -> impl Future<Output = Result<Option<E::Model>>> + Send
    where
        E: Decode<PrimaryKey: PrimaryKeyTrait<ValueType = i32>>,
    {
        let found = self.file.as_ref().and_then(|file| {
            file.inline.query::<Models<E>>(&E::queries().by_id, &[SqliteValue(id.into())])
        });
        match found {
            Some(mut rows) => Either::Left(ready(Ok(rows.pop()))),
            None => Either::Right(Box::pin(async move {
                if let Some(shared) = &self.shared
                    && let Some(row) = shared.by_id::<E>(id).await
                {
                    return Ok(row);
                }
                let statement = E::find_by_id(id).build(self.backend());
                Ok(self.long::<Models<E>>(statement).await?.pop())
            })),
        }
    }

    fn integers<S: StatementBuilder>(
        &self,
        statement: &S,
    ) -> impl Future<Output = Result<Vec<i64>>> + Send {
        self.long::<Integers>(self.backend().build(statement))
    }

    fn ids<S: StatementBuilder>(
        &self,
        statement: &S,
    ) -> impl Future<Output = Result<Vec<i32>>> + Send {
        let statement = self.backend().build(statement);
        async move {
            if let Some(shared) = &self.shared
                && let Some(ids) = shared.query::<Ids>(&statement, self.searches, MOST_IDS).await
            {
                return Ok(ids);
            }
            self.long::<Ids>(statement).await
        }
    }
}

impl Reader {
    /// A read that may take long, such as a count: it is not tried on the calling thread first.
    async fn long<R: FromRow>(&self, statement: Statement) -> Result<Vec<R::Output>> {
        match &self.file {
            Some(file) => file.threads.query::<R>(statement.into(), self.pool.purpose).await,
            None => self.pool.query::<R>(statement).await,
        }
    }
}

impl Pool {
    async fn query<R: FromRow>(&self, statement: Statement) -> Result<Vec<R::Output>> {
        let rows = self.rows(statement).await?;
        rows.iter().map(R::fit).collect()
    }

    /// Waits for its turn and runs the query, on another connection if one is lost.
    async fn rows(&self, statement: Statement) -> Result<Vec<QueryResult>> {
        let _permit = self.gate.enter(self.purpose).await?;
        if let Some(health) = &self.health {
            for _ in 1..ATTEMPTS {
                match self.connection.query_all_raw(statement.clone()).await {
                    Err(error) if health.is_lost(&error) => {}
                    outcome => return Ok(outcome?),
                }
            }
        }
        Ok(self.connection.query_all_raw(statement).await?)
    }
}
