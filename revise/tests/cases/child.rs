//! Upgrades in processes of their own: killed after each statement, and two at once.

use std::{
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use sea_orm::DbBackend;
use sea_revise::{UpgradeOptions, runtime::Event, schema::Schema};

use crate::{
    all,
    case::Case,
    harness::{same, upgrade},
    history,
    place::Place,
};

/// What the child is told: case, step, migrations, kind of database, URL, and after how many statements it is killed.
const ORDER: &str = "SEA_REVISE_CHILD";

/// What a child is to upgrade: to this step of a case, after steps that became migrations.
pub struct Told<'a> {
    pub case: &'a Case,
    pub step: usize,
    pub steps: &'a [usize],
}

/// I8: kills an upgrade after each of its statements, and lets another one end it. A transaction leaves nothing behind,
/// so each child begins where the one before it did; what is done in steps is tried on copies.
pub async fn kill_after_each_statement(
    told: &Told<'_>,
    place: &Place,
    (expected, transaction): (&Schema, bool),
) -> Result<(), String> {
    let steps = told.steps;
    let revise = history::revise(told.case, steps, place.backend, told.step);
    let before = place.schema().await;
    for count in 1.. {
        let wrong = |error: String| format!("I8 after {count}: {error}");
        let copy = if transaction { None } else { Some(place.copy().await) };
        let here = copy.as_ref().unwrap_or(place);
        let ended = child(told, here, count).status().expect("the child can be started");
        if ended.code().is_some_and(|code| code != 0) {
            return Err(wrong(format!("the child ended with {ended}")));
        }
        let untouched = same(&here.schema().await, &before, place.backend).is_ok()
            && here.recorded().await == [steps.len(); 2];
        if !(transaction && untouched) {
            upgrade(&revise, here, "head").await.map_err(|error| wrong(error.to_string()))?;
            same(&here.schema().await, expected, place.backend).map_err(wrong)?;
        }
        if let Some(copy) = copy {
            copy.remove().await;
        }
        if ended.success() {
            break;
        }
    }
    Ok(())
}

/// I10: two processes at once both end well, and the migration runs once. Answers the schema that they lead to.
pub async fn race(told: &Told<'_>, place: &Place) -> Result<Schema, String> {
    let copy = place.copy().await;
    let mut children: Vec<_> = (0..2)
        .map(|_| child(told, &copy, usize::MAX).spawn().expect("the child can be started"))
        .collect();
    for child in &mut children {
        let ended = child.wait().expect("the child ends");
        if !ended.success() {
            return Err(format!("I10: one of two upgrades ended with {ended}"));
        }
    }
    let [applied, _] = copy.recorded().await;
    let reached = copy.schema().await;
    copy.remove().await;
    if applied == told.steps.len() + 1 {
        Ok(reached)
    } else {
        Err(format!("I10: {applied} are applied"))
    }
}

#[test]
fn fifty_races_of_eight_on_sqlite() {
    races(DbBackend::Sqlite);
}

#[test]
fn fifty_races_of_eight_on_postgres() {
    races(DbBackend::Postgres);
}

/// Eight processes bring an empty database through the whole story of the course at once.
fn races(backend: DbBackend) {
    let cases = all();
    let case = cases.iter().find(|case| case.name == "seed_course_story").expect("the story");
    let steps: Vec<usize> = (0..case.steps.len()).collect();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    for round in 0..50 {
        let Some(place) = runtime.block_on(Place::new(backend)) else { return };
        let told = Told { case, step: steps.len() - 1, steps: &steps };
        let start = || child(&told, &place, usize::MAX).spawn();
        let children: Vec<_> = (0..8).map(|_| start().expect("a child")).collect();
        for mut child in children {
            let ended = child.wait().expect("the child ends");
            assert!(ended.success(), "round {round}: one of eight ended with {ended}");
        }
        let [applied, _] = runtime.block_on(place.recorded());
        assert_eq!(applied, steps.len() + 1, "round {round}");
        runtime.block_on(place.remove());
    }
}

fn child(told: &Told<'_>, place: &Place, count: usize) -> Command {
    let Told { case, step, steps } = told;
    let kind = if place.backend == DbBackend::Sqlite { "sqlite" } else { "postgres" };
    let listed = steps.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let order = [case.name, &step.to_string(), &listed, kind, &place.url, &count.to_string()];
    let mut command = Command::new(std::env::current_exe().expect("this test"));
    command
        .args(["--exact", "child::obey", "--ignored", "--nocapture", "--test-threads=1"])
        .env(ORDER, order.join("|"))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// What a child does; nothing when it was not told to.
#[test]
#[ignore = "run by the other tests as a process of its own"]
fn obey() {
    let Ok(order) = std::env::var(ORDER) else { return };
    let parts: Vec<&str> = order.split('|').collect();
    let [name, step, steps, kind, url, count] = parts.as_slice() else { panic!("{order}") };
    let cases = all();
    let case = cases.iter().find(|case| case.name == *name).expect("a case");
    let number = |text: &str| text.parse::<usize>().expect("a number");
    let backend = if *kind == "sqlite" { DbBackend::Sqlite } else { DbBackend::Postgres };
    let place = Place::at(backend, url);
    let (left, limit) = (Arc::new(AtomicUsize::new(0)), number(count));
    let report = move |event: &Event| {
        let done = matches!(event, Event::Done { .. });
        if done || matches!(event, Event::Statement(_)) {
            // A statement is told of before it runs, so the one before it has run.
            let before = left.fetch_add(1, Ordering::Relaxed);
            if before >= limit {
                kill_self();
            }
        }
    };
    let options = UpgradeOptions {
        allow_data_loss: true,
        report: Arc::new(report),
        ..UpgradeOptions::default()
    };
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let db = place.connect().await;
        let steps: Vec<usize> = steps.split(',').map(number).collect();
        let revise = history::revise(case, &steps, backend, number(step));
        revise.upgrade_at(&db, &place.target(), &options).await.expect("the upgrade succeeds");
    });
}

fn kill_self() {
    let pid = std::process::id().to_string();
    Command::new("kill").args(["-9", &pid]).status().expect("kill can be started");
    loop {
        std::thread::park();
    }
}
