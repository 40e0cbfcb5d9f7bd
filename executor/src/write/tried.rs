//! How a job ends that is only tried: as one that refuses, so that its transaction is rolled back.

use std::fmt;

use crate::error::{Error, JobError};

/// The end of a job that is only tried.
pub(crate) enum Tried<T, E> {
    /// It did all of its work.
    Done(T),
    /// It refused, or the database failed.
    Refused(E),
}

impl<T, E: fmt::Display> fmt::Display for Tried<T, E> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(_) => to.write_str("a dry run is done"),
            Self::Refused(error) => error.fmt(to),
        }
    }
}

impl<T, E: fmt::Display> fmt::Debug for Tried<T, E> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, to)
    }
}

impl<T, E: JobError> std::error::Error for Tried<T, E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Done(_) => None,
            Self::Refused(error) => error.source(),
        }
    }
}

impl<T, E: JobError> From<Error> for Tried<T, E> {
    fn from(error: Error) -> Self {
        Self::Refused(error.into())
    }
}

impl<T: Send + 'static, E: JobError> JobError for Tried<T, E> {
    fn database(&self) -> Option<&Error> {
        match self {
            Self::Done(_) => None,
            Self::Refused(error) => error.database(),
        }
    }
}
