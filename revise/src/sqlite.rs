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
mod references;
mod same;
mod soundness;
mod statement;
mod token;

pub(crate) use declared::meaning;
pub use emit::{Script, script, segments};
pub use inspect::{broken_keys, read};
pub use print::create_script;
pub(crate) use print::{spells, stores_equivalently, strict_type};
pub(crate) use references::with_reference;
pub(crate) use same::same_text;
pub(crate) use soundness::{Faults, faults};
pub(crate) use statement::{first_word, statements};
