//! One command line for several databases, each with migrations and entities of its own.

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use super::{Arguments, Globals, Verb, Whole, called, console, read_arguments, url_of, usage};
use crate::{
    error::{Error, Result},
    runtime::revise::Revise,
};

/// The databases of a project that has several, each with its migrations and entities.
///
/// Each has the history table in its own database. `--database NAME` says which one a command is about. Without it `upgrade`, `up` and
/// `seed` go through all of them and stop at the first one that fails; `check`, `current`, `history`, `heads`, `branches`, `status`, `lint`
/// and `test` look at all; the other commands ask for one. `DATABASE_URL_NAME` in the environment or in `.env` is the URL of the database
/// `name`, and `DATABASE_URL` that of the first one where it has no such variable.
///
/// ```no_run
/// # fn main_database() -> sea_revise::Revise { sea_revise::Revise::of(Vec::new) }
/// # fn audit_database() -> sea_revise::Revise { sea_revise::Revise::of(Vec::new) }
/// fn main() -> std::process::ExitCode {
///     sea_revise::cli::Databases::new()
///         .add("main", main_database())
///         .add("audit", audit_database().directory(concat!(env!("CARGO_MANIFEST_DIR"), "/src/audit")))
///         .main()
/// }
/// ```
#[derive(Default)]
pub struct Databases {
    list: Vec<(String, Revise)>,
}

/// Generates, applies and compares migrations of several databases.
#[derive(Debug, Parser)]
#[command(name = "migration", version, after_help = super::arguments::EXIT_CODES)]
struct Several {
    /// Which of the project's databases the command is about
    #[arg(long, global = true, value_name = "NAME")]
    database: Option<String>,
    #[command(flatten)]
    whole: Whole,
}

impl Databases {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one. A name that is there already gets the new one.
    #[must_use]
    pub fn add(mut self, name: impl Into<String>, revise: Revise) -> Self {
        let name = name.into();
        self.list.retain(|(other, _)| *other != name);
        self.list.push((name, revise));
        self
    }

    /// Runs the command of this process' arguments, and answers its exit code.
    #[must_use]
    pub fn main(mut self) -> ExitCode {
        for (name, revise) in &mut self.list {
            revise.program = called(&revise.program);
            revise.url_variable = variable(name);
        }
        let program = self.list.first().map(|(_, revise)| revise.program.clone());
        let command = Several::command().bin_name(program.unwrap_or_default());
        let Several { database, whole } =
            match read_arguments(&command, &std::env::args_os().collect::<Vec<_>>()) {
                Ok(several) => several,
                Err(error) => return usage::misused(&error),
            };
        let Whole { database_url, database_schema, arguments } = whole;
        let url = |name: &str, is_first: bool| {
            let own = variable(name);
            let variables = [own.as_str(), "DATABASE_URL"];
            let variables = if is_first { &variables[..] } else { &variables[..1] };
            url_of(database_url.clone(), variables, database_schema.clone())
        };
        let is_one = database.is_some() || self.list.len() == 1;
        if database_url.is_some() && !is_one {
            let error = Error::Usage(format!(
                "`--database-url` is that of one database; say which: {}",
                self.flags()
            ));
            return console::fail(&error, &arguments.globals);
        }
        self.run(arguments, database.as_deref(), url)
    }

    /// Runs a command on the database of that name, or on all. `url` answers the URL of one, by its name and whether it is the first.
    #[must_use]
    pub fn run(
        &self,
        arguments: Arguments,
        database: Option<&str>,
        url: impl Fn(&str, bool) -> Result<Option<String>>,
    ) -> ExitCode {
        let Arguments { globals, verb } = arguments;
        let chosen = match self.chosen(database, &verb, &globals) {
            Ok(chosen) => chosen,
            Err(error) => return console::fail(&error, &globals),
        };
        let mut code = ExitCode::SUCCESS;
        let several = chosen.len() > 1;
        for (place, (name, revise)) in chosen {
            if several && !globals.quiet {
                console::eprintln(&format!("{name}:"));
            }
            let done = url(name, place == 0)
                .and_then(|url| revise.run_verb(&globals, &verb, url.as_deref()));
            if let Err(error) = done {
                let failed = console::fail(&error, &globals);
                code = if code == ExitCode::SUCCESS { failed } else { code };
                if is_all_or_nothing(&verb) {
                    return code;
                }
            }
        }
        code
    }

    /// The databases that a command is about, each with its place in the list.
    fn chosen(
        &self,
        database: Option<&str>,
        verb: &Verb,
        globals: &Globals,
    ) -> Result<Vec<(usize, &(String, Revise))>> {
        if self.list.is_empty() {
            return Err(Error::Usage("the list of databases is empty".to_owned()));
        }
        let all = || self.list.iter().enumerate();
        if let Some(wanted) = database {
            let found: Vec<_> = all().filter(|(_, (name, _))| name == wanted).collect();
            return if found.is_empty() {
                Err(Error::Usage(format!(
                    "there is no database `{wanted}`; there are {}",
                    self.names()
                )))
            } else {
                Ok(found)
            };
        }
        if self.list.len() == 1 {
            return Ok(all().collect());
        }
        let one = |why: &str| Err(Error::Usage(format!("{why}; say which: {}", self.flags())));
        if globals.directory.is_some() || globals.shadow_url.is_some() {
            return one("`--directory` and `--shadow-url` are about one database");
        }
        match verb {
            _ if !is_for_all(verb) => one("this command is about one database"),
            _ if globals.json => one("`--json` answers about one database"),
            _ => Ok(all().collect()),
        }
    }

    fn names(&self) -> String {
        self.list.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    }

    fn flags(&self) -> String {
        let flags = self.list.iter().map(|(name, _)| format!("`--database {name}`"));
        flags.collect::<Vec<_>>().join(" or ")
    }
}

/// The variable of the environment that has the URL of a database.
fn variable(name: &str) -> String {
    let letter = |letter: char| {
        if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' }
    };
    format!("DATABASE_URL_{}", name.chars().map(letter).collect::<String>())
}

/// Whether a command goes through all databases where none is named.
fn is_for_all(verb: &Verb) -> bool {
    is_all_or_nothing(verb)
        || matches!(
            verb,
            Verb::Current(_)
                | Verb::History(_)
                | Verb::Heads
                | Verb::Branches
                | Verb::Check(_)
                | Verb::Status
                | Verb::Lint(_)
                | Verb::Test(_)
        )
}

/// Whether it stops at the first database that fails.
fn is_all_or_nothing(verb: &Verb) -> bool {
    matches!(verb, Verb::Upgrade(_) | Verb::Up(_) | Verb::Seed(_))
}
