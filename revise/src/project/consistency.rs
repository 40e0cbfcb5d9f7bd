//! Is everything as it should be? Models, history and database, two by two.

use sea_orm::DbBackend;
use serde::Serialize;

use crate::{
    check::lint::{Finding, Level, lint},
    diff::{DiffOptions, DiffScope, Difference, diff},
    error::{Error, Result},
    operation::{
        Operation,
        describe::{counted, describe},
        manifest::Manifest,
    },
    project::{accepted::Accepted, generate::GenerateOptions},
    runtime::{
        replay::Replay,
        revise::{Revise, Status},
        session::{Session, Use},
        shadow::Shadows,
        target::Target,
        upgrade::edited,
    },
    schema::Schema,
};

/// What [`Revise::check`] found. Everything is as it should be when [`Checked::verdict`] says so.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Checked {
    /// What the entities ask for and no migration does.
    pub models: Vec<Operation>,
    /// What was accepted and is no difference any more.
    pub stale: Vec<String>,
    /// What the comparison could not know without asking.
    pub questions: Vec<String>,
    /// Where the database stands; `None` when it does not exist.
    #[serde(rename = "standing")]
    pub status: Option<Status>,
    /// Applied migrations that were edited since.
    pub edited: Vec<String>,
    /// What has to be done to the database to make it what its history says.
    pub drift: Vec<Operation>,
    /// What does not fit in the folder of migrations, in sentences; empty where there is none, as with an installed
    /// program. [`Revise::check`] looks at no folder, the command line does.
    pub folder: Vec<String>,
    /// What is noticed in the folder and may be meant, in sentences: it changes no verdict.
    pub remarks: Vec<String>,
    /// What is dangerous in migrations that were not applied.
    pub findings: Vec<Finding>,
    /// What is there, is none of the entities' business, and stays.
    pub unmanaged: Vec<String>,
}

/// The database alone: where it stands in the history.
impl From<Status> for Checked {
    fn from(status: Status) -> Self {
        Self { status: Some(status), ..Self::default() }
    }
}

impl Checked {
    /// The worst of what was found.
    ///
    /// # Errors
    /// [`Error::History`] for an edited, missing, unfinished or out-of-order migration and for one that is not built,
    /// [`Error::Differs`] when models or database are not what the history says, [`Error::Pending`] for migrations to
    /// apply, [`Error::Lint`] for dangers in them.
    pub fn verdict(&self) -> Result<()> {
        if let Some(status) = &self.status {
            if let Some(obstacle) = status.obstacle() {
                return Err(Error::History(obstacle));
            }
            if let Some(missing) = status.missing.first() {
                return Err(Error::History(format!("`{missing}` is applied and not known here")));
            }
            if let Some(unfinished) = &status.unfinished {
                return Err(Error::Failed(format!(
                    "`{}` was begun and is not done",
                    unfinished.revision
                )));
            }
            if let Some(late) = status.out_of_order.first() {
                return Err(Error::History(format!(
                    "`{late}` was not applied, and newer ones were"
                )));
            }
        }
        if let Some(edited) = self.edited.first() {
            return Err(Error::History(format!("`{edited}` was edited after it was applied")));
        }
        if let Some(fault) = self.folder.first() {
            return Err(Error::History(fault.clone()));
        }
        if !self.models.is_empty() || !self.questions.is_empty() {
            return Err(Error::Differs("the entities differ from the migrations".to_owned()));
        }
        if !self.drift.is_empty() {
            return Err(Error::Differs("the database is not what its history says".to_owned()));
        }
        match self.status.as_ref().map(|status| status.pending.len()) {
            None | Some(0) => {}
            Some(count) => {
                return Err(Error::Pending(format!(
                    "the database lacks {}",
                    counted(count, "migration")
                )));
            }
        }
        if let Some(filling) = self.status.iter().flat_map(|status| &status.filling).next() {
            return Err(Error::Pending(format!(
                "rows are still to be changed in batches: {}",
                filling.words()
            )));
        }
        match self.findings.iter().find(|finding| finding.level == Level::Danger) {
            None => Ok(()),
            Some(danger) => Err(Error::Lint(format!("{}: {}", danger.rule, danger.message))),
        }
    }

    /// Adds what the migrations lack for the models, apart from what is accepted.
    fn add_models(&mut self, found: Difference, accepted: &Accepted, backend: DbBackend) {
        self.models = found.operations;
        self.stale = accepted.stale(&self.models, backend);
        accepted.take_from(&mut self.models, backend);
        self.questions = found.questions.iter().map(crate::project::generate::sentence).collect();
        self.unmanaged.extend(found.unmanaged);
        self.unmanaged.sort();
        self.unmanaged.dedup();
    }
}

impl Revise {
    /// Compares models, history and database. Writes nothing.
    ///
    /// # Errors
    /// When the history cannot be replayed or the database does not answer; what is found wrong is no error here.
    pub async fn check(&self, target: &Target, options: &GenerateOptions) -> Result<Checked> {
        let work = async |shadows: &Shadows| self.check_in(shadows, target, options).await;
        self.with_shadows(target, options.shadow.as_ref(), work).await
    }

    async fn check_in(
        &self,
        shadows: &Shadows,
        target: &Target,
        options: &GenerateOptions,
    ) -> Result<Checked> {
        // First, because the connection is closed again then, and a role may have few.
        let live = self.live(target).await?;
        let entities = shadows.of_entities(&self.entities).await?;
        let status = match (&live, target) {
            (Some((status, _)), _) => Some(status.clone()),
            (None, Target::Memory) => None,
            // A database that does not exist has everything before it.
            (None, _) => Some(Status { pending: self.revisions(), ..Status::default() }),
        };
        let mut checked = Checked { status, ..Checked::default() };
        // First as far as the database is, to see whether it is that; then to the end, to see whether that is the models.
        let applied = |name: &str| {
            let status = checked.status.as_ref();
            status.is_some_and(|status| status.applied.iter().any(|one| one.revision == name))
        };
        let (done, left): (Vec<_>, Vec<_>) =
            (self.migrations)().into_iter().partition(|migration| applied(migration.name()));
        let recorded = checked.status.as_ref().map(Status::recorded).unwrap_or_default();
        let mut replay =
            Replay::run_beside(shadows, &done, &self.schemas(target), recorded).await?;
        if let Some((status, actual)) = live {
            checked.edited = edited(&status, &replay.migrations);
            let expected = self.scoped(replay.schema(&self.history).await?, options);
            let actual = self.scoped(actual, options);
            // What a newer program did is no drift, and its standing says so already.
            if status.missing.is_empty() && !status.applied.is_empty() {
                (checked.drift, checked.unmanaged) = drift(&actual, &expected, target)?;
            }
        }
        for migration in &left {
            let before = replay.schema(&self.history).await?;
            replay.up(migration.as_ref()).await?;
            if let Some(replayed) = replay.migrations.last() {
                checked.findings.extend(lint(&before, replayed.change(), target.backend()));
            }
        }
        let reached = replay.schema(&self.history).await?;
        self.expect_tables(target, options, [&entities, &reached]).await?;
        let after = self.scoped(entities, options);
        let found = self.compare_models(&replay, &after, options).await?;
        checked.add_models(found, &options.accepted, target.backend());
        checked.models = self.rewritten(std::mem::take(&mut checked.models));
        replay.close().await;
        Ok(checked)
    }

    /// Where the database stands and what it has, both at one moment: during an upgrade, two readings would not fit each other.
    /// `None` when it does not exist.
    async fn live(&self, target: &Target) -> Result<Option<(Status, Schema)>> {
        let exists = match target {
            Target::Memory => false,
            Target::File(path) => path.exists(),
            Target::Postgres(_) => true,
        };
        if !exists {
            return Ok(None);
        }
        let others: Vec<String> = self.schemas(target).into_iter().collect();
        let session = Session::open(target, Use::Read).await?;
        let read = async {
            let (applied, schema) = session.read_with(&self.history, &others).await?;
            let filling = self.history.fillings(&session.db, &applied).await?;
            let status = self.status_of(applied, target.backend()).await;
            Ok((Status { filling, ..status }, schema))
        };
        let read = read.await;
        session.close().await;
        read.map(Some)
    }

    /// Compares what all migrations lead to with the models.
    async fn compare_models(
        &self,
        replay: &Replay,
        after: &Schema,
        options: &GenerateOptions,
    ) -> Result<Difference> {
        let backend = replay.shadow.backend();
        let reached = self.scoped(replay.schema(&self.history).await?, options);
        let mut compare =
            self.beside_entities(DiffOptions::new(backend), &replay.manifest, options);
        compare.ignore_length = options.ignore_length;
        Ok(diff(&reached, after, &compare)?)
    }

    /// Looks at what the entities say and what the plans of a history stated, or, if strict, at all that entities can say.
    pub(crate) fn beside_entities(
        &self,
        diff: DiffOptions,
        manifest: &Manifest,
        options: &GenerateOptions,
    ) -> DiffOptions {
        DiffOptions {
            scope: if options.strict { DiffScope::Entities } else { DiffScope::Stated },
            stated: manifest.clone(),
            renamed: manifest.renamed(),
            said: self.entities.said(diff.backend),
            rename_hints: self.entities.renames(diff.backend),
            ..diff
        }
    }
}

/// What leads from the database to what its history says, apart from what is not managed.
pub(crate) fn drift(
    actual: &Schema,
    expected: &Schema,
    target: &Target,
) -> Result<(Vec<Operation>, Vec<String>)> {
    let mut options = DiffOptions::new(target.backend());
    options.no_rename = true;
    let expected = &expected.clone().without_unkept(target.backend());
    // A table that no migration made belongs to another program.
    let mut actual = actual.clone();
    let strangers: Vec<_> =
        actual.tables.keys().filter(|name| !expected.tables.contains_key(name)).cloned().collect();
    let mut unmanaged: Vec<String> = strangers.iter().map(|name| format!("table {name}")).collect();
    for stranger in &strangers {
        actual.tables.remove(stranger);
    }
    options.scope = DiffScope::Entities;
    let found = diff(&actual, expected, &options)?;
    unmanaged.extend(found.unmanaged);
    let mut operations = found.operations;
    // A NOT NULL column that is missing has no value here; it is missing all the same.
    for question in found.questions {
        if let crate::diff::Question::Value { table, column, .. } = question
            && let Some(column) = expected.tables.get(&table).and_then(|table| table.find(&column))
        {
            operations.push(Operation::AddColumn { table, column: column.clone() });
        }
    }
    Ok((operations, unmanaged))
}

/// Operations as lines for a person.
#[must_use]
pub fn lines(operations: &[Operation]) -> Vec<String> {
    operations.iter().map(describe).collect()
}
