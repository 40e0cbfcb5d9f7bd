//! Objects of a database that the model does not take apart: a function, a policy, a sequence, a setting of a table. Each
//! has a name and the SQL that creates and drops it.

use serde::{Deserialize, Serialize};

/// An object of a database, as the SQL that creates it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseObject {
    /// What it is and what it is called: `function f(integer)`, `policy own of table book`.
    pub name: String,
    /// The statements that create it.
    pub sql: String,
    /// The statement that drops it.
    pub drop: String,
}

impl DatabaseObject {
    /// An object of this name, with the statements that create and drop it.
    #[must_use]
    pub fn new(name: &str, sql: &str, drop: &str) -> Self {
        Self { name: name.to_owned(), sql: sql.to_owned(), drop: drop.to_owned() }
    }
}

/// An object as it was read from a database, with what operations may do to it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct InspectedObject {
    /// The object.
    #[serde(flatten)]
    pub object: DatabaseObject,
    /// What has a lower number is made before it.
    pub rank: u8,
    /// How it is replaced by another one of its name.
    pub change: ReplaceMethod,
}

/// How an object is replaced by another one of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplaceMethod {
    /// It is dropped and created again.
    Recreate,
    /// The statement that makes it replaces what is there.
    Replace,
    /// It is not, because others depend on it; it can be created and dropped.
    Fixed,
    /// No operation creates, replaces or drops it; its SQL is a description.
    Never,
}
