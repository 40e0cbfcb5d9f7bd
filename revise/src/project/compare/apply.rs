//! `diff --apply`: carries a difference out, in one transaction, under the lock.

use std::time::Duration;

use sea_orm::{DbBackend, DbErr};

use super::Comparison;
use crate::{
    error::{Error, Result, explain, is_lock_timeout},
    operation::{Operation, describe::describe},
    runtime::{
        context::ExecutionContext,
        execute::carry_out,
        lock::Lock,
        session::{Session, Use},
        target::Target,
        upgrade::Confirm,
    },
};

/// How long a SQLite file is waited for that another program holds.
const FILE_PATIENCE: Duration = Duration::from_secs(5);

/// How long a statement on PostgreSQL waits for its locks. Whoever comes after it waits as long, also for reading.
const LOCK_PATIENCE: Duration = Duration::from_secs(1);

/// How often PostgreSQL is asked for the locks.
const ATTEMPTS: u32 = 30;

impl Comparison {
    /// Turns the first side, which has to be a database, into the second: in one transaction, under the lock. On PostgreSQL it is
    /// rolled back and tried again where it does not get its locks, so that it never stands in front of a queue.
    ///
    /// # Errors
    /// [`Error::Usage`] when it is no database, [`Error::NeedsAnswer`] without consent to a loss, [`Error::Locked`] when other
    /// programs hold what changes.
    pub async fn apply(
        &self,
        consent: bool,
        confirm: Option<&Confirm>,
        wait: Duration,
    ) -> Result<()> {
        if let [first, others @ ..] = self.difference.by_hand.as_slice() {
            let others: String = others.iter().map(|one| format!(", {}", one.name)).collect();
            return Err(Error::Stopped(format!(
                "no operation makes this equal, so nothing was changed: {}{others}; change that by hand before",
                first.name
            )));
        }
        let Some(target) = &self.apply_to else {
            return Err(Error::Usage(
                "`--apply` changes the first side, which has to be a database: `db` or a URL"
                    .to_owned(),
            ));
        };
        self.agree(target, consent, confirm)?;
        let lock = Lock::take(target, wait, &|_| {}).await?;
        let done = self.change(target, wait).await;
        lock.release().await;
        done
    }

    /// Goes on only with consent where something is lost.
    fn agree(&self, target: &Target, consent: bool, confirm: Option<&Confirm>) -> Result<()> {
        let operations = &self.difference.operations;
        let losses: Vec<String> =
            operations.iter().filter(|one| one.is_destructive()).map(describe).collect();
        if losses.is_empty() || consent {
            return Ok(());
        }
        let losses = losses.join("; ");
        let question = format!("this loses data in {target}: {losses}. Go on?");
        if confirm.is_some_and(|confirm| confirm(&question)) {
            return Ok(());
        }
        Err(Error::NeedsAnswer(format!(
            "this would lose data in {target}: {losses}; nothing was changed. Say `--allow-destructive` when that is meant"
        )))
    }

    async fn change(&self, target: &Target, wait: Duration) -> Result<()> {
        let session = Session::open(target, Use::Write).await?;
        let file = self.lock_timeout.unwrap_or(FILE_PATIENCE).min(wait);
        let done = match session.wait_for(file).await {
            Ok(()) => self.attempts(&session).await,
            Err(error) => Err(error),
        };
        session.close().await;
        done
    }

    async fn attempts(&self, session: &Session) -> Result<()> {
        let operations = self.in_one_transaction();
        // No other program queues after one that waits for a file, so waiting once is enough.
        let limit = if self.backend == DbBackend::Sqlite { 1 } else { ATTEMPTS };
        let mut attempts = 1;
        loop {
            match self.attempt(session, &operations).await {
                Ok(()) => return Ok(()),
                Err(error) if is_lock_timeout(&error) && attempts < limit => {
                    let pause = Duration::from_millis(200) * attempts.min(10);
                    tokio::time::sleep(pause.min(self.lock_limit() * 2)).await;
                    attempts += 1;
                }
                Err(error) => return Err(failed(&session.target, attempts, &error)),
            }
        }
    }

    fn lock_limit(&self) -> Duration {
        self.lock_timeout.unwrap_or(LOCK_PATIENCE)
    }

    async fn attempt(&self, session: &Session, operations: &[Operation]) -> Result<(), DbErr> {
        let transaction = session.begin_within(self.lock_limit()).await?;
        match carry_out(&transaction, operations, &ExecutionContext::default()).await {
            Ok(_) => transaction.commit().await,
            Err(error) => {
                // A connection that fails here is rolled back by the server.
                drop(transaction.rollback().await);
                Err(error)
            }
        }
    }
}

/// Why nothing was changed.
fn failed(target: &Target, attempts: u32, source: &DbErr) -> Error {
    let held = is_lock_timeout(source);
    match target {
        Target::Postgres(_) if held => Error::Locked(format!(
            "the change of {target} did not get its locks in {attempts} attempts, and nothing was changed; look who holds the \
             tables, or raise `--lock-timeout`: {}",
            explain(source)
        )),
        _ if held => Error::Locked(format!(
            "another program holds {target}, and nothing was changed; close it, and try again"
        )),
        _ => Error::Failed(format!(
            "{target} could not be changed and is as it was:\n{}",
            explain(source)
        )),
    }
}
