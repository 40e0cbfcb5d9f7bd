//! Runs jobs: each one a transaction in a separate task, which no dropped request can stop.
//!
//! A thread with its own runtime owns the tasks. A waiting job can still be cancelled; a running one is never cancelled, because
//! a driver's future that is dropped half way leaves its connection in an unknown state.

mod group;
mod job;
mod notify;
mod progress;
mod queue;
mod tried;

use std::{
    collections::VecDeque,
    rc::Rc,
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot},
    task::{JoinSet, LocalSet},
    time::timeout,
};

use super::{
    Settings,
    tx::{Source, Tx},
};
use crate::error::{Error, JobError, Result, chain};
use group::GroupPolicy;
use job::{Job, PendingJob, once};
use progress::Progress;
use queue::{Queue, Task, Turn};
pub(crate) use tried::Tried;

/// Jobs that may wait or run at the same time; further ones are refused as busy.
const PLACES: usize = 1024;
/// Additional time that shutting down the writer may take after the deadlines of its jobs.
const GRACE: Duration = Duration::from_secs(5);

pub(crate) struct Writer {
    tasks: mpsc::UnboundedSender<Option<Task>>,
    width: usize,
    places: Arc<Semaphore>,
    source: Source,
    thread: Mutex<Option<JoinHandle<()>>>,
    acquire_timeout: Duration,
    /// How long a statement waits for a row, in a job that has found it locked by another session before.
    patience: Duration,
    deadline: Duration,
}

impl Writer {
    /// Starts the thread; `width` jobs run at the same time, one for each connection of `source`.
    pub(crate) fn start(source: Source, width: usize, settings: &Settings) -> Result<Self> {
        let (tasks, queue) = mpsc::unbounded_channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Error::internal)?;
        let own = source.clone();
        let thread = std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || LocalSet::new().block_on(&runtime, carry_out(queue, width, own)))
            .map_err(Error::internal)?;
        let places = Arc::new(Semaphore::new(PLACES));
        let Settings { deadline, busy_timeout: patience, .. } = *settings;
        let acquire_timeout = settings.acquire_timeout.min(deadline);
        let thread = Mutex::new(Some(thread));
        Ok(Self { tasks, width, places, source, thread, acquire_timeout, patience, deadline })
    }

    /// The deadline of a job that takes `times` as long as usual.
    pub(crate) fn deadline(&self, times: u32) -> Duration {
        self.deadline * times
    }

    /// Runs `work` in one transaction, again when it collides; the caller is notified by the deadline.
    pub(crate) async fn run<T, E, F>(&self, deadline: Duration, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: JobError,
        F: AsyncFn(&Tx) -> Result<T, E> + Send + 'static,
    {
        let progress = Arc::new(Progress::default());
        let (answer, mut outcome) = oneshot::channel();
        let job = Box::new(PendingJob {
            work,
            progress: Arc::clone(&progress),
            deadline,
            patience: self.patience,
            is_patient: false,
            answer,
            home: Handle::current(),
            place: self.place()?,
            outcome: None,
        });
        // A long job would make the others of its group wait, and run twice when one of them refuses.
        self.accept(if deadline > self.deadline {
            let source = self.source.clone();
            Task::Long(Box::new(move || job.run_alone(source)))
        } else {
            Task::Job(job)
        })?;

        if let Ok(outcome) = timeout(self.acquire_timeout, &mut outcome).await {
            return outcome.unwrap_or_else(panicked);
        }
        if progress.cancel() {
            return Err(Error::Busy.into());
        }
        let rest = deadline.saturating_sub(self.acquire_timeout);
        match timeout(rest, outcome).await {
            Ok(outcome) => outcome.unwrap_or_else(panicked),
            // It may wait once more, for a row that another session holds.
            Err(_) if progress.cancel() => Err(Error::Busy.into()),
            Err(_) => Err(Error::Unknown.into()),
        }
    }

    /// Runs `work` in one transaction, once, without a time limit.
    pub(crate) async fn run_at_length<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: JobError,
        F: AsyncFnOnce(&Tx) -> Result<T, E> + Send + 'static,
    {
        let (source, place, patience) = (self.source.clone(), self.place()?, self.patience);
        let (answer, outcome) = oneshot::channel();
        self.accept(Task::Long(Box::new(move || {
            Box::pin(async move {
                let result = once(&source, work, &Progress::default(), Some(patience)).await;
                drop(place);
                // The caller may be gone; the work is done all the same.
                drop(answer.send(result));
                None
            })
        })))?;
        outcome.await.unwrap_or_else(panicked)
    }

    /// Whether other jobs wait for the calling one.
    pub(crate) fn has_waiters(&self) -> bool {
        self.width == 1 && PLACES - self.places.available_permits() > 1
    }

    fn place(&self) -> Result<OwnedSemaphorePermit> {
        Arc::clone(&self.places).try_acquire_owned().map_err(|_| Error::Busy)
    }

    /// Puts a task at the end of the queue.
    fn accept(&self, task: Task) -> Result<()> {
        self.tasks.send(Some(task)).map_err(|_| Error::internal("the writer has stopped"))
    }

    /// Waits for every accepted job, accepts no more, and closes the connections.
    pub(crate) async fn stop(&self) {
        drop(self.tasks.send(None));
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(thread) = thread else { return };
        let ended = tokio::task::spawn_blocking(move || thread.join());
        // A job that waits for a server which silently vanished must not keep the process alive for ever.
        if timeout(2 * self.deadline + GRACE, ended).await.is_err() {
            log::error!("jobs did not end in time; their outcome is unknown");
        }
    }
}

/// The outcome of a job that ended without an answer.
fn panicked<T, E: JobError>(_: oneshot::error::RecvError) -> Result<T, E> {
    Err(Error::internal("the job panicked").into())
}

async fn carry_out(queue: mpsc::UnboundedReceiver<Option<Task>>, width: usize, source: Source) {
    let mut queue = Queue::new(queue);
    let policy = Rc::new(GroupPolicy::new(width));
    let mut running = JoinSet::<Vec<Box<dyn Job>>>::new();
    // Jobs that wait for a row which another session holds: they may use all connections but one.
    let mut patient = VecDeque::<Box<dyn Job>>::new();
    let patience = Arc::new(Semaphore::new(width.saturating_sub(1).max(1)));
    let mut is_open = true;
    while is_open || !running.is_empty() || !patient.is_empty() {
        let idle = width - running.len();
        if idle > 0
            && let Some(job) = patient.pop_front()
        {
            if let Ok(permit) = Arc::clone(&patience).try_acquire_owned() {
                let source = source.clone();
                running.spawn_local(async move {
                    let again = job.run_alone(source).await;
                    drop(permit);
                    again.into_iter().collect()
                });
                continue;
            }
            patient.push_front(job);
        }
        tokio::select! {
            // Jobs wait here and not for a connection, so that cancelled ones never begin.
            turn = queue.turn(idle, &policy), if is_open && idle > 0 => match turn {
                Some(Turn::Long(job)) => {
                    running.spawn_local(async move { job().await.into_iter().collect() });
                }
                Some(Turn::Jobs(jobs)) => {
                    let (source, policy) = (source.clone(), Rc::clone(&policy));
                    running.spawn_local(async move { group::carry_out(&source, jobs, &policy).await });
                }
                None => is_open = false,
            },
            Some(ended) = running.join_next() => match ended {
                Ok(again) => patient.extend(again),
                Err(error) => log::error!("a job ended early: {error}"),
            },
        }
    }
    // On the runtime that opened them, and after the last one was returned.
    if let Err(error) = source.close().await {
        log::warn!("the connections for writing could not be closed: {}", chain(&error));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use sea_orm::{ConnectionTrait, DbErr, Statement};
    use tokio::sync::Notify;

    use super::*;
    use crate::{Db, Location};

    async fn open(acquire_ms: u64, deadline_ms: u64) -> Db {
        let settings = Settings {
            acquire_timeout: Duration::from_millis(acquire_ms),
            deadline: Duration::from_millis(deadline_ms),
            ..Settings::default()
        };
        let db = Db::open(&Location::Memory, &settings).await.unwrap();
        db.write_long(async |tx| insert(tx, "CREATE TABLE t (x INTEGER)").await).await.unwrap();
        db
    }

    async fn insert(tx: &Tx, sql: &str) -> Result<()> {
        tx.execute_raw(sql).await
    }

    async fn rows(db: &Db) -> Vec<i64> {
        let asked =
            Statement::from_string(sea_orm::DbBackend::Sqlite, "SELECT x FROM t ORDER BY x");
        let rows = db.reader().connection().query_all_raw(asked).await.unwrap();
        rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
    }

    #[tokio::test]
    async fn a_job_that_collides_is_carried_out_again_from_its_beginning() {
        let db = open(1000, 5000).await;
        let attempts = Arc::new(AtomicU8::new(0));
        let counted = Arc::clone(&attempts);
        let done = db.write(async move |tx| {
            insert(tx, "INSERT INTO t VALUES (1)").await?;
            match counted.fetch_add(1, Ordering::SeqCst) {
                0 | 1 => Err(Error::Collision(DbErr::Custom("on purpose".to_owned()))),
                _ => Ok("done"),
            }
        });
        assert_eq!(done.await.unwrap(), "done");
        assert_eq!((attempts.load(Ordering::SeqCst), rows(&db).await), (3, vec![1]));
    }

    #[tokio::test]
    async fn a_job_that_always_collides_ends_as_busy_with_nothing_stored() {
        let db = open(1000, 5000).await;
        let done = db.write(async |tx| {
            insert(tx, "INSERT INTO t VALUES (1)").await?;
            Err::<(), _>(Error::Collision(DbErr::Custom("on purpose".to_owned())))
        });
        assert!(matches!(done.await, Err(Error::Busy)));
        assert_eq!(rows(&db).await, [0; 0]);
    }

    #[tokio::test]
    async fn a_job_that_panics_is_rolled_back_and_the_next_one_works() {
        let db = open(1000, 5000).await;
        let done = db.write(async |tx| -> Result<()> {
            insert(tx, "INSERT INTO t VALUES (1)").await?;
            panic!("on purpose")
        });
        assert!(matches!(done.await, Err(Error::Internal(_))));
        db.write(async |tx| insert(tx, "INSERT INTO t VALUES (2)").await).await.unwrap();
        assert_eq!(rows(&db).await, [2]);
    }

    /// A job that stores `x` when it is released.
    fn gated(gate: &Arc<Notify>, x: i64) -> impl AsyncFn(&Tx) -> Result<()> + Send + use<> {
        let gate = Arc::clone(gate);
        async move |tx: &Tx| {
            insert(tx, &format!("INSERT INTO t VALUES ({x})")).await?;
            gate.notified().await;
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_job_that_has_begun_is_not_stopped_by_its_deadline_or_by_its_caller() {
        let db = open(2000, 2100).await;
        let gate = Arc::new(Notify::new());
        assert!(matches!(db.write(gated(&gate, 1)).await, Err(Error::Unknown)));
        gate.notify_one();
        // And one whose caller is dropped.
        drop(timeout(Duration::from_millis(50), db.write_long(gated(&gate, 2))).await);
        gate.notify_one();
        // The end of the queue: everything before it is done then.
        db.write_long(async |_| Ok::<_, Error>(())).await.unwrap();
        assert_eq!(rows(&db).await, [1, 2]);
    }

    #[tokio::test]
    async fn a_job_that_still_waits_is_cancelled_and_never_begins() {
        let db = open(50, 5000).await;
        let gate = Arc::new(Notify::new());
        let late = async {
            let late = db.write(async |tx| insert(tx, "INSERT INTO t VALUES (2)").await).await;
            gate.notify_one();
            late
        };
        let (first, late) = tokio::join!(db.write_long(gated(&gate, 1)), late);
        assert!(first.is_ok() && matches!(late, Err(Error::Busy)));
        db.write_long(async |_| Ok::<_, Error>(())).await.unwrap();
        assert_eq!(rows(&db).await, [1]);
    }

    #[tokio::test]
    async fn closing_waits_for_what_was_accepted() {
        let db = open(1000, 5000).await;
        let (begun, running) = oneshot::channel();
        let begun = Mutex::new(Some(begun));
        let ended = Arc::new(AtomicU8::new(0));
        let end = Arc::clone(&ended);
        let other = db.clone();
        let job = tokio::spawn(async move {
            other
                .write(async move |_| {
                    let begun = begun.lock().unwrap().take();
                    begun.unwrap().send(()).unwrap();
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    end.store(1, Ordering::SeqCst);
                    Ok::<_, Error>(())
                })
                .await
        });
        running.await.unwrap();
        db.close().await.unwrap();
        assert_eq!(ended.load(Ordering::SeqCst), 1);
        job.await.unwrap().unwrap();
    }
}
