//! Traits for reading and changing rows, independent of how statements reach the database.

use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseConnection,
    DatabaseTransaction, DbBackend, EntityTrait, IntoActiveModel, Iterable, PrimaryKeyTrait,
    QueryResult, QuerySelect, QueryTrait, Select, Statement, StatementBuilder, TryIntoModel,
    sea_query::{Asterisk, Expr, ExprTrait, Query, ReturningClause},
};

use super::row::Decode;
use crate::error::{Error, Result};

/// A source of rows: a [`Reader`](super::Reader), or a [transaction](super::Tx).
pub trait Rows: Sync + Sized {
    /// The kind of database.
    fn backend(&self) -> DbBackend;

    /// The query of all rows of an entity, as [`EntityTrait::find`] but cached.
    fn all<E: Decode>(&self) -> Select<E> {
        E::queries().all(self.backend())
    }

    /// The rows of a query.
    ///
    /// # Errors
    /// Any database error.
    fn rows<E>(&self, select: Select<E>) -> impl Future<Output = Result<Vec<E::Model>>> + Send
    where
        E: Decode;

    /// The integers in the first column of the result.
    ///
    /// # Errors
    /// Any database error.
    fn integers<S: StatementBuilder>(
        &self,
        statement: &S,
    ) -> impl Future<Output = Result<Vec<i64>>> + Send;

    /// The same for ids.
    ///
    /// # Errors
    /// Any database error.
    fn ids<S: StatementBuilder>(
        &self,
        statement: &S,
    ) -> impl Future<Output = Result<Vec<i32>>> + Send {
        let numbers = self.integers(statement);
        async move { ids(numbers.await?) }
    }

    /// The first row of a query.
    ///
    /// # Errors
    /// Any database error.
    fn row<E>(&self, select: Select<E>) -> impl Future<Output = Result<Option<E::Model>>> + Send
    where
        E: Decode,
    {
        let rows = self.rows(select.limit(1));
        async move { Ok(rows.await?.pop()) }
    }

    /// The row with an id.
    ///
    /// # Errors
    /// Any database error.
    fn by_id<E>(&self, id: i32) -> impl Future<Output = Result<Option<E::Model>>> + Send
    where
        E: Decode<PrimaryKey: PrimaryKeyTrait<ValueType = i32>>,
    {
        self.row(E::find_by_id(id))
    }

    /// The number of rows that a query returns.
    ///
    /// # Errors
    /// Any database error.
    fn count<E>(&self, select: Select<E>) -> impl Future<Output = Result<u64>> + Send
    where
        E: EntityTrait,
    {
        let counted = Query::select()
            .expr(Expr::col(Asterisk).count())
            .from_subquery(select.into_query(), "counted")
            .take();
        async move {
            let number = self.integers(&counted).await?.pop().unwrap_or_default();
            u64::try_from(number).map_err(|_| Error::internal(format!("{number} rows")))
        }
    }
}

/// Where rows can be changed: a [transaction](super::Tx), or a database that only the caller uses.
pub trait Changes: Rows {
    /// Inserts a row, and returns it as stored.
    ///
    /// # Errors
    /// Any database error.
    fn insert<A>(&self, row: A) -> impl Future<Output = Result<ModelOf<A>>>
    where
        A: Insertable;

    /// Updates a row with the values that are set, and returns it as stored.
    ///
    /// # Errors
    /// Any database error; also when there is no such row.
    fn update<A>(&self, row: A) -> impl Future<Output = Result<ModelOf<A>>>
    where
        A: Insertable;

    /// Runs a statement that returns no rows; returns the number of rows it changed.
    ///
    /// # Errors
    /// Any database error.
    fn exec<S: StatementBuilder>(&self, statement: &S) -> impl Future<Output = Result<u64>>;
}

/// The model of an active model.
pub type ModelOf<A> = <<A as ActiveModelTrait>::Entity as EntityTrait>::Model;

/// A row that can be stored and read back; every active model is one.
pub trait Insertable:
    ActiveModelTrait<Entity: Decode<ActiveModel = Self, Model: IntoActiveModel<Self>>>
    + ActiveModelBehavior
    + TryIntoModel<ModelOf<Self>>
    + Send
    + 'static
{
}

impl<A> Insertable for A where
    A: ActiveModelTrait<Entity: Decode<ActiveModel = A, Model: IntoActiveModel<A>>>
        + ActiveModelBehavior
        + TryIntoModel<ModelOf<A>>
        + Send
        + 'static
{
}

/// Reads and writes through a connection of the driver.
macro_rules! by_driver {
    ($connection:ty) => {
        impl Rows for $connection {
            fn backend(&self) -> DbBackend {
                self.get_database_backend()
            }

            async fn rows<E>(&self, select: Select<E>) -> Result<Vec<E::Model>>
            where
                E: Decode,
            {
                Ok(select.all(self).await?)
            }

            fn integers<S: StatementBuilder>(
                &self,
                statement: &S,
            ) -> impl Future<Output = Result<Vec<i64>>> + Send {
                integers(self, self.get_database_backend().build(statement))
            }
        }

        impl Changes for $connection {
            async fn insert<A: Insertable>(&self, row: A) -> Result<ModelOf<A>> {
                Ok(row.insert(self).await?)
            }

            async fn update<A: Insertable>(&self, row: A) -> Result<ModelOf<A>> {
                Ok(row.update(self).await?)
            }

            async fn exec<S: StatementBuilder>(&self, statement: &S) -> Result<u64> {
                Ok(ConnectionTrait::execute(self, statement).await?.rows_affected())
            }
        }
    };
}

by_driver!(DatabaseConnection);
by_driver!(DatabaseTransaction);

/// The statement that inserts a row and returns it as stored.
pub(crate) fn insertion<A: Insertable>(row: A, backend: DbBackend) -> Statement {
    let mut insert = A::Entity::insert(row).into_query();
    insert.returning(every_column::<A::Entity>(backend));
    backend.build(&insert)
}

/// The same for an update.
pub(crate) fn change<A: Insertable>(row: A, backend: DbBackend) -> Result<Statement> {
    let mut update = A::Entity::update(row).validate()?.into_query();
    update.returning(every_column::<A::Entity>(backend));
    Ok(backend.build(&update))
}

/// The error for a row that does not fit its entity.
pub(crate) fn misfit<E: EntityTrait>() -> Error {
    let table = E::default().table_name().to_owned();
    Error::internal(format!("a row of {table} has a value of another type"))
}

fn every_column<E: EntityTrait>(backend: DbBackend) -> ReturningClause {
    let columns = E::Column::iter();
    Query::returning()
        .exprs(columns.map(|column| column.select_as(column.into_returning_expr(backend))))
}

/// Numbers that are ids.
pub(crate) fn ids(numbers: Vec<i64>) -> Result<Vec<i32>> {
    let id =
        |number| i32::try_from(number).map_err(|_| Error::internal(format!("{number} is no id")));
    numbers.into_iter().map(id).collect()
}

/// The numbers in the first column, on a connection of the driver.
pub(crate) async fn integers(db: &impl ConnectionTrait, statement: Statement) -> Result<Vec<i64>> {
    let rows = db.query_all_raw(statement).await?;
    rows.iter().map(number).collect()
}

/// PostgreSQL has two integer types.
fn number(row: &QueryResult) -> Result<i64> {
    match row.try_get_by_index::<i64>(0) {
        Ok(number) => Ok(number),
        Err(_) => Ok(i64::from(row.try_get_by_index::<i32>(0)?)),
    }
}
