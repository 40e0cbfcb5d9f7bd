//! What we promise, asked through the front door: the real program as a process of its own, on real databases.

mod support;

mod adding;
mod answers;
mod arguments;
mod books;
mod bounds;
mod bulk;
mod compression;
mod conditional;
mod diffs;
mod docs;
mod durability;
mod export;
mod folders;
mod formats;
mod handed_in;
mod history;
mod import;
mod imports;
mod lifecycle;
mod lists;
mod migrations;
mod openapi;
mod outages;
mod power;
mod problems;
mod questions;
mod refusals;
mod roles;
mod stores;
mod substrings;
mod tidy;
mod upgrades;
mod upkeep;
mod walks;
