//! One job: in its own transaction, or in a shared one.

use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{FutureExt, future::LocalBoxFuture};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, oneshot},
};

use super::progress::Progress;
use crate::{
    error::{Error, JobError, Result, chain},
    tx::{Source, Tx},
};

/// How often a job is run when it collides with others. Of jobs that want one row, some collide several times in a row.
const ATTEMPTS: u32 = 16;
/// Attempts after which the pause between two of them stays the same.
const DOUBLED: u32 = 6;

/// A job that waits for its turn.
pub(super) trait Job: Send {
    /// Runs it in a transaction that others share.
    fn attempt<'a>(&'a mut self, transaction: &'a Tx) -> LocalBoxFuture<'a, AttemptOutcome>;

    /// Runs it in its own transaction, again when it collides, and notifies the caller. If another session holds a row that it
    /// needs, it is returned, to be run once more with a longer lock timeout: it then waits for the row, and occupies a connection.
    fn run_alone(self: Box<Self>, source: Source) -> LocalBoxFuture<'static, Option<Box<dyn Job>>>;

    /// The runtime in which the caller waits.
    fn home(&self) -> &Handle;

    /// Notifies the caller of the result of the last attempt; `is_known` is false when it is unknown whether it was stored.
    fn answer(self: Box<Self>, is_known: bool);
}

/// What an attempt left in the transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum AttemptOutcome {
    /// Changes that have to be stored.
    Whole,
    /// Nothing; its caller cancelled it before it began.
    None,
    /// Partial changes that must not be stored, since the job refused in the end.
    Part,
    /// Unknown, because the database failed; what was begun is rolled back.
    Unclear,
    /// Unknown, and a part of it may have been committed on its own.
    Unknown,
}

/// A job, and its caller.
pub(super) struct PendingJob<T, E, F> {
    pub(super) work: F,
    pub(super) progress: Arc<Progress>,
    pub(super) deadline: Duration,
    /// The lock timeout for a row that another session holds, once it is known to be needed.
    pub(super) patience: Duration,
    pub(super) is_patient: bool,
    pub(super) answer: oneshot::Sender<Result<T, E>>,
    pub(super) home: Handle,
    /// Held until the end, since the number of waiting jobs is bounded.
    pub(super) place: OwnedSemaphorePermit,
    pub(super) outcome: Option<Result<T, E>>,
}

impl<T, E, F> Job for PendingJob<T, E, F>
where
    T: Send + 'static,
    E: JobError,
    F: AsyncFn(&Tx) -> Result<T, E> + Send + 'static,
{
    fn attempt<'a>(&'a mut self, transaction: &'a Tx) -> LocalBoxFuture<'a, AttemptOutcome> {
        Box::pin(async move {
            self.outcome = None;
            if !self.progress.begin() {
                return AttemptOutcome::None;
            }
            let outcome = AssertUnwindSafe((self.work)(transaction)).catch_unwind().await;
            let effect = match &outcome {
                Ok(Ok(_)) => AttemptOutcome::Whole,
                Ok(Err(error)) => outcome_of(error),
                Err(_) => AttemptOutcome::Unclear,
            };
            self.outcome = outcome.ok();
            effect
        })
    }

    fn run_alone(
        mut self: Box<Self>,
        source: Source,
    ) -> LocalBoxFuture<'static, Option<Box<dyn Job>>> {
        Box::pin(async move {
            // Jobs after it wait in the same task.
            let outcome = AssertUnwindSafe(self.repeat(&source)).catch_unwind().await;
            let outcome =
                outcome.unwrap_or_else(|_| Err(Error::internal("the job panicked").into()));
            let error = outcome.as_ref().err().and_then(JobError::database);
            if matches!(error, Some(Error::Locked(_))) && !self.is_patient {
                self.progress.rest();
                self.is_patient = true;
                return Some(self as Box<dyn Job>);
            }
            let Self { answer, place, .. } = *self;
            drop(place);
            // The caller may be gone; the work is done all the same.
            drop(answer.send(outcome));
            None
        })
    }

    fn home(&self) -> &Handle {
        &self.home
    }

    fn answer(self: Box<Self>, is_known: bool) {
        let Self { answer, place, outcome, .. } = *self;
        drop(place);
        let outcome = match outcome {
            Some(Ok(_)) if !is_known => Err(Error::Unknown.into()),
            Some(outcome) => outcome,
            None => Err(Error::Busy.into()),
        };
        drop(answer.send(outcome));
    }
}

/// What a job that ended with this error left in the transaction.
fn outcome_of(error: &impl JobError) -> AttemptOutcome {
    match error.database() {
        None => AttemptOutcome::Part,
        Some(Error::Unknown) => AttemptOutcome::Unknown,
        // SQLite rolls a transaction back itself when the disk is full or fails; statements after that would be committed on
        // their own.
        Some(_) => AttemptOutcome::Unclear,
    }
}

impl<T, E, F> PendingJob<T, E, F>
where
    E: JobError,
    F: AsyncFn(&Tx) -> Result<T, E>,
{
    /// Runs the job; when it collides with another or loses its connection, it is retried after a pause, provided that another
    /// attempt of the same duration ends before the deadline.
    async fn repeat(&self, source: &Source) -> Result<T, E> {
        let begun = Instant::now();
        let patience = self.is_patient.then_some(self.patience);
        for attempt in 1..=ATTEMPTS {
            let last = Instant::now();
            let error = match once(source, &self.work, &self.progress, patience).await {
                Err(error) if is_transient(&error) => error,
                outcome => return outcome,
            };
            log::debug!("attempt {attempt}: {}", chain(&error));
            // Jobs that collided must not meet again: the pauses differ by the low bits of an address.
            let spread = (Arc::as_ptr(&self.progress).addr() >> 4) as u64 % 8;
            let pause = Duration::from_millis((2 << attempt.min(DOUBLED)) + spread);
            if attempt == ATTEMPTS || begun.elapsed() + pause + last.elapsed() > self.deadline {
                return Err(match error.database() {
                    Some(Error::Collision(_)) => Error::Busy.into(),
                    _ => error,
                });
            }
            tokio::time::sleep(pause).await;
        }
        Err(Error::Busy.into())
    }
}

/// Whether another attempt may succeed.
fn is_transient(error: &impl JobError) -> bool {
    matches!(error.database(), Some(Error::Collision(_) | Error::Unavailable(_)))
}

/// Runs `work` in its own transaction, once; statements wait for locks as long as `patience`.
pub(super) async fn once<T, E: JobError>(
    source: &Source,
    work: impl AsyncFnOnce(&Tx) -> Result<T, E>,
    progress: &Progress,
    patience: Option<Duration>,
) -> Result<T, E> {
    if progress.is_cancelled() {
        return Err(Error::Busy.into());
    }
    let transaction = source.begin().await?;
    if !progress.begin() {
        transaction.roll_back().await?;
        return Err(Error::Busy.into());
    }
    let worked = match patience {
        Some(patience) => match transaction.wait_for_locks(patience).await {
            Ok(()) => work(&transaction).await,
            Err(error) => Err(error.into()),
        },
        None => work(&transaction).await,
    };
    match worked {
        Ok(value) => Ok(transaction.commit().await.map(|()| value)?),
        Err(error) => {
            roll_back(transaction).await;
            Err(error)
        }
    }
}

pub(super) async fn roll_back(transaction: Tx) {
    if let Err(failure) = transaction.roll_back().await {
        log::warn!("a rollback failed, its connection is discarded: {}", chain(&failure));
    }
}
