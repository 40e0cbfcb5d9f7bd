//! Why a statement or a transaction failed, the same for both databases.

pub(crate) mod driver;

use std::fmt;

use sea_orm::DbErr;

/// The result of a statement or a transaction.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a statement or a transaction failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A value that has to be unique is stored already; nothing of this statement was stored.
    #[error("another row has the same {column}")]
    Duplicate {
        /// The column, or those of the constraint.
        column: String,
    },
    /// A foreign key refers to no row; nothing of this statement was stored.
    #[error("a row that this one refers to does not exist")]
    MissingParent,
    /// Too much work is waiting, or another process holds the database; nothing was stored.
    #[error("the database is busy; nothing was changed, try again")]
    Busy,
    /// The database cannot be reached or does not accept writes.
    #[error("the database is not available")]
    Unavailable(#[source] DbErr),
    /// The deadline passed while the work was running, and it may still be stored.
    #[error(
        "the work took longer than its deadline and its outcome is unknown; check before you repeat it"
    )]
    Unknown,
    /// The disk is full; nothing was stored.
    #[error("the disk of the database is full; nothing was changed")]
    Full(#[source] DbErr),
    /// A SQLite file is no longer at its path, or was replaced; nothing was stored.
    #[error("{0}; nothing was changed")]
    FileLost(String),
    /// A SQLite file has contents that SQLite did not write.
    #[error(
        "the database file is damaged; nothing was changed: the operator has to restore a backup"
    )]
    Damaged(#[source] DbErr),
    /// The PostgreSQL role lacks a privilege; nothing was stored.
    #[error(
        "the role of the database has no right to do this; nothing was changed: the operator has to grant it"
    )]
    Forbidden(#[source] DbErr),
    /// Another session holds a row for longer than a statement waits for it; nothing was stored.
    #[error("the database is busy; nothing was changed, try again")]
    Locked(#[source] DbErr),
    /// Two transactions collided; repeating the whole job resolves it.
    #[error("the change collided with another one")]
    Collision(#[source] DbErr),
    /// A defect in the program or in the database.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// A defect, with a description.
    pub fn internal(what: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(what.into())
    }

    /// A collision that the database did not report as one.
    pub fn collision(what: &str) -> Self {
        Self::Collision(DbErr::Custom(what.to_owned()))
    }
}

/// The error of a job, which may refuse its work for reasons of its own.
pub trait JobError: From<Error> + std::error::Error + Send + 'static {
    /// The error of the database; `None` when the job refused: then nothing of it is stored, and others in the same
    /// transaction are.
    fn database(&self) -> Option<&Error>;
}

impl JobError for Error {
    fn database(&self) -> Option<&Error> {
        match self {
            // What is stored already is the reason, and repeating the job would fail again.
            Self::Duplicate { .. } | Self::MissingParent => None,
            error => Some(error),
        }
    }
}

/// Formats an error with all its causes on one line.
pub fn chain(error: &dyn std::error::Error) -> impl fmt::Display + use<> {
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
