//! A project of SeaORM adopts the tool: its history is as SeaORM's own migrator has it, its entities stay as they are, and the
//! tool finds what is different and nothing else.

#![expect(
    clippy::disallowed_methods,
    reason = "SeaORM's macros write methods that begin transactions; nobody calls them"
)]

#[cfg(test)]
mod accepted;
#[cfg(test)]
#[expect(dead_code, reason = "the acceptance cases use what is left")]
#[path = "../cases/case.rs"]
mod case;
#[cfg(test)]
mod equal;
#[cfg(test)]
mod history;
#[cfg(test)]
mod kinds;
#[cfg(test)]
mod one;
#[cfg(test)]
#[expect(dead_code, reason = "the acceptance cases use what is left")]
#[path = "../cases/place.rs"]
mod place;
#[cfg(test)]
mod project;
#[cfg(test)]
mod renames;
#[cfg(test)]
mod silence;
#[cfg(test)]
mod stated;
#[cfg(test)]
mod stops;
#[cfg(test)]
mod works;
