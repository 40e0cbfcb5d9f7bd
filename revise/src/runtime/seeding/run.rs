//! Seeds at work: under the lock for schema changes, each with its note in one transaction.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, Statement};

use super::{Seed, SeedPlan, TABLE, checksum_of};
use crate::{
    error::{Error, Result, explain, is_lock_timeout},
    runtime::{
        caught::caught,
        execute::execute,
        history::actor,
        lock::Lock,
        revise::Revise,
        session::{Session, end},
        settings::Settings,
        target::Target,
        upgrade::{
            Direction, Event, Report, UpgradeOptions, expect_finished, expect_known, expect_pool,
        },
    },
};

/// How seeds run.
#[derive(Clone)]
pub struct SeedOptions {
    /// The environment; without one only seeds run that are for each.
    pub environment: Option<String>,
    /// The seeds that are meant; none for all.
    pub only: Vec<String>,
    /// Run those again that ran as they are.
    pub again: bool,
    /// How long a statement waits for a lock.
    pub lock_timeout: Duration,
    /// How long to wait for another process that seeds or changes the schema.
    pub wait: Duration,
    /// Receives the events.
    pub report: Report,
}

impl Default for SeedOptions {
    fn default() -> Self {
        let UpgradeOptions { lock_timeout, wait, report, .. } = UpgradeOptions::default();
        Self { environment: None, only: Vec::new(), again: false, lock_timeout, wait, report }
    }
}

impl Revise {
    /// Runs the seeds that are new or have changed, in the order of their list, over a program's pool as [`Revise::upgrade`] does it.
    /// Answers where each stood, and whether it ran.
    ///
    /// # Errors
    /// [`Error::Pending`] for a database that lacks migrations, [`Error::Failed`] for a seed that fails: it is rolled back then, and those
    /// before it stay; as [`Revise::seed_plan`].
    pub async fn seed(
        &self,
        db: &DatabaseConnection,
        options: &SeedOptions,
    ) -> Result<Vec<SeedPlan>> {
        expect_pool(db)?;
        let plan = self.seed_plan(db, options).await?;
        if plan.iter().all(|seed| !seed.runs) {
            return Ok(plan);
        }
        let own = self.own_connection(db).await?;
        let done = self.seed_at(own.db(), own.target(), options).await;
        own.close().await.and(done)
    }

    /// As [`Revise::seed`], over this connection, which is one and leads to `target`.
    ///
    /// # Errors
    /// As [`Revise::seed`].
    pub async fn seed_at(
        &self,
        db: &DatabaseConnection,
        target: &Target,
        options: &SeedOptions,
    ) -> Result<Vec<SeedPlan>> {
        let report = &options.report;
        let wait = |holder: &str| report(&Event::Waiting(holder.to_owned()));
        let lock = Lock::take(target, options.wait, &wait).await?;
        let session = Session::on(db, target);
        let done = self.seed_locked(&session, options).await;
        lock.release().await;
        done
    }

    async fn seed_locked(&self, session: &Session, options: &SeedOptions) -> Result<Vec<SeedPlan>> {
        let db = &session.db;
        let cannot = || Error::database(format!("cannot use {}", session.target));
        session.wait_for(options.lock_timeout).await?;
        let status = self.status(db).await?;
        expect_known(&status, &self.program)?;
        if let Some(first) = status.pending.first() {
            return Err(Error::Pending(format!(
                "`{first}` is not applied, and seeds are for the newest schema; run `{} upgrade` first",
                self.program
            )));
        }
        expect_finished(&status, &[], Direction::Up, &self.program)?;
        let plan = self.seed_plan(db, options).await?;
        let settings = Settings::with_keys(db).await.map_err(cannot())?;
        let mut done = Ok(());
        for (seed, _) in self.seeds.0.iter().zip(&plan).filter(|(_, plan)| plan.runs) {
            done = Run { session, options, seed: seed.as_ref() }.carry_out().await;
            if done.is_err() {
                break;
            }
        }
        let restored = settings.restore(db).await;
        done.and(restored.map_err(cannot())).map(|()| plan)
    }
}

/// One seed.
struct Run<'a> {
    session: &'a Session,
    options: &'a SeedOptions,
    seed: &'a dyn Seed,
}

impl Run<'_> {
    async fn carry_out(&self) -> Result<()> {
        let name = self.seed.name();
        let begun = Instant::now();
        match self.in_transaction(begun).await {
            Ok(()) => {
                let duration = begun.elapsed();
                (self.options.report)(&Event::Seeded { seed: name.to_owned(), duration });
                Ok(())
            }
            Err(error) if is_lock_timeout(&error) => Err(Error::Locked(format!(
                "the seed `{name}` did not get its locks, and nothing of it is done; close what holds {}, and run it again",
                self.session.target
            ))),
            Err(error) => Err(Error::Failed(format!(
                "the seed `{name}` failed, and nothing of it is done; those before it stay:\n{}",
                explain(&error)
            ))),
        }
    }

    async fn in_transaction(&self, begun: Instant) -> Result<(), DbErr> {
        let transaction = self.session.begin_within(self.options.lock_timeout).await?;
        let done = async {
            caught(self.seed.run(&transaction)).await?;
            self.note(&transaction, begun).await
        };
        let done = done.await;
        end(transaction, done).await
    }

    async fn note(&self, db: &DatabaseTransaction, begun: Instant) -> Result<(), DbErr> {
        execute(
            db,
            &format!(
                "CREATE TABLE IF NOT EXISTS {TABLE} (name varchar(255) NOT NULL PRIMARY KEY, checksum varchar(64) NOT NULL, \
                 environment text, seeded_at bigint NOT NULL, actor text NOT NULL, duration_ms bigint NOT NULL)"
            ),
        )
        .await?;
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let sql = format!(
            "INSERT INTO {TABLE} (name, checksum, environment, seeded_at, actor, duration_ms) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum, environment = excluded.environment, \
             seeded_at = excluded.seeded_at, actor = excluded.actor, duration_ms = excluded.duration_ms"
        );
        let values = [
            self.seed.name().into(),
            checksum_of(self.seed).into(),
            self.options.environment.clone().into(),
            i64::try_from(since.as_secs()).unwrap_or(i64::MAX).into(),
            actor().into(),
            i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX).into(),
        ];
        let backend = db.get_database_backend();
        db.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await.map(drop)
    }
}
