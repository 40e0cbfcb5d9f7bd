//! What `upgrade` or `downgrade` would do: the migrations with their operations and statements, and a script for `psql` or `sqlite3`
//! with their records. In the script each migration begins with a look at where the database stands, so that one that was run
//! already, or is another database's, stops and does nothing.

mod frame;
mod plan;
mod records;

use sea_orm::DbBackend;
use serde::Serialize;

use self::{
    frame::{Ends, Frame},
    records::Records,
};
use crate::{
    error::{Error, Result},
    operation::Operation,
    runtime::{
        history::History,
        tape::{Entry, asks_for_schema},
        upgrade::{Direction, Transactions},
    },
};

/// What one migration would do.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedMigration {
    /// Its name.
    pub revision: String,
    /// The operations of its plans.
    pub operations: Vec<Operation>,
    /// All statements of the migration itself.
    pub statements: Vec<String>,
    /// Its lines of the script, where that is wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub script: Option<Vec<String>>,
    #[serde(skip)]
    checksum: String,
    /// Whether it is one transaction.
    #[serde(skip)]
    in_transaction: bool,
    #[serde(skip)]
    entries: Vec<Entry>,
}

impl PlannedMigration {
    /// The first question about rows that only the real database has.
    fn asks_for_rows(&self) -> Option<&str> {
        let asks = |entry: &'_ Entry| matches!(entry, Entry::Read(sql) if !asks_for_schema(sql));
        let found = self.entries.iter().find(|entry| asks(entry));
        match found {
            Some(Entry::Read(sql)) => Some(sql),
            _ => None,
        }
    }
}

/// What `upgrade` or `downgrade` would do to a database.
pub struct Preview {
    /// The migrations, in the order in which they are carried out.
    pub migrations: Vec<PlannedMigration>,
    history: History,
    program: String,
    backend: DbBackend,
    direction: Direction,
    /// What is applied before, oldest first.
    applied: Vec<String>,
    /// Whether values may change.
    consent: bool,
    transactions: Transactions,
    /// A change of rows in batches that comes first, in words.
    filling: Option<String>,
}

impl Preview {
    /// The lines of the script; none where there is nothing to do.
    ///
    /// # Errors
    /// [`Error::Stopped`] for a migration whose statements depend on rows that it reads, and while rows of an earlier one are changed in
    /// batches.
    pub fn script(&mut self) -> Result<Vec<String>> {
        self.migrations.iter().try_for_each(|migration| self.expect_printable(migration))?;
        if self.migrations.is_empty() {
            return Ok(Vec::new());
        }
        if let Some(filling) = &self.filling {
            return Err(Error::Stopped(format!(
                "rows are changed in batches first, which no script does ({filling}); run `{} upgrade`, which goes on with them",
                self.program
            )));
        }
        let mut written = Vec::with_capacity(self.migrations.len());
        let mut previous = None;
        let count = self.migrations.len();
        for (place, migration) in self.migrations.iter().enumerate() {
            let records = Records { preview: self, migration, previous };
            let each = self.transactions == Transactions::Each;
            let ends = Ends { begins: each || place == 0, commits: each || place + 1 == count };
            let (first, last) = (records.begun(), records.done());
            written.push(Frame::new(self, migration, ends).written(&first, &last));
            previous = Some(migration.revision.as_str());
        }
        let lines = [self.head(), written.concat(), self.tail()].concat();
        for (migration, lines) in self.migrations.iter_mut().zip(written) {
            migration.script = Some(lines);
        }
        Ok(lines)
    }

    fn expect_printable(&self, migration: &PlannedMigration) -> Result<()> {
        let Some(question) = migration.asks_for_rows() else { return Ok(()) };
        let way = self.direction.verb();
        Err(Error::Stopped(format!(
            "`{}` reads rows (`{}`) and what it does depends on them, so no script can be printed for it; run `{} {way}`, or print \
             those before and after it with `{way} FROM:TO --sql`",
            migration.revision,
            one_line(question),
            self.program
        )))
    }

    fn head(&self) -> Vec<String> {
        let names: Vec<&str> = self.migrations.iter().map(|one| one.revision.as_str()).collect();
        let word = match self.direction {
            Direction::Up => "Applies",
            Direction::Down => "Takes back",
        };
        let (shell, first): (_, &[&str]) = match self.backend {
            DbBackend::Sqlite => ("sqlite3", &[".bail on", "PRAGMA foreign_keys = OFF;"]),
            _ => ("psql", &["\\set ON_ERROR_STOP on"]),
        };
        let mut lines = vec![
            format!("-- {word} {}", one_line(&names.join(", "))),
            format!(
                "-- For `{shell}`; other programs do without the next line, and have to stop at an error."
            ),
        ];
        lines.extend(first.iter().map(|line| (*line).to_owned()));
        lines
    }

    fn tail(&self) -> Vec<String> {
        match self.backend {
            DbBackend::Sqlite => vec!["\nPRAGMA foreign_keys = ON;".to_owned()],
            _ => Vec::new(),
        }
    }
}

/// A text that is safe in a comment of one line.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
