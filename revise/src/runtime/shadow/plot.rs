//! A transaction of PostgreSQL that is a shadow: where names are found in it, and what is done where a history and what was prepared
//! for it meet.

use std::sync::Arc;

use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr};

use super::{ground::refused, guard::Guard, scratch::Prepared};
use crate::{
    error::{Result, clear, is_missing, is_there_already, restate},
    postgres::{self, SchemaScope},
    runtime::execute::{execute, search_path},
    schema::Schema,
};

/// A transaction that is a shadow.
pub(super) struct Plot {
    pub transaction: Arc<DatabaseTransaction>,
    pub scope: SchemaScope,
    /// Where migrations find names.
    pub path: Vec<String>,
    /// Where definitions are printed as if they had no schema, as those of the real database are.
    pub reading: Vec<String>,
    /// What statements of migrations go through inside of the database itself.
    pub guard: Option<(Arc<Guard>, DatabaseConnection)>,
    /// What was there before the history began.
    pub prepared: Vec<Prepared>,
    /// What may help where a history fails here and not in the real database.
    pub help: String,
}

impl Plot {
    /// Before a migration: whatever one before it has set, names are found as in a new session.
    pub async fn enter(&self) -> Result<(), DbErr> {
        self.look_in(&self.path).await?;
        match self.prepared.is_empty() {
            true => Ok(()),
            false => self.run("SAVEPOINT sea_revise_migration").await,
        }
    }

    /// After it.
    pub async fn leave(&self, done: Result<(), DbErr>) -> Result<(), DbErr> {
        match done {
            Ok(()) if self.prepared.is_empty() => Ok(()),
            Ok(()) => self.run("RELEASE SAVEPOINT sea_revise_migration").await,
            Err(error)
                if !self.help.is_empty() && (is_missing(&error) || is_there_already(&error)) =>
            {
                Err(restate(&error, format!("{}\n{}", clear(&error), self.help)))
            }
            Err(error) => Err(error),
        }
    }

    /// Whether a migration failed because it creates a schema or an extension that was prepared, and can be run again without that.
    pub async fn makes_room(&self, error: &DbErr) -> Result<bool, DbErr> {
        if !is_there_already(error) {
            return Ok(false);
        }
        let text = clear(error);
        let words = text.lines().next().unwrap_or_default();
        let part = |next: char| next.is_alphanumeric() || matches!(next, '_' | '-');
        let named =
            |one: &&Prepared| words.split(|next| !part(next)).any(|word| word == one.name());
        let named: Vec<&Prepared> = self.prepared.iter().filter(named).collect();
        if named.is_empty() {
            return Ok(false);
        }
        self.run("ROLLBACK TO SAVEPOINT sea_revise_migration").await?;
        self.run("RELEASE SAVEPOINT sea_revise_migration").await?;
        let mut made = false;
        for one in named {
            self.run("SAVEPOINT sea_revise_prepared").await?;
            // Where it is gone, the history makes it twice.
            match self.run(&one.drop_sql()).await {
                Ok(()) => made = true,
                Err(_) => self.run("ROLLBACK TO SAVEPOINT sea_revise_prepared").await?,
            }
            self.run("RELEASE SAVEPOINT sea_revise_prepared").await?;
        }
        if made {
            self.enter().await?;
        }
        Ok(made)
    }

    /// Refuses a migration of which a statement was refused, also where it has passed over the error.
    ///
    /// # Errors
    /// [`Error::Stopped`](crate::error::Error::Stopped) with the statement.
    pub fn expect_contained(&self, migration: &str) -> Result<()> {
        match self.guard.as_ref().and_then(|(guard, _)| guard.refusal()) {
            Some(refusal) => Err(refused(&format!("`{migration}`"), &refusal, &self.help)),
            None => Ok(()),
        }
    }

    /// Refuses SQL of somebody that could reach tables of the database that this is inside of.
    ///
    /// # Errors
    /// [`Error::Stopped`](crate::error::Error::Stopped) with the statement.
    pub fn expect_inside(&self, who: &str, sql: &str) -> Result<()> {
        let Some((guard, _)) = &self.guard else { return Ok(()) };
        guard.expect_inside(sql).map_err(|refusal| refused(who, &clear(&refusal), &self.help))
    }

    /// Sets where names are found.
    pub async fn look_in(&self, schemas: &[String]) -> Result<(), DbErr> {
        self.run(&search_path(schemas)).await
    }

    /// Whether the schema is read under the names under which operations of one schema are carried out.
    pub fn reads_as_it_runs(&self) -> bool {
        self.scope.others.is_empty() && self.path == self.reading
    }

    /// Reads the schema, and with `whole` what the model does not take apart.
    pub async fn read(&self, whole: bool) -> Result<Schema, DbErr> {
        self.look_in(&self.reading).await?;
        match whole {
            true => postgres::read_whole(self.transaction.as_ref(), &self.scope).await,
            false => postgres::read(self.transaction.as_ref(), &self.scope).await,
        }
    }

    async fn run(&self, sql: &str) -> Result<(), DbErr> {
        execute(self.transaction.as_ref(), sql).await
    }

    /// Leaves no trace.
    pub async fn close(self) {
        drop(self.guard);
        // A connection that fails here is rolled back by the server, and one that a migration has kept when that goes.
        if let Some(transaction) = Arc::into_inner(self.transaction) {
            drop(transaction.rollback().await);
        }
    }
}
