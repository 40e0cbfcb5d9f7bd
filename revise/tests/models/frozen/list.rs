//! The migrations, as a project lists them.

pub mod m20260101_000000_begin;
pub mod m20260102_000000_find_authors;
pub mod m20260103_000000_forget_writers;
