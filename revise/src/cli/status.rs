//! Verbs that judge: `check`, `status`.

use super::{Command, arguments::CheckArguments};
use crate::{
    error::{Error, Result},
    operation::describe::{counted, describe},
    project::{
        accepted::Accepted,
        consistency::{Checked, lines},
        generate::GenerateOptions,
    },
    runtime::{batches::Filling, target::Target},
};

impl Command<'_> {
    pub async fn check(&self, arguments: &CheckArguments) -> Result<()> {
        let options = GenerateOptions {
            exclude: arguments.exclude.clone(),
            strict: arguments.strict,
            ..self.generate_options()?
        };
        let target = match self.target()? {
            Target::File(_) if arguments.offline => Target::Memory,
            target => target,
        };
        let mut checked = match arguments.accept {
            true => self.accept(&target, options).await?,
            false => self.revise.check(&target, &options).await?,
        };
        let seen = self.seen()?;
        (checked.folder, checked.remarks) = (seen.faults, seen.remarks);
        if arguments.offline {
            // Without a database nothing is pending and nothing has drifted.
            checked.status = None;
            checked.drift.clear();
            checked.edited.clear();
        }
        self.console.json(&checked)?;
        self.print_checked(&checked)?;
        let verdict = checked.verdict();
        if verdict.is_ok() {
            self.console.say("no differences found")?;
        }
        verdict
    }

    /// Notes what the entities differ in, and answers what is left.
    async fn accept(&self, target: &Target, options: GenerateOptions) -> Result<Checked> {
        let all = GenerateOptions { accepted: Accepted::default(), ..options.clone() };
        let checked = self.revise.check(target, &all).await?;
        if let Some(question) = checked.questions.first() {
            return Err(Error::NeedsAnswer(format!(
                "{question} Nothing was accepted; `{} migrate` asks it, or says which flag answers",
                self.revise.program
            )));
        }
        let directory = self.own_directory()?.ok_or_else(|| {
            Error::Usage(
                "the folder of the migrations is not here, and what is accepted is noted there; name it with `-d`"
                    .to_owned(),
            )
        })?;
        for operation in &checked.models {
            self.console.note(&format!("accepted: {}", describe(operation)));
        }
        let accepted = options.accepted.with(&checked.models, target.backend());
        accepted.write(directory.folder())?;
        Ok(Checked { models: Vec::new(), stale: Vec::new(), ..checked })
    }

    fn print_checked(&self, checked: &Checked) -> Result<()> {
        let sections = [
            (
                "the entities differ from the migrations (`migrate` writes the missing one)",
                lines(&checked.models),
            ),
            ("to be answered first", checked.questions.clone()),
            (
                "accepted, and no difference any more (`check --accept` forgets it)",
                checked.stale.clone(),
            ),
            ("the database is not what its history says; to make it so", lines(&checked.drift)),
            ("edited after they were applied", checked.edited.clone()),
            ("the folder is not what this program was built from", checked.folder.clone()),
        ];
        for (title, lines) in sections.into_iter().filter(|(_, lines)| !lines.is_empty()) {
            self.console.say(&format!("{title}:"))?;
            lines.iter().try_for_each(|line| self.console.say(&format!("  {line}")))?;
        }
        if let Some(status) = &checked.status {
            for pending in &status.pending {
                self.console.say(&format!("not applied: {pending}"))?;
            }
            for missing in &status.missing {
                self.console.say(&format!("applied, and not known here: {missing}"))?;
            }
            for filling in &status.filling {
                self.console.say(&format!("not done in batches: {}", filling.words()))?;
            }
        }
        self.print_findings(&checked.findings)?;
        for remark in &checked.remarks {
            self.console.say(&format!("remark: {remark}"))?;
        }
        let count = checked.unmanaged.len();
        if count > 0 {
            let more = if self.console.is_verbose() { ":" } else { " (-v lists them)" };
            let count = counted(count, "object");
            self.console.say(&format!("left alone: {count} that no entity knows{more}"))?;
            let mut listed = checked.unmanaged.iter().filter(|_| self.console.is_verbose());
            listed.try_for_each(|left| self.console.say(&format!("  {left}")))?;
        }
        Ok(())
    }

    pub async fn status(&self) -> Result<()> {
        let target = self.target()?;
        let mut checked = self.revise.check(&target, &self.generate_options()?).await?;
        let seen = self.seen()?;
        (checked.folder, checked.remarks) = (seen.faults, seen.remarks);
        self.console.json(&checked)?;
        let say = |name: &str, value: &str| self.console.say(&format!("{name:<12} {value}"));
        say("database", &target.to_string())?;
        match &checked.status {
            None => say("current", "the database does not exist yet")?,
            Some(status) => {
                say("current", status.current().unwrap_or("no migration is applied"))?;
                say("pending", &status.pending.len().to_string())?;
                if let Some(unfinished) = &status.unfinished {
                    let steps = unfinished.record.as_ref().map_or(0, |record| record.steps);
                    let revision = &unfinished.revision;
                    say(
                        "unfinished",
                        &format!("{revision}, of which {} are done", counted(steps, "operation")),
                    )?;
                }
                let filling = status.filling.iter();
                filling.map(Filling::words).try_for_each(|words| say("in batches", &words))?;
                for missing in &status.missing {
                    say("missing", missing)?;
                }
                for late in &status.out_of_order {
                    say("out of order", late)?;
                }
            }
        }
        say("head", self.revise.head().as_deref().unwrap_or("there are no migrations"))?;
        for edited in &checked.edited {
            say("edited", edited)?;
        }
        for fault in &checked.folder {
            say("folder", fault)?;
        }
        for remark in &checked.remarks {
            say("remark", remark)?;
        }
        let differences = checked.models.len() + checked.questions.len();
        say("models", &none_or(differences, "as the migrations lead to", "change"))?;
        say("drift", &none_or(checked.drift.len(), "none", "difference"))?;
        say("unmanaged", &checked.unmanaged.len().to_string())?;
        match checked.verdict() {
            Ok(()) => say("next", "nothing to do"),
            Err(error) => say("next", &self.next(&error)),
        }
    }

    fn next(&self, error: &Error) -> String {
        let program = &self.revise.program;
        match error {
            Error::Pending(_) => format!("{program} upgrade"),
            Error::Differs(_) => {
                format!("{program} migrate -m \"…\", or {program} check to see what differs")
            }
            Error::Failed(_) => {
                format!("{program} upgrade goes on, {program} resolve says what became of it")
            }
            other => other.to_string(),
        }
    }
}

fn none_or(count: usize, none: &str, some: &str) -> String {
    if count == 0 { none.to_owned() } else { counted(count, some) }
}
