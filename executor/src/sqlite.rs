//! SQLite: connections of ours that read and write a file, and the file itself.

pub(crate) mod change_token;
mod config;
pub(crate) mod inline_reader;
pub(crate) mod lock;
pub(crate) mod open_file;
pub(crate) mod private;
mod read_connection;
pub(crate) mod read_threads;
pub(crate) mod row;
pub(crate) mod value;
pub(crate) mod writer;

pub(crate) use config::{Role, file, is_sound, memory, readers, scratch};
