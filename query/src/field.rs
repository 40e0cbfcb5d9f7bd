//! A column that may be asked about, and the columns of a related entity.

use sea_orm::{
    Condition, JoinType,
    sea_query::{DynIden, Expr, Query, SelectStatement},
};

use crate::kind::Kind;

/// A column that may be asked about.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name in a parameter.
    pub name: &'static str,
    /// What its values are.
    pub kind: Kind,
    /// Whether a row may have none.
    pub nullable: bool,
    /// Whether an index knows its substrings.
    pub indexed: bool,
    /// Whether that index on PostgreSQL is one of several columns together.
    pub(crate) shared: bool,
    /// The view that has it folded on SQLite, if its texts are folded.
    pub(crate) folded: Option<&'static str>,
    pub(crate) table: DynIden,
    pub(crate) column: DynIden,
}

impl Field {
    /// The column, with its table.
    pub fn expr(&self) -> Expr {
        Expr::col((self.table.clone(), self.column.clone()))
    }
}

/// Another entity that rows are related to.
#[derive(Clone, Debug)]
pub struct Relation {
    /// What stands before the point in `cinema.name`.
    pub name: &'static str,
    /// What may be asked about it.
    pub fields: Vec<Field>,
    pub(crate) table: DynIden,
    pub(crate) on: Vec<Expr>,
    /// The table between them if rows of both sides have many of the other, and how its rows are related to the other entity's.
    pub(crate) through: Option<(DynIden, Condition)>,
    /// How it is joined; `None` if a row has several related ones.
    pub(crate) join: Option<JoinType>,
}

impl Relation {
    /// The related rows of a row.
    pub fn rows(&self) -> SelectStatement {
        let mut rows = Query::select();
        rows.expr(Expr::val(1)).from(self.table.clone());
        if let Some((table, on)) = &self.through {
            rows.join(JoinType::InnerJoin, table.clone(), on.clone());
        }
        for equal in &self.on {
            rows.and_where(equal.clone());
        }
        rows
    }

    /// Whether every row is related to at most one.
    pub fn is_to_one(&self) -> bool {
        self.join.is_some()
    }

    /// Whether a row may be related to none.
    pub(crate) fn is_optional(&self) -> bool {
        self.join != Some(JoinType::InnerJoin)
    }

    /// Joins the related rows of each row. A row that is related to several is then there several times.
    pub(crate) fn join(&self, rows: &mut SelectStatement) {
        let join = self.join.unwrap_or(JoinType::LeftJoin);
        let on = self.on.iter().cloned().fold(Condition::all(), Condition::add);
        match &self.through {
            Some((between, to)) => {
                rows.join(join, between.clone(), on).join(join, self.table.clone(), to.clone())
            }
            None => rows.join(join, self.table.clone(), on),
        };
    }
}
