//! `init`: a new crate of migrations, or a look at an existing one.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Command, write::stopped};
use crate::{
    error::{Error, Result},
    operation::describe::counted,
    project::{
        directory::{self, Directory, InitOptions, Listed},
        generate::Draft,
    },
    runtime::session::{Session, Use},
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
    /// Where this library comes from, as Cargo.toml writes it: `"0.1"`, or `{ path = "…" }`
    #[arg(long, value_name = "DEPENDENCY")]
    pub revise: Option<String>,
}

impl Command<'_> {
    pub async fn init(&self, arguments: &InitArguments) -> Result<()> {
        if arguments.adopt {
            return self.adopt(arguments.path.as_deref());
        }
        let defaults = InitOptions::default();
        let path = arguments.path.as_deref().unwrap_or(Path::new("migration"));
        let options = InitOptions {
            name: path
                .file_name()
                .map_or(defaults.name, |name| name.to_string_lossy().into_owned()),
            revise: arguments.revise.clone().unwrap_or(defaults.revise),
            ..InitOptions::default()
        };
        let baseline = if arguments.from_db { Some(self.baseline().await?) } else { None };
        let mut made = directory::init(path, &options).map_err(stopped)?;
        if let Some(draft) = baseline {
            let (revision, path) =
                self.write(&made.directory, "Begin with what is there", &draft)?;
            made.files.push(path.into());
            self.console.note(&format!(
                "the database has all of it already: build the crate, then note that with `stamp {revision}`"
            ));
        }
        for file in &made.files {
            self.console.say(&file.display().to_string())?;
        }
        if let Some(workspace) = &made.workspace {
            self.console.note(&format!(
                "add `{}` to the members of `{}`",
                options.name,
                workspace.display()
            ));
        }
        self.console.note(
            "add the crate of the entities to its dependencies, and each entity to `entities()` in its lib.rs",
        );
        self.console.json(&made.files)
    }

    /// The tables of the database as a first migration.
    async fn baseline(&self) -> Result<Draft> {
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
        Draft::creating(&schema, target.backend())
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

/// The main.rs of an adopted crate, as the README has it.
fn main_of(name: &str) -> String {
    format!(
        "    fn main() -> std::process::ExitCode {{\n        \
         sea_revise::Revise::new::<{name}::Migrator>()\n            \
         .entities(sea_revise::Entities::new().add(entity::book::Entity))\n            .main()\n    }}\n"
    )
}
