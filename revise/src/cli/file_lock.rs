//! The lock of a SQLite file that other programs of the project use, so that none of them does while its schema changes.

use std::{path::PathBuf, time::Instant};

use super::{Command, arguments::Verb};
use crate::{
    error::{Error, Result},
    project::compare::Side,
    runtime::{
        lock::{FileLock, PAUSE, sibling},
        session,
        target::Target,
    },
};

/// How a command like this one ends its line in the lock's file: it is waited for, others are not.
const CHANGES: &str = "(changes the schema)";

impl Command<'_> {
    /// What has to be held to the end of the verb; nothing for one that changes no file.
    ///
    /// # Errors
    /// [`Error::Locked`] when another program uses the file.
    pub async fn take_file_lock(&self, verb: &Verb) -> Result<Option<FileLock>> {
        let Some(suffix) = &self.revise.users_lock else { return Ok(None) };
        let Some(database) = self.changed_file(verb)? else { return Ok(None) };
        session::expect_place(&database)?;
        session::expect_one_name(&database)?;
        let path = sibling(&database, suffix);
        let words = format!(", {} {CHANGES}", self.revise.program);
        let patience = super::apply::seconds(verb.patience(), "--wait")?;
        let begun = Instant::now();
        let mut reported = false;
        loop {
            let (holder, passes) = match FileLock::attempt(&path, &words)? {
                Ok(lock) => return Ok(Some(lock)),
                Err(line) if line.is_empty() => {
                    ("a process that is just starting".to_owned(), true)
                }
                Err(line) => (line.clone(), line.ends_with(CHANGES)),
            };
            if !passes || begun.elapsed() >= patience {
                return Err(Error::Locked(format!(
                    "`{}` is in use by {holder}; stop that one, or name another file in DATABASE_URL",
                    database.display()
                )));
            }
            if !reported {
                self.console.note(&format!("waiting for {holder}"));
                reported = true;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The SQLite file that a verb changes.
    fn changed_file(&self, verb: &Verb) -> Result<Option<PathBuf>> {
        let target = match verb {
            verb if !verb.changes_database() => return Ok(None),
            Verb::Diff(diff) => match self.revise.side(&diff.from)? {
                Side::Database => self.target()?,
                Side::Url(target) => target,
                Side::Models | Side::Revision(_) | Side::File(_) => return Ok(None),
            },
            _ => self.target()?,
        };
        match target {
            Target::File(path) => Ok(Some(path)),
            // A database in memory has no other program, and on a server the engine's own lock is enough.
            Target::Memory | Target::Postgres(_) => Ok(None),
        }
    }
}

impl Verb {
    /// Whether it changes the database.
    fn changes_database(&self) -> bool {
        match self {
            Self::Upgrade(arguments) => !arguments.preview.is_only_shown(),
            Self::Downgrade(arguments) => !arguments.preview.is_only_shown(),
            Self::Migrate(arguments) => arguments.apply,
            Self::Seed(arguments) => !arguments.plan,
            Self::Revision(arguments) => arguments.migrate.apply,
            Self::Diff(arguments) => arguments.apply,
            Self::Stamp(_)
            | Self::Resolve(_)
            | Self::Up(_)
            | Self::Down(_)
            | Self::Fresh(_)
            | Self::Refresh(_)
            | Self::Reset(_) => true,
            Self::Init(_)
            | Self::Current(_)
            | Self::History(_)
            | Self::Heads
            | Self::Branches
            | Self::Show(_)
            | Self::Edit(_)
            | Self::Merge
            | Self::Squash(_)
            | Self::Check(_)
            | Self::Status
            | Self::Lint(_)
            | Self::Test(_) => false,
        }
    }

    /// How many seconds it waits for another process that changes the schema.
    fn patience(&self) -> f64 {
        match self {
            Self::Upgrade(arguments) => arguments.manner.wait,
            Self::Downgrade(arguments) => arguments.manner.wait,
            Self::Up(arguments) => arguments.manner.wait,
            Self::Down(arguments) => arguments.manner.wait,
            Self::Fresh(arguments) | Self::Refresh(arguments) | Self::Reset(arguments) => {
                arguments.manner.wait
            }
            Self::Stamp(arguments) => arguments.wait,
            Self::Seed(arguments) => arguments.wait,
            Self::Diff(arguments) => arguments.wait,
            _ => 60.0,
        }
    }
}
