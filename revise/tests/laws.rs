//! What holds for any two schemas, on real databases: the difference leads from one to the other and back, rows stay,
//! and what cannot be done is refused before anything changes.
//! What carries a column carries it on: enums, arrays of them, collations, computed columns, STRICT and WITHOUT ROWID come, go and
//! change between the two schemas. So do triggers and views, of which the plan knows in some pairs and in others not; those that
//! it does not know are carried through, or named where they cannot be. Afterwards rows are written, and the triggers have to fire.
//!
//! Not held: a trigger of PostgreSQL needs the columns that its definition names, and not those in the body of its function, which
//! the server itself does not look at. No trigger or view of SQLite looks at a column called `rowid`, since without that column
//! the name means the number of the row. What a computed column keeps that is computed no longer is compared where everything
//! that it was computed from stays. Rows are taken away where they are in the way.
//!
//! Each number is a pair of schemas. `LAWS_SEED=17` tries one pair again, `LAWS_PAIRS=5000` tries more of them,
//! `LAWS_START=500` others. `LAWS_SHOW=1` shows where only the database found that rows are in the way, and which triggers and
//! views were.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failure has to stop the test, also in what the tests share"
)]

#[path = "laws/change.rs"]
mod change;
#[path = "laws/essence.rs"]
mod essence;
#[path = "laws/expressions.rs"]
mod expressions;
#[path = "laws/firing.rs"]
mod firing;
#[path = "laws/found.rs"]
mod found;
#[path = "laws/guests.rs"]
mod guests;
#[path = "laws/kinds.rs"]
mod kinds;
#[path = "laws/law.rs"]
mod law;
#[path = "laws/names.rs"]
mod names;
#[path = "laws/objects.rs"]
mod objects;
#[path = "laws/pair.rs"]
mod pair;
#[path = "laws/place.rs"]
mod place;
#[path = "laws/random.rs"]
mod random;
#[path = "laws/repair.rs"]
mod repair;
#[path = "laws/rows.rs"]
mod rows;
#[path = "laws/schemas.rs"]
mod schemas;
#[path = "laws/shrink.rs"]
mod shrink;
#[path = "laws/silence.rs"]
mod silence;

use law::Outcome;
use sea_orm::DbBackend;
use sea_revise::{
    diff::{DiffOptions, diff},
    project::render,
    schema::Schema,
};

/// So many pairs are tried where nothing else is said.
const PAIRS: u64 = 400;
/// So many pairs are tried between sweeps.
const SWEEP: usize = 10;
/// So many broken laws are shown by each thread.
const FAILURES: usize = 3;

#[test]
fn the_laws_hold_on_sqlite() {
    hold(DbBackend::Sqlite, 1);
}

#[test]
fn the_laws_hold_on_postgres() {
    // While the server works for one of them, the other one compares.
    hold(DbBackend::Postgres, 2);
}

#[test]
fn silent_entities_differ_in_nothing() {
    for backend in [DbBackend::Sqlite, DbBackend::Postgres] {
        for seed in 0..number("LAWS_PAIRS").unwrap_or(3000) {
            let found = silence::found(seed, backend);
            assert!(found.is_empty(), "{backend:?} {seed}: {found:#?}");
        }
    }
}

#[tokio::test]
async fn what_was_found_once_holds() {
    for backend in [DbBackend::Sqlite, DbBackend::Postgres] {
        let Some(ground) = place::Ground::of(backend).await else { continue };
        for (name, pair) in found::pairs(backend) {
            if let Err(violation) = law::check(&ground, &pair).await {
                panic!(
                    "{name} on {backend:?}: {}\n{}\n{}",
                    violation.law,
                    violation.detail,
                    show(&pair)
                );
            }
        }
    }
}

/// Holds all pairs to the laws, in several threads.
fn hold(backend: DbBackend, workers: u64) {
    let found: Vec<(Outcome, Vec<String>)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers)
            .map(|worker| scope.spawn(move || tokio(work(backend, worker, workers))))
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let broken: Vec<String> = found.iter().flat_map(|(_, broken)| broken.clone()).collect();
    assert!(broken.is_empty(), "{backend:?}: {}", broken.join("; "));
    let sum = found.into_iter().map(|(outcome, _)| outcome).sum::<Outcome>();
    println!("{backend:?}: {sum:?}");
}

fn tokio<F: Future>(work: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// Every pair whose number is this worker's. Answers the laws that do not hold.
async fn work(backend: DbBackend, worker: u64, workers: u64) -> (Outcome, Vec<String>) {
    let seeds = match number("LAWS_SEED") {
        Some(seed) => seed..seed + 1,
        None => {
            let start = number("LAWS_START").unwrap_or_default();
            start..start + number("LAWS_PAIRS").unwrap_or(PAIRS)
        }
    };
    let (mut sum, mut broken) = (Outcome::default(), Vec::new());
    let Some(ground) = place::Ground::of(backend).await else { return (sum, broken) };
    for (place, seed) in seeds.filter(|seed| seed % workers == worker).enumerate() {
        if place % SWEEP == SWEEP - 1 {
            ground.sweep().await;
        }
        let _said = SaidInPanic(seed);
        let pair = pair::Pair::new(seed, backend);
        match law::check(&ground, &pair).await {
            Ok(outcome) => sum = [sum, outcome].into_iter().sum(),
            Err(violation) => {
                let (pair, violation) = shrink::shrink(&ground, pair, violation).await;
                let title = format!("{}: LAWS_SEED={seed}", violation.law);
                eprintln!("{title} on {backend:?}\n{}\n{}", violation.detail, show(&pair));
                broken.push(title);
                if broken.len() >= FAILURES {
                    break;
                }
            }
        }
    }
    (sum, broken)
}

/// Says which pair it was that something panicked over.
struct SaidInPanic(u64);

impl Drop for SaidInPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("LAWS_SEED={} panicked", self.0);
        }
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap())
}

/// A pair as plans: from nothing to the first, from there to the second, and the second by itself.
fn show(pair: &pair::Pair) -> String {
    let plan = |before: &Schema, after: &Schema, options: &DiffOptions| {
        let found = diff(before, after, options);
        found.map_or_else(|error| error.to_string(), |found| render::plan(&found.operations))
    };
    let whole = DiffOptions::whole(pair.backend);
    let empty = Schema::default();
    let objects = |objects: &[objects::Object]| -> String {
        objects.iter().map(|object| format!("{}\n", object.sql(pair.backend))).collect()
    };
    let known = if pair.guests { "not known to the plan" } else { "known to the plan" };
    format!(
        "a: {}\n{}b: {}\n{}triggers and views: {known}\ntables: {:?}\ncolumns: {:?}\nvalues: {:?}\nenum map: {:?}\n",
        plan(&empty, &pair.a, &whole),
        objects(&pair.objects.0),
        plan(&empty, &pair.b, &whole),
        objects(&pair.objects.1),
        pair.tables,
        pair.columns,
        pair.values,
        pair.enum_map
    )
}
