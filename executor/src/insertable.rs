//! A row that can be stored, and the statements that store it.

use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ColumnTrait, DbBackend, EntityTrait, IntoActiveModel,
    Iterable, QueryTrait, Statement, TryIntoModel,
    sea_query::{Query, ReturningClause},
};

use crate::{error::Result, row::Decode};

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

fn every_column<E: EntityTrait>(backend: DbBackend) -> ReturningClause {
    let columns = E::Column::iter();
    Query::returning()
        .exprs(columns.map(|column| column.select_as(column.into_returning_expr(backend))))
}
