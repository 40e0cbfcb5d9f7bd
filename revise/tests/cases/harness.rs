//! Runs the cases, each with every invariant of the list.

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use sea_orm::DbBackend;
use sea_revise::{
    Revise, UpgradeOptions,
    diff::{DiffOptions, diff},
    schema::Schema,
};

use crate::{
    case::{Case, Expect, Sql},
    history,
    place::Place,
    step::{self, labels, options},
};

/// What a case came to: nothing, or what is wrong.
pub type Verdict = Result<(), String>;

/// Runs a case on one kind of database; `None` where there is none.
pub async fn run(case: &Case, backend: DbBackend) -> Option<Verdict> {
    let mut place = Place::new(backend).await?;
    // A schema or an extension is there once in a database, so a history that creates one has its shadow elsewhere.
    let once = history::before(case, backend).once;
    let scratch = if once.is_empty() { None } else { Place::new(backend).await };
    for place in [Some(&place), scratch.as_ref()].into_iter().flatten() {
        place.execute(&once).await.expect("what is there once");
    }
    place.scratch = scratch.as_ref().map(|scratch| scratch.url.clone());
    let verdict = run_on(case, &place).await;
    place.remove().await;
    if let Some(scratch) = scratch {
        scratch.remove().await;
    }
    Some(verdict)
}

async fn run_on(case: &Case, place: &Place) -> Verdict {
    let mut steps: Vec<usize> = Vec::new();
    let start = history::revise(case, &[], place.backend, 0);
    upgrade(&start, place, "head")
        .await
        .map_err(|error| format!("the database before: {error}"))?;
    let rows = history::before(case, place.backend).rows;
    place.execute(&rows).await.map_err(|error| format!("the rows before: {error}"))?;
    let before = place.schema().await;
    expect_answers(&case.kept, place, "before").await?;
    for number in 0..case.steps.len() {
        let done = step::run(case, number, &steps, place).await;
        if done.map_err(|error| format!("step {number}: {error}"))? {
            steps.push(number);
        }
    }
    expect_answers(&case.kept, place, "after").await?;
    expect_answers(&case.holds, place, "after").await?;
    let last = case.steps.len() - 1;
    expect_unmanaged(case, &history::revise(case, &steps, place.backend, last), place).await?;
    if steps.is_empty() {
        return Ok(());
    }
    // All the way back, and there again.
    let revise = history::revise(case, &steps, place.backend, last);
    let after = place.schema().await;
    let back = format!("-{}", steps.len());
    downgrade(&revise, place, &back).await.map_err(|error| format!("I2 downgrade: {error}"))?;
    expect_answers(&case.kept, place, "after taking it back").await?;
    if !case.steps.iter().any(|step| matches!(step.expect, Expect::Plan { lossy: true, .. })) {
        same(&place.schema().await, &before, place.backend)
            .map_err(|error| format!("I2 inverse: {error}"))?;
    }
    upgrade(&revise, place, "head").await.map_err(|error| format!("I3 upgrade again: {error}"))?;
    same(&place.schema().await, &after, place.backend)
        .map_err(|error| format!("I3 replay: {error}"))
}

/// Applies what is left.
pub async fn upgrade(revise: &Revise, place: &Place, to: &str) -> sea_revise::Result<()> {
    let db = place.connect().await;
    let options = UpgradeOptions {
        target: to.to_owned(),
        allow_data_loss: true,
        shadow: place.shadow(),
        ..UpgradeOptions::default()
    };
    let done = revise.upgrade_at(&db, &place.target(), &options).await;
    db.close().await.expect("the connection can be closed");
    done.map(drop)
}

/// Takes back.
pub async fn downgrade(revise: &Revise, place: &Place, to: &str) -> sea_revise::Result<()> {
    let db = place.connect().await;
    let options = UpgradeOptions {
        target: to.to_owned(),
        allow_data_loss: true,
        shadow: place.shadow(),
        ..UpgradeOptions::default()
    };
    let done = revise.downgrade(&db, &place.target(), &options).await;
    db.close().await.expect("the connection can be closed");
    done.map(drop)
}

/// Whether two schemas are the same in everything that is read.
pub fn same(found: &Schema, expected: &Schema, backend: DbBackend) -> Verdict {
    let left =
        diff(found, expected, &DiffOptions::whole(backend)).map_err(|error| error.to_string())?;
    if !left.operations.is_empty() {
        return Err(format!("to be done: {:?}", labels(&left.operations)));
    }
    if left.notes.is_empty() { Ok(()) } else { Err(left.notes.join("; ")) }
}

async fn expect_answers(queries: &[(Sql, &str)], place: &Place, when: &str) -> Verdict {
    for (query, expected) in queries {
        let sql = query.text(place.backend);
        let found = place.text(&sql).await;
        if !sql.is_empty() && found != *expected {
            return Err(format!("{when}: `{sql}` answers `{found}`, expected `{expected}`"));
        }
    }
    Ok(())
}

async fn expect_unmanaged(case: &Case, revise: &Revise, place: &Place) -> Verdict {
    if case.unmanaged.is_empty() {
        return Ok(());
    }
    let step = case.steps.last().expect("a step");
    let checked = revise.check(&place.target(), &options(step, place)).await;
    let listed =
        checked.map(|checked| checked.unmanaged).map_err(|error| format!("check: {error}"))?;
    for (backends, words) in &case.unmanaged {
        let wanted = backends.list().contains(&place.backend);
        if wanted && !listed.iter().any(|line| line.contains(words)) {
            return Err(format!("`{words}` is not listed as left alone: {listed:?}"));
        }
    }
    Ok(())
}

#[test]
fn every_case_on_sqlite() {
    run_all(DbBackend::Sqlite);
}

#[test]
fn every_case_on_postgres() {
    run_all(DbBackend::Postgres);
}

fn run_all(backend: DbBackend) {
    let only = std::env::var("CASE").unwrap_or_default();
    let cases = crate::all();
    let applies =
        |case: &&Case| case.backends.list().contains(&backend) && case.name.contains(&only);
    let cases: Vec<&Case> = cases.iter().filter(applies).collect();
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    // Most of a case is waiting for processes and for the server.
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let runtime = runtime.expect("a runtime");
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Some(Err(error)) = runtime.block_on(run(case, backend)) {
                        wrong
                            .lock()
                            .expect("no case panics")
                            .push(format!("{}: {error}", case.name));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no case panics");
    assert!(wrong.is_empty(), "{} cases are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
