//! SQLite: reads a database into the model, and turns operations into its statements.

mod copy;
mod cursor;
mod declared;
mod definition;
mod emit;
mod index;
mod inspect;
mod life;
mod print;
mod rebuild;
mod token;

pub use emit::{Script, script, segments};
pub use inspect::{broken_keys, read};
pub use print::create_script;
pub(crate) use print::{stores_equivalently, strict_type};
