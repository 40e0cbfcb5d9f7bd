//! Short reads of PostgreSQL on shared connections.
//!
//! The driver reserves a connection for one statement until its result has arrived, so that each read costs a checkout from the
//! pool, a message and a separate wait. Here the statements of many requests are pipelined, and their results arrive in the same
//! order. Statements that take long, fail, or return more than plain values are left to the pool, which also produces the error
//! message: both read committed data, and return the same rows.
//!
//! A statement waits for the slow ones before it. So rows by id have separate connections, which no list can block; lists of
//! many rows go to the pool, and so does for a while each statement that was slow ([`SharedConnection`]). Searches have separate
//! connections for another reason: PostgreSQL would plan each of them again, because it cannot know that the plan is the same
//! for all values, and planning would take longer than the search.

mod connection;

use std::{sync::Arc, time::Duration};

use sea_orm::{Statement, Value};

use self::connection::SharedConnection;
use super::{config::without_driver, decode::decode, health_check::HealthCheck};
use crate::{
    row::{Decode, FromRow, Models},
    settings::Settings,
    thread_index::thread_index,
};

/// How long the server works on a list here; longer ones gain nothing.
const LIST: Duration = Duration::from_millis(20);
const SLOW: Duration = Duration::from_millis(4);
/// The same for a row by its id; if it takes long, it waits for a disk or a lock.
const ROW: Duration = Duration::from_millis(200);
/// The most rows that a list returns, or skips, here: beyond that the cost of the pool hardly matters.
pub(crate) const MOST_ROWS: u64 = 250;
/// The same for ids alone.
pub(crate) const MOST_IDS: u64 = 2500;

/// Plans are made once for all values.
const PLAN_ONCE: &str = "-c plan_cache_mode=force_generic_plan";

/// Shared connections for reading: three for each thread, as long as there are not more threads than connections in the pool.
pub(crate) struct SharedReader {
    connections: Box<[Connections]>,
}

/// The connections of one thread.
struct Connections {
    by_id: Arc<SharedConnection>,
    lists: Arc<SharedConnection>,
    searches: Arc<SharedConnection>,
}

impl SharedReader {
    /// Opens nothing yet. `None` if we cannot connect to the pool's server as the pool does.
    pub(crate) fn new(url: &str, settings: &Settings, health: &Arc<HealthCheck>) -> Option<Self> {
        let connection = |limit, slow, more| {
            let config = without_driver(url, settings, limit, more)?;
            Some(Arc::new(SharedConnection::new(config, Arc::clone(health), slow)))
        };
        let connections = |_| {
            Some(Connections {
                by_id: connection(ROW, None, "")?,
                lists: connection(LIST, Some(SLOW), "")?,
                searches: connection(LIST, Some(SLOW), PLAN_ONCE)?,
            })
        };
        Some(Self { connections: (0..settings.pool).map(connections).collect::<Option<_>>()? })
    }

    /// Closes the connections once the pending statements are answered.
    pub(crate) async fn close(&self) {
        for Connections { by_id, lists, searches } in &self.connections {
            by_id.close().await;
            lists.close().await;
            searches.close().await;
        }
    }

    /// What `R` makes of the rows that a statement returns, which may use the plan of a search; `None` when the pool has to run
    /// it.
    pub(crate) async fn query<R: FromRow>(
        &self,
        Statement { sql, values, .. }: &Statement,
        searches: bool,
        most: u64,
    ) -> Option<Vec<R::Output>> {
        let values = values.as_ref().map_or(&[][..], |values| &values.0);
        let connection = self.for_lists(searches).filter(|_| asks_for_few(values, most));
        find::<R>(connection?, &sql.as_str().into(), values).await
    }

    /// The row with an id, if it exists; `None` when the pool has to find it.
    pub(crate) async fn by_id<E: Decode>(&self, id: i32) -> Option<Option<E::Model>> {
        let connection = self.connections().map(|connections| &connections.by_id);
        let sql = &E::queries().by_id_on_postgres;
        Some(find::<Models<E>>(connection?, sql, &[id.into()]).await?.pop())
    }

    fn for_lists(&self, searches: bool) -> Option<&Arc<SharedConnection>> {
        let Connections { lists, searches: once, .. } = self.connections()?;
        Some(if searches { once } else { lists })
    }

    fn connections(&self) -> Option<&Connections> {
        self.connections.get(thread_index() % self.connections.len().max(1))
    }
}

async fn find<R: FromRow>(
    connection: &Arc<SharedConnection>,
    sql: &Arc<str>,
    values: &[Value],
) -> Option<Vec<R::Output>> {
    let rows = connection.ask(sql, values).await?;
    let found = decode::<R>(&rows);
    if found.is_none() {
        connection.leave(sql);
    }
    found
}

/// Whether no limit or offset is too high to be run here. They are the only unsigned values.
fn asks_for_few(values: &[Value], most: u64) -> bool {
    values.iter().all(|value| match value {
        Value::BigUnsigned(rows) => rows.is_some_and(|rows| rows <= most),
        _ => true,
    })
}

#[cfg(test)]
mod tests;
