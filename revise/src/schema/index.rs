//! Indexes of a table.

use serde::Serialize;

use crate::schema::{Written, expression::equivalent, quote};

/// An index that belongs to no constraint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// What it is sorted by.
    pub columns: Vec<IndexColumn>,
    /// Whether it is unique.
    pub unique: bool,
    /// The access method where it is not a B-tree: `gin`, `hash` (PostgreSQL only).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Columns it only carries (PostgreSQL only).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// The condition of a partial index, without parentheses around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predicate: Option<String>,
    /// The clause that no other member says, verbatim: `NULLS NOT DISTINCT`.
    #[serde(rename = "extra", skip_serializing_if = "String::is_empty")]
    pub clause: String,
    /// The statement that creates it, where it was read from a database: a rebuild repeats it.
    #[serde(skip)]
    pub written: Written,
    /// Whether PostgreSQL failed to build it, so that it is there and serves nobody. No operation creates one.
    #[serde(skip)]
    pub invalid: bool,
}

/// What an index is sorted by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IndexColumn {
    /// A column's name, or an expression without parentheses around it.
    pub name: String,
    /// Whether `name` is an expression.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub expression: bool,
    /// Whether it is sorted downwards.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub descending: bool,
    /// Whether NULLs come first, where that is not the database's rule for the direction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nulls_first: Option<bool>,
    /// The clause after the name, verbatim: a collation, an operator class.
    #[serde(rename = "extra", skip_serializing_if = "String::is_empty")]
    pub clause: String,
}

impl Index {
    /// An index on columns.
    #[must_use]
    pub fn new<const N: usize>(name: impl Into<String>, columns: [&str; N]) -> Self {
        Self {
            name: name.into(),
            columns: columns.map(IndexColumn::new).to_vec(),
            unique: false,
            method: None,
            include: Vec::new(),
            predicate: None,
            clause: String::new(),
            written: Written(None),
            invalid: false,
        }
    }

    /// Makes it unique.
    #[must_use]
    pub fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    /// Adds one more column or expression.
    #[must_use]
    pub fn column(mut self, column: IndexColumn) -> Self {
        self.columns.push(column);
        self
    }

    /// Uses another access method than the B-tree (PostgreSQL only).
    #[must_use]
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    /// Carries further columns (PostgreSQL only).
    #[must_use]
    pub fn include<const N: usize>(mut self, columns: [&str; N]) -> Self {
        self.include = columns.map(str::to_owned).to_vec();
        self
    }

    /// Indexes only the rows for which this holds.
    #[must_use]
    pub fn predicate(mut self, predicate: impl Into<String>) -> Self {
        self.predicate = Some(predicate.into());
        self
    }

    /// Adds what no other method says, verbatim.
    #[must_use]
    pub fn extra(mut self, clause: impl Into<String>) -> Self {
        self.clause = clause.into();
        self
    }

    /// Whether an entity could have asked for it: plain columns, all rows, nothing special.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let plain = |column: &IndexColumn| *column == IndexColumn::new(&column.name);
        self.method.is_none()
            && !self.invalid
            && self.include.is_empty()
            && self.clause.is_empty()
            && self.predicate.is_none()
            && self.columns.iter().all(plain)
    }

    /// The names of its columns; expressions are left out.
    pub fn column_names(&self) -> impl Iterator<Item = &str> {
        let columns = self.columns.iter().filter(|column| !column.expression);
        columns.map(|column| column.name.as_str())
    }

    /// Whether both have the same definition, whatever they are called.
    #[must_use]
    pub fn means(&self, other: &Self) -> bool {
        let bare = |index: &Self| Self {
            name: String::new(),
            predicate: None,
            columns: Vec::new(),
            ..index.clone()
        };
        let predicates = match (&self.predicate, &other.predicate) {
            (Some(one), Some(other)) => equivalent(one, other),
            (one, other) => one == other,
        };
        let mut columns = self.columns.iter().zip(&other.columns);
        bare(self) == bare(other)
            && predicates
            && self.columns.len() == other.columns.len()
            && columns.all(|(one, other)| one.means(other))
    }
}

impl IndexColumn {
    /// A column, upwards.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            expression: false,
            descending: false,
            nulls_first: None,
            clause: String::new(),
        }
    }

    /// Whether both say the same, however an expression is spelt.
    fn means(&self, other: &Self) -> bool {
        *self == Self { name: self.name.clone(), ..other.clone() }
            && (self.name == other.name || self.expression && equivalent(&self.name, &other.name))
    }

    /// An expression, upwards.
    #[must_use]
    pub fn expression(expression: &str) -> Self {
        Self { expression: true, ..Self::new(expression) }
    }

    /// Sorts downwards.
    #[must_use]
    pub fn descending(mut self) -> Self {
        self.descending = true;
        self
    }

    /// Puts NULLs first, or last.
    #[must_use]
    pub fn nulls_first(mut self, first: bool) -> Self {
        self.nulls_first = Some(first);
        self
    }

    /// Adds what no other method says, verbatim.
    #[must_use]
    pub fn extra(mut self, clause: impl Into<String>) -> Self {
        self.clause = clause.into();
        self
    }

    /// As SQL writes it.
    #[must_use]
    pub fn sql(&self) -> String {
        let mut sql = if self.expression { format!("({})", self.name) } else { quote(&self.name) };
        if !self.clause.is_empty() {
            sql = format!("{sql} {}", self.clause);
        }
        if self.descending {
            sql.push_str(" DESC");
        }
        match self.nulls_first {
            Some(true) => sql.push_str(" NULLS FIRST"),
            Some(false) => sql.push_str(" NULLS LAST"),
            None => {}
        }
        sql
    }
}
