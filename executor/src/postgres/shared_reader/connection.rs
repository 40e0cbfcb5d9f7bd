//! A connection on which a statement is sent without waiting for the result of the one before.

use std::{
    sync::{Arc, Mutex, Weak},
    time::{Duration, Instant},
};

use futures_util::{TryStreamExt, future::try_join};
use hashlink::LruCache;
use sea_orm::Value;
use tokio::{runtime::Handle, task::JoinHandle, time::timeout};
use tokio_postgres::{Client, Config, Error, NoTls, Row, Statement, error::SqlState, types::Type};

use crate::postgres::{
    HealthCheck,
    config::IS_STANDBY,
    value::{PostgresValue, parameters},
};

/// How long a read waits for its result, after those of others; then the pool is asked, and the connection is closed.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often in a row a statement is slow before it is left to the pool. More than once or twice, because a statement that waits
/// for a processor is slow too, and the pool needs more processor time.
const SLOW_IN_A_ROW: u32 = 8;
/// How long no connection is opened after a failed attempt, and how often that time is doubled while attempts fail.
const PAUSE: (Duration, u32) = (Duration::from_millis(100), 8);
/// How long a slow statement is not tried, and how often that time is doubled while it stays slow.
const REST: (Duration, u32) = (Duration::from_secs(1), 5);
/// Statements that a connection keeps prepared, and the number of slow statements that are remembered.
const PREPARED: usize = 64;
const LEFT: usize = 256;

/// A slot for a connection, which is opened on first use by the runtime of the calling thread, and again after it was lost.
/// Until then, and for statements that are paused, the pool is used.
pub(super) struct SharedConnection {
    config: Config,
    health: Arc<HealthCheck>,
    /// Statements that take this long gain nothing here; `None` if there is no such limit.
    slow: Option<Duration>,
    slot: Mutex<Slot>,
}

struct Slot {
    connection: Option<Connection>,
    /// Opens the connection and drives it.
    driver: Option<JoinHandle<()>>,
    later: Backoff,
    is_closed: bool,
}

/// What is not tried for a while.
struct Backoff {
    opening: Cooldown,
    /// Statements that are left to the pool.
    left: LruCache<Arc<str>, Cooldown>,
}

struct Connection {
    client: Arc<Client>,
    prepared: LruCache<Arc<str>, Prepared>,
    used: Instant,
    answered: Instant,
}

struct Prepared {
    statement: Statement,
    /// How often in a row it was slow.
    slow: u32,
}

/// Until when something is not tried.
#[derive(Default)]
struct Cooldown {
    until: Option<Instant>,
    times: u32,
}

/// One read in flight.
struct InFlight {
    client: Arc<Client>,
    begun: Instant,
    /// The prepared statement, if there is one already.
    statement: Option<Statement>,
    /// The same for the guard; `None` when no check is needed.
    guard: Option<Option<Statement>>,
}

enum Failure {
    Read(Error),
    /// The server is a standby.
    Copy,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Read(error)
    }
}

impl SharedConnection {
    pub(super) fn new(config: Config, health: Arc<HealthCheck>, slow: Option<Duration>) -> Self {
        let slot = Slot {
            connection: None,
            driver: None,
            later: Backoff { opening: Cooldown::default(), left: LruCache::new(LEFT) },
            is_closed: false,
        };
        Self { config, health, slow, slot: Mutex::new(slot) }
    }

    /// The result of a statement; `None` when the pool has to run it.
    pub(super) async fn ask(
        self: &Arc<Self>,
        sql: &Arc<str>,
        values: &[Value],
    ) -> Option<Vec<Row>> {
        let (values, types) = parameters(values)?;
        let in_flight = self.in_flight(sql)?;
        match timeout(PATIENCE, self.answer(&in_flight, sql, (values, &types))).await {
            Ok(Ok(rows)) => {
                self.note(&in_flight, sql);
                return Some(rows);
            }
            Ok(Err(Failure::Read(error))) => self.fail(&in_flight, sql, &error),
            Ok(Err(Failure::Copy)) => self.lose(&in_flight, "the server only reads"),
            Err(_) => {
                // It may be the one that the others wait for.
                if self.slow.is_some() {
                    self.leave(sql);
                }
                self.lose(&in_flight, "the server does not answer");
            }
        }
        None
    }

    /// Leaves a statement to the pool for a while.
    pub(super) fn leave(&self, sql: &Arc<str>) {
        if let Ok(mut slot) = self.slot.lock() {
            slot.later.leave(sql);
        }
    }

    /// Closes the connection once the pending statements are answered.
    pub(super) async fn close(&self) {
        let driver = self.slot.lock().ok().and_then(|mut slot| {
            slot.is_closed = true;
            slot.connection = None;
            slot.driver.take()
        });
        if let Some(mut driver) = driver
            && timeout(PATIENCE, &mut driver).await.is_err()
        {
            driver.abort();
        }
    }

    fn in_flight(self: &Arc<Self>, sql: &str) -> Option<InFlight> {
        let mut slot = self.slot.lock().ok()?;
        if slot.is_closed || slot.later.left.get(sql).is_some_and(|rest| !rest.is_over()) {
            return None;
        }
        if slot.connection.take_if(|connection| connection.client.is_closed()).is_some() {
            self.health.lose();
        }
        let Some(connection) = &mut slot.connection else {
            self.open(&mut slot);
            return None;
        };
        let begun = Instant::now();
        let idle = begun - connection.used;
        connection.used = begun;
        let mut known =
            |sql| connection.prepared.get(sql).map(|prepared| prepared.statement.clone());
        let guard = self.health.should_check(idle).then(|| known(IS_STANDBY));
        let statement = known(sql);
        Some(InFlight { client: Arc::clone(&connection.client), begun, statement, guard })
    }

    fn open(self: &Arc<Self>, slot: &mut Slot) {
        let is_under_way = slot.driver.as_ref().is_some_and(|driver| !driver.is_finished());
        if is_under_way || !slot.later.opening.is_over() {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            slot.later.opening.begin(PAUSE);
            slot.driver = Some(runtime.spawn(drive(Arc::downgrade(self), self.config.clone())));
        }
    }

    async fn answer(
        &self,
        in_flight: &InFlight,
        sql: &Arc<str>,
        (values, types): (Vec<PostgresValue<'_>>, &[Type]),
    ) -> Result<Vec<Row>, Failure> {
        let guard = async {
            let Some(known) = &in_flight.guard else { return Ok(()) };
            let guard = self.prepared(in_flight, known.as_ref(), (&IS_STANDBY.into(), &[])).await?;
            let found = in_flight.client.query_one(&guard, &[]).await?;
            if found.try_get(0)? { Err(Failure::Copy) } else { Ok(()) }
        };
        let rows = async {
            let statement =
                self.prepared(in_flight, in_flight.statement.as_ref(), (sql, types)).await?;
            let rows = in_flight.client.query_raw(&statement, values).await?;
            Ok(rows.try_collect().await?)
        };
        // Both are sent before one is answered.
        let ((), rows) = try_join(guard, rows).await?;
        Ok(rows)
    }

    async fn prepared(
        &self,
        in_flight: &InFlight,
        known: Option<&Statement>,
        (sql, types): (&Arc<str>, &[Type]),
    ) -> Result<Statement, Error> {
        if let Some(statement) = known {
            return Ok(statement.clone());
        }
        let statement = in_flight.client.prepare_typed(sql, types).await?;
        let prepared = Prepared { statement: statement.clone(), slow: 0 };
        self.on(in_flight, |connection, _| {
            drop(connection.prepared.insert(Arc::clone(sql), prepared))
        });
        Ok(statement)
    }

    /// Records how long a statement took: at most the time since the result before it.
    fn note(&self, in_flight: &InFlight, sql: &Arc<str>) {
        let now = Instant::now();
        self.on(in_flight, |connection, later| {
            let took = now - in_flight.begun.max(connection.answered);
            let is_slow = self.slow.is_some_and(|slow| took >= slow);
            connection.answered = now;
            later.opening.times = 0;
            let Some(prepared) = connection.prepared.get_mut(sql) else { return };
            prepared.slow = if is_slow { prepared.slow + 1 } else { 0 };
            if prepared.slow >= SLOW_IN_A_ROW {
                prepared.slow = 0;
                later.leave(sql);
            } else if !is_slow {
                later.left.remove(sql);
            }
        });
    }

    fn fail(&self, in_flight: &InFlight, sql: &Arc<str>, error: &Error) {
        log::debug!("a read is left to the pool: {error}");
        if in_flight.client.is_closed() {
            return self.lose(in_flight, "the connection is closed");
        }
        let is_slow = error.code() == Some(&SqlState::QUERY_CANCELED);
        self.on(in_flight, |connection, later| {
            // Perhaps its tables have changed.
            connection.prepared.remove(sql);
            if is_slow {
                later.leave(sql);
            }
        });
    }

    fn lose(&self, in_flight: &InFlight, why: &str) {
        log::debug!("a shared connection for reading is closed: {why}");
        self.health.lose();
        if let Ok(mut slot) = self.slot.lock() {
            slot.connection
                .take_if(|connection| Arc::ptr_eq(&connection.client, &in_flight.client));
        }
    }

    /// Runs `work` on the connection of an in-flight read, if it is still the one in use.
    fn on(&self, in_flight: &InFlight, work: impl FnOnce(&mut Connection, &mut Backoff)) {
        let Ok(mut slot) = self.slot.lock() else { return };
        let Slot { connection, later, .. } = &mut *slot;
        if let Some(connection) = connection
            && Arc::ptr_eq(&connection.client, &in_flight.client)
        {
            work(connection, later);
        }
    }
}

impl Backoff {
    fn leave(&mut self, sql: &Arc<str>) {
        let rest = self.left.entry(Arc::clone(sql)).or_insert_with(Cooldown::default);
        // Several may have been in flight.
        if rest.is_over() {
            rest.begin(REST);
        }
    }
}

impl Cooldown {
    fn begin(&mut self, (first, doubled): (Duration, u32)) {
        self.until = Some(Instant::now() + first * (1 << self.times));
        self.times = (self.times + 1).min(doubled);
    }

    fn is_over(&self) -> bool {
        self.until.is_none_or(|until| until <= Instant::now())
    }
}

/// Opens a connection and drives it until it ends.
async fn drive(shared: Weak<SharedConnection>, config: Config) {
    let opened = config.connect(NoTls).await;
    let Some(shared) = shared.upgrade() else { return };
    let (client, messages) = match opened {
        Ok(opened) => opened,
        Err(error) => return log::debug!("no shared connection for reading: {error}"),
    };
    if let Ok(mut slot) = shared.slot.lock()
        && !slot.is_closed
    {
        let now = Instant::now();
        slot.connection = Some(Connection {
            client: Arc::new(client),
            prepared: LruCache::new(PREPARED),
            used: now,
            answered: now,
        });
    }
    drop(shared);
    if let Err(error) = messages.await {
        log::debug!("a shared connection for reading has ended: {error}");
    }
}
