//! Reading: from a pool of connections, and short reads without it: of a SQLite file on the thread that asks, and of PostgreSQL
//! on connections that they share.

use std::{
    future::{Future, ready},
    pin::Pin,
    sync::Arc,
};

use futures_util::future::Either;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, PrimaryKeyTrait,
    QueryResult, Select, Statement, StatementBuilder, StreamTrait,
    prelude::async_trait::async_trait,
};

use super::{
    inline::Inline,
    pipeline::Pipeline,
    postgres::Trust,
    row::Readable,
    rows::{Rows, ids, numbers},
};
use crate::error::Result;

type DbResult<T> = std::result::Result<T, DbErr>;

/// How often a read is tried whose connection is lost. A server that ends its sessions does not end all at once.
const ATTEMPTS: u32 = 4;

/// A pool for reading, on SQLite of connections that cannot write. Clones share it.
#[derive(Clone)]
pub struct Reader {
    pool: DatabaseConnection,
    inline: Option<Arc<Inline>>,
    pipeline: Option<Arc<Pipeline>>,
    trust: Option<Arc<Trust>>,
    searches: bool,
}

impl Reader {
    /// `trust` is what the connections of the pool are looked at by.
    pub(super) fn new(
        pool: DatabaseConnection,
        inline: Option<Inline>,
        pipeline: Option<Pipeline>,
        trust: Option<Arc<Trust>>,
    ) -> Self {
        let (inline, pipeline) = (inline.map(Arc::new), pipeline.map(Arc::new));
        Self { pool, inline, pipeline, trust, searches: false }
    }

    /// The same for statements that PostgreSQL had better plan once, for any values.
    pub(crate) fn for_searches(&self) -> Self {
        Self { searches: true, ..self.clone() }
    }

    /// Asks the pool, on another connection where one is lost.
    async fn ask<T, F>(
        &self,
        statement: Statement,
        ask: impl Fn(Statement) -> F + Send,
    ) -> DbResult<T>
    where
        F: Future<Output = DbResult<T>> + Send,
    {
        if let Some(trust) = &self.trust {
            for _ in 1..ATTEMPTS {
                match ask(statement.clone()).await {
                    Err(error) if trust.is_lost(&error) => {}
                    outcome => return outcome,
                }
            }
        }
        ask(statement).await
    }

    /// The pool itself, as migrations use it.
    pub fn connection(&self) -> &DatabaseConnection {
        &self.pool
    }

    #[cfg(test)]
    pub(super) fn inline(&self) -> Option<&Arc<Inline>> {
        self.inline.as_ref()
    }

    #[cfg(test)]
    pub(super) fn pipeline(&self) -> Option<&Pipeline> {
        self.pipeline.as_deref()
    }

    pub(super) async fn close(self) -> DbResult<()> {
        if let Some(inline) = &self.inline {
            inline.close();
        }
        if let Some(pipeline) = &self.pipeline {
            pipeline.close().await;
        }
        self.pool.close().await
    }
}

/// What has to wait for an answer is in a box: who asks a SQLite file has it at once, and would carry the room for all of that
/// along.
impl Rows for Reader {
    fn backend(&self) -> DbBackend {
        self.pool.get_database_backend()
    }

    fn rows<E>(&self, select: Select<E>) -> impl Future<Output = Result<Vec<E::Model>>> + Send
    where
        E: Readable,
    {
        match self.inline.as_ref().and_then(|inline| inline.rows(&select)) {
            Some(rows) => Either::Left(ready(Ok(rows))),
            None => Either::Right(Box::pin(async move {
                if let Some(pipeline) = &self.pipeline
                    && let Some(rows) = pipeline.rows(&select, self.searches).await
                {
                    return Ok(rows);
                }
                Ok(select.all(self).await?)
            })),
        }
    }

    fn by_id<E>(&self, id: i32) -> impl Future<Output = Result<Option<E::Model>>> + Send
    where
        E: Readable<PrimaryKey: PrimaryKeyTrait<ValueType = i32>>,
    {
        match self.inline.as_ref().and_then(|inline| inline.by_id::<E>(id)) {
            Some(row) => Either::Left(ready(Ok(row))),
            None => Either::Right(Box::pin(async move {
                if let Some(pipeline) = &self.pipeline
                    && let Some(row) = pipeline.by_id::<E>(id).await
                {
                    return Ok(row);
                }
                Ok(E::find_by_id(id).one(self).await?)
            })),
        }
    }

    fn numbers<S: StatementBuilder>(
        &self,
        statement: &S,
    ) -> impl Future<Output = Result<Vec<i64>>> + Send {
        numbers(self, self.backend().build(statement))
    }

    fn ids<S: StatementBuilder>(
        &self,
        statement: &S,
    ) -> impl Future<Output = Result<Vec<i32>>> + Send {
        let statement = self.backend().build(statement);
        async move {
            if let Some(pipeline) = &self.pipeline
                && let Some(ids) = pipeline.ids(&statement, self.searches).await
            {
                return Ok(ids);
            }
            ids(numbers(self, statement).await?)
        }
    }
}

#[async_trait]
impl ConnectionTrait for Reader {
    fn get_database_backend(&self) -> DbBackend {
        self.pool.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> DbResult<ExecResult> {
        self.pool.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> DbResult<ExecResult> {
        self.pool.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> DbResult<Option<QueryResult>> {
        self.ask(statement, |statement| self.pool.query_one_raw(statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> DbResult<Vec<QueryResult>> {
        self.ask(statement, |statement| self.pool.query_all_raw(statement)).await
    }
}

impl StreamTrait for Reader {
    type Stream<'a> = <DatabaseConnection as StreamTrait>::Stream<'a>;

    fn get_database_backend(&self) -> DbBackend {
        self.pool.get_database_backend()
    }

    fn stream_raw<'a>(
        &'a self,
        statement: Statement,
    ) -> Pin<Box<dyn Future<Output = DbResult<Self::Stream<'a>>> + 'a + Send>> {
        self.pool.stream_raw(statement)
    }
}
