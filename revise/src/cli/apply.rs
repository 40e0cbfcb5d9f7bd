//! Verbs that apply migrations and take them back.

use std::time::Duration;

use serde::Serialize;

use super::{
    Command,
    arguments::{DowngradeArguments, Manner, UpgradeArguments},
};
use crate::{
    error::{Error, Result},
    operation::{
        Operation,
        describe::{counted, describe},
    },
    runtime::{
        backup::Backup,
        history::Applied,
        replay::Replay,
        revise::Status,
        session::{Session, Use},
        shadow::Shadows,
        target::Target,
        upgrade::{Direction, UpgradeOptions, revisions},
    },
};

/// What `upgrade` and `downgrade` did, which they answer as JSON.
#[derive(Serialize)]
pub struct Moved {
    pub direction: Direction,
    pub revisions: Vec<String>,
    pub current: Option<String>,
}

/// One migration of a plan.
#[derive(Serialize)]
struct Planned {
    revision: String,
    operations: Vec<Operation>,
    statements: Vec<String>,
}

impl Command<'_> {
    pub async fn upgrade(&self, arguments: &UpgradeArguments) -> Result<()> {
        let UpgradeArguments { revision, preview, manner } = arguments;
        if preview.is_only_shown() {
            return self.preview(revision, preview.sql, Direction::Up).await;
        }
        let moved = self.carry(revision, manner, Direction::Up).await?;
        self.report(&moved)
    }

    pub async fn downgrade(&self, arguments: &DowngradeArguments) -> Result<()> {
        let DowngradeArguments { revision, preview, manner } = arguments;
        if preview.is_only_shown() {
            return self.preview(revision, preview.sql, Direction::Down).await;
        }
        let moved = self.carry(revision, manner, Direction::Down).await?;
        self.report(&moved)
    }

    /// Applies migrations, or takes them back.
    pub async fn carry(
        &self,
        revision: &str,
        manner: &Manner,
        direction: Direction,
    ) -> Result<Moved> {
        if revision.contains(':') && !self.revise.revisions().iter().any(|name| name == revision) {
            return Err(Error::Usage(format!(
                "`{revision}` is a range, which is only shown: say `--sql` or `--plan` too, or the revision to go to"
            )));
        }
        if direction == Direction::Up {
            // Before a file is made for what makes no sense.
            revisions(&self.revise.revisions(), &self.nowhere(), revision, direction)?;
        }
        let options = self.options(revision, manner)?;
        let target = self.target()?;
        if let (Target::File(path), Direction::Down) = (&target, direction)
            && !path.exists()
        {
            return Err(Error::Stopped(format!(
                "the database `{}` does not exist",
                path.display()
            )));
        }
        let session = Session::open(&target, Use::Write).await?;
        let done = match direction {
            Direction::Up => self.revise.upgrade_at(&session.db, &target, &options).await,
            Direction::Down => self.revise.downgrade(&session.db, &target, &options).await,
        };
        let status = self.revise.status(&session.db).await;
        session.close().await;
        let revisions = done?;
        let current = status?.current().map(str::to_owned);
        Ok(Moved { direction, revisions, current })
    }

    /// Says what was done.
    pub fn report(&self, moved: &Moved) -> Result<()> {
        self.say_moved(moved)?;
        self.console.json(moved)
    }

    pub fn say_moved(&self, Moved { direction, revisions, current }: &Moved) -> Result<()> {
        let migrations = counted(revisions.len(), "migration");
        let word = match (direction, revisions.len()) {
            (Direction::Up, 0) => "nothing to apply".to_owned(),
            (Direction::Down, 0) => "nothing to revert".to_owned(),
            (Direction::Up, _) => format!("{migrations} applied"),
            (Direction::Down, _) => format!("{migrations} reverted"),
        };
        let current = current.as_deref().unwrap_or("base");
        self.console.say(&format!("{word}; the database is at {current}"))
    }

    pub fn options(&self, revision: &str, manner: &Manner) -> Result<UpgradeOptions> {
        let backup = match manner.backup.as_deref() {
            Some("always") => Backup::Always,
            Some("never") => Backup::Never,
            _ => self.revise.backup,
        };
        Ok(UpgradeOptions {
            target: revision.to_owned(),
            lock_timeout: seconds(manner.lock_timeout, "--lock-timeout")?,
            wait: seconds(manner.wait, "--wait")?,
            backup,
            allow_data_loss: manner.allow_data_loss,
            out_of_order: manner.out_of_order,
            shadow: self.shadow()?,
            report: self.console.report(),
            confirm: self.console.confirm(),
            ..UpgradeOptions::default()
        })
    }

    /// Shows what would happen, from a shadow.
    async fn preview(&self, revision: &str, sql: bool, direction: Direction) -> Result<()> {
        let known = self.revise.revisions();
        let chosen = match revision.split_once(':') {
            // From one revision to another, wherever the database is.
            Some((from, to)) => {
                let to = match direction {
                    Direction::Up if to.is_empty() => "head",
                    Direction::Down if to.is_empty() => "base",
                    _ => to,
                };
                revisions(&known, &status_at(&known, from)?, to, direction)?
            }
            None => {
                let status = self.database_status().await?.unwrap_or_else(|| self.nowhere());
                revisions(&known, &status, revision, direction)?
            }
        };
        let planned = async |shadows: &Shadows, target: &Target| {
            self.planned(shadows, target, (&chosen, direction)).await
        };
        let planned = self.with_shadows(planned).await?;
        self.console.json(&planned)?;
        for Planned { revision, operations, statements } in &planned {
            if sql {
                self.console.say(&format!("-- {revision}"))?;
                statements.iter().try_for_each(|sql| self.console.say(&format!("{sql};")))?;
                continue;
            }
            self.console.say(&format!("{} {revision}", super::write::direction_word(direction)))?;
            match operations.as_slice() {
                [] => statements
                    .iter()
                    .try_for_each(|sql| self.console.say(&format!("    {sql};")))?,
                operations => operations.iter().try_for_each(|operation| {
                    self.console.say(&format!("    {}", describe(operation)))
                })?,
            }
        }
        Ok(())
    }

    async fn planned(
        &self,
        shadows: &Shadows,
        target: &Target,
        (chosen, direction): (&[String], Direction),
    ) -> Result<Vec<Planned>> {
        let migrations = (self.revise.migrations)();
        let mut replay = Replay::run(shadows, &[], &self.revise.schemas(target)).await?;
        let mut planned = Vec::new();
        for migration in &migrations {
            replay.shadow.forget_statements();
            replay.up(migration.as_ref()).await?;
            let statements = replay.shadow.statements();
            if direction == Direction::Up && chosen.iter().any(|name| name == migration.name()) {
                let operations = replay
                    .migrations
                    .last()
                    .map(|replayed| replayed.operations.clone())
                    .unwrap_or_default();
                planned.push(Planned {
                    revision: migration.name().to_owned(),
                    operations,
                    statements,
                });
            }
        }
        for migration in migrations.iter().rev().filter(|_| direction == Direction::Down) {
            if planned.len() == chosen.len() {
                break;
            }
            replay.shadow.forget_statements();
            let operations = replay.down(migration.as_ref()).await?;
            let statements = replay.shadow.statements();
            if chosen.iter().any(|name| name == migration.name()) {
                planned.push(Planned {
                    revision: migration.name().to_owned(),
                    operations,
                    statements,
                });
            }
        }
        replay.close().await;
        Ok(planned)
    }
}

/// Where a database stands that was brought to a revision.
fn status_at(known: &[String], revision: &str) -> Result<Status> {
    let count = match revision {
        "" | "base" => 0,
        given => {
            let given = super::inspect::revision(known, given)?;
            known.iter().position(|name| *name == given).map_or(0, |place| place + 1)
        }
    };
    let (applied, pending) = known.split_at(count);
    let applied = applied.iter().map(|revision| Applied {
        revision: revision.clone(),
        applied_at: None,
        record: None,
    });
    Ok(Status { applied: applied.collect(), pending: pending.to_vec(), ..Status::default() })
}

/// A number of seconds from the command line.
pub fn seconds(number: f64, flag: &str) -> Result<Duration> {
    Duration::try_from_secs_f64(number).map_err(|_| {
        Error::Usage(format!("`{number}` is no number of seconds for {flag}, expected 0 or more"))
    })
}
