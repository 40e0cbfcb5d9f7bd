//! The command line. Flags take precedence over the environment, the environment over `.env`, and that over the defaults.

mod export;
mod import;
mod schema;
mod serve;

use std::{io::Write, os::unix::fs::MetadataExt, path::Path, process::ExitCode};

use anyhow::{Context, Result, bail};
use clap::{Args, CommandFactory, Parser, Subcommand};
use migration::sea_revise::cli::Arguments;
use service::{Location, Settings};

use import::ImportArgs;

use crate::{
    logging::{self, LogFormat},
    server,
};

/// Manages a library's books, stores and items: an HTTP API over SQLite or PostgreSQL.
///
/// Without a command it serves: `bookplate --port 8080` is `bookplate serve --port 8080`.
#[derive(Debug, Parser)]
#[command(name = "bookplate", version, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  bookplate                                    serve http://127.0.0.1:5000 from books.db
  bookplate import books catalogue.csv         add the books of a table
  bookplate export books --format jsonl        write all books to standard output
  DATABASE_URL=postgresql://me@db/library bookplate db upgrade

Each option that names an environment variable can also stand in a file `.env`.
The manual of a command is `bookplate COMMAND --help`.";

#[derive(Debug, Args)]
struct Common {
    /// The database: `sqlite:///books.db` (relative), `sqlite:////var/lib/books.db` (absolute), `sqlite::memory:`,
    /// or `postgresql://user:password@host/database`
    #[arg(
        short = 'u',
        long,
        global = true,
        env = "DATABASE_URL",
        default_value = "sqlite:///books.db",
        hide_env_values = true
    )]
    database_url: String,
    /// The format of log lines
    #[arg(long, global = true, env = "BOOKPLATE_LOG_FORMAT", default_value = "pretty")]
    log_format: LogFormat,
    /// What is logged, as in RUST_LOG: a level, or `target=level` pairs separated by commas
    #[arg(long, global = true, env = "BOOKPLATE_LOG", default_value = "info")]
    log: String,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the HTTP API (the default command)
    Serve(serve::ServeArgs),
    /// Write, apply, revert and compare migrations of the database schema
    Db(Box<Arguments>),
    /// Add the rows of a file
    Import(import::ImportArgs),
    /// Write rows to a file or to standard output
    #[command(subcommand)]
    Export(export::ExportCommand),
    /// Print the OpenAPI document
    Openapi,
}

/// Runs the command given by the arguments of this process.
pub fn main() -> ExitCode {
    if let Err(error) = read_environment() {
        return fail(&error);
    }
    let cli = match Cli::try_parse_from(with_default_command(std::env::args_os())) {
        Ok(cli) => cli,
        Err(error) => return migration::sea_revise::cli::misused(&error),
    };
    let Cli { common, command } = cli;
    logging::start(common.log_format, &common.log, matches!(command, Command::Serve(_)));
    let code = carry_out(&common, command);
    logging::finish();
    code
}

fn carry_out(common: &Common, command: Command) -> ExitCode {
    let done = match command {
        // Its exit codes distinguish more than success and failure.
        Command::Db(arguments) => {
            let revise = migration::revise().program("bookplate db");
            return revise.run(*arguments, Some(&common.database_url));
        }
        Command::Openapi => openapi(),
        Command::Serve(args) => {
            run(common, async |location, settings| serve::serve(location, settings, args).await)
        }
        Command::Import(ImportArgs { formats: _, command: Some(command) }) => {
            let work = async |location: &Location, settings| {
                import::run(location, settings, command).await
            };
            match run(common, work) {
                // A strict import that stores nothing is no failure of the program.
                Ok(code) if code != ExitCode::SUCCESS => return code,
                done => done.map(drop),
            }
        }
        Command::Import(ImportArgs { .. }) => import::print_formats(),
        Command::Export(command) => {
            run(common, async |location, settings| export::run(location, settings, command).await)
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn read_environment() -> Result<()> {
    match dotenvy::from_path(".env") {
        Ok(_) => {}
        Err(error) if error.not_found() => {}
        // Its own message would repeat the line, which may contain a password.
        Err(dotenvy::Error::LineParse(..)) => {
            bail!(
                "a line of the file `.env` cannot be read; write NAME=value, and quotes around a value with spaces"
            )
        }
        Err(error) => return Err(error).context("the file `.env` cannot be read"),
    }
    Ok(())
}

/// Inserts `serve` before the arguments if they contain neither a command nor a request for help or the version.
fn with_default_command(
    arguments: impl Iterator<Item = std::ffi::OsString>,
) -> Vec<std::ffi::OsString> {
    let mut arguments: Vec<_> = arguments.collect();
    let command = Cli::command();
    let is_command = |argument: &std::ffi::OsString| {
        let word = argument.to_str().unwrap_or_default();
        word == "help"
            || matches!(word, "-h" | "--help" | "-V" | "--version")
            || command.get_subcommands().any(|subcommand| subcommand.get_name() == word)
    };
    let first_word_is_unknown = arguments
        .get(1)
        .and_then(|first| first.to_str())
        .is_some_and(|first| !first.starts_with('-'));
    if !first_word_is_unknown && !arguments.iter().skip(1).any(is_command) {
        arguments.insert(1.min(arguments.len()), "serve".into());
    }
    arguments
}

fn openapi() -> Result<()> {
    say(&server::document().to_pretty_json()?)
}

/// Runs `work` on the configured database.
fn run<T>(common: &Common, work: impl AsyncFnOnce(&Location, Settings) -> Result<T>) -> Result<T> {
    let location: Location = common.database_url.parse()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // actix' workers are spawned from here, and each has a separate runtime.
    let tasks = tokio::task::LocalSet::new();
    let settings = Settings { application_name: "bookplate", ..Settings::default() };
    let done = tasks.block_on(&runtime, work(&location, settings));
    // A thread may still wait for standard input; the message must not wait for it.
    runtime.shutdown_background();
    done
}

/// Prints a line of output.
fn say(line: &str) -> Result<()> {
    writeln!(std::io::stdout(), "{line}").context("cannot write to standard output")
}

/// Whether two paths lead to the same existing file.
fn is_same_file(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| path.metadata().map(|about| (about.dev(), about.ino())).ok();
    identity(one).is_some_and(|one| identity(other) == Some(one))
}

/// One line with all causes.
fn fail(error: &anyhow::Error) -> ExitCode {
    logging::say_last(&format!("error: {}", service::chain(error.as_ref())));
    ExitCode::FAILURE
}

/// The reader has closed the pipe, as with `| head`: that is not an error.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe)
}
