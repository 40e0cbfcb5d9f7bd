//! Applies migrations and takes them back: under a lock, each with its record in one transaction, or step by step.

mod apply;
mod change;
mod choose;
mod loss;

use std::{path::PathBuf, sync::Arc, time::Duration};

use sea_orm::{DatabaseConnection, DbErr};

use self::change::Change;
pub use self::choose::Direction;
pub(crate) use self::{
    apply::MigrationRun,
    choose::{edited, named, revisions},
};
use crate::{
    error::{Error, Result, explain},
    runtime::{
        backup::Backup, context::Observer, lock::Lock, revise::Revise, session::Session,
        target::Target,
    },
};

/// How migrations are applied.
#[derive(Clone)]
pub struct UpgradeOptions {
    /// How far: `head`, `base`, `+2`, `-1`, or a revision or a prefix of one.
    pub target: String,
    /// How long a statement waits for a lock on a table; after that the migration is rolled back and tried again.
    pub lock_timeout: Duration,
    /// How often a migration is tried that does not get its locks.
    pub attempts: u32,
    /// How long to wait for another process that changes the schema.
    pub wait: Duration,
    /// When a SQLite file is copied first.
    pub backup: Backup,
    /// Go on where rows or values are lost.
    pub allow_data_loss: bool,
    /// Apply migrations that are older than the newest applied one.
    pub out_of_order: bool,
    /// Apply though applied migrations are not what they were.
    pub ignore_edits: bool,
    /// Where shadows are made instead of in the database itself (PostgreSQL).
    pub shadow: Option<Target>,
    /// Receives the events.
    pub report: Report,
    /// Asks before rows or values are lost; `None` without a terminal.
    pub confirm: Option<Confirm>,
}

/// Receives the events of an upgrade.
pub type Report = Arc<dyn Fn(&Event) + Send + Sync>;

/// Asks a question, and answers yes or no.
pub type Confirm = Arc<dyn Fn(&str) -> bool + Send + Sync>;

impl Default for UpgradeOptions {
    fn default() -> Self {
        Self {
            target: "head".to_owned(),
            lock_timeout: Duration::from_secs(5),
            attempts: 10,
            wait: Duration::from_secs(600),
            backup: Backup::WhenLosing,
            allow_data_loss: false,
            out_of_order: false,
            ignore_edits: false,
            shadow: None,
            report: Arc::new(|_| {}),
            confirm: None,
        }
    }
}

/// What happens during an upgrade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Another process changes the schema; this is what is known about it.
    Waiting(String),
    /// The file was copied to this place.
    BackedUp(PathBuf),
    /// A migration begins.
    Begun {
        /// Its name.
        revision: String,
        /// Up or down.
        direction: Direction,
    },
    /// A statement runs.
    Statement(String),
    /// A migration did not get its locks, and is tried again.
    Retrying {
        /// Its name.
        revision: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// A migration is done.
    Done {
        /// Its name.
        revision: String,
        /// Up or down.
        direction: Direction,
        /// How long it took.
        duration: Duration,
    },
    /// Something that does not stop the work.
    Warning(String),
}

impl Revise {
    /// Applies migrations up to `options.target`, and answers their names. Waits for another process that does the
    /// same, and finds nothing left to do then.
    ///
    /// On SQLite the connection has to have `foreign_keys` off.
    ///
    /// # Errors
    /// [`Error::History`] for a history that is not this program's, [`Error::NeedsAnswer`] where data would be lost,
    /// [`Error::Locked`] where a lock is not free in time, [`Error::Failed`] for a migration that fails: it is rolled
    /// back then, and those before it stay.
    pub async fn upgrade(
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
    /// As [`Revise::upgrade`].
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
    ) -> Result<Vec<String>> {
        session.wait_for(options.lock_timeout).await?;
        let status = self.status(&session.db).await?;
        let chosen = choose::revisions(&self.revisions(), &status, &options.target, direction)?;
        let migrations = (self.migrations)();
        let change =
            Change { revise: self, session, options, direction, status, chosen, migrations };
        change.carry_out().await
    }
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
