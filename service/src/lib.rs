//! Business rules, queries and transactions of a library. Knows entities, but no HTTP and no status codes.
//!
//! One noun is one file ([`books`], [`stores`], [`items`]) with the verbs list, find, create, update, delete. Functions take a
//! connection first, [`Db::reader`] or the transaction of [`Db::write`], so that several can share one.

pub mod books;
mod check;
mod csv_escape;
mod duplicate;
mod error;
pub mod exports;
pub mod idempotency;
pub mod imports;
pub mod isbn;
pub mod items;
mod json;
pub mod language;
pub mod maintenance;
mod noun;
mod precondition;
mod restored;
pub mod stores;
pub mod subjects;

pub use check::{Check, Checked, LINE_PATTERN, TEXT_PATTERN, check_all};
pub use csv_escape::guarded;
pub use duplicate::{Duplicate, Owner};
pub use entity::{
    book::Model as Book, item::Model as Item, store::Model as Store, subject::Model as Subject,
};
pub use error::{Error, FieldError, FieldErrors, Result, chain};
pub use isbn::PATTERN as ISBN_PATTERN;
pub use json::{Price, given, number_or_null, price_as_number, whole_or_null};
pub use language::PATTERN as LANGUAGE_PATTERN;
pub use noun::{Listed, Noun};
pub use precondition::{Precondition, ReadOnlyFields, RowVersion};
pub use query::{
    BULK_PARAMETERS, Changed, FilterSchema, Kind, LONGEST_VALUE, Listing, MAX_LIMIT, MOST_KEYS,
    MOST_VALUES, Operator, PARAMETERS, Page, Parameter, Selection, Start, Walk, nearest, shortened,
};
/// Exact money.
pub use rust_decimal::Decimal;
pub use sea_executor::{
    self as database, ChangeToken, Db, Error as DatabaseError, Location, Settings, Tx, timestamp,
};
pub use sea_list_query as query;

/// The current time as stored: to the microsecond, which is the precision of PostgreSQL.
fn now() -> chrono::DateTime<chrono::Utc> {
    let now = chrono::Utc::now();
    chrono::DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
}
