//! Errors of the layers below the API, in terms that know neither HTTP nor SQL.
//!
//! [`driver`] converts database errors into them.

mod driver;
mod fields;

use std::fmt;

use sea_orm::DbErr;

pub use driver::is_full;
pub(crate) use driver::{damage, is_cut_off, is_shut_down, sqlx_error};
pub use fields::{FieldError, FieldErrors};

/// The result of a service function.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Members of the input are invalid; nothing was stored.
    #[error("{0}")]
    Invalid(FieldErrors),
    /// A value that has to be unique already exists.
    #[error("{field}{} is taken by another row; change that one or choose another {field}", quoted(.value))]
    Duplicate {
        /// The column.
        field: String,
        /// The value that was to be stored; empty if the database did not report it.
        value: String,
    },
    /// No row has this id, or this value of another unique column.
    #[error("no {what} has the {key} {value}")]
    NotFound {
        /// The noun of the row, as in `book`.
        what: &'static str,
        /// The column, as in `id`.
        key: &'static str,
        /// The requested value.
        value: String,
    },
    /// The row was changed since the caller read it.
    #[error(
        "{given} is out of date: the {what} is at version {current}; read it again and repeat the change"
    )]
    Stale {
        /// The noun of the row, as in `book`.
        what: &'static str,
        /// The version that the caller named, as text.
        given: String,
        /// The row.
        id: i32,
        /// The version that is stored.
        current: i32,
    },
    /// A bulk change would affect another number of rows than the caller confirmed; nothing was changed.
    #[error(
        "confirm is `{confirmed}`, but the number of {what} that match is {found}; nothing was changed: repeat with confirm={found} \
         to confirm"
    )]
    Unconfirmed {
        /// The noun of the rows, as in `books`.
        what: &'static str,
        /// How many the caller expected.
        confirmed: u64,
        /// How many there are.
        found: u64,
    },
    /// The Idempotency-Key was used with a different request.
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
    /// The PostgreSQL role of the server lacks a privilege; nothing was stored.
    #[error(
        "the role of the database has no right to do this; nothing was changed: the operator has to grant it"
    )]
    Forbidden(#[source] DbErr),
    /// Another session holds a row for longer than a statement waits for it; nothing was stored.
    #[error("the database is busy; nothing was changed, try again")]
    Locked(#[source] DbErr),
    /// Two transactions collided; repeating the whole unit of work resolves it.
    #[error("the change collided with another one")]
    Collision(#[source] DbErr),
    /// A defect in this program or in the database file.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// Whether the request itself or the stored data is the reason for the refusal, and not the database: nothing of the request
    /// was stored, and repeating it would fail again.
    pub(crate) fn is_refusal(&self) -> bool {
        match self {
            Self::Invalid(_)
            | Self::Duplicate { .. }
            | Self::NotFound { .. }
            | Self::Stale { .. }
            | Self::KeyReused { .. }
            | Self::Unconfirmed { .. } => true,
            Self::Busy
            | Self::Unavailable(_)
            | Self::Unknown
            | Self::Full(_)
            | Self::FileLost(_)
            | Self::Damaged(_)
            | Self::Forbidden(_)
            | Self::Locked(_)
            | Self::Collision(_)
            | Self::Internal(_) => false,
        }
    }

    /// One member is invalid.
    pub fn invalid(field: &str, code: &'static str, detail: impl Into<String>) -> Self {
        Self::Invalid(FieldError::new(field, code, detail).into())
    }

    /// A parameter of the request is invalid.
    pub fn parameter(name: &str, detail: impl Into<String>) -> Self {
        Self::Invalid(FieldError::parameter(name, "bad-parameter", detail).into())
    }

    /// A parameter that may appear only once was repeated.
    pub fn twice(name: &str) -> Self {
        Self::parameter(name, format!("{name} appears twice; remove one"))
    }

    /// A stored row could not be serialized as JSON; every stored value has a JSON form.
    pub fn no_json(error: serde_json::Error) -> Self {
        Self::internal(format!("a row cannot be written as JSON: {error}"))
    }

    /// A collision that the database did not report as one.
    pub fn collision(what: &str) -> Self {
        Self::Collision(DbErr::Custom(what.to_owned()))
    }

    /// A defect, with a description.
    pub fn internal(what: impl Into<String>) -> Self {
        Self::Internal(what.into().into())
    }

    /// The same for one element of a list of inputs.
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

    /// Fills in the value of a [`Error::Duplicate`], which the database does not report.
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

/// Formats an error with all its causes on one line.
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
