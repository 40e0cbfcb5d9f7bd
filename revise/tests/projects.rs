//! Projects from one migration to the next, on both databases: drafted from entities, applied, compared and tried, as the command
//! line does it.

#![expect(
    clippy::disallowed_methods,
    reason = "SeaORM's macros write methods that begin transactions; nobody calls them"
)]

#[cfg(test)]
#[path = "projects/batches.rs"]
mod batches;
#[cfg(test)]
#[path = "projects/breakage.rs"]
mod breakage;
#[cfg(test)]
#[path = "projects/comments.rs"]
mod comments;
#[cfg(test)]
#[path = "projects/databases.rs"]
mod databases;
#[cfg(test)]
#[path = "projects/enums.rs"]
mod enums;
#[cfg(test)]
#[path = "projects/killed.rs"]
mod killed;
#[cfg(test)]
#[path = "projects/naming.rs"]
mod naming;
#[cfg(test)]
#[path = "projects/online.rs"]
mod online;
#[cfg(test)]
#[path = "projects/phases.rs"]
mod phases;
#[cfg(test)]
#[path = "projects/project.rs"]
mod project;
#[cfg(test)]
#[path = "projects/renames.rs"]
mod renames;
#[cfg(test)]
#[path = "projects/rewriting.rs"]
mod rewriting;
#[cfg(test)]
#[path = "projects/rows.rs"]
mod rows;
#[cfg(test)]
#[path = "projects/scripts.rs"]
mod scripts;
#[cfg(test)]
#[path = "projects/seeds.rs"]
mod seeds;
#[cfg(test)]
#[path = "projects/settings.rs"]
mod settings;
#[cfg(test)]
#[path = "projects/squashed.rs"]
mod squashed;
#[cfg(test)]
#[path = "projects/start.rs"]
mod start;
#[cfg(test)]
#[path = "projects/together.rs"]
mod together;
#[cfg(test)]
#[path = "projects/values.rs"]
mod values;
