//! What waits for the writer, and how much of it one transaction takes.

use futures_util::future::LocalBoxFuture;
use tokio::sync::mpsc;

use super::{group::Care, unit::Unit};

/// Carries something out; what it returns is to be carried out once more, with patience.
pub(super) type Job = Box<dyn FnOnce() -> LocalBoxFuture<'static, Option<Box<dyn Unit>>> + Send>;

/// What waits in the queue.
pub(super) enum Task {
    /// Has a transaction of its own, for as long as it takes.
    Long(Job),
    /// May share a transaction.
    Unit(Box<dyn Unit>),
}

/// What one transaction takes from the queue.
pub(super) enum Turn {
    Long(Job),
    Units(Vec<Box<dyn Unit>>),
}

pub(super) struct Queue {
    tasks: mpsc::UnboundedReceiver<Option<Task>>,
    /// What was taken and is for the next turn.
    next: Option<Option<Task>>,
}

impl Queue {
    pub(super) fn new(tasks: mpsc::UnboundedReceiver<Option<Task>>) -> Self {
        Self { tasks, next: None }
    }

    /// The next task, and with a unit those that wait behind it and that no other of the `idle` connections is there for; `None`
    /// at the end. Nothing is lost when it is dropped.
    pub(super) async fn turn(&mut self, idle: usize, care: &Care) -> Option<Turn> {
        let first = match self.next.take() {
            Some(first) => first,
            None => self.tasks.recv().await.flatten(),
        };
        let mut units = match first? {
            Task::Long(job) => return Some(Turn::Long(job)),
            Task::Unit(unit) => vec![unit],
        };
        let most = care.most();
        while units.len() < most && self.tasks.len() >= idle {
            match self.tasks.try_recv() {
                Ok(Some(Task::Unit(unit))) => units.push(unit),
                Ok(other) => {
                    self.next = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        Some(Turn::Units(units))
    }
}
