//! `test`: migrations up, down and up again in a shadow with rows.

use super::{Command, arguments::TestArguments};
use crate::{
    diff::{DiffOptions, diff},
    error::{Error, Result, explain},
    operation::describe::counted,
    runtime::{replay::Replay, shadow::Shadows, target::Target},
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
        let mut replay = Replay::run(shadows, &[], &self.revise.schemas(target)).await?;
        let mut tried = Vec::new();
        for migration in (self.revise.migrations)() {
            let name = migration.name().to_owned();
            if wanted.is_some_and(|wanted| wanted != name) {
                replay.up(migration.as_ref()).await?;
                continue;
            }
            let before = replay.schema(&self.revise.history).await?;
            let failed = |source| {
                let why = explain(&source);
                Error::Failed(format!("the tables before `{name}` cannot be filled: {why}"))
            };
            let rows: u64 = replay.shadow.seed(&before).await.map_err(failed)?.values().sum();
            let failed =
                |way: &str, error: Error| Error::Failed(format!("`{name}` {way}: {error}"));
            replay
                .up(migration.as_ref())
                .await
                .map_err(|error| failed("fails with rows", error))?;
            let first = replay.schema(&self.revise.history).await?;
            replay
                .down(migration.as_ref())
                .await
                .map_err(|error| failed("cannot be reverted", error))?;
            let back = replay.schema(&self.revise.history).await?;
            let what = format!("`{name}` does not come back to where it began");
            self.expect_same(&before, &back, &what)?;
            replay
                .up(migration.as_ref())
                .await
                .map_err(|error| failed("fails the second time", error))?;
            let second = replay.schema(&self.revise.history).await?;
            let what = format!("`{name}` does another thing the second time");
            self.expect_same(&first, &second, &what)?;
            self.console.say(&format!("ok {name} (with {})", counted(rows, "row")))?;
            tried.push(name);
        }
        replay.close().await;
        Ok(tried)
    }

    fn expect_same(
        &self,
        expected: &crate::schema::Schema,
        found: &crate::schema::Schema,
        what: &str,
    ) -> Result<()> {
        let backend = self.target_or_memory()?.backend();
        let left = diff(found, expected, &DiffOptions::whole(backend));
        let left = left?.operations;
        if left.is_empty() {
            return Ok(());
        }
        Err(Error::Failed(format!(
            "{what}; it lacks: {}",
            crate::project::consistency::lines(&left).join("; ")
        )))
    }
}
