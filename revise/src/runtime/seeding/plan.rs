//! Which seeds would run, and why.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement};
use serde::Serialize;

use super::{Seed, SeedOptions, TABLE, checksum_of};
use crate::{
    error::{Error, Result},
    runtime::revise::Revise,
};

/// Where a seed stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SeedState {
    /// It did not run yet.
    New,
    /// It ran, and has changed since.
    Changed,
    /// It ran, has changed since, and runs once only.
    ChangedAfterOnce,
    /// It ran as it is.
    Unchanged,
    /// It is for other environments.
    Elsewhere,
}

/// A seed, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SeedPlan {
    /// Its name.
    pub seed: String,
    /// The environments that it is for; none for each.
    pub environments: Vec<String>,
    /// Where it stands.
    pub state: SeedState,
    /// Whether it runs.
    pub runs: bool,
}

impl Revise {
    /// Finds which seeds would run, in their order. Writes nothing.
    ///
    /// # Errors
    /// [`Error::Usage`] for two seeds of one name, and for a name or an environment that no seed has; when the database does not answer.
    pub async fn seed_plan<C: ConnectionTrait>(
        &self,
        db: &C,
        options: &SeedOptions,
    ) -> Result<Vec<SeedPlan>> {
        self.expect_seeds(options)?;
        let noted = self.noted_seeds(db).await?;
        let seeds = self.seeds.0.iter().map(AsRef::as_ref);
        Ok(seeds.map(|seed| plan_of(seed, &noted, options)).collect())
    }

    /// Refuses names that mean nothing.
    pub(crate) fn expect_seeds(&self, options: &SeedOptions) -> Result<()> {
        let mut names = BTreeSet::new();
        let mut environments = BTreeSet::new();
        for seed in &self.seeds.0 {
            if !names.insert(seed.name().to_owned()) {
                return Err(Error::Usage(format!(
                    "`{}` is the name of two seeds, of which only one could be noted; call one of them otherwise",
                    seed.name()
                )));
            }
            environments.extend(seed.environments());
        }
        let list = |known: &BTreeSet<String>| match known.is_empty() {
            true => "there are none".to_owned(),
            false => {
                format!("there are `{}`", known.iter().cloned().collect::<Vec<_>>().join("`, `"))
            }
        };
        if let Some(wrong) = options.only.iter().find(|name| !names.contains(*name)) {
            return Err(Error::Usage(format!("no seed is called `{wrong}`; {}", list(&names))));
        }
        match options.environment.as_ref().filter(|one| !environments.contains(*one)) {
            None => Ok(()),
            Some(wrong) => Err(Error::Usage(format!(
                "no seed is for the environment `{wrong}`; {}",
                list(&environments)
            ))),
        }
    }

    /// The checksums of the seeds that ran.
    async fn noted_seeds<C: ConnectionTrait>(&self, db: &C) -> Result<BTreeMap<String, String>> {
        if !self.history.exists(db, TABLE).await? {
            return Ok(BTreeMap::new());
        }
        let sql = format!("SELECT name, checksum FROM {TABLE}");
        let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await;
        let pair = |row: &QueryResult| {
            Ok::<_, DbErr>((row.try_get_by_index(0)?, row.try_get_by_index(1)?))
        };
        let noted = rows.and_then(|rows| rows.iter().map(pair).collect());
        noted.map_err(Error::database(format!("cannot read `{TABLE}`")))
    }
}

fn plan_of(seed: &dyn Seed, noted: &BTreeMap<String, String>, options: &SeedOptions) -> SeedPlan {
    let environments = seed.environments();
    let is_here = environments.is_empty()
        || options.environment.as_ref().is_some_and(|one| environments.contains(one));
    let state = match noted.get(seed.name()) {
        _ if !is_here => SeedState::Elsewhere,
        None => SeedState::New,
        Some(noted) if *noted == checksum_of(seed) => SeedState::Unchanged,
        Some(_) if seed.runs_once() => SeedState::ChangedAfterOnce,
        Some(_) => SeedState::Changed,
    };
    let is_meant = options.only.is_empty() || options.only.iter().any(|name| name == seed.name());
    let runs = is_meant
        && match state {
            SeedState::New | SeedState::Changed => true,
            SeedState::Unchanged | SeedState::ChangedAfterOnce => options.again,
            SeedState::Elsewhere => false,
        };
    SeedPlan { seed: seed.name().to_owned(), environments, state, runs }
}
