//! Checks whether a PostgreSQL server accepts a connection, and explains in one sentence why not. A pool only reports a timeout.

use std::{
    io,
    time::{Duration, Instant},
};

use sea_orm::{
    DbErr, RuntimeErr,
    sqlx::{self, ConnectOptions as _, Connection as _, postgres::PgConnectOptions},
};
use tokio::time::{sleep, timeout};

use crate::Settings;

/// Between two attempts while the server starts or has no free connection.
const PAUSE: Duration = Duration::from_millis(100);

/// Connects once. Waits only for a server that is about to accept connections, as long as a request would.
///
/// # Errors
/// With the cause, the address without its password, and what to do about it.
pub(in super::super) async fn expect_server(url: &str, settings: &Settings) -> Result<(), DbErr> {
    let refused = |why: String| DbErr::Conn(RuntimeErr::Internal(why));
    let options: PgConnectOptions =
        url.parse().map_err(|error: sqlx::Error| refused(error.to_string()))?;
    let address = match options.get_socket() {
        Some(folder) => format!("{}, port {}", folder.display(), options.get_port()),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    let begun = Instant::now();
    loop {
        match timeout(settings.acquire_timeout, options.connect()).await {
            Ok(Ok(connection)) => {
                // Nothing is lost if this fails.
                drop(connection.close().await);
                return Ok(());
            }
            Ok(Err(error)) if is_passing(&error) && begun.elapsed() < settings.acquire_timeout => {
                sleep(PAUSE).await;
            }
            Ok(Err(error)) => return Err(refused(sentence(&error, &address))),
            Err(_) => {
                let seconds = settings.acquire_timeout.as_secs();
                return Err(refused(format!(
                    "{address} did not answer within {seconds} s; is it a PostgreSQL server, and does a firewall let us through?"
                )));
            }
        }
    }
}

/// Whether the server is starting, or all its connections are in use.
fn is_passing(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    matches!(code.as_deref(), Some("57P03" | "53300"))
}

fn sentence(error: &sqlx::Error, address: &str) -> String {
    match error {
        sqlx::Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            format!("connection refused by {address}; is the server running there?")
        }
        sqlx::Error::Io(error) if error.to_string().contains("lookup") => {
            format!("no server has the host name of {address} ({error}); correct DATABASE_URL")
        }
        sqlx::Error::Io(error) => {
            format!("cannot reach {address}: {error}; is the server running there?")
        }
        sqlx::Error::Tls(error) => format!(
            "cannot encrypt the connection to {address}: {error}; correct `sslmode` or the certificates in DATABASE_URL"
        ),
        sqlx::Error::Database(error) => {
            let resolution = match error.code().as_deref() {
                Some("28000" | "28P01") => "; correct user and password in DATABASE_URL",
                Some("3D000") => "; create it, or correct DATABASE_URL",
                Some("42501") => "; grant CONNECT on it to this role",
                _ => "",
            };
            format!("{address} refuses the connection: {}{resolution}", error.message())
        }
        error => format!("cannot connect to {address}: {error}"),
    }
}
