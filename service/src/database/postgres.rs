//! How a PostgreSQL connection is opened, and the guard that keeps broken ones out of use.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI32, Ordering},
    },
    time::Duration,
};

use sea_orm::{
    ConnectOptions, DbErr,
    sqlx::{self, ConnectOptions as _, Row as _},
};

use super::Settings;
use crate::error::{is_shut_down, sqlx_error};

/// False for a connection that sits in a transaction of somebody else, or on a server that only reads.
///
/// sqlx 0.9.0 gives a connection back to the pool inside an open transaction when its `begin` is cancelled; writes on
/// it would be acknowledged and lost. After a failover old connections stay on the former primary.
const GUARD: &str =
    "SELECT transaction_timestamp() = statement_timestamp() AND NOT pg_is_in_recovery()";

/// A connection that idled for so long is looked at before it reads.
const IDLE: Duration = Duration::from_millis(100);
/// How often connections read one after the other before one of them is looked at.
const READS: i32 = 64;

/// Whether connections that read are looked at before they are used. They are in no transaction, so they may only be lost, or on
/// a server that has become another one's copy; asking each time would double the round trips of a read.
#[derive(Default)]
pub(super) struct Trust {
    /// Uses until the next look; below zero, how many of the next uses begin with one.
    uses: AtomicI32,
}

impl Trust {
    /// Whether a read failed because its connection was lost, and with it perhaps others of the pool. Another one may answer, and
    /// is looked at first.
    pub(super) fn is_lost(&self, error: &DbErr) -> bool {
        let is_lost = matches!(
            sqlx_error(error),
            Some(sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed)
        ) || is_shut_down(error);
        if is_lost {
            self.uses.store(-READS, Ordering::Relaxed);
        }
        is_lost
    }

    fn is_to_look(&self, idle: Duration) -> bool {
        let next = |uses: i32| {
            Some(match uses {
                0 => READS,
                ..0 => uses + 1,
                1.. => uses - 1,
            })
        };
        let uses = self.uses.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        uses.is_ok_and(|uses| uses <= 0) || idle >= IDLE
    }
}

/// Options of a pool for the server at `url`; each of its connections is looked at before it is used, or as often as `trust` says.
pub(super) fn server(url: &str, settings: &Settings, trust: Option<Arc<Trust>>) -> ConnectOptions {
    let timeouts = [
        ("statement_timeout", settings.deadline.as_millis().to_string()),
        ("lock_timeout", settings.busy_timeout.as_millis().to_string()),
        ("idle_in_transaction_session_timeout", (2 * settings.deadline).as_millis().to_string()),
    ];
    let mut options = ConnectOptions::new(url);
    options
        .map_sqlx_postgres_opts(move |options| {
            options
                .application_name("bookplate")
                .options(timeouts.clone())
                .disable_statement_logging()
        })
        .max_connections(settings.pool)
        .acquire_timeout(settings.acquire_timeout)
        .test_before_acquire(false)
        .map_sqlx_postgres_before_acquire(move |connection, known| {
            let looks = trust.as_ref().is_none_or(|trust| trust.is_to_look(known.idle_for));
            Box::pin(async move {
                if !looks {
                    return Ok(true);
                }
                // As one simple query: of a prepared one Bind and Execute have a time each, so the two would never
                // be equal, and every connection would be thrown away after its first use.
                sqlx::raw_sql(GUARD).fetch_one(connection).await?.try_get(0)
            })
        });
    options
}
