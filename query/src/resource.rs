//! What a list may be asked about: the columns of an entity that are shown, and the entities that it is related to.
//!
//! Names, kinds and relations come from the entities, so that a new column can be filtered, sorted and selected by
//! without a line here or there. Only entities that have a [`Resource`] can be asked about, and only by these names.

use std::sync::OnceLock;

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, IdenStatic, Iterable, JoinType, PrimaryKeyToColumn,
    Related, RelationDef, RelationType,
    sea_query::{DynIden, Expr, ExprTrait, IntoIden},
};

use crate::{
    error::{DatabaseError, Result},
    facets::Facet,
    field::{Field, Relation},
    kind::Kind,
    schema::FilterSchema,
    substrings::index::Substrings,
};

/// Writes the functions that give a resource what not every one has.
macro_rules! given {
    ($($(#[$about:meta])* $what:ident: $type:ty,)*) => {
        $($(#[$about])*
        #[must_use]
        pub const fn $what(mut self, $what: $type) -> Self {
            self.$what = $what;
            self
        })*
    };
}

/// An entity whose rows are listed. It is built once, as a static.
pub struct Resource<E: EntityTrait> {
    /// What one row is called, and what several are.
    pub noun: (&'static str, &'static str),
    /// The index of substrings, where the schema has one.
    pub substrings: Option<Substrings>,
    folded: Option<&'static str>,
    searched: &'static [E::Column],
    hidden: &'static [E::Column],
    renamed: &'static [(E::Column, &'static str)],
    special: &'static [(E::Column, Kind)],
    relations: fn() -> Vec<Relation>,
    /// What the rows of its lists can be counted by.
    pub facets: &'static [Facet],
    /// The columns whose values are suggested while a search is typed.
    pub suggested: &'static [E::Column],
    schema: OnceLock<FilterSchema>,
}

impl<E: EntityTrait> Resource<E> {
    /// One whose columns can all be asked about, by their names. One row is called `one`, and several `many`.
    #[must_use]
    pub const fn new(one: &'static str, many: &'static str) -> Self {
        Self {
            noun: (one, many),
            substrings: None,
            folded: None,
            searched: &[],
            hidden: &[],
            renamed: &[],
            special: &[],
            relations: Vec::new,
            facets: &[],
            suggested: &[],
            schema: OnceLock::new(),
        }
    }

    given! {
        /// The columns that `q` looks into, the weightiest first.
        searched: &'static [E::Column],
        /// Columns that are not part of queries.
        hidden: &'static [E::Column],
        /// Other names of columns in queries and in rows as they are shown.
        renamed: &'static [(E::Column, &'static str)],
        /// The kinds of columns whose values are more than their types say.
        special: &'static [(E::Column, Kind)],
        /// The entities whose columns can be asked for through a relation.
        relations: fn() -> Vec<Relation>,
        /// What the rows of its lists can be counted by.
        facets: &'static [Facet],
        /// The columns whose values are suggested while a search is typed.
        suggested: &'static [E::Column],
    }

    /// With an index of substrings.
    #[must_use]
    pub const fn substrings(mut self, index: Substrings) -> Self {
        self.substrings = Some(index);
        self
    }

    /// With texts that are searched without regard to accents, apostrophes and dashes. On SQLite a view of this name has the columns
    /// that are searched, and the id, as the schema folds them; on PostgreSQL a function `search_fold` does.
    #[must_use]
    pub const fn folded(mut self, view: &'static str) -> Self {
        self.folded = Some(view);
        self
    }

    /// What its lists can be asked about, made once: every request reads it.
    pub fn schema(&self) -> &FilterSchema {
        self.schema.get_or_init(|| FilterSchema {
            fields: self.fields(),
            relations: (self.relations)(),
            searched: self.searched.iter().filter_map(|column| self.field(*column)).collect(),
        })
    }

    /// The column that makes every order total.
    ///
    /// # Errors
    /// For an entity without one.
    pub(super) fn id(&self) -> Result<Field> {
        let column = E::PrimaryKey::iter().next().map(PrimaryKeyToColumn::into_column);
        let field = column.and_then(|column| self.field(column));
        let missing = || DatabaseError::internal("an entity without an id cannot be listed");
        Ok(field.ok_or_else(missing)?)
    }

    /// What a column is called in a query.
    pub(super) fn name(&self, column: E::Column) -> &'static str {
        of_column(self.renamed, column).unwrap_or(column.as_str())
    }

    /// The columns that may be asked about.
    fn fields(&self) -> Vec<Field> {
        let hidden: Vec<&str> = self.hidden.iter().map(IdenStatic::as_str).collect();
        E::Column::iter()
            .filter(|column| !hidden.contains(&column.as_str()))
            .filter_map(|column| self.field(column))
            .collect()
    }

    fn is_searched(&self, column: E::Column) -> bool {
        self.searched.iter().any(|searched| searched.as_str() == column.as_str())
    }

    /// `None` for a column whose values have no spelling in a query.
    pub(super) fn field(&self, column: E::Column) -> Option<Field> {
        let definition = column.def();
        let kind = of_column(self.special, column);
        Some(Field {
            name: self.name(column),
            kind: kind.or_else(|| Kind::of(definition.get_column_type()))?,
            nullable: definition.is_null(),
            indexed: self.substrings.is_some_and(|index| index.columns.contains(&column.as_str())),
            shared: self.substrings.is_some_and(|index| index.shared.contains(&column.as_str())),
            folded: self.folded.filter(|_| self.is_searched(column)),
            table: E::default().into_iden(),
            column: column.into_iden(),
        })
    }
}

/// What is given for a column.
fn of_column<C: IdenStatic, T: Copy>(given: &[(C, T)], column: C) -> Option<T> {
    let found = given.iter().find(|(other, _)| other.as_str() == column.as_str());
    found.map(|(_, given)| *given)
}

impl Relation {
    /// From one entity to another, as the entities say it.
    pub fn to<E, R>(name: &'static str, related: &Resource<R>) -> Self
    where
        E: EntityTrait + Related<R>,
        R: EntityTrait,
    {
        if let Some(between) = E::via() {
            return Self::through(name, related, (&between, &E::to()));
        }
        let RelationDef { from_col, to_col, rel_type, is_owner, .. } = E::to();
        let columns: Vec<DynIden> = from_col.clone().into_iter().collect();
        let is_nullable = E::Column::iter().any(|column| {
            column.def().is_null() && columns.iter().any(|from| from.to_string() == column.as_str())
        });
        let join = match rel_type {
            RelationType::HasMany => None,
            RelationType::HasOne if is_owner || is_nullable => Some(JoinType::LeftJoin),
            RelationType::HasOne => Some(JoinType::InnerJoin),
        };
        let (from, to) = (E::default().into_iden(), R::default().into_iden());
        let pairs = from_col.into_iter().zip(to_col);
        let equal = |(ours, theirs)| Expr::col((from.clone(), ours)).equals((to.clone(), theirs));
        let on = pairs.map(equal).collect();
        Self { name, fields: related.fields(), table: to, on, through: None, join }
    }

    /// The same where rows of both entities have many of the other: from one to the table between them, and from that to the other.
    fn through<R: EntityTrait>(
        name: &'static str,
        related: &Resource<R>,
        (from, to): (&RelationDef, &RelationDef),
    ) -> Self {
        let on = |relation: &RelationDef| {
            let RelationDef { from_tbl, to_tbl, from_col, to_col, .. } = relation.clone();
            let (from, to) = (from_tbl.sea_orm_table().clone(), to_tbl.sea_orm_table().clone());
            let pairs = from_col.into_iter().zip(to_col);
            let equal =
                move |(ours, theirs)| Expr::col((from.clone(), ours)).equals((to.clone(), theirs));
            pairs.map(equal).collect::<Vec<_>>()
        };
        let between = from.to_tbl.sea_orm_table().clone();
        let joined = on(to).into_iter().fold(Condition::all(), Condition::add);
        let table = R::default().into_iden();
        let through = Some((between, joined));
        Self { name, fields: related.fields(), table, on: on(from), through, join: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{CINEMAS, FILMS, NUMBER};

    fn columns<E: EntityTrait>(resource: &Resource<E>) -> Vec<String> {
        resource.schema().columns().map(|(name, _)| name).collect()
    }

    #[test]
    fn related_entities_know_each_other_by_the_names_that_were_given() {
        let film = ["id", "title", "directed_by", "number", "rating"].map(str::to_owned);
        let cinema = ["id", "name", "film_id"].map(str::to_owned);
        let of = |relation: &str, names: &[String]| {
            names.iter().map(|name| format!("{relation}.{name}")).collect::<Vec<_>>()
        };
        assert_eq!(columns(&FILMS), [film.to_vec(), of("cinemas", &cinema)].concat());
        assert_eq!(columns(&CINEMAS), [cinema.to_vec(), of("film", &film)].concat());
    }

    #[test]
    fn the_values_of_a_column_are_what_was_said_of_it_or_what_its_type_says() {
        let kind =
            |name| FILMS.schema().fields.iter().find(|field| field.name == name).unwrap().kind;
        assert_eq!(kind("number"), NUMBER);
        assert_eq!(kind("number").read("12-34"), Ok("1234".into()));
        assert_eq!(kind("number").read("x"), Err("`x` is not a number".to_owned()));
        assert!(kind("rating").read("999.99").is_ok());
        let expected = "`-1000` is not between -999.99 and 999.99";
        assert_eq!(kind("rating").read("-1000"), Err(expected.to_owned()));
    }
}
