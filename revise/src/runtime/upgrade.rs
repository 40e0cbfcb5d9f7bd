//! Applies migrations and takes them back: under a lock, each with its record in one transaction, or step by step.

mod apply;
mod choose;
mod loss;

use std::{path::PathBuf, sync::Arc, time::Duration};

use sea_orm::{DatabaseConnection, DbErr};
use sea_orm_migration::MigrationTrait;

pub use self::choose::Direction;
pub(crate) use self::{
    apply::one,
    choose::{edited, named, revisions},
};
use crate::{
    error::{Error, Result, explain},
    runtime::{
        backup::{self, Backup},
        context::Observer,
        lock::Lock,
        replay::{Replay, ReplayedMigration},
        revise::{Revise, Status},
        session::Session,
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
        self.change(db, target, options, Direction::Up).await
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
        self.change(db, target, options, Direction::Down).await
    }

    async fn change(
        &self,
        db: &DatabaseConnection,
        target: &Target,
        options: &UpgradeOptions,
        direction: Direction,
    ) -> Result<Vec<String>> {
        let report = &options.report;
        let wait = |holder: &str| report(&Event::Waiting(holder.to_owned()));
        let lock = Lock::take(target, options.wait, &wait).await?;
        let session = Session::on(db, target);
        let done = self.change_locked(&session, options, direction).await;
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
        if chosen.is_empty() && status.unfinished.is_none() {
            choose::expect_known(&status, &self.program)?;
            // An edit is reported at once, and not only when it is in the way.
            let migrations = (self.migrations)();
            self.replayed_migrations(session, &migrations, &status, &chosen, direction, options)
                .await?;
            return Ok(Vec::new());
        }
        choose::expect_sound(&status, &chosen, direction, options, &self.program)?;
        let migrations = (self.migrations)();
        let replayed = self
            .replayed_migrations(session, &migrations, &status, &chosen, direction, options)
            .await?;
        let losses = loss::find(session, &replayed, &chosen).await?;
        loss::agree(&losses, options, direction)?;
        self.back_up(session, &status, options, !losses.is_empty()).await?;
        let mut done = Vec::with_capacity(chosen.len());
        for name in chosen {
            let migration = migrations.iter().find(|migration| migration.name() == name);
            let Some(migration) = migration else { continue };
            let checksum = replayed.iter().find(|replayed| replayed.revision == name);
            let checksum = checksum.map(|replayed| replayed.checksum.clone());
            apply::one(self, session, migration.as_ref(), checksum, direction, options).await?;
            done.push(name);
        }
        Ok(done)
    }

    /// What the migrations consist of, seen in a shadow; on the way down what their `down` consists of. Where a history
    /// cannot be replayed, because it needs rows or rights, nothing is known and nothing is checked.
    async fn replayed_migrations(
        &self,
        session: &Session,
        migrations: &[Box<dyn MigrationTrait>],
        status: &Status,
        chosen: &[String],
        direction: Direction,
        options: &UpgradeOptions,
    ) -> Result<Vec<ReplayedMigration>> {
        let report = &options.report;
        let shadows = self.shadows(&session.target, options.shadow.as_ref()).await?;
        let replayed = Replay::run(&shadows, migrations, &self.schemas(&session.target)).await;
        let mut replay = match replayed {
            Ok(replay) => replay,
            Err(error) => {
                report(&Event::Warning(format!(
                    "the history cannot be replayed in a shadow, so it is not checked: {error}"
                )));
                return Ok(Vec::new());
            }
        };
        let edited = choose::edited(status, &replay.migrations);
        if let Some(revision) = edited.first()
            && !options.ignore_edits
        {
            return Err(choose::edited_error(revision, &self.program));
        }
        let mut replayed = replay.migrations.clone();
        if direction == Direction::Down {
            for migration in migrations.iter().rev() {
                let back = chosen.iter().any(|name| name == migration.name());
                let is_last = chosen.last().is_some_and(|last| last == migration.name());
                let down = replay.down(migration.as_ref()).await;
                let Ok(operations) = down else { break };
                if let Some(replayed) = replayed
                    .iter_mut()
                    .find(|replayed| back && replayed.revision == migration.name())
                {
                    replayed.operations = operations;
                }
                if is_last {
                    break;
                }
            }
        }
        replay.close().await;
        Ok(replayed)
    }

    async fn back_up(
        &self,
        session: &Session,
        status: &Status,
        options: &UpgradeOptions,
        losing: bool,
    ) -> Result<()> {
        let wanted = match options.backup {
            Backup::Always => true,
            Backup::WhenLosing => losing,
            Backup::Never => false,
        };
        // A database without a history is new, or was never under this program's care.
        let (Target::File(path), Some(current), true) = (&session.target, status.current(), wanted)
        else {
            return Ok(());
        };
        backup::remove_partial(path)?;
        let copy = backup::copy(&session.db, path, current).await?;
        (options.report)(&Event::BackedUp(copy));
        Ok(())
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
        Direction::Down => "could not be taken back",
    };
    Error::Failed(format!(
        "`{revision}` {what}, and the database is as it was before it:\n{}",
        explain(source)
    ))
}
