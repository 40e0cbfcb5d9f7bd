//! A database for one test, and SQL on it from outside the program.

use std::{
    path::PathBuf,
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use cluster::Cluster;
use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement};
use tempfile::TempDir;

use super::Program;

/// Number and name of the latest revision of the schema, in words.
pub const REVISIONS: usize = 23;
pub const HEAD: &str = "m20261130_235500_search_without_regard_to_accents";

/// A fresh database with the latest schema.
pub struct Database {
    /// The value of `DATABASE_URL`.
    pub url: String,
    /// The working directory of the program and of its files.
    pub home: TempDir,
}

impl Database {
    /// A file in a separate directory, not created yet.
    pub fn sqlite() -> Self {
        let home = tempfile::tempdir().expect("a temporary directory");
        let path = home.path().join("books.db");
        Self { url: format!("sqlite:///{}", path.display()), home }
    }

    /// A database of the private server; `None` if there is no PostgreSQL.
    pub fn postgres() -> Option<Self> {
        static TEMPLATE: OnceLock<()> = OnceLock::new();
        // A template must have no other user while it is copied.
        static COPYING: Mutex<()> = Mutex::new(());
        let cluster = Cluster::get()?;
        let admin = cluster.url("postgres");
        TEMPLATE.get_or_init(|| {
            execute(&admin, "DROP DATABASE IF EXISTS bookplate_template")
                .expect("the template can be dropped");
            execute(&admin, "CREATE DATABASE bookplate_template")
                .expect("the template can be made");
            let home = tempfile::tempdir().expect("a temporary directory");
            let template = Self { url: cluster.url("bookplate_template"), home };
            Program::new(&template).run(&["db", "upgrade"]).expect_success();
        });
        let name = fresh_name();
        {
            let _copying = COPYING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            execute(&admin, &format!("CREATE DATABASE {name} TEMPLATE bookplate_template"))
                .expect("a database can be made");
        }
        Some(Self {
            url: cluster.url(&name),
            home: tempfile::tempdir().expect("a temporary directory"),
        })
    }

    /// The first database of a server that no other test uses.
    pub fn new_on(server: &Cluster) -> Self {
        let home = tempfile::tempdir().expect("a temporary directory");
        let database = Self { url: server.url("postgres"), home };
        Program::new(&database).run(&["db", "upgrade"]).expect_success();
        database
    }

    /// A PostgreSQL database without any table.
    pub fn empty_postgres() -> Option<Self> {
        let cluster = Cluster::get()?;
        let name = fresh_name();
        execute(&cluster.url("postgres"), &format!("CREATE DATABASE {name}"))
            .expect("a database can be made");
        Some(Self {
            url: cluster.url(&name),
            home: tempfile::tempdir().expect("a temporary directory"),
        })
    }

    /// Another one of the same kind, without any table.
    pub fn empty_beside(&self) -> Self {
        if self.is_sqlite() { Self::sqlite() } else { Self::empty_postgres().expect("the server") }
    }

    /// Whether this is the SQLite half of a test.
    pub fn is_sqlite(&self) -> bool {
        self.url.starts_with("sqlite")
    }

    /// The SQLite file.
    pub fn path(&self) -> PathBuf {
        self.home.path().join("books.db")
    }

    /// Runs SQL that returns nothing.
    pub fn execute(&self, sql: &str) -> Result<(), DbErr> {
        execute(&self.url, sql)
    }

    /// The number that a statement returns.
    pub fn number(&self, sql: &str) -> i64 {
        let rows = query(&self.url, sql).expect(sql);
        let row = rows.first().expect("a row");
        row.try_get_by_index::<i64>(0)
            .or_else(|_| row.try_get_by_index::<i32>(0).map(i64::from))
            .expect("a number")
    }

    /// The texts that a statement returns, one per row.
    pub fn texts(&self, sql: &str) -> Vec<String> {
        self.try_texts(sql).expect(sql)
    }

    /// The same for a database that may be damaged.
    pub fn try_texts(&self, sql: &str) -> Result<Vec<String>, DbErr> {
        query(&self.url, sql)?.iter().map(|row| row.try_get_by_index(0)).collect()
    }
}

fn fresh_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("bookplate_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Runs SQL on a separate connection.
pub fn execute(url: &str, sql: &str) -> Result<(), DbErr> {
    on_connection(url, async |db| db.execute_unprepared(sql).await.map(drop))
}

fn query(url: &str, sql: &str) -> Result<Vec<QueryResult>, DbErr> {
    on_connection(url, async |db| {
        db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await
    })
}

/// Runs SQL, such as the begin of a transaction, and holds its connection until `work` is done.
pub fn hold(url: &str, sql: &str, work: impl FnOnce()) {
    let held = on_connection(url, async |db| {
        db.execute_unprepared(sql).await?;
        work();
        db.execute_unprepared("ROLLBACK").await.map(drop)
    });
    held.expect(sql);
}

fn on_connection<T>(
    url: &str,
    work: impl AsyncFnOnce(&sea_orm::DatabaseConnection) -> Result<T, DbErr>,
) -> Result<T, DbErr> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        // The driver's spelling of an absolute path has one slash less than ours.
        let mut options =
            sea_orm::ConnectOptions::new(url.replacen("sqlite:////", "sqlite:///", 1));
        options.max_connections(1).sqlx_logging(false);
        let db = sea_orm::Database::connect(options).await?;
        let done = work(&db).await;
        db.close().await?;
        done
    })
}
