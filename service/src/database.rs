//! The database handle: one entry point for reads, one for writes.

mod gate;
mod insertion;
mod location;
mod postgres;
mod reader;
pub(crate) mod row;
mod rows;
mod sqlite;
mod thread_index;
mod tx;
mod write;

use std::{path::Path, sync::Arc, time::Duration};

use sea_orm::{
    ConnectionTrait, Database, DatabaseConnection, DbErr,
    sea_query::{Expr, Func, Query},
};

pub use location::{BadLocation, Location};
pub use reader::Reader;
pub use row::Decode;
pub(crate) use row::FOUND;
pub use rows::{Changes, Insertable, ModelOf, Rows};
/// A connection or pool, as migrations use it.
pub use sea_orm::DatabaseConnection as Connection;
pub use sqlite::{
    change_token::ChangeToken,
    lock::{FileLock, LockError, resolution},
};
pub use tx::Tx;

/// Whether the disk of a database is full.
pub use crate::error::is_full;

use crate::{
    error::{Error, Result, damage},
    idempotency::RecentKeys,
    substrings::TrigramStatistics,
};
use gate::Gate;
use postgres::{HealthCheck, shared_reader::SharedReader, write_sessions::WriteSessions};
use reader::FileReader;
use sqlite::{
    Role, change_token::WalIndex, inline_reader::InlineReader, open_file::OpenFile,
    read_threads::ReadThreads, writer::SqliteWriter,
};
use tx::{Source, WriteBackend};
use write::Writer;

/// Limits on the use of the database.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Connections for reading, and on PostgreSQL as many for writing and up to three times as many that short reads share;
    /// SQLite has one writer.
    pub pool: u32,
    /// How long a request waits for a connection.
    pub acquire_timeout: Duration,
    /// Reads that may wait for a connection at a time; further ones are refused at once.
    pub read_queue: u32,
    /// How long a read of a SQLite file may take on the calling thread, while other requests on it wait.
    pub longest_inline_read: Duration,
    /// How long it may take on another thread.
    pub longest_read: Duration,
    /// How long a statement waits for a lock that another process holds.
    pub busy_timeout: Duration,
    /// How long a job may take before its caller is informed that the outcome is unknown.
    pub deadline: Duration,
    /// Size of the page cache of the SQLite writer in KiB. An import fills it; pages that do not fit are written more than once.
    pub writer_cache_kib: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            pool: 4,
            acquire_timeout: Duration::from_secs(2),
            // Waiting requests take memory, and the last of a longer queue would hardly be served in time: with four
            // connections this is the number of reads of 30 ms in two seconds.
            read_queue: 256,
            longest_inline_read: Duration::from_millis(5),
            longest_read: Duration::from_secs(10),
            busy_timeout: Duration::from_secs(2),
            deadline: Duration::from_secs(5),
            writer_cache_kib: 16 << 10,
        }
    }
}

/// An open database. Clones share it.
#[derive(Clone)]
pub struct Db {
    reader: Reader,
    writer: Arc<Writer>,
    index: Option<WalIndex>,
    file: Option<(SqliteWriter, Arc<OpenFile>)>,
    recent_keys: Arc<RecentKeys>,
}

impl Db {
    /// Opens the database at `location`; does not create or change it.
    ///
    /// # Errors
    /// [`Error::Unavailable`] and related errors when it cannot be opened, is not as durable as required, or belongs to a
    /// SQLite that is too old.
    pub async fn open(location: &Location, settings: &Settings) -> Result<Self> {
        let (mut index, mut shared, mut file) = (None, None, None);
        let (reader, local, health, backend, width) = match location {
            Location::Memory => {
                let only = Database::connect(sqlite::memory(settings)).await?;
                (only.clone(), None, None, WriteBackend::Driver(only), 1)
            }
            Location::File(path) => {
                expect_one_name(path).map_err(Error::Unavailable)?;
                // The writer first: it switches the file to WAL mode, which a reader may not do.
                let writer = SqliteWriter::open(path, settings)?;
                let open = writer.file();
                let reader =
                    Database::connect(sqlite::readers(Arc::clone(&open), settings)).await?;
                index = WalIndex::open(path).map_err(|error| Error::Internal(error.into()))?;
                let inline = InlineReader::open(path, settings, index)
                    .map_err(|error| Error::Internal(error.into()))?;
                // All of them are connected to the same file.
                open.check()?;
                let threads = ReadThreads::new(Arc::clone(&open), settings);
                file = Some((writer.clone(), open));
                let local = FileReader { inline: Arc::new(inline), threads };
                (reader, Some(local), None, WriteBackend::Sqlite(writer), 1)
            }
            Location::Postgres(url) => {
                let health = Arc::new(HealthCheck::default());
                let options = postgres::server(url, settings, Some(Arc::clone(&health)));
                let reader = Database::connect(options).await?;
                shared = SharedReader::new(url, settings, &health);
                // Opened by the writer's own runtime, which outlives the runtime of any request.
                let writing = postgres::for_writing(settings);
                let mut lazy = postgres::server(url, &writing, None);
                lazy.connect_lazy(true);
                let lazy = Database::connect(lazy).await?;
                let backend = match WriteSessions::new(url, &writing, &health) {
                    Some(sessions) => WriteBackend::Postgres(sessions, lazy),
                    None => WriteBackend::Driver(lazy),
                };
                (reader, None, Some(health), backend, settings.pool as usize)
            }
        };
        let gate = Gate::new(if health.is_some() { settings.pool } else { 1 }, settings);
        let statistics = TrigramStatistics::default();
        let source = Source { backend, statistics: statistics.clone() };
        let reader = Reader::new((reader, gate), local, shared, (health, statistics));
        let writer = Arc::new(Writer::start(source, width, settings)?);
        Ok(Self { reader, writer, index, file, recent_keys: Arc::default() })
    }

    /// For reading; on SQLite on connections that cannot write.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    pub(crate) fn recent_keys(&self) -> &RecentKeys {
        &self.recent_keys
    }

    /// The change token of the database, if it is available without waiting: whatever is read after this call is still
    /// current as long as the token stays the same. Every commit changes it: a commit of this process before its caller is
    /// notified, and one of any other process. `None` on PostgreSQL, where only the server knows it, and in memory.
    pub fn change_token(&self) -> Option<ChangeToken> {
        self.index.and_then(WalIndex::change_token)
    }

    /// Whether its [`change_token`](Self::change_token) is available, except for short moments.
    pub fn has_change_token(&self) -> bool {
        self.index.is_some()
    }

    /// For writing: runs `work` in one transaction, atomically, in a task that a dropped request does not stop. When two jobs
    /// collide, one of them is rolled back and run again from its beginning.
    ///
    /// # Errors
    /// Whatever `work` returns, after a rollback; [`Error::Busy`] when the work never began and [`Error::Unknown`] when it
    /// did not end in time.
    pub async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: AsyncFn(&Tx) -> Result<T> + Send + 'static,
    {
        self.writer.run(self.writer.deadline(1), work).await
    }

    /// For a change of many rows in one statement: as [`Db::write`], with a deadline twelve times as long.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub async fn write_many<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: AsyncFn(&Tx) -> Result<T> + Send + 'static,
    {
        let deadline = self.writer.deadline(12);
        let postgres = self.reader.backend() == sea_orm::DbBackend::Postgres;
        let patient = async move |tx: &Tx| {
            if postgres {
                let limit = format!("SET LOCAL statement_timeout = {}", deadline.as_millis());
                tx.execute_raw(&limit).await?;
            }
            work(tx).await
        };
        self.writer.run(deadline, patient).await
    }

    /// For work of unlimited duration, such as an import. It is run only once, even when it collides.
    ///
    /// # Errors
    /// Whatever `work` returns, after a rollback; [`Error::Busy`] when too much work is waiting.
    pub async fn write_long<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: AsyncFnOnce(&Tx) -> Result<T> + Send + 'static,
    {
        let postgres = self.reader.backend() == sea_orm::DbBackend::Postgres;
        let unbounded = async move |tx: &Tx| {
            if postgres {
                let limits = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0";
                tx.execute_raw(limits).await?;
            }
            work(tx).await
        };
        self.writer.run_at_length(unbounded).await
    }

    /// Whether other jobs wait for the calling one, which may want to finish early then.
    pub(crate) fn has_waiters(&self) -> bool {
        self.writer.has_waiters()
    }

    /// Succeeds if a SQLite file is at its path and not known to be damaged. Never waits.
    ///
    /// # Errors
    /// [`Error::FileLost`] and [`Error::Damaged`].
    pub fn expect_file(&self) -> Result<()> {
        let Some((_, file)) = &self.file else { return Ok(()) };
        file.check()?;
        if damage::is_seen() {
            return Err(Error::Damaged(DbErr::Custom("a read or a check has failed".to_owned())));
        }
        Ok(())
    }

    /// Checks whether a SQLite file is at its path, and saves what would be lost if it is not. May take as long as a checkpoint.
    ///
    /// # Errors
    /// [`Error::FileLost`] when it is not.
    pub(crate) async fn look_after_file(&self) -> Result<()> {
        let Some((writer, file)) = self.file.clone() else { return Ok(()) };
        if file.check().is_ok() && !file.is_away() {
            return Ok(());
        }
        blocking(move || writer.look()).await
    }

    /// Whether SQLite finds nothing wrong with the pages of its file; true for other databases.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) async fn is_sound(&self) -> Result<bool> {
        let Some((_, file)) = self.file.clone() else { return Ok(true) };
        blocking(move || sqlite::is_sound(file.path())).await
    }

    /// The latest revision applied to the schema; `None` for a database without one.
    ///
    /// # Errors
    /// When the database does not answer, or has no table of revisions.
    pub async fn revision(&self) -> Result<Option<String>> {
        let newest =
            Query::select().expr(Func::max(Expr::col("version"))).from("seaql_migrations").take();
        Ok(self.reader.texts(&newest).await?.pop().flatten())
    }

    /// Turns foreign keys of an in-memory database, which has only one connection, off for a migration and on again.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn enforce_foreign_keys(&self, on: bool) -> Result<()> {
        let pragma = if on { "PRAGMA foreign_keys = ON" } else { "PRAGMA foreign_keys = OFF" };
        self.reader.connection().execute_unprepared(pragma).await?;
        Ok(())
    }

    /// Waits for the jobs that were accepted, then closes every connection. On SQLite the last one merges the write-ahead log
    /// into the file.
    ///
    /// # Errors
    /// When a connection cannot be closed.
    pub async fn close(self) -> Result<()> {
        self.writer.stop().await;
        Ok(self.reader.close().await?)
    }
}

fn expect_one_name(path: &Path) -> std::result::Result<(), DbErr> {
    sqlite::lock::expect_one_name(path).map_err(|error| DbErr::Custom(error.to_string()))
}

/// Runs blocking work.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(Error::Internal(error.into())))
}

/// Opens a temporary SQLite file that no other process uses and that may be lost.
pub(crate) async fn scratch(path: &Path) -> Result<DatabaseConnection> {
    sqlite::private::make(path).map_err(|error| Error::Internal(error.into()))?;
    Ok(Database::connect(sqlite::scratch(path)).await?)
}

/// Opens the connection that migrations run on: a single one, and on SQLite with foreign keys off, since a table that is
/// rebuilt is dropped for a moment. Creates a SQLite file that does not exist.
///
/// # Errors
/// When the database cannot be opened.
pub async fn connect_to_migrate(
    location: &Location,
    settings: &Settings,
) -> std::result::Result<DatabaseConnection, DbErr> {
    let options = match location {
        Location::Memory => sqlite::memory(settings),
        Location::File(path) => {
            expect_one_name(path)?;
            // Where it cannot be created, SQLite reports why.
            drop(sqlite::private::make(path));
            sqlite::file(path, Role::Migrator, settings)
        }
        Location::Postgres(url) => {
            postgres::expect_server(url, settings).await?;
            // Zero means no limit: a change of a large table takes its time.
            postgres::server(
                url,
                &Settings { pool: 1, deadline: Duration::ZERO, ..settings.clone() },
                None,
            )
        }
    };
    Database::connect(options).await
}
