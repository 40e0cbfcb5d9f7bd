//! Arguments that are none: in JSON where that was asked for, and with the way for what Flask-Migrate or SeaORM has and this has not.

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};

use super::{Globals, fail};
use crate::error::Error;

/// What other arguments of Flask-Migrate and SeaORM mean here.
const ELSEWHERE: [(&str, &str); 15] = [
    ("--rev-id", "a revision is named by its moment and its message: say `-m`"),
    ("--head", ONE_HISTORY),
    ("--splice", ONE_HISTORY),
    ("--branch-label", ONE_HISTORY),
    ("--depends-on", ONE_HISTORY),
    ("--version-path", "the folder is named with `-d`"),
    ("--resolve-dependencies", ONE_HISTORY),
    ("-x", "migrations take no arguments; they can read an environment variable"),
    ("--x-arg", "migrations take no arguments; they can read an environment variable"),
    (
        "--tag",
        "there are no hooks for tags; the history keeps who applied a migration, see `history -v`",
    ),
    ("--multidb", "a database is a `Revise` of its own; name it with `-u`"),
    ("--package", "the folder of migrations is a crate already"),
    ("--template", "there is one template; the files that `init` writes are yours to change"),
    ("list-templates", "there is one template; the files that `init` writes are yours to change"),
    (
        "generate",
        "an empty migration is written by `revision -m NAME`, one from the entities by `migrate -m NAME`",
    ),
];

const ONE_HISTORY: &str = "a history has no branches here: what comes late from a branch of git is put after the newest by `merge`";

/// Says what is wrong with the arguments, or prints the help that was asked for.
#[must_use]
pub fn misused(error: &clap::Error) -> ExitCode {
    let json = std::env::args_os().any(|argument| argument == "--json");
    let hint = way(error);
    if error.exit_code() == 2 && (json || hint.is_some()) {
        let text = error.render().to_string();
        let text = text.trim_start_matches("error: ").trim_end();
        let text = hint.map_or_else(|| text.to_owned(), |hint| format!("{text}\n\n{hint}"));
        return fail(&Error::Usage(text), &Globals { json, ..Globals::default() });
    }
    // clap's own help goes to standard output and ends with 0, its errors end with 2.
    drop(error.print());
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

fn way(error: &clap::Error) -> Option<&'static str> {
    let kinds = [ContextKind::InvalidArg, ContextKind::InvalidSubcommand];
    let given = kinds.into_iter().find_map(|kind| match error.get(kind) {
        Some(ContextValue::String(given)) => Some(given.as_str()),
        _ => None,
    })?;
    let found = ELSEWHERE.iter().find(|(name, _)| *name == given);
    found.map(|(_, way)| *way)
}
