//! A connection for writing, and what is known of it.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use hashlink::LruCache;
use sea_orm::Value;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Statement};

/// Statements that a connection keeps prepared.
const PREPARED: usize = 128;
/// Length of a long statement in bytes. It takes much memory on both sides; for many rows the next one may have another number
/// of them, while an import repeats the same one. So only the last of these is cached.
const LONG: usize = 4096;

/// A connection.
pub(super) struct Session {
    pub(super) client: Client,
    /// Drives it.
    driver: JoinHandle<()>,
    state: Mutex<State>,
}

pub(super) struct State {
    pub(super) prepared: Prepared,
    pub(super) used: Instant,
    /// Whether BEGIN was sent.
    pub(super) has_begun: bool,
    /// What is sent with the next statement, or with COMMIT.
    pub(super) deferred: Option<Deferred>,
    /// Open savepoints.
    pub(super) savepoints: usize,
    /// Whether a statement failed: COMMIT would silently roll back.
    pub(super) has_failed: bool,
    /// Whether it must not be used again.
    pub(super) is_lost: bool,
}

/// Statements, by their text.
pub(super) struct Prepared {
    short: LruCache<String, Statement>,
    long: Option<(String, Statement)>,
}

impl Prepared {
    pub(super) fn get(&mut self, sql: &str) -> Option<&Statement> {
        if sql.len() < LONG {
            return self.short.get(sql);
        }
        let (_, statement) = self.long.as_ref().filter(|(text, _)| text == sql)?;
        Some(statement)
    }

    pub(super) fn keep(&mut self, sql: &str, statement: Statement) {
        if sql.len() < LONG {
            self.short.insert(sql.to_owned(), statement);
        } else {
            self.long = Some((sql.to_owned(), statement));
        }
    }

    pub(super) fn forget(&mut self, sql: &str) {
        self.short.remove(sql);
        self.long.take_if(|(text, _)| text == sql);
    }
}

impl Session {
    pub(super) fn new(client: Client, driver: JoinHandle<()>) -> Self {
        let state = State {
            prepared: Prepared { short: LruCache::new(PREPARED), long: None },
            used: Instant::now(),
            has_begun: false,
            deferred: None,
            savepoints: 0,
            has_failed: false,
            is_lost: false,
        };
        Self { client, driver, state: Mutex::new(state) }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The savepoints at this depth and deeper have ended.
    pub(super) fn end(&mut self, savepoints: usize) {
        self.savepoints = savepoints;
        self.has_failed = false;
        self.deferred = None;
    }
}

/// Closes the connection at once, and with it any open transaction.
impl Drop for Session {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// A statement that is sent together with what comes next.
pub(super) struct Deferred {
    pub(super) sql: String,
    pub(super) prepared: Statement,
    pub(super) values: Vec<Value>,
}
