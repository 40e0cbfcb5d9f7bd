//! What else a database has, verbatim: a function, a policy, a sequence, a setting of a table. The model does not take
//! it apart; it knows what it is called, and how it is made and dropped.

use serde::{Deserialize, Serialize};

/// Something that is kept as the SQL that makes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extra {
    /// What it is and what it is called: `function f(integer)`, `policy own of table book`.
    pub name: String,
    /// The statements that make it.
    pub sql: String,
    /// The statement that drops it.
    pub drop: String,
}

impl Extra {
    /// What it is called, how it is made and how it is dropped.
    #[must_use]
    pub fn new(name: &str, sql: &str, drop: &str) -> Self {
        Self { name: name.to_owned(), sql: sql.to_owned(), drop: drop.to_owned() }
    }
}

/// Something that was found in a database, and what may be done with it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Found {
    /// What it is.
    #[serde(flatten)]
    pub extra: Extra,
    /// What has a lower number is made before it.
    pub rank: u8,
    /// How it becomes another one of its name.
    pub change: Change,
}

/// How something becomes another one of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is dropped and made anew.
    Renew,
    /// The statement that makes it replaces what is there.
    Replace,
    /// Not at all, because others stand on it; it can be made and dropped.
    Fixed,
    /// No operation makes, changes or drops it; its SQL is a description.
    Never,
}
