//! Verbs that repair a history: `stamp`, `resolve`, `merge`.

use chrono::Utc;
use sea_orm_migration::MigrationTrait;

use super::{
    Command,
    arguments::{ResolveArguments, StampArguments},
};
use crate::{
    error::{Error, Result},
    project::directory::Directory,
    revision::Revision,
    runtime::{
        history::Record,
        lock::Lock,
        replay::Replay,
        session::{Session, Use},
        shadow::Shadows,
        target::Target,
        upgrade::named,
    },
};

impl Command<'_> {
    pub async fn stamp(&self, arguments: &StampArguments) -> Result<()> {
        let known = self.revise.revisions();
        let wanted = match arguments.revision.as_str() {
            "base" => None,
            given => Some(super::inspect::revision(&known, given)?),
        };
        let count = wanted.as_ref().and_then(|wanted| known.iter().position(|name| name == wanted));
        let count = count.map_or(0, |place| place + 1);
        let target = self.target()?;
        let checksums = self.verified(arguments.verify, count).await?;
        let patience = super::apply::seconds(arguments.wait, "--wait")?;
        let lock = Lock::take(&target, patience, &|_| {}).await?;
        let session = Session::open(&target, Use::Write).await?;
        let noted =
            self.note_applied(&session, known.get(..count).unwrap_or_default(), &checksums).await;
        session.close().await;
        lock.release().await;
        noted?;
        let place = wanted.as_deref().unwrap_or("base");
        self.console
            .say(&format!("the database is noted as being at {place}; nothing else was changed"))?;
        self.console.json(&serde_json::json!({ "current": wanted }))
    }

    /// The checksums of the first migrations; with `verify` only when the database has the schema that they lead to.
    async fn verified(&self, verify: bool, count: usize) -> Result<Vec<(String, String)>> {
        let seen = async |shadows: &Shadows, target: &Target| {
            shadows.connect().await?;
            self.verified_in(shadows, target, (verify, count)).await
        };
        self.with_shadows(seen).await
    }

    async fn verified_in(
        &self,
        shadows: &Shadows,
        target: &Target,
        (verify, count): (bool, usize),
    ) -> Result<Vec<(String, String)>> {
        let mut migrations = (self.revise.migrations)();
        migrations.truncate(count);
        let replayed = Replay::run(shadows, &migrations, &self.revise.schemas(target)).await;
        let replay = match replayed {
            Ok(replay) => replay,
            Err(error) if verify => return Err(error),
            // A history that cannot be replayed has no checksums, and can be noted all the same.
            Err(_) => return Ok(Vec::new()),
        };
        let expected = self
            .revise
            .scoped(replay.schema(&self.revise.history).await?, &self.generate_options()?);
        let checksums = replay
            .migrations
            .iter()
            .map(|replayed| (replayed.revision.clone(), replayed.checksum.clone()))
            .collect();
        replay.close().await;
        if verify {
            let session = Session::open(target, Use::Read).await?;
            let actual = session.read(&[]).await;
            session.close().await;
            let actual = self.revise.scoped(actual?, &self.generate_options()?);
            let left = crate::project::consistency::drift(&actual, &expected, target)?.0;
            if !left.is_empty() {
                return Err(Error::Differs(format!(
                    "the database does not have the schema of that revision, so nothing was noted; it lacks: {}",
                    crate::project::consistency::lines(&left).join("; ")
                )));
            }
        }
        Ok(checksums)
    }

    async fn note_applied(
        &self,
        session: &Session,
        revisions: &[String],
        checksums: &[(String, String)],
    ) -> Result<()> {
        let history = &self.revise.history;
        let before = history.applied(&session.db).await?;
        let cannot = || Error::database("cannot note the history");
        let transaction = session.begin().await.map_err(cannot())?;
        history.install(&transaction).await.map_err(cannot())?;
        for gone in before.iter().filter(|applied| !revisions.contains(&applied.revision)) {
            history.forget(&transaction, &gone.revision).await.map_err(cannot())?;
        }
        for revision in revisions {
            let known = before.iter().find(|applied| applied.revision == *revision);
            if known.is_none_or(|applied| applied.applied_at.is_none()) {
                history.add_version(&transaction, revision).await.map_err(cannot())?;
            }
            let checksum = checksums.iter().find(|(name, _)| name == revision);
            let record = Record::applied(checksum.map(|(_, checksum)| checksum.clone()));
            history.write(&transaction, revision, &record).await.map_err(cannot())?;
        }
        transaction.commit().await.map_err(cannot())
    }

    pub async fn resolve(&self, arguments: &ResolveArguments) -> Result<()> {
        let target = self.target()?;
        let session = Session::open(&target, Use::Write).await?;
        let lock = Lock::take(&target, std::time::Duration::from_secs(60), &|_| {}).await?;
        let resolved = self.resolve_locked(&session, arguments).await;
        session.close().await;
        lock.release().await;
        let (revision, word) = resolved?;
        self.console.say(&format!("{revision} is noted as {word}"))?;
        self.console.json(&serde_json::json!({ "revision": revision, "state": word }))
    }

    async fn resolve_locked(
        &self,
        session: &Session,
        arguments: &ResolveArguments,
    ) -> Result<(String, &'static str)> {
        let history = &self.revise.history;
        let noted = history.applied(&session.db).await?;
        // A migration that is only in the database can be named too: it is the one to take out.
        let mut known = self.revise.revisions();
        let count = known.len();
        known.extend(noted.iter().map(|applied| applied.revision.clone()));
        known.dedup();
        let revision = match known.iter().find(|name| **name == arguments.revision) {
            Some(name) => name.clone(),
            None => named(known.get(..count).unwrap_or_default(), &arguments.revision)?,
        };
        let cannot = || Error::database("cannot note the history");
        let transaction = session.begin().await.map_err(cannot())?;
        history.install(&transaction).await.map_err(cannot())?;
        let word = if arguments.rolled_back {
            history.forget(&transaction, &revision).await.map_err(cannot())?;
            "not applied"
        } else {
            let record = Record::applied(self.checksum(&revision).await);
            let versioned =
                noted.iter().any(|one| one.revision == revision && one.applied_at.is_some());
            if !versioned {
                history.add_version(&transaction, &revision).await.map_err(cannot())?;
            }
            history.write(&transaction, &revision, &record).await.map_err(cannot())?;
            "applied"
        };
        transaction.commit().await.map_err(cannot())?;
        Ok((revision, word))
    }

    async fn checksum(&self, revision: &str) -> Option<String> {
        let seen = async |mut replay: Replay, migration: Box<dyn MigrationTrait>| {
            replay.up(migration.as_ref()).await?;
            let checksum = replay.migrations.last().map(|replayed| replayed.checksum.clone());
            replay.close().await;
            Ok::<_, Error>(checksum)
        };
        self.with_replay_before(revision, seen).await.ok().flatten()
    }

    pub async fn merge(&self) -> Result<()> {
        let status = self.database_status().await?.unwrap_or_else(|| self.nowhere());
        if status.out_of_order.is_empty() {
            self.console.say("nothing to merge: no migration came late")?;
            return self.console.json(&[(); 0]);
        }
        let directory = self.directory()?;
        self.expect_built(&directory)?;
        let mut moved = Vec::new();
        let rows = self.rows(&directory);
        for late in &status.out_of_order {
            let row = rows.iter().find(|row| row.revision == *late);
            let module = row.and_then(|row| row.module.as_deref()).ok_or_else(|| {
                let registry = directory.registry().display();
                Error::Usage(format!(
                    "`{late}` is not in `{registry}`; put it after the newest by hand"
                ))
            })?;
            let to = self.put_last(&directory, late, module)?;
            moved.push(serde_json::json!({ "from": late, "to": to }));
        }
        self.console
            .note("build again, check that they still fit after the others, then `upgrade`");
        self.console.json(&moved)
    }

    /// Puts a migration after the others: with a new date where its name has one of the engine's, and as it is where the
    /// name is the project's own. Answers what it is called then.
    fn put_last(&self, directory: &Directory, late: &str, module: &str) -> Result<String> {
        let stopped = super::write::stopped;
        let dated = Revision::parse(late).filter(|_| late == module);
        let (Some(dated), Some(newest)) = (dated, directory.newest().map_err(stopped)?) else {
            directory.move_last(module).map_err(stopped)?;
            let registry = directory.registry().display();
            self.console
                .say(&format!("{late} is now the last in `{registry}`, under the same name"))?;
            return Ok(late.to_owned());
        };
        let revision = Revision::new(Utc::now(), dated.slug()).after(&newest).name();
        directory.redate(late, &revision).map_err(stopped)?;
        self.console.say(&format!("{late} is now {revision}"))?;
        Ok(revision)
    }
}
