//! `test`: migrations up, down and up again in a shadow with rows.

use sea_orm_migration::MigrationTrait;

use super::{Command, arguments::TestArguments};
use crate::{
    diff::{DiffOptions, diff},
    error::{Error, Result, explain},
    operation::{Operation, describe::counted},
    project::consistency::lines,
    runtime::{
        replay::Replay,
        seed::{UniqueRule, coming},
        shadow::Shadows,
        target::Target,
    },
    schema::Schema,
};

impl Command<'_> {
    pub async fn test(&self, arguments: &TestArguments) -> Result<()> {
        let known = self.revise.revisions();
        let wanted = arguments
            .revision
            .as_deref()
            .map(|given| super::inspect::revision(&known, given))
            .transpose()?;
        let tried = async |shadows: &Shadows, target: &Target| {
            self.test_in(shadows, target, wanted.as_deref()).await
        };
        let tried = self.with_shadows(tried).await?;
        self.console.json(&tried)
    }

    async fn test_in(
        &self,
        shadows: &Shadows,
        target: &Target,
        wanted: Option<&str>,
    ) -> Result<Vec<String>> {
        // Where the history cannot be replayed without rows, the rows are what they are.
        let operations = self.operations(shadows, target).await.unwrap_or_default();
        let mut replay = Replay::run(shadows, &[], &self.revise.schemas(target)).await?;
        let mut tried = Vec::new();
        for (place, migration) in (self.revise.migrations)().into_iter().enumerate() {
            let name = migration.name().to_owned();
            if wanted.is_some_and(|wanted| wanted != name) {
                replay.up(migration.as_ref()).await?;
                continue;
            }
            let left = operations.get(place..).unwrap_or_default();
            let rules = coming(left.iter().flatten());
            let rows = self.there_and_back(&mut replay, migration.as_ref(), &rules).await?;
            self.console.say(&format!("ok {name} (with {})", counted(rows, "row")))?;
            tried.push(name);
        }
        replay.close().await;
        Ok(tried)
    }

    /// What each migration does; for one that has no plan, what leads to the schema that it leads to.
    async fn operations(&self, shadows: &Shadows, target: &Target) -> Result<Vec<Vec<Operation>>> {
        let mut replay = Replay::run(shadows, &[], &self.revise.schemas(target)).await?;
        let found = self.operations_in(&mut replay).await;
        replay.close().await;
        found
    }

    async fn operations_in(&self, replay: &mut Replay) -> Result<Vec<Vec<Operation>>> {
        let mut found = Vec::new();
        let mut before = replay.schema(&self.revise.history).await?;
        for migration in (self.revise.migrations)() {
            replay.up(migration.as_ref()).await?;
            let after = replay.schema(&self.revise.history).await?;
            let planned = replay.migrations.last().map(|one| one.operations.clone());
            found.push(match planned.unwrap_or_default() {
                planned if !planned.is_empty() => planned,
                _ => {
                    let options = DiffOptions::whole(replay.shadow.backend());
                    diff(&before, &after, &options)?.operations
                }
            });
            before = after;
        }
        Ok(found)
    }

    /// Takes one migration up, down and up again, and answers with how many rows.
    async fn there_and_back(
        &self,
        replay: &mut Replay,
        migration: &dyn MigrationTrait,
        rules: &[UniqueRule],
    ) -> Result<u64> {
        let name = migration.name();
        let history = &self.revise.history;
        let before = replay.schema(history).await?;
        let seeded = replay.shadow.seed(&before, rules).await.map_err(|source| {
            let why = explain(&source);
            Error::Failed(format!("the tables before `{name}` cannot be filled: {why}"))
        })?;
        let failed = |way: &str, error: Error| {
            // What was tried is said here.
            let why = match error {
                Error::Database { source, .. } => explain(&source),
                other => other.to_string(),
            };
            Error::Failed(format!("`{name}` {way}: {why}"))
        };
        replay.up(migration).await.map_err(|error| failed("fails with rows", error))?;
        let first = replay.schema(history).await?;
        replay.down(migration).await.map_err(|error| failed("cannot be reverted", error))?;
        let back = replay.schema(history).await?;
        let what = format!("`{name}` does not come back to where it began");
        expect_same(replay, (&before, &back), &what)?;
        replay.up(migration).await.map_err(|error| failed("fails the second time", error))?;
        let second = replay.schema(history).await?;
        let what = format!("`{name}` does another thing the second time");
        expect_same(replay, (&first, &second), &what)?;
        Ok(seeded.values().sum())
    }
}

fn expect_same(replay: &Replay, (expected, found): (&Schema, &Schema), what: &str) -> Result<()> {
    let left = diff(found, expected, &DiffOptions::whole(replay.shadow.backend()))?.operations;
    if left.is_empty() {
        return Ok(());
    }
    Err(Error::Failed(format!("{what}; it lacks: {}", lines(&left).join("; "))))
}
