//! Business rules, queries and transactions of a library. Knows entities, but no HTTP and no status codes.
//!
//! One noun is one file ([`books`], [`stores`], [`items`]) with the verbs list, find, create, update, delete. Functions take a
//! connection first, [`Db::reader`] or the transaction of [`Db::write`], so that several can share one.

pub mod books;
mod bulk;
mod check;
mod csv_escape;
mod cursor;
mod error;
mod filter;
pub mod idempotency;
pub mod imports;
pub mod isbn;
pub mod items;
mod json;
mod kind;
pub mod maintenance;
mod noun;
mod page;
mod precondition;
mod resource;
mod search;
mod sort;
pub mod stores;
mod substrings;
mod text;
mod walk;

pub use bulk::{BULK_PARAMETERS, Changed, Selection};
pub use check::{Check, Checked, LINE_PATTERN, check_all};
pub use csv_escape::guarded;
pub use entity::{book::Model as Book, item::Model as Item, store::Model as Store};
pub use error::{Error, FieldError, FieldErrors, Result, chain};
pub use filter::{FilterSchema, LONGEST_VALUE, MOST_VALUES, Operator, Parameter, nearest};
pub use isbn::PATTERN as ISBN_PATTERN;
pub use json::{Price, price_as_number, whole_or_null};
pub use kind::Kind;
pub use noun::Noun;
pub use page::{Listing, MAX_LIMIT, PARAMETERS, Page, Start};
pub use precondition::{Precondition, ReadOnlyFields, RowVersion};
pub use resource::Listed;
/// Exact money.
pub use rust_decimal::Decimal;
pub use sea_executor::{self as database, Error as DatabaseError, timestamp};
pub use sea_executor::{ChangeToken, Db, Location, Settings, Tx};
pub use sort::MOST_KEYS;
/// The beginning of an external text, fit to be displayed.
pub use text::shortened;
pub use walk::Walk;

/// The current time as stored: to the microsecond, which is the precision of PostgreSQL.
fn now() -> chrono::DateTime<chrono::Utc> {
    let now = chrono::Utc::now();
    chrono::DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
}
