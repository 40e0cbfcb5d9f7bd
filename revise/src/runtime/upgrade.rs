//! Applies migrations and takes them back: under a lock, each with its record in one transaction, or step by step.

mod apply;
mod change;
mod choose;
mod loss;
mod options;
mod pool;
pub(crate) mod together;

use sea_orm::DatabaseConnection;

use self::change::{Change, Part};
pub(crate) use self::{
    apply::MigrationRun,
    choose::{edited, expect_finished, expect_known, named, revisions},
    loss::changed_values,
    pool::expect_pool,
};
pub use self::{
    choose::Direction,
    options::{Confirm, Event, Report, Transactions, UpgradeOptions},
};
use crate::{
    error::Result,
    runtime::{batches, lock::Lock, revise::Revise, session::Session, target::Target},
};

impl Revise {
    /// Applies migrations up to `options.target` over this connection, and answers their names. Waits for another process
    /// that does the same, and finds nothing left to do then.
    ///
    /// The connection is one, leads to `target`, and on SQLite has `foreign_keys` off; with a program's pool call
    /// [`Revise::upgrade`].
    ///
    /// # Errors
    /// [`Error::History`] for a history that is not this program's, [`Error::NeedsAnswer`] where data would be lost,
    /// [`Error::Locked`] where a lock is not free in time, [`Error::Failed`] for a migration that fails: it is rolled
    /// back then, and those before it stay.
    ///
    /// [`Error::History`]: crate::error::Error::History
    /// [`Error::NeedsAnswer`]: crate::error::Error::NeedsAnswer
    /// [`Error::Locked`]: crate::error::Error::Locked
    /// [`Error::Failed`]: crate::error::Error::Failed
    pub async fn upgrade_at(
        &self,
        db: &DatabaseConnection,
        target: &Target,
        options: &UpgradeOptions,
    ) -> Result<Vec<String>> {
        self.change(&Session::on(db, target), options, Direction::Up).await
    }

    /// Takes migrations back down to `options.target`, and answers their names, the newest first.
    ///
    /// # Errors
    /// As [`Revise::upgrade_at`].
    pub async fn downgrade(
        &self,
        db: &DatabaseConnection,
        target: &Target,
        options: &UpgradeOptions,
    ) -> Result<Vec<String>> {
        self.change(&Session::on(db, target), options, Direction::Down).await
    }

    async fn change(
        &self,
        session: &Session,
        options: &UpgradeOptions,
        direction: Direction,
    ) -> Result<Vec<String>> {
        session.wait_for(options.lock_timeout).await?;
        if direction == Direction::Down {
            if self.status(&session.db).await?.filling.is_empty() {
                return Ok(self.change_alone(session, options, direction).await?.names);
            }
            let batches = batches::hold(session, options).await?;
            let done = self.change_alone(session, options, direction).await;
            batches.release().await;
            return Ok(done?.names);
        }
        let mut options = options.clone();
        let mut names = Vec::new();
        loop {
            batches::finish(self, session, &options).await?;
            let part = self.change_alone(session, &options, direction).await?;
            names.extend(part.names);
            match part.goal {
                Some(goal) => options.target = goal,
                None => break,
            }
        }
        if !names.is_empty() {
            batches::finish(self, session, &options).await?;
        }
        Ok(names)
    }

    /// Changes the schema while no other process does, as far as the next change of rows in batches.
    async fn change_alone(
        &self,
        session: &Session,
        options: &UpgradeOptions,
        direction: Direction,
    ) -> Result<Part> {
        let report = &options.report;
        let wait = |holder: &str| report(&Event::Waiting(holder.to_owned()));
        let lock = Lock::take(&session.target, options.wait, &wait).await?;
        let done = self.change_locked(session, options, direction).await;
        lock.release().await;
        done
    }

    async fn change_locked(
        &self,
        session: &Session,
        options: &UpgradeOptions,
        direction: Direction,
    ) -> Result<Part> {
        let status = self.status(&session.db).await?;
        let chosen = choose::revisions(&self.revisions(), &status, &options.target, direction)?;
        let migrations = (self.migrations)();
        let change =
            Change { revise: self, session, options, direction, status, chosen, migrations };
        change.carry_out().await
    }
}
