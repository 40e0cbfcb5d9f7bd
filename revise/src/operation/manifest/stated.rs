//! One thing that a plan states about a table, and what becomes of it when something is renamed or dropped.

use std::collections::BTreeSet;

use crate::schema::{
    Action, ForeignKey, Identity, Schema, Table, TableName, Unique,
    expression::{mentions, rename_in},
    names,
};

/// What a foreign key is known by: its own columns, in any order, and the table that they point at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyName {
    /// The columns of the key's own table.
    pub columns: BTreeSet<String>,
    /// The table that they point at.
    pub references: TableName,
}

impl From<&ForeignKey> for KeyName {
    fn from(key: &ForeignKey) -> Self {
        Self { columns: set(&key.columns), references: key.references.clone() }
    }
}

/// What a plan states about a table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stated {
    /// That there is the table.
    Table,
    /// Its primary key, with the order of the columns.
    PrimaryKey,
    /// The default of a column.
    Default(String),
    /// That the database numbers a column.
    Numbering(String),
    /// The comment of a column, or of the table.
    Comment(Option<String>),
    /// That these columns are unique, in any order.
    Unique(BTreeSet<String>),
    /// The index of a name.
    Index(String),
    /// The check of an expression.
    Check(String),
    /// The check of a name.
    NamedCheck(String),
    /// A foreign key.
    Key(KeyName),
    /// What a foreign key does when the row that it points at is deleted.
    OnDelete(KeyName, Action),
    /// What a foreign key does when what it points at changes.
    OnUpdate(KeyName, Action),
}

impl Stated {
    /// The statement with the names that PostgreSQL keeps of long ones.
    pub(super) fn cut(self) -> Self {
        match self {
            Self::Index(name) => Self::Index(cut(&name).to_owned()),
            Self::NamedCheck(name) => Self::NamedCheck(cut(&name).to_owned()),
            other => other,
        }
    }

    /// The statement with another name for a column of its table.
    pub(super) fn with_column(self, from: &str, to: &str) -> Self {
        let name = |name: String| if name == from { to.to_owned() } else { name };
        let names =
            |names: BTreeSet<String>| names.into_iter().map(name).collect::<BTreeSet<String>>();
        let key = |key: KeyName| KeyName { columns: names(key.columns), ..key };
        match self {
            Self::Default(column) => Self::Default(name(column)),
            Self::Numbering(column) => Self::Numbering(name(column)),
            Self::Comment(column) => Self::Comment(column.map(name)),
            Self::Unique(columns) => Self::Unique(names(columns)),
            Self::Check(expression) => Self::Check(rename_in(&expression, from, to)),
            Self::Key(of) => Self::Key(key(of)),
            Self::OnDelete(of, action) => Self::OnDelete(key(of), action),
            Self::OnUpdate(of, action) => Self::OnUpdate(key(of), action),
            Self::Table | Self::PrimaryKey | Self::Index(_) | Self::NamedCheck(_) => self,
        }
    }

    /// The statement with another name for a table that it points at.
    pub(super) fn with_table(self, from: &TableName, to: &TableName) -> Self {
        let key = |key: KeyName| match key.references == *from {
            true => KeyName { references: to.clone(), ..key },
            false => key,
        };
        match self {
            Self::Key(of) => Self::Key(key(of)),
            Self::OnDelete(of, action) => Self::OnDelete(key(of), action),
            Self::OnUpdate(of, action) => Self::OnUpdate(key(of), action),
            other => other,
        }
    }

    /// The foreign key that it is about.
    pub(super) fn key(&self) -> Option<&KeyName> {
        match self {
            Self::Key(key) | Self::OnDelete(key, _) | Self::OnUpdate(key, _) => Some(key),
            _ => None,
        }
    }

    /// Whether it goes with a column of its table.
    pub(super) fn is_about(&self, column: &str) -> bool {
        match self {
            Self::Default(name) | Self::Numbering(name) => name == column,
            Self::Comment(name) => name.as_deref() == Some(column),
            Self::Unique(columns) => columns.contains(column),
            Self::Check(expression) => mentions(expression, column),
            Self::Key(key) | Self::OnDelete(key, _) | Self::OnUpdate(key, _) => {
                key.columns.contains(column)
            }
            Self::Table | Self::PrimaryKey | Self::Index(_) | Self::NamedCheck(_) => false,
        }
    }

    /// Whether it is still so. A check is: a database spells its expression in its own way.
    pub(super) fn holds_in(&self, schema: &Schema, table: &TableName) -> bool {
        let Some(table) = schema.table(table) else { return false };
        let column = |name: &String| table.find(name);
        match self {
            Self::Table | Self::Check(_) | Self::NamedCheck(_) => true,
            Self::PrimaryKey => table.primary_key.is_some(),
            Self::Default(name) => column(name).is_some_and(|found| found.default.is_some()),
            Self::Numbering(name) => {
                column(name).is_some_and(|found| found.identity != Identity::None)
            }
            Self::Comment(None) => table.comment.is_some(),
            Self::Comment(Some(name)) => column(name).is_some_and(|found| found.comment.is_some()),
            Self::Unique(columns) => uniques(table).any(|found| found == *columns),
            Self::Index(name) => has_index(table, name),
            Self::Key(key) => keys(table, key).next().is_some(),
            Self::OnDelete(key, action) => keys(table, key).any(|found| found.on_delete == *action),
            Self::OnUpdate(key, action) => keys(table, key).any(|found| found.on_update == *action),
        }
    }
}

/// Names in any order.
pub(crate) fn set(names: &[String]) -> BTreeSet<String> {
    names.iter().cloned().collect()
}

/// The columns that are unique together, by a constraint or by a plain index.
pub(crate) fn uniques(table: &Table) -> impl Iterator<Item = BTreeSet<String>> {
    let constraints = table.uniques.iter().map(|unique| set(&unique.columns));
    let indexes = table.indexes.iter().filter(|index| index.unique && index.is_plain());
    constraints.chain(indexes.map(|index| index.column_names().map(str::to_owned).collect()))
}

fn keys<'a>(table: &'a Table, key: &'a KeyName) -> impl Iterator<Item = &'a ForeignKey> {
    table.foreign_keys.iter().filter(move |found| KeyName::from(*found) == *key)
}

/// PostgreSQL has a constraint where SQLite has a unique index.
fn has_index(table: &Table, name: &str) -> bool {
    let named = |unique: &Unique| unique.name.as_deref().map(cut) == Some(name);
    table.indexes.iter().any(|index| cut(&index.name) == name) || table.uniques.iter().any(named)
}

fn cut(name: &str) -> &str {
    names::cut(name, names::MAX_BYTES)
}
