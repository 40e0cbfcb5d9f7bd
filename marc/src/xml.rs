//! Elements of XML documents, one record at a time, within limits.

mod element;
mod input;
mod open;
mod records;

pub(crate) use element::{Element, Node};
pub(crate) use records::{Kind, Records};

/// How much of an XML document is in memory at a time. Entities that a document defines are never expanded.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How deep elements may nest.
    pub depth: usize,
    /// How many attributes an element may have.
    pub attributes: usize,
    /// How many bytes a tag, or a text between two tags, may have.
    pub text: usize,
    /// How many elements a record may have.
    pub elements: usize,
    /// How many bytes the names and texts of a record may have together.
    pub record: usize,
}

impl Default for Limits {
    /// 64 deep, 64 attributes, 1 MiB of text, 50 000 elements and 4 MiB a record: at most about 24 MiB of memory.
    fn default() -> Self {
        Self {
            depth: 64,
            attributes: 64,
            text: 1024 * 1024,
            elements: 50_000,
            record: 4 * 1024 * 1024,
        }
    }
}
