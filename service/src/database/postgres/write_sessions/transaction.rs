//! A transaction on one of the connections.

use std::{mem, pin::pin, sync::Arc};

use futures_util::{TryStreamExt, future::join};
use sea_orm::{
    DbBackend, DbErr, QueryTrait, RuntimeErr, Select, Statement, StatementBuilder, Value,
};
use tokio_postgres::{Row, RowStream, error::SqlState, types::Type};

use super::{Session, Shared, State};
use crate::{
    database::{
        insertion::Insertion,
        postgres::value::parameters,
        row::Decode,
        rows::{Insertable, ModelOf, change, insertion, misfit},
    },
    error::{Error, Result, chain},
};

type Answer<T> = std::result::Result<T, tokio_postgres::Error>;

/// A transaction, or a savepoint in one. If it is dropped before its end, the connection is closed.
pub struct Transaction {
    shared: Arc<Shared>,
    session: Arc<Session>,
    /// Savepoints around it.
    depth: usize,
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
    pub(super) fn on(session: Session, shared: Arc<Shared>) -> Self {
        Self { shared, session: Arc::new(session), depth: 0 }
    }

    pub async fn savepoint(&self) -> Result<Self> {
        let depth = self.depth + 1;
        self.run(&format!("SAVEPOINT job_{depth}")).await?;
        self.session.state().savepoints = depth;
        let (shared, session) = (Arc::clone(&self.shared), Arc::clone(&self.session));
        Ok(Self { shared, session, depth })
    }

    /// The error, and whether the server itself refused, so that nothing was stored.
    pub async fn commit(self) -> std::result::Result<(), (Error, bool)> {
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
        self.end(["COMMIT", "RELEASE"]).await.map_err(|error| {
            let is_answered = error.as_db_error().is_some();
            (error.into(), is_answered)
        })
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
        let Self { shared, session, depth } = self;
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
                session.state().end(0);
                if let Some(session) = Arc::into_inner(session) {
                    shared.keep(session);
                }
            }
        }
        Ok(())
    }

    /// Runs a statement that controls the transaction and touches no rows.
    pub async fn run(&self, sql: &str) -> Result<()> {
        Ok(self.send(self.session.client.batch_execute(sql)).await?)
    }

    pub async fn rows<E>(&self, select: Select<E>) -> Result<Vec<E::Model>>
    where
        E: Decode,
    {
        self.built::<E>(select.build(DbBackend::Postgres)).await
    }

    pub async fn integers(&self, statement: Statement) -> Result<Vec<i64>> {
        let (rows, _) = self.ask(&statement.sql, values_of(&statement)).await?;
        let number = |row: &Row| match row.try_get::<_, i64>(0) {
            Ok(number) => Ok(number),
            Err(_) => Ok(i64::from(row.try_get::<_, i32>(0)?)),
        };
        rows.iter().map(number).collect()
    }

    pub async fn insert<A: Insertable>(&self, row: A) -> Result<ModelOf<A>> {
        let backend = DbBackend::Postgres;
        let stored = if let Some((insertion, values)) = Insertion::of(&row, backend) {
            self.models::<A::Entity>(&insertion.sql, &values).await?.pop()
        } else {
            self.built::<A::Entity>(insertion(row, backend)).await?.pop()
        };
        stored.ok_or_else(|| Error::internal("an inserted row was not returned"))
    }

    pub async fn update<A: Insertable>(&self, row: A) -> Result<ModelOf<A>> {
        let stored = self.built::<A::Entity>(change(row, DbBackend::Postgres)?).await?.pop();
        stored.ok_or_else(|| DbErr::RecordNotUpdated.into())
    }

    pub async fn exec<S: StatementBuilder>(&self, statement: &S) -> Result<u64> {
        let statement = DbBackend::Postgres.build(statement);
        let (_, changed) = self.ask(&statement.sql, values_of(&statement)).await?;
        Ok(changed)
    }

    async fn built<E>(&self, statement: Statement) -> Result<Vec<E::Model>>
    where
        E: Decode,
    {
        self.models::<E>(&statement.sql, values_of(&statement)).await
    }

    async fn models<E>(&self, sql: &str, values: &[Value]) -> Result<Vec<E::Model>>
    where
        E: Decode,
    {
        let (rows, _) = self.ask(sql, values).await?;
        let model = |row: &Row| {
            let fits = row.len() == E::COLUMNS.len();
            E::read(row).filter(|_| fits).ok_or_else(misfit::<E>)
        };
        rows.iter().map(model).collect()
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
                // Its tables have changed since it was prepared, or the server has deallocated it.
                let is_stale = matches!(
                    error.code(),
                    Some(&SqlState::FEATURE_NOT_SUPPORTED | &SqlState::INVALID_SQL_STATEMENT_NAME)
                );
                if is_stale && !is_new {
                    let why = RuntimeErr::Internal(chain(&error).to_string());
                    return Err(Error::Collision(DbErr::Exec(why)));
                }
                Err(error.into())
            }
            Err(failure) => Err(failure.into()),
        }
    }

    async fn prepare(&self, sql: &str, types: &[Type]) -> Result<tokio_postgres::Statement> {
        let prepared = self.send(self.session.client.prepare_typed(sql, types)).await?;
        self.session.state().prepared.keep(sql, prepared.clone());
        Ok(prepared)
    }

    /// Sends something to the server, preceded by BEGIN if that is still pending, without waiting for it.
    async fn send<T>(
        &self,
        work: impl Future<Output = Answer<T>>,
    ) -> std::result::Result<T, Failure> {
        let has_begun = mem::replace(&mut self.session.state().has_begun, true);
        let (begun, done) = if has_begun {
            (Ok(()), work.await)
        } else {
            // This polls the first of two futures first.
            join(self.session.client.batch_execute("BEGIN"), work).await
        };
        let outcome = match (begun, done) {
            (Ok(()), Ok(done)) => Ok(done),
            (Err(_), Ok(_)) => Err(Failure::Alone),
            (Ok(()), Err(error)) | (Err(error), Err(_)) => Err(Failure::Server(error)),
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
            self.shared.health.lose();
        }
    }
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
