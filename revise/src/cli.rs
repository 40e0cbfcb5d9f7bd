//! The command line, with Flask-Migrate's names and meanings.

mod apply;
mod arguments;
mod compare;
mod console;
mod databases;
mod examples;
mod file_lock;
mod folder;
mod history_repair;
mod init;
mod inspect;
mod lint;
mod models;
mod preview;
mod report;
mod roundtrip;
mod sea_orm;
mod seed;
mod squash;
mod status;
mod usage;
mod write;

use std::{ffi::OsString, process::ExitCode};

use clap::{CommandFactory, FromArgMatches, Parser, error::ErrorKind};
use sea_orm_migration::MigrationTrait;

use self::console::Console;
pub use self::{
    arguments::{Arguments, EXIT_CODES, Globals, Verb},
    console::fail,
    databases::Databases,
    init::InitArguments,
    sea_orm::{AnewArguments, DownArguments, UpArguments},
    seed::SeedArguments,
    usage::misused,
};
use crate::{
    error::{Error, Result},
    project::generate::GenerateOptions,
    runtime::{
        replay::Replay,
        revise::{DEFAULT_PROGRAM, Revise},
        session::{Session, Use},
        shadow::Shadows,
        target::Target,
    },
};

/// Generates, applies and compares migrations.
#[derive(Debug, Parser)]
#[command(name = "migration", version, after_help = arguments::EXIT_CODES)]
struct Whole {
    /// The database; `DATABASE_URL` in the environment or in a file `.env` names it too
    #[arg(short = 'u', long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// The schema of a PostgreSQL database, as SeaORM has it; `DATABASE_SCHEMA` in the environment names it too
    #[arg(short = 's', long, global = true, value_name = "SCHEMA")]
    database_schema: Option<String>,
    #[command(flatten)]
    arguments: Arguments,
}

impl Revise {
    /// Runs the command of this process' arguments, and answers its exit code.
    #[must_use]
    pub fn main(self) -> ExitCode {
        self.main_with(std::env::args_os())
    }

    /// Runs the command of these arguments, of which the first is the program's name, and answers its exit code.
    #[must_use]
    pub fn main_with(mut self, arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
        self.program = called(&self.program);
        let command = Whole::command().bin_name(self.program.clone());
        let arguments: Vec<OsString> = arguments.into_iter().collect();
        let whole: Whole = match read_arguments(&command, &arguments) {
            Ok(whole) => whole,
            Err(error) => return usage::misused(&error),
        };
        let url = url_of(whole.database_url, &["DATABASE_URL"], whole.database_schema);
        let url = match url {
            Ok(url) => url,
            Err(error) => return console::fail(&error, &whole.arguments.globals),
        };
        self.run(whole.arguments, url.as_deref())
    }

    /// Runs a command on the database of `url`, and answers its exit code.
    #[must_use]
    pub fn run(&self, arguments: Arguments, url: Option<&str>) -> ExitCode {
        let Arguments { globals, verb } = arguments;
        match self.run_verb(&globals, &verb, url) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => console::fail(&error, &globals),
        }
    }

    fn run_verb(&self, globals: &Globals, verb: &Verb, url: Option<&str>) -> Result<()> {
        let directory = globals.directory.clone().or_else(|| self.directory.clone());
        let globals = Globals { directory, ..globals.clone() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        match runtime {
            Ok(runtime) => runtime.block_on(self.carry_out(&globals, verb, url)),
            Err(error) => Err(Error::Stopped(format!("no runtime can be started: {error}"))),
        }
    }

    async fn carry_out(&self, globals: &Globals, verb: &Verb, url: Option<&str>) -> Result<()> {
        let command = Command { revise: self, globals, console: Console::new(globals), url };
        self.expect_names()?;
        // Held to the end.
        let _file_lock = command.take_file_lock(verb).await?;
        match verb {
            Verb::Init(arguments) => command.init(arguments).await,
            Verb::Migrate(arguments) => command.migrate(arguments).await,
            Verb::Revision(arguments) => command.revision(arguments).await,
            Verb::Upgrade(arguments) => command.upgrade(arguments).await,
            Verb::Downgrade(arguments) => command.downgrade(arguments).await,
            Verb::Up(arguments) => command.up(arguments).await,
            Verb::Down(arguments) => command.down(arguments).await,
            Verb::Fresh(arguments) => command.fresh(arguments).await,
            Verb::Refresh(arguments) => command.refresh(arguments).await,
            Verb::Reset(arguments) => command.reset(arguments).await,
            Verb::Current(arguments) => command.current(arguments).await,
            Verb::History(arguments) => command.history(arguments).await,
            Verb::Heads => command.heads(),
            Verb::Branches => command.branches().await,
            Verb::Show(arguments) => command.show(arguments).await,
            Verb::Edit(arguments) => command.edit(arguments),
            Verb::Merge => command.merge().await,
            Verb::Squash(arguments) => command.squash(arguments).await,
            Verb::Stamp(arguments) => command.stamp(arguments).await,
            Verb::Seed(arguments) => command.seed(arguments).await,
            Verb::Check(arguments) => command.check(arguments).await,
            Verb::Status => command.status().await,
            Verb::Lint(arguments) => command.lint(arguments).await,
            Verb::Resolve(arguments) => command.resolve(arguments).await,
            Verb::Test(arguments) => command.test(arguments).await,
            Verb::Diff(arguments) => command.diff(arguments).await,
        }
    }
}

impl Revise {
    /// Refuses two migrations of one name, of which only one could be noted.
    fn expect_names(&self) -> Result<()> {
        let mut names = self.revisions();
        names.sort();
        let twice = names.iter().zip(names.iter().skip(1)).find(|(one, other)| one == other);
        match twice {
            None => Ok(()),
            Some((name, _)) => Err(Error::History(format!(
                "`{name}` is the name of two migrations; write `name()` by hand in one of them (a derived name is that of the file, \
                 which is `mod` for every `mod.rs`)"
            ))),
        }
    }
}

/// How the program is called where `cargo run` has started it, which says so.
fn called(program: &str) -> String {
    match std::env::var("CARGO_PKG_NAME") {
        Ok(name) => program.replace(DEFAULT_PROGRAM, &format!("cargo run -p {name} --")),
        Err(_) => program.to_owned(),
    }
}

/// The arguments of a process; without a verb it is `up`, as SeaORM has it.
fn read_arguments<T: FromArgMatches>(
    command: &clap::Command,
    arguments: &[OsString],
) -> Result<T, clap::Error> {
    let read = |more: Option<&str>| {
        let arguments = arguments.iter().cloned().chain(more.map(Into::into));
        let matches = command.clone().try_get_matches_from(arguments)?;
        T::from_arg_matches(&matches)
    };
    let missing =
        [ErrorKind::MissingSubcommand, ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand];
    read(None).or_else(
        |error| if missing.contains(&error.kind()) { read(Some("up")) } else { Err(error) },
    )
}

/// The URL of the database and of the schema in it: the one that is given, or that of the first variable that has one.
fn url_of(
    given: Option<String>,
    variables: &[&str],
    schema: Option<String>,
) -> Result<Option<String>> {
    let mut url = given;
    for variable in variables {
        url = url.map_or_else(|| of_environment(variable), |url| Ok(Some(url)))?;
    }
    // A file that does not name the database need not be one that can be read.
    let schema = schema.or_else(|| of_environment("DATABASE_SCHEMA").ok().flatten());
    let is_server = |url: &String| url.starts_with("postgres");
    Ok(match (url, schema) {
        (Some(url), Some(schema)) if is_server(&url) => Some(in_schema(&url, &schema)),
        (url, _) => url,
    })
}

/// A URL that leads into a schema of the server's database, or into several with commas between.
fn in_schema(url: &str, schema: &str) -> String {
    let quoted = |name: &str| match name.starts_with('"') {
        true => name.to_owned(),
        false => crate::schema::quote(name),
    };
    let path = schema.split(',').map(|name| quoted(name.trim())).collect::<Vec<_>>().join(",");
    let encoded = path.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let between = if url.contains('?') { '&' } else { '?' };
    format!("{url}{between}options[search_path]={encoded}")
}

/// A variable of the environment, or else of a file `.env` here.
fn of_environment(variable: &str) -> Result<Option<String>> {
    // An empty one is none, as shells make it.
    let named = |value: &String| !value.trim().is_empty();
    if let Some(value) = std::env::var(variable).ok().filter(named) {
        return Ok(Some(value));
    }
    let Ok(lines) = dotenvy::from_path_iter(".env") else { return Ok(None) };
    for line in lines {
        // The error would repeat the line, and there may be a password in it.
        let unreadable = |_| {
            Error::Usage(
                "the file `.env` has a line that cannot be read, expected NAME=value".to_owned(),
            )
        };
        let (name, value) = line.map_err(unreadable)?;
        if name == variable {
            return Ok(Some(value).filter(named));
        }
    }
    Ok(None)
}

/// A command that is carried out.
struct Command<'a> {
    revise: &'a Revise,
    globals: &'a Globals,
    console: Console,
    url: Option<&'a str>,
}

impl Command<'_> {
    /// The database that the command is about.
    fn target(&self) -> Result<Target> {
        let url = self.url.or(self.revise.default_url.as_deref());
        let url = url.ok_or_else(|| {
            Error::Usage(format!(
                "no database is named; give `--database-url`, or set {}",
                self.revise.url_variable
            ))
        })?;
        Target::parse(url, self.revise.style)
    }

    /// The database when one is named, and else SQLite in memory: enough for what is about the history alone.
    fn target_or_memory(&self) -> Result<Target> {
        match self.url.or(self.revise.default_url.as_deref()) {
            Some(_) => self.target(),
            None => Ok(Target::Memory),
        }
    }

    fn shadow(&self) -> Result<Option<Target>> {
        let url = self.globals.shadow_url.as_deref();
        url.map(|url| Target::parse(url, self.revise.style)).transpose()
    }

    fn generate_options(&self) -> Result<GenerateOptions> {
        let (shadow, accepted) = (self.shadow()?, self.accepted()?);
        Ok(GenerateOptions { shadow, accepted, ..GenerateOptions::default() })
    }

    /// A connection that only looks; `None` for a SQLite file that does not exist yet.
    async fn open_for_reading(&self) -> Result<Option<Session>> {
        match self.target()? {
            Target::File(path) if !path.exists() => Ok(None),
            target => Session::open(&target, Use::Read).await.map(Some),
        }
    }

    /// Works with shadows for the database that the command is about, or in memory where none is named.
    async fn with_shadows<T>(
        &self,
        work: impl AsyncFnOnce(&Shadows, &Target) -> Result<T>,
    ) -> Result<T> {
        let target = self.target_or_memory()?;
        let given = self.shadow()?;
        let work = async |shadows: &Shadows| work(shadows, &target).await;
        self.revise.with_shadows(&target, given.as_ref(), work).await
    }

    /// Works with a migration and what comes before it, replayed in a shadow.
    async fn with_replay_before<T>(
        &self,
        revision: &str,
        work: impl AsyncFnOnce(Replay, Box<dyn MigrationTrait>) -> Result<T>,
    ) -> Result<T> {
        let mut migrations = (self.revise.migrations)();
        let place = migrations.iter().position(|migration| migration.name() == revision);
        let missing = || Error::Usage(format!("there is no revision `{revision}`"));
        let mut rest = migrations.split_off(place.ok_or_else(missing)?);
        let migration = rest.swap_remove(0);
        let replayed = async |shadows: &Shadows, target: &Target| {
            let schemas = self.revise.schemas(target);
            work(Replay::run(shadows, &migrations, &schemas).await?, migration).await
        };
        self.with_shadows(replayed).await
    }
}
