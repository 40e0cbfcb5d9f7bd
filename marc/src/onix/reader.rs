//! Reads `Product` elements one at a time.

use std::io::Read;

use super::product;
use crate::{
    Entry, ReadError, Record,
    xml::{Kind, Limits, Records},
};

/// Reads the products of a message one at a time.
///
/// A product that is not well-formed, exceeds a limit, is withdrawn or is of another release is an error, and the next item is
/// the product after it. Where the document cannot be read on, the error is the last item. The offset of a product counts bytes
/// of the document as UTF-8.
pub struct Reader<R> {
    records: Records<R>,
}

impl<R: Read> Reader<R> {
    /// A reader with the default [`Limits`].
    pub fn new(source: R) -> Self {
        let kind = Kind { names: &["Product", "product"], contents: CONTENTS };
        Self { records: Records::new(source, kind) }
    }

    /// Reads within other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.records.set_limits(limits);
        self
    }
}

/// What only a product contains.
const CONTENTS: &[&str] = &[
    "RecordReference",
    "a001",
    "NotificationType",
    "a002",
    "ProductIdentifier",
    "productidentifier",
    "DescriptiveDetail",
    "descriptivedetail",
];

impl<R: Read> Iterator for Reader<R> {
    type Item = Result<Entry<Record>, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let entry = match self.records.next()? {
            Ok(entry) => entry,
            Err(error) => return Some(Err(error)),
        };
        let Entry { number, offset, record: element, warnings } = entry;
        let read = product::record(&element);
        Some(match read {
            Ok(record) => Ok(Entry { number, offset, record, warnings }),
            Err(reason) => Err(ReadError { number, offset, reason }),
        })
    }
}
