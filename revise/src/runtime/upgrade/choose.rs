//! Which migrations are meant, and whether the history allows them.

use serde::Serialize;

use crate::{
    error::{Error, Result},
    revision,
    runtime::{history::State, replay::ReplayedMigration, revise::Status},
};

/// Up or down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Migrations are applied.
    Up,
    /// Migrations are reverted.
    Down,
}

impl Direction {
    /// The verb of the command line.
    pub(crate) fn verb(self) -> &'static str {
        match self {
            Self::Up => "upgrade",
            Self::Down => "downgrade",
        }
    }
}

/// The migrations between where the database stands and `target`, in the order in which they are carried out.
///
/// # Errors
/// [`Error::Usage`] for a target that means nothing.
pub fn revisions(
    known: &[String],
    status: &Status,
    target: &str,
    direction: Direction,
) -> Result<Vec<String>> {
    let applied: Vec<&String> = status
        .applied
        .iter()
        .map(|applied| &applied.revision)
        .filter(|name| known.contains(name))
        .collect();
    match direction {
        Direction::Up => {
            let pending = &status.pending;
            let count = if target == "head" || target == "heads" {
                pending.len()
            } else if let Some(steps) = target.strip_prefix('+') {
                number(steps, target, "`head`, `+N` or a revision")?.min(pending.len())
            } else {
                let wanted = named(known, target)?;
                if applied.iter().any(|name| **name == wanted) {
                    return Ok(Vec::new());
                }
                let place = |name: &str| known.iter().position(|other| other == name);
                let last = place(&wanted);
                pending.iter().filter(|name| place(name) <= last).count()
            };
            Ok(pending.iter().take(count).cloned().collect())
        }
        Direction::Down => {
            let count = if target == "base" {
                applied.len()
            } else if let Some(steps) = target.strip_prefix('-') {
                let steps = number(steps, target, "`base`, `-N` or a revision")?;
                if steps > applied.len() {
                    let applied = applied.len();
                    return Err(Error::Usage(format!(
                        "`{target}` goes further back than the {applied} migrations that are applied; `base` takes all back"
                    )));
                }
                steps
            } else {
                let wanted = named(known, target)?;
                let place = applied.iter().position(|name| **name == wanted);
                let place = place.ok_or_else(|| {
                    Error::Usage(format!("`{wanted}` is not applied, so nothing leads back to it"))
                })?;
                applied.len() - place - 1
            };
            Ok(applied.iter().rev().take(count).map(|name| (*name).clone()).collect())
        }
    }
}

fn number(written: &str, target: &str, expected: &str) -> Result<usize> {
    match written.parse() {
        Ok(steps @ 1..) => Ok(steps),
        _ => Err(Error::Usage(format!("`{target}` is no target, expected {expected}"))),
    }
}

/// The revision of a name or a prefix.
pub fn named(known: &[String], given: &str) -> Result<String> {
    let found = revision::resolve(known, given);
    found.map(str::to_owned).map_err(|error| Error::Usage(error.to_string()))
}

/// Refuses a database that was migrated by a newer program.
pub fn expect_known(status: &Status, program: &str) -> Result<()> {
    if let Some(obstacle) = status.obstacle() {
        return Err(Error::History(obstacle));
    }
    let Some(first) = status.missing.first() else { return Ok(()) };
    let others = match status.missing.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    Err(Error::History(format!(
        "`{first}`{others} is applied to the database, and this program has no such migration: the database is newer than the \
         program, or the file was deleted; use the newer program, bring the file back, or, when its changes are undone, take it \
         out of the history with `{program} resolve {first} --rolled-back`"
    )))
}

/// Refuses to leave a migration behind that was begun and is not done.
pub fn expect_finished(
    status: &Status,
    chosen: &[String],
    direction: Direction,
    program: &str,
) -> Result<()> {
    if let Some(unfinished) = &status.unfinished {
        let state = unfinished.record.as_ref().map(|record| record.state);
        let revision = &unfinished.revision;
        let next = chosen.first() == Some(revision);
        let goes_on = match (state, direction) {
            (Some(State::Upgrading), Direction::Up)
            | (Some(State::Downgrading), Direction::Down) => next,
            _ => false,
        };
        if !goes_on {
            let way = if state == Some(State::Downgrading) { "downgrade" } else { "upgrade" };
            return Err(Error::Failed(format!(
                "`{revision}` was begun and is not done; go on with `{program} {way}`, or say what became of it: \
                 `{program} resolve {revision} --applied` or `--rolled-back`"
            )));
        }
    }
    Ok(())
}

/// Refuses migrations that are older than the newest applied one.
pub fn expect_in_order(status: &Status, chosen: &[String], program: &str) -> Result<()> {
    if let Some(late) = chosen.iter().find(|name| status.out_of_order.contains(name)) {
        let newest = status.current().unwrap_or_default();
        return Err(Error::History(format!(
            "`{late}` is older than `{newest}`, which is applied already, as after a merge of two branches; put it last with \
             `{program} merge`, or apply it as it is with `--out-of-order`"
        )));
    }
    Ok(())
}

/// The applied migrations whose plan is not what was applied.
pub fn edited(status: &Status, replayed: &[ReplayedMigration]) -> Vec<String> {
    let changed = status.applied.iter().filter(|applied| {
        let recorded = applied.record.as_ref().and_then(|record| record.checksum.as_ref());
        let replayed = replayed.iter().find(|replayed| replayed.revision == applied.revision);
        matches!((recorded, replayed), (Some(recorded), Some(replayed)) if !replayed.fits(recorded))
    });
    changed.map(|applied| applied.revision.clone()).collect()
}

/// The error about an edited migration.
pub fn edited_error(revision: &str, program: &str) -> Error {
    Error::History(format!(
        "`{revision}` was edited after it was applied, so other databases will not become like this one; take the edit back \
         and write a new migration, or accept it for this database with `{program} resolve {revision} --applied`"
    ))
}
