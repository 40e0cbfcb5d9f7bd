//! Why the rows of a list were not read, or not changed.

pub use sea_executor::Error as DatabaseError;

use crate::field_errors::{FieldError, FieldErrors};

/// The result of a query.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a query failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Parameters are invalid.
    #[error("{0}")]
    Invalid(FieldErrors),
    /// Nothing was changed.
    #[error(transparent)]
    Unconfirmed(Unconfirmed),
    /// The database did not answer, or refused.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// A change would affect another number of rows than the caller confirmed.
#[derive(Debug, thiserror::Error)]
#[error(
    "confirm is `{confirmed}`, but the number of {what} that match is {found}; nothing was changed: repeat with confirm={found} \
     to confirm"
)]
pub struct Unconfirmed {
    /// What several rows are called.
    pub what: &'static str,
    /// How many the caller expected.
    pub confirmed: u64,
    /// How many there are.
    pub found: u64,
}

impl Error {
    /// One member of a body is invalid.
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
}
