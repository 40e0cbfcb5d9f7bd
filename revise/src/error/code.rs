//! What the code of a database's error means. Its text is in the language of the server, and says nothing to a program.

use std::{borrow::Cow, error::Error as StdError, fmt, sync::Arc};

use sea_orm::{
    DbErr, RuntimeErr,
    sqlx::{
        self,
        error::{DatabaseError, ErrorKind},
    },
};

/// SQLSTATE of PostgreSQL, appendix A of its manual.
mod sqlstate {
    pub(super) const FEATURE_NOT_SUPPORTED: &str = "0A000";
    pub(super) const READ_ONLY_SQL_TRANSACTION: &str = "25006";
    pub(super) const INVALID_AUTHORIZATION: &str = "28000";
    pub(super) const INVALID_PASSWORD: &str = "28P01";
    pub(super) const INVALID_CATALOG_NAME: &str = "3D000";
    pub(super) const INVALID_SCHEMA_NAME: &str = "3F000";
    pub(super) const DEADLOCK_DETECTED: &str = "40P01";
    pub(super) const INSUFFICIENT_PRIVILEGE: &str = "42501";
    pub(super) const UNDEFINED_OBJECT: &str = "42704";
    pub(super) const DUPLICATE_OBJECT: &str = "42710";
    pub(super) const UNDEFINED_FUNCTION: &str = "42883";
    pub(super) const UNDEFINED_TABLE: &str = "42P01";
    pub(super) const DUPLICATE_SCHEMA: &str = "42P06";
    pub(super) const DUPLICATE_TABLE: &str = "42P07";
    pub(super) const TOO_MANY_CONNECTIONS: &str = "53300";
    pub(super) const LOCK_NOT_AVAILABLE: &str = "55P03";
    pub(super) const CANNOT_CONNECT_NOW: &str = "57P03";
}

/// Primary result codes of SQLite, <https://sqlite.org/rescode.html>.
mod sqlite {
    pub(super) const BUSY: u32 = 5;
    pub(super) const LOCKED: u32 = 6;
    pub(super) const READONLY: u32 = 8;
}

/// The database's own error; `None` where the statement did not reach it.
fn database_error(error: &DbErr) -> Option<&dyn DatabaseError> {
    let database = reported(source(error)?)?;
    database
        .try_downcast_ref::<Restated>()
        .map_or(Some(database), |restated| reported(&restated.source))
}

fn source(error: &DbErr) -> Option<&Arc<sqlx::Error>> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(source))
        | DbErr::Exec(RuntimeErr::SqlxError(source))
        | DbErr::Query(RuntimeErr::SqlxError(source)) => Some(source),
        _ => None,
    }
}

fn reported(error: &sqlx::Error) -> Option<&dyn DatabaseError> {
    match error {
        sqlx::Error::Database(database) => Some(database.as_ref()),
        _ => None,
    }
}

/// Whether PostgreSQL answered with this SQLSTATE.
fn is(error: &DbErr, sqlstate: &str) -> bool {
    database_error(error).and_then(DatabaseError::code).is_some_and(|code| code == sqlstate)
}

/// The primary result code of SQLite, without what an extended code adds.
#[cfg(feature = "sqlite")]
fn result_code(error: &DbErr) -> Option<u32> {
    let database = database_error(error)?;
    database.try_downcast_ref::<sqlx::sqlite::SqliteError>()?;
    Some(database.code()?.parse::<u32>().ok()? & 0xff)
}

#[cfg(not(feature = "sqlite"))]
fn result_code(_: &DbErr) -> Option<u32> {
    None
}

/// Whether another session held what was needed, so that another attempt may succeed: a lock was not had in time, this transaction was
/// chosen to end a deadlock, or another program has the file.
pub(crate) fn is_lock_timeout(error: &DbErr) -> bool {
    is(error, sqlstate::LOCK_NOT_AVAILABLE)
        || is(error, sqlstate::DEADLOCK_DETECTED)
        || is_held_file(error)
}

/// Whether another program has the SQLite file.
pub(crate) fn is_held_file(error: &DbErr) -> bool {
    matches!(result_code(error), Some(sqlite::BUSY | sqlite::LOCKED))
}

/// Whether a SQLite file, or what SQLite has to write next to it, cannot be written.
pub(crate) fn is_read_only_file(error: &DbErr) -> bool {
    result_code(error) == Some(sqlite::READONLY)
}

/// Whether a server accepts no connection for now: it starts, or all connections are taken.
pub(crate) fn is_not_ready(error: &DbErr) -> bool {
    is(error, sqlstate::CANNOT_CONNECT_NOW) || is(error, sqlstate::TOO_MANY_CONNECTIONS)
}

/// Whether the role lacks a right.
pub(crate) fn is_permission_denied(error: &DbErr) -> bool {
    is(error, sqlstate::INSUFFICIENT_PRIVILEGE)
}

/// Whether a server refuses a transaction that writes, as a standby does.
pub(crate) fn is_standby(error: &DbErr) -> bool {
    is(error, sqlstate::FEATURE_NOT_SUPPORTED)
}

/// Whether a statement names something that is not there.
pub(crate) fn is_missing(error: &DbErr) -> bool {
    use sqlstate::{INVALID_SCHEMA_NAME, UNDEFINED_FUNCTION, UNDEFINED_OBJECT, UNDEFINED_TABLE};
    [INVALID_SCHEMA_NAME, UNDEFINED_OBJECT, UNDEFINED_FUNCTION, UNDEFINED_TABLE]
        .iter()
        .any(|sqlstate| is(error, sqlstate))
}

/// Whether a statement creates something that is there.
pub(crate) fn is_there_already(error: &DbErr) -> bool {
    use sqlstate::{DUPLICATE_OBJECT, DUPLICATE_SCHEMA, DUPLICATE_TABLE};
    [DUPLICATE_OBJECT, DUPLICATE_SCHEMA, DUPLICATE_TABLE].iter().any(|sqlstate| is(error, sqlstate))
}

/// What to do about a refusal of the server that can come from any statement.
pub(super) fn resolution(error: &DbErr) -> Option<&'static str> {
    if let DbErr::Conn(RuntimeErr::SqlxError(source)) = error
        && let sqlx::Error::Io(_) = source.as_ref()
    {
        return Some("look whether the server runs, and at host and port in the database URL");
    }
    if is(error, sqlstate::INVALID_PASSWORD) || is(error, sqlstate::INVALID_AUTHORIZATION) {
        return Some("look at user and password in the database URL");
    }
    if is(error, sqlstate::INVALID_CATALOG_NAME) {
        return Some("create the database (`createdb`), or name another one in the database URL");
    }
    if is_permission_denied(error) {
        return Some("connect as the role that owns the tables, or GRANT this one what it lacks");
    }
    is(error, sqlstate::READ_ONLY_SQL_TRANSACTION).then_some(
        "this role or database has `default_transaction_read_only` on; connect where changes are made",
    )
}

/// The same error with another text.
pub(crate) fn restate(error: &DbErr, message: String) -> DbErr {
    let Some(source) = source(error).filter(|source| reported(source).is_some()) else {
        return DbErr::Migration(message);
    };
    let restated = reported(source).and_then(|database| database.try_downcast_ref::<Restated>());
    let source = restated.map_or(source, |restated| &restated.source);
    let restated = Restated { source: Arc::clone(source), message };
    DbErr::Exec(RuntimeErr::SqlxError(Arc::new(sqlx::Error::Database(Box::new(restated)))))
}

/// A database's error with a text of ours, in the one shape that goes through `MigrationTrait` and keeps its code.
#[derive(Debug)]
struct Restated {
    source: Arc<sqlx::Error>,
    message: String,
}

impl fmt::Display for Restated {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl StdError for Restated {}

impl DatabaseError for Restated {
    fn message(&self) -> &str {
        &self.message
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        reported(&self.source)?.code()
    }

    fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        reported(&self.source).map_or(ErrorKind::Other, DatabaseError::kind)
    }
}
