//! `lint`.

use std::path::PathBuf;

use super::{
    Command,
    arguments::LintArguments,
    console,
    report::{Placed, github, sarif},
};
use crate::{
    check::lint::{Finding, Level, lint, rules},
    error::{Error, Result},
    operation::describe::counted,
    project::placed::lines,
    runtime::{replay::Replay, shadow::Shadows, target::Target},
};

/// What was found in one migration.
type Found = (String, Vec<Finding>);

impl Command<'_> {
    pub async fn lint(&self, arguments: &LintArguments) -> Result<()> {
        if self.globals.json && arguments.format != "text" {
            return Err(Error::Usage(format!(
                "`--format {}` is a format of its own; leave `--json` out",
                arguments.format
            )));
        }
        if arguments.rules {
            for (name, level, about) in rules() {
                self.console.say(&format!("{:<8} {name:<36} {about}", console::word(*level)))?;
            }
            return self.console.json(&rules());
        }
        let known = self.revise.revisions();
        let wanted: Vec<String> = match arguments.revisions.as_slice() {
            [] if arguments.all => known.clone(),
            [] => self.database_status().await?.unwrap_or_else(|| self.nowhere()).pending,
            given => given
                .iter()
                .map(|name| super::inspect::revision(&known, name))
                .collect::<Result<_>>()?,
        };
        let found =
            async |shadows: &Shadows, target: &Target| self.lint_in(shadows, target, &wanted).await;
        let found = self.with_shadows(found).await?;
        let findings: Vec<&Finding> = found.iter().flat_map(|(_, findings)| findings).collect();
        let count = findings.iter().filter(|finding| finding.level != Level::Advice).count();
        self.console.json(&findings)?;
        match arguments.format.as_str() {
            "sarif" => {
                let text = format!("{:#}", sarif(&self.placed(&found), &root()));
                self.console.say(&text)?;
            }
            "github" => {
                let commands = github(&self.placed(&found), &root());
                commands.iter().try_for_each(|line| self.console.say(line))?;
            }
            _ => {
                self.print_findings(findings)?;
                if count == 0 {
                    let looked_at = counted(wanted.len(), "migration");
                    self.console.say(&format!("{looked_at}, nothing dangerous"))?;
                }
            }
        }
        match count {
            0 => Ok(()),
            count => Err(Error::Lint(counted(count, "dangerous operation"))),
        }
    }

    /// Findings with the file and the line of each, where the sources are there.
    fn placed(&self, found: &[Found]) -> Vec<Placed> {
        let rows = match self.own_directory() {
            Ok(Some(directory)) => self.rows(&directory),
            Ok(None) | Err(_) => Vec::new(),
        };
        let mut placed = Vec::new();
        for (revision, findings) in found {
            let row = rows.iter().find(|row| row.revision == *revision);
            let file = row.and_then(|row| row.path.clone());
            let source = file.as_ref().and_then(|path| std::fs::read_to_string(path).ok());
            let lines = lines(&source.unwrap_or_default(), findings);
            placed.extend(findings.iter().zip(lines).map(|(finding, line)| Placed {
                finding: finding.clone(),
                revision: revision.clone(),
                file: file.clone(),
                line,
            }));
        }
        placed
    }

    async fn lint_in(
        &self,
        shadows: &Shadows,
        target: &Target,
        wanted: &[String],
    ) -> Result<Vec<Found>> {
        let mut replay = Replay::run(shadows, &[], &self.revise.schemas(target)).await?;
        let mut found = Vec::new();
        for migration in (self.revise.migrations)() {
            let before = replay.schema(&self.revise.history).await?;
            replay.up(migration.as_ref()).await?;
            let replayed =
                replay.migrations.last().filter(|replayed| wanted.contains(&replayed.revision));
            if let Some(replayed) = replayed {
                let findings = lint(&before, replayed.change(), target.backend());
                found.push((replayed.revision.clone(), findings));
            }
        }
        replay.close().await;
        Ok(found)
    }

    /// Prints findings as a person reads them.
    pub fn print_findings<'f>(
        &self,
        findings: impl IntoIterator<Item = &'f Finding>,
    ) -> Result<()> {
        for Finding { rule, level, message, safe, .. } in findings {
            self.console
                .say(&format!("{} [{rule}] {message}\n    safe: {safe}", console::word(*level)))?;
        }
        Ok(())
    }
}

/// The root of the repository as a code host has it: what its runner says, or else where the command runs.
fn root() -> PathBuf {
    let named = std::env::var_os("GITHUB_WORKSPACE").filter(|path| !path.is_empty());
    let here = || std::env::current_dir().unwrap_or_default();
    let root = named.map_or_else(here, PathBuf::from);
    root.canonicalize().unwrap_or(root)
}
