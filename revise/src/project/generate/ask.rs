//! Questions: the error when there is no answer, and what an answer changes.

use crate::{
    diff::{DiffOptions, Question},
    error::{Error, Result},
    schema::TableName,
};

/// An answer to a [`Question`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// It is this one, renamed: the name of a candidate.
    Renamed(String),
    /// It is new.
    New,
    /// The rows get this value, in SQL.
    Value(String),
    /// Do it all the same.
    Yes,
    /// Stop, and change nothing.
    Stop,
}

/// Writes an answer into the options of the next comparison.
///
/// # Errors
/// [`Error::NeedsAnswer`] when the answer is to stop, [`Error::Usage`] when it does not fit the question.
pub fn take(options: &mut DiffOptions, question: &Question, answer: Answer) -> Result<()> {
    match (question, answer) {
        (_, Answer::Stop) => {
            Err(Error::NeedsAnswer("stopped at a question; nothing was written".to_owned()))
        }
        (Question::RenamedTable { added, candidates }, Answer::Renamed(from)) => {
            let from =
                candidates.iter().map(|(name, _)| name).find(|name| name.to_string() == from);
            let from = from.ok_or_else(|| misfit(question))?;
            options.table_renames.push((from.clone(), added.clone()));
            Ok(())
        }
        (Question::RenamedColumn { table, added, .. }, Answer::Renamed(from)) => {
            options.column_renames.push((table.clone(), from, added.clone()));
            Ok(())
        }
        (Question::RenamedTable { added, .. }, Answer::New) => {
            options.new.insert((added.clone(), String::new()));
            Ok(())
        }
        (Question::RenamedColumn { table, added, .. }, Answer::New) => {
            options.new.insert((table.clone(), added.clone()));
            Ok(())
        }
        (Question::Value { table, column, .. }, Answer::Value(value)) => {
            options.values.insert((table.clone(), column.clone()), value);
            Ok(())
        }
        (Question::RewrittenKey { .. }, Answer::Yes) => {
            options.force_rewrite = true;
            Ok(())
        }
        _ => Err(misfit(question)),
    }
}

fn misfit(question: &Question) -> Error {
    Error::Usage(format!("the answer does not fit the question: {}", sentence(question)))
}

/// A question as a sentence.
#[must_use]
pub fn sentence(question: &Question) -> String {
    match question {
        Question::RenamedTable { added, candidates } => {
            let names =
                listed(candidates.iter().map(|(name, similarity)| (name.to_string(), *similarity)));
            format!("table `{added}` is new and {names} gone: was it renamed?")
        }
        Question::RenamedColumn { table, added, candidates } => {
            let names = listed(candidates.iter().cloned());
            format!("column `{table}.{added}` is new and {names} gone: was it renamed?")
        }
        Question::Value { table, column, added: true } => format!(
            "column `{table}.{column}` is new, NOT NULL and without a default: which value do the rows get that are there?"
        ),
        Question::Value { table, column, added: false } => format!(
            "column `{table}.{column}` becomes NOT NULL and has NULLs: which value do they become?"
        ),
        Question::RewrittenKey { table, column, from, to } => format!(
            "the primary key `{table}.{column}` becomes {to} and was {from}, another kind of value, and every row that points at \
             it would have to follow"
        ),
    }
}

fn listed(candidates: impl Iterator<Item = (String, f64)>) -> String {
    let names: Vec<String> = candidates
        .map(|(name, similarity)| format!("`{name}` ({similarity:.2} similar)"))
        .collect();
    let verb = if names.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", names.join(", "))
}

/// The error when there is no terminal: each question, and the flags that answer it.
pub fn unanswered(questions: &[Question], program: &str) -> Error {
    let mut lines =
        vec!["nothing was written, because there are questions and no terminal to ask:".to_owned()];
    let mut renames = false;
    for question in questions {
        lines.push(format!("- {}", sentence(question)));
        match question {
            Question::RenamedTable { added, candidates } => {
                renames = true;
                let flags = candidates.iter().map(|(from, _)| format!("--rename {from}:{added}"));
                lines.push(format!("    {}", flags.collect::<Vec<_>>().join("  or  ")));
            }
            Question::RenamedColumn { table, added, candidates } => {
                renames = true;
                let flags =
                    candidates.iter().map(|(from, _)| format!("--rename {table}.{from}:{added}"));
                lines.push(format!("    {}", flags.collect::<Vec<_>>().join("  or  ")));
            }
            Question::Value { table, column, .. } => {
                lines.push(format!(
                    "    --default {table}.{column}=VALUE, in SQL, such as 0 or \"'none'\""
                ));
            }
            Question::RewrittenKey { table, column, .. } => {
                lines.push(expand_and_contract(table, column, program))
            }
        }
    }
    if renames {
        lines.push(
            "  --no-rename drops the old and adds the new where no --rename is given".to_owned(),
        );
    }
    Error::NeedsAnswer(lines.join("\n"))
}

fn expand_and_contract(table: &TableName, column: &str, program: &str) -> String {
    format!(
        "    Expand and contract instead, in migrations of their own (`{program} migrate --empty`):\n    \
         1. add a column with the new kind of key to `{table}`, and one beside each foreign key that points at it\n    \
         2. fill them, and let the program write both\n    \
         3. switch the foreign keys, then the primary key, to the new columns\n    \
         4. drop `{table}.{column}` and rename the new column\n    \
         An empty table can be changed at once: --force-rewrite"
    )
}
