//! The statements that run in shadows, as they are recorded.

use std::sync::{Arc, Mutex};

use sea_orm::DatabaseConnection;

use crate::runtime::context::Observer;

/// Statements as they ran.
pub type StatementLog = Arc<Mutex<Vec<String>>>;

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

/// Records SeaORM's own statements of a connection and of its transactions.
pub fn listen(db: &mut DatabaseConnection, log: &StatementLog) {
    let log = Arc::clone(log);
    db.set_metric_callback(move |info| record(&log, &info.statement.to_string()));
}

/// Records the statements of plans.
pub fn observer(log: &StatementLog) -> Observer {
    let log = Arc::clone(log);
    Arc::new(move |sql: &str| record(&log, sql))
}
