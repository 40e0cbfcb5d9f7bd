//! A place to try things in that leaves no trace: a database in memory, or a schema in a transaction that is rolled back.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use sea_orm::{
    AccessMode, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend,
    DbErr, Statement,
};
use sea_orm_migration::SchemaManager;

use crate::{
    entities::Entities,
    error::{Error, Result, is_standby},
    operation::Operation,
    postgres::{self, SchemaScope},
    runtime::{
        context::{ExecutionContext, Observer},
        execute::{carry_out, execute, search_path},
        session::{Session, begin, extension_schemas, memory},
    },
    schema::{Schema, TableName, quote},
    sqlite::{self, Script},
};

/// Where shadows come from: the database itself, or another server when that one may not be used.
pub(crate) struct Shadows {
    session: Option<Session>,
    /// Whether it is a scratch database, in which other schemas can have their own names.
    scratch: bool,
    log: StatementLog,
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
    /// A schema that is gone after the rollback.
    Postgres {
        /// The transaction.
        transaction: DatabaseTransaction,
        /// The schemas of it.
        scope: SchemaScope,
    },
}

/// Statements as they ran.
type StatementLog = Arc<Mutex<Vec<String>>>;

/// Records what plans run, and what SeaORM's own statements are. Reading is not recorded.
fn record(log: &StatementLog, sql: &str) {
    let first = sql.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
    let reads = match first.as_str() {
        "SELECT" | "WITH" => true,
        "PRAGMA" => !sql.contains('='),
        _ => false,
    };
    if let (false, Ok(mut log)) = (reads, log.lock()) {
        log.push(sql.to_owned());
    }
}

impl Shadows {
    /// Shadows in memory, for SQLite.
    pub fn in_memory() -> Self {
        Self { session: None, scratch: false, log: StatementLog::default() }
    }

    /// Shadows on a PostgreSQL server.
    pub fn on(mut session: Session, scratch: bool) -> Self {
        let log = StatementLog::default();
        listen(&mut session.db, &log);
        Self { session: Some(session), scratch, log }
    }

    pub fn backend(&self) -> DbBackend {
        self.session.as_ref().map_or(DbBackend::Sqlite, Session::backend)
    }

    /// Makes an empty one, with room for these further schemas.
    ///
    /// # Errors
    /// When the role may neither create a schema nor temporary tables.
    pub async fn open(&self, schemas: &BTreeSet<String>) -> Result<Shadow> {
        let Some(session) = &self.session else {
            let cannot = Error::database("cannot open a database in memory");
            let mut db = Database::connect(memory()).await.map_err(cannot)?;
            let log = StatementLog::default();
            listen(&mut db, &log);
            return Ok(Shadow { place: Place::Sqlite(db), log });
        };
        let cannot = || Error::database("cannot make a shadow schema");
        // Also where `default_transaction_read_only` is on: nothing is left of it.
        let transaction = match begin(&session.db, Some(AccessMode::ReadWrite)).await {
            Err(error) if is_standby(&error) => {
                return Err(Error::Stopped(
                    "this server is a standby that nothing can be written on, and a shadow is needed to see what the migrations \
                     do; ask its primary, or name a scratch database with --shadow-url"
                        .to_owned(),
                ));
            }
            begun => begun.map_err(cannot())?,
        };
        let scope = if may(&transaction, "CREATE").await.map_err(cannot())? {
            in_schemas(&transaction, schemas, self.scratch).await.map_err(cannot())?
        } else if !may(&transaction, "TEMP").await.map_err(cannot())? {
            return Err(Error::Stopped(
                "this role may neither create a schema nor temporary tables in the database, and one of both is needed to \
                 see what the migrations do; GRANT TEMP ON DATABASE … TO it, or name a scratch database with --shadow-url"
                    .to_owned(),
            ));
        } else if let Some(schema) = schemas.first() {
            return Err(Error::Stopped(format!(
                "this role may not create schemas, which the tables of the schema `{schema}` need; GRANT CREATE ON DATABASE \
                 … TO it, or name a scratch database with --shadow-url"
            )));
        } else {
            in_temporary(&transaction).await.map_err(cannot())?
        };
        let mut path = vec![scope.own.clone()];
        path.extend(extension_schemas(&transaction).await.map_err(cannot())?);
        execute(&transaction, &search_path(&path)).await.map_err(cannot())?;
        Ok(Shadow { place: Place::Postgres { transaction, scope }, log: Arc::clone(&self.log) })
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
        if self.scratch {
            for schema in statements.schemas() {
                let sql = format!("CREATE SCHEMA IF NOT EXISTS {}", quote(&schema));
                shadow
                    .execute(&sql)
                    .await
                    .map_err(Error::database("cannot make a shadow schema"))?;
            }
        }
        let names = shadow.names();
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
    pub fn context(&self) -> Arc<ExecutionContext> {
        let log = Arc::clone(&self.log);
        let observer: Observer = Arc::new(move |sql: &str| record(&log, sql));
        Arc::new(ExecutionContext::shadow(self.names(), observer))
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
            Place::Postgres { scope, .. } => {
                scope.others.iter().map(|(actual, name)| (name.clone(), actual.clone())).collect()
            }
        }
    }

    pub fn backend(&self) -> DbBackend {
        match &self.place {
            Place::Sqlite(_) => DbBackend::Sqlite,
            Place::Postgres { .. } => DbBackend::Postgres,
        }
    }

    pub fn manager(&self) -> SchemaManager<'_> {
        match &self.place {
            Place::Sqlite(db) => SchemaManager::new(db),
            Place::Postgres { transaction, .. } => SchemaManager::new(transaction),
        }
    }

    pub async fn execute(&self, sql: &str) -> Result<(), DbErr> {
        match &self.place {
            Place::Sqlite(db) => execute(db, sql).await,
            Place::Postgres { transaction, .. } => execute(transaction, sql).await,
        }
    }

    /// Carries operations out, and answers the statements.
    pub async fn carry_out(&self, operations: &[Operation]) -> Result<Script, DbErr> {
        self.forget_statements();
        let context = self.context();
        let drops_table = match &self.place {
            Place::Sqlite(db) => carry_out(db, operations, &context).await?,
            Place::Postgres { transaction, .. } => {
                carry_out(transaction, operations, &context).await?
            }
        };
        Ok(Script { statements: self.statements(), drops_table })
    }

    pub async fn read(&self) -> Result<Schema> {
        let cannot = Error::database("cannot read a shadow schema");
        match &self.place {
            Place::Sqlite(db) => sqlite::read(db).await.map_err(cannot),
            Place::Postgres { transaction, scope } => {
                postgres::read(transaction, scope).await.map_err(cannot)
            }
        }
    }

    /// Reads it, and what else there is.
    pub async fn read_whole(&self) -> Result<Schema> {
        match &self.place {
            Place::Sqlite(_) => self.read().await,
            Place::Postgres { transaction, scope } => {
                let cannot = Error::database("cannot read a shadow schema");
                postgres::read_whole(transaction, scope).await.map_err(cannot)
            }
        }
    }

    /// Puts rows into its tables. See [`crate::runtime::seed::seed`].
    pub async fn seed(&self, schema: &Schema) -> Result<BTreeMap<TableName, u64>, DbErr> {
        match &self.place {
            Place::Sqlite(db) => crate::runtime::seed::seed(db, schema).await,
            Place::Postgres { transaction, .. } => {
                crate::runtime::seed::seed(transaction, schema).await
            }
        }
    }

    /// The rows of a table. See [`crate::runtime::seed::fingerprint`].
    pub async fn rows(
        &self,
        table: &TableName,
        columns: &[String],
    ) -> Result<Vec<Vec<Option<String>>>, DbErr> {
        match &self.place {
            Place::Sqlite(db) => crate::runtime::seed::fingerprint(db, table, columns).await,
            Place::Postgres { transaction, .. } => {
                crate::runtime::seed::fingerprint(transaction, table, columns).await
            }
        }
    }

    /// Leaves no trace.
    pub async fn close(self) {
        match self.place {
            Place::Sqlite(db) => drop(db.close().await),
            // A connection that fails here is rolled back by the server.
            Place::Postgres { transaction, .. } => drop(transaction.rollback().await),
        }
    }
}

/// Records SeaORM's own statements of a connection and of its transactions.
fn listen(db: &mut DatabaseConnection, log: &StatementLog) {
    let log = Arc::clone(log);
    db.set_metric_callback(move |info| record(&log, &info.statement.to_string()));
}

async fn may(transaction: &DatabaseTransaction, privilege: &str) -> Result<bool, DbErr> {
    let sql = format!("SELECT has_database_privilege(current_database(), '{privilege}')");
    let row = transaction.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    row.map_or(Ok(false), |row| row.try_get_by_index(0))
}

async fn in_schemas(
    transaction: &DatabaseTransaction,
    schemas: &BTreeSet<String>,
    scratch: bool,
) -> Result<SchemaScope, DbErr> {
    // Others may do this at the same time; the names are gone after the rollback, and until then they must not meet.
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let own = format!("sea_revise_{}_{count}", std::process::id());
    execute(transaction, &format!("CREATE SCHEMA {}", quote(&own))).await?;
    let mut others = BTreeMap::new();
    for (number, schema) in schemas.iter().enumerate() {
        if scratch {
            others.insert(schema.clone(), schema.clone());
            continue;
        }
        let actual = format!("{own}_{number}");
        execute(transaction, &format!("CREATE SCHEMA {}", quote(&actual))).await?;
        others.insert(actual, schema.clone());
    }
    Ok(SchemaScope { own, others })
}

async fn in_temporary(transaction: &DatabaseTransaction) -> Result<SchemaScope, DbErr> {
    // The schema of temporary tables exists from the first one on.
    execute(transaction, "CREATE TEMPORARY TABLE sea_revise_first ()").await?;
    execute(transaction, "DROP TABLE sea_revise_first").await?;
    let sql = "SELECT nspname::text FROM pg_namespace WHERE oid = pg_my_temp_schema()";
    let row = transaction.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    let own = row.map_or(Ok(String::new()), |row| row.try_get_by_index(0))?;
    Ok(SchemaScope { own, others: BTreeMap::new() })
}
