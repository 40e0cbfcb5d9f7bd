//! A copy of a SQLite file, whole, beside it, under a name that was never used.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::error::{Error, Result};

/// When an upgrade copies a SQLite file first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backup {
    /// When rows or values would be lost.
    #[default]
    WhenLosing,
    /// Whenever something changes.
    Always,
    /// Never.
    Never,
}

/// Copies the database of `db`, which lives at `path`, and answers where to. `label` becomes part of the name.
///
/// # Errors
/// When the directory cannot be written; nothing is left there then.
pub async fn copy<C: ConnectionTrait>(db: &C, path: &Path, label: &str) -> Result<PathBuf> {
    let time = chrono::Utc::now().format("%Y%m%dT%H%M%S%.3fZ");
    let beside = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{label}.{time}{ending}"));
        PathBuf::from(name)
    };
    let (partial, target) = (beside(".backup.partial"), beside(".backup"));
    if target.exists() {
        return Err(Error::Stopped(format!(
            "the backup `{}` exists already; try again",
            target.display()
        )));
    }
    let cannot = || format!("cannot back `{}` up to `{}`", path.display(), target.display());
    let name = partial.to_string_lossy().into_owned();
    let statement =
        Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO ?", [name.into()]);
    let copied = async {
        db.execute_raw(statement).await.map_err(Error::database(cannot()))?;
        File::open(&partial).and_then(|file| file.sync_all()).map_err(Error::file(cannot()))?;
        fs::rename(&partial, &target).map_err(Error::file(cannot()))?;
        let directory = target.parent().filter(|directory| !directory.as_os_str().is_empty());
        let directory = File::open(directory.unwrap_or(Path::new(".")));
        directory.and_then(|directory| directory.sync_all()).map_err(Error::file(cannot()))
    };
    match copied.await {
        Ok(()) => Ok(target),
        Err(error) => {
            // What is there of it is of no use to anybody.
            drop(fs::remove_file(&partial));
            Err(error)
        }
    }
}
