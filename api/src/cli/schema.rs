//! The schema on the way up: under a lock, behind a backup, and never by surprise on a shared server.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use migration::{Migrator, MigratorTrait};
use service::{
    ConnectionTrait, DbBackend, Location, Settings, backup,
    database::{Connection, FileLock, LockError, connect_to_migrate},
};

/// How a server and an import name themselves in the lock of a file.
pub const SERVER: &str = "bookplate serve";
pub const IMPORT: &str = "bookplate import";

/// The newest revision that this program knows.
pub fn head() -> String {
    let files = Migrator::get_migration_files();
    files.last().map(|newest| newest.name().to_owned()).unwrap_or_default()
}

/// Claims a SQLite file for this process; a database in memory or on a server needs no claim.
///
/// # Errors
/// When another process has it, or its directory does not exist or cannot be written.
pub fn claim(location: &Location, holder: &str) -> Result<Option<FileLock>> {
    let Location::File(path) = location else { return Ok(None) };
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    if let Some(directory) = directory {
        ensure!(
            directory.is_dir(),
            "the directory `{}` of the database does not exist; make it, or name another one in DATABASE_URL",
            directory.display()
        );
    }
    ensure!(
        !path.is_dir(),
        "`{}` is a directory, expected a file; name one in DATABASE_URL",
        path.display()
    );
    if path.exists() {
        // SQLite would open it for reading without a word, and fail at the first change.
        let opened = std::fs::OpenOptions::new().write(true).open(path);
        opened.with_context(|| format!("cannot write `{}`, the database", path.display()))?;
    }
    Ok(Some(FileLock::take(path, holder)?))
}

/// Brings an own SQLite file to the newest revision, or finds a server's database there already.
///
/// # Errors
/// When a server's database is behind: then it is for a person to upgrade it.
pub async fn prepare(location: &Location, settings: &Settings) -> Result<()> {
    let connection = connect(location, settings).await?;
    let pending = pending(&connection, location).await?;
    match location {
        _ if pending == 0 => {}
        Location::Postgres(_) => bail!(
            "the schema of {location} lacks {pending} of this program's revisions; run `bookplate db upgrade` once, then start again"
        ),
        Location::File(_) | Location::Memory => {
            upgrade_to(&connection, location, None).await?;
        }
    }
    connection.close().await.context("the schema's connection cannot be closed")
}

/// As [`prepare`], for a command that may run beside a server: with a `claim` an older file is upgraded, without one
/// it has to be up to date.
///
/// # Errors
/// As [`prepare`], and when a file has to be upgraded that a server holds.
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

/// Keeps changes of the schema away for as long as a command writes. A server that has the file does that already.
///
/// # Errors
/// When the schema is being changed at this moment.
pub fn claim_to_write(location: &Location, holder: &str) -> Result<Option<FileLock>> {
    match claim(location, holder) {
        Err(error) if error.downcast_ref::<LockError>().is_some_and(held_by_user) => Ok(None),
        claim => claim,
    }
}

/// Whether the holder uses the file, as a server and an import do, and does not change its schema.
fn held_by_user(error: &LockError) -> bool {
    matches!(error, LockError::Held { holder, .. } if [SERVER, IMPORT].iter().any(|user| holder.contains(user)))
}

/// Finds the schema at the newest revision, and changes nothing.
///
/// # Errors
/// When the database does not exist or is behind.
pub async fn expect_head(location: &Location, settings: &Settings) -> Result<()> {
    if let Location::File(path) = location {
        ensure!(
            path.exists(),
            "the file `{}` does not exist; `bookplate serve` or `bookplate db upgrade` creates it",
            path.display()
        );
    }
    let connection = connect(location, settings).await?;
    let missing = pending(&connection, location).await?;
    connection.close().await.context("the schema's connection cannot be closed")?;
    ensure!(
        missing == 0,
        "the schema of {location} lacks {missing} of this program's revisions; run `bookplate db upgrade`"
    );
    Ok(())
}

/// Opens the connection for changes of the schema.
pub async fn connect(location: &Location, settings: &Settings) -> Result<Connection> {
    connect_to_migrate(location, settings).await.with_context(|| cannot_open(location))
}

/// How many revisions are missing. Writes nothing.
pub async fn pending(connection: &Connection, location: &Location) -> Result<usize> {
    let pending = Migrator::get_pending_migrations_read_only(connection)
        .await
        .with_context(|| format!("cannot read the schema of {location}"))?;
    Ok(pending.len())
}

/// Applies `steps` revisions or all; a SQLite file that holds a schema already is copied first. Returns how many.
pub async fn upgrade_to(
    connection: &Connection,
    location: &Location,
    steps: Option<u32>,
) -> Result<usize> {
    wait_for_others(connection).await?;
    let before = pending(connection, location).await?;
    if before == 0 {
        return Ok(0);
    }
    if let Location::File(path) = location {
        back_up(connection, path).await?;
    }
    let applied = Migrator::up(connection, steps).await;
    applied.with_context(|| format!("the schema of {location} could not be upgraded; it is as it was before the failed revision"))?;
    let done = before - pending(connection, location).await?;
    log::info!("{location}: {done} revisions applied");
    Ok(done)
}

/// Takes back `steps` revisions or all; a SQLite file is copied first. Returns how many.
pub async fn downgrade(
    connection: &Connection,
    location: &Location,
    steps: Option<u32>,
) -> Result<usize> {
    wait_for_others(connection).await?;
    let before = pending(connection, location).await?;
    if let Location::File(path) = location {
        back_up(connection, path).await?;
    }
    let done = Migrator::down(connection, steps).await;
    done.with_context(|| format!("the schema of {location} could not be downgraded; it is as it was before the failed revision"))?;
    Ok(pending(connection, location).await? - before)
}

/// Lets one process at a time change a server's schema; a SQLite file is claimed instead. Ends with the connection.
async fn wait_for_others(connection: &Connection) -> Result<()> {
    if connection.get_database_backend() == DbBackend::Postgres {
        // The key is the word `bookplate` in ASCII, cut to what fits. Waiting is no lock that times out.
        let lock = "SET lock_timeout = 0; SELECT pg_advisory_lock(x'626F6F6B706C6174'::bigint); RESET lock_timeout";
        connection.execute_unprepared(lock).await.context("cannot wait for other upgrades")?;
    }
    Ok(())
}

/// Copies the file beside itself, under a name that was never used: an older copy may be the only one of something.
async fn back_up(connection: &Connection, path: &Path) -> Result<()> {
    let applied = Migrator::get_applied_migrations_read_only(connection).await?;
    let Some(newest) = applied.last() else { return Ok(()) };
    let time = chrono::Utc::now().format("%Y%m%dT%H%M%S%.3fZ");
    let mut target = path.as_os_str().to_owned();
    target.push(format!(".{}.{time}.backup", newest.name()));
    let target = Path::new(&target);
    ensure!(!target.exists(), "the backup `{}` exists already; try again", target.display());
    backup::copy(connection, target).await?;
    log::info!("the database before this change is kept as `{}`", target.display());
    Ok(())
}

/// What could not be opened, and what to look at.
pub fn cannot_open(location: &Location) -> String {
    match location {
        Location::Postgres(_) => {
            format!("cannot open {location}; look whether the server runs and lets this user in")
        }
        Location::File(_) | Location::Memory => format!("cannot open {location}"),
    }
}
