//! The history, replayed in a shadow: what each migration does, and the schema that they lead to.

use std::{collections::BTreeMap, sync::Arc};

use sea_orm::DbBackend;
use sea_orm_migration::MigrationTrait;
use serde::Serialize;

use crate::{
    check::lint::Change,
    error::{Error, Result},
    operation::{Operation, Plan, manifest::Manifest},
    runtime::{
        context::ExecutionContext,
        history::History,
        recording::{record, said},
        settings::Settings,
        shadow::{Shadow, Shadows},
    },
    schema::{Schema, checksum::checksum},
};

/// A migration as it was seen in a shadow.
#[derive(Clone, Debug, Serialize)]
pub struct ReplayedMigration {
    /// Its name.
    pub revision: String,
    /// The operations of its plans; empty for one that uses SeaORM's statements only.
    pub operations: Vec<Operation>,
    /// What it is known by: the plan, or else its statements. Formatting, comments and rows do not count. One that reads before it
    /// writes is known by the schema that it leads to.
    pub checksum: String,
    /// What it was known by in records of earlier versions: the schema that it leads to.
    #[serde(skip)]
    pub former: Vec<String>,
    /// Whether it creates what was there before it, which no plan stated.
    #[serde(skip)]
    pub is_baseline: bool,
    /// Whether it runs without a transaction.
    #[serde(skip)]
    pub in_steps: bool,
}

impl ReplayedMigration {
    /// What it does, for whoever looks for dangers.
    pub(crate) fn change(&self) -> Change<'_> {
        Change { operations: &self.operations, in_steps: self.in_steps }
    }

    /// Whether it is the one that was recorded by this checksum.
    #[must_use]
    pub fn fits(&self, recorded: &str) -> bool {
        self.checksum == recorded || self.former.iter().any(|former| former == recorded)
    }
}

/// A history in a shadow.
pub(crate) struct Replay {
    /// Where it was replayed; still open.
    pub shadow: Shadow,
    /// The migrations, oldest first.
    pub migrations: Vec<ReplayedMigration>,
    /// What the plans state and a database does not show.
    pub manifest: Manifest,
    /// What the migrations lead to, as far as it is known without reading it again.
    reached: Schema,
    /// The checksums that a database has, by migration.
    recorded: BTreeMap<String, String>,
}

impl Replay {
    /// Runs migrations in an empty shadow, oldest first.
    ///
    /// # Errors
    /// When one of them fails; the message names it.
    pub async fn run(
        shadows: &Shadows,
        migrations: &[Box<dyn MigrationTrait>],
        schemas: &std::collections::BTreeSet<String>,
    ) -> Result<Self> {
        Self::run_beside(shadows, migrations, schemas, BTreeMap::new()).await
    }

    /// As [`Replay::run`], for a database with these records: checksums by migration.
    ///
    /// # Errors
    /// As [`Replay::run`].
    pub async fn run_beside(
        shadows: &Shadows,
        migrations: &[Box<dyn MigrationTrait>],
        schemas: &std::collections::BTreeSet<String>,
        recorded: BTreeMap<String, String>,
    ) -> Result<Self> {
        let shadow = shadows.open_for_history(schemas).await?;
        let mut replay = Self {
            shadow,
            migrations: Vec::new(),
            manifest: Manifest::default(),
            reached: Schema::default(),
            recorded,
        };
        for migration in migrations {
            replay.up(migration.as_ref()).await?;
        }
        Ok(replay)
    }

    /// Runs one more.
    pub async fn up(&mut self, migration: &dyn MigrationTrait) -> Result<()> {
        let context = self.shadow.up(migration).await?;
        self.restore_settings().await?;
        let operations = operations_of(&context);
        let stated = self.manifest.clone();
        self.follow(&operations).await?;
        let is_baseline = context.is_baseline();
        if is_baseline {
            self.manifest.forget_statements(stated);
        }
        let (checksum, former) = match operations.as_slice() {
            [] => self.without_plan(migration).await?,
            operations => (checksum(&operations), Vec::new()),
        };
        self.migrations.push(ReplayedMigration {
            revision: migration.name().to_owned(),
            operations,
            checksum,
            former,
            is_baseline,
            in_steps: migration.use_transaction() == Some(false),
        });
        Ok(())
    }

    /// The checksum of a migration that has just run and has no plan, and those that records of earlier versions have; the latter
    /// only where the database has another one.
    async fn without_plan(&self, migration: &dyn MigrationTrait) -> Result<(String, Vec<String>)> {
        let recording = record(migration, self.shadow.backend()).await;
        let own = recording.whole.then(|| checksum(&said(&recording.statements)));
        if let Some(own) = &own
            && self.recorded.get(migration.name()).is_none_or(|recorded| recorded == own)
        {
            return Ok((own.clone(), Vec::new()));
        }
        let mut schema = self.reached.clone();
        let mut former = vec![checksum(&schema)];
        // Earlier versions replayed where the extensions of the database were elsewhere.
        schema.unmanaged.retain(|object| !object.starts_with("extension "));
        former.push(checksum(&schema));
        let first = former.first().cloned().unwrap_or_default();
        Ok((own.unwrap_or(first), former))
    }

    /// Takes one back, and answers what its `down` consists of.
    pub async fn down(&mut self, migration: &dyn MigrationTrait) -> Result<Vec<Operation>> {
        let context = self.shadow.down(migration).await?;
        self.restore_settings().await?;
        let operations = operations_of(&context);
        self.follow(&operations).await?;
        Ok(operations)
    }

    /// Takes in what a migration did: the operations of its plans, or else whatever the shadow has now.
    pub async fn follow(&mut self, operations: &[Operation]) -> Result<()> {
        let backend = self.shadow.backend();
        let is_known =
            !operations.is_empty() && self.manifest.record(&mut self.reached, operations, backend);
        if !is_known {
            self.reached = self.shadow.read().await?;
            self.manifest.forget_undone(&self.reached, backend);
        }
        Ok(())
    }

    /// What one migration sets does not reach the next one.
    async fn restore_settings(&self) -> Result<()> {
        if self.shadow.backend() == DbBackend::Sqlite {
            let restored = self.shadow.execute(&Settings::of_shadow().sql()).await;
            restored.map_err(Error::database("cannot restore the settings of a shadow"))?;
        }
        Ok(())
    }

    /// The schema as it is now, with what the plans state about it.
    pub async fn schema(&self, history: &History) -> Result<Schema> {
        let mut schema = history.without_own(self.shadow.read().await?);
        self.manifest.refine(&mut schema, self.shadow.backend());
        Ok(schema)
    }

    /// As [`Replay::schema`], and what else there is.
    pub async fn whole_schema(&self, history: &History) -> Result<Schema> {
        let mut schema = history.without_own(self.shadow.read_whole().await?);
        self.manifest.refine(&mut schema, self.shadow.backend());
        Ok(schema)
    }

    pub async fn close(self) {
        self.shadow.close().await;
    }
}

fn operations_of(context: &Arc<ExecutionContext>) -> Vec<Operation> {
    context.plans().into_iter().flat_map(|Plan { operations }| operations).collect()
}
