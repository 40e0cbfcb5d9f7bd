//! Several migrations in one transaction: all of them, or nothing.

use std::time::{Duration, Instant};

use sea_orm::{DatabaseTransaction, DbBackend, DbErr};
use sea_orm_migration::MigrationTrait;

use super::{
    apply::{MigrationRun, locked},
    choose::Direction,
    options::{Event, UpgradeOptions},
};
use crate::{
    error::{Error, Result, explain, is_lock_timeout},
    operation::{Operation, batches, describe::counted},
    postgres,
    runtime::{recording, session::Session, settings::Settings},
};

/// A migration that shares a transaction with others.
pub(crate) struct Member<'a> {
    pub migration: &'a dyn MigrationTrait,
    /// What it does, as far as that is known.
    pub operations: &'a [Operation],
}

/// Refuses migrations that cannot share a transaction.
///
/// # Errors
/// [`Error::Stopped`] with the name of the one that cannot.
pub(crate) async fn expect_one_transaction(
    members: &[Member<'_>],
    direction: Direction,
    backend: DbBackend,
) -> Result<()> {
    for member in members {
        let name = member.migration.name();
        if member.migration.use_transaction() == Some(false) {
            return Err(refused(name, "runs without a transaction"));
        }
        if ends_transaction(member, direction, backend).await {
            return Err(refused(name, "ends the transaction that it runs in, with SQL of its own"));
        }
    }
    if backend == DbBackend::Postgres {
        expect_values_unused(members)?;
    }
    let before_others = members.split_last().map(|(_, before)| before).unwrap_or_default();
    let is_later = |member: &&Member<'_>| member.operations.iter().any(batches::is_later);
    match before_others.iter().find(is_later) {
        Some(member) if direction == Direction::Up => {
            Err(refused(member.migration.name(), "changes rows in batches after its transaction"))
        }
        _ => Ok(()),
    }
}

async fn ends_transaction(member: &Member<'_>, direction: Direction, backend: DbBackend) -> bool {
    let mut texts: Vec<String> = member
        .operations
        .iter()
        .filter_map(|operation| match (operation, backend) {
            (Operation::Sql { sqlite, .. }, DbBackend::Sqlite) => sqlite.clone(),
            (Operation::Sql { postgres, .. }, _) => postgres.clone(),
            _ => None,
        })
        .collect();
    let recording = recording::record_way(member.migration, backend, direction).await;
    texts.extend(recording.statements.into_iter().map(|statement| statement.sql));
    texts.iter().any(|sql| recording::ends_transaction(sql))
}

/// PostgreSQL uses a value that was added to an enum only after the commit.
fn expect_values_unused(members: &[Member<'_>]) -> Result<()> {
    for (place, member) in members.iter().enumerate() {
        let added = |one: &&Operation| matches!(one, Operation::AddEnumValue { .. });
        for operation in member.operations.iter().filter(added) {
            let Operation::AddEnumValue { value, .. } = operation else { continue };
            let later = members.get(place + 1..).unwrap_or_default();
            let uses = |other: &&Member<'_>| {
                let mut both = vec![operation.clone()];
                both.extend(other.operations.iter().cloned());
                postgres::needs_own_transaction(&both)
            };
            if let Some(user) = later.iter().find(uses) {
                let what = format!(
                    "adds the value `{value}` that `{}` uses, which PostgreSQL allows after a commit only",
                    user.migration.name()
                );
                return Err(refused(member.migration.name(), &what));
            }
        }
    }
    Ok(())
}

fn refused(name: &str, what: &str) -> Error {
    Error::Stopped(format!(
        "`{name}` {what}, so it cannot share one with others, and nothing was done; leave `--tx all` out, or go up to it and from it \
         on in two commands"
    ))
}

/// Carries migrations out in one transaction, again and again where it does not get its locks.
///
/// # Errors
/// [`Error::Locked`] when it never does, [`Error::Failed`] with the name of the migration that fails. Nothing is done then.
pub(super) async fn carry_out(
    runs: &[MigrationRun<'_>],
    (session, settings): (&Session, &Settings),
    options: &UpgradeOptions,
) -> Result<()> {
    // No other process queues after one that waits for a file, so waiting once is enough.
    let limit = if session.backend() == DbBackend::Sqlite { 1 } else { options.attempts };
    let mut attempts = 1;
    let durations = loop {
        match attempt(runs, (session, settings), options).await {
            Ok(durations) => break durations,
            Err((revision, error)) if is_lock_timeout(&error) && attempts < limit => {
                options.wait_again(&revision, &mut attempts).await;
            }
            Err((revision, error)) if is_lock_timeout(&error) => {
                return Err(locked(session, &revision, attempts, &error));
            }
            Err((revision, error)) => return Err(failed(&revision, runs.len(), &error)),
        }
    };
    for (run, duration) in runs.iter().zip(durations) {
        let (revision, direction) = (run.migration.name().to_owned(), run.direction);
        (options.report)(&Event::Done { revision, direction, duration });
    }
    Ok(())
}

/// How long each took, or the name of the one that failed, with its error.
async fn attempt(
    runs: &[MigrationRun<'_>],
    (session, settings): (&Session, &Settings),
    options: &UpgradeOptions,
) -> Result<Vec<Duration>, (String, DbErr)> {
    let first = runs.first().map(|run| run.migration.name().to_owned()).unwrap_or_default();
    let last = runs.last().map(|run| run.migration.name().to_owned()).unwrap_or_default();
    let begun = session.begin_within(options.lock_timeout).await;
    let transaction = begun.map_err(|error| (first, error))?;
    let mut durations = Vec::with_capacity(runs.len());
    for run in runs {
        match one(run, settings, &transaction).await {
            Ok(duration) => durations.push(duration),
            Err(error) => {
                // A connection that fails here is rolled back by the server.
                drop(transaction.rollback().await);
                return Err((run.migration.name().to_owned(), error));
            }
        }
    }
    transaction.commit().await.map_err(|error| (last, error))?;
    Ok(durations)
}

async fn one(
    run: &MigrationRun<'_>,
    settings: &Settings,
    transaction: &DatabaseTransaction,
) -> Result<Duration, DbErr> {
    let (revision, direction) = (run.migration.name().to_owned(), run.direction);
    (run.options.report)(&Event::Begun { revision, direction });
    let begun = Instant::now();
    run.carry_out_in(transaction, begun).await?;
    // What one migration sets does not reach the next one.
    settings.restore(transaction).await?;
    Ok(begun.elapsed())
}

fn failed(revision: &str, count: usize, source: &DbErr) -> Error {
    Error::Failed(format!(
        "`{revision}` failed, and nothing of the {} is done, since they share a transaction:\n{}",
        counted(count, "migration"),
        explain(source)
    ))
}
