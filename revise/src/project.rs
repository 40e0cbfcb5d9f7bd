//! A project that has migrations: its folder, the files in it, and how entities, history and databases are compared.

pub mod accepted;
pub mod compare;
pub(crate) mod consistency;
pub(crate) mod copy;
pub mod directory;
pub mod generate;
pub(crate) mod models;
pub(crate) mod placed;
pub mod render;
pub mod script;
pub(crate) mod selection;
pub mod squash;

pub use self::consistency::Checked;
