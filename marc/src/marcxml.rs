//! MARC 21 as XML: `record` elements with or without a namespace, in a `collection` or any other envelope.

mod reader;
mod writer;

pub use reader::Reader;
pub use writer::{END, Writer};

/// The namespace of MARCXML.
const NAMESPACE: &str = "http://www.loc.gov/MARC21/slim";
