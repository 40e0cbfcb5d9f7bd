//! SQLite: reads a database into the model, and turns operations into its statements.

mod copy;
mod cursor;
mod declared;
mod definition;
mod emit;
mod index;
mod life;
mod print;
mod read;
mod rebuild;
mod token;

pub use emit::{segments, statements};
pub use print::create_script;
pub(crate) use print::{keeps_alike, strict_type};
pub use read::{broken_keys, read};
