//! What leads from a database to an empty one, the history included.

use super::{Comparison, Side, read_database};
use crate::{
    diff::diff,
    error::Result,
    operation::Operation,
    project::generate::GenerateOptions,
    runtime::{
        revise::Revise,
        session::{Session, Use},
        shadow::Shadows,
        target::Target,
    },
    schema::quote,
};

impl Revise {
    /// Compares a database with an empty one: all of it, also what the entities leave alone. What was applied is forgotten
    /// together with the tables that it made.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) async fn emptying(
        &self,
        target: &Target,
        options: &GenerateOptions,
    ) -> Result<Comparison> {
        let backend = target.backend();
        let nothing = Side::Revision(String::new());
        let before = read_database(target, self).await?;
        let read = async |shadows: &Shadows| self.read_side(shadows, target, &nothing).await;
        let after = self.with_shadows(target, options.shadow.as_ref(), read).await?;
        let compare = self.whole_options(backend, options)?;
        let mut difference = diff(&before, &after, &compare)?;
        // No operation drops a virtual table, because none would create it again; here it need not.
        for found in &before.objects {
            if let Some(name) = found.object.virtual_table_name() {
                difference.by_hand.retain(|by_hand| by_hand.name != found.object.name);
                let sql = format!("DROP TABLE {}", quote(name));
                let drop = Operation::Sql { sqlite: Some(sql), postgres: None };
                difference.operations.insert(0, drop);
            }
        }
        difference.operations.extend(self.history_drops(target).await?);
        let apply_to = Some(target.clone());
        Ok(Comparison {
            difference,
            backend,
            all: before.clone(),
            before,
            apply_to,
            whole: true,
            consent: options.allow_destructive,
            lock_timeout: None,
        })
    }

    /// What drops SeaORM's table and those of the engine.
    async fn history_drops(&self, target: &Target) -> Result<Vec<Operation>> {
        let session = Session::open(target, Use::Read).await?;
        let schema = session.read(&[]).await;
        session.close().await;
        let names = self.history.names();
        let own = schema?.tables.into_iter().filter(|(name, _)| names.contains(name));
        let drops = own
            .map(|(table, before)| Operation::DropTable { table, before: Some(Box::new(before)) });
        Ok(drops.collect())
    }
}
