//! SeaORM's verbs, so that `sea-orm-cli migrate` and the scripts of a deployment go on: `up`, `down`, `fresh`, `refresh`,
//! `reset`. `status` is the engine's own. What would delete rows asks, or needs the flag, as it does under the other names.

use clap::Args;
use serde::Serialize;

use super::{Command, apply::Moved, arguments::Manner};
use crate::{
    error::{Error, Result},
    operation::{Operation, describe::describe},
    project::{compare::Comparison, generate::GenerateOptions},
    runtime::{
        backup::{self, Backup},
        session::{Session, Use},
        target::Target,
        upgrade::Direction,
    },
};

/// `up`
#[derive(Debug, Args)]
pub struct UpArguments {
    /// How many of the migrations that are not applied; without it, all of them
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub num: Option<u32>,
    /// How it is done.
    #[command(flatten)]
    pub manner: Manner,
}

/// `down`
#[derive(Debug, Args)]
pub struct DownArguments {
    /// How many migrations, or as many as are applied
    #[arg(short, long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..))]
    pub num: u32,
    /// How it is done.
    #[command(flatten)]
    pub manner: Manner,
}

/// `fresh`, `refresh`, `reset`
#[derive(Debug, Args)]
pub struct AnewArguments {
    /// How it is done.
    #[command(flatten)]
    pub manner: Manner,
}

/// What `fresh` and `refresh` answer as JSON.
#[derive(Serialize)]
struct Anew<'a> {
    /// What was dropped.
    #[serde(skip_serializing_if = "Option::is_none")]
    dropped: Option<&'a [Operation]>,
    /// What was taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    reverted: Option<&'a [String]>,
    direction: Direction,
    revisions: &'a [String],
    current: Option<&'a str>,
}

impl Command<'_> {
    pub async fn up(&self, arguments: &UpArguments) -> Result<()> {
        let target = arguments.num.map_or_else(|| "head".to_owned(), |num| format!("+{num}"));
        let moved = self.carry(&target, &arguments.manner, Direction::Up).await?;
        self.report(&moved)
    }

    pub async fn down(&self, arguments: &DownArguments) -> Result<()> {
        let status = self.database_status().await?.unwrap_or_else(|| self.nowhere());
        let known = self.revise.revisions();
        let applied = status.applied.iter().filter(|applied| known.contains(&applied.revision));
        let steps = usize::try_from(arguments.num).unwrap_or(usize::MAX);
        let target = match applied.count() <= steps {
            true => "base".to_owned(),
            false => format!("-{steps}"),
        };
        let moved = self.carry(&target, &arguments.manner, Direction::Down).await?;
        self.report(&moved)
    }

    pub async fn reset(&self, arguments: &AnewArguments) -> Result<()> {
        let moved = self.carry("base", &arguments.manner, Direction::Down).await?;
        self.report(&moved)
    }

    pub async fn refresh(&self, arguments: &AnewArguments) -> Result<()> {
        let reverted = match self.is_there()? {
            true => self.carry("base", &arguments.manner, Direction::Down).await?.revisions,
            false => Vec::new(),
        };
        self.anew(arguments, None, Some(&reverted)).await
    }

    pub async fn fresh(&self, arguments: &AnewArguments) -> Result<()> {
        let dropped = match self.is_there()? {
            true => self.drop_all(&arguments.manner).await?,
            false => Vec::new(),
        };
        self.anew(arguments, Some(&dropped), None).await
    }

    /// Whether there is a database; a SQLite file need not be.
    fn is_there(&self) -> Result<bool> {
        Ok(!matches!(self.target()?, Target::File(path) if !path.exists()))
    }

    /// Applies all migrations to what is empty now.
    async fn anew(
        &self,
        arguments: &AnewArguments,
        dropped: Option<&[Operation]>,
        reverted: Option<&[String]>,
    ) -> Result<()> {
        let moved = self.carry("head", &arguments.manner, Direction::Up).await?;
        self.say_moved(&moved)?;
        let Moved { direction, revisions, current } = &moved;
        let current = current.as_deref();
        self.console.json(&Anew { dropped, reverted, direction: *direction, revisions, current })
    }

    /// Drops all that is there, in one transaction; refuses where no operation drops something.
    async fn drop_all(&self, manner: &Manner) -> Result<Vec<Operation>> {
        let target = self.target()?;
        let options = GenerateOptions { allow_destructive: true, ..self.generate_options()? };
        let comparison = self.revise.emptying(&target, &options).await?;
        let operations = comparison.difference.operations.clone();
        if operations.is_empty() && comparison.is_equal() {
            return Ok(operations);
        }
        let losses = self.losses(&comparison);
        if !manner.allow_data_loss && comparison.difference.by_hand.is_empty() {
            self.agree_to_drop(&losses, &target)?;
        }
        let wanted = self.options("head", manner)?;
        if wanted.backup == Backup::Always
            || wanted.backup == Backup::WhenLosing && !losses.is_empty()
        {
            self.back_up(&target).await?;
        }
        for operation in &operations {
            self.console.note(&format!("  {}", describe(operation)));
        }
        comparison.apply(true, None, wanted.wait).await?;
        Ok(operations)
    }

    /// What is lost apart from the history, which is written again.
    fn losses(&self, comparison: &Comparison) -> Vec<String> {
        let is_own =
            |one: &Operation| one.table().is_some_and(|table| self.revise.history.is_own(table));
        let operations = comparison.difference.operations.iter();
        let loses = |one: &&Operation| {
            one.is_destructive() && !is_own(one) || matches!(one, Operation::Sql { .. })
        };
        operations.filter(loses).map(describe).collect()
    }

    fn agree_to_drop(&self, losses: &[String], target: &Target) -> Result<()> {
        if losses.is_empty() {
            return Ok(());
        }
        let question = format!("this drops everything in {target}: {}", losses.join("; "));
        match self.console.confirm() {
            Some(confirm) if confirm(&format!("{question}. Go on?")) => Ok(()),
            _ => Err(Error::NeedsAnswer(format!(
                "{question}; nothing was changed. Say `--allow-data-loss` when that is meant"
            ))),
        }
    }

    async fn back_up(&self, target: &Target) -> Result<()> {
        let Target::File(path) = target else { return Ok(()) };
        let session = Session::open(target, Use::Write).await?;
        let copied = backup::copy(&session.db, path, "fresh").await;
        session.close().await;
        let copy = copied?;
        let copy = copy.display();
        self.console.note(&format!("the database before this change was copied to `{copy}`"));
        Ok(())
    }
}
