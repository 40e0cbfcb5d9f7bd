//! The record that is being read.

use quick_xml::{XmlVersion, events::BytesStart};

use super::{Element, Limits};
use crate::{Reason, Warning};

/// What an element takes beside its texts, and an attribute.
const ELEMENT: usize = 160;
const ATTRIBUTE: usize = 128;

/// A record whose end tag has not been read.
pub(super) struct Open {
    limits: Limits,
    pub(super) stack: Vec<Element>,
    pub(super) offset: u64,
    pub(super) elements: usize,
    pub(super) bytes: usize,
    pub(super) mended: usize,
    pub(super) warnings: Vec<Warning>,
    pub(super) failed: Option<Reason>,
}

impl Open {
    pub(super) fn new(offset: u64, mended: usize, limits: Limits) -> Self {
        Self {
            limits,
            stack: Vec::new(),
            offset,
            elements: 0,
            bytes: 0,
            mended,
            warnings: Vec::new(),
            failed: None,
        }
    }

    /// The first reason counts, and what was read is given up.
    pub(super) fn fail(&mut self, reason: Reason) {
        self.failed.get_or_insert(reason);
        self.stack.truncate(1);
        if let Some(root) = self.stack.first_mut() {
            root.children = Vec::new();
        }
    }

    pub(super) fn warn(&mut self, warning: Warning) {
        if self.failed.is_none() && self.warnings.len() < 100 {
            self.warnings.push(warning);
        }
    }

    pub(super) fn push(
        &mut self,
        name: &str,
        start: &BytesStart<'_>,
        outside: usize,
    ) -> Result<(), Reason> {
        let limits = self.limits;
        self.elements += 1;
        if self.elements > limits.elements {
            return Err(Reason::Limit { what: "elements", limit: limits.elements });
        }
        if self.stack.len() + outside >= limits.depth {
            return Err(Reason::Limit { what: "elements in one another", limit: limits.depth });
        }
        let mut element = Element { name: name.to_owned(), ..Element::default() };
        self.bytes += name.len() + ELEMENT;
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| Reason::Element(error.to_string()))?;
            if element.attributes.len() == limits.attributes {
                return Err(Reason::Limit { what: "attributes", limit: limits.attributes });
            }
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            let value = value.map_err(|error| Reason::Element(error.to_string()))?;
            let name = attribute.key.local_name().into_inner();
            self.bytes += name.len() + value.len() + ATTRIBUTE;
            element.attributes.push((name.to_owned(), value.into_owned()));
        }
        if self.bytes > limits.record {
            return Err(Reason::Limit { what: "bytes of memory", limit: limits.record });
        }
        self.stack.push(element);
        Ok(())
    }

    pub(super) fn text(&mut self, text: &str) {
        let limits = self.limits;
        if self.failed.is_some() {
            return;
        }
        self.bytes += text.len();
        if self.bytes > limits.record {
            self.fail(Reason::Limit { what: "bytes of memory", limit: limits.record });
        } else if let Some(element) = self.stack.last_mut() {
            element.push_text(text);
        }
    }
}
