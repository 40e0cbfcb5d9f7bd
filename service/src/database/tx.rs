//! A transaction, whichever way its statements get to the database.

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, Select,
    SqliteTransactionMode, StatementBuilder, TransactionOptions, TransactionTrait, sqlx,
};

use super::{
    postgres::sessions::{self, Sessions},
    row::Readable,
    rows::{Changes, ModelOf, Rows, Storable},
    sqlite::direct::{self, Direct},
};
use crate::{
    error::{Error, Result, chain, sqlx_error},
    substrings::TrigramStatistics,
};

/// A transaction: what rows are changed in, and read in as they are by then. One that is dropped before its end is rolled
/// back.
pub struct Tx {
    way: Way,
    statistics: TrigramStatistics,
}

enum Way {
    Driver(DatabaseTransaction),
    Direct(direct::Transaction),
    Session(sessions::Transaction),
}

/// Where transactions begin. Clones share it.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) backend: WriteBackend,
    pub(super) statistics: TrigramStatistics,
}

/// What carries their statements.
#[derive(Clone)]
pub(super) enum WriteBackend {
    /// A pool of the driver.
    Driver(DatabaseConnection),
    /// A SQLite file, without the driver.
    Direct(Direct),
    /// A PostgreSQL server, without the driver where it lets us in, and otherwise with it.
    Sessions(Sessions, DatabaseConnection),
}

impl Source {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that begins transactions: on SQLite always IMMEDIATE, since a deferred one that reads \
                  and then writes fails at once when another writes, whatever the busy timeout"
    )]
    pub(super) async fn begin(&self) -> Result<Tx> {
        let way = match &self.backend {
            WriteBackend::Direct(direct) => Way::Direct(direct.begin()?),
            WriteBackend::Sessions(sessions, _)
                if let Some(transaction) = sessions.begin().await? =>
            {
                Way::Session(transaction)
            }
            WriteBackend::Driver(pool) | WriteBackend::Sessions(_, pool) => {
                let immediate = TransactionOptions {
                    isolation_level: None,
                    access_mode: None,
                    sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                };
                Way::Driver(pool.begin_with_options(immediate).await?)
            }
        };
        Ok(Tx { way, statistics: self.statistics.clone() })
    }

    /// Closes every connection.
    pub(super) async fn close(self) -> Result<()> {
        match self.backend {
            WriteBackend::Driver(pool) => Ok(pool.close().await?),
            WriteBackend::Direct(direct) => direct.close(),
            WriteBackend::Sessions(sessions, pool) => {
                sessions.close();
                Ok(pool.close().await?)
            }
        }
    }
}

impl Tx {
    /// A transaction inside of this one, whose end is not that of this one.
    #[expect(clippy::disallowed_methods, reason = "in a transaction `begin` makes a savepoint")]
    pub(super) async fn savepoint(&self) -> Result<Self> {
        let way = match &self.way {
            Way::Driver(transaction) => Way::Driver(transaction.begin().await?),
            Way::Direct(transaction) => Way::Direct(transaction.savepoint()?),
            Way::Session(transaction) => Way::Session(transaction.savepoint().await?),
        };
        Ok(Self { way, statistics: self.statistics.clone() })
    }

    /// # Errors
    /// [`Error::Unknown`] where nobody knows whether it was stored; otherwise it was not.
    pub(super) async fn commit(self) -> Result<()> {
        match self.way {
            Way::Driver(transaction) => transaction.commit().await.map_err(|error| {
                let answered = matches!(sqlx_error(&error), Some(sqlx::Error::Database(_)));
                commit_error(error.into(), answered)
            }),
            Way::Direct(transaction) => {
                transaction.commit().map_err(|error| commit_error(error, true))
            }
            Way::Session(transaction) => {
                let committed = transaction.commit().await;
                committed.map_err(|(error, answered)| commit_error(error, answered))
            }
        }
    }

    pub(super) async fn roll_back(self) -> Result<()> {
        match self.way {
            Way::Driver(transaction) => Ok(transaction.rollback().await?),
            Way::Direct(transaction) => transaction.roll_back(),
            Way::Session(transaction) => transaction.roll_back().await,
        }
    }

    /// What searches know of the rows.
    pub(crate) fn statistics(&self) -> &TrigramStatistics {
        &self.statistics
    }

    /// Lets statements wait so long for locks, on PostgreSQL, where connections that write wait only for a moment otherwise.
    pub(super) async fn wait_for_locks(&self, patience: std::time::Duration) -> Result<()> {
        match self.backend() {
            DbBackend::Postgres => {
                self.run(&format!("SET LOCAL lock_timeout = {}", patience.as_millis())).await
            }
            _ => Ok(()),
        }
    }

    /// Carries out a statement that is about the transaction and not about rows, such as `SET`.
    pub(crate) async fn run(&self, sql: &str) -> Result<()> {
        match &self.way {
            Way::Driver(transaction) => {
                transaction.execute_unprepared(sql).await?;
                Ok(())
            }
            Way::Direct(transaction) => transaction.run(sql),
            Way::Session(transaction) => transaction.run(sql).await,
        }
    }
}

/// What a failed COMMIT means. Where the database itself refused, nothing was stored; where it went away or did not answer,
/// nobody knows.
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
        match &self.way {
            Way::Driver(transaction) => transaction.get_database_backend(),
            Way::Direct(_) => DbBackend::Sqlite,
            Way::Session(_) => DbBackend::Postgres,
        }
    }

    async fn rows<E>(&self, select: Select<E>) -> Result<Vec<E::Model>>
    where
        E: Readable,
    {
        match &self.way {
            Way::Driver(transaction) => transaction.rows(select).await,
            Way::Direct(transaction) => transaction.rows(select),
            Way::Session(transaction) => transaction.rows(select).await,
        }
    }

    async fn numbers<S: StatementBuilder + Sync>(&self, statement: &S) -> Result<Vec<i64>> {
        match &self.way {
            Way::Driver(transaction) => transaction.numbers(statement).await,
            Way::Direct(transaction) => transaction.numbers(statement),
            Way::Session(transaction) => {
                transaction.numbers(DbBackend::Postgres.build(statement)).await
            }
        }
    }
}

impl Changes for Tx {
    async fn insert<A: Storable>(&self, row: A) -> Result<ModelOf<A>> {
        match &self.way {
            Way::Driver(transaction) => Changes::insert(transaction, row).await,
            Way::Direct(transaction) => transaction.insert(row),
            Way::Session(transaction) => transaction.insert(row).await,
        }
    }

    async fn update<A: Storable>(&self, row: A) -> Result<ModelOf<A>> {
        match &self.way {
            Way::Driver(transaction) => Changes::update(transaction, row).await,
            Way::Direct(transaction) => transaction.update(row),
            Way::Session(transaction) => transaction.update(row).await,
        }
    }

    async fn exec<S: StatementBuilder>(&self, statement: &S) -> Result<u64> {
        match &self.way {
            Way::Driver(transaction) => Changes::exec(transaction, statement).await,
            Way::Direct(transaction) => transaction.exec(statement),
            Way::Session(transaction) => transaction.exec(statement).await,
        }
    }
}
