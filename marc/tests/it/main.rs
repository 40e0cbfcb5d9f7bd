//! Files as libraries and publishers have them, broken ones included.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what a test calls may panic as the test itself does"
)]

mod build;
mod encodings;
mod faults;
mod laws;
mod marcxml;
mod mutations;
mod onix;
mod records;
mod writers;
