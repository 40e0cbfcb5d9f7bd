//! Writes to PostgreSQL without the driver.
//!
//! The driver waits for the answer to each of its messages, and a change of one row takes four: a check of the connection, BEGIN,
//! the statement, COMMIT. Here a connection is checked only now and then, and BEGIN is sent together with the first statement. A
//! statement whose result nobody needs at once is sent together with the next one, or with COMMIT.

mod pool;
mod session;
mod transaction;

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use super::{
    config::{waits, without_driver},
    health_check::HealthCheck,
};
use crate::{error::Result, settings::Settings};
use pool::SessionPool;
pub(crate) use transaction::Transaction;

/// The connections for writing. Clones share them.
#[derive(Clone)]
pub(crate) struct WriteSessions {
    pool: Arc<SessionPool>,
    /// Whether the server refuses connections of ours.
    is_refused: Arc<AtomicBool>,
}

impl WriteSessions {
    /// Opens nothing yet. `None` if we cannot connect to the server as the driver does.
    pub(crate) fn new(url: &str, settings: &Settings, health: &Arc<HealthCheck>) -> Option<Self> {
        let waits = waits(settings).map(|(name, value)| format!("-c {name}={value}"));
        let config = without_driver(url, settings, settings.deadline, &waits.join(" "))?;
        let pool = Arc::new(SessionPool {
            config,
            patience: settings.acquire_timeout,
            health: Arc::clone(health),
            idle: Mutex::default(),
        });
        Some(Self { pool, is_refused: Arc::default() })
    }

    /// Begins a transaction; `None` where the server refuses us but may accept the driver, which looks for a password in more
    /// places.
    pub(crate) async fn begin(&self) -> Result<Option<Transaction>> {
        if self.is_refused.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let session = match self.pool.idle().await {
            Some(session) => session,
            None => match self.pool.open().await? {
                Some(session) => session,
                None => {
                    self.is_refused.store(true, Ordering::Relaxed);
                    return Ok(None);
                }
            },
        };
        Ok(Some(Transaction::on(session, Arc::clone(&self.pool))))
    }

    pub(crate) fn close(self) {
        self.pool.lock().clear();
    }
}

#[cfg(test)]
mod tests;
