//! How a PostgreSQL connection is opened, and the check that keeps broken ones out of use.

use std::{net::IpAddr, sync::Arc, time::Duration};

use sea_orm::{
    ConnectOptions,
    sqlx::{
        self, ConnectOptions as _, Row as _,
        postgres::{PgConnectOptions, PgSslMode},
    },
};

use tokio_postgres::config::SslMode;

use super::health_check::HealthCheck;
use crate::settings::Settings;

/// False for a connection that is inside another job's transaction, or on a read-only server.
///
/// sqlx 0.9.0 returns a connection to the pool inside an open transaction when its `begin` is cancelled; writes on it would
/// be acknowledged and lost. After a failover old connections stay on the former primary.
const GUARD: &str =
    "SELECT transaction_timestamp() = statement_timestamp() AND NOT pg_is_in_recovery()";

/// Whether the server has become a standby, where no transaction can have been left open.
pub(crate) const IS_STANDBY: &str = "SELECT pg_is_in_recovery()";

/// Options of a pool for the server at `url`; each of its connections is checked before it is used, or as often as `health` decides.
pub(crate) fn server(
    url: &str,
    settings: &Settings,
    health: Option<Arc<HealthCheck>>,
) -> ConnectOptions {
    let name = settings.application_name;
    let [lock, idle] = waits(settings);
    let timeouts = [("statement_timeout", settings.deadline.as_millis().to_string()), lock, idle];
    let mut options = ConnectOptions::new(url);
    options
        .map_sqlx_postgres_opts(move |options| {
            options.application_name(name).options(timeouts.clone()).disable_statement_logging()
        })
        .max_connections(settings.pool)
        .acquire_timeout(settings.acquire_timeout)
        .test_before_acquire(false)
        .map_sqlx_postgres_before_acquire(move |connection, known| {
            let looks = health.as_ref().is_none_or(|health| health.should_check(known.idle_for));
            Box::pin(async move {
                if !looks {
                    return Ok(true);
                }
                // As one simple query: in a prepared one Bind and Execute have different times, so the two would never be
                // equal, and every connection would be discarded after its first use.
                sqlx::raw_sql(GUARD).fetch_one(connection).await?.try_get(0)
            })
        });
    options
}

/// How long a statement of a change waits for a row that another session holds, before the change waits without a connection.
const QUICKLY: Duration = Duration::from_millis(50);

/// The same for connections that write: jobs that wait for a row that another session holds for long must not occupy all of them.
pub(crate) fn for_writing(settings: &Settings) -> Settings {
    Settings { busy_timeout: settings.busy_timeout.min(QUICKLY), ..settings.clone() }
}

/// How long a transaction waits for others, and the server for a transaction.
pub(crate) fn waits(settings: &Settings) -> [(&'static str, String); 2] {
    [
        ("lock_timeout", settings.busy_timeout.as_millis().to_string()),
        ("idle_in_transaction_session_timeout", (2 * settings.deadline).as_millis().to_string()),
    ]
}

/// How to connect to the pool's server without the driver: to the same database, as the same user and with the same options;
/// no statement may take longer than `limit`, and `more` options are added. `None` where that connection would have to be
/// encrypted, so only for a socket, a loopback address or `sslmode=disable`; also where the address contains something that
/// one of the two does not support.
pub(crate) fn without_driver(
    url: &str,
    settings: &Settings,
    limit: Duration,
    more: &str,
) -> Option<tokio_postgres::Config> {
    let pool: PgConnectOptions = url.parse().ok()?;
    // The pool's options do not expose the password. If it comes from elsewhere the server may refuse us.
    let read: tokio_postgres::Config = url.parse().ok()?;
    let host = pool.get_host().trim_start_matches('[').trim_end_matches(']');
    let mut config = tokio_postgres::Config::new();
    let is_near = match pool.get_socket() {
        Some(folder) => {
            config.host_path(folder);
            true
        }
        None => {
            config.host(host);
            let is_loopback = |address: IpAddr| address.is_loopback();
            host.starts_with('/') || host == "localhost" || host.parse().is_ok_and(is_loopback)
        }
    };
    match pool.get_ssl_mode() {
        PgSslMode::Disable => {}
        PgSslMode::Allow | PgSslMode::Prefer if is_near => {}
        _ => return None,
    }
    // The options that the driver sets; the last one takes precedence.
    let given = pool.get_options().unwrap_or_default();
    let limit = limit.as_millis();
    let options =
        format!("{given} -c statement_timeout={limit} -c TimeZone=UTC -c DateStyle=ISO,MDY {more}");
    config
        .ssl_mode(SslMode::Disable)
        .port(pool.get_port())
        .user(pool.get_username())
        .dbname(pool.get_database().unwrap_or_else(|| pool.get_username()))
        .options(options.trim())
        .application_name(settings.application_name)
        .connect_timeout(settings.acquire_timeout);
    if let Some(password) = read.get_password() {
        config.password(password);
    }
    Some(config)
}

#[cfg(test)]
mod tests {
    use tokio_postgres::config::Host;

    use super::*;

    #[test]
    fn without_encryption_only_what_is_near_is_connected_to() {
        for (address, is_near) in [
            ("postgres://u@localhost/d", true),
            ("postgres://u@127.0.0.1:5433/d?sslmode=prefer", true),
            ("postgres://u@[::1]/d", true),
            ("postgres:///d?host=/run/postgresql&user=u", true),
            ("postgres://u@db.example/d?sslmode=disable", true),
            ("postgres://u@db.example/d", false),
            ("postgres://u@127.0.0.1.example/d", false),
            ("postgres://u@10.0.0.1/d?sslmode=prefer", false),
            ("postgres://u@localhost/d?sslmode=require", false),
            ("postgres://u@localhost/d?sslmode=verify-full", false),
            // What tokio-postgres does not support.
            ("postgres://u@localhost/d?options[search_path]=s", false),
            ("postgres://u@localhost/d?statement-cache-capacity=0", false),
        ] {
            let config = without_driver(address, &Settings::default(), Duration::ZERO, "");
            assert_eq!(config.is_some(), is_near, "{address}");
        }
    }

    #[test]
    fn what_the_address_says_holds_as_in_the_pool() {
        let address = "postgres://u%40:p%2F@[::1]:5433/d%20e?options=-c%20search_path%3Ds";
        let limit = Duration::from_millis(20);
        let config = without_driver(address, &Settings::default(), limit, "-c a=b").unwrap();
        assert_eq!((config.get_user(), config.get_dbname()), (Some("u@"), Some("d e")));
        assert_eq!(config.get_password(), Some(b"p/".as_slice()));
        assert_eq!(config.get_hosts(), [Host::Tcp("::1".to_owned())]);
        assert_eq!(config.get_ports(), [5433]);
        let options = config.get_options().unwrap();
        assert!(options.starts_with("-c search_path=s -c statement_timeout=20 "), "{options}");
        assert!(options.ends_with(" -c a=b"), "{options}");
    }
}
