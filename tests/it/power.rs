//! Acknowledged writes survive a power failure, whenever it happens and whatever the disk was about to write.

use std::{
    collections::BTreeSet,
    fs,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::support::{
    Database, Program,
    disk::{Change, Dice, Disk, Event, Part, TRACED, can_be_traced, events, whole},
    ledger::{Ledger, Outcome},
};

/// Number of power failures; a release is tested with more.
const CUTS: usize = 500;
const WRITERS: usize = 16;
/// Writes that are acknowledged before the server is stopped.
const WRITES: usize = 400;

/// The disk of a server under load, and which client was informed of what, and when.
struct Load {
    before: Vec<u8>,
    events: Vec<Event>,
    ledger: Ledger,
}

impl Load {
    fn new() -> Self {
        let database = Database::sqlite();
        Program::new(&database).run(&["db", "upgrade"]).expect_success();
        let before = fs::read(database.path()).unwrap();
        assert!(!database.home.path().join("books.db-wal").exists());
        let app = Program::new(&database).through(TRACED).serve(&[]);
        let (ledger, stop) = (Ledger::default(), AtomicBool::new(false));
        thread::scope(|scope| {
            for _ in 0..WRITERS {
                scope.spawn(|| ledger.write_until(&app, &stop));
            }
            let begun = Instant::now();
            while ledger.count(Outcome::Ok) < WRITES && begun.elapsed() < Duration::from_secs(60) {
                thread::sleep(Duration::from_millis(20));
            }
            stop.store(true, Ordering::Relaxed);
        });
        assert!(app.stop());
        assert!(ledger.count(Outcome::Ok) >= WRITES, "{}", ledger.count(Outcome::Ok));
        let trace = database.home.path().join("trace");
        whole(&trace);
        Self { before, events: events(&trace), ledger }
    }

    /// The faults after each of the given number of power failures; without `syncs_log` the disk ignores syncs of the
    /// write-ahead log.
    fn faults(&self, cuts: usize, syncs_log: bool) -> Vec<String> {
        let mut dice = Dice(7);
        let mut places: Vec<usize> = (0..cuts).map(|_| dice.below(self.events.len())).collect();
        places.sort_unstable();
        let (mut main, mut log) = (Disk::holding(self.before.clone()), Disk::default());
        let mut sent = BTreeSet::new();
        let mut faults = Vec::new();
        let mut done = 0;
        for place in places {
            while done < place {
                match &self.events[done] {
                    Event::Changed(Part::Main, change) => main.change(change.clone()),
                    Event::Changed(Part::Log, change) => log.change(change.clone()),
                    Event::SyncBegan(process, Part::Main) => main.sync_begins(*process),
                    Event::Synced(process, Part::Main) => main.sync_ends(*process),
                    Event::SyncBegan(process, Part::Log) if syncs_log => log.sync_begins(*process),
                    Event::Synced(process, Part::Log) if syncs_log => log.sync_ends(*process),
                    Event::SyncBegan(..) | Event::Synced(..) => {}
                    Event::Sent(bytes) => sent.extend(acknowledged(bytes)),
                }
                done += 1;
            }
            let image = Database::sqlite();
            fs::write(image.path(), main.after_a_cut(&mut dice)).unwrap();
            fs::write(image.home.path().join("books.db-wal"), log.after_a_cut(&mut dice)).unwrap();
            let found = match image.try_texts("PRAGMA integrity_check") {
                Ok(found) if found == ["ok"] => self.ledger.acknowledged_only(&sent).faults(&image),
                Ok(found) => found,
                Err(error) => vec![error.to_string()],
            };
            faults.extend(found.into_iter().map(|fault| format!("at event {place}: {fault}")));
        }
        faults
    }
}

/// The title in a response that reports it as stored.
fn acknowledged(answer: &[u8]) -> Option<String> {
    let answer = String::from_utf8_lossy(answer);
    let title = answer.starts_with("HTTP/1.1 201").then(|| answer.split_once("\"title\":\""))??.1;
    Some(title.split_once('"')?.0.to_owned())
}

#[test]
fn a_power_cut_takes_nothing_that_was_acknowledged() {
    if !can_be_traced() {
        eprintln!("SKIPPED: power cuts. Install strace, and let it trace.");
        return;
    }
    let load = Load::new();
    let sent = load.events.iter().filter_map(|event| match event {
        Event::Sent(bytes) => acknowledged(bytes),
        _ => None,
    });
    assert_eq!(sent.collect::<BTreeSet<_>>().len(), load.ledger.count(Outcome::Ok));
    let checkpoints = load
        .events
        .iter()
        .filter(|event| matches!(event, Event::Changed(Part::Main, Change::Write { at: 0, .. })));
    assert!(checkpoints.count() > 1, "the log was never merged into the file");
    let faults = load.faults(CUTS, true);
    assert!(
        faults.is_empty(),
        "{} faults, such as {:?}",
        faults.len(),
        faults.iter().take(5).collect::<Vec<_>>()
    );
    // And a disk that does not sync is detected.
    assert!(load.faults(50, false).iter().any(|fault| fault.contains("lost")));
}
