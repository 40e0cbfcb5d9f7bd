//! A place to try things in that leaves no trace: a database in memory, or a transaction that is rolled back. On PostgreSQL the
//! transaction is in a database where it cannot see the real tables, or is kept away from them.

mod driver;
mod ground;
pub(crate) mod guard;
mod inside;
mod plot;
mod reach;
mod scratch;
mod statements;
mod survey;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use sea_orm::{Database, DatabaseConnection, DbBackend, DbErr};
use sea_orm_migration::{MigrationTrait, SchemaManager};
use tokio::sync::OnceCell;

use self::{
    ground::Ground,
    plot::Plot,
    statements::{StatementLog, listen, observer},
};
use crate::{
    entities::Entities,
    error::{Error, Result},
    operation::Operation,
    runtime::{
        context::{BreakageCheck, ExecutionContext},
        execute::{carry_out, execute},
        seed::{self, UniqueRule, seed_under},
        session::memory,
        target::Target,
    },
    schema::{Schema, TableName, quote},
    sqlite::{self, Faults, Script},
};

/// A list of migrations, made anew each time.
pub(crate) type Migrations = Arc<dyn Fn() -> Vec<Box<dyn MigrationTrait>> + Send + Sync>;

/// Where shadows come from. Nothing is made before the first one is opened.
pub(crate) struct Shadows {
    server: Option<Server>,
    log: StatementLog,
}

/// A PostgreSQL server on which shadows are made.
struct Server {
    target: Target,
    /// The database of `--shadow-url`.
    given: Option<Target>,
    migrations: Migrations,
    ground: OnceCell<Ground>,
    /// Set once the history was looked at.
    contained: OnceCell<()>,
}

impl Server {
    async fn ground(&self, log: &StatementLog) -> Result<&Ground> {
        let find = || Ground::find(&self.target, self.given.as_ref(), log);
        self.ground.get_or_try_init(find).await
    }
}

/// An empty schema, and the statements that changed it.
pub(crate) struct Shadow {
    place: Place,
    log: StatementLog,
}

/// Where a shadow is.
enum Place {
    /// A database in memory.
    Sqlite(DatabaseConnection),
    /// A transaction that is rolled back.
    Postgres(Box<Plot>),
}

impl Shadows {
    /// Shadows in memory, for SQLite.
    pub fn in_memory() -> Self {
        Self { server: None, log: StatementLog::default() }
    }

    /// Shadows on a PostgreSQL server, for a database or, `given`, in another one.
    pub fn on(target: &Target, given: Option<&Target>, migrations: &Migrations) -> Self {
        let given = given.filter(|given| *given != target).cloned();
        let (target, migrations) = (target.clone(), Arc::clone(migrations));
        let (ground, contained) = (OnceCell::new(), OnceCell::new());
        let server = Server { target, given, migrations, ground, contained };
        Self { server: Some(server), log: StatementLog::default() }
    }

    pub fn backend(&self) -> DbBackend {
        self.server.as_ref().map_or(DbBackend::Sqlite, |_| DbBackend::Postgres)
    }

    /// Connects to the server, where there is one.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn connect(&self) -> Result<()> {
        match &self.server {
            None => Ok(()),
            Some(server) => server.ground(&self.log).await.map(drop),
        }
    }

    /// Makes an empty one, with room for these further schemas.
    ///
    /// # Errors
    /// When the role may neither create a schema nor temporary tables.
    pub async fn open(&self, schemas: &BTreeSet<String>) -> Result<Shadow> {
        let Some(server) = &self.server else {
            let cannot = Error::database("cannot open a database in memory");
            let mut db = Database::connect(memory()).await.map_err(cannot)?;
            let log = StatementLog::default();
            listen(&mut db, &log);
            return Ok(Shadow { place: Place::Sqlite(db), log });
        };
        let ground = server.ground(&self.log).await?;
        let plot = Box::new(ground.begin(schemas, &self.log).await?);
        Ok(Shadow { place: Place::Postgres(plot), log: Arc::clone(&self.log) })
    }

    /// As [`Shadows::open`], for migrations.
    ///
    /// # Errors
    /// As [`Shadows::open`], and for a history that could reach the database itself.
    pub async fn open_for_history(&self, schemas: &BTreeSet<String>) -> Result<Shadow> {
        if let Some(server) = &self.server {
            let ground = server.ground(&self.log).await?;
            let look = async || ground.expect_contained(&(server.migrations)()).await;
            server.contained.get_or_try_init(look).await?;
        }
        self.open(schemas).await
    }

    /// Takes away what was made for them. The shadows are closed.
    pub async fn close(self) {
        if let Some(ground) = self.server.and_then(|server| server.ground.into_inner()) {
            ground.clear().await;
        }
    }

    /// The schema that the entities ask for.
    ///
    /// # Errors
    /// [`Error::Stopped`] for an empty list, which would mean to drop everything.
    pub async fn of_entities(&self, entities: &Entities) -> Result<Schema> {
        if entities.is_empty() {
            return Err(Error::Stopped(
                "the list of entities is empty, so nothing can be compared with it; add them: \
                 `Entities::new().add(book::Entity)`"
                    .to_owned(),
            ));
        }
        let backend = self.backend();
        let statements = entities.statements(backend);
        let shadow = self.open(&statements.schemas()).await?;
        let names = shadow.names();
        // In a database of its own a schema has its own name.
        for schema in names.iter().filter(|(name, actual)| name == actual).map(|(name, _)| name) {
            let sql = format!("CREATE SCHEMA IF NOT EXISTS {}", quote(schema));
            let created = shadow.execute(&sql).await;
            created.map_err(Error::database("cannot make a shadow schema"))?;
        }
        let actual = |schema: &str| names.get(schema).cloned().unwrap_or_else(|| schema.to_owned());
        for sql in statements.sql(&actual) {
            let created = shadow.execute(&sql).await;
            created.map_err(Error::database(format!("the entities cannot be created ({sql})")))?;
        }
        let mut schema = shadow.read().await?;
        shadow.close().await;
        statements.without_made_up(&mut schema);
        entities.refine(&mut schema, backend);
        Ok(schema)
    }
}

impl Shadow {
    /// The context of migrations that run here.
    fn context(&self) -> Arc<ExecutionContext> {
        let mut context = ExecutionContext::shadow(self.names(), observer(&self.log));
        if let Place::Postgres(plot) = &self.place {
            context.guard = plot.guard.as_ref().map(|(guard, _)| Arc::clone(guard));
        }
        Arc::new(context)
    }

    /// As [`Shadow::context`]. A history is replayed as it is, also where it broke something once.
    fn replay_context(&self) -> Arc<ExecutionContext> {
        let context = self.context();
        context.check_breakage(BreakageCheck::Never);
        context
    }

    /// Runs a migration, and answers the context with its plans.
    ///
    /// # Errors
    /// When it fails; the message names it.
    pub async fn up(&self, migration: &dyn MigrationTrait) -> Result<Arc<ExecutionContext>> {
        let cannot = || Error::database("cannot use a shadow");
        self.enter().await.map_err(cannot())?;
        let logged = self.statements().len();
        loop {
            if let Ok(mut log) = self.log.lock() {
                log.truncate(logged);
            }
            let context = self.replay_context();
            let done = context.up(migration, &self.manager()).await;
            if let (Place::Postgres(plot), Err(error)) = (&self.place, &done)
                && plot.makes_room(error).await.map_err(cannot())?
            {
                continue;
            }
            self.leave(migration, done, "fails on an empty database").await?;
            return Ok(context);
        }
    }

    /// Takes a migration back, and answers the context with its plans.
    ///
    /// # Errors
    /// When it fails; the message names it.
    pub async fn down(&self, migration: &dyn MigrationTrait) -> Result<Arc<ExecutionContext>> {
        self.enter().await.map_err(Error::database("cannot use a shadow"))?;
        let context = self.replay_context();
        let done = context.down(migration, &self.manager()).await;
        self.leave(migration, done, "cannot be reverted").await?;
        Ok(context)
    }

    async fn enter(&self) -> Result<(), DbErr> {
        match &self.place {
            Place::Sqlite(_) => Ok(()),
            Place::Postgres(plot) => plot.enter().await,
        }
    }

    async fn leave(
        &self,
        migration: &dyn MigrationTrait,
        done: Result<(), DbErr>,
        failed: &str,
    ) -> Result<()> {
        let done = match &self.place {
            Place::Sqlite(_) => done,
            Place::Postgres(plot) => {
                plot.expect_contained(migration.name())?;
                plot.leave(done).await
            }
        };
        let what = format!("`{}` {failed}", migration.name());
        done.map_err(|source| Error::Database { what, source })
    }

    /// The statements since the last call of [`Shadow::forget_statements`].
    pub fn statements(&self) -> Vec<String> {
        self.log.lock().map(|log| log.clone()).unwrap_or_default()
    }

    pub fn forget_statements(&self) {
        if let Ok(mut log) = self.log.lock() {
            log.clear();
        }
    }

    /// What the schemas that migrations name are called here.
    fn names(&self) -> BTreeMap<String, String> {
        match &self.place {
            Place::Sqlite(_) => BTreeMap::new(),
            Place::Postgres(plot) => {
                let others = plot.scope.others.iter();
                others.map(|(actual, name)| (name.clone(), actual.clone())).collect()
            }
        }
    }

    pub fn backend(&self) -> DbBackend {
        match &self.place {
            Place::Sqlite(_) => DbBackend::Sqlite,
            Place::Postgres(_) => DbBackend::Postgres,
        }
    }

    fn manager(&self) -> SchemaManager<'_> {
        match &self.place {
            Place::Sqlite(db) => SchemaManager::new(db),
            Place::Postgres(plot) => match &plot.guard {
                Some((_, connection)) => SchemaManager::new(connection),
                None => SchemaManager::new(plot.transaction.as_ref()),
            },
        }
    }

    pub async fn execute(&self, sql: &str) -> Result<(), DbErr> {
        match &self.place {
            Place::Sqlite(db) => execute(db, sql).await,
            Place::Postgres(plot) => execute(plot.transaction.as_ref(), sql).await,
        }
    }

    /// Refuses SQL that could reach tables of the database that this is inside of. `who` has it.
    ///
    /// # Errors
    /// [`Error::Stopped`] with the statement.
    pub fn expect_inside(&self, who: &str, sql: &str) -> Result<()> {
        match &self.place {
            Place::Sqlite(_) => Ok(()),
            Place::Postgres(plot) => plot.expect_inside(who, sql),
        }
    }

    /// Carries operations out, and answers the statements.
    pub async fn carry_out(&self, operations: &[Operation]) -> Result<Script, DbErr> {
        self.forget_statements();
        let context = self.context();
        let drops_table = match &self.place {
            Place::Sqlite(db) => carry_out(db, operations, &context).await?,
            Place::Postgres(plot) => {
                plot.look_in(&plot.path).await?;
                carry_out(plot.transaction.as_ref(), operations, &context).await?
            }
        };
        Ok(Script { statements: self.statements(), drops_table, ..Script::default() })
    }

    pub async fn read(&self) -> Result<Schema> {
        let cannot = Error::database("cannot read a shadow schema");
        match &self.place {
            Place::Sqlite(db) => sqlite::read(db).await.map_err(cannot),
            Place::Postgres(plot) => plot.read(false).await.map_err(cannot),
        }
    }

    /// Reads it, and what else there is.
    pub async fn read_whole(&self) -> Result<Schema> {
        match &self.place {
            Place::Sqlite(_) => self.read().await,
            Place::Postgres(plot) => {
                plot.read(true).await.map_err(Error::database("cannot read a shadow schema"))
            }
        }
    }

    /// Puts rows into its tables. See [`crate::runtime::seed::seed_under`].
    pub async fn seed(
        &self,
        schema: &Schema,
        rules: &[UniqueRule],
    ) -> Result<BTreeMap<TableName, u64>, DbErr> {
        match &self.place {
            Place::Sqlite(db) => seed_under(db, schema, rules).await,
            Place::Postgres(plot) => seed_under(plot.transaction.as_ref(), schema, rules).await,
        }
    }

    /// What of it cannot be used. See [`sqlite::faults`].
    pub async fn faults(&self) -> Result<Faults, DbErr> {
        match &self.place {
            Place::Sqlite(db) => sqlite::faults(db).await,
            Place::Postgres(_) => Ok(Faults::default()),
        }
    }

    /// The rows of a table. See [`crate::runtime::seed::fingerprint`].
    pub async fn rows(
        &self,
        table: &TableName,
        columns: &[String],
    ) -> Result<Vec<Vec<Option<String>>>, DbErr> {
        match &self.place {
            Place::Sqlite(db) => seed::fingerprint(db, table, columns).await,
            Place::Postgres(plot) => {
                let transaction = plot.transaction.as_ref();
                seed::fingerprint(transaction, table, columns).await
            }
        }
    }

    /// Leaves no trace.
    pub async fn close(self) {
        match self.place {
            Place::Sqlite(db) => drop(db.close().await),
            Place::Postgres(plot) => plot.close().await,
        }
    }
}
