//! A transaction, independent of how its statements reach the database.

use std::sync::Arc;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, SqliteTransactionMode,
    Statement, StatementBuilder, TransactionOptions, TransactionTrait, sqlx,
};

use crate::{
    driver,
    error::{Error, Result, chain, driver::sqlx_error},
    extensions::Extensions,
    postgres::write_sessions::{self, WriteSessions},
    row::FromRow,
    rows::{Changes, Executed, Rows},
    sqlite::writer::{self, SqliteWriter},
};

/// A transaction: rows are changed in it, and read with its changes. If it is dropped before its end, it is rolled back.
pub struct Tx {
    inner: TxInner,
    extensions: Extensions,
}

enum TxInner {
    Driver(DatabaseTransaction),
    Sqlite(writer::Transaction),
    Postgres(write_sessions::Transaction),
}

/// Where transactions begin. Clones share it.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) backend: WriteBackend,
    pub(crate) extensions: Extensions,
}

/// The backend of their statements.
#[derive(Clone)]
pub(crate) enum WriteBackend {
    /// A pool of the driver.
    Driver(DatabaseConnection),
    /// A SQLite file, without the driver.
    Sqlite(SqliteWriter),
    /// A PostgreSQL server, without the driver where it accepts our connections, and otherwise with it.
    Postgres(WriteSessions, DatabaseConnection),
}

impl Source {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that begins transactions: on SQLite always IMMEDIATE, since a deferred one that reads \
                  and then writes fails at once when another writes, whatever the busy timeout"
    )]
    pub(crate) async fn begin(&self) -> Result<Tx> {
        let inner = match &self.backend {
            WriteBackend::Sqlite(writer) => TxInner::Sqlite(writer.begin()?),
            WriteBackend::Postgres(sessions, _)
                if let Some(transaction) = sessions.begin().await? =>
            {
                TxInner::Postgres(transaction)
            }
            WriteBackend::Driver(pool) | WriteBackend::Postgres(_, pool) => {
                let immediate = TransactionOptions {
                    isolation_level: None,
                    access_mode: None,
                    sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                };
                TxInner::Driver(pool.begin_with_options(immediate).await?)
            }
        };
        Ok(Tx { inner, extensions: self.extensions.clone() })
    }

    /// Closes every connection.
    pub(crate) async fn close(self) -> Result<()> {
        match self.backend {
            WriteBackend::Driver(pool) => Ok(pool.close().await?),
            WriteBackend::Sqlite(writer) => writer.close(),
            WriteBackend::Postgres(sessions, pool) => {
                sessions.close();
                Ok(pool.close().await?)
            }
        }
    }
}

impl Tx {
    /// A transaction inside this one (a savepoint), which ends independently.
    #[expect(clippy::disallowed_methods, reason = "in a transaction `begin` makes a savepoint")]
    pub(crate) async fn savepoint(&self) -> Result<Self> {
        let inner = match &self.inner {
            TxInner::Driver(transaction) => TxInner::Driver(transaction.begin().await?),
            TxInner::Sqlite(transaction) => TxInner::Sqlite(transaction.savepoint()?),
            TxInner::Postgres(transaction) => TxInner::Postgres(transaction.savepoint().await?),
        };
        Ok(Self { inner, extensions: self.extensions.clone() })
    }

    /// # Errors
    /// [`Error::Unknown`] where it is unknown whether it was stored; otherwise it was not.
    pub(crate) async fn commit(self) -> Result<()> {
        match self.inner {
            TxInner::Driver(transaction) => transaction.commit().await.map_err(|error| {
                let answered = matches!(sqlx_error(&error), Some(sqlx::Error::Database(_)));
                commit_error(error.into(), answered)
            }),
            TxInner::Sqlite(transaction) => {
                transaction.commit().map_err(|error| commit_error(error, true))
            }
            TxInner::Postgres(transaction) => match transaction.commit().await {
                Ok(last) => last,
                Err((error, answered)) => Err(commit_error(error, answered)),
            },
        }
    }

    pub(crate) async fn roll_back(self) -> Result<()> {
        match self.inner {
            TxInner::Driver(transaction) => Ok(transaction.rollback().await?),
            TxInner::Sqlite(transaction) => transaction.roll_back(),
            TxInner::Postgres(transaction) => transaction.roll_back().await,
        }
    }

    /// What a library keeps with the database: see [`Db::extension`](crate::Db::extension).
    pub fn extension<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        self.extensions.get()
    }

    /// Sets how long statements wait for locks, on PostgreSQL, where write connections otherwise wait only for a moment.
    pub(crate) async fn wait_for_locks(&self, patience: std::time::Duration) -> Result<()> {
        match self.backend() {
            DbBackend::Postgres => {
                self.execute_raw(&format!("SET LOCAL lock_timeout = {}", patience.as_millis()))
                    .await
            }
            _ => Ok(()),
        }
    }

    /// Runs the last statement of a job, whose result it does not need. On PostgreSQL it is sent together with COMMIT, or with the
    /// first statement of the next job in the transaction, and its error is theirs: then nothing of the transaction is stored.
    ///
    /// # Errors
    /// Any database error.
    pub async fn exec_later<S: StatementBuilder>(&self, statement: &S) -> Result<()> {
        match &self.inner {
            TxInner::Postgres(transaction) => transaction.exec_later(statement).await,
            _ => self.exec(statement).await.map(drop),
        }
    }

    /// Runs a statement that controls the transaction and touches no rows, such as `SET`.
    ///
    /// # Errors
    /// Any database error.
    pub async fn execute_raw(&self, sql: &str) -> Result<()> {
        match &self.inner {
            TxInner::Driver(transaction) => {
                transaction.execute_unprepared(sql).await?;
                Ok(())
            }
            TxInner::Sqlite(transaction) => transaction.run(sql),
            TxInner::Postgres(transaction) => transaction.run(sql).await,
        }
    }
}

/// The meaning of a failed COMMIT. If the database itself refused, nothing was stored; if it disconnected or did not answer, the
/// outcome is unknown.
fn commit_error(error: Error, answered: bool) -> Error {
    match error {
        error if !answered || matches!(error, Error::Unavailable(_)) => {
            log::error!("the outcome of a commit is unknown: {}", chain(&error));
            Error::Unknown
        }
        error => error,
    }
}

impl Rows for Tx {
    fn backend(&self) -> DbBackend {
        match &self.inner {
            TxInner::Driver(transaction) => transaction.get_database_backend(),
            TxInner::Sqlite(_) => DbBackend::Sqlite,
            TxInner::Postgres(_) => DbBackend::Postgres,
        }
    }

    async fn query<R: FromRow>(&self, statement: Statement) -> Result<Vec<R::Output>> {
        match &self.inner {
            TxInner::Driver(transaction) => driver::query::<R>(transaction, statement).await,
            TxInner::Sqlite(transaction) => transaction.query::<R>(statement),
            TxInner::Postgres(transaction) => transaction.query::<R>(statement).await,
        }
    }
}

impl Changes for Tx {
    async fn run(&self, statement: Statement) -> Result<Executed> {
        match &self.inner {
            TxInner::Driver(transaction) => driver::execute(transaction, statement).await,
            TxInner::Sqlite(transaction) => transaction.execute(statement),
            TxInner::Postgres(transaction) => transaction.execute(statement).await,
        }
    }
}
