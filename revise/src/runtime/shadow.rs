//! A place to try things in that leaves no trace: a database in memory, or a transaction that is rolled back. On PostgreSQL the
//! transaction is in a database where it cannot see the real tables, or is kept away from them.

mod driver;
mod ground;
pub(crate) mod guard;
mod inside;
mod memory;
mod models;
mod plot;
mod reach;
mod scratch;
mod statements;
mod survey;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use sea_orm::{DbBackend, DbErr};
use sea_orm_migration::{MigrationTrait, SchemaManager};
use tokio::sync::OnceCell;

use self::{
    ground::Ground,
    memory::Memory,
    plot::Plot,
    statements::{StatementLog, observer},
};
use crate::{
    error::{Error, Result},
    operation::Operation,
    runtime::{
        context::{BreakageCheck, ExecutionContext},
        execute::{carry_out, execute},
        seed::{self, UniqueRule, seed_under},
        tape::{Entry, Tape},
        target::Target,
    },
    schema::{Schema, TableName},
    sqlite::{self, Faults, Script},
};

/// A list of migrations, made anew each time.
pub(crate) type Migrations = Arc<dyn Fn() -> Vec<Box<dyn MigrationTrait>> + Send + Sync>;

/// Where shadows come from. Nothing is made before the first one is opened.
pub(crate) struct Shadows {
    server: Option<Server>,
    log: StatementLog,
    /// Where a script is written down, if one is wanted.
    tape: Option<Arc<Tape>>,
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
    async fn ground(&self, (log, tape): (&StatementLog, Option<&Arc<Tape>>)) -> Result<&Ground> {
        let find = || Ground::find(&self.target, self.given.as_ref(), (log, tape));
        self.ground.get_or_try_init(find).await
    }
}

/// An empty schema, and the statements that changed it.
pub(crate) struct Shadow {
    place: Place,
    log: StatementLog,
    tape: Option<Arc<Tape>>,
    /// What was read since something changed.
    known: Mutex<Option<Schema>>,
}

/// Where a shadow is.
enum Place {
    /// A database in memory.
    Sqlite(Memory),
    /// A transaction that is rolled back.
    Postgres(Box<Plot>),
}

impl Shadows {
    /// Shadows in memory, for SQLite.
    pub fn in_memory() -> Self {
        Self { server: None, log: StatementLog::default(), tape: None }
    }

    /// Shadows on a PostgreSQL server, for a database or, `given`, in another one.
    pub fn on(target: &Target, given: Option<&Target>, migrations: &Migrations) -> Self {
        let given = given.filter(|given| *given != target).cloned();
        let (target, migrations) = (target.clone(), Arc::clone(migrations));
        let (ground, contained) = (OnceCell::new(), OnceCell::new());
        let server = Server { target, given, migrations, ground, contained };
        Self { server: Some(server), log: StatementLog::default(), tape: None }
    }

    /// The same, in which what migrations do is written down for a script.
    pub fn written_down(self) -> Self {
        Self { tape: Some(Arc::default()), ..self }
    }

    fn heard(&self) -> (&StatementLog, Option<&Arc<Tape>>) {
        (&self.log, self.tape.as_ref())
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
            Some(server) => server.ground(self.heard()).await.map(drop),
        }
    }

    /// Makes an empty one, with room for these further schemas.
    ///
    /// # Errors
    /// When the role may neither create a schema nor temporary tables.
    pub async fn open(&self, schemas: &BTreeSet<String>) -> Result<Shadow> {
        let Some(server) = &self.server else {
            let (log, tape) = (StatementLog::default(), self.tape.clone());
            let memory = Memory::open(&log, tape.as_ref()).await?;
            return Ok(Shadow { place: Place::Sqlite(memory), log, tape, known: Mutex::default() });
        };
        let ground = server.ground(self.heard()).await?;
        let plot = Box::new(ground.begin(schemas, self.heard()).await?);
        let (log, tape) = (Arc::clone(&self.log), self.tape.clone());
        Ok(Shadow { place: Place::Postgres(plot), log, tape, known: Mutex::default() })
    }

    /// As [`Shadows::open`], for migrations.
    ///
    /// # Errors
    /// As [`Shadows::open`], and for a history that could reach the database itself.
    pub async fn open_for_history(&self, schemas: &BTreeSet<String>) -> Result<Shadow> {
        if let Some(server) = &self.server {
            let ground = server.ground(self.heard()).await?;
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
}

impl Shadow {
    /// The context of migrations that run here.
    fn context(&self) -> ExecutionContext {
        let mut context = ExecutionContext::shadow(self.names(), observer(&self.log));
        context.guard = match &self.place {
            Place::Sqlite(memory) => memory.guard().cloned(),
            Place::Postgres(plot) => plot.guard.as_ref().map(|(guard, _)| Arc::clone(guard)),
        };
        context
    }

    /// As [`Shadow::context`]. A history is replayed as it is, also where it broke something once.
    fn replay_context(&self, migration: &dyn MigrationTrait) -> Arc<ExecutionContext> {
        let mut context = self.context();
        context.check_breakage(BreakageCheck::Never);
        context.tape = self.tape.clone();
        context.stepwise = context.tape.is_some() && migration.use_transaction() == Some(false);
        Arc::new(context)
    }

    /// Runs a migration, and answers the context with its plans.
    ///
    /// # Errors
    /// When it fails; the message names it.
    pub async fn up(&self, migration: &dyn MigrationTrait) -> Result<Arc<ExecutionContext>> {
        let cannot = || Error::database("cannot use a shadow");
        self.enter().await.map_err(cannot())?;
        let logged = self.statements().len();
        let written = self.tape.as_ref().map(|tape| tape.len()).unwrap_or_default();
        loop {
            if let Ok(mut log) = self.log.lock() {
                log.truncate(logged);
            }
            self.tape.iter().for_each(|tape| tape.truncate(written));
            let context = self.replay_context(migration);
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
        let context = self.replay_context(migration);
        let done = context.down(migration, &self.manager()).await;
        self.leave(migration, done, "cannot be reverted").await?;
        Ok(context)
    }

    async fn enter(&self) -> Result<(), DbErr> {
        drop(self.forget_known());
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

    /// What was written down since the last call.
    pub fn entries(&self) -> Vec<Entry> {
        self.tape.as_ref().map(|tape| tape.take()).unwrap_or_default()
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
            Place::Sqlite(memory) => SchemaManager::new(memory.connection()),
            Place::Postgres(plot) => match &plot.guard {
                Some((_, connection)) => SchemaManager::new(connection),
                None => SchemaManager::new(plot.transaction.as_ref()),
            },
        }
    }

    pub async fn execute(&self, sql: &str) -> Result<(), DbErr> {
        drop(self.forget_known());
        match &self.place {
            Place::Sqlite(memory) => execute(&memory.executor(), sql).await,
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
        let mut context = self.context();
        let known = self.forget_known();
        let drops_table = match &self.place {
            Place::Sqlite(memory) => carry_out(&memory.executor(), operations, &context).await?,
            Place::Postgres(plot) => {
                context.known = known.filter(|_| plot.reads_as_it_runs());
                plot.look_in(&plot.path).await?;
                carry_out(plot.transaction.as_ref(), operations, &context).await?
            }
        };
        Ok(Script { statements: self.statements(), drops_table, ..Script::default() })
    }

    /// Its schema, which is read once as long as nothing changes.
    pub async fn read(&self) -> Result<Schema> {
        let known = self.known.lock().ok().and_then(|known| known.clone());
        if let Some(known) = known {
            return Ok(known);
        }
        let read = match &self.place {
            Place::Sqlite(memory) => sqlite::read(&memory.executor()).await,
            Place::Postgres(plot) => plot.read(false).await,
        };
        let schema = read.map_err(Error::database("cannot read a shadow schema"))?;
        if let Ok(mut known) = self.known.lock() {
            *known = Some(schema.clone());
        }
        Ok(schema)
    }

    fn forget_known(&self) -> Option<Schema> {
        self.known.lock().ok().and_then(|mut known| known.take())
    }

    /// Reads it, and what else there is.
    pub async fn read_whole(&self) -> Result<Schema> {
        let Place::Postgres(plot) = &self.place else { return self.read().await };
        plot.read(true).await.map_err(Error::database("cannot read a shadow schema"))
    }

    /// Puts rows into its tables. See [`crate::runtime::seed::seed_under`].
    pub async fn seed(
        &self,
        schema: &Schema,
        rules: &[UniqueRule],
    ) -> Result<BTreeMap<TableName, u64>, DbErr> {
        match &self.place {
            Place::Sqlite(memory) => seed_under(&memory.executor(), schema, rules).await,
            Place::Postgres(plot) => seed_under(plot.transaction.as_ref(), schema, rules).await,
        }
    }

    /// What of it cannot be used. See [`sqlite::faults`].
    pub async fn faults(&self) -> Result<Faults, DbErr> {
        match &self.place {
            Place::Sqlite(memory) => sqlite::faults(&memory.executor()).await,
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
            Place::Sqlite(memory) => seed::fingerprint(&memory.executor(), table, columns).await,
            Place::Postgres(plot) => {
                let transaction = plot.transaction.as_ref();
                seed::fingerprint(transaction, table, columns).await
            }
        }
    }

    /// Leaves no trace.
    pub async fn close(self) {
        match self.place {
            Place::Sqlite(memory) => memory.close().await,
            Place::Postgres(plot) => plot.close().await,
        }
    }
}
