//! Writes to a SQLite file on the writer's own thread.
//!
//! The driver has a thread for each connection; sending it a statement and receiving each row costs several times what SQLite
//! needs for it. The writer already has a thread, which can run the statement itself.

mod connection;

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rusqlite::{Connection, OpenFlags, config::DbConfig, params_from_iter};
use sea_orm::{DbErr, Statement};

use super::{open_file::OpenFile, value::SqliteValue};
use crate::{
    Settings,
    error::{Error, Result, chain},
    row::FromRow,
    rows::Executed,
};
use connection::WriterConnection;

/// Statements that stay prepared.
const PREPARED: usize = 128;
/// Maximum length of such a statement in bytes; one of many rows takes much memory, and the next one may have another number of
/// rows.
const LONGEST_PREPARED: usize = 4096;
/// Bytes of the write-ahead log that are retained when it restarts.
const JOURNAL_BYTES: i64 = 64 << 20;

/// The connection for writing. Clones share it.
#[derive(Clone)]
pub(crate) struct SqliteWriter(Arc<Mutex<WriterConnection>>);

impl SqliteWriter {
    /// Opens the file, and switches it to WAL mode.
    ///
    /// # Errors
    /// When it cannot be opened, or is not as durable as required.
    pub(crate) fn open(path: &Path, settings: &Settings) -> Result<Self> {
        let (file, sqlite) = OpenFile::after(path, || open(path, settings))?;
        let (file, settings) = (Arc::new(file), settings.clone());
        Ok(Self(Arc::new(Mutex::new(WriterConnection {
            file,
            settings,
            sqlite: Some(sqlite),
            loss: None,
        }))))
    }

    /// The file, to check whether it is at its path without waiting for a statement.
    pub(crate) fn file(&self) -> Arc<OpenFile> {
        Arc::clone(&lock(&self.0).file)
    }

    /// Checks whether the file is at its path, and acts if it is not. May take as long as a checkpoint.
    ///
    /// # Errors
    /// [`Error::FileLost`] when it is not.
    pub(crate) fn look(&self) -> Result<()> {
        lock(&self.0).expect_file()
    }

    /// Begins a write transaction.
    pub(crate) fn begin(&self) -> Result<Transaction> {
        let mut writer = lock(&self.0);
        writer.expect_file()?;
        let WriterConnection { file, settings, sqlite, .. } = &mut *writer;
        let connection = match sqlite {
            Some(connection) => connection,
            None => {
                let opened = open(file.path(), settings)?;
                file.check()?;
                sqlite.insert(opened)
            }
        };
        if let Err(error) = step(connection, "BEGIN IMMEDIATE") {
            writer.forget_after(&error);
            return Err(error);
        }
        Ok(Transaction { writer: Arc::clone(&self.0), depth: 0, is_open: true })
    }

    pub(crate) fn close(self) -> Result<()> {
        match lock(&self.0).sqlite.take().map(Connection::close) {
            Some(Err((_, error))) => Err(error.into()),
            Some(Ok(())) | None => Ok(()),
        }
    }
}

fn lock(writer: &Mutex<WriterConnection>) -> MutexGuard<'_, WriterConnection> {
    writer.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A transaction, or a savepoint in one.
pub(crate) struct Transaction {
    writer: Arc<Mutex<WriterConnection>>,
    /// Savepoints around it.
    depth: usize,
    is_open: bool,
}

impl Transaction {
    pub(crate) fn savepoint(&self) -> Result<Self> {
        let depth = self.depth + 1;
        self.run(&format!("SAVEPOINT job_{depth}"))?;
        Ok(Self { writer: Arc::clone(&self.writer), depth, is_open: true })
    }

    pub(crate) fn commit(mut self) -> Result<()> {
        // If it fails the transaction may still be open, and is rolled back when this is dropped.
        match self.depth {
            0 => self.with(|connection| step(connection, "COMMIT"))?,
            depth => {
                self.run(&format!("RELEASE job_{depth}"))?;
                self.is_open = false;
                return Ok(());
            }
        }
        self.is_open = false;
        // Checked before the callers are notified: what is reported as stored is in the file at its path.
        lock(&self.writer).file.check().map_err(|error| {
            log::error!("a change was committed to a file that is gone: {}", chain(&error));
            Error::Unknown
        })
    }

    pub(crate) fn roll_back(mut self) -> Result<()> {
        self.end()
    }

    fn end(&mut self) -> Result<()> {
        self.is_open = false;
        let mut writer = lock(&self.writer);
        let Some(connection) = &writer.sqlite else { return Ok(()) };
        // After a full or failing disk SQLite has ended the transaction itself.
        if connection.is_autocommit() {
            return Ok(());
        }
        let ended = match self.depth {
            0 => run(connection, "ROLLBACK"),
            depth => run(connection, &format!("ROLLBACK TO job_{depth}; RELEASE job_{depth}")),
        };
        if ended.is_err() {
            writer.sqlite = None;
        }
        ended
    }

    /// Runs a statement that controls the transaction and touches no rows.
    pub(crate) fn run(&self, sql: &str) -> Result<()> {
        self.with(|connection| run(connection, sql))
    }

    pub(crate) fn query<R: FromRow>(&self, statement: Statement) -> Result<Vec<R::Output>> {
        self.prepared(statement, |_, found, values| {
            let mut found = found.query(params_from_iter(values))?;
            let mut rows = Vec::new();
            while let Some(row) = found.next()? {
                rows.push(R::fit(row)?);
            }
            Ok(rows)
        })
    }

    pub(crate) fn execute(&self, statement: Statement) -> Result<Executed> {
        self.prepared(statement, |connection, changing, values| {
            let changed = changing.execute(params_from_iter(values))? as u64;
            Ok(Executed { changed, last_id: connection.last_insert_rowid() })
        })
    }

    fn prepared<T>(
        &self,
        Statement { sql, values, .. }: Statement,
        work: impl FnOnce(&Connection, &mut rusqlite::Statement<'_>, &[SqliteValue]) -> Result<T>,
    ) -> Result<T> {
        let values = SqliteValue::all(values);
        self.with(|connection| {
            if sql.len() > LONGEST_PREPARED {
                work(connection, &mut connection.prepare(&sql)?, &values)
            } else {
                work(connection, &mut *connection.prepare_cached(&sql)?, &values)
            }
        })
    }

    fn with<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let writer = lock(&self.writer);
        match &writer.sqlite {
            // A statement after a transaction that SQLite has ended itself would be committed on its own.
            Some(connection) if !connection.is_autocommit() => work(connection),
            _ => Err(Error::internal("the transaction has ended")),
        }
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if self.is_open
            && let Err(error) = self.end()
        {
            log::warn!("a rollback failed, its connection is discarded: {}", chain(&error));
        }
    }
}

fn run(connection: &Connection, sql: &str) -> Result<()> {
    Ok(connection.execute_batch(sql)?)
}

/// Runs a statement that is repeated often, and stays prepared.
fn step(connection: &Connection, sql: &str) -> Result<()> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// Opens the file for writing. Settings are read back: SQLite silently ignores a pragma that it cannot apply.
fn open(path: &Path, settings: &Settings) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let sqlite = Connection::open_with_flags(path, flags)?;
    sqlite.busy_timeout(settings.busy_timeout)?;
    let journal: String =
        sqlite.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if journal != "wal" {
        return Err(refused(format!("journal_mode is `{journal}`, expected `wal`")));
    }
    // At NORMAL a power failure loses acknowledged writes.
    for (pragma, expected) in [("synchronous", 2), ("foreign_keys", 1)] {
        sqlite.pragma_update(None, pragma, expected)?;
        let found: i64 = sqlite.pragma_query_value(None, pragma, |row| row.get(0))?;
        if found != expected {
            return Err(refused(format!("{pragma} is {found}, expected {expected}")));
        }
    }
    sqlite.pragma_update(None, "journal_size_limit", JOURNAL_BYTES)?;
    sqlite.pragma_update(None, "cache_size", -i64::from(settings.writer_cache_kib))?;
    // Without it, binding a new value to `LIMIT ?` makes SQLite prepare the statement again, each time.
    sqlite.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    sqlite.set_prepared_statement_cache_capacity(PREPARED);
    // The first read creates the log and its index, also of a new file.
    sqlite.pragma_query_value(None, "schema_version", |row| row.get::<_, i64>(0))?;
    Ok(sqlite)
}

fn refused(why: String) -> Error {
    Error::Unavailable(DbErr::Custom(why))
}
