//! Names that nobody would choose, and that every statement has to quote.

use std::collections::BTreeSet;

use super::random::Random;

const PLAIN: [&str; 14] = [
    "book", "author", "title", "price", "shelf", "city", "note", "rank", "page", "loan", "copy",
    "genre", "format", "year",
];
const ODD: [&str; 34] = [
    "order",
    "user",
    "group",
    "select",
    "table",
    "check",
    "primary",
    "constraint",
    "unique",
    "foreign",
    "references",
    "default",
    "values",
    "lower",
    "length",
    "abs",
    "rowid",
    "Mixed Case",
    "CamelCase",
    "UPPER",
    "it's",
    "say \"hi\"",
    "\"",
    "größe",
    "名前",
    "ÄÖ",
    "semi;colon",
    "back\\slash",
    "per%cent",
    "(brackets)",
    "comma,dot.",
    "1st",
    "$dollar$",
    "a--b",
];

/// Gives out names, no two of them alike, whatever their case.
#[derive(Clone, Debug, Default)]
pub struct Names {
    taken: BTreeSet<String>,
    count: usize,
}

impl Names {
    /// A name of a table or a column.
    pub fn fresh(&mut self, random: &mut Random) -> String {
        let long;
        let base = match random.below(10) {
            0..=4 => *random.pick(&PLAIN).unwrap(),
            5..=8 => *random.pick(&ODD).unwrap(),
            _ => {
                // 60 bytes or so, of which PostgreSQL keeps 63.
                long = if random.percent(50) { "l".repeat(58) } else { "ü".repeat(29) };
                long.as_str()
            }
        };
        self.based_on(base)
    }

    /// A name of an index or a constraint, which may be longer than PostgreSQL keeps names.
    pub fn fresh_part(&mut self, random: &mut Random) -> String {
        self.count += 1;
        match random.below(6) {
            0 => format!("ix {} it's", self.count),
            1 => format!("{}_{}", self.count, "long".repeat(17)),
            2 => format!("Größe\"{}", self.count),
            _ => format!("part_{}", self.count),
        }
    }

    fn based_on(&mut self, base: &str) -> String {
        let mut name = base.to_owned();
        let mut number = 1;
        while !self.taken.insert(name.to_lowercase()) {
            number += 1;
            name = format!("{base}{number}");
        }
        name
    }
}
