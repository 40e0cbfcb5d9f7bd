//! Copies of a SQLite file: whole, of one moment, under their final name only when they are complete.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};

/// Why a copy was not made.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// SQLite could not write it.
    #[error("the backup `{}` could not be made", .path.display())]
    Database {
        /// Where it was to be.
        path: PathBuf,
        /// The cause.
        #[source]
        source: DbErr,
    },
    /// The system could not write it.
    #[error("the backup `{}` could not be written", .path.display())]
    Io {
        /// Where it was to be.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

/// Copies the database on `from` to `target`: into a temporary file beside it, to the disk, then under its name.
///
/// # Errors
/// [`BackupError`]; `target` is then as it was.
pub async fn copy(from: &DatabaseConnection, target: &Path) -> Result<(), BackupError> {
    let mut partial = target.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let io = |source| BackupError::Io { path: target.to_owned(), source };
    if let Err(error) = fs::remove_file(&partial)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(io(error));
    }
    let path = partial.to_string_lossy().into_owned();
    let statement =
        Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO ?", [path.into()]);
    from.execute_raw(statement)
        .await
        .map_err(|source| BackupError::Database { path: target.to_owned(), source })?;
    File::open(&partial).and_then(|file| file.sync_all()).map_err(io)?;
    fs::rename(&partial, target).map_err(io)?;
    let directory =
        target.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(io)
}
