//! Applies a draft at once.

use std::collections::BTreeSet;

use super::{Draft, Drafted, GenerateOptions};
use crate::{
    error::{Error, Result},
    runtime::{
        batches,
        execute::database_names,
        lock::Lock,
        revise::Revise,
        session::{Session, Use},
        target::Target,
        upgrade::{Direction, MigrationRun, Report, UpgradeOptions, changed_values},
    },
};

impl Revise {
    /// Applies a draft that was just written, with the record that it is applied, in one transaction.
    pub(crate) async fn apply_draft(
        &self,
        target: &Target,
        migration: &Drafted,
        report: Report,
    ) -> Result<()> {
        let checksum = Some(migration.draft.checksum());
        let options = UpgradeOptions { report, ..Default::default() };
        let lock = Lock::take(target, options.wait, &|_| {}).await?;
        let session = Session::open(target, Use::Write).await?;
        let direction = Direction::Up;
        let run = MigrationRun {
            revise: self,
            session: &session,
            migration,
            checksum,
            direction,
            options: &options,
            forgiven: BTreeSet::new(),
        };
        let mut done = run.carry_out().await;
        lock.release().await;
        if done.is_ok() {
            done = batches::finish(self, &session, &options).await;
        }
        session.close().await;
        done
    }

    /// Goes on only with consent where a draft that is applied at once would change values.
    pub(crate) async fn agree_to_changes(
        &self,
        target: &Target,
        draft: &Draft,
        options: &GenerateOptions,
    ) -> Result<()> {
        let exists = !matches!(target, Target::File(path) if !path.exists());
        if options.allow_destructive || !exists {
            return Ok(());
        }
        let operations = database_names(&draft.up, target.backend());
        let session = Session::open(target, Use::Read).await?;
        let changed = changed_values(&session.db, &operations).await;
        session.close().await;
        let changed = changed.map_err(Error::database("cannot count what would be changed"))?;
        let question = format!("this migration changes values: {}", changed.join(", "));
        match &options.confirm {
            _ if changed.is_empty() => Ok(()),
            Some(confirm) if confirm(&format!("{question}. Go on?")) => Ok(()),
            _ => Err(Error::NeedsAnswer(format!(
                "{question}; nothing was written. Say `--allow-destructive` when that is meant"
            ))),
        }
    }
}
