//! The connections for writing that are idle, and how others are opened.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::time::{sleep, timeout, timeout_at};
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage};

use super::session::Session;
use crate::{
    error::{Error, Result, chain, driver::is_cut_off},
    postgres::{config::IS_STANDBY, health_check::HealthCheck},
};

/// How long an unused connection stays open.
const IDLE: Duration = Duration::from_mins(10);
/// The pause after a failed attempt to connect; it doubles each time.
const PAUSE: Duration = Duration::from_millis(5);

/// Connections, and how to open another one.
pub(super) struct SessionPool {
    pub(super) config: Config,
    /// How long a connection may take to open, or to prove that it is usable.
    pub(super) patience: Duration,
    pub(super) health: Arc<HealthCheck>,
    /// The last is the most recently used one.
    pub(super) idle: Mutex<Vec<Session>>,
}

impl SessionPool {
    pub(super) fn lock(&self) -> MutexGuard<'_, Vec<Session>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An idle connection, if there is one that may be used.
    pub(super) async fn idle(&self) -> Option<Session> {
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
        let Ok(Ok(answer)) = timeout(self.patience, client.simple_query(IS_STANDBY)).await else {
            return false;
        };
        answer.iter().any(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0) == Some("f"),
            _ => false,
        })
    }

    /// A new connection, as soon as the server has one; `None` where it refuses us.
    pub(super) async fn open(&self) -> Result<Option<Session>> {
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
    pub(super) fn keep(&self, session: Session) {
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
