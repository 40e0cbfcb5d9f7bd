//! A database of a role, and the command line over it.

use std::{process::ExitCode, sync::Arc, time::Duration};

use clap::Parser;
use cluster::Cluster;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement,
};
use sea_orm_migration::MigrationTrait;
use sea_revise::{
    Entities, Revise, Target, UrlStyle,
    cli::Arguments,
    project::{Checked, generate::GenerateOptions},
};
use tempfile::TempDir;

use super::history::Migration;

/// What a role may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    Superuser,
    /// The owner of the database, who may create others.
    Creator,
    /// The owner of the database, who may not.
    Owner,
    /// One who may create tables in `public`, and temporary ones.
    Temporary,
    /// One who may create tables in `public`.
    Least,
}

/// All of them.
pub const ROLES: [Role; 5] =
    [Role::Superuser, Role::Creator, Role::Owner, Role::Temporary, Role::Least];

impl Role {
    /// Whether a scratch database can be made.
    pub fn has_scratch(self) -> bool {
        matches!(self, Self::Superuser | Self::Creator)
    }
}

/// A database, and what a project says about it.
#[derive(Clone)]
pub struct Project {
    pub url: String,
    pub backend: DbBackend,
    pub role: String,
    revise: Arc<dyn Fn() -> Revise + Send + Sync>,
    /// Removed with the last copy.
    _home: Option<Arc<TempDir>>,
}

#[derive(Parser)]
struct Whole {
    #[command(flatten)]
    arguments: Arguments,
}

impl Project {
    /// A database on the server, which the role owns or may use; `None` where there is no server.
    pub async fn new(
        role: Role,
        entities: fn() -> Entities,
        history: &[Migration],
    ) -> Option<Self> {
        let cluster = Cluster::get()?;
        let database = cluster.create_database().await;
        let name = format!("{database}_role");
        let server = cluster.connect("postgres").await;
        let rights = match role {
            Role::Superuser => "SUPERUSER",
            Role::Creator => "CREATEDB",
            Role::Owner | Role::Temporary | Role::Least => "NOCREATEDB",
        };
        run(&server, &format!("CREATE ROLE {name} LOGIN {rights}")).await;
        match role {
            Role::Superuser => {}
            Role::Creator | Role::Owner => {
                run(&server, &format!("ALTER DATABASE {database} OWNER TO {name}")).await;
            }
            Role::Temporary | Role::Least => {
                let db = cluster.connect(&database).await;
                run(&db, &format!("GRANT CREATE, USAGE ON SCHEMA public TO {name}")).await;
                if role == Role::Least {
                    run(&db, &format!("REVOKE TEMP ON DATABASE {database} FROM PUBLIC")).await;
                }
                db.close().await.expect("it closes");
            }
        }
        server.close().await.expect("it closes");
        let url = cluster.url(&database).replace("user=bookplate", &format!("user={name}"));
        Some(Self::at(url, name, entities, history))
    }

    /// A SQLite file.
    pub fn file(entities: fn() -> Entities, history: &[Migration]) -> Self {
        let home = Arc::new(tempfile::tempdir().expect("a directory"));
        let url = format!("sqlite://{}", home.path().join("x.db").display());
        let project = Self::at(url, String::new(), entities, history);
        Self { _home: Some(home), backend: DbBackend::Sqlite, ..project }
    }

    fn at(url: String, role: String, entities: fn() -> Entities, history: &[Migration]) -> Self {
        let project = Self {
            url,
            backend: DbBackend::Postgres,
            role,
            revise: Arc::new(|| unreachable!()),
            _home: None,
        };
        project.with(entities, history)
    }

    /// The same database with another history.
    pub fn with(&self, entities: fn() -> Entities, history: &[Migration]) -> Self {
        let history = history.to_vec();
        let revise = move || {
            let history = history.clone();
            let migrations = move || {
                let boxed = |one: Migration| Box::new(one) as Box<dyn MigrationTrait>;
                history.clone().into_iter().map(boxed).collect()
            };
            Revise::of(migrations).entities(entities()).program("migration")
        };
        Self { revise: Arc::new(revise), ..self.clone() }
    }

    /// The engine.
    pub fn revise(&self) -> Revise {
        (self.revise)()
    }

    pub fn target(&self) -> Target {
        Target::parse(&self.url, UrlStyle::Sqlx).expect("a URL")
    }

    /// Runs a command, and answers its exit code, or `None` when it waits for something that never comes.
    pub async fn run(&self, arguments: &[&str]) -> Option<u8> {
        let whole = Whole::try_parse_from(["migration", "--no-input"].iter().chain(arguments));
        let arguments = whole.expect("the arguments").arguments;
        let (revise, url) = (Arc::clone(&self.revise), self.url.clone());
        let run = move || {
            let code = revise().run(arguments, Some(&url));
            (0..=255_u8).find(|number| ExitCode::from(*number) == code)
        };
        let ended = tokio::task::spawn_blocking(run);
        tokio::time::timeout(Duration::from_secs(240), ended)
            .await
            .ok()?
            .expect("it does not panic")
    }

    /// Runs a command that has to end like this.
    pub async fn expect(&self, arguments: &[&str], code: u8) {
        assert_eq!(self.run(arguments).await, Some(code), "{arguments:?}");
    }

    /// What `check` finds, or why it cannot.
    pub async fn check(&self) -> sea_revise::Result<Checked> {
        self.revise().check(&self.target(), &GenerateOptions::default()).await
    }

    /// That `check` finds nothing.
    pub async fn expect_quiet(&self) {
        let checked = self.check().await.expect("the check runs");
        let found = (&checked.models, &checked.drift, &checked.edited);
        assert!(checked.verdict().is_ok(), "{:?}: {found:?}", checked.verdict());
    }

    /// A connection of the owner of everything.
    pub async fn connect(&self) -> DatabaseConnection {
        let url = self.url.replace(&format!("user={}", self.role), "user=bookplate");
        let url = if self.role.is_empty() { self.url.clone() } else { url };
        let mut options = ConnectOptions::new(url);
        options.max_connections(1).sqlx_logging(false);
        Database::connect(options).await.expect("it answers")
    }

    /// Runs SQL as the owner of everything.
    pub async fn execute(&self, sql: &str) {
        let db = self.connect().await;
        run(&db, sql).await;
        db.close().await.expect("it closes");
    }

    /// The texts of the first column of a query.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let db = self.connect().await;
        let rows = db.query_all_raw(Statement::from_string(self.backend, sql)).await.expect(sql);
        db.close().await.expect("it closes");
        let text = |row: &sea_orm::QueryResult| row.try_get_by_index::<Option<String>>(0);
        let texts = rows.iter().map(|row| text(row).expect("a text"));
        texts.map(|text| text.unwrap_or_else(|| "NULL".to_owned())).collect()
    }
}

async fn run(db: &DatabaseConnection, sql: &str) {
    if let Err(error) = db.execute_unprepared(sql).await {
        panic!("{error}\n{sql}");
    }
}
