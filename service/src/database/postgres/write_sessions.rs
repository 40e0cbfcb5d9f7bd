//! Writes to PostgreSQL without the driver.
//!
//! The driver waits for the answer to each of its messages, and a change of one row takes four: a check of the connection, BEGIN,
//! the statement, COMMIT. Here a connection is checked only now and then, and BEGIN is sent together with the first statement. A
//! statement whose result nobody needs at once is sent together with the next one, or with COMMIT.

mod transaction;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use hashlink::LruCache;
use tokio::{
    task::JoinHandle,
    time::{sleep, timeout, timeout_at},
};
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage, Statement};

use super::{HealthCheck, IS_STANDBY, waits, without_driver};
use crate::{
    database::Settings,
    error::{Error, Result, chain, is_cut_off},
};
use transaction::Deferred;
pub(in crate::database) use transaction::Transaction;

/// Statements that a connection keeps prepared.
const PREPARED: usize = 128;
/// Length of a long statement in bytes. It takes much memory on both sides; for many rows the next one may have another number
/// of them, while an import repeats the same one. So only the last of these is cached.
const LONG: usize = 4096;
/// How long an unused connection stays open.
const IDLE: Duration = Duration::from_mins(10);
/// The pause after a failed attempt to connect; it doubles each time.
const PAUSE: Duration = Duration::from_millis(5);

/// The connections for writing. Clones share them.
#[derive(Clone)]
pub(in crate::database) struct WriteSessions(Arc<Shared>);

struct Shared {
    config: Config,
    /// How long a connection may take to open, or to prove that it is usable.
    patience: Duration,
    health: Arc<HealthCheck>,
    /// The last is the most recently used one.
    idle: Mutex<Vec<Session>>,
    is_refused: AtomicBool,
}

impl WriteSessions {
    /// Opens nothing yet. `None` if we cannot connect to the server as the driver does.
    pub(in crate::database) fn new(
        url: &str,
        settings: &Settings,
        health: &Arc<HealthCheck>,
    ) -> Option<Self> {
        let waits = waits(settings).map(|(name, value)| format!("-c {name}={value}"));
        let config = without_driver(url, settings, settings.deadline, &waits.join(" "))?;
        Some(Self(Arc::new(Shared {
            config,
            patience: settings.acquire_timeout,
            health: Arc::clone(health),
            idle: Mutex::default(),
            is_refused: AtomicBool::new(false),
        })))
    }

    /// Begins a transaction; `None` where the server refuses us but may accept the driver, which looks for a password in more
    /// places.
    pub(in crate::database) async fn begin(&self) -> Result<Option<Transaction>> {
        let Self(shared) = self;
        if shared.is_refused.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let session = match shared.idle().await {
            Some(session) => session,
            None => match shared.open().await? {
                Some(session) => session,
                None => {
                    shared.is_refused.store(true, Ordering::Relaxed);
                    return Ok(None);
                }
            },
        };
        Ok(Some(Transaction::on(session, Arc::clone(shared))))
    }

    pub(in crate::database) fn close(self) {
        self.0.lock().clear();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Vec<Session>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An idle connection, if there is one that may be used.
    async fn idle(&self) -> Option<Session> {
        loop {
            let session = self.lock().pop()?;
            let rested = session.state().used.elapsed();
            let is_usable = !session.client.is_closed()
                && (!self.health.should_check(rested) || self.is_primary(&session.client).await);
            if is_usable {
                return Some(session);
            }
            self.health.lose();
        }
    }

    async fn is_primary(&self, client: &Client) -> bool {
        let Ok(Ok(told)) = timeout(self.patience, client.simple_query(IS_STANDBY)).await else {
            return false;
        };
        told.iter().any(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0) == Some("f"),
            _ => false,
        })
    }

    /// A new connection, as soon as the server has one; `None` where it refuses us.
    async fn open(&self) -> Result<Option<Session>> {
        let until = Instant::now() + self.patience;
        let mut pause = PAUSE;
        loop {
            let error = match timeout_at(until.into(), self.config.connect(NoTls)).await {
                Ok(Ok((client, messages))) => {
                    let messages = async {
                        if let Err(error) = messages.await {
                            log::debug!("a connection for writing has ended: {error}");
                        }
                    };
                    return Ok(Some(Session::new(client, tokio::spawn(messages))));
                }
                Ok(Err(error)) => error,
                Err(_) => return Err(none("the server does not answer")),
            };
            if !is_passing(&error) {
                log::info!("falling back to sqlx for writes: {}", chain(&error));
                return Ok(None);
            }
            if Instant::now() + pause > until {
                return Err(none(&chain(&error).to_string()));
            }
            sleep(pause).await;
            pause *= 2;
        }
    }

    /// Takes back a connection that is in no transaction.
    fn keep(&self, session: Session) {
        {
            let mut state = session.state();
            state.used = Instant::now();
            state.has_begun = false;
        }
        let mut idle = self.lock();
        idle.push(session);
        idle.retain(|session| session.state().used.elapsed() < IDLE);
    }
}

/// Whether the server may accept a connection later: it is unreachable, starting, stopping, or out of connections.
fn is_passing(error: &tokio_postgres::Error) -> bool {
    match error.code() {
        Some(code) => code.code().starts_with("53") || code.code().starts_with("57"),
        None => is_cut_off(error),
    }
}

/// No connection was available, and nothing was begun.
fn none(why: &str) -> Error {
    log::warn!("no connection for writing is available: {why}");
    Error::Busy
}

/// A connection.
struct Session {
    client: Client,
    /// Drives it.
    driver: JoinHandle<()>,
    state: Mutex<State>,
}

struct State {
    prepared: Prepared,
    used: Instant,
    /// Whether BEGIN was sent.
    has_begun: bool,
    /// What is sent with the next statement, or with COMMIT.
    deferred: Option<Deferred>,
    /// Open savepoints.
    savepoints: usize,
    /// Whether a statement failed: COMMIT would silently roll back.
    has_failed: bool,
    /// Whether it must not be used again.
    is_lost: bool,
}

/// Statements, by their text.
struct Prepared {
    short: LruCache<String, Statement>,
    long: Option<(String, Statement)>,
}

impl Prepared {
    fn get(&mut self, sql: &str) -> Option<&Statement> {
        if sql.len() < LONG {
            return self.short.get(sql);
        }
        let (_, statement) = self.long.as_ref().filter(|(text, _)| text == sql)?;
        Some(statement)
    }

    fn keep(&mut self, sql: &str, statement: Statement) {
        if sql.len() < LONG {
            self.short.insert(sql.to_owned(), statement);
        } else {
            self.long = Some((sql.to_owned(), statement));
        }
    }

    fn forget(&mut self, sql: &str) {
        self.short.remove(sql);
        self.long.take_if(|(text, _)| text == sql);
    }
}

impl Session {
    fn new(client: Client, driver: JoinHandle<()>) -> Self {
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

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The savepoints at this depth and deeper have ended.
    fn end(&mut self, savepoints: usize) {
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

#[cfg(test)]
mod tests;
