//! An upgrade or a downgrade under the lock: what is looked at first, and the migrations one after the other.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::DbBackend;
use sea_orm_migration::MigrationTrait;

use super::{
    apply::MigrationRun,
    choose::{self, Direction},
    loss,
    options::{Event, Transactions, UpgradeOptions},
    together::{self, Member},
};
use crate::{
    error::{Error, Result},
    operation::{Operation, describe::counted},
    runtime::{
        backup::{self, Backup},
        breakage,
        replay::{Replay, ReplayedMigration},
        revise::{Revise, Status},
        session::{Session, end},
        settings::Settings,
        shadow::Shadows,
        target::Target,
    },
    schema::TableName,
    sqlite::Faults,
};

/// An upgrade or a downgrade.
pub(super) struct Change<'a> {
    pub revise: &'a Revise,
    pub session: &'a Session,
    pub options: &'a UpgradeOptions,
    pub direction: Direction,
    /// Where the database stands.
    pub status: Status,
    /// The migrations to carry out, in their order.
    pub chosen: Vec<String>,
    /// All that the program has.
    pub migrations: Vec<Box<dyn MigrationTrait>>,
}

/// What was carried out.
#[derive(Default)]
pub(super) struct Part {
    /// The migrations.
    pub names: Vec<String>,
    /// Where to go once rows were changed in batches, which come first.
    pub goal: Option<String>,
}

/// What each migration may break, because a later one mends it.
type Forgiven = BTreeMap<String, BTreeSet<String>>;

/// The history, as it was seen in a shadow.
#[derive(Default)]
struct Seen {
    migrations: Vec<ReplayedMigration>,
    forgiven: Forgiven,
}

impl Change<'_> {
    /// Carries the chosen migrations out, up to one that changes rows in batches.
    ///
    /// # Errors
    /// As [`Revise::upgrade_at`].
    pub async fn carry_out(self) -> Result<Part> {
        let Self { revise, session, options, direction, .. } = self;
        if self.chosen.is_empty() && self.status.unfinished.is_none() {
            choose::expect_known(&self.status, &revise.program)?;
            // An edit is reported at once, and not only when it is in the way.
            let seen = self.replayed().await?;
            self.take_in(&seen.migrations).await?;
            return Ok(Part::default());
        }
        self.expect_sound()?;
        let Seen { migrations: replayed, forgiven } = self.replayed().await?;
        if options.transactions == Transactions::All {
            self.expect_one_transaction(&replayed).await?;
        }
        let losses = loss::find(session, &replayed, &self.chosen).await?;
        loss::agree(&losses, options, direction)?;
        self.back_up(!losses.is_empty()).await?;
        self.take_in(&replayed).await?;
        let cannot = || Error::database(format!("cannot use {}", session.target));
        let settings = Settings::read(&session.db).await.map_err(cannot())?;
        let runs = self.runs(&replayed, forgiven);
        if options.transactions == Transactions::Each {
            return self.one_by_one(&runs, &settings).await;
        }
        let ran = together::carry_out(&runs, (session, &settings), options).await;
        let restored = settings.restore(&session.db).await;
        ran?;
        restored.map_err(cannot())?;
        let names = runs.iter().map(|run| run.migration.name().to_owned()).collect();
        Ok(Part { names, goal: None })
    }

    /// Each in a transaction of its own, as far as the first that has rows to change in batches.
    async fn one_by_one(&self, runs: &[MigrationRun<'_>], settings: &Settings) -> Result<Part> {
        let Self { revise, session, direction, .. } = *self;
        let cannot = || Error::database(format!("cannot use {}", session.target));
        let last = self.chosen.last();
        let mut done = Part::default();
        for run in runs {
            let ran = run.carry_out().await;
            // What one migration sets does not reach the next one, nor the program whose connection it is.
            let restored = settings.restore(&session.db).await;
            ran?;
            restored.map_err(cannot())?;
            let name = run.migration.name();
            done.names.push(name.to_owned());
            let is_last = last.is_some_and(|last| last == name);
            if direction == Direction::Up
                && !is_last
                && !revise.status(&session.db).await?.filling.is_empty()
            {
                done.goal = last.cloned();
                break;
            }
        }
        Ok(done)
    }

    /// Notes what replaces migrations that the database has in their place.
    async fn take_in(&self, replayed: &[ReplayedMigration]) -> Result<()> {
        let cannot = || Error::database("cannot note the history");
        // One in the middle was refused before.
        for one in &self.status.replaced {
            let seen = replayed.iter().find(|seen| seen.revision == one.revision);
            let checksum = seen.map(|seen| seen.checksum.clone());
            let transaction = self.session.begin().await.map_err(cannot())?;
            let noted = self.revise.history.take_in(&transaction, one, checksum).await;
            end(transaction, noted).await.map_err(cannot())?;
            (self.options.report)(&Event::Warning(format!(
                "`{}` replaces {} that are applied, and is noted in their place",
                one.revision,
                counted(one.replaces.len(), "migration")
            )));
        }
        Ok(())
    }

    /// The migrations to carry out, with what is known about them.
    fn runs(
        &self,
        replayed: &[ReplayedMigration],
        mut forgiven: Forgiven,
    ) -> Vec<MigrationRun<'_>> {
        let Self { revise, session, options, direction, .. } = *self;
        let run = |name: &String| {
            let migration = self.migrations.iter().find(|migration| migration.name() == name)?;
            let migration = migration.as_ref();
            let checksum = replayed.iter().find(|replayed| replayed.revision == *name);
            let checksum = checksum.map(|replayed| replayed.checksum.clone());
            let forgiven = forgiven.remove(name).unwrap_or_default();
            Some(MigrationRun {
                revise,
                session,
                migration,
                checksum,
                direction,
                options,
                forgiven,
            })
        };
        self.chosen.iter().filter_map(run).collect()
    }

    /// Refuses migrations of which one cannot be in a transaction.
    async fn expect_one_transaction(&self, replayed: &[ReplayedMigration]) -> Result<()> {
        let member = |name: &String| {
            let migration = self.migrations.iter().find(|one| one.name() == name)?.as_ref();
            let seen = replayed.iter().find(|seen| seen.revision == *name);
            let operations = seen.map(|seen| seen.operations.as_slice()).unwrap_or_default();
            Some(Member { migration, operations })
        };
        let members: Vec<Member<'_>> = self.chosen.iter().filter_map(member).collect();
        together::expect_one_transaction(&members, self.direction, self.session.backend()).await
    }

    /// Refuses what could only make things worse.
    fn expect_sound(&self) -> Result<()> {
        let Self { status, chosen, direction, .. } = self;
        let program = &self.revise.program;
        choose::expect_known(status, program)?;
        choose::expect_finished(status, chosen, *direction, program)?;
        match direction {
            Direction::Up if !self.options.out_of_order => {
                choose::expect_in_order(status, chosen, program)
            }
            Direction::Up | Direction::Down => Ok(()),
        }
    }

    /// What the migrations consist of, seen in a shadow; on the way down what their `down` consists of. Where a history
    /// cannot be replayed, because it needs rows or rights, nothing is known and nothing is checked.
    async fn replayed(&self) -> Result<Seen> {
        let Self { revise, options, session, .. } = self;
        let work = async |shadows: &Shadows| self.replayed_in(shadows).await;
        revise.with_shadows(&session.target, options.shadow.as_ref(), work).await
    }

    async fn replayed_in(&self, shadows: &Shadows) -> Result<Seen> {
        let Self { revise, options, status, .. } = self;
        shadows.connect().await?;
        let (mut replay, forgiven) = match self.replay(shadows).await {
            Ok(replayed) => replayed,
            Err(error) => {
                (options.report)(&Event::Warning(format!(
                    "the history cannot be replayed in a shadow, so it is not checked: {error}"
                )));
                return Ok(Seen::default());
            }
        };
        let edited = choose::edited(status, &replay.migrations);
        if let Some(revision) = edited.first()
            && !options.ignore_edits
        {
            return Err(choose::edited_error(revision, &revise.program));
        }
        let mut replayed = replay.migrations.clone();
        if self.direction == Direction::Down {
            self.take_back(&mut replay, &mut replayed).await?;
        }
        replay.close().await;
        Ok(Seen { migrations: replayed, forgiven })
    }

    /// Replays the history, and finds what each chosen migration breaks on the way up that is whole again in the end.
    async fn replay(&self, shadows: &Shadows) -> Result<(Replay, Forgiven)> {
        let schemas = self.revise.schemas(&self.session.target);
        let recorded = self.status.recorded();
        let mut replay = Replay::run_beside(shadows, &[], &schemas, recorded).await?;
        let mut faults: Vec<(String, Faults)> = Vec::new();
        let up = self.direction == Direction::Up && self.session.backend() == DbBackend::Sqlite;
        for migration in &self.migrations {
            replay.up(migration.as_ref()).await?;
            let name = migration.name();
            let last = replay.migrations.last();
            let breaks = last.is_some_and(|last| last.operations.iter().any(breakage::may_break));
            let concerned = breaks || !faults.is_empty();
            if up && concerned && self.chosen.iter().any(|chosen| chosen == name) {
                let cannot = Error::database("cannot try what is in a shadow");
                faults.push((name.to_owned(), replay.shadow.faults().await.map_err(cannot)?));
            }
        }
        let end = faults.last().map(|(_, faults)| faults.clone()).unwrap_or_default();
        let mended = |faults: Faults| faults.since(&end).map(|one| one.subject.clone()).collect();
        let forgiven = faults.into_iter().map(|(name, faults)| (name, mended(faults)));
        Ok((replay, forgiven.collect()))
    }

    /// Says of the migrations that are taken back what their `down` consists of.
    async fn take_back(
        &self,
        replay: &mut Replay,
        replayed: &mut [ReplayedMigration],
    ) -> Result<()> {
        for migration in self.migrations.iter().rev() {
            let name = migration.name();
            let one = replayed.iter_mut().find(|replayed| replayed.revision == name);
            let one = one.filter(|_| self.chosen.iter().any(|chosen| chosen == name));
            // SeaORM's statements and SQL do not say what they drop, so it is looked for.
            let before = match &one {
                Some(_) => Some(replay.schema(&self.revise.history).await?),
                None => None,
            };
            let Ok(mut operations) = replay.down(migration.as_ref()).await else { break };
            if let (Some(one), Some(before)) = (one, before) {
                let is_plan = |one: &Operation| !matches!(one, Operation::Sql { .. });
                if operations.is_empty() || !operations.iter().all(is_plan) {
                    let after = replay.schema(&self.revise.history).await?;
                    let gone = loss::gone(&before, &after).into_iter();
                    let alone = |table: &TableName| self.revise.entities.leave_alone(table);
                    operations.extend(gone.filter(|one| !one.table().is_some_and(alone)));
                }
                one.operations = operations;
            }
            if self.chosen.last().is_some_and(|last| last == name) {
                break;
            }
        }
        Ok(())
    }

    async fn back_up(&self, losing: bool) -> Result<()> {
        let Self { session, options, status, .. } = self;
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
