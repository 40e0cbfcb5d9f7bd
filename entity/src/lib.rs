//! What Bookplate stores: one SeaORM entity a file, relations in both directions.
//!
//! An entity knows columns, keys and relations. It knows no JSON, no HTTP and no rule of the domain.

#![expect(
    missing_docs,
    reason = "the enums that the macros write cannot carry a line; a column's name says what it holds"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "the macros write methods that begin transactions; nobody calls them"
)]

pub mod book;
pub mod idempotency_key;
pub mod import;
pub mod import_change;
pub mod import_rejection;
pub mod item;
pub mod store;
pub mod user;
