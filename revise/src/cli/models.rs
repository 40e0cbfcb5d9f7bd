//! `migrate --models`: the tables of a revision as entities of its own, which stay as they are when those of the project change.

use std::collections::BTreeSet;

use sea_orm::DbBackend;

use super::Command;
use crate::{
    error::{Error, Result},
    operation::{Operation, describe::counted},
    project::{
        generate::Draft,
        models::{self, Form},
    },
    runtime::{replay::Replay, shadow::Shadows, target::Target},
    schema::{Schema, TableName},
};

/// What is written besides the plan of a migration.
#[derive(Default)]
pub struct Extras {
    /// Whether the plan creates what was there before it.
    pub is_baseline: bool,
    /// The frozen entities.
    pub models: Option<String>,
}

impl Command<'_> {
    /// The tables as they are after a draft, as entities. `wanted` names them; without a name they are those that the draft touches.
    pub fn models(
        &self,
        wanted: &[String],
        (draft, backend): (&mut Draft, DbBackend),
    ) -> Result<Extras> {
        let mut schema = draft.before.clone();
        schema.apply_all(&draft.up, backend)?;
        let chosen = match wanted {
            [] => touched(&draft.up, &schema),
            names => names.iter().map(|name| named(name, &schema)).collect::<Result<_>>()?,
        };
        schema.tables.retain(|name, _| chosen.contains(name));
        let models = models::write(&schema, backend, Form::Frozen)?;
        if let [.., remark] = models.remarks.as_slice()
            && models.tables.len() < wanted.len()
        {
            return Err(Error::Stopped(remark.clone()));
        }
        for remark in &models.remarks {
            self.console.note(&format!("note: {remark}"));
        }
        if models.tables.is_empty() {
            self.console.note(
                "note: the migration leaves no table that it touches, so no models were written",
            );
            return Ok(Extras::default());
        }
        let names: Vec<String> =
            models.tables.iter().map(|(_, module)| format!("`models::{module}`")).collect();
        draft.notes.push(format!(
            "{} {} as after this revision. Use them in `up` after the plan and in `down` before it, over `manager.get_connection()`, with \
             what `models::sea_orm::entity::prelude` has.",
            names.join(", "),
            if names.len() == 1 { "is the table" } else { "are the tables" },
        ));
        let text = models.files.into_iter().next().map(|(_, text)| text);
        Ok(Extras { models: text, ..Extras::default() })
    }

    /// The schema that the history leads to, for a migration without a plan.
    pub async fn reached(&self) -> Result<(Schema, DbBackend)> {
        let work = async |shadows: &Shadows, target: &Target| {
            let migrations = (self.revise.migrations)();
            let replay = Replay::run(shadows, &migrations, &self.revise.schemas(target)).await?;
            let schema = replay.schema(&self.revise.history).await;
            replay.close().await;
            Ok((schema?, target.backend()))
        };
        self.with_shadows(work).await
    }
}

/// The tables of operations that are there afterwards.
fn touched(operations: &[Operation], after: &Schema) -> BTreeSet<TableName> {
    let tables = operations.iter().flat_map(Operation::tables);
    tables.filter(|table| after.table(table).is_some()).collect()
}

fn named(name: &str, schema: &Schema) -> Result<TableName> {
    let found = schema.tables.keys().find(|table| table.to_string() == name);
    found.cloned().ok_or_else(|| {
        let names: Vec<String> = schema.tables.keys().map(ToString::to_string).collect();
        let tables = counted(names.len(), "table");
        Error::Usage(format!(
            "`--models` names the table `{name}`, which is not there at this revision; there are {tables}: {}",
            names.join(", ")
        ))
    })
}
