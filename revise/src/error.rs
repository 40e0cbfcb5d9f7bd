//! What can go wrong, and which exit code says so.

mod code;

use std::io::ErrorKind;

use sea_orm::{DbErr, RuntimeErr, sqlx};

use crate::schema::TableName;
pub(crate) use code::{
    is_held_file, is_lock_timeout, is_missing, is_not_ready, is_permission_denied,
    is_read_only_file, is_standby, is_there_already, restate,
};

/// Why operations cannot be turned into statements.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// A table that is not there.
    #[error("table `{0}` does not exist")]
    NoTable(TableName),
    /// A table that is there already.
    #[error("table `{0}` exists already")]
    TableExists(TableName),
    /// A column, constraint or index that is not there.
    #[error("table `{table}` has no {what}")]
    NoPart {
        /// The table.
        table: TableName,
        /// Such as ``column `isbn` ``.
        what: String,
    },
    /// A column, constraint or index that is there already.
    #[error("table `{table}` has {what} already")]
    PartExists {
        /// The table.
        table: TableName,
        /// Such as ``column `isbn` ``.
        what: String,
    },
    /// An enum type that is not there, or is there already, or a value of one.
    #[error("{0}")]
    Enum(String),
    /// What the database cannot do.
    #[error("{0}")]
    Unsupported(String),
}

impl From<PlanError> for DbErr {
    fn from(error: PlanError) -> Self {
        Self::Migration(error.to_string())
    }
}

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database answered with an error, or not at all.
    #[error("{what}: {}", explain(.source))]
    Database {
        /// What was tried.
        what: String,
        /// The error of the database.
        source: DbErr,
    },
    /// A plan that does not fit the schema.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A file that cannot be read or written.
    #[error("{what}: {source}{}", way_out(.source))]
    File {
        /// What was tried, with the path.
        what: String,
        /// The error of the system.
        source: std::io::Error,
    },
    /// Anything else that stops the work.
    #[error("{0}")]
    Stopped(String),
    /// Arguments that make no sense here.
    #[error("{0}")]
    Usage(String),
    /// A person has to decide, and there is no terminal to ask on.
    #[error("{0}")]
    NeedsAnswer(String),
    /// There is work that was not done: migrations to apply, or to write.
    #[error("{0}")]
    Pending(String),
    /// Two schemas differ.
    #[error("{0}")]
    Differs(String),
    /// Something dangerous was found.
    #[error("{0}")]
    Lint(String),
    /// Another process holds the database.
    #[error("{0}")]
    Locked(String),
    /// The applied migrations are not the ones that are here.
    #[error("{0}")]
    History(String),
    /// A migration failed.
    #[error("{0}")]
    Failed(String),
}

impl From<Error> for DbErr {
    fn from(error: Error) -> Self {
        match error {
            // Without the resolution, which is appended where the error ends.
            Error::Database { what, source } => {
                code::restate(&source, format!("{what}: {}", clear(&source)))
            }
            other => Self::Custom(other.to_string()),
        }
    }
}

impl Error {
    /// The exit code of the command.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Database { .. } | Self::Plan(_) | Self::File { .. } | Self::Stopped(_) => 1,
            Self::Usage(_) => 2,
            Self::NeedsAnswer(_) => 3,
            Self::Pending(_) => 4,
            Self::Differs(_) => 5,
            Self::Lint(_) => 6,
            Self::Locked(_) => 7,
            Self::History(_) => 8,
            Self::Failed(_) => 9,
        }
    }

    /// Turns a database's error into one that says what was tried.
    pub(crate) fn database(what: impl Into<String>) -> impl FnOnce(DbErr) -> Self {
        move |source| {
            let what = what.into();
            if is_held_file(&source) {
                return Self::Locked(format!(
                    "{what}: another program holds the file; close it, and try again"
                ));
            }
            Self::Database { what, source }
        }
    }

    /// Turns a system's error into one that says what was tried.
    pub(crate) fn file(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::File { what: what.into(), source }
    }
}

/// What can be done about a file system that takes nothing.
fn way_out(error: &std::io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "; the disk is full: free some space",
        ErrorKind::ReadOnlyFilesystem => "; the file system is read-only: remount it for writing",
        _ => "",
    }
}

/// The database's own message, without the prefixes of the layers above it.
#[must_use]
pub fn clear(error: &DbErr) -> String {
    let runtime = match error {
        DbErr::Migration(message) | DbErr::Custom(message) => return message.clone(),
        DbErr::Conn(error) | DbErr::Exec(error) | DbErr::Query(error) => error,
        other => return other.to_string(),
    };
    let RuntimeErr::SqlxError(error) = runtime else { return runtime.to_string() };
    let sqlx::Error::Database(database) = &**error else { return error.to_string() };
    #[cfg(feature = "postgres")]
    if let Some(postgres) = database.try_downcast_ref::<sqlx::postgres::PgDatabaseError>()
        && let Some(detail) = postgres.detail()
    {
        return format!("{}: {detail}", database.message());
    }
    database.message().to_owned()
}

/// The same, with the resolution where the code has one.
pub(crate) fn explain(error: &DbErr) -> String {
    let text = clear(error);
    match code::resolution(error) {
        None => text,
        Some(resolution) => format!("{text}\n{resolution}"),
    }
}

/// What the functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;
