//! How migrations are applied, and what is said meanwhile.

use std::{path::PathBuf, sync::Arc, time::Duration};

use super::choose::Direction;
use crate::{
    runtime::{backup::Backup, target::Target},
    schema::TableName,
};

/// How migrations are applied.
#[derive(Clone)]
pub struct UpgradeOptions {
    /// How far: `head`, `base`, `+2`, `-1`, or a revision or a prefix of one.
    pub target: String,
    /// How long a statement waits for a lock on a table; after that the migration is rolled back and tried again.
    pub lock_timeout: Duration,
    /// How often a migration is tried that does not get its locks.
    pub attempts: u32,
    /// How long to wait for another process that changes the schema.
    pub wait: Duration,
    /// When a SQLite file is copied first.
    pub backup: Backup,
    /// What is one transaction.
    pub transactions: Transactions,
    /// Go on where rows or values are lost.
    pub allow_data_loss: bool,
    /// Apply migrations that are older than the newest applied one.
    pub out_of_order: bool,
    /// Apply though applied migrations are not what they were.
    pub ignore_edits: bool,
    /// Where shadows are made instead of in the database itself (PostgreSQL).
    pub shadow: Option<Target>,
    /// Receives the events.
    pub report: Report,
    /// Asks before rows or values are lost; `None` without a terminal.
    pub confirm: Option<Confirm>,
}

/// What is one transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Transactions {
    /// Each migration with its record.
    #[default]
    Each,
    /// All of them together: when one fails, nothing is done.
    All,
}

/// Receives the events of an upgrade.
pub type Report = Arc<dyn Fn(&Event) + Send + Sync>;

/// Asks a question, and answers yes or no.
pub type Confirm = Arc<dyn Fn(&str) -> bool + Send + Sync>;

impl UpgradeOptions {
    /// Says that a lock was not to be had, and waits before the next attempt.
    pub(crate) async fn wait_again(&self, revision: &str, attempts: &mut u32) {
        let (revision, tried) = (revision.to_owned(), *attempts);
        (self.report)(&Event::Retrying { revision, attempts: tried });
        tokio::time::sleep(Duration::from_millis(200) * tried.min(10)).await;
        *attempts += 1;
    }
}

impl Default for UpgradeOptions {
    fn default() -> Self {
        Self {
            target: "head".to_owned(),
            lock_timeout: Duration::from_secs(5),
            attempts: 10,
            wait: Duration::from_secs(600),
            backup: Backup::WhenLosing,
            transactions: Transactions::Each,
            allow_data_loss: false,
            out_of_order: false,
            ignore_edits: false,
            shadow: None,
            report: Arc::new(|_| {}),
            confirm: None,
        }
    }
}

/// What happens during an upgrade.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Another process changes the schema; this is what is known about it.
    Waiting(String),
    /// The file was copied to this place.
    BackedUp(PathBuf),
    /// A migration begins.
    Begun {
        /// Its name.
        revision: String,
        /// Up or down.
        direction: Direction,
    },
    /// A statement runs.
    Statement(String),
    /// A migration did not get its locks, and is tried again.
    Retrying {
        /// Its name.
        revision: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// A migration is done.
    Done {
        /// Its name.
        revision: String,
        /// Up or down.
        direction: Direction,
        /// How long it took.
        duration: Duration,
    },
    /// Rows were changed in batches.
    Filled {
        /// The migration that asked for it.
        revision: String,
        /// The table.
        table: TableName,
        /// How many rows were changed so far.
        changed: i64,
        /// Whether these are all.
        done: bool,
    },
    /// A seed ran.
    Seeded {
        /// Its name.
        seed: String,
        /// How long it took.
        duration: Duration,
    },
    /// Something that does not stop the work.
    Warning(String),
}
