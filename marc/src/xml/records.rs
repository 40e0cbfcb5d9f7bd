//! The elements of a document that are records, one at a time. A record that is not well-formed ends at its end tag.

use std::io::Read;

use quick_xml::{
    errors::Error as XmlError,
    escape::resolve_predefined_entity,
    events::{BytesRef, BytesStart, Event},
    reader::Reader,
};

use super::{Element, Limits, Node, input::Input, open::Open};
use crate::{Entry, ReadError, Reason, Warning};

/// Which elements are records.
pub(crate) struct Kind {
    /// Their names.
    pub(crate) names: &'static [&'static str],
    /// Names of elements that only a record contains. One of these names around another without such an element is an envelope.
    pub(crate) contents: &'static [&'static str],
}

/// How many names of open elements the parser may store.
const STORED: usize = 4096;

pub(crate) struct Records<R> {
    reader: Option<Reader<Input<R>>>,
    kind: Kind,
    limits: Limits,
    number: u64,
    open: Option<Open>,
    /// A record that ended together with the one before.
    pending: Option<Item>,
    /// How many elements are open around the record.
    outside: usize,
    /// How many names of open elements the parser has stored.
    stored: usize,
    started: bool,
    elements_seen: bool,
    text_seen: bool,
    finished: bool,
}

type Item = Result<Entry<Element>, ReadError>;

impl<R: Read> Records<R> {
    pub(crate) fn new(source: R, kind: Kind) -> Self {
        Self {
            reader: Some(reader(Input::new(source))),
            kind,
            limits: Limits::default(),
            number: 0,
            open: None,
            pending: None,
            outside: 0,
            stored: 0,
            started: false,
            elements_seen: false,
            text_seen: false,
            finished: false,
        }
    }

    pub(crate) fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    fn consumed(&self) -> u64 {
        self.reader.as_ref().map_or(0, |reader| reader.get_ref().consumed)
    }

    /// Reads to the end of the next record; `None` at the end of the document.
    fn read(&mut self) -> Result<Option<Item>, Reason> {
        if let Some(reader) = self.reader.as_mut().filter(|_| !self.started) {
            reader.get_mut().detect()?;
            self.started = true;
        }
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            let before = self.consumed();
            let Some(reader) = self.reader.as_mut() else { return Ok(None) };
            reader.get_mut().allow(self.limits.text);
            let item = match reader.read_event_into(&mut buffer) {
                Ok(Event::Eof) => return self.end(),
                Ok(event) => self.event(event, before)?,
                Err(error) => {
                    self.error(error, before, &buffer)?;
                    None
                }
            };
            if self.stored > STORED {
                self.restart();
            }
            if item.is_some() {
                return Ok(item);
            }
        }
    }

    /// Lets the parser forget which elements are open. It would remember all of them until their end tags.
    fn restart(&mut self) {
        self.reader = self.reader.take().map(|parser| reader(parser.into_inner()));
        self.stored = 0;
    }

    fn event(&mut self, event: Event<'_>, before: u64) -> Result<Option<Item>, Reason> {
        match event {
            Event::Start(start) => return self.start(&start, before),
            Event::Empty(start) => {
                let broken = self.start(&start, before)?;
                let item = self.close(start.local_name().into_inner());
                // Both the record before, which has no end tag, and this one have ended.
                return Ok(match broken {
                    Some(broken) => {
                        self.pending = item;
                        Some(broken)
                    }
                    None => item,
                });
            }
            Event::End(end) => return Ok(self.close(end.local_name().into_inner())),
            Event::Text(text) => self.text(&text.xml10_content()),
            Event::CData(text) => self.text(&text.xml10_content()),
            Event::GeneralRef(reference) => self.reference(&reference),
            Event::DocType(text) if text.as_bytes().contains(&b'[') => {
                return Err(Reason::DocumentType);
            }
            _ => {}
        }
        Ok(None)
    }

    fn start(&mut self, start: &BytesStart<'_>, before: u64) -> Result<Option<Item>, Reason> {
        self.elements_seen = true;
        self.stored += 1;
        let name = start.local_name().into_inner();
        let mut item = None;
        if self.kind.names.contains(&name) {
            item = self.begin(before);
        }
        let Some(open) = &mut self.open else {
            self.outside += 1;
            return if self.outside > self.limits.depth {
                Err(Reason::Xml(format!("more than {} elements are open", self.limits.depth)))
            } else {
                Ok(None)
            };
        };
        if open.failed.is_none()
            && let Err(reason) = open.push(name, start, self.outside)
        {
            open.fail(reason);
        }
        Ok(item)
    }

    /// Begins a record. One that is open is an envelope of this one, or lacks its end tag.
    fn begin(&mut self, offset: u64) -> Option<Item> {
        let mended = self.reader.as_ref().map_or(0, |reader| reader.get_ref().mended);
        let new = Open::new(offset, mended, self.limits);
        let mut before = self.open.replace(new)?;
        let root = before.stack.first();
        let is_record = root.is_some_and(|root| {
            root.elements().any(|child| self.kind.contents.contains(&child.name.as_str()))
        });
        if before.failed.is_none() && !is_record {
            self.outside += before.stack.len();
            return None;
        }
        before.fail(Reason::Element("the record has no end tag".to_owned()));
        Some(self.finish(before))
    }

    fn close(&mut self, name: &str) -> Option<Item> {
        self.stored = self.stored.saturating_sub(1);
        let is_record = self.kind.names.contains(&name);
        let Some(open) = &mut self.open else {
            self.outside = self.outside.saturating_sub(1);
            return None;
        };
        if open.failed.is_none() {
            let expected =
                open.stack.last().map(|element| element.name.as_str()).unwrap_or_default();
            if expected != name {
                let reason = format!("`</{name}>` ends `<{expected}>`");
                open.fail(Reason::Element(reason));
            } else if open.stack.len() > 1 {
                let element = open.stack.pop().unwrap_or_default();
                if let Some(parent) = open.stack.last_mut() {
                    parent.children.push(Node::Element(element));
                }
                return None;
            }
        }
        if !is_record {
            return None;
        }
        let open = self.open.take()?;
        Some(self.finish(open))
    }

    fn finish(&mut self, mut open: Open) -> Item {
        self.number += 1;
        let (number, offset) = (self.number, open.offset);
        let mended = self.reader.as_ref().map_or(0, |reader| reader.get_ref().mended);
        if let Some(reason) = open.failed {
            return Err(ReadError { number, offset, reason });
        }
        let record = open.stack.pop().unwrap_or_default();
        if mended > open.mended {
            let count = mended - open.mended;
            open.warnings.push(Warning::Characters { field: record.name.clone(), count });
        }
        Ok(Entry { number, offset, record, warnings: open.warnings })
    }

    fn text(&mut self, text: &str) {
        self.text_seen |= !text.trim().is_empty();
        if let Some(open) = &mut self.open {
            open.text(text);
        }
    }

    fn reference(&mut self, reference: &BytesRef<'_>) {
        let character = reference.resolve_char_ref().ok().flatten();
        let name = reference.xml10_content();
        let known = resolve_predefined_entity(&name);
        match (character, known) {
            (Some(character), _) => self.text(character.encode_utf8(&mut [0; 4])),
            (None, Some(text)) => self.text(text),
            (None, None) => {
                self.text(&format!("&{name};"));
                if let Some(open) = &mut self.open {
                    let field =
                        open.stack.last().map(|element| element.name.clone()).unwrap_or_default();
                    open.warn(Warning::Characters { field, count: 1 });
                }
            }
        }
    }

    /// At the end of the document nothing may be open.
    fn end(&mut self) -> Result<Option<Item>, Reason> {
        match self.open.take() {
            Some(mut open) => {
                open.fail(Reason::Truncated);
                Ok(Some(self.finish(open)))
            }
            None if !self.elements_seen && self.text_seen => {
                Err(Reason::Xml("there is no element".to_owned()))
            }
            None => Ok(None),
        }
    }

    /// What is wrong in a record costs that record, if the document can be read on.
    fn error(&mut self, error: XmlError, before: u64, given: &[u8]) -> Result<(), Reason> {
        let exceeded = self.reader.as_ref().is_some_and(|reader| reader.get_ref().exceeded);
        let reason = match error {
            XmlError::Io(_) if exceeded => {
                self.pass(given)?;
                Reason::Limit { what: "bytes in one text or tag", limit: self.limits.text }
            }
            XmlError::Io(error) => {
                return Err(Reason::Io(std::io::Error::new(error.kind(), error.to_string())));
            }
            XmlError::IllFormed(error) if self.consumed() > before => {
                Reason::Element(error.to_string())
            }
            error => return Err(Reason::Xml(error.to_string())),
        };
        if let Some(open) = &mut self.open {
            open.fail(reason);
        }
        Ok(())
    }

    /// Passes over a text, tag, comment or section that is too long, of which a part was given out, and reads on after it.
    fn pass(&mut self, given: &[u8]) -> Result<(), Reason> {
        let Some(parser) = self.reader.take() else { return Ok(()) };
        let mut input = parser.into_inner();
        let end: &[u8] = match given {
            [b'<', b'!', b'[', ..] => b"]]>",
            [b'<', b'!', b'-', ..] => b"-->",
            [b'<', b'?', ..] => b"?>",
            [b'<', ..] => b">",
            // A text goes on to the next tag. The part up to there is not stored.
            _ => b"",
        };
        if !end.is_empty() {
            input.skip_past(end, given)?;
        }
        self.reader = Some(reader(input));
        self.stored = 0;
        Ok(())
    }
}

impl<R: Read> Iterator for Records<R> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        if self.finished {
            return None;
        }
        if let Some(item) = self.pending.take() {
            return Some(item);
        }
        let item = match self.read() {
            Ok(item) => item,
            Err(reason) => {
                let offset = self.consumed();
                Some(Err(ReadError { number: self.number + 1, offset, reason }))
            }
        };
        self.finished =
            item.as_ref().is_none_or(|item| item.as_ref().is_err_and(ReadError::is_fatal));
        item
    }
}

fn reader<R: Read>(input: Input<R>) -> Reader<Input<R>> {
    let mut reader = Reader::from_reader(input);
    let config = reader.config_mut();
    // A record that is not well-formed is given up here, and not the document.
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    // `Smith & Sons` is what it looks like.
    config.allow_dangling_amp = true;
    reader
}
