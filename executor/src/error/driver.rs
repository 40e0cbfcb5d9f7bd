//! Converts errors of the databases and their drivers into [`Error`]s. Only this module reads the error codes of databases.

use std::io;

use rusqlite::ffi::{
    SQLITE_CONSTRAINT_FOREIGNKEY, SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE,
};
use sea_orm::{DbErr, RuntimeErr, SqlErr, sqlx};
use tokio_postgres::error::SqlState;

use super::{Error, chain};

/// Whether a SQLite file of this process is known to be damaged. The errors that show it are created here, far from any handle
/// of the database; a process serves one database.
pub(crate) mod damage {
    use std::sync::atomic::{AtomicBool, Ordering};

    static IS_SEEN: AtomicBool = AtomicBool::new(false);

    /// Whether a page was read that SQLite did not write, and no check has passed since.
    pub(crate) fn is_seen() -> bool {
        IS_SEEN.load(Ordering::Relaxed)
    }

    pub(crate) fn note(is_seen: bool) {
        IS_SEEN.store(is_seen, Ordering::Relaxed);
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(message)) => {
                let constraint = match sqlx_error(&error) {
                    Some(sqlx::Error::Database(cause)) => cause.constraint().zip(cause.table()),
                    _ => None,
                };
                let column = match constraint {
                    Some((constraint, table)) => column_of_constraint(constraint, table),
                    None => column_of_message(&message),
                };
                return Self::Duplicate { column };
            }
            Some(SqlErr::ForeignKeyConstraintViolation(_)) => return Self::MissingParent,
            _ => {}
        }
        if let DbErr::ConnectionAcquire(why) = &error {
            log::warn!("no connection is available: {why}");
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
                Self::Duplicate { column: column_of_message(&text) }
            }
            SQLITE_CONSTRAINT_FOREIGNKEY => Self::MissingParent,
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
                    let (constraint, table) = (cause.constraint(), cause.table());
                    let column = column_of_constraint(
                        constraint.unwrap_or_default(),
                        table.unwrap_or_default(),
                    );
                    Self::Duplicate { column }
                }
                SqlState::FOREIGN_KEY_VIOLATION => Self::MissingParent,
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

/// Whether the server is not reachable any more, or not yet.
pub(crate) fn is_cut_off(error: &tokio_postgres::Error) -> bool {
    let cause = std::error::Error::source(error);
    error.is_closed() || cause.is_some_and(|cause| cause.is::<io::Error>())
}

fn of_kind(kind: Kind, error: DbErr) -> Error {
    match kind {
        Kind::Busy => Error::Busy,
        Kind::Collision => Error::Collision(error),
        Kind::Full => Error::Full(error),
        Kind::Unavailable => Error::Unavailable(error),
        Kind::Forbidden => Error::Forbidden(error),
        Kind::Locked => Error::Locked(error),
        Kind::Damaged => {
            damage::note(true);
            Error::Damaged(error)
        }
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

/// Whether the disk of a database is full.
pub fn is_full(error: &DbErr) -> bool {
    match sqlx_error(error) {
        Some(sqlx::Error::Database(cause)) => kind(cause.code().as_deref()) == Kind::Full,
        _ => false,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Busy,
    Collision,
    Locked,
    Full,
    Unavailable,
    Forbidden,
    Damaged,
    Other,
}

/// Sorts SQLite's extended result codes (numbers) and PostgreSQL's SQLSTATEs (five characters).
fn kind(code: Option<&str>) -> Kind {
    let code = code.unwrap_or_default();
    if let (true, [class_1, class_2, ..]) = (code.len() == 5, code.as_bytes()) {
        return match (code, [*class_1, *class_2]) {
            // serialization_failure, deadlock_detected
            ("40001" | "40P01", _) => Kind::Collision,
            // lock_not_available
            ("55P03", _) => Kind::Locked,
            // insufficient_privilege
            ("42501", _) => Kind::Forbidden,
            ("53100", _) => Kind::Full,
            // read_only_sql_transaction, idle_in_transaction_session_timeout, transaction_timeout
            ("25006" | "25P03" | "25P04", _) => Kind::Unavailable,
            // Connections, resources, operator intervention (also statement timeouts), system errors.
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
        // SQLITE_CORRUPT, SQLITE_NOTADB and their families
        Ok((_, 11 | 26)) => Kind::Damaged,
        _ => Kind::Other,
    }
}

/// The columns in SQLite's message, as in `UNIQUE constraint failed: films.code` or `…: seats.row, seats.number`.
fn column_of_message(message: &str) -> String {
    let columns = message.rsplit_once("failed: ").map_or(message, |(_, columns)| columns);
    let names =
        columns.split(", ").map(|name| name.rsplit_once('.').map_or(name, |(_, name)| name));
    names.collect::<Vec<_>>().join(", ")
}

/// The column in the name of a constraint, where it has the name that PostgreSQL gives it, as in `films_code_key`: a message is
/// in the language of the server. Otherwise the name of the constraint.
fn column_of_constraint(constraint: &str, table: &str) -> String {
    let name = constraint.strip_prefix(table).and_then(|rest| rest.strip_prefix('_'));
    let name = name.unwrap_or(constraint);
    name.strip_suffix("_key").unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_column_of_a_broken_unique_constraint_is_found_on_both_databases() {
        for (message, column) in [
            ("UNIQUE constraint failed: films.code", "code"),
            ("UNIQUE constraint failed: old_films.country_code", "country_code"),
            ("UNIQUE constraint failed: seats.row, seats.number", "row, number"),
        ] {
            assert_eq!(column_of_message(message), column);
        }
        for (constraint, table, column) in [
            ("films_code_key", "films", "code"),
            ("old_films_country_code_key", "old_films", "country_code"),
            ("old_films_pkey", "old_films", "pkey"),
            ("one code each", "films", "one code each"),
        ] {
            assert_eq!(column_of_constraint(constraint, table), column);
        }
    }

    #[test]
    fn codes_of_both_databases_are_sorted() {
        for (code, expected) in [
            ("40001", Kind::Collision),
            ("40P01", Kind::Collision),
            ("55P03", Kind::Locked),
            ("42501", Kind::Forbidden),
            ("25006", Kind::Unavailable),
            ("53100", Kind::Full),
            ("57014", Kind::Unavailable),
            ("22008", Kind::Other),
            // SQLITE_CORRUPT, SQLITE_CORRUPT_INDEX, SQLITE_CORRUPT_VTAB, SQLITE_NOTADB
            ("11", Kind::Damaged),
            ("779", Kind::Damaged),
            ("267", Kind::Damaged),
            ("26", Kind::Damaged),
            ("5", Kind::Busy),
            ("517", Kind::Collision),
            ("13", Kind::Full),
            ("4874", Kind::Full),
            ("8", Kind::Unavailable),
            ("1", Kind::Other),
        ] {
            assert_eq!(kind(Some(code)), expected, "{code}");
        }
    }
}
