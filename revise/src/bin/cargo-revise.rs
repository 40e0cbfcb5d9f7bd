//! `cargo revise`: sets a project up, and runs its migrations' program.

use std::{env, path::Path, process::ExitCode};

use sea_revise::{
    Revise,
    project::directory::setup::{program_of, set_up},
};

const HELP: &str = "\
Migrations of a SeaORM project, from its entities.

Usage: cargo revise init [--revise DEPENDENCY]
       cargo revise init --from-db [ARGUMENTS]
       cargo revise VERB [ARGUMENTS]

  init  finds the entities and the migrations of the workspace, and writes what is missing: the crate `migration`, the list of the
        entities and the program. Where the entities live in a program, that is src/bin/migrate.rs next to them. A second run brings the
        list of the entities up to date. `--revise` says where the library comes from, as Cargo.toml writes it: `{ path = \"…\" }`.
  init --from-db
        writes the entities and the first migration from what a database has; `cargo revise init --from-db --help` says more.
  VERB  is the program's own: `migrate -m \"…\"`, `upgrade`, `downgrade`, `check`, `status`, …; `cargo revise help` lists them.
";

fn main() -> ExitCode {
    // Cargo gives the name of the subcommand first.
    let mut arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "revise") {
        arguments.remove(0);
    }
    let first = arguments.first().map(String::as_str);
    let done = match first {
        None | Some("-h" | "--help") => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Some("init")
            if !arguments.iter().any(|given| given == "--from-db" || given == "--adopt") =>
        {
            init(arguments.get(1..).unwrap_or_default())
        }
        Some(_) => run(&arguments),
    };
    done.unwrap_or_else(|(code, why)| {
        eprintln!("error: {why}");
        ExitCode::from(code)
    })
}

/// An exit code, and why.
type Refusal = (u8, String);

fn init(arguments: &[String]) -> Result<ExitCode, Refusal> {
    let usual = format!("\"{}\"", env!("CARGO_PKG_VERSION"));
    let revise = match arguments {
        [] => usual,
        [flag, value] if flag == "--revise" => value.clone(),
        [other, ..] => {
            let why = format!(
                "`{other}` is unknown here; expected `--revise DEPENDENCY` or nothing\n\n{HELP}"
            );
            return Err((2, why));
        }
    };
    let done = set_up(Path::new("."), &revise).map_err(|error| (1, error.to_string()))?;
    for file in &done.files {
        println!("{}", file.display());
    }
    for note in &done.notes {
        eprintln!("note: {note}");
    }
    eprintln!("{} entities are listed; next: cargo revise migrate -m \"…\"", done.entities.len());
    Ok(ExitCode::SUCCESS)
}

fn run(arguments: &[String]) -> Result<ExitCode, Refusal> {
    let program = match program_of(Path::new(".")) {
        Ok(program) => program,
        // Where a project begins there is no program yet: with a database, or with migrations that are looked at.
        Err(_) if arguments.iter().any(|given| given == "init") => {
            let given = ["cargo-revise"].into_iter().chain(arguments.iter().map(String::as_str));
            let empty = Revise::of(Vec::new).program("cargo revise");
            return Ok(empty.main_with(given.map(Into::into)));
        }
        Err(error) => return Err((1, error.to_string())),
    };
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status =
        std::process::Command::new(&cargo).args(program).arg("--").args(arguments).status();
    let status = status.map_err(|error| (1, format!("cannot run {}: {error}", cargo.display())))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
