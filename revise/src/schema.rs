//! A database's schema as one canonical value: what both readers answer and what the difference is taken of.
//!
//! Everything is owned and ordered. The text of expressions is the database's own; where two spellings mean the same,
//! the readers choose one, so that `==` on parts is a comparison of meaning.

pub(crate) mod checksum;
pub(crate) mod clause;
mod column;
mod column_type;
mod default_value;
pub mod expression;
mod family;
mod index;
mod key;
pub(crate) mod names;
mod needs;
mod object;
mod pattern;
mod table;
pub(crate) mod views;

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

pub use self::{
    column::{Column, Generated, Identity, Written},
    column_type::Type,
    default_value::DefaultValue,
    index::{Index, IndexColumn},
    key::{Action, Check, ForeignKey, PrimaryKey, Unique},
    needs::{Needs, Node},
    object::{Call, DatabaseObject, InspectedObject, ObjectKind, ReplaceMethod},
    table::{Table, Used},
};

/// The name of a table, with the schema it lives in where that is not the connection's own (PostgreSQL only).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableName {
    /// The schema, where it is not the one that the connection works in.
    pub schema: Option<String>,
    /// The name inside the schema.
    pub name: String,
}

impl TableName {
    /// As SQL writes it: every part in double quotes.
    #[must_use]
    pub fn quoted(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{}.{}", quote(schema), quote(&self.name)),
            None => quote(&self.name),
        }
    }

    /// The same schema with another name.
    #[must_use]
    pub fn renamed(&self, name: impl Into<String>) -> Self {
        Self { schema: self.schema.clone(), name: name.into() }
    }
}

impl From<&str> for TableName {
    fn from(name: &str) -> Self {
        Self { schema: None, name: name.to_owned() }
    }
}

impl From<String> for TableName {
    fn from(name: String) -> Self {
        Self { schema: None, name }
    }
}

impl From<(&str, &str)> for TableName {
    fn from((schema, name): (&str, &str)) -> Self {
        Self { schema: Some(schema.to_owned()), name: name.to_owned() }
    }
}

impl From<&TableName> for TableName {
    fn from(name: &TableName) -> Self {
        name.clone()
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl Serialize for TableName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Tables, enums and what else was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Schema {
    /// The tables by name.
    pub tables: BTreeMap<TableName, Table>,
    /// PostgreSQL's enum types by name, with their values in order. SQLite keeps an enum as text and has none.
    pub enums: BTreeMap<String, Vec<String>>,
    /// Views by name.
    pub views: BTreeMap<TableName, SqlDefinition>,
    /// Database objects that the model does not take apart, where they were asked for. Operations on them are not applied.
    #[serde(skip)]
    pub objects: Vec<InspectedObject>,
    /// What needs what among all of them (PostgreSQL only), where the other objects were asked for.
    #[serde(skip)]
    pub needs: Needs,
    /// Whether the database has statistics for its planner (SQLite only), which a rebuild has to repeat.
    #[serde(skip)]
    pub analyzed: Used,
    /// Whether a trigger, a view or a full-text table is broken already (SQLite only).
    #[serde(skip)]
    pub broken: Used,
    /// What is there and is none of ours: extension tables, virtual tables and their shadows, partitions. Sorted.
    pub unmanaged: Vec<String>,
}

impl Schema {
    /// The table of a name.
    #[must_use]
    pub fn table(&self, name: &TableName) -> Option<&Table> {
        self.tables.get(name)
    }

    /// Puts a table in, under its own name.
    pub fn insert(&mut self, table: Table) {
        self.tables.insert(table.name.clone(), table);
    }

    /// Whether there is nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty() && self.enums.is_empty() && self.views.is_empty()
    }
}

/// A view or a trigger, as the SQL that creates it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SqlDefinition {
    /// Its name.
    pub name: String,
    /// The whole `CREATE …` statement.
    pub sql: String,
}

/// How the statement begins that creates a materialized view.
pub(crate) const MATERIALIZED_VIEW: &str = "CREATE MATERIALIZED VIEW";

impl SqlDefinition {
    /// Whether it is a materialized view.
    pub(crate) fn is_materialized(&self) -> bool {
        self.sql.starts_with(MATERIALIZED_VIEW)
    }
}

/// A name in double quotes, as SQLite and PostgreSQL read it.
#[must_use]
pub fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text in single quotes, as SQLite and PostgreSQL (`standard_conforming_strings`) read it.
#[must_use]
pub fn quote_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Names in double quotes, with commas between.
#[must_use]
pub fn quote_all<N: AsRef<str>>(names: &[N]) -> String {
    names.iter().map(|name| quote(name.as_ref())).collect::<Vec<_>>().join(", ")
}
