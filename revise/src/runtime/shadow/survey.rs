//! What a shadow has to know about a PostgreSQL database: what its schemas and extensions are called, and what the role may do.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use serde::Deserialize;

/// One query, because a server may be far away.
const QUERY: &str = include_str!("survey.sql");

/// A database as it is now.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Survey {
    /// The schema that the connection creates tables in.
    pub own: Option<String>,
    /// The schemas in which it looks for names.
    pub path: Vec<String>,
    /// All schemas, except for the system's and those that an extension made.
    pub schemas: Vec<String>,
    /// The own one, and those that have tables: what no shadow inside of the database may reach.
    pub walled: BTreeSet<String>,
    /// The oldest first.
    pub extensions: Vec<Extension>,
    /// What the database sets for its sessions and has in this one, as `name=value`.
    pub settings: Vec<String>,
    pub locale: Locale,
    pub may_create_databases: bool,
    pub may_create: bool,
    pub may_create_here: bool,
    pub may_temp: bool,
    /// Whether the own schema has no tables, views or sequences.
    pub empty: bool,
    pub standby: bool,
    /// Scratch databases without a session, of commands that were killed.
    pub leftovers: Vec<String>,
    /// The seconds since 1970, by the server's clock.
    pub moment: i64,
    /// The number of this session's process.
    pub process: i32,
    /// The version of the server: 150004.
    pub version: i32,
}

/// An extension of a database.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Extension {
    pub name: String,
    pub schema: String,
}

/// How a database compares texts.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Locale {
    pub encoding: String,
    pub datcollate: String,
    pub datctype: String,
    pub datlocprovider: Option<String>,
    /// PostgreSQL 15 and 16 call it `daticulocale`.
    #[serde(alias = "daticulocale")]
    pub datlocale: Option<String>,
    pub daticurules: Option<String>,
}

impl Survey {
    /// Looks at the database of a connection.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn of(db: &impl ConnectionTrait) -> Result<Self, DbErr> {
        let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, QUERY)).await?;
        let text: String = row.map_or(Ok(String::new()), |row| row.try_get_by_index(0))?;
        serde_json::from_str(&text).map_err(|error| DbErr::Type(format!("{error} in `{text}`")))
    }

    /// The schema that stands for the own one.
    pub fn own(&self) -> String {
        self.own.clone().unwrap_or_else(|| "public".to_owned())
    }

    /// The schemas of extensions.
    pub fn extension_schemas(&self) -> Vec<String> {
        let names: BTreeSet<&String> =
            self.extensions.iter().map(|extension| &extension.schema).collect();
        names.into_iter().filter(|name| *name != "pg_catalog").cloned().collect()
    }
}
