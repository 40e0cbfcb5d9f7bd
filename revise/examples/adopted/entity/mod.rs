//! The entities, as they were.

pub mod book;
