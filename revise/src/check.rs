//! What may be wrong with operations: dangers that a review should see, and rows that are in the way.

pub(crate) mod lint;
pub mod precondition;

pub use self::lint::{Finding, Level};
