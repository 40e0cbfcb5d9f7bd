//! Turns operations into the Rust file of a migration. It decides nothing: same operations, same text.
//!
//! The text is laid out twice: by prettyplease, which needs nothing else, and by the project's own rustfmt where there is
//! one, so that the file looks like the others.

mod document;
mod literal;
mod parts;
mod steps;

use std::{
    ffi::OsString,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
    thread,
};

use crate::{operation::Operation, revision::Revision};

/// What is known of a migration before it is a file.
#[derive(Clone, Copy, Debug)]
pub struct RevisionFile<'a> {
    /// Its name.
    pub revision: &'a Revision,
    /// What it does, in a few words.
    pub message: &'a str,
    /// The revision before it.
    pub after: Option<&'a str>,
    /// What `up` does.
    pub up: &'a [Operation],
    /// What `down` does.
    pub down: &'a [Operation],
    /// Where a person has to decide, and what is lost; one paragraph each.
    pub notes: &'a [String],
    /// Whether it runs in a transaction.
    pub transaction: bool,
}

const IMPLEMENTATION: &str = "impl MigrationTrait for Migration {\n";

/// The whole file. What an operation carries in `was` is left out, because the opposite direction says it.
#[must_use]
pub fn migration(draft: &RevisionFile<'_>) -> String {
    let documentation = document::head(draft);
    let transaction = draft.transaction;
    let methods = [
        format!("fn use_transaction(&self) -> Option<bool> {{ Some({transaction}) }}"),
        direction("up", "add_column(\"books\", Column::new(\"pages\", Type::Integer))", draft.up),
        direction("down", "drop_column(\"books\", \"pages\")", draft.down),
    ]
    .map(|method| lay_out(&method))
    .join("\n");
    format!(
        "{documentation}\nuse sea_revise::prelude::*;\n\n#[derive(DeriveMigrationName)]\npub struct Migration;\n\n\
         #[async_trait::async_trait]\n{IMPLEMENTATION}{methods}}}\n"
    )
}

/// The expression that builds a plan of these operations: `Plan::new().drop_column("books", "isbn")`.
#[must_use]
pub fn plan(operations: &[Operation]) -> String {
    let steps = operations.iter().map(steps::step).collect::<String>();
    format!("Plan::new(){steps}")
}

/// The text of a migration, which replaces others by what its `up` says.
#[must_use]
pub fn replacing(source: &str, revisions: &[String]) -> String {
    let names: Vec<String> = revisions.iter().map(|name| format!("{name:?}")).collect();
    saying(source, &format!(".replaces([{}])", names.join(", ")))
}

/// The text of a migration that creates what was there before it, by what its `up` says.
#[must_use]
pub fn baseline(source: &str) -> String {
    let origin = "Generated from the database: it creates what was there already.";
    saying(&source.replace(document::GENERATED, origin), ".baseline()")
}

/// The text of a migration that has frozen entities in a module of its own.
#[must_use]
pub fn with_models(source: &str) -> String {
    let import = "use sea_revise::prelude::*;\n";
    source.replacen(import, &format!("{import}\nmod models;\n"), 1)
}

/// The text of a migration whose plan begins its `up` with a call.
fn saying(source: &str, call: &str) -> String {
    let plan = "Plan::new()";
    let place = source.find("async fn up").and_then(|start| {
        let found = source.get(start..)?.find(plan)?;
        Some(start + found + plan.len())
    });
    let Some((before, after)) = place.and_then(|place| source.split_at_checked(place)) else {
        return source.to_owned();
    };
    format!("{before}\n            {call}{after}")
}

fn direction(name: &str, example: &str, operations: &[Operation]) -> String {
    let hint = if operations.is_empty() {
        format!("/// The steps go behind `Plan::new()`: `.{example}`.\n")
    } else {
        String::new()
    };
    let plan = plan(operations);
    format!(
        "{hint}async fn {name}(&self, manager: &SchemaManager) -> Result<(), DbErr> {{ {plan}.apply(manager).await }}"
    )
}

/// One method, indented. prettyplease knows whole files only and puts no blank line between methods.
fn lay_out(method: &str) -> String {
    match syn::parse_file(&format!("{IMPLEMENTATION}{method}}}")) {
        Ok(file) => {
            let text = prettyplease::unparse(&file);
            let inner = text.strip_prefix(IMPLEMENTATION).and_then(|text| text.strip_suffix("}\n"));
            inner.map_or_else(|| format!("    {method}\n"), str::to_owned)
        }
        Err(_) => format!("    {method}\n"),
    }
}

/// The source as rustfmt writes it in this folder, whose `rustfmt.toml` counts; as it is where there is no rustfmt.
/// The variable `RUSTFMT` names another program.
#[must_use]
pub fn format(source: &str, directory: &Path) -> String {
    let program = std::env::var_os("RUSTFMT").unwrap_or_else(|| OsString::from("rustfmt"));
    format_with(&program, source, directory).unwrap_or_else(|| source.to_owned())
}

fn format_with(program: &OsString, source: &str, directory: &Path) -> Option<String> {
    let mut child = Command::new(program)
        .args(["--edition", "2024"])
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let input = child.stdin.take()?;
    // Concurrently with reading, because a program that answers while it reads would wait for us for ever.
    let output = thread::scope(|scope| {
        scope.spawn(move || {
            let mut input = input;
            // A program that stopped reading also fails in its exit code.
            input.write_all(source.as_bytes()).is_ok()
        });
        child.wait_with_output()
    });
    let output = output.ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    // Something else that is called rustfmt may have answered anything.
    let file = syn::parse_file(&text).ok()?;
    (!file.items.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_rustfmt_the_source_stays_as_it_is() {
        let source = "pub struct   Migration;\n";
        for program in ["/nowhere/rustfmt", "false", "true", "yes-no-such-program"] {
            assert_eq!(format_with(&program.into(), source, Path::new("/tmp")), None, "{program}");
        }
        assert_eq!(format_with(&"rustfmt".into(), source, Path::new("/nowhere")), None);
        assert_eq!(format_with(&"rustfmt".into(), "fn {", Path::new("/")), None);
        let formatted = format_with(&"rustfmt".into(), source, Path::new("/"));
        assert_eq!(formatted.as_deref(), Some("pub struct Migration;\n"));
    }
}
