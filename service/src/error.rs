//! Errors of the layers below the API, in terms that know neither HTTP nor SQL.

pub use sea_executor::chain;
use sea_executor::{Error as DatabaseError, JobError};

pub use crate::duplicate::Duplicate;
use sea_list_query::{self as query, Unconfirmed};
pub use sea_list_query::{FieldError, FieldErrors};
use sea_orm::DbErr;

/// The result of a service function.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Members of the input are invalid; nothing was stored.
    #[error("{0}")]
    Invalid(FieldErrors),
    /// A value that has to be unique already exists.
    #[error(transparent)]
    Duplicate(Box<Duplicate>),
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
    #[error(transparent)]
    Unconfirmed(Unconfirmed),
    /// The Idempotency-Key was used with a different request.
    #[error(
        "the key `{key}` was used for another request within the last day; repeat that one as it was, or choose a new key"
    )]
    KeyReused {
        /// The key.
        key: String,
    },
    /// The database, or a defect in this program.
    #[error(transparent)]
    Database(DatabaseError),
}

impl Error {
    /// Whether the request itself or the stored data is the reason for the refusal, and not the database: nothing of the request
    /// was stored, and repeating it would fail again.
    pub(crate) fn is_refusal(&self) -> bool {
        self.database().is_none()
    }

    /// One member is invalid.
    pub fn invalid(field: &str, code: &'static str, detail: impl Into<String>) -> Self {
        query::Error::invalid(field, code, detail).into()
    }

    /// A parameter of the request is invalid.
    pub fn parameter(name: &str, detail: impl Into<String>) -> Self {
        query::Error::parameter(name, detail).into()
    }

    /// A parameter that may appear only once was repeated.
    pub fn twice(name: &str) -> Self {
        query::Error::twice(name).into()
    }

    /// A stored row could not be serialized as JSON; every stored value has a JSON form.
    pub fn no_json(error: serde_json::Error) -> Self {
        Self::internal(format!("a row cannot be written as JSON: {error}"))
    }

    /// Two transactions collided, which the database did not report: the whole job is run again.
    pub(crate) fn collision(what: &str) -> Self {
        Self::Database(DatabaseError::collision(what))
    }

    /// A defect, with a description.
    pub fn internal(what: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Database(DatabaseError::internal(what))
    }

    /// The same for one element of a list of inputs.
    #[must_use]
    pub fn of_element(self, place: usize) -> Self {
        match self {
            Self::Invalid(errors) => Self::Invalid(errors.of_element(place)),
            Self::Duplicate(duplicate) => {
                Self::Duplicate(Box::new(Duplicate { element: Some(place), ..*duplicate }))
            }
            other => other,
        }
    }
}

impl JobError for Error {
    fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) => Some(error),
            _ => None,
        }
    }
}

impl From<query::Error> for Error {
    fn from(error: query::Error) -> Self {
        match error {
            query::Error::Invalid(errors) => Self::Invalid(errors),
            query::Error::Unconfirmed(error) => Self::Unconfirmed(error),
            query::Error::Database(error) => error.into(),
        }
    }
}

impl From<DatabaseError> for Error {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Duplicate { column } => Duplicate::of_column(column),
            DatabaseError::MissingParent => {
                let detail = "a row that this one points at does not exist any more; read it again";
                Self::invalid("", "missing-parent", detail)
            }
            error => Self::Database(error),
        }
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        DatabaseError::from(error).into()
    }
}
