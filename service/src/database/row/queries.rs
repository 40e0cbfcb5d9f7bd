//! Queries that SeaORM writes once. To have it write the columns of each query anew took a tenth of what a list costs.

use std::sync::Arc;

use sea_orm::{
    ColumnTrait, Condition, DbBackend, EntityTrait, Iterable, PrimaryKeyToColumn, QueryFilter,
    QuerySelect, QueryTrait, Select, sea_query::Expr,
};

/// What the rows of an entity are asked for with.
pub struct Queries<E: EntityTrait> {
    sqlite: Select<E>,
    postgres: Select<E>,
    /// The text that finds the row with an id, which is all that it binds.
    pub by_id: Arc<str>,
    /// The same on PostgreSQL.
    pub by_id_on_postgres: Arc<str>,
}

impl<E: EntityTrait> Queries<E> {
    /// Has SeaORM write them.
    pub fn new() -> Self {
        let by_id = |backend| {
            let id = E::PrimaryKey::iter().next().map(PrimaryKeyToColumn::into_column);
            let is_it = Condition::all().add_option(id.map(|id| id.eq(0)));
            all::<E>(backend).filter(is_it).build(backend).sql.into()
        };
        Self {
            sqlite: all(DbBackend::Sqlite),
            postgres: all(DbBackend::Postgres),
            by_id: by_id(DbBackend::Sqlite),
            by_id_on_postgres: by_id(DbBackend::Postgres),
        }
    }

    /// All rows.
    pub fn all(&self, backend: DbBackend) -> Select<E> {
        match backend {
            DbBackend::Postgres => self.postgres.clone(),
            _ => self.sqlite.clone(),
        }
    }
}

/// All rows, with the columns as the text that SeaORM writes of them.
fn all<E: EntityTrait>(backend: DbBackend) -> Select<E> {
    let mut all = E::find();
    let written = all.build(backend).sql;
    if let Some((columns, _)) =
        written.strip_prefix("SELECT ").and_then(|rest| rest.split_once(" FROM "))
    {
        // It lasts as long as the program, so that a clone of the query need not copy it.
        let columns: &'static str = columns.to_owned().leak();
        QuerySelect::query(&mut all).clear_selects().expr(Expr::cust(columns));
    }
    all
}
