//! Rows as entity models, without the driver.

mod decode;
mod from_row;
mod queries;
mod source;

pub use decode::Decode;
pub use from_row::{FromRow, Ids, Integers, Models, Tallies, Texts, With};
pub use queries::{FOUND, Queries};
pub use source::{ColumnValue, RowSource};
