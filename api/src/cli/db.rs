//! `bookplate db`: the migration engine's command line. What Bookplate adds is its claim of a SQLite file, so that no
//! server and no import uses a file whose schema changes.

use std::{
    io::Write,
    process::ExitCode,
    time::{Duration, Instant},
};

use migration::sea_revise::{
    Error, Revise, Target,
    cli::{Arguments, Globals, Verb},
    compare::Side,
};
use service::{
    Location,
    database::{FileLock, LockError},
};

use super::schema;

/// How this command names itself in the lock of a file.
const NAME: &str = "bookplate db";
/// How long verbs wait that do not say it.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a file is looked at that another one of these commands has.
const PAUSE: Duration = Duration::from_millis(20);

/// Carries out a command, and answers the exit code that the engine has for its end.
pub fn run(url: &str, arguments: Arguments) -> ExitCode {
    let revise = migration::revise().program(NAME);
    match claim(&revise, url, &arguments) {
        // Held to the end.
        Ok(_claim) => revise.run(arguments, Some(url)),
        Err(error) => fail(&error, &arguments.globals),
    }
}

fn claim(revise: &Revise, url: &str, arguments: &Arguments) -> Result<Option<FileLock>, Error> {
    let own: Location = url
        .parse()
        .map_err(|error: service::database::BadLocation| Error::Usage(error.to_string()))?;
    let location = match &arguments.verb {
        verb if !verb.changes_database() => return Ok(None),
        Verb::Diff(diff) => match revise.side(&diff.from)? {
            Side::Database => own,
            Side::Url(Target::File(path)) => Location::File(path),
            // On a server the engine's own lock is enough, and nothing else can be changed.
            Side::Url(_) | Side::Models | Side::Revision(_) | Side::File(_) => return Ok(None),
        },
        _ => own,
    };
    let patience = patience(&arguments.verb);
    let begun = Instant::now();
    let mut told = arguments.globals.quiet;
    loop {
        let error = match schema::claim(&location, NAME) {
            Ok(claim) => return Ok(claim),
            Err(error) => error,
        };
        let Some(LockError::Held { holder, .. }) = error.downcast_ref() else {
            return Err(Error::Stopped(service::chain(error.as_ref()).to_string()));
        };
        if schema::uses_file(holder) || begun.elapsed() >= patience {
            return Err(Error::Locked(error.to_string()));
        }
        if !told {
            eprintln(&format!("waiting for {holder}"));
            told = true;
        }
        std::thread::sleep(PAUSE);
    }
}

/// How long the command waits for another one that changes the schema.
fn patience(verb: &Verb) -> Duration {
    let seconds = match verb {
        Verb::Upgrade(arguments) => arguments.manner.wait,
        Verb::Downgrade(arguments) => arguments.manner.wait,
        Verb::Stamp(arguments) => arguments.wait,
        Verb::Diff(arguments) => arguments.wait,
        _ => return PATIENCE,
    };
    // What is no number of seconds is for the engine to refuse.
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

/// Says what went wrong before the engine began, as the engine says it.
fn fail(error: &Error, globals: &Globals) -> ExitCode {
    let code = error.exit_code();
    if globals.json {
        let told = serde_json::json!({ "error": error.to_string(), "exit_code": code });
        drop(writeln!(std::io::stdout(), "{told}"));
    }
    eprintln(&format!("error: {error}"));
    ExitCode::from(code)
}

fn eprintln(line: &str) {
    // Where nobody listens, nothing is lost.
    drop(writeln!(std::io::stderr(), "{line}"));
}
