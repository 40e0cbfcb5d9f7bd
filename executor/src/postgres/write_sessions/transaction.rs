//! A transaction on one of the connections.

use std::{mem, pin::pin, sync::Arc};

use futures_util::{TryStreamExt, future::join};
use sea_orm::{DbBackend, DbErr, RuntimeErr, Statement, StatementBuilder, Value};
use tokio_postgres::{Client, Row, RowStream, error::SqlState, types::Type};

use super::{
    pool::SessionPool,
    session::{Deferred, Session, State},
};
use crate::{
    error::{Error, Result, chain},
    postgres::{decode::decode, value::parameters},
    row::FromRow,
    rows::Executed,
};

type Answer<T> = std::result::Result<T, tokio_postgres::Error>;

/// A transaction, or a savepoint in one. If it is dropped before its end, the connection is closed.
pub struct Transaction {
    pool: Arc<SessionPool>,
    session: Arc<Session>,
    /// Savepoints around it.
    depth: usize,
}

async fn run_deferred(deferred: &Deferred, client: &Client) -> Answer<()> {
    // Its types were checked when it was deferred.
    let (parameters, _) = parameters(&deferred.values).unwrap_or_default();
    collect(client.query_raw(&deferred.prepared, parameters)).await.map(drop)
}

enum Failure {
    Server(tokio_postgres::Error),
    /// BEGIN was refused and the statement after it was not, which is then committed on its own.
    Alone,
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Server(error) => error.into(),
            Failure::Alone => {
                log::error!("a statement was carried out whose transaction did not begin");
                Self::Unknown
            }
        }
    }
}

impl Transaction {
    /// A transaction that begins with its first statement.
    pub(super) fn on(session: Session, pool: Arc<SessionPool>) -> Self {
        Self { pool, session: Arc::new(session), depth: 0 }
    }

    pub async fn savepoint(&self) -> Result<Self> {
        let depth = self.depth + 1;
        self.run(&format!("SAVEPOINT job_{depth}")).await?;
        self.session.state().savepoints = depth;
        let (pool, session) = (Arc::clone(&self.pool), Arc::clone(&self.session));
        Ok(Self { pool, session, depth })
    }

    /// Whether the deferred statement was accepted; if not, the server has rolled back. Or the error of COMMIT, and whether the
    /// server itself refused it, so that nothing was stored.
    pub async fn commit(self) -> std::result::Result<Result<()>, (Error, bool)> {
        let why_not = match *self.session.state() {
            State { has_failed: true, .. } => Some("a statement of the transaction has failed"),
            State { savepoints, .. } if savepoints > self.depth => {
                Some("a savepoint of the transaction has not ended")
            }
            _ => None,
        };
        if let Some(why_not) = why_not {
            return Err((Error::internal(why_not), true));
        }
        let failed = |error: tokio_postgres::Error| {
            let is_answered = error.as_db_error().is_some();
            (error.into(), is_answered)
        };
        let Some(deferred) = self.session.state().deferred.take() else {
            return self.end(["COMMIT", "RELEASE"]).await.map(Ok).map_err(failed);
        };
        let client = &self.session.client;
        let (last, ended) =
            join(run_deferred(&deferred, client), client.batch_execute("COMMIT")).await;
        ended.map_err(failed)?;
        let last = match last {
            Ok(()) => Ok(()),
            Err(error) if error.as_db_error().is_some() => {
                self.session.state().prepared.forget(&deferred.sql);
                Err(stale(&error).unwrap_or_else(|| error.into()))
            }
            // It was not sent, and the others are stored.
            Err(error) => return Err((error.into(), false)),
        };
        self.give_back();
        Ok(last)
    }

    pub async fn roll_back(self) -> Result<()> {
        // The server does it itself.
        if self.session.state().is_lost {
            return Ok(());
        }
        let undo = format!("ROLLBACK TO job_{depth}; RELEASE", depth = self.depth);
        Ok(self.end(["ROLLBACK", &undo]).await?)
    }

    /// Ends it with the given statement, for a transaction or for a savepoint, and returns the connection if it is in no
    /// transaction any more.
    async fn end(self, [whole, savepoint]: [&str; 2]) -> Answer<()> {
        let Self { session, depth, .. } = &self;
        match depth.checked_sub(1) {
            Some(around) => {
                session.client.batch_execute(&format!("{savepoint} job_{depth}")).await?;
                session.state().end(around);
            }
            None => {
                let has_begun = session.state().has_begun;
                if has_begun {
                    session.client.batch_execute(whole).await?;
                }
                self.give_back();
            }
        }
        Ok(())
    }

    /// Returns the connection, which is in no transaction any more.
    fn give_back(self) {
        self.session.state().end(0);
        if let Some(session) = Arc::into_inner(self.session) {
            self.pool.keep(session);
        }
    }

    /// Runs a statement that controls the transaction and touches no rows.
    pub async fn run(&self, sql: &str) -> Result<()> {
        Ok(self.send(self.session.client.batch_execute(sql)).await?)
    }

    pub async fn query<R: FromRow>(&self, statement: Statement) -> Result<Vec<R::Output>> {
        let (rows, _) = self.ask(&statement.sql, values_of(&statement)).await?;
        decode::<R>(&rows).ok_or_else(R::misfit)
    }

    pub async fn execute(&self, statement: Statement) -> Result<Executed> {
        let (_, changed) = self.ask(&statement.sql, values_of(&statement)).await?;
        Ok(Executed { changed, last_id: 0 })
    }

    /// Runs a statement whose result nobody needs at once: it is sent together with the next one, or with COMMIT, and its error is
    /// returned there.
    pub async fn exec_later<S: StatementBuilder>(&self, statement: &S) -> Result<()> {
        let statement = DbBackend::Postgres.build(statement);
        let types = parameters(values_of(&statement)).map(|(_, types)| types);
        {
            let mut state = self.session.state();
            let prepared = state.prepared.get(&statement.sql).cloned();
            let prepared = prepared.filter(|known| Some(known.params()) == types.as_deref());
            // The error of a statement in a savepoint is needed before the savepoint ends.
            if let Some(prepared) = prepared
                && state.has_begun
                && state.deferred.is_none()
                && self.depth == 0
            {
                let values = statement.values.map_or_else(Vec::new, |values| values.0);
                state.deferred = Some(Deferred { sql: statement.sql, prepared, values });
                return Ok(());
            }
        }
        self.ask(&statement.sql, values_of(&statement)).await.map(drop)
    }

    /// The rows of a statement, and the number of rows it changed.
    async fn ask(&self, sql: &str, values: &[Value]) -> Result<(Vec<Row>, u64)> {
        let (parameters, types) = parameters(values)
            .ok_or_else(|| Error::internal("a value of a type that only the driver binds"))?;
        let client = &self.session.client;
        let known = self.session.state().prepared.get(sql).cloned();
        let known = known.filter(|known| known.params() == types);
        let is_new = known.is_none();
        let prepared = match known {
            Some(known) => known,
            None => self.prepare(sql, &types).await?,
        };
        match self.send(collect(client.query_raw(&prepared, parameters))).await {
            Ok(found) => Ok(found),
            Err(Failure::Server(error)) => {
                self.session.state().prepared.forget(sql);
                Err(stale(&error).filter(|_| !is_new).unwrap_or_else(|| error.into()))
            }
            Err(failure) => Err(failure.into()),
        }
    }

    async fn prepare(&self, sql: &str, types: &[Type]) -> Result<tokio_postgres::Statement> {
        let prepared = self.send(self.session.client.prepare_typed(sql, types)).await?;
        self.session.state().prepared.keep(sql, prepared.clone());
        Ok(prepared)
    }

    /// Sends something to the server, preceded by BEGIN or a deferred statement if one is pending, without waiting for that.
    async fn send<T>(
        &self,
        work: impl Future<Output = Answer<T>>,
    ) -> std::result::Result<T, Failure> {
        let (has_begun, deferred) = {
            let mut state = self.session.state();
            (mem::replace(&mut state.has_begun, true), state.deferred.take())
        };
        let client = &self.session.client;
        // `join` polls the first of two futures first.
        let (before, done) = match &deferred {
            Some(deferred) => join(run_deferred(deferred, client), work).await,
            None if has_begun => (Ok(()), work.await),
            None => join(client.batch_execute("BEGIN"), work).await,
        };
        if let (Err(_), Some(deferred)) = (&before, &deferred) {
            self.session.state().prepared.forget(&deferred.sql);
        }
        let outcome = match (before, done) {
            (Ok(()), Ok(done)) => Ok(done),
            (Err(_), Ok(_)) if !has_begun => Err(Failure::Alone),
            (Ok(()), Err(error)) | (Err(error), _) => Err(Failure::Server(error)),
        };
        if let Err(failure) = &outcome {
            self.note(failure);
        }
        outcome
    }

    fn note(&self, failure: &Failure) {
        let mut state = self.session.state();
        state.has_failed = true;
        let is_lost = match failure {
            Failure::Server(error) => {
                self.session.client.is_closed()
                    || error.is_closed()
                    || error.code() == Some(&SqlState::READ_ONLY_SQL_TRANSACTION)
            }
            Failure::Alone => true,
        };
        if is_lost {
            state.is_lost = true;
            self.pool.health.lose();
        }
    }
}

/// The error of a statement whose tables have changed since it was prepared, or that the server has deallocated.
fn stale(error: &tokio_postgres::Error) -> Option<Error> {
    let is_stale = matches!(
        error.code(),
        Some(&SqlState::FEATURE_NOT_SUPPORTED | &SqlState::INVALID_SQL_STATEMENT_NAME)
    );
    let why = RuntimeErr::Internal(chain(error).to_string());
    is_stale.then(|| Error::Collision(DbErr::Exec(why)))
}

fn values_of(statement: &Statement) -> &[Value] {
    statement.values.as_ref().map_or(&[], |values| &values.0)
}

async fn collect(asked: impl Future<Output = Answer<RowStream>>) -> Answer<(Vec<Row>, u64)> {
    let mut answer = pin!(asked.await?);
    let mut rows = Vec::new();
    while let Some(row) = answer.try_next().await? {
        rows.push(row);
    }
    Ok((rows, answer.rows_affected().unwrap_or_default()))
}
