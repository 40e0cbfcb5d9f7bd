//! A client that records its requests and their outcomes, and then compares the database with them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use serde_json::json;

use super::{App, Database};

/// The outcome of a write as reported to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Stored: it has to exist, once, as it was sent.
    Ok,
    /// Refused: it must not exist.
    Fail,
    /// No response, or an unknown outcome: it may exist, then as it was sent.
    Unknown,
}

/// Every write by its unique title.
#[derive(Clone, Default)]
pub struct Ledger {
    entries: Arc<Mutex<BTreeMap<String, Outcome>>>,
    count: Arc<AtomicU32>,
}

/// The author that belongs to a title, so that a row can be distinguished from a torn one.
fn author(title: &str) -> String {
    title.bytes().rev().map(char::from).collect()
}

impl Ledger {
    /// A title that was never used.
    pub fn next_title(&self) -> String {
        format!("write {}", self.count.fetch_add(1, Ordering::Relaxed))
    }

    /// The body that stores the title.
    pub fn body(title: &str) -> String {
        json!({"title": title, "author": author(title)}).to_string()
    }

    pub fn note(&self, title: String, outcome: Outcome) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).insert(title, outcome);
    }

    /// The same writes at a moment when only these were acknowledged.
    pub fn acknowledged_only(&self, acknowledged: &BTreeSet<String>) -> Self {
        let earlier = Self::default();
        for title in self.entries.lock().unwrap_or_else(PoisonError::into_inner).keys() {
            let outcome = if acknowledged.contains(title) { Outcome::Ok } else { Outcome::Unknown };
            earlier.note(title.clone(), outcome);
        }
        earlier
    }

    pub fn count(&self, outcome: Outcome) -> usize {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.values().filter(|found| **found == outcome).count()
    }

    /// Writes until it is asked to stop or the server is gone.
    pub fn write_until(&self, app: &App, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            let title = self.next_title();
            // The intent is recorded before the request is sent: a lost response is an unknown outcome, not none.
            self.note(title.clone(), Outcome::Unknown);
            let sent = app
                .request("POST", "/api/books")
                .try_send(&[("content-type", "application/json")], Self::body(&title).as_bytes());
            let outcome = match sent {
                Ok(reply) if reply.status == 201 => Outcome::Ok,
                Ok(reply) if reply.body.contains("/problems/unknown-outcome") => Outcome::Unknown,
                Ok(_) => Outcome::Fail,
                Err(error) => {
                    println!("the writer of `{title}` stops: {error}");
                    return;
                }
            };
            self.note(title, outcome);
        }
    }

    /// All differences between the database and what was reported to the client.
    pub fn faults(&self, database: &Database) -> Vec<String> {
        let rows = database.texts("SELECT title || '|' || author FROM books ORDER BY id");
        self.compare(rows.iter().map(|row| row.split_once('|').expect("two columns")))
    }

    fn compare<'a>(&self, rows: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<String> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let mut faults = Vec::new();
        let mut seen = BTreeMap::new();
        for (title, found) in rows {
            *seen.entry(title).or_insert(0) += 1;
            if found != author(title) {
                faults.push(format!("torn: {title}"));
            }
        }
        for (title, outcome) in entries.iter() {
            match (outcome, seen.remove(title.as_str()).unwrap_or(0)) {
                (Outcome::Ok, 0) => faults.push(format!("lost: {title}")),
                (Outcome::Fail, 1..) => faults.push(format!("stored although refused: {title}")),
                (_, 2..) => faults.push(format!("stored twice: {title}")),
                _ => {}
            }
        }
        faults.extend(seen.into_keys().map(|title| format!("unknown: {title}")));
        faults
    }
}

#[test]
fn the_ledger_finds_what_is_lost_torn_doubled_and_made_up() {
    let ledger = Ledger::default();
    for (title, outcome) in
        [("a1", Outcome::Ok), ("b1", Outcome::Ok), ("c1", Outcome::Fail), ("d1", Outcome::Unknown)]
    {
        ledger.note(title.to_owned(), outcome);
    }
    let faults = |rows: &[(&str, &str)]| ledger.compare(rows.iter().copied());
    let none: [&str; 0] = [];
    assert_eq!(faults(&[("a1", "1a"), ("b1", "1b")]), none);
    assert_eq!(faults(&[("a1", "1a"), ("b1", "1b"), ("d1", "1d")]), none);
    assert_eq!(faults(&[("a1", "1a")]), ["lost: b1"]);
    assert_eq!(faults(&[("a1", "1a"), ("b1", "1b"), ("b1", "1b")]), ["stored twice: b1"]);
    assert_eq!(faults(&[("a1", "1a"), ("b1", "xx")]), ["torn: b1"]);
    assert_eq!(
        faults(&[("a1", "1a"), ("b1", "1b"), ("c1", "1c")]),
        ["stored although refused: c1"]
    );
    assert_eq!(faults(&[("a1", "1a"), ("b1", "1b"), ("e1", "1e")]), ["unknown: e1"]);
}
