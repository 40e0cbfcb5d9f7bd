//! The acceptance cases: as data, sound in themselves, and run with every invariant on every database they apply to.
//!
//! `CASE=c17 cargo test -p sea-revise --test cases every_case` runs those whose names contain the word.

#![expect(
    clippy::disallowed_methods,
    reason = "SeaORM's macros write methods that begin transactions; nobody calls them"
)]

mod case;
mod checks;
#[cfg(test)]
mod child;
mod columns;
mod course;
mod defaults;
mod enums;
mod every_type;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod history;
mod indexes;
mod keys;
mod label;
#[cfg(test)]
mod length;
#[cfg(test)]
mod place;
mod rebuild;
mod renames;
mod seeds;
#[cfg(test)]
mod sound;
#[cfg(test)]
mod step;
mod tables;
mod tool;
mod types;

use case::Case;

/// Every case.
pub fn all() -> Vec<Case> {
    let files = [
        tables::cases(),
        columns::cases(),
        renames::cases(),
        every_type::cases(),
        types::cases(),
        defaults::cases(),
        indexes::cases(),
        keys::cases(),
        checks::cases(),
        enums::cases(),
        tool::cases(),
        rebuild::cases(),
        seeds::cases(),
        course::cases(),
    ];
    files.into_iter().flatten().collect()
}
