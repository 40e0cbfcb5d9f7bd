//! One migration, on the database at hand.

use std::{collections::BTreeSet, sync::Arc, time::Instant};

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr};
use sea_orm_migration::{MigrationTrait, SchemaManager};

use super::{
    choose::Direction,
    options::{Event, Report, UpgradeOptions},
};
use crate::{
    error::{Error, Result, clear, explain, is_lock_timeout},
    runtime::{
        breakage,
        context::{BreakageCheck, ExecutionContext, Observer},
        execute::execute,
        history::{Record, State, Steps, actor},
        revise::Revise,
        session::{Session, end},
    },
};

/// A migration that is applied or reverted.
pub struct MigrationRun<'a> {
    pub revise: &'a Revise,
    pub session: &'a Session,
    pub migration: &'a dyn MigrationTrait,
    /// Of its plan, where that is known.
    pub checksum: Option<String>,
    pub direction: Direction,
    pub options: &'a UpgradeOptions,
    /// What it may break on SQLite, because a later migration of the same run mends it.
    pub forgiven: BTreeSet<String>,
}

impl MigrationRun<'_> {
    /// Applies the migration or takes it back, again and again where it does not get its locks.
    pub async fn carry_out(&self) -> Result<()> {
        let Self { session, migration, direction, options, .. } = *self;
        let revision = migration.name().to_owned();
        (options.report)(&Event::Begun { revision: revision.clone(), direction });
        let begun = Instant::now();
        // No other process queues after one that waits for a file, so waiting once is enough.
        let limit = if session.backend() == DbBackend::Sqlite { 1 } else { options.attempts };
        let mut attempts = 1;
        loop {
            let done = match migration.use_transaction() {
                Some(false) => self.in_steps(begun).await,
                Some(true) | None => self.in_transaction(begun).await,
            };
            match done {
                Ok(()) => break,
                Err(error) if is_lock_timeout(&error) && attempts < limit => {
                    options.wait_again(&revision, &mut attempts).await;
                }
                Err(error) if is_lock_timeout(&error) => {
                    return Err(locked(session, &revision, attempts, &error));
                }
                Err(error) if migration.use_transaction() == Some(false) => {
                    let program = &self.revise.program;
                    let way = direction.verb();
                    return Err(Error::Failed(format!(
                        "`{revision}` failed, and what it had done before stays, because it runs without a transaction; see \
                         `{program} status`, fix the cause and go on with `{program} {way}`:\n{}",
                        explain(&error)
                    )));
                }
                Err(error) => return Err(failed(&revision, direction, &error)),
            }
        }
        (options.report)(&Event::Done { revision, direction, duration: begun.elapsed() });
        Ok(())
    }

    async fn in_transaction(&self, begun: Instant) -> Result<(), DbErr> {
        let transaction = self.session.begin_within(self.options.lock_timeout).await?;
        let done = self.carry_out_in(&transaction, begun).await;
        end(transaction, done).await
    }

    /// Carries it out in a transaction that somebody else commits, with its record.
    pub async fn carry_out_in(
        &self,
        transaction: &DatabaseTransaction,
        begun: Instant,
    ) -> Result<(), DbErr> {
        self.revise.history.install(transaction).await?;
        let mut context = ExecutionContext::live(None, observer(&self.options.report));
        context.notes_batches_for = self.notes_batches_for();
        context.check_breakage(BreakageCheck::BeforeCommit);
        let context = Arc::new(context);
        self.migrate(&SchemaManager::new(transaction), &context).await?;
        breakage::expect_none(transaction, &context, &self.forgiven).await?;
        self.record(transaction, begun).await
    }

    /// Without a transaction: begun, step by step, done.
    async fn in_steps(&self, begun: Instant) -> Result<(), DbErr> {
        let db = &self.session.db;
        self.limit_locks(db).await?;
        self.revise.history.install(db).await?;
        let name = self.migration.name();
        let noted = self.revise.history.applied(db).await.map_err(DbErr::from)?;
        let noted = noted.into_iter().find(|applied| applied.revision == name);
        let state = match self.direction {
            Direction::Up => State::Upgrading,
            Direction::Down => State::Downgrading,
        };
        let going_on =
            noted.and_then(|applied| applied.record).filter(|record| record.state == state);
        let done = going_on.as_ref().map_or(0, |record| record.steps);
        if going_on.is_none() {
            self.revise.history.write(db, name, &self.note(state, begun)).await?;
        }
        let resumed = going_on.is_some();
        let steps = Some(Steps { revision: name.to_owned(), done, resumed });
        let mut context = ExecutionContext::live(steps, observer(&self.options.report));
        context.notes_batches_for = self.notes_batches_for();
        let context = Arc::new(context);
        self.migrate(&SchemaManager::new(db), &context).await?;
        let transaction = self.session.begin().await?;
        self.record(&transaction, begun).await?;
        transaction.commit().await
    }

    /// On the way down rows have to be changed before what they are in goes.
    fn notes_batches_for(&self) -> Option<String> {
        (self.direction == Direction::Up).then(|| self.migration.name().to_owned())
    }

    async fn migrate(
        &self,
        manager: &SchemaManager<'_>,
        context: &Arc<ExecutionContext>,
    ) -> Result<(), DbErr> {
        match self.direction {
            Direction::Up => context.up(self.migration, manager).await,
            Direction::Down => context.down(self.migration, manager).await,
        }
    }

    async fn record<C: ConnectionTrait>(&self, db: &C, begun: Instant) -> Result<(), DbErr> {
        let name = self.migration.name();
        match self.direction {
            Direction::Up => {
                self.revise.history.add_version(db, name).await?;
                self.revise.history.write(db, name, &self.note(State::Applied, begun)).await
            }
            Direction::Down => self.revise.history.forget(db, name).await,
        }
    }

    fn note(&self, state: State, begun: Instant) -> Record {
        Record {
            checksum: self.checksum.clone(),
            state,
            steps: 0,
            actor: actor(),
            duration_ms: i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX),
        }
    }

    /// For all that the connection does.
    async fn limit_locks<C: ConnectionTrait>(&self, db: &C) -> Result<(), DbErr> {
        if self.session.backend() != DbBackend::Postgres {
            return Ok(());
        }
        let milliseconds = self.options.lock_timeout.as_millis();
        execute(db, &format!("SET lock_timeout = {milliseconds}")).await
    }
}

pub(super) fn locked(session: &Session, revision: &str, attempts: u32, error: &DbErr) -> Error {
    if session.backend() == DbBackend::Sqlite {
        return Error::Locked(format!(
            "another program holds {}, and nothing of `{revision}` is done; close it, or raise `--lock-timeout`",
            session.target
        ));
    }
    Error::Locked(format!(
        "`{revision}` did not get its locks in {attempts} attempts, and nothing of it is done; look who holds the tables, or \
         raise `--lock-timeout`: {}",
        clear(error)
    ))
}

/// Reports each statement of a migration.
fn observer(report: &Report) -> Observer {
    let report = Arc::clone(report);
    Arc::new(move |sql: &str| report(&Event::Statement(sql.to_owned())))
}

/// The error of a migration that was rolled back.
fn failed(revision: &str, direction: Direction, source: &DbErr) -> Error {
    let what = match direction {
        Direction::Up => "failed",
        Direction::Down => "could not be reverted",
    };
    Error::Failed(format!(
        "`{revision}` {what}, and the database is as it was before it:\n{}",
        explain(source)
    ))
}
