//! Rows as entity models, without the driver.

mod decode;
mod queries;
mod source;

pub use decode::Decode;
pub use queries::{FOUND, Queries};
pub use source::{ColumnValue, RowSource};
