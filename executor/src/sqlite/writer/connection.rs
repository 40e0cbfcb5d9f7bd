//! The connection of the writer, and what it does when its file is no longer at its path.
//!
//! Committed rows may be in the write-ahead log only. The log belongs to the open file: a file that was moved lacks the rows,
//! and a file put in its place would be corrupted by them at the next start. So the log is checkpointed into the open file at
//! once, and is empty then.

use std::{sync::Arc, time::SystemTime};

use rusqlite::Connection;

use crate::{
    error::{Error, Result, chain},
    settings::Settings,
    sqlite::open_file::OpenFile,
};

/// How often this is retried while readers block it; later another program may use the file under its new name.
const ATTEMPTS: u32 = 10;

/// How far it has got.
#[derive(Default)]
pub(super) struct Loss {
    attempts: u32,
    /// When the log had been moved into the file.
    saved: Option<SystemTime>,
}

/// The connection, and its file.
pub(super) struct WriterConnection {
    pub(super) file: Arc<OpenFile>,
    pub(super) settings: Settings,
    /// None after a failure that the connection may not have survived, until it is needed again.
    pub(super) sqlite: Option<Connection>,
    /// Since when the file is missing at its path.
    pub(super) loss: Option<Loss>,
}

impl WriterConnection {
    /// A full disk and a lock of another process are not the fault of the connection; after any other error a new one is opened.
    pub(super) fn forget_after(&mut self, error: &Error) {
        if !matches!(error, Error::Busy | Error::Full(_)) {
            self.sqlite = None;
        }
    }

    /// Succeeds if the file is at its path, and was not changed while it was missing.
    ///
    /// # Errors
    /// [`Error::FileLost`](crate::Error::FileLost) when it is not.
    pub(super) fn expect_file(&mut self) -> Result<()> {
        match self.file.check() {
            Ok(()) => {
                let Some(loss) = self.loss.take() else {
                    self.file.is_back();
                    return Ok(());
                };
                if let Some(saved) = loss.saved {
                    self.file.expect_unchanged_since(saved).inspect_err(|error| {
                        log::error!("{}", chain(error));
                    })?;
                }
                self.file.is_back();
                log::info!(
                    "the file `{}` is back: changes are accepted again",
                    self.file.database().display()
                );
                Ok(())
            }
            Err(error) => {
                if self.loss.is_none() && !self.file.is_changed() {
                    let database = self.file.database().display();
                    log::error!("{}: `{database}` takes no changes until then", chain(&error));
                }
                self.save();
                Err(error)
            }
        }
    }

    /// Moves the log into the file.
    fn save(&mut self) {
        let loss = self.loss.get_or_insert_default();
        let Some(connection) = &self.sqlite else { return };
        let is_due = loss.saved.is_none() && loss.attempts < ATTEMPTS && !self.file.is_changed();
        if !is_due || !connection.is_autocommit() {
            return;
        }
        loss.attempts += 1;
        // Callers that wait for this thread have waited long enough.
        let busy = connection.busy_timeout(std::time::Duration::ZERO).and_then(|()| {
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0))
        });
        if let Err(error) = connection.busy_timeout(self.settings.busy_timeout) {
            log::warn!("the busy timeout of a connection was not set: {error}");
        }
        match busy {
            Ok(0) => {
                loss.saved = Some(SystemTime::now());
                log::info!("the write-ahead log was moved into the file that is open");
            }
            Ok(_) if loss.attempts < ATTEMPTS => {}
            Ok(_) => log::error!("the write-ahead log was not moved: readers block it"),
            Err(error) => log::error!("the write-ahead log was not moved: {error}"),
        }
    }
}
