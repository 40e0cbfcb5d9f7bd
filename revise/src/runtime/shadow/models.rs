//! The schema of the entities, made in a shadow and read again.

use super::Shadows;
use crate::{
    entities::Entities,
    error::{Error, Result},
    schema::{Schema, quote},
};

impl Shadows {
    /// The schema that the entities ask for.
    ///
    /// # Errors
    /// [`Error::Stopped`] for an empty list, which would mean to drop everything.
    pub async fn of_entities(&self, entities: &Entities) -> Result<Schema> {
        if entities.is_empty() {
            return Err(Error::Stopped(
                "the list of entities is empty, so nothing can be compared with it; add them: \
                 `Entities::new().add(book::Entity)`"
                    .to_owned(),
            ));
        }
        let backend = self.backend();
        let statements = entities.statements(backend);
        if let Some(table) = statements.repeated() {
            return Err(Error::Stopped(format!(
                "two entities of the list are of the table `{table}`; leave one of them out, the one that has not all of its columns"
            )));
        }
        let shadow = self.open(&statements.schemas()).await?;
        let names = shadow.names();
        // In a database of its own a schema has its own name.
        for schema in names.iter().filter(|(name, actual)| name == actual).map(|(name, _)| name) {
            let sql = format!("CREATE SCHEMA IF NOT EXISTS {}", quote(schema));
            let created = shadow.execute(&sql).await;
            created.map_err(Error::database("cannot make a shadow schema"))?;
        }
        let actual = |schema: &str| names.get(schema).cloned().unwrap_or_else(|| schema.to_owned());
        for sql in statements.sql(&actual) {
            let created = shadow.execute(&sql).await;
            created.map_err(Error::database(format!("the entities cannot be created ({sql})")))?;
        }
        let mut schema = shadow.read().await?;
        shadow.close().await;
        statements.without_made_up(&mut schema);
        entities.refine(&mut schema, backend);
        entities.name(&mut schema)?;
        Ok(schema)
    }
}
