//! Allows one server per SQLite file: a lock of the operating system, which ends with the process that holds it.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use super::private::MODE;

/// Held for as long as the value lives; the lock file next to the database stays and is empty afterwards.
#[derive(Debug)]
pub struct FileLock {
    file: File,
}

/// Why a SQLite file could not be locked.
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
    /// Another name leads to the same file, with a different lock and log.
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
    /// The lock file could not be created.
    #[error("cannot make the lock file `{}`: {source}; {}", .path.display(), resolution(.source))]
    Io {
        /// The lock file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
}

impl FileLock {
    /// Locks `database` and writes a line about the caller (`holder`) into the lock file for other processes to read.
    ///
    /// # Errors
    /// [`LockError::Held`] when another process has it, [`LockError::Linked`] for a file of several names, [`LockError::Io`] when
    /// the directory cannot be written.
    pub fn take(database: &Path, holder: &str) -> Result<Self, LockError> {
        expect_one_name(database)?;
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
        // In one write, so that no process reads half of it.
        let line = format!("process {}, {holder}\n", std::process::id());
        file.write_all(line.as_bytes()).map_err(io)?;
        Ok(Self { file })
    }
}

/// # Errors
/// [`LockError::Linked`] for a file of several names; also for reading, since the log of another name has rows that this one lacks.
pub fn expect_one_name(database: &Path) -> Result<(), LockError> {
    match database.metadata() {
        Ok(about) if about.nlink() > 1 => {
            Err(LockError::Linked { database: database.to_owned(), names: about.nlink() })
        }
        _ => Ok(()),
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // Only informs the next reader; the lock itself ends when the file is closed.
        drop(self.file.set_len(0));
    }
}

/// What to do about a file that cannot be created or written.
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

/// Next to the target of a link, so that two names of one database share one lock.
fn lock_path(database: &Path) -> PathBuf {
    let real = database.canonicalize().unwrap_or_else(|_| database.to_owned());
    let mut name = real.into_os_string();
    name.push(".lock");
    name.into()
}
