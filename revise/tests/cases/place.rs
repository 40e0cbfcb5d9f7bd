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

/// A database of its own.
pub struct Place {
    /// What kind it is.
    pub backend: DbBackend,
    /// Its URL.
    pub url: String,
    /// Another database for shadows, where the first one cannot have them.
    pub scratch: Option<String>,
    home: Option<TempDir>,
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
        Self { backend, url: url.to_owned(), scratch: None, home: None }
    }

    fn file() -> Self {
        let home = tempfile::tempdir().expect("a directory");
        let url = format!("sqlite://{}", home.path().join("case.db").display());
        Self { backend: DbBackend::Sqlite, url, scratch: None, home: Some(home) }
    }

    async fn on_server(template: &str) -> Option<Self> {
        let cluster = Cluster::get()?;
        let name = format!("case_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let server = connect(&cluster.url("postgres")).await;
        let sql = format!("CREATE DATABASE {name} TEMPLATE {template}");
        server.execute_unprepared(&sql).await.expect("a database");
        server.close().await.expect("the connection can be closed");
        Some(Self {
            backend: DbBackend::Postgres,
            url: cluster.url(&name),
            scratch: None,
            home: None,
        })
    }

    /// The same database as it is now, once more.
    pub async fn copy(&self) -> Self {
        match self.backend {
            DbBackend::Sqlite => {
                let copy = Self::file();
                std::fs::copy(self.path(), copy.path()).expect("the file can be copied");
                copy
            }
            _ => Self::on_server(&self.name()).await.expect("there is a server"),
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

    /// The text that a query answers.
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

    /// The schema without the engine's own tables.
    pub async fn schema(&self) -> Schema {
        let db = self.connect().await;
        let read = match self.backend {
            DbBackend::Sqlite => sqlite::read(&db).await,
            _ => {
                let scope = postgres::Scope::of_connection(&db).await.expect("a schema");
                postgres::read(&db, &scope).await
            }
        };
        db.close().await.expect("the connection can be closed");
        let mut schema = read.expect("the schema can be read");
        schema.tables.retain(|name, _| {
            !["seaql_migrations", "sea_revise_history"].contains(&name.name.as_str())
        });
        schema
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
