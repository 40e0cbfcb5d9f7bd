//! Group commit: jobs that wait at the same time share one transaction, and so one wait for the disk.
//!
//! Each job sees the changes of those before it, as if they had been committed, and is answered after COMMIT. At first there are
//! no savepoints; when a job refuses, the transaction is rolled back and run again with a savepoint for each job, so that only
//! that job is undone. When the database itself fails, each job runs alone.
//!
//! SQLite has one writer, which takes all waiting jobs. On PostgreSQL jobs are grouped only when more of them wait than there
//! are connections, since concurrent groups may need each other's rows.

use std::cell::Cell;

use super::{
    job::{AttemptOutcome, Job, roll_back},
    notify::notify,
};
use crate::{
    error::{Error, Result, chain},
    tx::{Source, Tx},
};

/// Jobs of one transaction.
const MOST: usize = 128;
/// Groups that use savepoints from the start after one that needed them.
const CAREFUL: u32 = 16;

/// Turns without groups after a group that collided in the database.
const APART: u32 = 256;

/// What is known from the last groups.
pub(super) struct GroupPolicy {
    /// How many more groups should use savepoints from the start.
    careful: Cell<u32>,
    /// How many more turns should run jobs one by one.
    apart: Cell<u32>,
    /// Whether groups run concurrently, and may deadlock on each other's rows.
    is_crowded: bool,
}

impl GroupPolicy {
    /// For a writer with the given number of connections.
    pub(super) fn new(width: usize) -> Self {
        Self { careful: Cell::new(0), apart: Cell::new(0), is_crowded: width > 1 }
    }

    /// How many jobs the next turn may take.
    pub(super) fn most(&self) -> usize {
        match self.apart.get().checked_sub(1) {
            None => MOST,
            Some(fewer) => {
                self.apart.set(fewer);
                1
            }
        }
    }
}

/// The outcome of a group.
enum GroupOutcome {
    /// Everything that was to be stored is.
    Stored,
    /// Nothing was stored, because a job refused.
    Refused,
    /// Nothing was stored, because the database failed.
    Failed,
    /// The outcome is unknown.
    Unknown,
}

/// Runs jobs, several of them in one transaction, and notifies each caller; returns those that need a row which another session
/// holds.
pub(super) async fn carry_out(
    source: &Source,
    mut jobs: Vec<Box<dyn Job>>,
    policy: &GroupPolicy,
) -> Vec<Box<dyn Job>> {
    let mut again = Vec::new();
    let end = match jobs.as_mut_slice() {
        [] | [_] => None,
        several => Some(together(source, several, policy).await),
    };
    match end {
        Some(GroupOutcome::Stored) => notify(jobs, true),
        Some(GroupOutcome::Unknown) => notify(jobs, false),
        Some(GroupOutcome::Refused | GroupOutcome::Failed) | None => {
            for job in jobs {
                again.extend(job.run_alone(source.clone()).await);
            }
        }
    }
    again
}

async fn together(
    source: &Source,
    jobs: &mut [Box<dyn Job>],
    policy: &GroupPolicy,
) -> GroupOutcome {
    let end = match policy.careful.get().checked_sub(1) {
        None => match optimistic(source, jobs).await {
            GroupOutcome::Refused => {
                policy.careful.set(CAREFUL);
                with_savepoints(source, jobs).await
            }
            end => end,
        },
        Some(fewer) => {
            policy.careful.set(fewer);
            with_savepoints(source, jobs).await
        }
    };
    if policy.is_crowded && matches!(end, GroupOutcome::Failed) {
        policy.apart.set(APART);
    }
    end
}

async fn optimistic(source: &Source, jobs: &mut [Box<dyn Job>]) -> GroupOutcome {
    let Ok(transaction) = source.begin().await else { return GroupOutcome::Failed };
    for job in jobs {
        let end = match job.attempt(&transaction).await {
            AttemptOutcome::Whole | AttemptOutcome::None => continue,
            AttemptOutcome::Part => GroupOutcome::Refused,
            AttemptOutcome::Unclear => GroupOutcome::Failed,
            AttemptOutcome::Unknown => GroupOutcome::Unknown,
        };
        roll_back(transaction).await;
        return end;
    }
    outcome_of(transaction.commit().await)
}

async fn with_savepoints(source: &Source, jobs: &mut [Box<dyn Job>]) -> GroupOutcome {
    let Ok(transaction) = source.begin().await else { return GroupOutcome::Failed };
    for job in jobs {
        if let Err(error) = in_savepoint(&transaction, job.as_mut()).await {
            log::debug!("a savepoint failed: {}", chain(&error));
            roll_back(transaction).await;
            return GroupOutcome::Failed;
        }
    }
    outcome_of(transaction.commit().await)
}

async fn in_savepoint(transaction: &Tx, job: &mut dyn Job) -> Result<()> {
    let savepoint = transaction.savepoint().await?;
    match job.attempt(&savepoint).await {
        AttemptOutcome::Whole | AttemptOutcome::None => savepoint.commit().await?,
        AttemptOutcome::Part => savepoint.roll_back().await?,
        // A savepoint is the first statement, so that nothing is committed on its own.
        AttemptOutcome::Unclear | AttemptOutcome::Unknown => {
            savepoint.roll_back().await?;
            return Err(Error::internal("the database failed inside of it"));
        }
    }
    Ok(())
}

fn outcome_of(committed: Result<()>) -> GroupOutcome {
    match committed {
        Ok(()) => GroupOutcome::Stored,
        Err(Error::Unknown) => GroupOutcome::Unknown,
        Err(error) => {
            log::debug!("the jobs of a group run one by one: {}", chain(&error));
            GroupOutcome::Failed
        }
    }
}

#[cfg(test)]
mod tests;
