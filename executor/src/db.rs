//! The database handle: one entry point for reads, one for writes.

use std::{convert::Infallible, sync::Arc};

use sea_orm::{
    ConnectionTrait, Database, DbErr,
    sea_query::{Expr, Func, Query},
};

use crate::{
    blocking::on_a_thread,
    error::{Error, JobError, Result, driver::damage},
    extensions::Extensions,
    gate::Gate,
    location::Location,
    migrate::expect_one_name,
    postgres::{self, HealthCheck, shared_reader::SharedReader, write_sessions::WriteSessions},
    reader::{FileReader, Reader},
    row::Texts,
    rows::Rows as _,
    settings::Settings,
    sqlite::{
        self,
        change_token::{ChangeToken, WalIndex},
        inline_reader::InlineReader,
        open_file::OpenFile,
        read_threads::ReadThreads,
        writer::SqliteWriter,
    },
    tx::{Source, Tx, WriteBackend},
    write::{Tried, Writer},
};

/// An open database. Clones share it.
#[derive(Clone)]
pub struct Db {
    reader: Reader,
    writer: Arc<Writer>,
    index: Option<WalIndex>,
    file: Option<(SqliteWriter, Arc<OpenFile>)>,
    extensions: Extensions,
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
                index = WalIndex::open(path).map_err(Error::internal)?;
                let inline = InlineReader::open(path, settings, index).map_err(Error::internal)?;
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
        let extensions = Extensions::default();
        let source = Source { backend, extensions: extensions.clone() };
        let reader = Reader::new((reader, gate), local, shared, (health, extensions.clone()));
        let writer = Arc::new(Writer::start(source, width, settings)?);
        Ok(Self { reader, writer, index, file, extensions })
    }

    /// For reading; on SQLite on connections that cannot write.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// What a library keeps with the database, such as statistics: one value of each type, made when it is first asked for, and
    /// the same for all clones, readers and transactions.
    pub fn extension<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        self.extensions.get()
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
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: JobError,
        F: AsyncFn(&Tx) -> Result<T, E> + Send + 'static,
    {
        self.writer.run(self.writer.deadline(1), work).await
    }

    /// For a change of many rows in one statement: as [`Db::write`], with a deadline twelve times as long.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub async fn write_many<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: JobError,
        F: AsyncFn(&Tx) -> Result<T, E> + Send + 'static,
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

    /// Tries a change: runs `work` in a transaction of its own, with the deadline of [`Db::write_many`], and rolls it back.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub async fn dry_run<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: JobError,
        F: AsyncFn(&Tx) -> Result<T, E> + Send + 'static,
    {
        // What refuses is rolled back.
        let tried = self.write_many(async move |tx: &Tx| match work(tx).await {
            Ok(value) => Err::<Infallible, _>(Tried::Done(value)),
            Err(error) => Err(Tried::Refused(error)),
        });
        match tried.await {
            Err(Tried::Done(value)) => Ok(value),
            Err(Tried::Refused(error)) => Err(error),
            Ok(never) => match never {},
        }
    }

    /// For work of unlimited duration, such as an import. It is run only once, even when it collides.
    ///
    /// # Errors
    /// Whatever `work` returns, after a rollback; [`Error::Busy`] when too much work is waiting.
    pub async fn write_long<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: JobError,
        F: AsyncFnOnce(&Tx) -> Result<T, E> + Send + 'static,
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
    pub fn has_waiters(&self) -> bool {
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
    pub async fn look_after_file(&self) -> Result<()> {
        let Some((writer, file)) = self.file.clone() else { return Ok(()) };
        if file.check().is_ok() && !file.is_away() {
            return Ok(());
        }
        on_a_thread(move || writer.look()).await
    }

    /// Whether a read of this process has found a damaged SQLite file, and no check has passed since.
    pub fn is_damaged(&self) -> bool {
        damage::is_seen()
    }

    /// Whether SQLite finds nothing wrong with the pages of its file; true for other databases. A file that passes is not
    /// [damaged](Self::is_damaged) any more.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn is_sound(&self) -> Result<bool> {
        let Some((_, file)) = self.file.clone() else { return Ok(true) };
        let is_sound = on_a_thread(move || sqlite::is_sound(file.path())).await?;
        if is_sound {
            damage::note(false);
        }
        Ok(is_sound)
    }

    /// The latest revision applied to the schema; `None` for a database without one.
    ///
    /// # Errors
    /// When the database does not answer, or has no table of revisions.
    pub async fn revision(&self) -> Result<Option<String>> {
        let newest =
            Query::select().expr(Func::max(Expr::col("version"))).from("seaql_migrations").take();
        Ok(self.reader.query::<Texts>(self.reader.backend().build(&newest)).await?.pop().flatten())
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
