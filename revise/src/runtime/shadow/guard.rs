//! The connection of a shadow whose statements are looked at before they run: of one that is a schema of the database itself, and of
//! one in which a script is written down.
//!
//! Statements go on to the transaction of the shadow, whose connection is driven by a thread of its own.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseExecutor, DatabaseTransaction, DbBackend, DbErr,
    ExecResult, MockDatabaseTrait, QueryResult, Statement, Transaction,
};

use super::{driver::Driver, reach::Walls};
use crate::runtime::{
    context::Observer,
    recording::seen_by,
    tape::{Entry, Tape, inlined},
};

/// What statements go through.
pub(crate) struct Guard {
    transaction: Arc<DatabaseTransaction>,
    driver: Arc<Driver>,
    /// What must not be reached; `None` where nothing can be.
    walls: Option<Walls>,
    ears: Ears,
    refusal: Mutex<Option<String>>,
}

/// Who hears of statements.
#[derive(Clone)]
pub(super) struct Ears {
    pub observer: Observer,
    /// Where a script is written down.
    pub tape: Option<Arc<Tape>>,
}

impl Ears {
    fn write_down(&self, entry: impl FnOnce() -> Entry) {
        if let Some(tape) = &self.tape {
            tape.add(entry());
        }
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Guard").field("walls", &self.walls).finish_non_exhaustive()
    }
}

impl Guard {
    pub(super) fn new(
        (transaction, driver): (&Arc<DatabaseTransaction>, &Arc<Driver>),
        walls: Option<Walls>,
        ears: Ears,
    ) -> Self {
        let (transaction, driver) = (Arc::clone(transaction), Arc::clone(driver));
        Self { transaction, driver, walls, ears, refusal: Mutex::default() }
    }

    /// The connection that migrations get.
    pub fn connection(self: &Arc<Self>) -> DatabaseConnection {
        seen_by(Gate { guard: Arc::clone(self), depth: 0 })
    }

    /// The transaction itself, for statements that were looked at.
    pub fn executor(&self) -> DatabaseExecutor<'_> {
        DatabaseExecutor::Transaction(&self.transaction)
    }

    /// Refuses SQL that could reach outside of the shadow.
    ///
    /// # Errors
    /// With the reason, which [`Guard::refusal`] answers from then on.
    pub fn expect_inside(&self, sql: &str) -> Result<(), DbErr> {
        match self.walls.as_ref().and_then(|walls| walls.breach(sql)) {
            Some(breach) => Err(self.refuse(&breach, sql)),
            None => Ok(()),
        }
    }

    fn refuse(&self, breach: &str, sql: &str) -> DbErr {
        let refusal = refusal(breach, sql);
        if let Ok(mut first) = self.refusal.lock() {
            first.get_or_insert_with(|| refusal.clone());
        }
        DbErr::Custom(refusal)
    }

    /// Why a statement was refused, also where a migration has passed over the error.
    pub fn refusal(&self) -> Option<String> {
        self.refusal.lock().ok()?.clone()
    }
}

/// What a statement does, with its beginning.
pub(super) fn refusal(breach: &str, sql: &str) -> String {
    let line = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown: String = line.chars().take(120).collect();
    let more = if shown.len() < line.len() { " …" } else { "" };
    format!("{breach} (`{shown}{more}`)")
}

/// What is looked at of a statement: the values of one that changes rows are only values.
pub(super) fn looked_at(statement: &Statement) -> String {
    let first = statement.sql.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
    match first.as_str() {
        "INSERT" | "UPDATE" | "DELETE" => statement.sql.clone(),
        _ => statement.to_string(),
    }
}

#[derive(Debug)]
struct Gate {
    guard: Arc<Guard>,
    depth: usize,
}

impl Gate {
    fn savepoint(&self, words: &str) {
        let transaction = Arc::clone(&self.guard.transaction);
        let sql = format!("{words} sea_revise_nested_{}", self.depth);
        let run = async move { transaction.execute_unprepared(&sql).await };
        // It fails where the transaction has failed, and then every statement after it does.
        drop(self.guard.driver.wait_for(run));
    }
}

impl MockDatabaseTrait for Gate {
    fn execute(&mut self, _: usize, statement: Statement) -> Result<ExecResult, DbErr> {
        self.guard.expect_inside(&looked_at(&statement))?;
        self.guard.ears.write_down(|| Entry::Own(inlined(&statement)));
        let transaction = Arc::clone(&self.guard.transaction);
        if statement.values.is_some() {
            let run = async move { transaction.execute_raw(statement).await };
            return self.guard.driver.wait_for(run);
        }
        // It may hold several statements.
        (self.guard.ears.observer)(&statement.sql);
        let run = async move { transaction.execute_unprepared(&statement.sql).await };
        self.guard.driver.wait_for(run)
    }

    fn query(&mut self, _: usize, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.guard.expect_inside(&looked_at(&statement))?;
        if let Some(tape) = &self.guard.ears.tape {
            tape.add_query(inlined(&statement));
        }
        let transaction = Arc::clone(&self.guard.transaction);
        self.guard.driver.wait_for(async move { transaction.query_all_raw(statement).await })
    }

    fn begin(&mut self) {
        self.depth += 1;
        self.guard.ears.write_down(|| Entry::Begin(self.depth));
        self.savepoint("SAVEPOINT");
    }

    fn commit(&mut self) {
        self.guard.ears.write_down(|| Entry::Commit(self.depth));
        self.savepoint("RELEASE SAVEPOINT");
        self.depth = self.depth.saturating_sub(1);
    }

    fn rollback(&mut self) {
        self.guard.ears.write_down(|| Entry::Rollback(self.depth));
        self.savepoint("ROLLBACK TO SAVEPOINT");
        self.savepoint("RELEASE SAVEPOINT");
        self.depth = self.depth.saturating_sub(1);
    }

    fn drain_transaction_log(&mut self) -> Vec<Transaction> {
        Vec::new()
    }

    fn get_database_backend(&self) -> DbBackend {
        self.guard.transaction.get_database_backend()
    }

    fn ping(&self) -> Result<(), DbErr> {
        Ok(())
    }
}
