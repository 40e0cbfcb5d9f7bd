//! Differences that somebody has looked at and lives with: a file beside the migrations, which is reviewed as they are.

use std::{fs, io::ErrorKind, path::Path};

use sea_orm::DbBackend;
use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    operation::{Operation, describe::describe},
};

/// The name of the file, in the folder of the migrations.
pub const FILE: &str = "accepted.json";

/// What was accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Accepted {
    entries: Vec<Entry>,
}

/// An operation that is not to be carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// What the operation does, for the reader.
    difference: String,
    /// The kind of database, since both have their own differences.
    database: String,
    /// The operation, by which the difference is found again.
    operation: serde_json::Value,
}

impl Entry {
    fn new(operation: &Operation, backend: DbBackend) -> Self {
        let value = serde_json::to_value(operation).unwrap_or_default();
        Self { difference: describe(operation), database: word(backend), operation: value }
    }

    fn covers(&self, operation: &Operation, backend: DbBackend) -> bool {
        let other = Self::new(operation, backend);
        self.database == other.database && self.operation == other.operation
    }
}

impl Accepted {
    /// Reads the file; without one nothing is accepted.
    ///
    /// # Errors
    /// When it cannot be read, or is not what `check --accept` writes.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            read => read.map_err(Error::file(format!("cannot read `{}`", path.display())))?,
        };
        serde_json::from_str(&text).map_err(|error| {
            Error::Stopped(format!(
                "`{}` is not what `check --accept` writes ({error}); mend it, or remove it and accept again",
                path.display()
            ))
        })
    }

    /// Writes the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let path = folder.join(FILE);
        let text = serde_json::to_string_pretty(self).unwrap_or_default() + "\n";
        fs::write(&path, text).map_err(Error::file(format!("cannot write `{}`", path.display())))
    }

    /// Takes out of a list what is accepted.
    pub(crate) fn take_from(&self, operations: &mut Vec<Operation>, backend: DbBackend) {
        let covered = |operation: &Operation| {
            self.entries.iter().any(|entry| entry.covers(operation, backend))
        };
        operations.retain(|operation| !covered(operation));
    }

    /// What is accepted and no difference any more, in words.
    pub(crate) fn stale(&self, operations: &[Operation], backend: DbBackend) -> Vec<String> {
        let is_stale = |entry: &&Entry| {
            entry.database == word(backend)
                && !operations.iter().any(|operation| entry.covers(operation, backend))
        };
        self.entries.iter().filter(is_stale).map(|entry| entry.difference.clone()).collect()
    }

    /// Accepts these operations on this kind of database, and nothing else there.
    #[must_use]
    pub fn with(&self, operations: &[Operation], backend: DbBackend) -> Self {
        let others = self.entries.iter().filter(|entry| entry.database != word(backend)).cloned();
        let these = operations.iter().map(|operation| Entry::new(operation, backend));
        Self { entries: others.chain(these).collect() }
    }
}

fn word(backend: DbBackend) -> String {
    match backend {
        DbBackend::Sqlite => "sqlite".to_owned(),
        _ => "postgresql".to_owned(),
    }
}
