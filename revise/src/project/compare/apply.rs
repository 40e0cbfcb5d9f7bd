//! Makes the first side of a comparison what the second one is: as a script, or in the database itself, in one transaction and under
//! the lock.

use std::{collections::BTreeSet, time::Duration};

use sea_orm::{DbBackend, DbErr};

use super::{Comparison, script};
use crate::{
    check::precondition::{losses, preconditions},
    error::{Error, Result, explain, is_lock_timeout},
    operation::{Operation, describe::describe},
    postgres,
    project::copy::script_of,
    runtime::{
        context::ExecutionContext,
        execute::carry_out,
        lock::Lock,
        session::{Session, Use, end},
        target::Target,
        upgrade::{Confirm, changed_values},
    },
    schema::{TableName, quote_text},
    sqlite::Script,
};

/// How long a SQLite file is waited for that another program holds.
const FILE_PATIENCE: Duration = Duration::from_secs(5);

/// How long a statement on PostgreSQL waits for its locks. Whoever comes after it waits as long, also for reading.
const LOCK_PATIENCE: Duration = Duration::from_secs(1);

/// How often PostgreSQL is asked for the locks.
const ATTEMPTS: u32 = 30;

impl Comparison {
    /// The statements that turn the first side into the second. On SQLite they belong between `PRAGMA foreign_keys =
    /// OFF` and its return, in one transaction.
    ///
    /// # Errors
    /// When the operations do not fit, or there are questions.
    pub async fn script(&self) -> Result<Script> {
        let operations = &self.difference.operations;
        if self.backend != DbBackend::Sqlite {
            let statements = postgres::statements(&self.before, &self.in_one_transaction())?;
            return Ok(Script { statements, ..Script::default() });
        }
        // SQLite rewrites the texts of indexes, triggers and views when something is renamed, so it is asked.
        script_of(&self.all, operations).await
    }

    /// Statements for the beginning and the end of a script on SQLite, which stop it where rows do not fit: by a check
    /// that is called as the problem is.
    ///
    /// # Errors
    /// When the operations do not fit.
    pub fn guards(&self, script: &Script) -> Result<(Vec<String>, Vec<String>)> {
        let operations = &self.difference.operations;
        if self.backend != DbBackend::Sqlite {
            return Ok((Vec::new(), Vec::new()));
        }
        let mut wanted = preconditions(&self.before, operations, self.backend);
        if !self.consent {
            wanted.extend(losses(&self.before, operations, self.backend));
        }
        let first = wanted.iter().flat_map(|one| {
            script::guard(
                &format!("rows of `{}` {}; {}", one.table, one.problem, one.hint),
                &one.count,
            )
        });
        if !script.drops_table {
            return Ok((first.collect(), Vec::new()));
        }
        let mut after = self.before.clone();
        after.apply_all(operations, self.backend)?;
        let touched: BTreeSet<&TableName> =
            operations.iter().filter_map(Operation::table).collect();
        let concerned = after.tables.values().filter(|table| {
            let mut keys = table.foreign_keys.iter();
            touched.contains(&table.name) || keys.any(|key| touched.contains(&key.references))
        });
        let names: Vec<String> = concerned.map(|table| quote_text(&table.name.name)).collect();
        let broken = format!(
            "SELECT count(*) FROM pragma_foreign_key_check WHERE \"table\" IN ({})",
            names.join(", ")
        );
        let last = script::guard("rows would point at rows that do not exist", &broken);
        Ok((first.collect(), last.to_vec()))
    }

    /// Sets how long a statement of [`Comparison::apply`] waits for a lock. Without it that is one second on PostgreSQL, where
    /// everything is tried again, and five for a file of SQLite, which is waited for once.
    #[must_use]
    pub fn lock_timeout(mut self, limit: Duration) -> Self {
        self.lock_timeout = Some(limit);
        self
    }

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
        if !consent {
            self.agree(target, confirm).await?;
        }
        let lock = Lock::take(target, wait, &|_| {}).await?;
        let done = self.change(target, wait).await;
        lock.release().await;
        done
    }

    /// Goes on only with consent where something is lost.
    async fn agree(&self, target: &Target, confirm: Option<&Confirm>) -> Result<()> {
        let losses = self.losses(target).await?;
        if losses.is_empty() {
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

    /// What would be lost: what operations drop, and values that do not fit as they are.
    async fn losses(&self, target: &Target) -> Result<Vec<String>> {
        let operations = &self.difference.operations;
        let mut losses: Vec<String> =
            operations.iter().filter(|one| one.is_destructive()).map(describe).collect();
        let session = Session::open(target, Use::Read).await?;
        let changed = changed_values(&session.db, operations).await;
        session.close().await;
        losses.extend(changed.map_err(Error::database("cannot count what would be changed"))?);
        Ok(losses)
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
        let done = carry_out(&transaction, operations, &ExecutionContext::default()).await;
        end(transaction, done).await.map(drop)
    }

    /// The operations in a form that one transaction can hold: an enum whose new value is used is recreated.
    fn in_one_transaction(&self) -> Vec<Operation> {
        let operations = self.difference.operations.clone();
        match self.backend {
            DbBackend::Postgres if postgres::needs_own_transaction(&operations) => {
                crate::runtime::execute::in_one_transaction(operations, self.before.clone())
            }
            _ => operations,
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
