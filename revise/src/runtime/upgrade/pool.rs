//! Upgrades by a program at its start, with the pool that it has. The work is done over a connection of its own, so that a pool of one
//! is enough, and so that on SQLite `foreign_keys` are off for it and for nobody else.

#[cfg(feature = "sqlite")]
use std::{path::PathBuf, time::Duration};

#[cfg(feature = "postgres")]
use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseConnectionType, DbBackend, DbErr, Statement,
    sqlx::ConnectOptions as _,
};
#[cfg(feature = "sqlite")]
use sea_orm::{
    SqlxSqliteConnector,
    sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};

use super::{
    choose::{self, Direction},
    options::UpgradeOptions,
};
use crate::{
    error::{Error, Result},
    runtime::{
        execute::execute,
        revise::Revise,
        session::{Session, Use, expect_one_name},
        settings::Settings,
        target::Target,
    },
};

#[cfg(feature = "sqlite")]
/// How long the file may take to be opened once more.
const PATIENCE: Duration = Duration::from_secs(5);

impl Revise {
    /// Brings a database to the newest migration, and answers the names of what was applied: for programs that do so at their start, with
    /// the pool that they have.
    ///
    /// Of several programs that start at once one works, and the others wait for it. Where nothing is to be done this is a few queries
    /// over the pool: applied migrations are not compared with their files then, which is what `check` is for.
    ///
    /// The work is done over a connection of its own to the database of the pool, so a pool of any size will do, and `foreign_keys` may
    /// be on. A database in memory has no other connection: its pool has to have one.
    ///
    /// # Errors
    /// As [`Revise::upgrade_at`]. Where rows or values would be lost that is [`Error::NeedsAnswer`]; see [`Revise::upgrade_with`].
    pub async fn upgrade(&self, db: &DatabaseConnection) -> Result<Vec<String>> {
        let options = UpgradeOptions { backup: self.backup, ..UpgradeOptions::default() };
        self.upgrade_with(db, &options).await
    }

    /// As [`Revise::upgrade`], with options: how far, how long to wait, who hears of it, and whether rows may be lost
    /// (`allow_data_loss`).
    ///
    /// # Errors
    /// As [`Revise::upgrade`].
    pub async fn upgrade_with(
        &self,
        db: &DatabaseConnection,
        options: &UpgradeOptions,
    ) -> Result<Vec<String>> {
        expect_pool(db)?;
        let status = self.status(db).await?;
        choose::expect_known(&status, &self.program)?;
        let chosen = choose::revisions(&self.revisions(), &status, &options.target, Direction::Up)?;
        let is_done =
            status.unfinished.is_none() && status.filling.is_empty() && status.replaced.is_empty();
        if chosen.is_empty() && is_done {
            return Ok(Vec::new());
        }
        let own = self.own_connection(db).await?;
        let done = self.upgrade_at(own.db(), own.target(), options).await;
        own.close().await.and(done)
    }

    /// Another connection to the database of a pool, or its only one.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) async fn own_connection(&self, db: &DatabaseConnection) -> Result<OwnConnection> {
        match Place::of(db).await? {
            Place::Alone => {
                let cannot = || Error::database("cannot use the database in memory");
                let settings = Settings::read(db).await.map_err(cannot())?;
                execute(db, "PRAGMA foreign_keys(0)").await.map_err(cannot())?;
                Ok(OwnConnection::Alone(db.clone(), settings))
            }
            #[cfg(feature = "sqlite")]
            Place::File(path, connect) => {
                expect_one_name(&path)?;
                once_more(path, *connect).await.map(OwnConnection::Other)
            }
            #[cfg(feature = "postgres")]
            Place::Server(url) => {
                let session = Session::open(&Target::Postgres(url), Use::Write).await?;
                Ok(OwnConnection::Other(session))
            }
        }
    }
}

/// What work is done over for a program.
pub(crate) enum OwnConnection {
    /// The pool's only connection, whose settings are given back.
    Alone(DatabaseConnection, Settings),
    /// Another one.
    Other(Session),
}

impl OwnConnection {
    pub fn db(&self) -> &DatabaseConnection {
        match self {
            Self::Alone(db, _) => db,
            Self::Other(session) => &session.db,
        }
    }

    pub fn target(&self) -> &Target {
        match self {
            Self::Alone(..) => &Target::Memory,
            Self::Other(session) => &session.target,
        }
    }

    /// Gives it back.
    ///
    /// # Errors
    /// When the pool's connection does not answer any more.
    pub async fn close(self) -> Result<()> {
        match self {
            Self::Alone(db, settings) => {
                let restored = settings.restore(&db).await;
                restored.map_err(Error::database("cannot use the database in memory"))
            }
            Self::Other(session) => {
                session.close().await;
                Ok(())
            }
        }
    }
}

/// Where the database of a pool is, and how to get there.
enum Place {
    /// In memory, with the pool's one connection.
    Alone,
    /// A file of SQLite.
    #[cfg(feature = "sqlite")]
    File(PathBuf, Box<SqliteConnectOptions>),
    /// The URL of a database of a server.
    #[cfg(feature = "postgres")]
    Server(String),
}

impl Place {
    /// Finds it.
    ///
    /// # Errors
    /// For a pool that leads to no such place, and for a database in memory that has several connections.
    async fn of(db: &DatabaseConnection) -> Result<Self> {
        let cannot = || Error::database("cannot ask the pool where its database is");
        match &db.inner {
            #[cfg(feature = "sqlite")]
            DatabaseConnectionType::SqlxSqlitePoolConnection(_) => {
                let pool = db.get_sqlite_connection_pool();
                let file = text(db, "SELECT file FROM pragma_database_list WHERE name = 'main'");
                let file = file.await.map_err(cannot())?;
                if !file.is_empty() {
                    let options = (*pool.connect_options()).clone();
                    return Ok(Self::File(file.into(), Box::new(options)));
                }
                match pool.options().get_max_connections() {
                    1 => Ok(Self::Alone),
                    connections => Err(Error::Stopped(format!(
                        "a pool of {connections} connections to a database in memory is no place for an upgrade, because what one \
                         connection changes the others need not see; open it with `max_connections(1)`"
                    ))),
                }
            }
            #[cfg(feature = "postgres")]
            DatabaseConnectionType::SqlxPostgresPoolConnection(_) => {
                let options = db.get_postgres_connection_pool().connect_options();
                Ok(Self::Server(url(db, &options).await.map_err(cannot())?))
            }
            _ => Err(no_pool(db)),
        }
    }
}

/// Refuses what is no pool, before it is asked.
///
/// # Errors
/// With what it is.
pub(crate) fn expect_pool(db: &DatabaseConnection) -> Result<()> {
    match &db.inner {
        #[cfg(feature = "sqlite")]
        DatabaseConnectionType::SqlxSqlitePoolConnection(_) => Ok(()),
        #[cfg(feature = "postgres")]
        DatabaseConnectionType::SqlxPostgresPoolConnection(_) => Ok(()),
        _ => Err(no_pool(db)),
    }
}

fn no_pool(db: &DatabaseConnection) -> Error {
    Error::Stopped(format!(
        "{:?} is no pool of SQLite or PostgreSQL, which are the databases that can be upgraded",
        db.inner
    ))
}

#[cfg(feature = "sqlite")]
/// Opens a file as the pool does, once, and with `foreign_keys` off.
async fn once_more(path: PathBuf, connect: SqliteConnectOptions) -> Result<Session> {
    let connect = connect.foreign_keys(false).disable_statement_logging();
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(PATIENCE)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None);
    let target = Target::File(path);
    let cannot = Error::database(format!("cannot open {target} once more"));
    let opened = pool.connect_with(connect).await;
    let pool = opened.map_err(|error| cannot(DbErr::Custom(error.to_string())))?;
    Ok(Session { db: SqlxSqliteConnector::from_sqlx_sqlite_pool(pool), target })
}

#[cfg(feature = "postgres")]
/// The URL of a pool's database, with what its connections look for names in and who they are.
async fn url(db: &DatabaseConnection, options: &PgConnectOptions) -> Result<String, DbErr> {
    // An address that has colons is in brackets in a URL, and the folder of a socket is spelt there as the driver does it.
    let host = options.get_host();
    let options = match options.clone() {
        options if host.starts_with('/') => options.clone().socket(host),
        options if host.contains(':') && !host.starts_with('[') => {
            options.host(&format!("[{host}]"))
        }
        options => options,
    };
    let path = text(db, "SELECT current_setting('search_path')").await?;
    let role = text(
        db,
        "SELECT CASE WHEN current_user = session_user THEN '' ELSE current_user::text END",
    )
    .await?;
    let mut url = options.to_url_lossy();
    {
        let mut pairs = url.query_pairs_mut();
        if let Some(options) = options.get_options() {
            pairs.append_pair("options", options);
        }
        pairs.append_pair("options[search_path]", &path);
        if !role.is_empty() {
            pairs.append_pair("options[role]", &role);
        }
    }
    Ok(url.into())
}

async fn text(db: &DatabaseConnection, sql: &str) -> Result<String, DbErr> {
    let backend: DbBackend = db.get_database_backend();
    let row = db.query_one_raw(Statement::from_string(backend, sql)).await?;
    row.map_or(Ok(String::new()), |row| row.try_get_by_index(0))
}
