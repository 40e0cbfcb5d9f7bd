//! How a SQLite connection is opened, and the check that each one is as durable as configured.

use std::{io, path::Path, sync::Arc};

use rusqlite::OpenFlags;
use sea_orm::{
    ConnectOptions,
    sqlx::{
        self, ConnectOptions as _, Connection as _,
        sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous},
    },
};

use super::open_file::OpenFile;
use crate::{error::Result, settings::Settings};

/// Older versions can corrupt a database in WAL mode (fixed in 3.51.3, <https://www.sqlite.org/wal.html>).
const OLDEST_SAFE_VERSION: (u32, u32, u32) = (3, 51, 3);

/// What a connection may do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// One of many; `query_only`.
    Reader,
    /// Rebuilds tables, so foreign keys are not enforced meanwhile.
    Migrator,
}

/// Options of a pool of readers for the file that is already open; each connection is verified to be to that file.
pub(crate) fn readers(open: Arc<OpenFile>, settings: &Settings) -> ConnectOptions {
    let mut options = file(open.path(), Role::Reader, settings);
    options.map_sqlx_sqlite_pool_opts(move |pool| {
        let open = Arc::clone(&open);
        pool.after_connect(move |connection, _| {
            let open = Arc::clone(&open);
            Box::pin(async move {
                check(connection, Role::Reader).await?;
                // If another file has its name, the log would belong to that one.
                open.check().map_err(|error| sqlx::Error::Io(io::Error::other(error)))
            })
        })
    });
    options
}

/// Options of a pool for the file at `path`.
pub(crate) fn file(path: &Path, role: Role, settings: &Settings) -> ConnectOptions {
    let connect = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(role != Role::Reader)
        .journal_mode(SqliteJournalMode::Wal)
        // At NORMAL a power failure loses acknowledged writes.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(role != Role::Migrator)
        .busy_timeout(settings.busy_timeout)
        .pragma("journal_size_limit", "67108864")
        .pragma(
            "cache_size",
            format!("-{}", if role == Role::Reader { 2048 } else { settings.writer_cache_kib }),
        )
        .pragma("query_only", if role == Role::Reader { "on" } else { "off" })
        .disable_statement_logging();
    let mut options = ConnectOptions::new("sqlite::memory:");
    options
        .map_sqlx_sqlite_opts(move |_| connect.clone())
        .max_connections(if role == Role::Reader { settings.pool } else { 1 })
        .acquire_timeout(settings.acquire_timeout)
        .idle_timeout(None)
        .max_lifetime(None)
        // The check below pings as well.
        .test_before_acquire(false)
        .map_sqlx_sqlite_before_acquire(|connection, _| {
            Box::pin(async move {
                // After SQLITE_FULL at COMMIT sqlx treats the transaction as open for ever, and each later BEGIN IMMEDIATE
                // fails; such a connection is discarded.
                connection.ping().await?;
                Ok(!connection.is_in_transaction())
            })
        })
        .map_sqlx_sqlite_pool_opts(move |pool| {
            pool.after_connect(move |connection, _| Box::pin(check(connection, role)))
        });
    options
}

/// Options of the one connection that holds an in-memory database.
pub(crate) fn memory(settings: &Settings) -> ConnectOptions {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options
        .map_sqlx_sqlite_opts(|options| options.foreign_keys(true).disable_statement_logging())
        .min_connections(1)
        .max_connections(1)
        // A request that is dropped during the check would take the connection, and with it the database, along.
        .test_before_acquire(false)
        .acquire_timeout(settings.acquire_timeout)
        .idle_timeout(None)
        .max_lifetime(None);
    options
}

/// Options of the one connection to a file that may be lost at any moment.
pub(crate) fn scratch(path: &Path) -> ConnectOptions {
    let connect = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Memory)
        .synchronous(SqliteSynchronous::Off)
        .disable_statement_logging();
    let mut options = ConnectOptions::new("sqlite::memory:");
    options
        .map_sqlx_sqlite_opts(move |_| connect.clone())
        .max_connections(1)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None);
    options
}

/// Reads every page, on a separate connection with an empty cache, and reports whether SQLite finds nothing wrong.
pub(crate) fn is_sound(path: &Path) -> Result<bool> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = rusqlite::Connection::open_with_flags(path, flags)?;
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok(found == "ok")
}

/// Reads back the settings: SQLite silently ignores a pragma that it cannot apply.
async fn check(
    connection: &mut SqliteConnection,
    role: Role,
) -> std::result::Result<(), sqlx::Error> {
    let version: String =
        sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&mut *connection).await?;
    if parse_version(&version) < OLDEST_SAFE_VERSION {
        return Err(refused(format!(
            "SQLite {version} can corrupt a database in WAL mode, 3.51.3 or newer is needed"
        )));
    }
    let journal: String =
        sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *connection).await?;
    if journal != "wal" {
        return Err(refused(format!("journal_mode is `{journal}`, expected `wal`")));
    }
    for (pragma, expected) in [
        ("PRAGMA synchronous", 2),
        ("PRAGMA foreign_keys", i64::from(role != Role::Migrator)),
        ("PRAGMA query_only", i64::from(role == Role::Reader)),
    ] {
        let found: i64 = sqlx::query_scalar(pragma).fetch_one(&mut *connection).await?;
        if found != expected {
            return Err(refused(format!("{pragma} is {found}, expected {expected}")));
        }
    }
    Ok(())
}

fn refused(why: String) -> sqlx::Error {
    sqlx::Error::Configuration(why.into())
}

fn parse_version(version: &str) -> (u32, u32, u32) {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    (next(), next(), next())
}
