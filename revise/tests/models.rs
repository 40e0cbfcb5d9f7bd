//! Entities that are written from a schema: the tool writes what is compiled here, and compares it with the database that it came from.

#[cfg(test)]
#[path = "models/begun.rs"]
mod begun;
#[cfg(test)]
#[path = "models/frozen.rs"]
mod frozen;
#[cfg(test)]
#[path = "models/golden.rs"]
mod golden;
#[cfg(test)]
#[path = "models/place.rs"]
mod place;
