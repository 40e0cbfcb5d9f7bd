//! Upgrades of the schema: under a lock, after a backup, and only explicitly on a shared server.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result, anyhow, bail, ensure};
use migration::sea_revise::{
    self, Status, Target, UpgradeOptions,
    project::Checked,
    runtime::{Backup, Event, Report, backup},
};
use service::{
    Location, Settings,
    database::{Connection, FileLock, LockError, connect_to_migrate, is_full, resolution},
};

/// The names of a server and an import in the lock of a file.
pub const SERVER: &str = "bookplate serve";
pub const IMPORT: &str = "bookplate import";

/// The latest revision known to this program.
pub fn head() -> String {
    migration::revise().head().unwrap_or_default()
}

/// Locks a SQLite file for this process; databases in memory or on a server need no lock.
///
/// # Errors
/// When another process holds the lock, or the directory does not exist or cannot be written.
pub fn claim(location: &Location, holder: &str) -> Result<Option<FileLock>> {
    let Location::File(path) = location else { return Ok(None) };
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    if let Some(directory) = directory {
        ensure!(
            directory.is_dir(),
            "the directory `{}` of the database does not exist; create it, or name another one in DATABASE_URL",
            directory.display()
        );
    }
    ensure!(
        !path.is_dir(),
        "`{}` is a directory, expected a file; name one in DATABASE_URL",
        path.display()
    );
    if path.exists() {
        // SQLite would silently open it for reading, and fail at the first change.
        let opened = std::fs::OpenOptions::new().write(true).open(path);
        opened.map_err(|error| {
            let advice = resolution(&error);
            anyhow!("cannot write `{}`, the database: {error}; {advice}", path.display())
        })?;
    }
    Ok(Some(FileLock::take(path, holder)?))
}

/// Upgrades a SQLite file of our own to the latest revision, or verifies that a server's database has it.
///
/// # Errors
/// When a server's database is outdated: it must be upgraded manually. When the schema history does not belong to this program.
pub async fn prepare(location: &Location, settings: &Settings) -> Result<()> {
    if let Location::File(path) = location {
        remove_partial_backups(path);
    }
    let connection = connect(location, settings).await?;
    let Status { pending, missing, unfinished, .. } = status(&connection, location).await?;
    match location {
        // No comparison and no replay if there is nothing to do: startup has to be fast.
        _ if pending.is_empty() && missing.is_empty() && unfinished.is_none() => {}
        Location::Postgres(_) if missing.is_empty() && !pending.is_empty() => bail!(
            "the schema of {location} lacks {} of this program's revisions; run `bookplate db upgrade` once, then start again",
            pending.len()
        ),
        // On a server only the case that the engine refuses is left.
        _ => upgrade(&connection, location).await?,
    }
    connection.close().await.context("the schema's connection cannot be closed")
}

/// Removes what a process left that was killed while it copied the file; the caller holds the lock. A failure does not prevent
/// startup.
fn remove_partial_backups(path: &Path) {
    match backup::remove_partial(path) {
        Ok(removed) => {
            for file in removed {
                log::info!("`{}` is an incomplete backup and was removed", file.display());
            }
        }
        Err(error) => log::warn!("{error}"),
    }
}

/// As [`prepare`], for a command that may run while a server is running: with a `claim` an older file is upgraded, without one
/// it has to be up to date.
///
/// # Errors
/// As [`prepare`], and when a file has to be upgraded that a server has locked.
pub async fn prepare_to_use(
    location: &Location,
    settings: &Settings,
    claim: Option<&FileLock>,
) -> Result<()> {
    match (location, claim) {
        (Location::File(_), None) => expect_head(location, settings).await,
        _ => prepare(location, settings).await,
    }
}

/// Prevents schema changes while a command writes. A server that has locked the file already does that.
///
/// # Errors
/// When the schema is being changed right now.
pub fn claim_to_write(location: &Location, holder: &str) -> Result<Option<FileLock>> {
    match claim(location, holder) {
        Err(error) if error.downcast_ref::<LockError>().is_some_and(held_by_user) => Ok(None),
        claim => claim,
    }
}

/// Whether the holder only uses the file, as a server and an import do, and does not change its schema.
fn held_by_user(error: &LockError) -> bool {
    matches!(error, LockError::Held { holder, .. } if uses_file(holder))
}

/// As [`held_by_user`], given what the holder wrote about itself.
fn uses_file(holder: &str) -> bool {
    [SERVER, IMPORT].iter().any(|user| holder.contains(user))
}

/// Checks that the schema has the latest revision, and changes nothing.
///
/// # Errors
/// When the database does not exist or is outdated.
pub async fn expect_head(location: &Location, settings: &Settings) -> Result<()> {
    if let Location::File(path) = location {
        ensure!(
            path.exists(),
            "the file `{}` does not exist; `bookplate serve` or `bookplate db upgrade` creates it",
            path.display()
        );
    }
    let connection = connect(location, settings).await?;
    let status = status(&connection, location).await?;
    connection.close().await.context("the schema's connection cannot be closed")?;
    let missing = status.pending.len();
    let history = Checked::from(status).verdict();
    match history {
        Ok(()) => Ok(()),
        Err(sea_revise::Error::Pending(_)) => bail!(
            "the schema of {location} lacks {missing} of this program's revisions; run `bookplate db upgrade`"
        ),
        Err(error) => Err(anyhow!("the schema of {location} is not this program's: {error}")),
    }
}

/// Opens the connection for schema changes.
pub async fn connect(location: &Location, settings: &Settings) -> Result<Connection> {
    connect_to_migrate(location, settings).await.map_err(|error| {
        let is_full = is_full(&error);
        let error = anyhow::Error::new(error);
        let error =
            if is_full { error.context("the disk is full: free some space") } else { error };
        error.context(cannot_open(location))
    })
}

/// The status of the database in the schema history. Writes nothing.
async fn status(connection: &Connection, location: &Location) -> Result<Status> {
    let status = migration::revise().status(connection).await;
    status.with_context(|| format!("cannot read the schema of {location}"))
}

/// Applies the missing revisions. A SQLite file that already has a schema is copied first, so a revision may drop data without
/// confirmation.
///
/// # Errors
/// When the history does not belong to this program, or a revision fails; the database is as it was before that revision.
pub async fn upgrade(connection: &Connection, location: &Location) -> Result<()> {
    let target = match location {
        Location::Memory => Target::Memory,
        Location::File(path) => Target::File(path.clone()),
        Location::Postgres(url) => Target::Postgres(url.clone()),
    };
    let options = UpgradeOptions {
        backup: Backup::Always,
        allow_data_loss: true,
        report: report(),
        ..UpgradeOptions::default()
    };
    let revise = migration::revise().program("bookplate db");
    let applied = revise.upgrade_at(connection, &target, &options).await;
    let applied = applied
        .with_context(|| format!("the schema of {location} could not be brought up to date"))?;
    log::info!("{location}: {} revisions applied", applied.len());
    Ok(())
}

/// Logs the events of the engine.
fn report() -> Report {
    Arc::new(|event| match event {
        Event::Waiting(holder) => log::info!("waiting for {holder}, which changes the schema"),
        Event::BackedUp(copy) => {
            log::info!("the database before this change is saved as `{}`", copy.display());
        }
        Event::Begun { .. } => {}
        Event::Statement(sql) => log::debug!("{sql}"),
        Event::Retrying { revision, attempts } => {
            log::warn!("`{revision}` did not get its locks (attempt {attempts}), trying again");
        }
        Event::Done { revision, duration, .. } => {
            log::info!("applied {revision} in {} ms", duration.as_millis());
        }
        Event::Filled { revision, table, changed, .. } => {
            log::info!("{revision}: {changed} rows of {table} changed so far");
        }
        Event::Seeded { seed, duration } => {
            log::info!("seeded {seed} in {} ms", duration.as_millis());
        }
        Event::Warning(warning) => log::warn!("{warning}"),
        other => log::info!("{other:?}"),
    })
}

/// The location that could not be opened.
pub fn cannot_open(location: &Location) -> String {
    format!("cannot open {location}")
}
