//! Verbs that inspect the history: `current`, `history`, `heads`, `branches`, `show`.

use serde::Serialize;

use super::{
    Command,
    arguments::{CurrentArguments, HistoryArguments, ShowArguments},
};
use crate::{
    error::{Error, Result},
    operation::{
        Operation,
        describe::{counted, describe},
    },
    runtime::{
        revise::Status,
        upgrade::{UpgradeOptions, named},
    },
};

/// A migration in a listing.
#[derive(Serialize)]
struct Line<'a> {
    revision: &'a str,
    after: Option<&'a str>,
    applied_at: Option<i64>,
    actor: Option<&'a str>,
    duration_ms: Option<i64>,
    head: bool,
    current: bool,
}

impl Command<'_> {
    pub async fn current(&self, arguments: &CurrentArguments) -> Result<()> {
        let status = self.database_status().await?.unwrap_or_else(|| self.nowhere());
        let head = self.revise.head();
        let current = status.current();
        let at_head = current == head.as_deref() && status.pending.is_empty();
        let mark = if at_head && current.is_some() { " (head)" } else { "" };
        match current {
            Some(revision) => self.console.say(&format!("{revision}{mark}"))?,
            None => self.console.say("no migration is applied")?,
        }
        self.console.json(&serde_json::json!({
            "current": current, "head": head, "is_head": at_head, "pending": status.pending
        }))?;
        if arguments.check_heads && !at_head {
            let count = status.pending.len();
            return Err(Error::Pending(format!(
                "the database lacks {}",
                counted(count, "migration")
            )));
        }
        Ok(())
    }

    pub async fn history(&self, arguments: &HistoryArguments) -> Result<()> {
        // Without a database there is still a history; with one that does not answer there is an error.
        let known = self.revise.revisions();
        let status = match self.url.or(self.revise.default_url.as_deref()) {
            None => None,
            Some(_) => self.database_status().await?,
        };
        let status = status.unwrap_or_else(|| self.nowhere());
        let (from, to) = range(&known, &status, arguments.rev_range.as_deref())?;
        let all = lines(&known, &status);
        let mut missing =
            status.missing.iter().map(|name| format!("{name} (applied, and not known here)"));
        missing.try_for_each(|line| self.console.say(&line))?;
        let shown: Vec<&Line<'_>> = all.get(from..to).unwrap_or_default().iter().rev().collect();
        for line in &shown {
            let mut text = format!("{} -> {}", line.after.unwrap_or("<base>"), line.revision);
            for (holds, mark) in [
                (line.head, " (head)"),
                (line.current && arguments.indicate_current, " (current)"),
                (line.applied_at.is_none(), " (pending)"),
            ] {
                text.push_str(if holds { mark } else { "" });
            }
            if self.console.is_verbose()
                && let Some(at) = line.applied_at
            {
                let when = chrono::DateTime::from_timestamp(at, 0).unwrap_or_default();
                let who = line.actor.map(|actor| format!(" by {actor}")).unwrap_or_default();
                let took = line.duration_ms.map(|ms| format!(" in {ms} ms")).unwrap_or_default();
                text.push_str(&format!(
                    "\n    applied {}{who}{took}",
                    when.format("%Y-%m-%d %H:%M:%S UTC")
                ));
            }
            self.console.say(&text)?;
        }
        self.console.json(&shown)
    }

    pub fn heads(&self) -> Result<()> {
        let head = self.revise.head();
        if let Some(head) = &head {
            self.console.say(&format!("{head} (head)"))?;
        }
        self.console.json(&head.into_iter().collect::<Vec<_>>())
    }

    pub async fn branches(&self) -> Result<()> {
        let status = self.database_status().await?.unwrap_or_else(|| self.nowhere());
        for late in &status.out_of_order {
            self.console.say(&format!(
                "{late} is not applied, and newer ones are; `{} merge` puts it after them",
                self.revise.program
            ))?;
        }
        self.console.json(&status.out_of_order)
    }

    pub async fn show(&self, arguments: &ShowArguments) -> Result<()> {
        let known = self.revise.revisions();
        let wanted = revision(&known, &arguments.revision)?;
        let place = known.iter().position(|name| *name == wanted).unwrap_or_default();
        let after = place.checked_sub(1).and_then(|place| known.get(place));
        let options = UpgradeOptions { shadow: self.shadow()?, ..UpgradeOptions::default() };
        let target = self.target_or_memory()?;
        let mut preview = self.revise.preview_one(&target, &wanted, &options).await?;
        let rows = self.directory().map(|directory| self.rows(&directory)).unwrap_or_default();
        let row = rows.into_iter().find(|row| row.revision == wanted);
        let path = row.and_then(|row| row.path).map(|path| path.display().to_string());
        let script = if arguments.sql { Some(preview.script()?) } else { None };
        let shown = preview.migrations.first();
        let (operations, statements) = shown
            .map(|one| (one.operations.as_slice(), one.statements.as_slice()))
            .unwrap_or_default();
        if let Some(script) = &script {
            script.iter().try_for_each(|line| self.console.say(line))?;
        } else {
            self.console
                .say(&format!("{wanted}, after {}", after.map_or("<base>", String::as_str)))?;
            if let Some(path) = &path {
                self.console.say(&format!("in {path}"))?;
            }
            self.say_operations(operations, statements)?;
        }
        self.console.json(&serde_json::json!({
            "revision": wanted, "after": after, "path": path, "operations": operations, "statements": statements, "script": script
        }))
    }

    /// Says what a migration does: its operations, or else its statements.
    pub fn say_operations(&self, operations: &[Operation], statements: &[String]) -> Result<()> {
        let lines: Vec<String> = match operations {
            [] => statements.iter().map(|sql| format!("    {sql};")).collect(),
            operations => operations.iter().map(|one| format!("    {}", describe(one))).collect(),
        };
        lines.iter().try_for_each(|line| self.console.say(line))
    }

    /// Where the database stands; `None` when it does not exist.
    pub async fn database_status(&self) -> Result<Option<Status>> {
        let Some(session) = self.open_for_reading().await? else { return Ok(None) };
        let status = self.revise.status(&session.db).await;
        session.close().await;
        status.map(Some)
    }

    /// Where a database stands that does not exist.
    pub fn nowhere(&self) -> Status {
        Status { pending: self.revise.revisions(), ..Status::default() }
    }
}

fn lines<'a>(known: &'a [String], status: &'a Status) -> Vec<Line<'a>> {
    let mut lines = Vec::with_capacity(known.len());
    let mut after = None;
    for (place, revision) in known.iter().enumerate() {
        let applied = status.applied.iter().find(|applied| applied.revision == *revision);
        let record = applied.and_then(|applied| applied.record.as_ref());
        lines.push(Line {
            revision,
            after,
            applied_at: applied.and_then(|applied| applied.applied_at),
            actor: record.map(|record| record.actor.as_str()),
            duration_ms: record.map(|record| record.duration_ms),
            head: place + 1 == known.len(),
            current: status.current() == Some(revision),
        });
        after = Some(revision.as_str());
    }
    lines
}

/// The revision of a name, a prefix or `head`.
pub fn revision(known: &[String], given: &str) -> Result<String> {
    if matches!(given, "head" | "heads") {
        return known
            .last()
            .cloned()
            .ok_or_else(|| Error::Usage("there are no migrations yet".to_owned()));
    }
    named(known, given)
}

/// The places from one revision to another, both included.
fn range(known: &[String], status: &Status, given: Option<&str>) -> Result<(usize, usize)> {
    let Some(given) = given else { return Ok((0, known.len())) };
    let (from, to) = given.split_once(':').ok_or_else(|| {
        Error::Usage(format!(
            "`{given}` is no range, expected `FROM:TO`, one of both may be missing"
        ))
    })?;
    let place = |name: &str| -> Result<usize> {
        let name = match name {
            "base" => return Ok(0),
            "current" => status.current().unwrap_or_default().to_owned(),
            name => revision(known, name)?,
        };
        Ok(known.iter().position(|other| *other == name).map_or(0, |place| place + 1))
    };
    let to = if to.is_empty() { known.len() } else { place(to)? };
    let from = match from.strip_prefix('-').map(str::parse::<usize>) {
        Some(Ok(steps)) => to.saturating_sub(steps),
        _ if from.is_empty() => 0,
        _ => place(from)?.saturating_sub(1),
    };
    Ok((from.min(to), to))
}
