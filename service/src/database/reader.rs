//! Reading: from a pool of connections, and short reads of a SQLite file on the thread that asks.

use std::{pin::Pin, sync::Arc};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, EntityTrait,
    ExecResult, QueryResult, QuerySelect, Select, Statement, StreamTrait, TryIntoModel,
    prelude::async_trait::async_trait,
};

use super::inline::Inline;

/// What rows can be read from: a [`Reader`], or a transaction.
pub trait Rows: ConnectionTrait + Sized {
    /// The rows of a query.
    ///
    /// # Errors
    /// What the database says.
    fn rows<E>(
        &self,
        select: Select<E>,
    ) -> impl Future<Output = Result<Vec<E::Model>, DbErr>> + Send
    where
        E: EntityTrait,
        E::ActiveModel: TryIntoModel<E::Model>,
    {
        async move { select.all(self).await }
    }

    /// The first row of a query.
    ///
    /// # Errors
    /// What the database says.
    fn row<E>(
        &self,
        select: Select<E>,
    ) -> impl Future<Output = Result<Option<E::Model>, DbErr>> + Send
    where
        E: EntityTrait,
        E::ActiveModel: TryIntoModel<E::Model>,
    {
        async move { Ok(self.rows(select.limit(1)).await?.pop()) }
    }
}

impl Rows for DatabaseTransaction {}

/// A pool for reading, on SQLite of connections that cannot write. Clones share it.
#[derive(Clone)]
pub struct Reader {
    pool: DatabaseConnection,
    inline: Option<Arc<Inline>>,
}

impl Reader {
    pub(super) fn new(pool: DatabaseConnection, inline: Option<Inline>) -> Self {
        Self { pool, inline: inline.map(Arc::new) }
    }

    /// The pool itself, as migrations use it.
    pub fn connection(&self) -> &DatabaseConnection {
        &self.pool
    }

    #[cfg(test)]
    pub(super) fn inline(&self) -> Option<&Inline> {
        self.inline.as_deref()
    }

    pub(super) async fn close(self) -> Result<(), DbErr> {
        if let Some(inline) = &self.inline {
            inline.close();
        }
        self.pool.close().await
    }
}

impl Rows for Reader {
    async fn rows<E>(&self, select: Select<E>) -> Result<Vec<E::Model>, DbErr>
    where
        E: EntityTrait,
        E::ActiveModel: TryIntoModel<E::Model>,
    {
        match self.inline.as_ref().and_then(|inline| inline.rows(&select)) {
            Some(rows) => Ok(rows),
            None => select.all(&self.pool).await,
        }
    }
}

#[async_trait]
impl ConnectionTrait for Reader {
    fn get_database_backend(&self) -> DbBackend {
        self.pool.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.pool.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.pool.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.pool.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.pool.query_all_raw(statement).await
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
    ) -> Pin<Box<dyn Future<Output = Result<Self::Stream<'a>, DbErr>> + 'a + Send>> {
        self.pool.stream_raw(statement)
    }
}
