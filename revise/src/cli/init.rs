//! `init`: a new crate of migrations, or a look at an existing one.

use std::path::{Path, PathBuf};

use clap::Args;
use sea_orm::DbBackend;

use super::{Command, models::Extras, write::stopped};
use crate::{
    error::{Error, Result},
    operation::describe::counted,
    project::{
        directory::{self, Directory, InitOptions, Listed, Place, join},
        generate::Draft,
        models::{self, Form},
    },
    runtime::session::{Session, Use},
    schema::Schema,
};

/// `init`
#[derive(Debug, Args)]
pub struct InitArguments {
    /// The crate: where a new one goes, `migration` without it, or the existing one to look at
    pub path: Option<PathBuf>,
    /// Look at an existing crate of SeaORM migrations, and say what it takes to use it
    #[arg(long)]
    pub adopt: bool,
    /// Begin with a migration that creates what the database has now
    #[arg(long)]
    pub from_db: bool,
    /// Where the entities of its tables go with --from-db: a new crate, `entity` next to it without this, or a folder of a library's src
    #[arg(long, value_name = "DIR", requires = "from_db", conflicts_with = "no_entities")]
    pub entities: Option<PathBuf>,
    /// Write no entities with --from-db
    #[arg(long, requires = "from_db")]
    pub no_entities: bool,
    /// Where this library comes from, as Cargo.toml writes it: `"0.1"`, or `{ path = "…" }`
    #[arg(long, value_name = "DEPENDENCY")]
    pub revise: Option<String>,
}

/// What a database has, as the beginning of a history.
struct Beginning {
    draft: Draft,
    schema: Schema,
    backend: DbBackend,
}

impl Command<'_> {
    pub async fn init(&self, arguments: &InitArguments) -> Result<()> {
        if arguments.adopt {
            return self.adopt(arguments.path.as_deref());
        }
        let defaults = InitOptions::default();
        let path = arguments.path.as_deref().unwrap_or(Path::new("migration"));
        let mut options = InitOptions {
            name: path
                .file_name()
                .map_or(defaults.name, |name| name.to_string_lossy().into_owned()),
            revise: arguments.revise.clone().unwrap_or(defaults.revise),
            ..InitOptions::default()
        };
        let beginning = if arguments.from_db { Some(self.beginning().await?) } else { None };
        let entities = beginning.as_ref().filter(|_| !arguments.no_entities);
        let entities = entities.map(|found| add_entities(found, (path, arguments), &mut options));
        let (entities, remarks) = entities.transpose()?.unzip();
        let mut made = directory::init(path, &options).map_err(stopped)?;
        let new = entities.as_ref().and_then(|place| place.new_crate.as_deref());
        let crates: Vec<&Path> = [Some(path), new].into_iter().flatten().collect();
        let joined = join(&crates).map_err(stopped)?;
        made.files.extend(joined.changed);
        let mut revision = None;
        if let Some(Beginning { draft, .. }) = &beginning {
            let extras = Extras { is_baseline: true, ..Extras::default() };
            let (name, path) =
                self.write(&made.directory, ("Begin with what is there", draft), &extras)?;
            made.files.push(path.into());
            revision = Some(name);
        }
        for file in &made.files {
            self.console.say(&file.display().to_string())?;
        }
        for remark in remarks.into_iter().flatten().chain(joined.note) {
            self.console.note(&format!("note: {remark}"));
        }
        self.say_next(&options, entities.as_ref(), revision.as_deref());
        self.console.json(&made.files)
    }

    /// Says what is left to a person, the next step last.
    fn say_next(&self, options: &InitOptions, entities: Option<&Place>, revision: Option<&str>) {
        match entities {
            Some(place) => {
                if let Some(todo) = &place.todo {
                    self.console.note(todo);
                }
            }
            None => self.console.note(
                "add the crate of the entities to its dependencies, and each entity to `entities()` in its lib.rs",
            ),
        }
        if let Some(revision) = revision {
            self.console.note(&format!(
                "next: the database has all of it already, so build the crate and note that with `cargo run -p {} -- stamp {revision}`; \
                 then `check` says whether anything differs",
                options.name
            ));
        }
    }

    /// The tables of the database as a first migration.
    async fn beginning(&self) -> Result<Beginning> {
        let target = self.target()?;
        if let crate::runtime::target::Target::File(path) = &target
            && !path.exists()
        {
            let path = path.display();
            return Err(Error::Stopped(format!("the database `{path}` does not exist")));
        }
        let session = Session::open(&target, Use::Read).await?;
        let schema = session.read(&[]).await;
        session.close().await;
        let schema = self.revise.history.without_own(schema?);
        if schema.is_empty() {
            return Err(Error::Stopped(format!(
                "{target} has no tables, so there is nothing to begin with, and nothing was written; `init` without `--from-db` makes \
                 a crate for entities that you write"
            )));
        }
        let backend = target.backend();
        Ok(Beginning { draft: Draft::creating(&schema, backend)?, schema, backend })
    }

    fn adopt(&self, path: Option<&Path>) -> Result<()> {
        let directory = match path {
            None => self.directory()?,
            Some(path) => Directory::find(Path::new("."), Some(path))
                .map_err(|error| Error::Usage(error.to_string()))?,
        };
        let listed = directory.listed().map_err(stopped)?;
        let names = listed.iter().filter_map(Listed::label).collect::<Vec<_>>();
        self.console.json(&names)?;
        let name = directory.crate_name().unwrap_or_else(|| "migration".to_owned());
        self.console.say(&format!(
            "`{}` is understood, and registers {}",
            directory.registry().display(),
            counted(listed.len(), "migration")
        ))?;
        self.console.say(&format!(
            "nothing has to be edited in them. Add `sea-revise` and the crate of the entities to the dependencies of `{name}`, \
             and let its main.rs be:\n\n{}\n\
             Where the crate of the entities depends on `{name}`, add `sea-revise` to both instead, and let this be the \
             src/bin/migrate.rs of the other one.\n\
             A database that SeaORM's migrator brought here is at the same revision: `current` and `check` say so.",
            main_of(&directory.library_name().unwrap_or_else(|| name.replace('-', "_")))
        ))
    }
}

/// Adds the entities of a database to what is written, and answers where they go.
fn add_entities(
    found: &Beginning,
    (path, arguments): (&Path, &InitArguments),
    options: &mut InitOptions,
) -> Result<(Place, Vec<String>)> {
    let folder = arguments.entities.clone().unwrap_or_else(|| path.with_file_name("entity"));
    let place = Place::of(&folder, path).map_err(stopped)?;
    let form = if place.new_crate.is_some() { Form::Crate } else { Form::Folder };
    let models = models::write(&found.schema, found.backend, form)?;
    let modules = models.tables.iter().map(|(_, module)| module);
    options.entities = modules.map(|module| format!("{}::{module}::Entity", place.path)).collect();
    options.dependencies.push(place.dependency.clone());
    options.files = place.files(models.files, models.has_arrays);
    Ok((place, models.remarks))
}

/// The main.rs of an adopted crate, as the README has it.
fn main_of(name: &str) -> String {
    format!(
        "    fn main() -> std::process::ExitCode {{\n        \
         sea_revise::Revise::new::<{name}::Migrator>()\n            \
         .entities(sea_revise::Entities::new().add(entity::book::Entity))\n            .main()\n    }}\n"
    )
}
