//! Verbs that write files: `migrate`, `revision`, `edit`.

use chrono::Utc;
use sea_orm::DbBackend;
use serde::Serialize;

use super::{
    Command,
    arguments::{Decisions, EditArguments, MigrateArguments, RevisionArguments},
    console,
    models::Extras,
};
use crate::{
    check::lint::Finding,
    error::{Error, Result},
    operation::{
        Operation,
        describe::{counted, describe},
    },
    project::{
        accepted::Accepted,
        copy::script_of,
        directory::Directory,
        generate::{Draft, Drafted, GenerateOptions, Phase},
        render,
    },
    revision::{Revision, suggest_message},
    runtime::{target::Target, upgrade::Direction},
};

/// What `migrate` answers as JSON.
#[derive(Serialize)]
struct MigrateOutput<'a> {
    revision: Option<&'a str>,
    path: Option<String>,
    operations: &'a [Operation],
    down: &'a [Operation],
    notes: &'a [String],
    findings: &'a [Finding],
    applied: bool,
}

impl Command<'_> {
    pub async fn migrate(&self, arguments: &MigrateArguments) -> Result<()> {
        if arguments.empty {
            return self.empty(arguments).await;
        }
        let target = self.target()?;
        if !arguments.sql {
            self.expect_built(&self.directory()?)?;
        }
        let mut options = self.decided(&arguments.decisions)?;
        options.accepted = self.accepted()?;
        options.phase = arguments.phase.as_deref().map(|phase| match phase {
            "expand" => Phase::Expand,
            _ => Phase::Contract,
        });
        if arguments.apply {
            self.expect_head(&target).await?;
        }
        let Some(mut draft) = self.revise.draft(&target, &options).await? else {
            self.console.note("nothing to do: the migrations lead to what the entities say");
            return self.console.json(&written(None, None, None, false));
        };
        if arguments.apply {
            // Before a file is there that has to be applied afterwards.
            self.revise.agree_to_changes(&target, &draft, &options).await?;
        }
        for operation in &draft.up {
            self.console.note(&format!("  {}", describe(operation)));
        }
        self.print_notes(&draft);
        if arguments.sql {
            return self.print_sql(&draft, &target).await;
        }
        let message = arguments.message.clone().filter(|message| !message.trim().is_empty());
        let message = message.unwrap_or_else(|| suggest_message(&draft.up));
        let extras = self.extras(arguments, (&mut draft, target.backend()))?;
        let (revision, path) = self.write(&self.directory()?, (&message, &draft), &extras)?;
        self.console.say(&path)?;
        if arguments.apply {
            let drafted = Drafted { name: revision.clone(), draft: draft.clone() };
            let applied = self.revise.apply_draft(&target, &drafted, self.console.report()).await;
            // Written and not applied is a state that `upgrade` ends after the next build.
            applied?;
        }
        self.console.json(&written(Some(&revision), Some(path), Some(&draft), arguments.apply))
    }

    pub async fn revision(&self, arguments: &RevisionArguments) -> Result<()> {
        if arguments.autogenerate {
            self.migrate(&arguments.migrate).await
        } else {
            self.empty(&arguments.migrate).await
        }
    }

    /// Writes one to be filled in by hand.
    async fn empty(&self, arguments: &MigrateArguments) -> Result<()> {
        let message = arguments.message.as_deref().filter(|message| !message.trim().is_empty());
        let message = message.ok_or_else(|| {
            Error::Usage("an empty migration needs a message: -m \"What it does\"".to_owned())
        })?;
        let directory = self.directory()?;
        self.expect_built(&directory)?;
        let mut draft = Draft::empty();
        let mut backend = DbBackend::Sqlite;
        match &arguments.models {
            None => {}
            Some(tables) if tables.is_empty() => {
                return Err(Error::Usage(
                    "an empty migration touches no table; name those of `--models`, such as `--models book,author`".to_owned(),
                ));
            }
            Some(_) => (draft.before, backend) = self.reached().await?,
        }
        let extras = self.extras(arguments, (&mut draft, backend))?;
        let (revision, path) = self.write(&directory, (message, &draft), &extras)?;
        self.console.say(&path)?;
        self.console.json(&written(Some(&revision), Some(path), Some(&draft), false))
    }

    /// The frozen entities that are asked for.
    fn extras(
        &self,
        arguments: &MigrateArguments,
        draft: (&mut Draft, DbBackend),
    ) -> Result<Extras> {
        match &arguments.models {
            None => Ok(Extras::default()),
            Some(tables) => self.models(tables, draft),
        }
    }

    /// Writes a migration and lists it.
    pub fn write(
        &self,
        directory: &Directory,
        (message, draft): (&str, &Draft),
        extras: &Extras,
    ) -> Result<(String, String)> {
        let mut revision = Revision::new(Utc::now(), message);
        if let Some(newest) = directory.newest().map_err(stopped)? {
            revision = revision.after(&newest);
        }
        let last = self.rows(directory).pop();
        let source = render::migration(&render::RevisionFile {
            revision: &revision,
            message,
            after: last.as_ref().map(|last| last.revision.as_str()),
            up: &draft.up,
            down: &draft.down,
            notes: &draft.notes,
            transaction: draft.transaction,
        });
        let source = if extras.is_baseline { render::baseline(&source) } else { source };
        let source = match extras.models {
            Some(_) => render::with_models(&source),
            None => source,
        };
        let laid_out = |source: &str| render::format(source, directory.folder());
        let models = extras.models.as_deref().map(laid_out);
        let path = directory
            .add_with(&revision.name(), &laid_out(&source), models.as_deref())
            .map_err(stopped)?;
        let shown = std::env::current_dir()
            .ok()
            .and_then(|here| path.strip_prefix(here).ok().map(ToOwned::to_owned));
        Ok((revision.name(), shown.unwrap_or(path).display().to_string()))
    }

    fn print_notes(&self, draft: &Draft) {
        for note in &draft.notes {
            self.console.note(&format!("note: {note}"));
        }
        for finding in &draft.findings {
            self.console.note(&format!("{}: {}", console::word(finding.level), finding.message));
        }
        if self.console.is_verbose() {
            for left in &draft.unmanaged {
                self.console.note(&format!("left alone: {left}"));
            }
        }
    }

    async fn expect_head(&self, target: &Target) -> Result<()> {
        let pending = match self.open_for_reading().await? {
            None => self.revise.revisions().len(),
            Some(session) => {
                let status = self.revise.status(&session.db).await;
                session.close().await;
                status?.pending.len()
            }
        };
        if pending == 0 {
            return Ok(());
        }
        Err(Error::Pending(format!(
            "{target} lacks {}, and `--apply` comes after them; `{} upgrade` first",
            counted(pending, "migration"),
            self.revise.program
        )))
    }

    async fn print_sql(&self, draft: &Draft, target: &Target) -> Result<()> {
        let statements = self.statements(target, draft).await?;
        self.console.json(&statements)?;
        statements.iter().try_for_each(|sql| self.console.say(&format!("{sql};")))
    }

    /// The statements of a draft, on a copy of the schema that the history leads to.
    async fn statements(&self, target: &Target, draft: &Draft) -> Result<Vec<String>> {
        if let Target::Postgres(_) = target {
            return Ok(crate::postgres::statements(&draft.before, &draft.up)?);
        }
        Ok(script_of(&draft.before, &draft.up).await?.statements)
    }

    /// The flags as options, with questions where there is a terminal.
    pub fn decided(&self, decisions: &Decisions) -> Result<GenerateOptions> {
        let Decisions {
            rename,
            no_rename,
            default,
            using,
            map,
            only,
            exclude,
            allow_destructive,
            force_rewrite,
            names,
            ignore_length,
            strict,
        } = decisions.clone();
        Ok(GenerateOptions {
            renames: rename,
            no_rename,
            defaults: default,
            using,
            enum_map: map,
            only,
            exclude,
            allow_destructive,
            force_rewrite,
            strict_names: names == "strict",
            ignore_length,
            strict,
            phase: None,
            accepted: Accepted::default(),
            shadow: self.shadow()?,
            ask: self.console.ask(),
            confirm: self.console.confirm(),
        })
    }

    pub fn edit(&self, arguments: &EditArguments) -> Result<()> {
        let directory = self.directory()?;
        let row = self.row(&directory, &arguments.revision)?;
        let wanted = row.revision;
        let path = row.path.ok_or_else(|| {
            stopped(format!("the file of `{wanted}` is not in `{}`", directory.folder().display()))
        })?;
        let editor = ["VISUAL", "EDITOR"].iter().find_map(std::env::var_os);
        let editor = editor.ok_or_else(|| {
            Error::Usage(format!("no editor is named in EDITOR; the file is `{}`", path.display()))
        })?;
        let ended = std::process::Command::new(&editor).arg(&path).status();
        let shown = editor.to_string_lossy();
        match ended.map_err(Error::file(format!("cannot start `{shown}`")))? {
            status if status.success() => {
                self.console.json(&serde_json::json!({ "revision": wanted, "path": path }))
            }
            status => Err(Error::Stopped(format!("`{shown}` ended with {status}"))),
        }
    }
}

fn written<'a>(
    revision: Option<&'a str>,
    path: Option<String>,
    draft: Option<&'a Draft>,
    applied: bool,
) -> MigrateOutput<'a> {
    MigrateOutput {
        revision,
        path,
        operations: draft.map(|draft| draft.up.as_slice()).unwrap_or_default(),
        down: draft.map(|draft| draft.down.as_slice()).unwrap_or_default(),
        notes: draft.map(|draft| draft.notes.as_slice()).unwrap_or_default(),
        findings: draft.map(|draft| draft.findings.as_slice()).unwrap_or_default(),
        applied,
    }
}

/// An error of the folder of migrations.
pub fn stopped(error: impl ToString) -> Error {
    Error::Stopped(error.to_string())
}

/// What a direction is called in output.
#[must_use]
pub fn direction_word(direction: Direction) -> &'static str {
    match direction {
        Direction::Up => "up",
        Direction::Down => "down",
    }
}
