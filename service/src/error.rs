//! What can go wrong below the API, in words that know neither HTTP nor SQL.
//!
//! This is the only place that reads the error codes of databases.

mod fields;

use std::{fmt, io};

use rusqlite::ffi::{
    SQLITE_CONSTRAINT_FOREIGNKEY, SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE,
};
use sea_orm::{DbErr, RuntimeErr, SqlErr, sqlx};
use tokio_postgres::error::SqlState;

pub use fields::{FieldError, FieldErrors};

/// The result of a service function.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a request could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Members of the input break a rule; nothing was stored.
    #[error("{0}")]
    Invalid(FieldErrors),
    /// A value that has to be unique is taken.
    #[error("{field}{} is taken by another row; change that one or choose another {field}", quoted(.value))]
    Duplicate {
        /// The column.
        field: String,
        /// What was to be stored there; empty where the database did not say.
        value: String,
    },
    /// No row has this id, or another value that is one row's alone.
    #[error("no {what} has the {key} {value}")]
    NotFound {
        /// The row's noun, as in `book`.
        what: &'static str,
        /// The column, as in `id`.
        key: &'static str,
        /// The value that was asked for.
        value: String,
    },
    /// The row was changed since the caller read it.
    #[error(
        "{given} is out of date: the {what} is at version {current}; read it again and repeat the change"
    )]
    Stale {
        /// The row's noun, as in `book`.
        what: &'static str,
        /// The version that the caller named, in words.
        given: String,
        /// The row.
        id: i32,
        /// The version that is stored.
        current: i32,
    },
    /// A change of many rows would be of another number of them than the caller confirmed; nothing was changed.
    #[error(
        "confirm is `{confirmed}`, but the number of {what} that match is {found}; nothing was changed: repeat with confirm={found} \
         if they are meant"
    )]
    Unconfirmed {
        /// The rows' noun, as in `books`.
        what: &'static str,
        /// How many the caller expected.
        confirmed: u64,
        /// How many there are.
        found: u64,
    },
    /// The key of a request that may be repeated was given with another request.
    #[error(
        "the key `{key}` was used for another request within the last day; repeat that one as it was, or choose a new key"
    )]
    KeyReused {
        /// The key.
        key: String,
    },
    /// Too much work is waiting, or another process holds the database; nothing was stored.
    #[error("the database is busy; nothing was changed, try again")]
    Busy,
    /// The database cannot be reached or does not accept writes.
    #[error("the database is not available")]
    Unavailable(#[source] DbErr),
    /// The deadline passed while the work ran, and it may still be stored.
    #[error(
        "the work took longer than its deadline and its outcome is unknown; look before you repeat it"
    )]
    Unknown,
    /// The disk is full; nothing was stored.
    #[error("the disk of the database is full; nothing was changed")]
    Full(#[source] DbErr),
    /// Two transactions got in each other's way; repeating the whole unit of work cures it.
    #[error("the change collided with another one")]
    Collision(#[source] DbErr),
    /// A defect of ours or of the database file.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// One member is wrong.
    pub fn invalid(field: &str, code: &'static str, detail: impl Into<String>) -> Self {
        Self::Invalid(FieldError::new(field, code, detail).into())
    }

    /// A parameter of the request does not fit.
    pub fn parameter(name: &str, detail: impl Into<String>) -> Self {
        Self::Invalid(FieldError::parameter(name, "bad-parameter", detail).into())
    }

    /// A parameter that may stand there once does so twice.
    pub fn twice(name: &str) -> Self {
        Self::parameter(name, format!("{name} stands there twice; leave one of them out"))
    }

    /// What is stored could not be written as JSON, which has a text for all of it.
    pub fn no_json(error: serde_json::Error) -> Self {
        Self::internal(format!("a row has no JSON text: {error}"))
    }

    /// A collision that the database did not take for one.
    pub fn collision(what: &str) -> Self {
        Self::Collision(DbErr::Custom(what.to_owned()))
    }

    /// A defect, described in words.
    pub fn internal(what: impl Into<String>) -> Self {
        Self::Internal(what.into().into())
    }

    /// The same, of one element of a list of inputs.
    #[must_use]
    pub fn of_element(self, place: usize) -> Self {
        match self {
            Self::Invalid(errors) => Self::Invalid(errors.of_element(place)),
            Self::Duplicate { field, value } => {
                let detail = Self::Duplicate { field: field.clone(), value }.to_string();
                Self::invalid(&field, "duplicate", detail).of_element(place)
            }
            other => other,
        }
    }

    /// Fills in the value of a [`Error::Duplicate`], which the database does not tell.
    #[must_use]
    pub fn with_value(self, value: Option<&str>) -> Self {
        match (self, value) {
            (Self::Duplicate { field, .. }, Some(value)) => {
                Self::Duplicate { field, value: value.to_owned() }
            }
            (other, _) => other,
        }
    }
}

fn quoted(value: &str) -> String {
    if value.is_empty() { String::new() } else { format!(" `{value}`") }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(message)) => {
                // PostgreSQL writes its message in the language of the server, but not the constraint's name.
                let constraint = match sqlx_error(&error) {
                    Some(sqlx::Error::Database(cause)) => cause.constraint().map(str::to_owned),
                    _ => None,
                };
                let field = unique_column(constraint.as_deref().unwrap_or(&message));
                return Self::Duplicate { field, value: String::new() };
            }
            Some(SqlErr::ForeignKeyConstraintViolation(_)) => return missing_parent(),
            _ => {}
        }
        if let DbErr::ConnectionAcquire(why) = &error {
            log::warn!("no connection could be had: {why}");
            return Self::Busy;
        }
        match sqlx_error(&error) {
            Some(sqlx::Error::Database(cause)) => {
                let kind = kind(cause.code().as_deref());
                of_kind(kind, error)
            }
            Some(
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::Protocol(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::BeginFailed,
            ) => Self::Unavailable(error),
            _ => Self::Internal(error.into()),
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        let Some(failure) = error.sqlite_error() else { return Self::Internal(error.into()) };
        let (code, text) = (failure.extended_code, error.to_string());
        match code {
            SQLITE_CONSTRAINT_UNIQUE | SQLITE_CONSTRAINT_PRIMARYKEY => {
                Self::Duplicate { field: unique_column(&text), value: String::new() }
            }
            SQLITE_CONSTRAINT_FOREIGNKEY => missing_parent(),
            _ => {
                let error = DbErr::Exec(RuntimeErr::Internal(format!("{text} (code {code})")));
                of_kind(kind(Some(&code.to_string())), error)
            }
        }
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        let text = chain(&error).to_string();
        match error.as_db_error() {
            Some(cause) => match *cause.code() {
                SqlState::UNIQUE_VIOLATION => {
                    let field = unique_column(cause.constraint().unwrap_or(&text));
                    Self::Duplicate { field, value: String::new() }
                }
                SqlState::FOREIGN_KEY_VIOLATION => missing_parent(),
                ref code => {
                    let text = format!("{text} (code {})", code.code());
                    of_kind(kind(Some(code.code())), DbErr::Exec(RuntimeErr::Internal(text)))
                }
            },
            None if is_cut_off(&error) => {
                Self::Unavailable(DbErr::Conn(RuntimeErr::Internal(text)))
            }
            // A value could not be sent or read.
            None => Self::Internal(error.into()),
        }
    }
}

/// Whether the server cannot be reached any more, or not yet.
pub(crate) fn is_cut_off(error: &tokio_postgres::Error) -> bool {
    let cause = std::error::Error::source(error);
    error.is_closed() || cause.is_some_and(|cause| cause.is::<io::Error>())
}

fn missing_parent() -> Error {
    let detail = "a row that this one points at does not exist any more; read it again";
    Error::invalid("", "missing-parent", detail)
}

fn of_kind(kind: Kind, error: DbErr) -> Error {
    match kind {
        Kind::Busy => Error::Busy,
        Kind::Collision => Error::Collision(error),
        Kind::Full => Error::Full(error),
        Kind::Unavailable => Error::Unavailable(error),
        Kind::Other => Error::Internal(error.into()),
    }
}

/// The driver's error inside SeaORM's.
pub(crate) fn sqlx_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(cause))
        | DbErr::Exec(RuntimeErr::SqlxError(cause))
        | DbErr::Query(RuntimeErr::SqlxError(cause)) => Some(cause),
        _ => None,
    }
}

/// Whether the server ended the session: admin_shutdown, crash_shutdown, cannot_connect_now.
pub(crate) fn is_shut_down(error: &DbErr) -> bool {
    match sqlx_error(error) {
        Some(sqlx::Error::Database(cause)) => {
            matches!(cause.code().as_deref(), Some("57P01" | "57P02" | "57P03"))
        }
        _ => false,
    }
}

enum Kind {
    Busy,
    Collision,
    Full,
    Unavailable,
    Other,
}

/// Sorts SQLite's extended result codes (numbers) and PostgreSQL's SQLSTATEs (five characters).
fn kind(code: Option<&str>) -> Kind {
    let code = code.unwrap_or_default();
    if let (true, [class_1, class_2, ..]) = (code.len() == 5, code.as_bytes()) {
        return match (code, [*class_1, *class_2]) {
            // serialization_failure, deadlock_detected, lock_not_available
            ("40001" | "40P01" | "55P03", _) => Kind::Collision,
            ("53100", _) => Kind::Full,
            // read_only_sql_transaction, idle_in_transaction_session_timeout, transaction_timeout
            ("25006" | "25P03" | "25P04", _) => Kind::Unavailable,
            // Connections, resources, operators' interventions (also a statement whose time was up), the system.
            (_, [b'0', b'8'] | [b'5', b'3' | b'7' | b'8']) => Kind::Unavailable,
            _ => Kind::Other,
        };
    }
    match code.parse::<u32>().map(|code| (code, code & 0xff)) {
        // SQLITE_BUSY_SNAPSHOT
        Ok((517, _)) => Kind::Collision,
        // SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL and their families
        Ok((_, 5 | 6 | 15)) => Kind::Busy,
        // SQLITE_FULL, and SQLITE_IOERR_SHMSIZE, which is the same for the index of the write-ahead log
        Ok((_, 13) | (4874, _)) => Kind::Full,
        // SQLITE_NOMEM, SQLITE_READONLY, SQLITE_IOERR, SQLITE_CANTOPEN and their families
        Ok((_, 7 | 8 | 10 | 14)) => Kind::Unavailable,
        _ => Kind::Other,
    }
}

/// The column in `UNIQUE constraint failed: books.isbn` or in `… unique constraint "books_isbn_key"`.
fn unique_column(message: &str) -> String {
    let name = message
        .rsplit_once("failed: ")
        .map(|(_, columns)| columns)
        .or_else(|| message.split('"').nth(1))
        .unwrap_or(message);
    let name = name.strip_suffix("_key").unwrap_or(name);
    name.split_once(['.', '_']).map_or(name, |(_, column)| column).to_owned()
}

/// Shows an error with all its causes on one line.
pub fn chain(error: &dyn std::error::Error) -> impl fmt::Display {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !line.contains(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
        next = cause.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::unique_column;

    #[test]
    fn the_column_of_a_broken_unique_constraint_is_found_on_both_databases() {
        for (message, column) in [
            ("UNIQUE constraint failed: books.isbn", "isbn"),
            (r#"duplicate key value violates unique constraint "books_isbn_key""#, "isbn"),
            ("users_email_key", "email"),
        ] {
            assert_eq!(unique_column(message), column);
        }
    }
}
