//! The stored data of Bookplate: one SeaORM entity per file, relations in both directions.
//!
//! An entity defines columns, keys and relations. It knows no JSON, no HTTP and no business rules.

#![expect(
    missing_docs,
    reason = "the enums that the macros write cannot have doc comments; the name of a column describes it"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "the macros write methods that begin transactions; they are never called"
)]

pub mod book;
pub mod book_subject;
pub mod idempotency_key;
pub mod import;
pub mod import_change;
pub mod import_note;
pub mod import_rejection;
pub mod item;
pub mod merge;
pub mod store;
pub mod subject;
pub mod user;
