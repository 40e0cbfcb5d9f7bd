//! Queries that SeaORM builds once. Building the columns of each query again took a tenth of the cost of a list.

use std::sync::Arc;

use sea_orm::{
    ColumnTrait, Condition, DbBackend, EntityTrait, IdenStatic, Iterable, PrimaryKeyToColumn,
    QueryFilter, QuerySelect, QueryTrait, Select, sea_query::Expr,
};

/// The alias of the rows that an index has found.
pub const FOUND: &str = "found";

/// The queries for rows of an entity.
pub struct Queries<E: EntityTrait> {
    sqlite: Select<E>,
    postgres: Select<E>,
    /// The columns of rows that a SQLite index has found; the id is taken from the index.
    pub found: &'static str,
    /// The SQL that finds the row with an id, its only parameter.
    pub by_id: Arc<str>,
    /// The same on PostgreSQL.
    pub by_id_on_postgres: Arc<str>,
}

impl<E: EntityTrait> Default for Queries<E> {
    /// Builds them with SeaORM.
    fn default() -> Self {
        let by_id = |backend| {
            let id = E::PrimaryKey::iter().next().map(PrimaryKeyToColumn::into_column);
            let is_it = Condition::all().add_option(id.map(|id| id.eq(0)));
            all::<E>(backend).filter(is_it).build(backend).sql.into()
        };
        Self {
            sqlite: all(DbBackend::Sqlite),
            postgres: all(DbBackend::Postgres),
            found: found::<E>(),
            by_id: by_id(DbBackend::Sqlite),
            by_id_on_postgres: by_id(DbBackend::Postgres),
        }
    }
}

impl<E: EntityTrait> Queries<E> {
    /// All rows.
    pub fn all(&self, backend: DbBackend) -> Select<E> {
        match backend {
            DbBackend::Postgres => self.postgres.clone(),
            _ => self.sqlite.clone(),
        }
    }
}

/// All rows, with the columns as the text that SeaORM generates for them.
fn all<E: EntityTrait>(backend: DbBackend) -> Select<E> {
    let mut all = E::find();
    if let Some(columns) = columns(&all, backend) {
        QuerySelect::query(&mut all).clear_selects().expr(Expr::cust(columns));
    }
    all
}

/// The columns of rows that were found.
fn found<E: EntityTrait>() -> &'static str {
    let key = E::PrimaryKey::iter().next().map(PrimaryKeyToColumn::into_column);
    let mut found = E::find().select_only();
    for column in E::Column::iter() {
        found = match key.filter(|key| key.as_str() == column.as_str()) {
            Some(_) => found.expr_as(Expr::col((FOUND, column)), column.as_str()),
            None => found.column(column),
        };
    }
    columns(&found, DbBackend::Sqlite).unwrap_or("*")
}

/// The columns of a query, as a text with static lifetime, so that cloning the query does not copy it.
fn columns<E: EntityTrait>(select: &Select<E>, backend: DbBackend) -> Option<&'static str> {
    let written = select.build(backend).sql;
    let (columns, _) = written.strip_prefix("SELECT ")?.split_once(" FROM ")?;
    Some(columns.to_owned().leak())
}
