//! A complete copy of a SQLite file, next to it, under a name that was never used.

use std::{
    fs::{self, File, OpenOptions},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::error::{Error, Result};

/// When an upgrade copies a SQLite file first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Backup {
    /// When rows or values would be lost.
    #[default]
    WhenLosing,
    /// Whenever something changes.
    Always,
    /// Never.
    Never,
}

/// What a copy is called until it is whole, and the journal that SQLite has next to it.
const PARTIAL: &str = ".backup.partial";
const JOURNAL: &str = ".backup.partial-journal";

/// Removes what processes left that were killed while they copied the database at `path`: call it under a lock that keeps others
/// from copying it. Whole copies stay, and so does every file whose name [`copy`] would not give.
///
/// # Errors
/// When the directory cannot be read, or such a file cannot be removed.
pub fn remove_partial(path: &Path) -> Result<Vec<PathBuf>> {
    let cannot =
        |path: &Path| Error::file(format!("cannot remove partial backups of `{}`", path.display()));
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return Ok(Vec::new()) };
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    let mut removed = Vec::new();
    for entry in fs::read_dir(directory.unwrap_or(Path::new("."))).map_err(cannot(path))? {
        let entry = entry.map_err(cannot(path))?;
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        let is_partial = entry.file_name().to_str().is_some_and(|file| is_partial(file, name));
        if is_file && is_partial {
            fs::remove_file(entry.path()).map_err(cannot(&entry.path()))?;
            removed.push(entry.path());
        }
    }
    Ok(removed)
}

/// Whether `file` is `DATABASE.LABEL.TIME.backup.partial`, or the journal of it.
fn is_partial(file: &str, database: &str) -> bool {
    let parts = || {
        let rest = file.strip_prefix(database)?.strip_prefix('.')?;
        let rest = rest.strip_suffix(PARTIAL).or_else(|| rest.strip_suffix(JOURNAL))?;
        // The time has a point before its milliseconds.
        let (rest, thousandths) = rest.rsplit_once('.')?;
        let (label, seconds) = rest.rsplit_once('.')?;
        Some((label, seconds, thousandths))
    };
    let is_like = |text: &str, pattern: &str| {
        let fits = |(byte, like): (u8, u8)| {
            if like == b'0' { byte.is_ascii_digit() } else { byte == like }
        };
        text.len() == pattern.len() && text.bytes().zip(pattern.bytes()).all(fits)
    };
    parts().is_some_and(|(label, seconds, thousandths)| {
        !label.is_empty() && is_like(seconds, "00000000T000000") && is_like(thousandths, "000Z")
    })
}

/// Copies the database of `db`, which lives at `path`, and answers where to. `label` becomes part of the name.
///
/// # Errors
/// When the directory cannot be written; nothing is left there then.
pub async fn copy<C: ConnectionTrait>(db: &C, path: &Path, label: &str) -> Result<PathBuf> {
    let time = chrono::Utc::now().format("%Y%m%dT%H%M%S%.3fZ");
    // A migration may be called anything.
    let plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.');
    let label: String =
        label.chars().take(100).map(|letter| if plain(letter) { letter } else { '_' }).collect();
    let sibling = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{label}.{time}{ending}"));
        PathBuf::from(name)
    };
    let (partial, target) = (sibling(PARTIAL), sibling(".backup"));
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
        // SQLite writes into a file that is empty, and would make one that everybody may read.
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial);
        made.map_err(Error::file(cannot()))?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_killed_backup_left_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let time = "20261129T064500.123Z";
        let left = ["", "-journal"].map(|end| format!("b.db.m1_x.{time}.backup.partial{end}"));
        let stay = [
            "b.db".to_owned(),
            format!("b.db.m1_x.{time}.backup"),
            format!("b.db.m1_x.{time}.backup-journal"),
            format!("other.db.m1_x.{time}.backup.partial"),
            format!("xb.db.m1_x.{time}.backup.partial"),
            format!("b.db.{time}.backup.partial"),
            format!("b.db.m1_x.{time}.backup.partial.txt"),
            "b.db.m1_x.20261129T064500Z.backup.partial".to_owned(),
            "b.db.backup.partial".to_owned(),
            "b.db.notes.backup.partial".to_owned(),
        ];
        for name in left.iter().chain(&stay) {
            fs::write(folder.path().join(name), name).unwrap();
        }
        let directory = format!("b.db.m2.{time}.backup.partial");
        fs::create_dir(folder.path().join(&directory)).unwrap();
        let mut removed = remove_partial(&folder.path().join("b.db")).unwrap();
        removed.sort();
        assert_eq!(removed, left.map(|name| folder.path().join(name)));
        for name in stay.iter().chain([&directory]) {
            assert!(folder.path().join(name).exists(), "{name}");
        }
    }
}
