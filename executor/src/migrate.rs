//! Connections of the driver, for what the rest of the crate does not do: migrations, and files that may be lost.

use std::{path::Path, time::Duration};

use sea_orm::{Database, DatabaseConnection, DbErr};

use crate::{
    error::{Error, Result},
    location::Location,
    postgres,
    settings::Settings,
    sqlite::{self, Role},
};

/// Opens a temporary SQLite file that no other process uses and that may be lost.
///
/// # Errors
/// When it cannot be created or opened.
pub async fn scratch(path: &Path) -> Result<DatabaseConnection> {
    sqlite::private::make(path).map_err(Error::internal)?;
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

/// Refuses a file of several names, each of which would have its own log.
pub(crate) fn expect_one_name(path: &Path) -> std::result::Result<(), DbErr> {
    sqlite::lock::expect_one_name(path).map_err(|error| DbErr::Custom(error.to_string()))
}
