//! A SQLite file.

use std::path::Path;

use sea_orm::{
    ConnectOptions,
    sqlx::{ConnectOptions as _, sqlite::SqliteConnectOptions},
};

use super::alone;
use crate::{
    error::{Error, Result},
    runtime::session::{Use, expect_place},
};

pub(super) fn without_keys(options: &mut ConnectOptions) {
    options.map_sqlx_sqlite_opts(|options| options.foreign_keys(false).disable_statement_logging());
}

pub(super) fn file(path: &Path, purpose: Use) -> Result<ConnectOptions> {
    if purpose == Use::Read && !path.exists() {
        return Err(Error::Stopped(format!(
            "the database `{}` does not exist; `upgrade` creates it",
            path.display()
        )));
    }
    expect_place(path)?;
    let write = purpose == Use::Write;
    // A file in WAL mode that no program has open would keep the log of a reader that cannot write; one that may, and
    // does not, takes it along when it goes. Where there is a log it is another program's.
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let connect = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(write)
        .read_only(!write && Path::new(&log).exists())
        .pragma("query_only", if write { "off" } else { "on" })
        .foreign_keys(false)
        .busy_timeout(std::time::Duration::from_secs(5))
        .disable_statement_logging();
    let mut options = alone("sqlite::memory:");
    options.map_sqlx_sqlite_opts(move |_| connect.clone());
    Ok(options)
}
