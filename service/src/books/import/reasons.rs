//! How many rows of a file have which reason. Reasons that differ only in the values which they repeat are one.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::Rejected;

/// Reasons of each kind that are counted separately; the rows of further ones are counted together.
const MOST: usize = 50;
/// What stands for values that differ.
const ANY: &str = "…";
/// The name of all further reasons.
const OTHERS: &str = "other reasons";

/// Why rows were rejected, or have a warning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reasons {
    rejected: Tally,
    warned: Tally,
}

/// A reason and its rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// What is wrong; `…` stands for values that differ from row to row.
    pub reason: String,
    /// How many rows it has.
    pub rows: u64,
}

impl Reasons {
    /// Counts the reason of a rejected row.
    pub(crate) fn rejected(&mut self, row: &Rejected) {
        self.rejected.add(&row.reason, 1);
    }

    /// Counts one warning.
    pub(crate) fn warned_of(&mut self, reason: &str) {
        self.warned.add(reason, 1);
    }

    /// Counts those of other rows too.
    pub(crate) fn add(&mut self, others: &Self) {
        self.rejected.add_all(&others.rejected);
        self.warned.add_all(&others.warned);
    }

    /// Why rows were rejected, the most frequent reason first.
    #[must_use]
    pub fn of_rejected(&self) -> Vec<Reason> {
        self.rejected.sorted()
    }

    /// Why rows have warnings, the most frequent reason first.
    #[must_use]
    pub fn of_warned(&self) -> Vec<Reason> {
        self.warned.sorted()
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Reason>", into = "Vec<Reason>")]
struct Tally {
    reasons: Vec<Reason>,
    /// Where a reason is, by its words.
    places: HashMap<String, usize>,
}

impl PartialEq for Tally {
    fn eq(&self, other: &Self) -> bool {
        self.reasons == other.reasons
    }
}

impl Eq for Tally {}

impl From<Vec<Reason>> for Tally {
    fn from(reasons: Vec<Reason>) -> Self {
        let places = reasons.iter().enumerate();
        let places = places.map(|(place, reason)| (words(&reason.reason), place)).collect();
        Self { reasons, places }
    }
}

impl From<Tally> for Vec<Reason> {
    fn from(tally: Tally) -> Self {
        tally.reasons
    }
}

impl Tally {
    fn add_all(&mut self, others: &Self) {
        others.reasons.iter().for_each(|Reason { reason, rows }| self.add(reason, *rows));
    }

    fn add(&mut self, reason: &str, rows: u64) {
        let words = words(reason);
        let known = self.places.get(&words).and_then(|place| self.reasons.get_mut(*place));
        if let Some(known) = known {
            known.rows += rows;
            known.merge(reason);
        } else if self.reasons.len() < MOST || reason == OTHERS {
            self.places.insert(words, self.reasons.len());
            self.reasons.push(Reason { reason: without_quoted(reason), rows });
        } else {
            self.add(OTHERS, rows);
        }
    }

    fn sorted(&self) -> Vec<Reason> {
        let mut reasons = self.reasons.clone();
        reasons.sort_by_key(|reason| (reason.reason == OTHERS, std::cmp::Reverse(reason.rows)));
        reasons
    }
}

impl Reason {
    /// Makes room for the numbers of another reason of the same words.
    fn merge(&mut self, other: &str) {
        if self.reason == other {
            return;
        }
        let other = without_quoted(other);
        if self.reason == other {
            return;
        }
        let parts = parts(&self.reason).zip(parts(&other));
        let merged = parts.map(|(one, other)| if one == other { one } else { ANY }).collect();
        self.reason = merged;
    }
}

/// A reason without the values that it quotes.
fn without_quoted(reason: &str) -> String {
    let parts = reason.split('`').enumerate();
    let parts = parts.map(|(place, part)| if place % 2 == 1 { ANY } else { part });
    parts.collect::<Vec<_>>().join("`")
}

/// What is the same in reasons that are counted together: the words without values and numbers.
fn words(reason: &str) -> String {
    let reason = without_quoted(reason);
    parts(&reason).map(|part| if is_number(part) { ANY } else { part }).collect()
}

fn is_number(part: &str) -> bool {
    part.starts_with(|first: char| first.is_ascii_digit())
}

/// Numbers, the sign for any number, and what is between them.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let kind = |c: char| (c.is_ascii_digit(), ANY.starts_with(c));
        let end = rest.find(|c| kind(c) != kind(first)).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        rest = after;
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(reasons: &[&str]) -> Vec<(String, u64)> {
        let mut tally = Tally::default();
        for reason in reasons {
            // As it is stored between two transactions.
            let stored = serde_json::to_string(&tally).unwrap();
            tally = serde_json::from_str(&stored).unwrap();
            tally.add(reason, 1);
        }
        tally.sorted().into_iter().map(|reason| (reason.reason, reason.rows)).collect()
    }

    #[test]
    fn reasons_that_differ_in_values_and_numbers_are_one() {
        let shown = shown(&[
            "title is empty",
            "isbn `1` ends with the check digit 5, expected 4",
            "isbn `22` ends with the check digit 5, expected 7",
            "title is empty",
            "the row has 2 fields, the header 6",
            "the row has 3 fields, the header 6",
            "the row has 14 fields, the header 6",
        ]);
        let expected = [
            ("the row has … fields, the header 6", 3),
            ("title is empty", 2),
            ("isbn `…` ends with the check digit 5, expected …", 2),
        ];
        assert_eq!(shown, expected.map(|(reason, rows)| (reason.to_owned(), rows)));
    }

    #[test]
    fn further_reasons_are_counted_together_and_stand_last() {
        let letter = |number: u8| char::from(b'a' + number);
        let names = (0..20).flat_map(|one| (0..4).map(move |two| [letter(one), letter(two)]));
        let names: Vec<String> = names.map(|name| name.iter().collect()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let shown = shown(&names);
        assert_eq!(shown.len(), MOST + 1);
        assert_eq!(shown.last(), Some(&(OTHERS.to_owned(), 30)));
    }

    #[test]
    fn a_value_with_an_unfinished_quote_and_signs_of_its_own_stays_readable() {
        assert_eq!(shown(&["a `b", "a … 7"]), [("a `…".to_owned(), 1), ("a … 7".to_owned(), 1)]);
        assert_eq!(shown(&[""]), [(String::new(), 1)]);
    }
}
