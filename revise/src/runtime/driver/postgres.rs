//! A PostgreSQL server.

use std::sync::Arc;

use sea_orm::{
    ConnectOptions, DbErr, RuntimeErr,
    sqlx::{ConnectOptions as _, Connection as _, postgres::PgConnectOptions},
};

use super::{PATIENCE, alone};
use crate::error::{Error, Result, is_not_ready};

pub(super) fn server(url: &str, database: Option<&str>) -> Result<ConnectOptions> {
    // Here and not at the first use, where the driver's message would repeat the password.
    if url.parse::<PgConnectOptions>().is_err() {
        let url = crate::runtime::target::without_password(url);
        return Err(Error::Usage(format!(
            "`{url}` is not a database URL: host, port or password cannot be read; write `%2F` for `/` and so on"
        )));
    }
    let mut options = alone(url);
    let database = database.map(ToOwned::to_owned);
    options.map_sqlx_postgres_opts(move |options| {
        let options = match &database {
            Some(database) => options.database(database),
            None => options,
        };
        let limits = [
            // A change of a large table takes its time.
            ("statement_timeout", "0"),
            ("idle_in_transaction_session_timeout", "0"),
            // The catalog's estimates are far off after the many tables of a shadow, and a compiler and workers that
            // are called for a query of milliseconds cost a hundred times that.
            ("jit", "off"),
            ("max_parallel_workers_per_gather", "0"),
        ];
        options.application_name("sea-revise").options(limits).disable_statement_logging()
    });
    Ok(options)
}

/// Connects once, outside a pool.
pub(super) async fn expect_server(url: &str) -> Result<(), DbErr> {
    let error = |error| DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error)));
    let options: PgConnectOptions = url.parse().map_err(error)?;
    match tokio::time::timeout(PATIENCE, options.connect()).await {
        Ok(Ok(connection)) => {
            drop(connection.close().await);
            Ok(())
        }
        Ok(Err(refused)) => {
            let refused = error(refused);
            // The pool waits for a server that is not ready.
            if is_not_ready(&refused) { Ok(()) } else { Err(refused) }
        }
        Err(_) => Err(DbErr::Custom(format!("it did not answer within {} s", PATIENCE.as_secs()))),
    }
}
