//! The queue of the writer, and how much of it one transaction takes.

use futures_util::future::LocalBoxFuture;
use tokio::sync::mpsc;

use super::{group::GroupPolicy, job::Job};

/// Runs something; what it returns is to be run once more, with a longer lock timeout.
pub(super) type SoloTask =
    Box<dyn FnOnce() -> LocalBoxFuture<'static, Option<Box<dyn Job>>> + Send>;

/// What waits in the queue.
pub(super) enum Task {
    /// Runs in its own transaction, without a time limit.
    Long(SoloTask),
    /// May share a transaction.
    Job(Box<dyn Job>),
}

/// What one transaction takes from the queue.
pub(super) enum Turn {
    Long(SoloTask),
    Jobs(Vec<Box<dyn Job>>),
}

pub(super) struct Queue {
    tasks: mpsc::UnboundedReceiver<Option<Task>>,
    /// What was taken and belongs to the next turn.
    next: Option<Option<Task>>,
}

impl Queue {
    pub(super) fn new(tasks: mpsc::UnboundedReceiver<Option<Task>>) -> Self {
        Self { tasks, next: None }
    }

    /// The next task; for a job also the waiting jobs after it that none of the other `idle` connections can serve; `None` at
    /// the end. Nothing is lost when it is dropped.
    pub(super) async fn turn(&mut self, idle: usize, policy: &GroupPolicy) -> Option<Turn> {
        let first = match self.next.take() {
            Some(first) => first,
            None => self.tasks.recv().await.flatten(),
        };
        let mut jobs = match first? {
            Task::Long(job) => return Some(Turn::Long(job)),
            Task::Job(job) => vec![job],
        };
        let most = policy.most();
        while jobs.len() < most && self.tasks.len() >= idle {
            match self.tasks.try_recv() {
                Ok(Some(Task::Job(job))) => jobs.push(job),
                Ok(other) => {
                    self.next = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        Some(Turn::Jobs(jobs))
    }
}
