//! A value that only one row may have, and the row that has it.

use std::fmt;

use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IdenStatic, Iterable, PrimaryKeyToColumn,
    QueryFilter, QuerySelect, QueryTrait, Statement, Value,
};

use crate::{
    check::Checked,
    database::{Changes, Db, Ids, Rows},
    error::Error,
    noun::Noun,
    now,
    query::Kind,
};

/// A value that has to be unique and already exists.
#[derive(Debug)]
pub struct Duplicate {
    /// The column.
    pub field: String,
    /// The value that was to be stored; empty if the database did not report it.
    pub value: String,
    /// Its place in a list of inputs.
    pub element: Option<usize>,
    /// Whose value it is already.
    pub owner: Owner,
}

/// Whose value it is already.
#[derive(Debug)]
pub enum Owner {
    /// It is not known.
    Unknown,
    /// What one row is called and what several are, and the query of its id: the transaction in which it was found is over.
    Sought((&'static str, &'static str), Statement),
    /// A row, by what one is called, what several are, and its id.
    Row((&'static str, &'static str), i32),
    /// An earlier element of the same list of inputs.
    Element(usize),
}

impl fmt::Display for Duplicate {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, value, element, owner } = self;
        if let Some(place) = element {
            write!(to, "element {place}: ")?;
        }
        to.write_str(field)?;
        if !value.is_empty() {
            write!(to, " `{value}`")?;
        }
        match owner {
            Owner::Unknown | Owner::Sought(..) => to.write_str(" is taken by another row")?,
            Owner::Row((noun, _), id) => write!(to, " is that of {noun} {id}")?,
            Owner::Element(place) => {
                return write!(to, " is that of element {place}, too; choose another {field}");
            }
        }
        write!(to, "; change that one or choose another {field}")
    }
}

impl std::error::Error for Duplicate {}

impl Duplicate {
    /// Of a column, as the database reports it.
    pub(crate) fn of_column(field: String) -> Error {
        let (value, owner) = (String::new(), Owner::Unknown);
        Error::Duplicate(Box::new(Self { field, value, element: None, owner }))
    }

    /// Names the value, which the database does not always do, and how to find the row that has it. `row` was to be stored.
    pub(crate) fn of_row<A: ActiveModelTrait>(
        self,
        row: &A,
        noun: (&'static str, &'static str),
        db: &impl Rows,
    ) -> Self {
        let Some((column, value)) = column(row, &self.field) else { return self };
        let Some(written) = Kind::write(&value) else { return self };
        let key = <A::Entity as EntityTrait>::PrimaryKey::iter().next();
        let ids = key.map(PrimaryKeyToColumn::into_column).map(|id| {
            let owner = A::Entity::find().select_only().column(id).filter(column.eq(value));
            Owner::Sought(noun, owner.limit(1).build(db.backend()))
        });
        Self { value: written, owner: ids.unwrap_or(Owner::Unknown), ..self }
    }

    /// Whether a row was to have the same value.
    pub(crate) fn is_of<A: ActiveModelTrait>(&self, row: &A) -> bool {
        let value = column(row, &self.field).and_then(|(_, value)| Kind::write(&value));
        value.is_some_and(|value| value == self.value)
    }
}

type ColumnOf<A> = <<A as ActiveModelTrait>::Entity as EntityTrait>::Column;

/// The column of a name, and the value that a row has in it.
fn column<A: ActiveModelTrait>(row: &A, name: &str) -> Option<(ColumnOf<A>, Value)> {
    let column = ColumnOf::<A>::iter().find(|column| column.as_str() == name)?;
    Some((column, row.get(column).into_value()?))
}

/// Names the value of a column that has to be unique, and how to find the row that has it.
pub(crate) fn with_value<T: Noun>(error: Error, row: &T::Row, db: &impl Changes) -> Error {
    match error {
        Error::Duplicate(duplicate) => {
            Error::Duplicate(Box::new(duplicate.of_row(row, T::resource().noun, db)))
        }
        other => other,
    }
}

/// The error of one of several inputs. The value that is there already may be that of an earlier one.
pub(crate) fn among<T: Noun>(error: Error, inputs: &[Checked<T::New>], place: usize) -> Error {
    match error.of_element(place) {
        Error::Duplicate(mut duplicate) => {
            let mut earlier = inputs.iter().take(place);
            let same = earlier.position(|new| duplicate.is_of(&T::row(new, now())));
            if let Some(same) = same {
                duplicate.owner = Owner::Element(same);
            }
            Error::Duplicate(duplicate)
        }
        other => other,
    }
}

impl Error {
    /// The same with the row that a unique value belongs to, if it is still there.
    pub async fn with_owner(self, db: &Db) -> Self {
        match self {
            Self::Duplicate(mut duplicate) => {
                if let Owner::Sought(noun, ids) = &duplicate.owner
                    && let Ok(found) = db.reader().query::<Ids>(ids.clone()).await
                    && let Some(id) = found.first()
                {
                    duplicate.owner = Owner::Row(*noun, *id);
                }
                Self::Duplicate(duplicate)
            }
            other => other,
        }
    }
}
