//! Finds what `upgrade` or `downgrade` would do, in a shadow.

use sea_orm::DbBackend;
use sea_orm_migration::MigrationTrait;

use super::{PlannedMigration, Preview};
use crate::{
    error::{Error, Result},
    operation::Operation,
    runtime::{
        batches::Filling,
        history::Applied,
        replay::Replay,
        revise::{Revise, Status},
        session::{Session, Use},
        shadow::Shadows,
        tape::Entry,
        target::Target,
        upgrade::{
            Direction, Transactions, UpgradeOptions, named, revisions,
            together::{Member, expect_one_transaction},
        },
    },
};

impl Revise {
    /// What `upgrade` or `downgrade` would do. `options.target` may also be a range, `FROM:TO`, wherever the database is then. Nothing
    /// is changed.
    ///
    /// # Errors
    /// [`Error::Usage`] for a target that means nothing, [`Error::History`] for a database that is in the middle of what was squashed;
    /// when the history cannot be replayed.
    pub async fn preview(
        &self,
        target: &Target,
        options: &UpgradeOptions,
        direction: Direction,
    ) -> Result<Preview> {
        let known = self.revisions();
        let (status, to) = match options.target.split_once(':') {
            Some((from, to)) if !known.contains(&options.target) => {
                let to = match direction {
                    Direction::Up if to.is_empty() => "head",
                    Direction::Down if to.is_empty() => "base",
                    _ => to,
                };
                (status_at(&known, from)?, to)
            }
            _ => (self.standing(target).await?, options.target.as_str()),
        };
        if let Some(obstacle) = status.obstacle() {
            return Err(Error::History(obstacle));
        }
        let chosen = revisions(&known, &status, to, direction)?;
        self.preview_of(target, (status, &chosen), (options, direction)).await
    }

    /// What one migration does, wherever the database is.
    ///
    /// # Errors
    /// As [`Revise::preview`].
    pub(crate) async fn preview_one(
        &self,
        target: &Target,
        revision: &str,
        options: &UpgradeOptions,
    ) -> Result<Preview> {
        let known = self.revisions();
        let place = known.iter().position(|name| name == revision).unwrap_or_default();
        let status = status_after(&known, place);
        let chosen = [revision.to_owned()];
        self.preview_of(target, (status, &chosen), (options, Direction::Up)).await
    }

    async fn preview_of(
        &self,
        target: &Target,
        (status, chosen): (Status, &[String]),
        (options, direction): (&UpgradeOptions, Direction),
    ) -> Result<Preview> {
        let shadows = self.shadows(target, options.shadow.as_ref())?.written_down();
        let migrations = self.planned(&shadows, target, (chosen, direction)).await;
        shadows.close().await;
        let migrations = migrations?;
        if options.transactions == Transactions::All {
            self.expect_shared(&migrations, direction, target.backend()).await?;
        }
        let filling = status.filling.first().map(Filling::words);
        Ok(Preview {
            filling: filling.filter(|_| direction == Direction::Up),
            migrations,
            history: self.history.clone(),
            program: self.program.clone(),
            backend: target.backend(),
            direction,
            applied: noted(status),
            consent: options.allow_data_loss,
            transactions: options.transactions,
        })
    }

    /// Refuses migrations of which one cannot be in a transaction with the others.
    async fn expect_shared(
        &self,
        planned: &[PlannedMigration],
        direction: Direction,
        backend: DbBackend,
    ) -> Result<()> {
        let migrations = (self.migrations)();
        let members: Vec<Member<'_>> = planned
            .iter()
            .filter_map(|one| {
                let found = migrations.iter().find(|found| found.name() == one.revision)?;
                Some(Member { migration: found.as_ref(), operations: &one.operations })
            })
            .collect();
        expect_one_transaction(&members, direction, backend).await
    }

    /// Where a database stands, which need not exist.
    async fn standing(&self, target: &Target) -> Result<Status> {
        match target {
            Target::Memory => Ok(self.status_of(Vec::new(), target.backend()).await),
            Target::File(path) if !path.exists() => {
                Ok(self.status_of(Vec::new(), target.backend()).await)
            }
            target => {
                let session = Session::open(target, Use::Read).await?;
                let status = self.status(&session.db).await;
                session.close().await;
                status
            }
        }
    }

    async fn planned(
        &self,
        shadows: &Shadows,
        target: &Target,
        (chosen, direction): (&[String], Direction),
    ) -> Result<Vec<PlannedMigration>> {
        let migrations = (self.migrations)();
        let is_chosen = |one: &dyn MigrationTrait| chosen.iter().any(|name| name == one.name());
        let mut replay = Replay::run(shadows, &[], &self.schemas(target)).await?;
        let mut planned = Vec::new();
        for migration in migrations.iter().map(AsRef::as_ref) {
            if direction == Direction::Up && planned.len() == chosen.len() {
                break;
            }
            replay.up(migration).await?;
            let one = seen(&replay, migration, None);
            planned.extend((direction == Direction::Up && is_chosen(migration)).then_some(one));
        }
        let backwards = migrations.iter().rev().map(AsRef::as_ref);
        for migration in backwards.filter(|_| direction == Direction::Down) {
            if planned.len() == chosen.len() {
                break;
            }
            let operations = replay.down(migration).await?;
            let one = seen(&replay, migration, Some(operations));
            planned.extend(is_chosen(migration).then_some(one));
        }
        replay.close().await;
        Ok(planned)
    }
}

/// What a migration just did in a shadow: on the way up, or with the operations of its `down`.
fn seen(
    replay: &Replay,
    migration: &dyn MigrationTrait,
    down: Option<Vec<Operation>>,
) -> PlannedMigration {
    let name = migration.name();
    let found = replay.migrations.iter().rev().find(|seen| seen.revision == name);
    let (up, checksum) =
        found.map(|seen| (seen.operations.clone(), seen.checksum.clone())).unwrap_or_default();
    let entries = replay.shadow.entries();
    PlannedMigration {
        revision: name.to_owned(),
        operations: down.unwrap_or(up),
        statements: entries.iter().filter_map(Entry::statement).map(str::to_owned).collect(),
        script: None,
        checksum,
        in_transaction: migration.use_transaction() != Some(false),
        entries,
    }
}

/// What the table of versions holds: what is replaced is still there before the next `upgrade`.
fn noted(status: Status) -> Vec<String> {
    let Status { applied, replaced, .. } = status;
    let names = applied.into_iter().flat_map(|applied| {
        let mut whole = replaced.iter().filter(|one| one.lacking.is_empty());
        match whole.find(|one| one.revision == applied.revision) {
            Some(one) => one.replaces.clone(),
            None => vec![applied.revision],
        }
    });
    names.collect()
}

/// Where a database stands that was brought to a revision.
fn status_at(known: &[String], revision: &str) -> Result<Status> {
    let count = match revision {
        "" | "base" => 0,
        "head" | "heads" => known.len(),
        given => {
            let given = named(known, given)?;
            known.iter().position(|name| *name == given).map_or(0, |place| place + 1)
        }
    };
    Ok(status_after(known, count))
}

/// Where a database stands that has the first migrations.
fn status_after(known: &[String], count: usize) -> Status {
    let (applied, pending) = known.split_at(count);
    let applied = applied.iter().map(|revision| Applied {
        revision: revision.clone(),
        applied_at: None,
        record: None,
    });
    Status { applied: applied.collect(), pending: pending.to_vec(), ..Status::default() }
}
