//! Group commit: jobs that wait at the same time share one transaction, and with it one wait for the disk.
//!
//! Each job sees what those before it did, as if they had been committed, and is answered after COMMIT. At first nothing
//! separates them; when one of them refuses, the transaction is rolled back and carried out again with a savepoint for
//! each job, so that this one run_alone is undone. When the database itself fails, each job goes alone.
//!
//! SQLite has one writer, which takes whatever waits. On PostgreSQL jobs are put together only where more of them wait than
//! there are connections, since groups that run beside each other may want each other's rows.

use std::cell::Cell;

use super::{
    job::{AttemptOutcome, Job, roll_back},
    notify::notify,
};
use crate::{
    database::tx::{Source, Tx},
    error::{Error, Result, chain},
};

/// Jobs of one transaction.
const MOST: usize = 128;
/// Groups that have savepoints from the start after one that needed them.
const CAREFUL: u32 = 16;

/// Turns without groups after one that met others in the database.
const APART: u32 = 256;

/// What was learnt from the last groups.
pub(super) struct GroupPolicy {
    /// For how many more groups it is better to have savepoints from the start.
    careful: Cell<u32>,
    /// For how many more turns jobs had better go one by one.
    apart: Cell<u32>,
    /// Whether groups run beside each other, and may wait for each other's rows in a circle.
    is_crowded: bool,
}

impl GroupPolicy {
    /// Of a writer with so many connections.
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

/// How a group came out.
enum GroupOutcome {
    /// Everything that was to be stored is.
    Stored,
    /// Nothing is, because a job refused.
    Refused,
    /// Nothing is, because the database failed.
    Failed,
    /// Nobody knows.
    Unknown,
}

/// Carries out jobs, several of them in one transaction, and tells each caller; those that come back want a row which
/// another session holds.
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
        // A savepoint is the first statement, so that nothing is stored by itself.
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
            log::debug!("a group is carried out one by one: {}", chain(&error));
            GroupOutcome::Failed
        }
    }
}

#[cfg(test)]
mod tests;
