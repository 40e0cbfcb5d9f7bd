//! Keys and constraints of a table.

use serde::Serialize;

use crate::schema::TableName;

/// A primary key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PrimaryKey {
    /// The constraint's name where it has one; never a difference in itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The columns in the key's order.
    pub columns: Vec<String>,
    /// The clause that no other member says, verbatim, such as SQLite's `ON CONFLICT REPLACE`.
    #[serde(rename = "extra", skip_serializing_if = "String::is_empty")]
    pub clause: String,
}

impl PrimaryKey {
    /// A key without a name of its own.
    #[must_use]
    pub fn new<const N: usize>(columns: [&str; N]) -> Self {
        Self { name: None, columns: columns.map(str::to_owned).to_vec(), clause: String::new() }
    }

    /// Names the constraint.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds what no other method says, verbatim.
    #[must_use]
    pub fn extra(mut self, clause: impl Into<String>) -> Self {
        self.clause = clause.into();
        self
    }
}

impl<const N: usize> From<[&str; N]> for PrimaryKey {
    fn from(columns: [&str; N]) -> Self {
        Self::new(columns)
    }
}

/// A unique constraint. SQLite cannot add one to a table, so there it becomes a unique index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Unique {
    /// The columns in the constraint's order.
    pub columns: Vec<String>,
    /// The constraint's name where it has one; never a difference in itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The clause that no other member says, verbatim.
    #[serde(rename = "extra", skip_serializing_if = "String::is_empty")]
    pub clause: String,
}

impl Unique {
    /// A constraint without a name of its own.
    #[must_use]
    pub fn new<const N: usize>(columns: [&str; N]) -> Self {
        Self { name: None, columns: columns.map(str::to_owned).to_vec(), clause: String::new() }
    }

    /// Names the constraint.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds what no other method says, verbatim.
    #[must_use]
    pub fn extra(mut self, clause: impl Into<String>) -> Self {
        self.clause = clause.into();
        self
    }
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ForeignKey {
    /// The columns of this table.
    pub columns: Vec<String>,
    /// The table they point at.
    pub references: TableName,
    /// The columns they point at; empty on SQLite where the definition leaves them to be the primary key.
    pub referenced: Vec<String>,
    /// What happens to a row when the row it points at is deleted.
    pub on_delete: Action,
    /// What happens to a row when the key it points at changes.
    pub on_update: Action,
    /// The constraint's name where it has one; never a difference in itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The clause that no other member says, verbatim: `DEFERRABLE INITIALLY DEFERRED`, `MATCH FULL`.
    #[serde(rename = "extra", skip_serializing_if = "String::is_empty")]
    pub clause: String,
}

impl ForeignKey {
    /// A key without a name of its own that does nothing on its own. Both lists are of one length; on SQLite
    /// `referenced` may be empty, which is the primary key.
    #[must_use]
    pub fn new<const N: usize, const M: usize>(
        columns: [&str; N],
        references: impl Into<TableName>,
        referenced: [&str; M],
    ) -> Self {
        Self {
            columns: columns.map(str::to_owned).to_vec(),
            references: references.into(),
            referenced: referenced.map(str::to_owned).to_vec(),
            on_delete: Action::NoAction,
            on_update: Action::NoAction,
            name: None,
            clause: String::new(),
        }
    }

    /// Names the constraint.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Says what happens when the row it points at is deleted.
    #[must_use]
    pub fn on_delete(mut self, action: Action) -> Self {
        self.on_delete = action;
        self
    }

    /// Says what happens when the key it points at changes.
    #[must_use]
    pub fn on_update(mut self, action: Action) -> Self {
        self.on_update = action;
        self
    }

    /// Adds what no other method says, verbatim.
    #[must_use]
    pub fn extra(mut self, clause: impl Into<String>) -> Self {
        self.clause = clause.into();
        self
    }

    /// Whether both say the same, whatever they are called.
    #[must_use]
    pub fn means(&self, other: &Self) -> bool {
        let unnamed = |key: &Self| Self { name: None, ..key.clone() };
        unnamed(self) == unnamed(other)
    }
}

/// What a foreign key does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The change is refused at the end of the statement, or of the transaction when the key is deferred.
    #[default]
    NoAction,
    /// The change is refused at once.
    Restrict,
    /// The row goes, or changes, too.
    Cascade,
    /// The columns become NULL.
    SetNull,
    /// The columns get their default.
    SetDefault,
}

impl Action {
    /// As SQL writes it.
    #[must_use]
    pub fn sql(self) -> &'static str {
        match self {
            Self::NoAction => "NO ACTION",
            Self::Restrict => "RESTRICT",
            Self::Cascade => "CASCADE",
            Self::SetNull => "SET NULL",
            Self::SetDefault => "SET DEFAULT",
        }
    }
}

/// A check constraint.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Check {
    /// The expression in the database's own text, without the parentheses around it.
    pub expression: String,
    /// The constraint's name where it has one; never a difference in itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Check {
    /// A check without a name of its own.
    #[must_use]
    pub fn new(expression: impl Into<String>) -> Self {
        Self { expression: expression.into(), name: None }
    }

    /// Names the constraint.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}
