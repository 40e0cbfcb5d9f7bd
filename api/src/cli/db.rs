//! `bookplate db`: the schema's revisions.

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use migration::{Migrator, MigratorTrait};
use service::{Location, Settings, database::Connection};

use super::schema;

#[derive(Debug, Subcommand)]
pub enum DbCommand {
    /// Apply revisions that are missing; a SQLite file is copied before
    Upgrade {
        /// How far: `head`, or `+N` for N revisions
        #[arg(default_value = "head")]
        target: String,
    },
    /// Take revisions back, the newest first
    Downgrade {
        /// How far: `-N` for N revisions, or `base` for all
        #[arg(default_value = "-1", allow_hyphen_values = true)]
        target: String,
    },
    /// Show the revision that the database is at
    Current,
    /// Show every revision and whether it is applied
    History,
}

/// Carries out a command.
pub async fn run(location: &Location, settings: &Settings, command: DbCommand) -> Result<()> {
    let changes = matches!(command, DbCommand::Upgrade { .. } | DbCommand::Downgrade { .. });
    // Held to the end: no server and no other upgrade may use the file meanwhile.
    let _claim = if changes { schema::claim(location, "bookplate db")? } else { None };
    if let (Location::File(path), false) = (location, changes)
        && !path.exists()
    {
        bail!(
            "the file `{}` does not exist yet; `bookplate db upgrade` creates it",
            path.display()
        );
    }
    let connection = schema::connect(location, settings).await?;
    let done = carry_out(&connection, location, command).await;
    connection.close().await.context("the connection cannot be closed")?;
    done
}

async fn carry_out(connection: &Connection, location: &Location, command: DbCommand) -> Result<()> {
    match command {
        DbCommand::Upgrade { target } => {
            let steps = match target.strip_prefix('+') {
                None if target == "head" => None,
                steps => Some(number(steps, &target, "`head` or `+N`")?),
            };
            let applied = schema::upgrade_to(connection, location, steps).await?;
            super::say(&format!("{applied} revisions applied"))?;
        }
        DbCommand::Downgrade { target } => {
            let steps = match target.strip_prefix('-') {
                None if target == "base" => None,
                steps => Some(number(steps, &target, "`-N` or `base`")?),
            };
            let down = schema::downgrade(connection, location, steps).await?;
            super::say(&format!("{down} revisions taken back"))?;
        }
        DbCommand::Current => {
            let applied = Migrator::get_applied_migrations_read_only(connection).await?;
            let head =
                if schema::pending(connection, location).await? == 0 { " (head)" } else { "" };
            match applied.last() {
                Some(newest) => super::say(&format!("{}{head}", newest.name()))?,
                None => super::say("no revision is applied")?,
            }
        }
        DbCommand::History => {
            for revision in Migrator::get_migration_with_status_read_only(connection).await? {
                super::say(&format!(
                    "{:<8} {}",
                    revision.status().to_string().to_lowercase(),
                    revision.name()
                ))?;
            }
        }
    }
    Ok(())
}

fn number(written: Option<&str>, target: &str, expected: &str) -> Result<u32> {
    match written.map(str::parse) {
        Some(Ok(steps @ 1..)) => Ok(steps),
        _ => bail!("`{target}` is no target, expected {expected}"),
    }
}
