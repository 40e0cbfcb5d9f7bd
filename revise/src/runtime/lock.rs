//! One process at a time changes a schema. The lock ends with the process that holds it, however that ends.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use tokio::sync::{Mutex, MutexGuard};

use crate::{
    error::{Error, Result},
    runtime::{
        session::{Session, Use},
        target::Target,
    },
};

/// The key of the advisory lock: `sea_revi` in ASCII.
const KEY: i64 = 0x7365_615f_7265_7669;

/// How often a file is looked at that another process has.
pub(crate) const PAUSE: Duration = Duration::from_millis(20);

/// What is called when there is something to wait for.
type Waiting<'a> = &'a (dyn Fn(&str) + Sync);

/// Held for as long as the value lives.
pub(crate) enum Lock {
    /// A database in memory has no other process; in this one all of them share a lock.
    Memory(MutexGuard<'static, ()>),
    /// A lock of the operating system on a file next to the database.
    File(FileLock),
    /// A session of its own that holds the advisory lock.
    Server(Session),
}

impl Lock {
    /// Waits for the lock, at most for `patience`. `wait` is called once when there is something to wait for, with
    /// what is known about the holder.
    ///
    /// # Errors
    /// [`Error::Locked`] when it is not free in time.
    pub async fn take(target: &Target, patience: Duration, wait: Waiting<'_>) -> Result<Self> {
        match target {
            Target::Memory => in_memory(patience).await,
            Target::File(path) => on_file(path, patience, wait).await,
            Target::Postgres(_) => on_server(target, patience, wait).await,
        }
    }

    /// Gives it back.
    pub async fn release(self) {
        match self {
            Self::Memory(lock) => drop(lock),
            Self::File(lock) => drop(lock),
            Self::Server(session) => session.close().await,
        }
    }
}

/// A lock of the operating system on a file, which ends with the process that holds it.
pub(crate) struct FileLock(File);

impl FileLock {
    /// Takes it and writes `words` about this process into it, or answers what the holder wrote about itself.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn attempt(path: &Path, words: &str) -> Result<Result<Self, String>> {
        let cannot = || Error::file(format!("cannot make the lock file `{}`", path.display()));
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(path).map_err(cannot())?;
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0).map_err(cannot())?;
                file.rewind().map_err(cannot())?;
                // In one call, so that no reader sees half of it.
                let line = format!("process {}{words}\n", std::process::id());
                file.write_all(line.as_bytes()).map_err(cannot())?;
                Ok(Ok(Self(file)))
            }
            Err(TryLockError::Error(error)) => Err(cannot()(error)),
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                file.read_to_string(&mut holder).map_err(cannot())?;
                Ok(Err(holder.trim().to_owned()))
            }
        }
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // Only the courtesy to the next reader; the lock itself ends when the file closes.
        drop(self.0.set_len(0));
    }
}

async fn in_memory(patience: Duration) -> Result<Lock> {
    static MEMORY: Mutex<()> = Mutex::const_new(());
    let taken = tokio::time::timeout(patience, MEMORY.lock()).await;
    taken.map(Lock::Memory).map_err(|_| locked("another task of this program", patience))
}

async fn on_file(path: &Path, patience: Duration, wait: Waiting<'_>) -> Result<Lock> {
    let path = sibling(path, ".revise-lock");
    let begun = Instant::now();
    let mut reported = false;
    loop {
        let holder = match FileLock::attempt(&path, "")? {
            Ok(lock) => return Ok(Lock::File(lock)),
            Err(holder) if holder.is_empty() => "another process".to_owned(),
            Err(holder) => holder,
        };
        if !reported {
            wait(&holder);
            reported = true;
        }
        if begun.elapsed() >= patience {
            return Err(locked(&holder, patience));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn on_server(target: &Target, patience: Duration, wait: Waiting<'_>) -> Result<Lock> {
    let session = Session::open(target, Use::Write).await?;
    let begun = Instant::now();
    let mut reported = false;
    loop {
        let taken = try_lock(&session).await;
        if taken.map_err(Error::database("cannot take the lock for schema changes"))? {
            return Ok(Lock::Server(session));
        }
        if !reported {
            wait("another process");
            reported = true;
        }
        if begun.elapsed() >= patience {
            session.close().await;
            return Err(locked("another process", patience));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn try_lock(session: &Session) -> Result<bool, DbErr> {
    let sql = "SELECT pg_try_advisory_lock($1)";
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, [KEY.into()]);
    let row = session.db.query_one_raw(statement).await?;
    row.map_or(Ok(false), |row| row.try_get_by_index(0))
}

fn locked(holder: &str, patience: Duration) -> Error {
    let seconds = patience.as_secs();
    Error::Locked(format!(
        "{holder} has been changing the schema for {seconds} s; wait for it, or raise `--wait`"
    ))
}

/// Next to the file that a link points at, so that two names of one database meet at one lock.
pub(crate) fn sibling(database: &Path, suffix: &str) -> PathBuf {
    let real = database.canonicalize().unwrap_or_else(|_| database.to_owned());
    let mut name = real.into_os_string();
    name.push(suffix);
    name.into()
}
