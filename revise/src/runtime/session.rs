//! Open databases: what is read of them, and their transactions.

use std::{
    fs::OpenOptions,
    io,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
    time::Duration,
};

use sea_orm::{
    AccessMode, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend,
    DbErr, IsolationLevel, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};

use crate::{
    error::{Error, Result, is_read_only_file},
    postgres::{self, SchemaScope},
    runtime::{
        driver,
        execute::{execute, search_path},
        history::{Applied, History},
        target::Target,
    },
    schema::Schema,
    sqlite,
};

/// How often a schema is read that changes meanwhile.
const ATTEMPTS: u32 = 5;

/// An open database.
pub(crate) struct Session {
    /// The one connection.
    pub db: DatabaseConnection,
    /// Where it leads.
    pub target: Target,
}

/// What a connection is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// For looking: a SQLite file is not created, and nothing can be written.
    Read,
    /// For changing the schema.
    Write,
}

/// What is read.
struct Wanted<'a> {
    /// Where it says what was applied.
    history: Option<&'a History>,
    /// Schemas besides the connection's own.
    others: &'a [String],
    /// Also what the model does not take apart.
    whole: bool,
}

/// Makes an empty file that its owner alone may read, where there is none: SQLite would make one that everybody may read. One that is
/// there is not opened, since that would end the locks of this process on it when it is closed.
fn make(path: &Path) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path).map(drop)
}

impl Session {
    /// Opens a database.
    ///
    /// # Errors
    /// When it cannot be opened; for reading also when a SQLite file does not exist.
    pub async fn open(target: &Target, purpose: Use) -> Result<Self> {
        if let Target::File(path) = target {
            expect_one_name(path)?;
            if purpose == Use::Write {
                // Where it cannot be made, SQLite says why.
                drop(make(path));
            }
        }
        let options = driver::options(target, purpose)?;
        let db =
            driver::connect(options, target).await.map_err(|error| cannot_open(target, error))?;
        Ok(Self { db, target: target.clone() })
    }

    /// Opens another database on the server of one, which lets us in at once or not at all.
    ///
    /// # Errors
    /// When it does not.
    pub async fn open_scratch(target: &Target, database: &str) -> Result<Self, DbErr> {
        let Target::Postgres(url) = target else {
            return Err(DbErr::Custom(format!("{target} is no server")));
        };
        let options = driver::scratch(url, database).map_err(DbErr::from)?;
        Ok(Self { db: Database::connect(options).await?, target: target.clone() })
    }

    /// Uses a connection that the caller opened.
    pub fn on(db: &DatabaseConnection, target: &Target) -> Self {
        Self { db: db.clone(), target: target.clone() }
    }

    pub fn backend(&self) -> DbBackend {
        self.db.get_database_backend()
    }

    /// Lets SQLite wait so long for a file that another program holds; PostgreSQL's limit is that of [`Session::begin_within`].
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn wait_for(&self, limit: Duration) -> Result<()> {
        if self.backend() != DbBackend::Sqlite {
            return Ok(());
        }
        let milliseconds = i32::try_from(limit.as_millis()).unwrap_or(i32::MAX);
        let sql = format!("PRAGMA busy_timeout = {milliseconds}");
        let cannot = Error::database(format!("cannot use {}", self.target));
        execute(&self.db, &sql).await.map_err(cannot)
    }

    /// Begins a transaction; on SQLite one that has the file at once.
    pub async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        begin(&self.db, None).await
    }

    /// As [`Session::begin`], and on PostgreSQL no statement of the transaction waits longer than this for a lock.
    pub async fn begin_within(&self, limit: Duration) -> Result<DatabaseTransaction, DbErr> {
        let transaction = self.begin().await?;
        if self.backend() == DbBackend::Postgres {
            // For PostgreSQL 0 is no limit.
            let milliseconds = limit.as_millis().clamp(1, i32::MAX.unsigned_abs().into());
            execute(&transaction, &format!("SET LOCAL lock_timeout = {milliseconds}")).await?;
        }
        Ok(transaction)
    }

    /// Reads the schema without a trace: in a transaction that cannot write, on PostgreSQL with the schemas of
    /// `others` besides the connection's own.
    pub async fn read(&self, others: &[String]) -> Result<Schema> {
        let wanted = Wanted { history: None, others, whole: false };
        self.read_again(&wanted).await.map(|(_, schema)| schema)
    }

    /// As [`Session::read`], and what else there is in the connection's own schema.
    pub async fn read_whole(&self, others: &[String]) -> Result<Schema> {
        let wanted = Wanted { history: None, others, whole: true };
        self.read_again(&wanted).await.map(|(_, schema)| schema)
    }

    /// Reads what was applied, and the schema, as they were at one moment.
    pub async fn read_with(
        &self,
        history: &History,
        others: &[String],
    ) -> Result<(Vec<Applied>, Schema)> {
        let wanted = Wanted { history: Some(history), others, whole: false };
        self.read_again(&wanted).await
    }

    /// PostgreSQL prints definitions as they are now and not as the transaction sees them, so reading fails on what
    /// was dropped meanwhile, and is repeated.
    async fn read_again(&self, wanted: &Wanted<'_>) -> Result<(Vec<Applied>, Schema)> {
        let mut attempt = 1;
        loop {
            let snapshot = begin(&self.db, Some(AccessMode::ReadOnly)).await;
            let cannot = Error::database(format!("cannot read {}", self.target));
            let snapshot = snapshot.map_err(cannot)?;
            let read = self.read_in(&snapshot, wanted).await;
            drop(snapshot.rollback().await);
            match read {
                Err(Error::Database { .. }) if attempt < ATTEMPTS => attempt += 1,
                read => return read,
            }
        }
    }

    async fn read_in(
        &self,
        snapshot: &DatabaseTransaction,
        Wanted { history, others, whole }: &Wanted<'_>,
    ) -> Result<(Vec<Applied>, Schema)> {
        let applied = match history {
            None => Vec::new(),
            Some(history) => history.applied(snapshot).await?,
        };
        let cannot = || Error::database(format!("cannot read the schema of {}", self.target));
        if self.backend() == DbBackend::Sqlite {
            return Ok((applied, sqlite::read(snapshot).await.map_err(cannot())?));
        }
        let mut scope = SchemaScope::of_connection(snapshot).await.map_err(cannot())?;
        scope.others = others.iter().map(|name| (name.clone(), name.clone())).collect();
        let mut path = vec![scope.own.clone()];
        path.extend(extension_schemas(snapshot).await.map_err(cannot())?);
        execute(snapshot, &search_path(&path)).await.map_err(cannot())?;
        let schema = match whole {
            true => postgres::read_whole(snapshot, &scope).await,
            false => postgres::read(snapshot, &scope).await,
        };
        Ok((applied, schema.map_err(cannot())?))
    }

    /// Ends the connection.
    pub async fn close(self) {
        // Nothing is open that could be lost; a server that is gone has closed it itself.
        drop(self.db.close().await);
    }
}

/// Why a database cannot be opened.
fn cannot_open(target: &Target, error: DbErr) -> Error {
    if target.backend() == DbBackend::Sqlite && is_read_only_file(&error) {
        return Error::Stopped(format!(
            "{target} cannot be read without writing next to it, which this user may not: it is in WAL mode, or a program was \
             killed in the middle of a change; run this as a user who may write it and its directory, or look at a copy"
        ));
    }
    Error::database(format!("cannot open {target}"))(error)
}

/// Commits what was done in a transaction, or takes it back after an error.
pub(crate) async fn end<T>(
    transaction: DatabaseTransaction,
    done: Result<T, DbErr>,
) -> Result<T, DbErr> {
    match done {
        Ok(value) => transaction.commit().await.map(|()| value),
        Err(error) => {
            // A connection that fails here is rolled back by the server.
            drop(transaction.rollback().await);
            Err(error)
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the engine's own transactions all begin here")]
pub(crate) async fn begin(
    db: &DatabaseConnection,
    access_mode: Option<AccessMode>,
) -> Result<DatabaseTransaction, DbErr> {
    let reads = access_mode == Some(AccessMode::ReadOnly);
    let options = match db.get_database_backend() {
        // Several queries of a reader are about one moment anyway, and its connection cannot write.
        DbBackend::Sqlite => TransactionOptions {
            sqlite_transaction_mode: (!reads).then_some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        },
        _ => TransactionOptions {
            isolation_level: reads.then_some(IsolationLevel::RepeatableRead),
            access_mode,
            sqlite_transaction_mode: None,
        },
    };
    db.begin_with_options(options).await
}

/// Schemas that hold extensions: their types have to be found without the schema's name.
pub(crate) async fn extension_schemas<C: ConnectionTrait>(db: &C) -> Result<Vec<String>, DbErr> {
    let sql = "SELECT DISTINCT n.nspname::text FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace \
               WHERE n.nspname <> 'pg_catalog' ORDER BY 1";
    let rows = db.query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

/// Refuses a path at which no file can be.
pub(crate) fn expect_place(path: &Path) -> Result<()> {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    if let Some(directory) = directory.filter(|directory| !directory.is_dir()) {
        return Err(Error::Stopped(format!(
            "the directory `{}` of the database does not exist; make it, or name another database",
            directory.display()
        )));
    }
    if path.is_dir() {
        return Err(Error::Usage(format!("`{}` is a directory, expected a file", path.display())));
    }
    Ok(())
}

/// Refuses a file that another name leads to as well: the locks and logs of that one would be others, and what is read here could
/// lack what is in its log.
pub fn expect_one_name(database: &Path) -> Result<()> {
    let names = database.metadata().map_or(1, |about| about.nlink());
    if names <= 1 {
        return Ok(());
    }
    let database = database.display();
    Err(Error::Stopped(format!(
        "`{database}` has {names} names (hard links), and SQLite would keep a log for each; remove the others (`find . -samefile \
         '{database}'` lists them), or make a copy (`cp`) and name that in DATABASE_URL"
    )))
}
