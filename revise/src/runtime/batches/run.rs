//! Changes in batches at work.

use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, DatabaseExecutor, DbBackend, DbErr, Statement};

use super::{Filling, Rule, TABLE, key::Key};
use crate::{
    error::{Error, Result, explain, is_lock_timeout},
    operation::{Operation, batches::update},
    runtime::{
        execute::execute,
        lock::{Lock, LockKind},
        revise::Revise,
        session::{Session, begin, end},
        settings::Settings,
        upgrade::{Event, UpgradeOptions},
    },
    schema::TableName,
};

/// The longest pause after a batch, in which others write.
const PAUSE: Duration = Duration::from_millis(100);

/// Carries out what applied migrations noted, one batch after the other. Where nothing else is to be done and another process does this
/// already, it is left to that one.
///
/// # Errors
/// [`Error::Locked`] where a batch does not get its locks, [`Error::Failed`] for one that fails; those before it stay.
pub(crate) async fn finish(
    revise: &Revise,
    session: &Session,
    options: &UpgradeOptions,
) -> Result<()> {
    let status = revise.status(&session.db).await?;
    let Some(first) = status.filling.first() else { return Ok(()) };
    let idle = status.pending.is_empty();
    let mut patient = options.clone();
    if idle {
        patient.wait = Duration::ZERO;
    }
    let lock = match hold(session, &patient).await {
        Err(Error::Locked(_)) if idle => {
            let text = format!("another process changes rows in batches: {}", first.words());
            (options.report)(&Event::Warning(text));
            return Ok(());
        }
        lock => lock?,
    };
    let done = finish_held(revise, session, options).await;
    lock.release().await;
    done
}

/// Keeps others from changing rows in batches.
///
/// # Errors
/// [`Error::Locked`] when others do so for longer than `options.wait`.
pub(crate) async fn hold(session: &Session, options: &UpgradeOptions) -> Result<Lock> {
    let wait = |holder: &str| {
        if !options.wait.is_zero() {
            let text = format!("waiting for {holder}, which changes rows in batches");
            (options.report)(&Event::Warning(text));
        }
    };
    Lock::take_kind(LockKind::Batches, &session.target, options.wait, &wait).await
}

async fn finish_held(revise: &Revise, session: &Session, options: &UpgradeOptions) -> Result<()> {
    let cannot = || Error::database(format!("cannot use {}", session.target));
    let settings = Settings::with_keys(&session.db).await.map_err(cannot())?;
    let done = async {
        for filling in revise.status(&session.db).await?.filling {
            Run { revise, session, options, filling }.carry_out().await?;
        }
        Ok(())
    }
    .await;
    let restored = settings.restore(&session.db).await;
    done.and(restored.map_err(cannot()))
}

/// One change.
struct Run<'a> {
    revise: &'a Revise,
    session: &'a Session,
    options: &'a UpgradeOptions,
    filling: Filling,
}

impl Run<'_> {
    async fn carry_out(&self) -> Result<()> {
        let Self { session, options, filling, .. } = self;
        let Filling { revision, table, .. } = filling;
        let key = Key::of(&session.db, table).await.map_err(|error| self.failed(&error))?;
        let Some(key) = key else {
            let text = format!("`{table}` is gone, so its rows are not changed for `{revision}`");
            (options.report)(&Event::Warning(text));
            return self.forget(&session.db).await.map_err(|error| self.failed(&error));
        };
        let mut attempts = 1;
        loop {
            let begun = Instant::now();
            match self.batch(&key).await {
                Ok(None) => return Ok(()),
                Ok(Some(changed)) => {
                    let (revision, table) = (revision.clone(), table.clone());
                    (options.report)(&Event::Filled { revision, table, changed, done: false });
                    attempts = 1;
                    tokio::time::sleep((begun.elapsed() / 4).min(PAUSE)).await;
                }
                Err(error) if is_lock_timeout(&error) && attempts < options.attempts => {
                    options.wait_again(revision, &mut attempts).await;
                }
                Err(error) if is_lock_timeout(&error) => {
                    return Err(Error::Locked(format!(
                        "the next batch of `{table}` for `{revision}` did not get its locks in {attempts} attempts; what is done stays, \
                         and `{} upgrade` goes on there",
                        self.revise.program
                    )));
                }
                Err(error) => return Err(self.failed(&error)),
            }
        }
    }

    fn failed(&self, error: &DbErr) -> Error {
        let Filling { revision, table, .. } = &self.filling;
        let program = &self.revise.program;
        Error::Failed(format!(
            "`{revision}` is applied, and the change of `{table}` in batches failed; what is done of it stays. Fix the cause and go on \
             with `{program} upgrade`, or take the migration back with `{program} downgrade`:\n{}",
            explain(error)
        ))
    }

    /// Changes the next rows and notes how far it is; the number of rows that were changed in all, or nothing after the last ones.
    async fn batch(&self, key: &Key) -> Result<Option<i64>, DbErr> {
        let transaction = self.session.begin_within(self.options.lock_timeout).await?;
        let done = self.batch_in(&transaction, key).await;
        end(transaction, done).await
    }

    async fn batch_in<C: ConnectionTrait>(&self, db: &C, key: &Key) -> Result<Option<i64>, DbErr> {
        let Some((place, changed)) = self.progress(db).await? else { return Ok(None) };
        let report = &self.options.report;
        let note = |sql: &str| report(&Event::Statement(sql.to_owned()));
        let (end, rows) = next(db, key, (&self.filling.rule, place.as_deref()), &note).await?;
        let changed = changed.saturating_add(i64::try_from(rows).unwrap_or(i64::MAX));
        let Some(end) = end else {
            self.forget(db).await?;
            (report)(&Event::Filled {
                revision: self.filling.revision.clone(),
                table: self.filling.table.clone(),
                changed,
                done: true,
            });
            return Ok(None);
        };
        let sql =
            format!("UPDATE {TABLE} SET place = $1, changed = $2 WHERE version = $3 AND step = $4");
        let values = [
            end.into(),
            changed.into(),
            self.filling.revision.clone().into(),
            self.filling.step.into(),
        ];
        let backend = db.get_database_backend();
        db.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
        Ok(Some(changed))
    }

    /// How far it is; nothing when another process has finished it, or it was taken back.
    async fn progress<C: ConnectionTrait>(
        &self,
        db: &C,
    ) -> Result<Option<(Option<String>, i64)>, DbErr> {
        let backend = db.get_database_backend();
        let mut sql =
            format!("SELECT place, changed FROM {TABLE} WHERE version = $1 AND step = $2");
        if backend == DbBackend::Postgres {
            sql.push_str(" FOR UPDATE");
            // Dates in a place are read as they were written.
            execute(db, "SET LOCAL datestyle = 'ISO, MDY'").await?;
        }
        let values = [self.filling.revision.clone().into(), self.filling.step.into()];
        let row = db.query_one_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
        row.map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).transpose()
    }

    async fn forget<C: ConnectionTrait>(&self, db: &C) -> Result<(), DbErr> {
        let sql = format!("DELETE FROM {TABLE} WHERE version = $1 AND step = $2");
        let values = [self.filling.revision.clone().into(), self.filling.step.into()];
        let backend = db.get_database_backend();
        db.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await.map(drop)
    }
}

/// Changes the rows after a place. Answers the place of the last one, unless there are no more, and how many were changed.
async fn next<C: ConnectionTrait>(
    db: &C,
    key: &Key,
    (rule, place): (&Rule, Option<&str>),
    note: &(dyn Fn(&str) + Sync),
) -> Result<(Option<String>, u64), DbErr> {
    let backend = db.get_database_backend();
    let after = place.map(|place| key.after(place)).unwrap_or_default();
    let end = Statement::from_string(backend, key.end(&after, rule.size));
    let end = db.query_one_raw(end).await?;
    let end = end.map(|row| row.try_get_by_index::<String>(0)).transpose()?;
    let up_to = end.as_deref().map(|end| key.up_to(end)).unwrap_or_default();
    let ends = [after, up_to].into_iter().filter(|end| !end.is_empty());
    let range = ends.collect::<Vec<_>>().join(" AND ");
    let sql = update(&key.table, (&rule.set, &rule.condition), &range);
    note(&sql);
    let changed = db.execute_unprepared(&sql).await?.rows_affected();
    Ok((end, changed))
}

/// Carries out changes at once, for SeaORM's own migrator: batch by batch over a connection, in one statement within a transaction.
///
/// # Errors
/// When a statement fails.
pub(crate) async fn in_place(
    db: &DatabaseExecutor<'_>,
    operations: &[Operation],
) -> Result<(), DbErr> {
    for operation in operations {
        let Operation::BackfillInBatches { table, set, condition, size } = operation else {
            continue;
        };
        let rule = Rule { set: set.clone(), condition: condition.clone(), size: *size };
        one_in_place(db, table, &rule).await?;
    }
    Ok(())
}

async fn one_in_place(
    db: &DatabaseExecutor<'_>,
    table: &TableName,
    rule: &Rule,
) -> Result<(), DbErr> {
    let missing = || DbErr::Migration(format!("table `{table}` does not exist"));
    let key = Key::of(db, table).await?.ok_or_else(missing)?;
    let DatabaseExecutor::Connection(connection) = db else {
        return execute(db, &update(&key.table, (&rule.set, &rule.condition), "")).await;
    };
    let mut place = None;
    loop {
        let transaction = begin(connection, None).await?;
        let (end, _) = next(&transaction, &key, (rule, place.as_deref()), &|_| {}).await?;
        transaction.commit().await?;
        match end {
            Some(end) => place = Some(end),
            None => return Ok(()),
        }
    }
}
