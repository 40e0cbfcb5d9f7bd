//! Carries out units of work: each one a transaction in a task of its own, which no dropped request can stop.
//!
//! A thread with its own runtime holds the tasks. A unit that waits can still be called off; one that runs is never
//! cancelled, because a driver's future that is dropped half way leaves its connection in an unknown state.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use sea_orm::{
    DatabaseConnection, DatabaseTransaction, SqliteTransactionMode, TransactionOptions,
    TransactionTrait, sqlx,
};
use tokio::{
    sync::{Semaphore, mpsc, oneshot},
    task::{JoinSet, LocalSet},
};

use crate::error::{Error, Result, sqlx_error};

/// Units of work that may wait or run at the same time; the next one is told that the database is busy.
const PLACES: usize = 1024;
/// How often a unit is carried out when it collides with others.
const ATTEMPTS: u32 = 6;

type Job = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = ()>>> + Send>;

pub(super) struct Writer {
    jobs: mpsc::UnboundedSender<Option<Job>>,
    places: Arc<Semaphore>,
    pool: DatabaseConnection,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(pool: DatabaseConnection) -> Result<Self> {
        let (jobs, queue) = mpsc::unbounded_channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::Internal(error.into()))?;
        let thread = std::thread::Builder::new()
            .name("bookplate-writer".to_owned())
            .spawn(move || LocalSet::new().block_on(&runtime, carry_out(queue)))
            .map_err(|error| Error::Internal(error.into()))?;
        let places = Arc::new(Semaphore::new(PLACES));
        Ok(Self { jobs, places, pool, thread: Mutex::new(Some(thread)) })
    }

    /// Carries out `work` in one transaction; with a deadline, the caller hears by then.
    pub(super) async fn run<T, F>(&self, deadline: Option<Duration>, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: AsyncFn(&DatabaseTransaction) -> Result<T> + Send + 'static,
    {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Error::Busy)?;
        let (answer, outcome) = oneshot::channel();
        let progress = Arc::new(Progress::default());
        let pool = self.pool.clone();
        let seen = Arc::clone(&progress);
        let job: Job = Box::new(move || {
            Box::pin(async move {
                let result = repeat(&pool, &work, &seen).await;
                drop(place);
                // The caller may have gone; the work is done all the same.
                drop(answer.send(result));
            })
        });
        self.jobs.send(Some(job)).map_err(|_| Error::internal("the writer has stopped"))?;

        let outcome = match deadline {
            None => outcome.await,
            Some(deadline) => match tokio::time::timeout(deadline, outcome).await {
                Ok(outcome) => outcome,
                Err(_) if progress.call_off() => return Err(Error::Busy),
                Err(_) => return Err(Error::Unknown),
            },
        };
        outcome.unwrap_or_else(|_| Err(Error::internal("the unit of work panicked")))
    }

    /// Closes the connections, after [`Writer::stop`].
    pub(super) async fn close_pool(&self) -> Result<()> {
        Ok(self.pool.close_by_ref().await?)
    }

    /// Waits for every unit of work that was accepted, and takes no more.
    pub(super) async fn stop(&self) {
        drop(self.jobs.send(None));
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && tokio::task::spawn_blocking(move || thread.join()).await.is_err()
        {
            log::error!("the writer could not be awaited");
        }
    }
}

async fn carry_out(mut queue: mpsc::UnboundedReceiver<Option<Job>>) {
    let mut running = JoinSet::new();
    loop {
        tokio::select! {
            job = queue.recv() => match job.flatten() {
                Some(job) => { running.spawn_local(job()); }
                None => break,
            },
            Some(ended) = running.join_next() => report(ended),
        }
    }
    while let Some(ended) = running.join_next().await {
        report(ended);
    }
}

fn report(ended: std::result::Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        log::error!("a unit of work ended early: {error}");
    }
}

/// Whether a unit of work still waits, or has begun: after that it cannot be called off.
#[derive(Default)]
struct Progress(AtomicU8);

impl Progress {
    const WAITS: u8 = 0;
    const BEGAN: u8 = 1;
    const CALLED_OFF: u8 = 2;

    fn begin(&self) -> bool {
        self.leave_waiting_for(Self::BEGAN) || self.0.load(Ordering::SeqCst) == Self::BEGAN
    }

    fn call_off(&self) -> bool {
        self.leave_waiting_for(Self::CALLED_OFF)
    }

    fn leave_waiting_for(&self, next: u8) -> bool {
        self.0.compare_exchange(Self::WAITS, next, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }
}

/// Carries out the unit until it neither succeeds nor collides, pausing longer each time.
async fn repeat<T>(
    pool: &DatabaseConnection,
    work: &impl AsyncFn(&DatabaseTransaction) -> Result<T>,
    progress: &Progress,
) -> Result<T> {
    for attempt in 1..ATTEMPTS {
        match once(pool, work, progress).await {
            Err(Error::Collision(error)) => log::debug!("attempt {attempt} collided: {error}"),
            outcome => return outcome,
        }
        // Those who collided must not meet again: the pause differs by an address' low bits.
        let spread = (std::ptr::from_ref(progress).addr() >> 4) as u64 % 8;
        tokio::time::sleep(Duration::from_millis((2 << attempt) + spread)).await;
    }
    match once(pool, work, progress).await {
        Err(Error::Collision(_)) => Err(Error::Busy),
        outcome => outcome,
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that begins transactions: on SQLite always IMMEDIATE, since a deferred one that reads \
              and then writes fails at once when another writes, whatever the busy timeout"
)]
async fn once<T>(
    pool: &DatabaseConnection,
    work: &impl AsyncFn(&DatabaseTransaction) -> Result<T>,
    progress: &Progress,
) -> Result<T> {
    let immediate = TransactionOptions {
        isolation_level: None,
        access_mode: None,
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
    };
    let transaction = pool.begin_with_options(immediate).await?;
    if !progress.begin() {
        transaction.rollback().await?;
        return Err(Error::Busy);
    }
    match work(&transaction).await {
        Ok(value) => match transaction.commit().await {
            Ok(()) => Ok(value),
            // The server's own answer is certain, whatever else is wrong; silence is not.
            Err(error) if matches!(sqlx_error(&error), Some(sqlx::Error::Database(_))) => {
                Err(error.into())
            }
            Err(error) => {
                log::error!("the outcome of a commit is unknown: {error}");
                Err(Error::Unknown)
            }
        },
        Err(error) => {
            if let Err(failure) = transaction.rollback().await {
                log::warn!("a rollback failed, its connection is thrown away: {failure}");
            }
            Err(error)
        }
    }
}
