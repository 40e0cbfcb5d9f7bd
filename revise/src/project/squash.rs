//! Several migrations as one: its plan is the difference between the schemas before the first and after the last of them. What they do
//! to rows is no part of a schema, so it is listed, and kept or left out as somebody says. The result is replayed before it is believed.

mod data;
mod renames;

use std::collections::BTreeSet;

use sea_orm::DbBackend;
use sea_orm_migration::MigrationTrait;

use self::{
    data::{DataStep, data_steps},
    renames::Renames,
};
use crate::{
    diff::{DiffOptions, diff},
    error::{Error, Result},
    operation::{
        Operation, batches,
        describe::describe,
        reverse::{Reversed, reverse},
    },
    project::generate::{Draft, prove, sentence},
    runtime::{replay::Replay, revise::Revise, shadow::Shadows, target::Target},
    schema::Schema,
};

/// What becomes of the steps that change rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Data {
    /// Nothing is said: they are refused.
    Ask,
    /// They come after the difference, in their order.
    Keep,
    /// They are left out.
    Drop,
}

/// Several migrations as one, proven and not written yet.
#[derive(Clone, Debug)]
pub struct Squash {
    /// What it does.
    pub draft: Draft,
    /// The migrations that it replaces, oldest first.
    pub replaces: Vec<String>,
    /// The steps that change rows, in words.
    pub data: Vec<String>,
}

/// The schema around some migrations, and what they do.
struct Around {
    before: Schema,
    after: Schema,
    operations: Vec<Operation>,
    steps: Vec<DataStep>,
    /// Whether one of them has no plan, or one that states nothing.
    foreign: bool,
}

impl Revise {
    /// Makes one migration of those from one to another, both included.
    ///
    /// # Errors
    /// [`Error::NeedsAnswer`] where they change rows and `data` does not say what becomes of that; [`Error::Stopped`] for a difference
    /// that no operation makes, and for one that fails its proof.
    pub async fn squash(
        &self,
        target: &Target,
        (first, last): (&str, &str),
        (data, shadow): (Data, Option<&Target>),
    ) -> Result<Squash> {
        let squashing = Squashing { revise: self, target, data, place: self.range(first, last)? };
        let work = async |shadows: &Shadows| squashing.squash(shadows).await;
        self.with_shadows(target, shadow, work).await
    }

    /// The places of a range, the second one after it.
    fn range(&self, first: &str, last: &str) -> Result<(usize, usize)> {
        let known = self.revisions();
        let place = |name: &str| known.iter().position(|other| other == name);
        match (place(first), place(last)) {
            (Some(first), Some(last)) if first < last => Ok((first, last + 1)),
            _ => Err(Error::Usage(format!(
                "`{first}:{last}` is no range of several migrations, expected the older one first"
            ))),
        }
    }
}

/// A squash in the making.
struct Squashing<'a> {
    revise: &'a Revise,
    target: &'a Target,
    data: Data,
    place: (usize, usize),
}

impl Squashing<'_> {
    async fn squash(&self, shadows: &Shadows) -> Result<Squash> {
        let around = self.look_around(shadows).await?;
        let backend = self.target.backend();
        let mut up = self.difference(&around, backend)?;
        let inserted = around.steps.iter().any(DataStep::may_insert);
        let is_left = |step: &&DataStep| !step.is_done_by(&up, inserted);
        let left: Vec<DataStep> = around.steps.iter().filter(is_left).cloned().collect();
        let words: Vec<String> = left.iter().map(DataStep::words).collect();
        if self.data == Data::Ask && !left.is_empty() {
            return Err(Error::NeedsAnswer(format!(
                "these migrations change rows, which no difference of schemas says; nothing was written. Say `--data keep` to put these \
                 steps after the others, or `--data drop` to leave them out: {}",
                words.join("; ")
            )));
        }
        if self.data == Data::Keep {
            for step in left {
                up.push(step.kept()?);
            }
            batches::end_of_first(&up).map_err(Error::Stopped)?;
        }
        let down = self.prove(shadows, (&around, &up)).await?;
        let mut notes = down.notes;
        if around.foreign {
            notes.push(
                "the plan states what SeaORM's own migrations, or a baseline, made without stating it; \
                 `check` shows what the entities are silent about"
                    .to_owned(),
            );
        }
        if up.iter().any(|one| matches!(one, Operation::CreateObject { .. })) {
            notes.push("triggers and views are as this kind of database has them".to_owned());
        }
        let transaction = !crate::postgres::needs_own_transaction(&up);
        let draft = Draft {
            up,
            down: down.operations,
            notes,
            findings: Vec::new(),
            before: around.before,
            transaction,
            unmanaged: Vec::new(),
        };
        let (from, to) = self.place;
        let known = self.revise.revisions();
        let replaces = known.get(from..to).unwrap_or_default().to_vec();
        Ok(Squash { draft, replaces, data: words })
    }

    async fn look_around(&self, shadows: &Shadows) -> Result<Around> {
        let Self { revise, target, place: (from, to), .. } = *self;
        let mut migrations = (revise.migrations)();
        migrations.truncate(to);
        let range = migrations.split_off(from);
        let mut replay = Replay::run(shadows, &migrations, &revise.schemas(target)).await?;
        let before = replay.schema(&revise.history).await?;
        let (mut operations, mut steps) = (Vec::new(), Vec::new());
        let (mut foreign, mut after) = (false, before.clone());
        for migration in &range {
            replay.up(migration.as_ref()).await?;
            let done =
                replay.migrations.last().map(|seen| (seen.operations.clone(), seen.is_baseline));
            let (done, baseline) = done.unwrap_or_default();
            let schema = replay.schema(&revise.history).await?;
            // One without a plan that leaves the schema alone, such as an empty one, makes nothing that anybody could state.
            foreign |= baseline || (done.is_empty() && schema != after);
            after = schema;
            steps.extend(data_steps(migration.as_ref(), &done).await);
            operations.extend(done);
        }
        replay.close().await;
        Ok(Around { before, after, operations, steps, foreign })
    }

    fn difference(&self, around: &Around, backend: DbBackend) -> Result<Vec<Operation>> {
        let mut options = DiffOptions::whole(backend);
        Renames::of(&around.before, &around.operations).apply(&mut options);
        let found = diff(&around.before, &around.after, &options)?;
        if let Some(question) = found.questions.first() {
            return Err(Error::Stopped(format!(
                "these migrations cannot be squashed, because what they do to rows cannot be told from the schemas: {}",
                sentence(question)
            )));
        }
        if let Some(by_hand) = found.by_hand.first() {
            return Err(Error::Stopped(format!(
                "these migrations cannot be squashed, because no operation makes `{}`",
                by_hand.name
            )));
        }
        Ok(found.operations)
    }

    /// Runs it up, down and up in the place of the old ones, then the migrations after it, and answers the way down.
    async fn prove(
        &self,
        shadows: &Shadows,
        (around, up): (&Around, &[Operation]),
    ) -> Result<Reversed> {
        let Self { revise, target, place: (from, to), .. } = *self;
        let mut migrations = (revise.migrations)();
        let later = migrations.split_off(to);
        migrations.truncate(from);
        let down = reverse(&around.before, up, target.backend())?;
        let mut replay = Replay::run(shadows, &migrations, &revise.schemas(target)).await?;
        let all = replay.schema(&revise.history).await?;
        let ways = (up, down.operations.as_slice());
        prove(&replay.shadow, &revise.history, &all, ways).await?;
        replay.follow(up).await?;
        let reached = replay.schema(&revise.history).await?;
        self.expect_same(&reached, &around.after)?;
        for migration in later.iter().map(AsRef::as_ref) {
            self.after(&mut replay, migration).await?;
        }
        replay.close().await;
        Ok(down)
    }

    async fn after(&self, replay: &mut Replay, migration: &dyn MigrationTrait) -> Result<()> {
        let name = migration.name();
        replay.up(migration).await.map_err(|error| {
            Error::Stopped(format!(
                "`{name}` does not work after the squashed migrations, so nothing was written: {error}"
            ))
        })
    }

    fn expect_same(&self, found: &Schema, expected: &Schema) -> Result<()> {
        let options = DiffOptions::whole(self.target.backend());
        let mut left = diff(found, expected, &options)?.operations;
        left.extend(diff(expected, found, &options)?.operations);
        if left.is_empty() {
            return Ok(());
        }
        let names: BTreeSet<String> = left.iter().map(describe).collect();
        let names: Vec<String> = names.into_iter().collect();
        Err(Error::Stopped(format!(
            "the squashed migration does not lead to the same schema, so nothing was written: {}",
            names.join("; ")
        )))
    }
}
