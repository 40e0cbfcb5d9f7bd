//! What a change of a row is checked against: the version that it is based on, and the members that a client may send back as it
//! read them, but not change.
//!
//! So `GET`, edit, `PUT` works with the whole object.

use chrono::{DateTime, Utc};

use crate::error::{Error, FieldError, Result};

/// The stored values of the members that only the server sets.
pub struct RowVersion {
    /// The id.
    pub id: i32,
    /// Raised by each change.
    pub version: i32,
    /// When the row was added.
    pub created_at: DateTime<Utc>,
    /// When the last change was.
    pub updated_at: DateTime<Utc>,
}

/// The values of these members that a client sent.
pub struct ReadOnlyFields {
    /// The id.
    pub id: Option<i32>,
    /// Raised by each change.
    pub version: Option<i32>,
    /// When the row was added.
    pub created_at: Option<DateTime<Utc>>,
    /// When the last change was.
    pub updated_at: Option<DateTime<Utc>>,
}

impl ReadOnlyFields {
    /// Passes when nothing differs from the stored row of kind `what`.
    ///
    /// # Errors
    /// [`Error::Stale`] for another version, [`Error::Invalid`] for any other difference.
    pub fn check(&self, what: &'static str, stored: &RowVersion) -> Result<()> {
        if let Some(given) = self.version
            && given != stored.version
        {
            let given = format!("version {given}");
            return Err(Error::Stale { what, given, id: stored.id, current: stored.version });
        }
        let mut broken = Vec::new();
        let mut differs = |field: &str, given: String, stored: String| {
            let detail =
                format!("{field} `{given}` cannot be changed, it is `{stored}`; leave it out");
            broken.push(FieldError::new(field, "read-only", detail));
        };
        if let Some(id) = self.id.filter(|id| *id != stored.id) {
            differs("id", id.to_string(), stored.id.to_string());
        }
        for (field, given, stored) in [
            ("created_at", self.created_at, stored.created_at),
            ("updated_at", self.updated_at, stored.updated_at),
        ] {
            if let Some(given) = given.filter(|given| *given != stored) {
                differs(field, given.to_rfc3339(), stored.to_rfc3339());
            }
        }
        if broken.is_empty() { Ok(()) } else { Err(Error::Invalid(broken.into())) }
    }

    /// Passes when nothing was sent, since no row is like the others.
    ///
    /// # Errors
    /// [`Error::Invalid`] otherwise.
    pub fn expect_nothing(&self) -> Result<()> {
        let given = [
            ("id", self.id.is_some()),
            ("version", self.version.is_some()),
            ("created_at", self.created_at.is_some()),
            ("updated_at", self.updated_at.is_some()),
        ];
        let broken: Vec<FieldError> = given
            .into_iter()
            .filter(|(_, given)| *given)
            .map(|(field, _)| {
                let detail = format!("{field} is of one row; leave it out of a change of many");
                FieldError::new(field, "read-only", detail)
            })
            .collect();
        if broken.is_empty() { Ok(()) } else { Err(Error::Invalid(broken.into())) }
    }
}

/// The versions of a row that a change may be based on, as `If-Match` and `If-None-Match` say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Precondition {
    /// Whatever is stored.
    #[default]
    Any,
    /// One of these rows at this version: id and version. None, when what the client has seen is no version of any row.
    OneOf(Vec<(i32, i32)>),
    /// There is no row yet.
    Absent,
}

impl Precondition {
    /// Whether the row does not matter.
    pub fn is_any(&self) -> bool {
        *self == Self::Any
    }

    /// Passes when the stored row of kind `what` is at one of the versions.
    ///
    /// # Errors
    /// [`Error::Stale`] otherwise.
    pub fn check(&self, what: &'static str, stored: &RowVersion) -> Result<()> {
        let stale = |given: &str| Error::Stale {
            what,
            given: given.to_owned(),
            id: stored.id,
            current: stored.version,
        };
        match self {
            Self::Any => Ok(()),
            Self::OneOf(seen) if seen.contains(&(stored.id, stored.version)) => Ok(()),
            Self::OneOf(_) => Err(stale("the version that was named")),
            Self::Absent => Err(stale("what was expected to be absent")),
        }
    }
}
