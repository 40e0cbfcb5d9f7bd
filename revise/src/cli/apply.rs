//! Verbs that apply migrations and take them back.

use std::time::Duration;

use serde::Serialize;

use super::{
    Command,
    arguments::{DowngradeArguments, Manner, UpgradeArguments},
};
use crate::{
    error::{Error, Result},
    operation::describe::counted,
    runtime::{
        backup::Backup,
        session::{Session, Use},
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

impl Command<'_> {
    pub async fn upgrade(&self, arguments: &UpgradeArguments) -> Result<()> {
        let UpgradeArguments { revision, preview, manner } = arguments;
        if preview.is_only_shown() {
            return self.preview(revision, (preview, manner), Direction::Up).await;
        }
        let moved = self.carry(revision, manner, Direction::Up).await?;
        self.report(&moved)
    }

    pub async fn downgrade(&self, arguments: &DowngradeArguments) -> Result<()> {
        let DowngradeArguments { revision, preview, manner } = arguments;
        if preview.is_only_shown() {
            return self.preview(revision, (preview, manner), Direction::Down).await;
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
            transactions: manner.transactions(),
            allow_data_loss: manner.allow_data_loss,
            out_of_order: manner.out_of_order,
            shadow: self.shadow()?,
            report: self.console.report(),
            confirm: self.console.confirm(),
            ..UpgradeOptions::default()
        })
    }
}

/// A number of seconds from the command line.
pub fn seconds(number: f64, flag: &str) -> Result<Duration> {
    Duration::try_from_secs_f64(number).map_err(|_| {
        Error::Usage(format!("`{number}` is no number of seconds for {flag}, expected 0 or more"))
    })
}
