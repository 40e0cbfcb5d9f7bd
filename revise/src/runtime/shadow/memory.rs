//! A shadow of SQLite: a database in memory.

use std::sync::Arc;

use sea_orm::{
    Database, DatabaseConnection, DatabaseExecutor, DatabaseTransaction, TransactionTrait,
};

use super::{
    driver::Driver,
    guard::{Ears, Guard},
    statements::{StatementLog, listen, observer},
};
use crate::{
    error::{Error, Result},
    runtime::{driver::memory, execute::execute, tape::Tape},
};

/// A database in memory, which is its one connection.
pub(super) struct Memory {
    db: DatabaseConnection,
    written_down: Option<WrittenDown>,
}

/// What a script is written down through.
struct WrittenDown {
    transaction: Arc<DatabaseTransaction>,
    guard: Arc<Guard>,
    connection: DatabaseConnection,
}

impl Memory {
    /// An empty one.
    ///
    /// # Errors
    /// When SQLite has no memory for it.
    pub async fn open(log: &StatementLog, tape: Option<&Arc<Tape>>) -> Result<Self> {
        let cannot = || Error::database("cannot open a database in memory");
        let mut db = Database::connect(memory()).await.map_err(cannot())?;
        let Some(tape) = tape else {
            listen(&mut db, log);
            return Ok(Self { db, written_down: None });
        };
        // The thread of the driver and this one share the connection, so nobody gives it back in between.
        #[expect(clippy::disallowed_methods, reason = "it only keeps the connection")]
        let transaction = Arc::new(db.begin().await.map_err(cannot())?);
        // Without a transaction migrations find what they find without a script: pragmas work.
        execute(transaction.as_ref(), "COMMIT").await.map_err(cannot())?;
        let driver = Arc::new(Driver::start().map_err(cannot())?);
        let ears = Ears { observer: observer(log), tape: Some(Arc::clone(tape)) };
        let guard = Arc::new(Guard::new((&transaction, &driver), None, ears));
        let connection = guard.connection();
        Ok(Self { db, written_down: Some(WrittenDown { transaction, guard, connection }) })
    }

    /// What the engine's own statements run on.
    pub fn executor(&self) -> DatabaseExecutor<'_> {
        match &self.written_down {
            Some(written_down) => DatabaseExecutor::Transaction(&written_down.transaction),
            None => DatabaseExecutor::Connection(&self.db),
        }
    }

    /// What migrations run on.
    pub fn connection(&self) -> &DatabaseConnection {
        self.written_down.as_ref().map_or(&self.db, |written_down| &written_down.connection)
    }

    pub fn guard(&self) -> Option<&Arc<Guard>> {
        self.written_down.as_ref().map(|written_down| &written_down.guard)
    }

    /// Leaves no trace.
    pub async fn close(self) {
        drop(self.written_down);
        drop(self.db.close().await);
    }
}
