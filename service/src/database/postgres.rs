//! How a PostgreSQL connection is opened, and the guard that keeps broken ones out of use.

use sea_orm::{
    ConnectOptions,
    sqlx::{self, ConnectOptions as _, Row as _},
};

use super::Settings;

/// False for a connection that sits in a transaction of somebody else, or on a server that only reads.
///
/// sqlx 0.9.0 gives a connection back to the pool inside an open transaction when its `begin` is cancelled; writes on
/// it would be acknowledged and lost. After a failover old connections stay on the former primary.
const GUARD: &str =
    "SELECT transaction_timestamp() = statement_timestamp() AND NOT pg_is_in_recovery()";

/// Options of a pool for the server at `url`.
pub(super) fn server(url: &str, settings: &Settings) -> ConnectOptions {
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
        .map_sqlx_postgres_before_acquire(|connection, _| {
            Box::pin(async move {
                // As one simple query: of a prepared one Bind and Execute have a time each, so the two would never
                // be equal, and every connection would be thrown away after its first use.
                sqlx::raw_sql(GUARD).fetch_one(connection).await?.try_get(0)
            })
        });
    options
}
