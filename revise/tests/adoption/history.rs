//! A list of migrations: of SeaORM's own kind, and plans of this tool.

use std::{pin::Pin, sync::Arc};

use sea_orm_migration::{
    MigrationName, MigrationTrait, SchemaManager, async_trait,
    sea_orm::{ConnectionTrait, DbErr},
};
use sea_revise::{Plan, operation::Operation, project::generate::Draft};

use crate::case::Sql;

/// What a migration does by SeaORM's statements.
pub type Work = for<'a> fn(
    &'a SchemaManager<'a>,
) -> Pin<Box<dyn Future<Output = Result<(), DbErr>> + Send + 'a>>;

/// Migrations, oldest first.
#[derive(Clone, Default)]
pub struct History(Vec<Arc<Migration>>);

struct Migration {
    name: String,
    up: Way,
    down: Way,
    transaction: Option<bool>,
}

enum Way {
    /// A migration of SeaORM, which is never taken back here.
    None,
    /// Raw SQL, as somebody wrote it by hand.
    Sql(Sql),
    /// SeaORM's statements.
    Work(Work),
    /// The operations of a plan.
    Plan(Vec<Operation>),
}

impl History {
    /// No migrations yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more that runs SQL.
    pub fn sql(self, name: &str, sql: Sql) -> Self {
        self.with(name, Way::Sql(sql), None)
    }

    /// One more that runs SeaORM's statements.
    pub fn work(self, name: &str, work: Work) -> Self {
        self.with(name, Way::Work(work), None)
    }

    /// One more that was written for this tool.
    pub fn plan(self, name: &str, plan: Plan) -> Self {
        self.with(name, Way::Plan(plan.operations), Some(true))
    }

    /// One more that was generated, as its file has it.
    pub fn draft(mut self, name: &str, draft: &Draft) -> Self {
        let written = |operations: &[Operation]| {
            Way::Plan(operations.iter().map(Operation::as_written).collect())
        };
        let (up, down) = (written(&draft.up), written(&draft.down));
        let transaction = Some(draft.transaction);
        self.0.push(Arc::new(Migration { name: name.to_owned(), up, down, transaction }));
        self
    }

    fn with(mut self, name: &str, up: Way, transaction: Option<bool>) -> Self {
        let (name, down) = (name.to_owned(), Way::None);
        self.0.push(Arc::new(Migration { name, up, down, transaction }));
        self
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// As a migrator lists them.
    pub fn migrations(&self) -> Vec<Box<dyn MigrationTrait>> {
        let boxed = |migration: &Arc<Migration>| -> Box<dyn MigrationTrait> {
            Box::new(Shared(Arc::clone(migration)))
        };
        self.0.iter().map(boxed).collect()
    }
}

struct Shared(Arc<Migration>);

impl MigrationName for Shared {
    fn name(&self) -> &str {
        &self.0.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Shared {
    fn use_transaction(&self) -> Option<bool> {
        self.0.transaction
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        self.0.up.go(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        self.0.down.go(manager).await
    }
}

impl Way {
    async fn go(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        match self {
            Self::None => Ok(()),
            Self::Sql(sql) => {
                let sql = sql.text(manager.get_database_backend());
                manager.get_connection().execute_unprepared(&sql).await.map(drop)
            }
            Self::Work(work) => work(manager).await,
            Self::Plan(operations) => {
                let plan = operations.iter().cloned().fold(Plan::new(), Plan::with);
                plan.apply(manager).await
            }
        }
    }
}
