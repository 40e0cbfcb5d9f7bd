//! Which schemas of a database are read.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use crate::schema::TableName;

/// Which schemas of the database are read, and what they are called in the model.
///
/// A shadow lies in a schema of another name, and `pg_temp` has a name of its own in every session, so the model never
/// keeps the name of the schema that the connection works in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaScope {
    /// The schema, as it is called in the database, whose tables have no schema in their name.
    pub own: String,
    /// Further schemas, as they are called in the database, and what they are called in the model.
    pub others: BTreeMap<String, String>,
}

impl SchemaScope {
    /// The schema in which the connection creates tables, and no others.
    ///
    /// # Errors
    /// When the database cannot be asked, or no schema of its `search_path` exists.
    pub async fn of_connection(db: &impl ConnectionTrait) -> Result<Self, DbErr> {
        let statement =
            Statement::from_string(DbBackend::Postgres, "SELECT current_schema()::text");
        let row = db.query_one_raw(statement).await?;
        let own = row.map(|row| row.try_get_by_index::<Option<String>>(0)).transpose()?.flatten();
        let own = own.ok_or_else(|| {
            let message = "no schema of `search_path` exists; create one, or name another";
            DbErr::Custom(message.to_owned())
        })?;
        Ok(Self { own, others: BTreeMap::new() })
    }

    /// The name in the model of what lies in a schema.
    pub(super) fn name(&self, schema: &str, name: &str) -> TableName {
        let schema = match self.others.get(schema) {
            _ if schema == self.own => None,
            Some(known) => Some(known.clone()),
            None => Some(schema.to_owned()),
        };
        TableName { schema, name: name.to_owned() }
    }
}
