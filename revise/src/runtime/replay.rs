//! The history, replayed in a shadow: what each migration does, and the schema that they lead to.

use std::sync::Arc;

use sea_orm_migration::MigrationTrait;
use serde::Serialize;

use crate::{
    error::{Error, Result},
    operation::{Operation, Plan, manifest::Manifest},
    runtime::{
        context::ExecutionContext,
        history::History,
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
    /// What it was known by: the plan, or else the schema that it leads to. Formatting and comments do not count.
    pub checksum: String,
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
        let shadow = shadows.open(schemas).await?;
        let mut replay = Self {
            shadow,
            migrations: Vec::new(),
            manifest: Manifest::default(),
            reached: Schema::default(),
        };
        for migration in migrations {
            replay.up(migration.as_ref()).await?;
        }
        Ok(replay)
    }

    /// Runs one more.
    pub async fn up(&mut self, migration: &dyn MigrationTrait) -> Result<()> {
        let context = self.shadow.context();
        let manager = self.shadow.manager();
        let failed = |source| Error::Database {
            what: format!("`{}` fails on an empty database", migration.name()),
            source,
        };
        context.scope(migration.up(&manager)).await.map_err(failed)?;
        let operations = operations_of(&context);
        self.follow(&operations).await?;
        let checksum = match operations.as_slice() {
            [] => checksum(&self.reached),
            operations => checksum(&operations),
        };
        self.migrations.push(ReplayedMigration {
            revision: migration.name().to_owned(),
            operations,
            checksum,
        });
        Ok(())
    }

    /// Takes one back, and answers what its `down` consists of.
    pub async fn down(&mut self, migration: &dyn MigrationTrait) -> Result<Vec<Operation>> {
        let context = self.shadow.context();
        let manager = self.shadow.manager();
        let failed = |source| Error::Database {
            what: format!("`{}` cannot be reverted", migration.name()),
            source,
        };
        context.scope(migration.down(&manager)).await.map_err(failed)?;
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
            self.manifest.forget_undone(&self.reached);
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
