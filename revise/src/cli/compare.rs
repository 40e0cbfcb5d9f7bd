//! `diff A B`.

use sea_orm::DbBackend;
use serde::Serialize;

use super::{Command, arguments::DiffArguments};
use crate::{
    diff::{ByHand, Difference},
    error::{Error, Result},
    operation::describe::describe,
    project::{
        compare::Comparison,
        generate::{GenerateOptions, sentence},
    },
    runtime::target::Target,
    sqlite::Script,
};

/// SQLite's shell would go on after an error, up to the COMMIT.
const SQLITE_HEAD: &str = "-- For the shell `sqlite3`; other programs do without the next line, and stop at an error by themselves.\n\
                           .bail on\nPRAGMA foreign_keys = OFF;\nBEGIN IMMEDIATE;";

/// What `diff` answers as JSON. The shape is stable: members are added and never changed.
#[derive(Serialize)]
struct DiffOutput<'a> {
    /// What was compared, as it was written.
    from: &'a str,
    to: &'a str,
    equal: bool,
    applied: bool,
    #[serde(flatten)]
    difference: &'a Difference,
    #[serde(skip_serializing_if = "Option::is_none")]
    statements: Option<Vec<String>>,
}

impl Command<'_> {
    pub async fn diff(&self, arguments: &DiffArguments) -> Result<()> {
        let DiffArguments { from, to, sql, apply, .. } = arguments;
        let (side, other) = (self.revise.side(from)?, self.revise.side(to)?);
        // What is compared without a database of its own is compared as SQLite sees it, unless one is named.
        let target = self.target().or_else(|error| match (&side, &other) {
            (crate::project::compare::Side::Database, _)
            | (_, crate::project::compare::Side::Database) => Err(error),
            _ => Ok(Target::Memory),
        })?;
        let options = self.decided(&arguments.decisions)?;
        let mut comparison = self.revise.compare(&target, (&side, &other), &options).await?;
        if let Some(seconds) = arguments.lock_timeout {
            comparison = comparison.lock_timeout(super::apply::seconds(seconds, "--lock-timeout")?);
        }
        if *apply && !comparison.is_equal() {
            self.apply_difference(arguments, &comparison, &options).await?;
            // The renames are done, and naming them again would be an error.
            let again = GenerateOptions { renames: Vec::new(), ..options };
            let left = self.revise.compare_again(&target, (&side, &other), &again).await?;
            return self.report_applied(arguments, &comparison, &left);
        }
        let script = if *sql { Some(comparison.script().await?) } else { None };
        let statements = script.as_ref().map(|script| script.statements.clone());
        self.console.json(&answer(arguments, &comparison, statements, false))?;
        if comparison.is_equal() {
            self.console.note(&format!("{from} and {to} are equal"));
            return Ok(());
        }
        match script {
            Some(script) => self.print_script(&comparison, &script)?,
            None => self.print_operations(&comparison)?,
        }
        let Difference { operations, questions, by_hand, .. } = &comparison.difference;
        let count = operations.len() + questions.len() + by_hand.len();
        let points = if count == 1 { "point" } else { "points" };
        Err(Error::Differs(format!("{from} and {to} differ in {count} {points}")))
    }

    fn print_operations(&self, comparison: &Comparison) -> Result<()> {
        for operation in &comparison.difference.operations {
            self.console.say(&describe(operation))?;
        }
        for question in &comparison.difference.questions {
            self.console.say(&format!("? {}", sentence(question)))?;
        }
        for by_hand in &comparison.difference.by_hand {
            self.console.say(&format!("! {}", in_words(by_hand)))?;
        }
        for note in &comparison.difference.notes {
            self.console.note(&format!("note: {note}"));
        }
        if self.console.is_verbose() {
            for left in &comparison.difference.unmanaged {
                self.console.note(&format!("left alone: {left}"));
            }
        }
        Ok(())
    }

    /// A script that can be run as it is, whole or not at all.
    fn print_script(&self, comparison: &Comparison, script: &Script) -> Result<()> {
        for question in &comparison.difference.questions {
            self.console.say(&format!("-- ? {}", sentence(question).replace('\n', " ")))?;
        }
        for by_hand in &comparison.difference.by_hand {
            self.console.say(&format!("-- ! {}", in_words(by_hand).replace('\n', " ")))?;
        }
        let (head, tail) = match comparison.backend {
            DbBackend::Sqlite => (SQLITE_HEAD, "COMMIT;\nPRAGMA foreign_keys = ON;"),
            _ => ("BEGIN;", "COMMIT;"),
        };
        self.console.say(head)?;
        let (first, last) = comparison.guards(script)?;
        first
            .iter()
            .chain(&script.statements)
            .chain(&last)
            .try_for_each(|sql| self.console.say(&format!("{};", sql.trim_end_matches(';'))))?;
        self.console.say(tail)
    }

    async fn apply_difference(
        &self,
        arguments: &DiffArguments,
        comparison: &Comparison,
        options: &GenerateOptions,
    ) -> Result<()> {
        if let Some(question) = comparison.difference.questions.first() {
            return Err(Error::NeedsAnswer(format!("{}; nothing was changed", sentence(question))));
        }
        let patience = super::apply::seconds(arguments.wait, "--wait")?;
        self.print_operations(comparison)?;
        let consent = options.allow_destructive;
        comparison.apply(consent, options.confirm.as_ref(), patience).await
    }

    /// Says that the difference is carried out. `left` is the comparison after it.
    fn report_applied(
        &self,
        arguments: &DiffArguments,
        comparison: &Comparison,
        left: &Comparison,
    ) -> Result<()> {
        let DiffArguments { from, to, .. } = arguments;
        if !left.is_equal() {
            self.print_operations(left)?;
            return Err(Error::Stopped(format!(
                "{from} was changed, and still differs from {to} in what is listed last"
            )));
        }
        self.console.json(&answer(arguments, comparison, None, true))?;
        self.console.note(&format!("{from} is now as {to}"));
        Ok(())
    }
}

/// A difference that no operation carries out.
fn in_words(ByHand { name, before, after }: &ByHand) -> String {
    match (before, after) {
        (Some(before), Some(after)) => {
            format!("{name}: `{before}` should be `{after}`, which no operation makes of it")
        }
        (None, _) => format!("{name} is missing, and no operation creates it"),
        (_, None) => format!("{name} should not be there, and no operation drops it"),
    }
}

fn answer<'a>(
    arguments: &'a DiffArguments,
    comparison: &'a Comparison,
    statements: Option<Vec<String>>,
    applied: bool,
) -> DiffOutput<'a> {
    DiffOutput {
        from: &arguments.from,
        to: &arguments.to,
        equal: comparison.is_equal(),
        applied,
        difference: &comparison.difference,
        statements,
    }
}
