//! `squash`.

use chrono::Utc;

use super::{Command, arguments::SquashArguments, inspect::revision, write::stopped};
use crate::{
    error::{Error, Result},
    operation::describe::{counted, describe},
    project::{
        directory::Directory,
        render,
        squash::{Data, Squash},
    },
    revision::Revision,
};

impl Command<'_> {
    pub async fn squash(&self, arguments: &SquashArguments) -> Result<()> {
        let known = self.revise.revisions();
        let (first, last) = arguments.range.split_once(':').ok_or_else(|| {
            Error::Usage(format!(
                "`{}` is no range, expected `FROM:TO`, both included",
                arguments.range
            ))
        })?;
        let oldest = known.first().cloned().unwrap_or_default();
        let first = match first {
            "" | "base" => oldest,
            given => revision(&known, given)?,
        };
        let last = revision(&known, if last.is_empty() { "head" } else { last })?;
        let directory = self.directory()?;
        self.expect_built(&directory)?;
        let data = match arguments.data.as_deref() {
            Some("keep") => Data::Keep,
            Some("drop") => Data::Drop,
            _ => Data::Ask,
        };
        let target = self.target_or_memory()?;
        let shadow = self.shadow()?;
        let range = (first.as_str(), last.as_str());
        let squash = self.revise.squash(&target, range, (data, shadow.as_ref())).await?;
        for operation in &squash.draft.up {
            self.console.note(&format!("  {}", describe(operation)));
        }
        for note in &squash.draft.notes {
            self.console.note(&format!("note: {note}"));
        }
        let (revision, path) = self.write_squash(&directory, arguments, &squash)?;
        self.console.say(&path)?;
        self.console.note(&format!(
            "it replaces {}; a database that has all of them has it, one that has some has to be upgraded with the program of today first",
            counted(squash.replaces.len(), "migration")
        ));
        self.console.json(&serde_json::json!({
            "revision": revision, "path": path, "replaces": squash.replaces, "operations": squash.draft.up,
            "down": squash.draft.down, "notes": squash.draft.notes, "data": squash.data,
        }))
    }

    fn write_squash(
        &self,
        directory: &Directory,
        arguments: &SquashArguments,
        squash: &Squash,
    ) -> Result<(String, String)> {
        let rows = self.rows(directory);
        let modules: Option<Vec<String>> = squash
            .replaces
            .iter()
            .map(|name| rows.iter().find(|row| row.revision == *name)?.module.clone())
            .collect();
        let modules = modules.ok_or_else(|| {
            stopped(format!(
                "not all of these migrations are modules of `{}`; nothing was written",
                directory.registry().display()
            ))
        })?;
        let last = squash.replaces.last().map(String::as_str).unwrap_or_default();
        let message = arguments.message.clone().unwrap_or_else(|| "squash".to_owned());
        // Where the names have the engine's form, it stays in its place.
        let moment = Revision::parse(last).map_or_else(Utc::now, |last| last.moment());
        let mut revision = Revision::new(moment, &message);
        if Revision::parse(last).is_none()
            && let Some(newest) = directory.newest().map_err(stopped)?
        {
            revision = revision.after(&newest);
        }
        let place = rows.iter().position(|row| squash.replaces.contains(&row.revision));
        let after = place.and_then(|place| place.checked_sub(1)).and_then(|place| rows.get(place));
        let source = render::migration(&render::RevisionFile {
            revision: &revision,
            message: &message,
            after: after.map(|row| row.revision.as_str()),
            up: &squash.draft.up,
            down: &squash.draft.down,
            notes: &squash.draft.notes,
            transaction: squash.draft.transaction,
        });
        let source = render::replacing(&source, &squash.replaces);
        let source = render::format(&source, directory.folder());
        let name = revision.name();
        let path = directory.replace(&modules, &name, &source).map_err(stopped)?;
        Ok((name, path.display().to_string()))
    }
}
