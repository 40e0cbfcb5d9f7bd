//! Migrations that replace others, as `squash` writes them: a database that has all of the old ones has the new one.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use serde::Serialize;

use crate::{
    operation::Plan,
    runtime::{
        context::ExecutionContext,
        history::{Applied, History, Record},
        recording::record,
        revise::Revise,
    },
};

/// A migration that replaces others which a database has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Replacement {
    /// The new one.
    pub revision: String,
    /// The old ones that the database has.
    pub replaces: Vec<String>,
    /// The old ones that it lacks; the new one is not applied then, and cannot be.
    pub lacking: Vec<String>,
}

impl Replacement {
    /// Why nothing can be done, where the database is in the middle of the old ones.
    #[must_use]
    pub fn obstacle(&self) -> Option<String> {
        let (first, last) = (self.lacking.first()?, self.replaces.last()?);
        Some(format!(
            "`{}` replaces `{last}`, which is applied, and `{first}`, which is not: the database is in the middle of what was squashed; \
             upgrade it with a program that still has the old migrations first, and then with this one",
            self.revision
        ))
    }
}

impl Plan {
    /// Says in `up` that the migration replaces others, as one that `squash` wrote does: a database that has all of them has it.
    #[must_use]
    pub fn replaces<const N: usize>(self, revisions: [&str; N]) -> Self {
        if let Some(context) = ExecutionContext::current() {
            context.note_replaced(&revisions.map(str::to_owned));
        }
        self
    }
}

impl Revise {
    /// Counts migrations as applied whose old ones are, and answers which. They are only looked for where the database has what this
    /// program does not know.
    pub(crate) async fn replace(
        &self,
        noted: &mut Vec<Applied>,
        backend: DbBackend,
    ) -> Vec<Replacement> {
        let known = self.revisions();
        let unknown =
            |applied: &&Applied| applied.applied_at.is_some() && !known.contains(&applied.revision);
        if !noted.iter().any(|applied| unknown(&applied)) {
            return Vec::new();
        }
        let mut found = Vec::new();
        for migration in (self.migrations)() {
            let old = record(migration.as_ref(), backend).await.replaces;
            let is_applied = |name: &String| {
                noted.iter().any(|one| one.applied_at.is_some() && one.revision == *name)
            };
            let (replaces, lacking): (Vec<_>, Vec<_>) = old.into_iter().partition(is_applied);
            if replaces.is_empty() {
                continue;
            }
            let revision = migration.name().to_owned();
            let is_there = is_applied(&revision);
            let one = Replacement { revision, replaces, lacking };
            if one.lacking.is_empty() || is_there {
                take_in(noted, &one, is_there);
            }
            let lacking = if is_there { Vec::new() } else { one.lacking };
            found.push(Replacement { lacking, ..one });
        }
        found
    }
}

/// Puts the new one in the place of the old ones.
fn take_in(noted: &mut Vec<Applied>, one: &Replacement, is_there: bool) {
    let old = |applied: &&Applied| one.replaces.contains(&applied.revision);
    let applied_at = noted.iter().filter(old).filter_map(|applied| applied.applied_at).max();
    noted.retain(|applied| !old(&applied));
    if !is_there {
        noted.push(Applied { revision: one.revision.clone(), applied_at, record: None });
    }
}

impl History {
    /// Notes a migration in the place of those that it replaces.
    pub(crate) async fn take_in<C: ConnectionTrait>(
        &self,
        db: &C,
        one: &Replacement,
        checksum: Option<String>,
    ) -> Result<(), DbErr> {
        self.install(db).await?;
        for old in &one.replaces {
            self.forget(db, old).await?;
        }
        self.forget(db, &one.revision).await?;
        self.add_version(db, &one.revision).await?;
        self.write(db, &one.revision, &Record::applied(checksum)).await
    }
}
