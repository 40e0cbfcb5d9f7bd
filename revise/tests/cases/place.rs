//! A database for one case, copies of it, and SQL against it from outside of the engine.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use cluster::Cluster;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement,
};
use sea_revise::{Target, UrlStyle, postgres, schema::Schema, sqlite};
use tempfile::TempDir;
use tokio::sync::Mutex;

/// A database of its own.
pub struct Place {
    /// What kind it is.
    pub backend: DbBackend,
    /// Its URL.
    pub url: String,
    /// Another database for shadows, where the first one cannot have them.
    pub scratch: Option<String>,
    home: Option<TempDir>,
    /// What is looked at it with from outside. A server reads its catalog anew for each connection, which costs it more than to answer.
    observer: Mutex<Option<DatabaseConnection>>,
}

static COUNT: AtomicU32 = AtomicU32::new(0);

impl Place {
    /// An empty database; `None` where there is no PostgreSQL.
    pub async fn new(backend: DbBackend) -> Option<Self> {
        match backend {
            DbBackend::Sqlite => Some(Self::file()),
            _ => Self::on_server("template1").await,
        }
    }

    /// A database that is there already.
    pub fn at(backend: DbBackend, url: &str) -> Self {
        Self { backend, url: url.to_owned(), scratch: None, home: None, observer: Mutex::default() }
    }

    fn file() -> Self {
        let home = tempfile::tempdir().expect("a directory");
        let url = format!("sqlite://{}", home.path().join("case.db").display());
        let (backend, home) = (DbBackend::Sqlite, Some(home));
        Self { backend, url, scratch: None, home, observer: Mutex::default() }
    }

    async fn on_server(template: &str) -> Option<Self> {
        let cluster = Cluster::get()?;
        let name = format!("case_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let server = connect(&cluster.url("postgres")).await;
        let sql = format!("CREATE DATABASE {name} TEMPLATE {template}");
        server.execute_unprepared(&sql).await.expect("a database");
        server.close().await.expect("the connection can be closed");
        Some(Self::at(DbBackend::Postgres, &cluster.url(&name)))
    }

    /// The same database as it is now, once more.
    pub async fn copy(&self) -> Self {
        match self.backend {
            DbBackend::Sqlite => {
                let copy = Self::file();
                std::fs::copy(self.path(), copy.path()).expect("the file can be copied");
                copy
            }
            _ => {
                // A template must have no other user while it is copied.
                if let Some(observer) = self.observer.lock().await.take() {
                    observer.close().await.expect("the connection can be closed");
                }
                Self::on_server(&self.name()).await.expect("there is a server")
            }
        }
    }

    /// Removes a database of the server; a file goes by itself.
    pub async fn remove(self) {
        if self.backend != DbBackend::Postgres {
            return;
        }
        let cluster = Cluster::get().expect("there is a server");
        let server = connect(&cluster.url("postgres")).await;
        let sql = format!("DROP DATABASE {} WITH (FORCE)", self.name());
        server.execute_unprepared(&sql).await.expect("the database can be dropped");
        server.close().await.expect("the connection can be closed");
    }

    fn name(&self) -> String {
        let address = self.url.split('?').next().expect("an address");
        address.rsplit('/').next().expect("a name").to_owned()
    }

    fn path(&self) -> PathBuf {
        self.home.as_ref().expect("a file").path().join("case.db")
    }

    /// Where shadows are made, where that is not the database itself.
    pub fn shadow(&self) -> Option<Target> {
        self.scratch.as_deref().map(|url| Target::parse(url, UrlStyle::Sqlx).expect("a URL"))
    }

    /// As the engine names it.
    pub fn target(&self) -> Target {
        Target::parse(&self.url, UrlStyle::Sqlx).expect("a URL")
    }

    /// A connection of one, on SQLite with foreign keys off.
    pub async fn connect(&self) -> DatabaseConnection {
        connect(&self.url).await
    }

    /// Runs SQL.
    pub async fn execute(&self, sql: &str) -> Result<(), sea_orm::DbErr> {
        let db = self.connect().await;
        let done = db.execute_unprepared(sql).await;
        db.close().await.expect("the connection can be closed");
        done.map(drop)
    }

    /// The text that a query answers, on a connection of its own: prepared again, it would refuse a column of another type.
    pub async fn text(&self, sql: &str) -> String {
        let db = self.connect().await;
        let row = db.query_one_raw(Statement::from_string(self.backend, sql)).await;
        db.close().await.expect("the connection can be closed");
        match row {
            Ok(Some(row)) => {
                let text: Option<String> = row.try_get_by_index(0).expect("a text");
                text.unwrap_or_else(|| "NULL".to_owned())
            }
            Ok(None) => "no row".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    /// How many migrations are recorded as applied, and how many are noted beside.
    pub async fn recorded(&self) -> [usize; 2] {
        let sql = "SELECT CAST((SELECT count(*) FROM seaql_migrations) AS int), \
                   CAST((SELECT count(*) FROM sea_revise_history) AS int)";
        let statement = Statement::from_string(self.backend, sql);
        let row = self.observe(async |db| db.query_one_raw(statement).await).await;
        let row = row.expect("there is a history").expect("a row");
        [0, 1].map(|column| {
            let count: i32 = row.try_get_by_index(column).expect("a number");
            usize::try_from(count).expect("a number of rows")
        })
    }

    /// The schema without the engine's own tables.
    pub async fn schema(&self) -> Schema {
        let read = self.observe(async |db| match self.backend {
            DbBackend::Sqlite => sqlite::read(db).await,
            _ => {
                let scope = postgres::SchemaScope::of_connection(db).await.expect("a schema");
                postgres::read(db, &scope).await
            }
        });
        let mut schema = read.await.expect("the schema can be read");
        schema.tables.retain(|name, _| {
            !["seaql_migrations", "sea_revise_history"].contains(&name.name.as_str())
        });
        schema
    }

    /// Looks at it: at a file with a connection of its own, which holds nothing afterwards.
    async fn observe<T>(&self, look: impl AsyncFnOnce(&DatabaseConnection) -> T) -> T {
        if self.backend == DbBackend::Sqlite {
            let db = self.connect().await;
            let seen = look(&db).await;
            db.close().await.expect("the connection can be closed");
            return seen;
        }
        let mut observer = self.observer.lock().await;
        let db = match observer.take() {
            Some(db) => db,
            None => self.connect().await,
        };
        let seen = look(&db).await;
        *observer = Some(db);
        seen
    }
}

async fn connect(url: &str) -> DatabaseConnection {
    let sqlite = url.strip_prefix("sqlite://").map(ToOwned::to_owned);
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    if let Some(path) = sqlite {
        options.map_sqlx_sqlite_opts(move |options| {
            options.filename(&path).create_if_missing(true).foreign_keys(false)
        });
    }
    Database::connect(options).await.expect("the database can be opened")
}
