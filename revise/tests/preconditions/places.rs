//! Databases of a test's own, with one connection each, so that a transaction can be begun with SQL.

use cluster::Cluster;
use sea_orm::{ConnectOptions, Database, DatabaseConnection};

/// A new database on the server; `None` where no PostgreSQL is installed, which is said loudly.
pub async fn postgres() -> Option<DatabaseConnection> {
    Some(Cluster::get()?.database().await)
}

/// A database in memory.
pub async fn sqlite() -> DatabaseConnection {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.expect("a connection")
}
