//! `seed`: puts in the rows that the project wants to be there.

use clap::Args;
use serde::Serialize;

use super::{Command, apply::seconds};
use crate::{
    error::{Error, Result},
    operation::describe::counted,
    runtime::{
        seeding::{SeedOptions, SeedPlan, SeedState},
        session::{Session, Use},
        target::Target,
    },
};

/// `seed`
#[derive(Debug, Args)]
pub struct SeedArguments {
    /// Seeds that are meant; without one, all of them in their order
    #[arg(value_name = "SEED")]
    pub only: Vec<String>,
    /// The environment; without it only seeds run that are for each
    #[arg(short, long, value_name = "NAME")]
    pub env: Option<String>,
    /// Show what would run, and change nothing
    #[arg(long)]
    pub plan: bool,
    /// Run those too that ran as they are, or are to run once
    #[arg(long)]
    pub again: bool,
    /// Seconds that a statement waits for a lock
    #[arg(long, value_name = "SECONDS", default_value = "5")]
    pub lock_timeout: f64,
    /// Seconds to wait for another process that changes the schema
    #[arg(long, value_name = "SECONDS", default_value = "600")]
    pub wait: f64,
}

/// What `seed` answers as JSON.
#[derive(Serialize)]
struct Seeded<'a> {
    environment: Option<&'a str>,
    planned: bool,
    seeds: &'a [SeedPlan],
}

impl Command<'_> {
    pub async fn seed(&self, arguments: &SeedArguments) -> Result<()> {
        let options = SeedOptions {
            environment: arguments.env.clone(),
            only: arguments.only.clone(),
            again: arguments.again,
            lock_timeout: seconds(arguments.lock_timeout, "--lock-timeout")?,
            wait: seconds(arguments.wait, "--wait")?,
            report: self.console.report(),
        };
        self.revise.expect_seeds(&options)?;
        let target = self.target()?;
        if let Target::File(path) = &target
            && !path.exists()
        {
            return Err(Error::Stopped(format!(
                "the database `{}` does not exist; `upgrade` creates it",
                path.display()
            )));
        }
        let purpose = if arguments.plan { Use::Read } else { Use::Write };
        let session = Session::open(&target, purpose).await?;
        let done = match arguments.plan {
            true => self.revise.seed_plan(&session.db, &options).await,
            false => self.revise.seed_at(&session.db, &target, &options).await,
        };
        session.close().await;
        let seeds = done?;
        let environment = options.environment.as_deref();
        self.console.json(&Seeded { environment, planned: arguments.plan, seeds: &seeds })?;
        self.say_seeds(&seeds, arguments.plan)
    }

    fn say_seeds(&self, seeds: &[SeedPlan], planned: bool) -> Result<()> {
        for seed in seeds.iter().filter(|seed| planned || is_told(seed)) {
            self.console.say(&format!("{:<9} {}{}", word(seed), seed.seed, why(seed)))?;
        }
        let runs = seeds.iter().filter(|seed| seed.runs).count();
        self.console.say(&match (seeds.len(), runs) {
            (0, _) => "the project has no seeds; `Revise::seeds` adds them".to_owned(),
            (_, 0) => "nothing to seed".to_owned(),
            (_, runs) if planned => format!("{} to run", counted(runs, "seed")),
            (_, runs) => format!("{} done", counted(runs, "seed")),
        })
    }
}

/// What has to be known though nobody asked.
fn is_told(seed: &SeedPlan) -> bool {
    seed.state == SeedState::ChangedAfterOnce && !seed.runs
}

fn word(seed: &SeedPlan) -> &'static str {
    match (seed.runs, seed.state) {
        (true, SeedState::New) => "run",
        (true, _) => "run again",
        (false, _) => "leave",
    }
}

fn why(seed: &SeedPlan) -> String {
    match seed.state {
        SeedState::New => String::new(),
        SeedState::Changed => " (changed since it ran)".to_owned(),
        SeedState::ChangedAfterOnce => {
            " (changed since it ran, and it runs once; `--again` runs it all the same)".to_owned()
        }
        SeedState::Unchanged => " (ran as it is)".to_owned(),
        SeedState::Elsewhere => format!(" (for {}; see --env)", seed.environments.join(", ")),
    }
}
