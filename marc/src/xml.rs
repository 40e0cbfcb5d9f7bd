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
    /// How many bytes of memory the elements of a record may take, about.
    pub record: usize,
}

impl Default for Limits {
    /// 64 deep, 64 attributes, 1 MiB of text, 50 000 elements and 16 MiB a record: less than 40 MiB of memory altogether.
    fn default() -> Self {
        Self {
            depth: 64,
            attributes: 64,
            text: 1024 * 1024,
            elements: 50_000,
            record: 16 * 1024 * 1024,
        }
    }
}
