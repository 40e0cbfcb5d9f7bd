//! What a list may be asked about: the columns of an entity that are shown, and the entities that it is related to.
//!
//! Names, kinds and relations come from the entities, so that a new column can be filtered, sorted and selected by
//! without a line here or there. Only entities that are a [`Resource`] can be asked about, and only by these names.

use sea_orm::{
    ColumnTrait, EntityTrait, IdenStatic, Identity, Iterable, ModelTrait, Related, RelationDef,
    sea_query::{DynIden, Expr, ExprTrait, IntoIden, Query, SelectStatement},
};

use crate::{database::Decode, filter::FilterSchema, kind::Kind, substrings::Substrings};

/// An entity whose rows are listed.
pub trait Resource: Decode {
    /// What one row is called, and what several are.
    const NOUN: (&'static str, &'static str);

    /// What its lists can be asked about, made once: every request reads it.
    fn filter_schema() -> &'static FilterSchema;

    /// The columns that `q` looks into, the weightiest first.
    const SEARCHED: &'static [Self::Column];

    /// Columns that are not part of queries.
    const HIDDEN: &'static [Self::Column] = &[];

    /// The index of substrings, where the schema has one.
    const SUBSTRINGS: Option<Substrings> = None;

    /// What a column is called in a query and in rows as they are shown.
    fn name(column: Self::Column) -> &'static str {
        column.as_str()
    }

    /// What the values of a column are, where that is more than its type says.
    fn special(_column: Self::Column) -> Option<Kind> {
        None
    }

    /// The entities whose columns can be asked for through a relation.
    fn relations() -> Vec<Relation> {
        Vec::new()
    }
}

/// A row that can be listed: the model of an entity with a noun and a filter schema.
pub trait Listed {
    /// What one row is called, and what several are.
    const NOUN: (&'static str, &'static str);

    /// What the lists of such rows can be asked about.
    fn filter_schema() -> &'static FilterSchema;
}

impl<M: ModelTrait<Entity: Resource>> Listed for M {
    const NOUN: (&'static str, &'static str) = <M::Entity as Resource>::NOUN;

    fn filter_schema() -> &'static FilterSchema {
        M::Entity::filter_schema()
    }
}

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
    table: DynIden,
    column: DynIden,
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
    /// What stands before the point in `store.name`.
    pub name: &'static str,
    /// What may be asked about it.
    pub fields: Vec<Field>,
    table: DynIden,
    on: Vec<Expr>,
}

impl Relation {
    /// From one entity to another, as the entities say it.
    pub fn to<E, R>(name: &'static str) -> Self
    where
        E: EntityTrait + Related<R>,
        R: Resource,
    {
        let RelationDef { from_col, to_col, .. } = E::to();
        let (from, to) = (E::default().into_iden(), R::default().into_iden());
        let pairs = columns(&from_col).into_iter().zip(columns(&to_col));
        let equal = |(ours, theirs)| Expr::col((from.clone(), ours)).equals((to.clone(), theirs));
        let on = pairs.map(equal).collect();
        Self { name, fields: fields::<R>(), table: to, on }
    }

    /// The related rows of a row.
    pub fn rows(&self) -> SelectStatement {
        let mut rows = Query::select();
        rows.expr(Expr::val(1)).from(self.table.clone());
        for equal in &self.on {
            rows.and_where(equal.clone());
        }
        rows
    }
}

fn columns(identity: &Identity) -> Vec<DynIden> {
    match identity {
        Identity::Unary(one) => vec![one.clone()],
        Identity::Binary(one, two) => vec![one.clone(), two.clone()],
        Identity::Ternary(one, two, three) => vec![one.clone(), two.clone(), three.clone()],
        Identity::Many(all) => all.clone(),
    }
}

/// The columns of an entity that may be asked about.
pub fn fields<E: Resource>() -> Vec<Field> {
    let hidden: Vec<&str> = E::HIDDEN.iter().map(IdenStatic::as_str).collect();
    E::Column::iter()
        .filter(|column| !hidden.contains(&column.as_str()))
        .filter_map(field::<E>)
        .collect()
}

/// `None` for a column whose values have no spelling in a query.
pub fn field<E: Resource>(column: E::Column) -> Option<Field> {
    let definition = column.def();
    let kind = E::special(column).or_else(|| Kind::of(definition.get_column_type()))?;
    Some(Field {
        name: E::name(column),
        kind,
        nullable: definition.is_null(),
        indexed: E::SUBSTRINGS.is_some_and(|index| index.columns.contains(&column.as_str())),
        table: E::default().into_iden(),
        column: column.into_iden(),
    })
}
