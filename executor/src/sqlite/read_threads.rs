//! Long reads of a SQLite file, on separate threads.
//!
//! A read ends when its caller is gone, when its time is up, and when the database is closed: a read that continues uses a
//! processor, and holds a snapshot, after which the write-ahead log grows.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rusqlite::{Connection, OpenFlags, Row, params_from_iter};
use sea_orm::{DbErr, RuntimeErr};
use tokio::sync::oneshot;

use super::{
    open_file::OpenFile,
    value::{BoundStatement, SqliteValue},
};
use crate::{
    Settings,
    error::{Error, Result},
    gate::{Gate, Purpose},
    row::FromRow,
};

/// Steps of SQLite's virtual machine between two checks whether a read is still needed. One step may be a comparison of a long
/// pattern with a long text, which takes some milliseconds.
const STRIDE: i32 = 100;
/// One of this many checks also reads the clock.
const LOOKS: u32 = 4;
/// Size of the page cache of a connection in KiB.
const CACHE_KIB: i32 = 2048;
/// Statements that a connection keeps prepared.
const PREPARED: usize = 64;
/// Maximum length of such a statement in bytes.
pub(crate) const LONGEST_PREPARED: usize = 4096;

/// The threads.
pub(crate) struct ReadThreads {
    shared: Arc<Shared>,
    gate: Arc<Gate>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    most: usize,
    longest_read: Duration,
}

struct Shared {
    file: Arc<OpenFile>,
    busy_timeout: Duration,
    queue: Mutex<Queue>,
    wake: Condvar,
    closing: AtomicBool,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    /// Threads that wait for a job.
    idle: usize,
}

/// A read, which is given the connection, or the error if there is none, and returns whether the connection is still usable.
type Job = Box<dyn FnOnce(Result<&Connection>) -> bool + Send>;

impl ReadThreads {
    /// For a file that is already open. A thread is started when it is first needed.
    pub(crate) fn new(file: Arc<OpenFile>, settings: &Settings) -> Self {
        let shared = Shared {
            file,
            busy_timeout: settings.busy_timeout,
            queue: Mutex::default(),
            wake: Condvar::new(),
            closing: AtomicBool::new(false),
        };
        Self {
            shared: Arc::new(shared),
            gate: Gate::new(settings.pool, settings),
            threads: Mutex::default(),
            most: settings.pool as usize,
            longest_read: settings.longest_read,
        }
    }

    /// What `R` makes of the rows that a statement returns.
    ///
    /// # Errors
    /// [`Error::Busy`] when too many reads wait, [`Error::Unavailable`] for one that took too long, and any SQLite error.
    pub(crate) async fn query<R: FromRow>(
        &self,
        statement: BoundStatement,
        purpose: Purpose,
    ) -> Result<Vec<R::Output>> {
        self.read(statement, purpose, |row| R::fit(row)).await
    }

    /// What `read` makes of them.
    async fn read<T: Send + 'static>(
        &self,
        BoundStatement { sql, values }: BoundStatement,
        purpose: Purpose,
        read: impl Fn(&Row<'_>) -> Result<T> + Send + 'static,
    ) -> Result<Vec<T>> {
        let permit = self.gate.enter(purpose).await?;
        let deadline = match purpose {
            Purpose::Request => Instant::now().checked_add(self.longest_read),
            Purpose::Maintenance => None,
        };
        let limit = Arc::new(Limit { deadline, ..Limit::default() });
        let _caller = Caller(Arc::clone(&limit));
        let shared = Arc::clone(&self.shared);
        let (answer, answered) = oneshot::channel();
        self.start(Box::new(move |connection| {
            let found = connection.and_then(|connection| {
                limit.within(&shared, connection, || query(connection, &sql, &values, read))
            });
            let is_good = matches!(found, Ok(_) | Err(Error::Busy)) || limit.is_over(&shared);
            // Before the caller requests the next one.
            drop(permit);
            drop(answer.send(found));
            is_good
        }))?;
        answered.await.map_err(|_| closed())?
    }

    fn start(&self, job: Job) -> Result<()> {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        let mut queue = self.shared.lock();
        if self.shared.closing.load(Ordering::SeqCst) {
            return Err(closed());
        }
        queue.jobs.push_back(job);
        if queue.idle < queue.jobs.len() && threads.len() < self.most {
            let shared = Arc::clone(&self.shared);
            let started = thread::Builder::new().name("long-read".to_owned());
            match started.spawn(move || shared.work()) {
                Ok(thread) => threads.push(thread),
                Err(error) if threads.is_empty() => {
                    queue.jobs.pop_back();
                    return Err(unavailable(format!("no thread for reading: {error}")));
                }
                Err(_) => {}
            }
        }
        self.shared.wake.notify_one();
        Ok(())
    }

    /// Ends the running reads, and closes the connections.
    pub(crate) fn close(&self) {
        {
            let _queue = self.shared.lock();
            self.shared.closing.store(true, Ordering::SeqCst);
        }
        self.shared.wake.notify_all();
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        for thread in threads.drain(..) {
            drop(thread.join());
        }
        self.shared.lock().jobs.clear();
    }
}

impl Drop for ReadThreads {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs jobs until the database is closed.
    fn work(&self) {
        let mut connection = None;
        while let Some(job) = self.next() {
            if connection.is_none() {
                match open(&self.file, self.busy_timeout) {
                    Ok(opened) => connection = Some(opened),
                    Err(error) => {
                        job(Err(error));
                        continue;
                    }
                }
            }
            let Some(opened) = &connection else { continue };
            if !catch_unwind(AssertUnwindSafe(|| job(Ok(opened)))).unwrap_or(false) {
                connection = None;
            }
        }
    }

    fn next(&self) -> Option<Job> {
        let mut queue = self.lock();
        loop {
            if self.closing.load(Ordering::SeqCst) {
                return None;
            }
            if let Some(job) = queue.jobs.pop_front() {
                return Some(job);
            }
            queue.idle += 1;
            queue = self.wake.wait(queue).unwrap_or_else(PoisonError::into_inner);
            queue.idle -= 1;
        }
    }
}

/// How long a read may run.
#[derive(Default)]
struct Limit {
    deadline: Option<Instant>,
    is_abandoned: AtomicBool,
    is_late: AtomicBool,
}

impl Limit {
    /// Runs a read, and interrupts it when its time is up.
    fn within<T>(
        self: &Arc<Self>,
        shared: &Arc<Shared>,
        connection: &Connection,
        read: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let (limit, closing) = (Arc::clone(self), Arc::clone(shared));
        let mut looks = 0_u32;
        let ends = move || {
            looks = looks.wrapping_add(1);
            if looks.is_multiple_of(LOOKS)
                && limit.deadline.is_some_and(|deadline| Instant::now() >= deadline)
            {
                limit.is_late.store(true, Ordering::Relaxed);
            }
            limit.is_over(&closing)
        };
        if self.is_over(shared) {
            return Err(closed());
        }
        connection.progress_handler(STRIDE, Some(ends))?;
        let found = read();
        connection.progress_handler(STRIDE, None::<fn() -> bool>)?;
        match found {
            Err(_) if self.is_late.load(Ordering::Relaxed) => {
                Err(unavailable("a read took longer than it may".to_owned()))
            }
            Err(_) if self.is_over(shared) => Err(closed()),
            found => found,
        }
    }

    fn is_over(&self, shared: &Shared) -> bool {
        self.is_abandoned.load(Ordering::Relaxed)
            || self.is_late.load(Ordering::Relaxed)
            || shared.closing.load(Ordering::Relaxed)
    }
}

/// The receiver of a read; when it is gone, the read is interrupted.
struct Caller(Arc<Limit>);

impl Drop for Caller {
    fn drop(&mut self) {
        self.0.is_abandoned.store(true, Ordering::Relaxed);
    }
}

fn query<T>(
    connection: &Connection,
    sql: &str,
    values: &[SqliteValue],
    read: impl Fn(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let all = |statement: &mut rusqlite::Statement<'_>| {
        let mut found = statement.query(params_from_iter(values))?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            rows.push(read(row)?);
        }
        Ok(rows)
    };
    match sql.len() > LONGEST_PREPARED {
        true => all(&mut connection.prepare(sql)?),
        false => all(&mut *connection.prepare_cached(sql)?),
    }
}

/// A connection to the file that is already open, and not to another one that has replaced it.
fn open(file: &OpenFile, busy_timeout: Duration) -> Result<Connection> {
    file.check()?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let sqlite = Connection::open_with_flags(file.path(), flags)?;
    sqlite.busy_timeout(busy_timeout)?;
    sqlite.pragma_update(None, "cache_size", -CACHE_KIB)?;
    sqlite.set_prepared_statement_cache_capacity(PREPARED);
    // This opens the log. The file may have been replaced meanwhile.
    sqlite.query_row("PRAGMA schema_version", [], |_| Ok(()))?;
    file.check()?;
    Ok(sqlite)
}

fn closed() -> Error {
    unavailable("the read was interrupted".to_owned())
}

fn unavailable(why: String) -> Error {
    Error::Unavailable(DbErr::Conn(RuntimeErr::Internal(why)))
}

#[cfg(test)]
mod tests;
