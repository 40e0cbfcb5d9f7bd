//! What the lists of an entity can be asked about.

use crate::{
    field::{Field, Relation},
    filter::operator::{Operator, of_parameter},
    kind::Kind,
};

/// A column, and the relation through which it is reached if it is not of the rows themselves.
pub(crate) type Column<'a> = (Option<&'a Relation>, &'a Field);

/// The columns by which a list can be filtered and searched.
#[derive(Clone, Debug)]
pub struct FilterSchema {
    /// Its own columns.
    pub fields: Vec<Field>,
    /// Those of other entities.
    pub relations: Vec<Relation>,
    /// The columns that `q` searches, the most significant first.
    pub searched: Vec<Field>,
}

/// A parameter that filters.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name, such as `cinema.name__icontains`.
    pub name: String,
    /// The operator.
    pub operator: Operator,
    /// The kind of its value.
    pub kind: Kind,
}

impl FilterSchema {
    /// Every column with the name by which it is asked for: those of a relation have its name before them.
    pub fn columns(&self) -> impl Iterator<Item = (String, &Field)> {
        self.columns_of(|_| true)
    }

    /// Every column by which rows can be sorted: their own, and those of rows of which each of them has one.
    pub fn sortable(&self) -> impl Iterator<Item = (String, &Field)> {
        self.columns_of(Relation::is_to_one)
    }

    /// Its own columns, and those of some relations.
    fn columns_of(&self, which: fn(&Relation) -> bool) -> impl Iterator<Item = (String, &Field)> {
        let own = self.fields.iter().map(|field| (field.name.to_owned(), field));
        let relations = self.relations.iter().filter(move |relation| which(relation));
        let related = relations.flat_map(|relation| {
            let name = |field: &Field| format!("{}.{}", relation.name, field.name);
            relation.fields.iter().map(move |field| (name(field), field))
        });
        own.chain(related)
    }

    /// Every filter parameter, in the order of the columns.
    pub fn parameters(&self) -> Vec<Parameter> {
        let of_column = |(column, field): (String, &Field)| {
            let kind = field.kind;
            let operators = Operator::of(kind).iter();
            operators.map(move |operator| Parameter::new(&column, *operator, kind))
        };
        self.columns().flat_map(of_column).collect()
    }

    /// The column of a name, and its relation.
    pub(crate) fn column(&self, name: &str) -> Option<Column<'_>> {
        let (relation, name) = match name.split_once('.') {
            Some((relation, name)) => {
                (Some(self.relations.iter().find(|one| one.name == relation)?), name)
            }
            None => (None, name),
        };
        let fields = relation.map_or(&self.fields, |relation| &relation.fields);
        Some((relation, fields.iter().find(|field| field.name == name)?))
    }

    /// The relation, column and operator that a parameter names.
    pub(crate) fn find(&self, parameter: &str) -> Option<(Column<'_>, Operator)> {
        let (column, operator) = of_parameter(parameter)?;
        let (relation, field) = self.column(column)?;
        operator.fits(field.kind).then_some(((relation, field), operator))
    }
}

impl Parameter {
    /// Of a column of this name and kind.
    pub fn new(column: &str, operator: Operator, kind: Kind) -> Self {
        let name = match operator {
            Operator::Equals => column.to_owned(),
            _ => format!("{column}__{}", operator.name()),
        };
        Self { name, operator, kind }
    }
}
