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

/// What is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockKind {
    /// The schema.
    Schema,
    /// Changes of rows in batches, which need the schema only for a moment.
    Batches,
}

impl LockKind {
    /// The key of the advisory lock: `sea_revi` in ASCII, and the next number.
    pub(crate) fn key(self) -> i64 {
        const KEY: i64 = 0x7365_615f_7265_7669;
        match self {
            Self::Schema => KEY,
            Self::Batches => KEY + 1,
        }
    }

    /// The end of the name of the file next to a SQLite file.
    fn suffix(self) -> &'static str {
        match self {
            Self::Schema => ".revise-lock",
            Self::Batches => ".revise-batches-lock",
        }
    }

    /// What is done under it.
    fn words(self) -> &'static str {
        match self {
            Self::Schema => "changing the schema",
            Self::Batches => "changing rows in batches",
        }
    }
}

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
        Self::take_kind(LockKind::Schema, target, patience, wait).await
    }

    /// As [`Lock::take`], for what is locked by itself.
    ///
    /// # Errors
    /// As [`Lock::take`].
    pub async fn take_kind(
        kind: LockKind,
        target: &Target,
        patience: Duration,
        wait: Waiting<'_>,
    ) -> Result<Self> {
        match target {
            Target::Memory => in_memory(kind, patience).await,
            Target::File(path) => on_file(kind, path, patience, wait).await,
            Target::Postgres(_) => on_server(kind, target, patience, wait).await,
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

async fn in_memory(kind: LockKind, patience: Duration) -> Result<Lock> {
    static SCHEMA: Mutex<()> = Mutex::const_new(());
    static BATCHES: Mutex<()> = Mutex::const_new(());
    let lock = match kind {
        LockKind::Schema => &SCHEMA,
        LockKind::Batches => &BATCHES,
    };
    let taken = tokio::time::timeout(patience, lock.lock()).await;
    taken.map(Lock::Memory).map_err(|_| locked(kind, "another task of this program", patience))
}

async fn on_file(
    kind: LockKind,
    path: &Path,
    patience: Duration,
    wait: Waiting<'_>,
) -> Result<Lock> {
    let path = sibling(path, kind.suffix());
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
            return Err(locked(kind, &holder, patience));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn on_server(
    kind: LockKind,
    target: &Target,
    patience: Duration,
    wait: Waiting<'_>,
) -> Result<Lock> {
    let session = Session::open(target, Use::Write).await?;
    let begun = Instant::now();
    let mut reported = false;
    loop {
        let taken = try_lock(&session, kind).await;
        if taken.map_err(Error::database("cannot take the lock for schema changes"))? {
            return Ok(Lock::Server(session));
        }
        if !reported {
            wait("another process");
            reported = true;
        }
        if begun.elapsed() >= patience {
            session.close().await;
            return Err(locked(kind, "another process", patience));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn try_lock(session: &Session, kind: LockKind) -> Result<bool, DbErr> {
    let sql = "SELECT pg_try_advisory_lock($1)";
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, [kind.key().into()]);
    let row = session.db.query_one_raw(statement).await?;
    row.map_or(Ok(false), |row| row.try_get_by_index(0))
}

fn locked(kind: LockKind, holder: &str, patience: Duration) -> Error {
    let (seconds, changing) = (patience.as_secs(), kind.words());
    Error::Locked(format!(
        "{holder} has been {changing} for {seconds} s; wait for it, or raise `--wait`"
    ))
}

/// Next to the file that a link points at, so that two names of one database meet at one lock.
pub(crate) fn sibling(database: &Path, suffix: &str) -> PathBuf {
    let real = database.canonicalize().unwrap_or_else(|_| database.to_owned());
    let mut name = real.into_os_string();
    name.push(suffix);
    name.into()
}
