//! One server a SQLite file: a lock of the operating system, which ends with the process that holds it.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use super::private::MODE;

/// Held for as long as the value lives; the file beside the database stays and is empty afterwards.
#[derive(Debug)]
pub struct FileLock {
    file: File,
}

/// Why a SQLite file could not be claimed.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds it.
    #[error("`{}` is in use by {holder}; stop that one, or name another file in DATABASE_URL", .database.display())]
    Held {
        /// The database file.
        database: PathBuf,
        /// What the holder wrote about itself.
        holder: String,
    },
    /// Another name leads to the same file, whose lock and log would be others.
    #[error(
        "`{}` has {names} names (hard links), and SQLite would keep a log for each; remove the others (`find . -samefile '{}'` lists \
         them), or make a copy (`cp`) and name that in DATABASE_URL", .database.display(), .database.display()
    )]
    Linked {
        /// The database file.
        database: PathBuf,
        /// How many there are.
        names: u64,
    },
    /// The lock file could not be made.
    #[error("cannot make the lock file `{}`: {source}; {}", .path.display(), resolution(.source))]
    Io {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl FileLock {
    /// Claims `database` and leaves a line about the caller (`holder`) for the next one to read.
    ///
    /// # Errors
    /// [`LockError::Held`] when another process has it, [`LockError::Linked`] for a file of several names, [`LockError::Io`] when
    /// the directory cannot be written.
    pub fn take(database: &Path, holder: &str) -> Result<Self, LockError> {
        if let Ok(about) = database.metadata()
            && about.nlink() > 1
        {
            return Err(LockError::Linked { database: database.to_owned(), names: about.nlink() });
        }
        let path = lock_path(database);
        let io = |source| LockError::Io { path: path.clone(), source };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(MODE)
            .open(&path)
            .map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::Error(source)) => return Err(io(source)),
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                file.read_to_string(&mut holder).map_err(io)?;
                let holder = match holder.trim() {
                    "" => "a process that is just starting".to_owned(),
                    line => line.to_owned(),
                };
                return Err(LockError::Held { database: database.to_owned(), holder });
            }
        }
        file.set_len(0).map_err(io)?;
        file.rewind().map_err(io)?;
        // At once, so that nobody reads the half of it.
        let line = format!("process {}, {holder}\n", std::process::id());
        file.write_all(line.as_bytes()).map_err(io)?;
        Ok(Self { file })
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // Only the courtesy to the next reader; the lock itself ends when the file closes.
        drop(self.file.set_len(0));
    }
}

/// What can be done about a file that cannot be made or written.
pub fn resolution(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "the disk is full: free some space, or name a file on another one in DATABASE_URL"
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            "its file system is read-only: remount it for writing, or name a file on another one in DATABASE_URL"
        }
        io::ErrorKind::PermissionDenied => {
            "let this user write it and its directory, or name another file in DATABASE_URL"
        }
        _ => "make its directory writable or name another one in DATABASE_URL",
    }
}

/// Beside the file that a link points at, so that two names of one database meet at one lock.
fn lock_path(database: &Path) -> PathBuf {
    let real = database.canonicalize().unwrap_or_else(|_| database.to_owned());
    let mut name = real.into_os_string();
    name.push(".lock");
    name.into()
}
