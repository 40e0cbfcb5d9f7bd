//! Traits for reading and changing rows, independent of how statements reach the database.

use sea_orm::{
    DbBackend, DbErr, EntityTrait, PrimaryKeyTrait, QuerySelect, QueryTrait, Select, Statement,
    StatementBuilder, Values,
    sea_query::{Asterisk, Expr, ExprTrait, Query},
};

use crate::{
    error::{Error, Result},
    insertable::{Insertable, ModelOf, change, insertion},
    insertion::Insertion,
    row::{Decode, FromRow, Ids, Integers, Models},
};

/// A source of rows: a [`Reader`](crate::Reader), or a [transaction](crate::Tx). Everything is one [`query`](Self::query).
pub trait Rows: Sync + Sized {
    /// The kind of database.
    fn backend(&self) -> DbBackend;

    /// What `R` makes of the rows that a statement returns.
    ///
    /// # Errors
    /// Any database error.
    fn query<R: FromRow>(
        &self,
        statement: Statement,
    ) -> impl Future<Output = Result<Vec<R::Output>>> + Send;

    /// The query of all rows of an entity, as [`EntityTrait::find`] but cached.
    fn all<E: Decode>(&self) -> Select<E> {
        E::queries().all(self.backend())
    }

    /// The rows of a query.
    ///
    /// # Errors
    /// Any database error.
    fn rows<E: Decode>(
        &self,
        select: Select<E>,
    ) -> impl Future<Output = Result<Vec<E::Model>>> + Send {
        self.query::<Models<E>>(select.build(self.backend()))
    }

    /// The integers in the only column of the result.
    ///
    /// # Errors
    /// Any database error.
    fn integers<S: StatementBuilder>(
        &self,
        statement: &S,
    ) -> impl Future<Output = Result<Vec<i64>>> + Send {
        self.query::<Integers>(self.backend().build(statement))
    }

    /// The same for ids.
    ///
    /// # Errors
    /// Any database error.
    fn ids<S: StatementBuilder>(
        &self,
        statement: &S,
    ) -> impl Future<Output = Result<Vec<i32>>> + Send {
        self.query::<Ids>(self.backend().build(statement))
    }

    /// The first row of a query.
    ///
    /// # Errors
    /// Any database error.
    fn row<E: Decode>(
        &self,
        select: Select<E>,
    ) -> impl Future<Output = Result<Option<E::Model>>> + Send {
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
    fn count<E: EntityTrait>(&self, select: Select<E>) -> impl Future<Output = Result<u64>> + Send {
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

/// What a statement has done that returns no rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Executed {
    /// The number of rows that it changed.
    pub changed: u64,
    /// On SQLite the id of the row that was inserted last.
    pub last_id: i64,
}

/// Where rows can be changed: a [transaction](crate::Tx), or a database that only the caller uses.
pub trait Changes: Rows {
    /// Runs a statement that returns no rows.
    ///
    /// # Errors
    /// Any database error.
    fn run(&self, statement: Statement) -> impl Future<Output = Result<Executed>>;

    /// The same; returns the number of rows it changed.
    ///
    /// # Errors
    /// Any database error.
    fn exec<S: StatementBuilder>(&self, statement: &S) -> impl Future<Output = Result<u64>> {
        let executed = self.run(self.backend().build(statement));
        async move { Ok(executed.await?.changed) }
    }

    /// Inserts a row, and returns it as stored.
    ///
    /// # Errors
    /// Any database error.
    fn insert<A: Insertable>(&self, row: A) -> impl Future<Output = Result<ModelOf<A>>> {
        async move {
            let backend = self.backend();
            let statement = match Insertion::of(&row, backend) {
                Some((insertion, values)) => {
                    let values = Some(Values(values));
                    let statement =
                        Statement { sql: insertion.sql.clone(), values, db_backend: backend };
                    if backend == DbBackend::Sqlite {
                        let id = self.run(statement).await?.last_id;
                        return insertion.stored(row, id);
                    }
                    statement
                }
                None => insertion(row, backend),
            };
            let stored = self.query::<Models<A::Entity>>(statement).await?.pop();
            stored.ok_or_else(|| Error::internal("an inserted row was not returned"))
        }
    }

    /// Updates a row with the values that are set, and returns it as stored.
    ///
    /// # Errors
    /// Any database error; also when there is no such row.
    fn update<A: Insertable>(&self, row: A) -> impl Future<Output = Result<ModelOf<A>>> {
        async move {
            let statement = change(row, self.backend())?;
            let stored = self.query::<Models<A::Entity>>(statement).await?.pop();
            stored.ok_or_else(|| DbErr::RecordNotUpdated.into())
        }
    }
}
