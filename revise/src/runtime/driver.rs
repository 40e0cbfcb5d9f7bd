//! Connections as the engine needs them: one at a time, without limits of time, on SQLite with foreign keys off.
//!
//! The driver of each database is a feature of this crate. Without it there is the model, the statements and the command line for
//! that database, and no connection.

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::{path::Path, time::Duration};

use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr};

use crate::{
    error::Result,
    runtime::{session::Use, target::Target},
};

/// How long a server may take to let us in: one that is not there is not there in half a minute either.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the pool tries before the reason is asked for.
const PROMPT: Duration = Duration::from_millis(500);

/// The options for a database.
///
/// # Errors
/// Where no file can be, for a URL that cannot be read, and without the feature.
pub(super) fn options(target: &Target, purpose: Use) -> Result<ConnectOptions> {
    match target {
        Target::Memory => Ok(memory()),
        Target::File(path) => file(path, purpose),
        Target::Postgres(url) => server(url, None),
    }
}

/// The options for another database on the server of a URL, which lets us in at once or not at all.
///
/// # Errors
/// As [`options`].
pub(super) fn scratch(url: &str, database: &str) -> Result<ConnectOptions> {
    let mut options = server(url, Some(database))?;
    options.acquire_timeout(PROMPT * 4);
    Ok(options)
}

/// A database in memory, which is its one connection.
pub(crate) fn memory() -> ConnectOptions {
    let mut options = alone("sqlite::memory:");
    options.min_connections(1);
    #[cfg(feature = "sqlite")]
    sqlite::without_keys(&mut options);
    options
}

#[cfg(feature = "sqlite")]
fn file(path: &Path, purpose: Use) -> Result<ConnectOptions> {
    sqlite::file(path, purpose)
}

#[cfg(not(feature = "sqlite"))]
fn file(_: &Path, _: Use) -> Result<ConnectOptions> {
    Err(absent("SQLite", "sqlite"))
}

#[cfg(feature = "postgres")]
fn server(url: &str, database: Option<&str>) -> Result<ConnectOptions> {
    postgres::server(url, database)
}

#[cfg(not(feature = "postgres"))]
fn server(_: &str, _: Option<&str>) -> Result<ConnectOptions> {
    Err(absent("PostgreSQL", "postgres"))
}

#[cfg(not(all(feature = "sqlite", feature = "postgres")))]
fn absent(database: &str, feature: &str) -> crate::error::Error {
    crate::error::Error::Usage(format!(
        "this program was built without {database}; add the feature `{feature}` of `sea-revise` to its Cargo.toml"
    ))
}

/// Connects, and names what keeps a server from being used: a pool tries again while a server refuses, and says only that its time
/// was up.
pub(super) async fn connect(
    options: ConnectOptions,
    target: &Target,
) -> Result<DatabaseConnection, DbErr> {
    let connecting = Database::connect(options.clone());
    let Target::Postgres(url) = target else { return connecting.await };
    if let Ok(connected) = tokio::time::timeout(PROMPT, connecting).await {
        return connected;
    }
    expect_server(url).await?;
    Database::connect(options).await
}

#[cfg(feature = "postgres")]
async fn expect_server(url: &str) -> Result<(), DbErr> {
    postgres::expect_server(url).await
}

#[cfg(not(feature = "postgres"))]
async fn expect_server(_: &str) -> Result<(), DbErr> {
    Ok(())
}

fn alone(url: &str) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(1)
        .acquire_timeout(PATIENCE)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .sqlx_logging(false);
    options
}
