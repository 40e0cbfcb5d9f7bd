//! Reads `record` elements one at a time.

use std::io::Read;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::{
    Entry, MarcRecord, ReadError, Reason, Warning,
    xml::{Element, Kind, Limits, Records},
};

/// Reads the records of a document one at a time.
///
/// A record that is not well-formed, or exceeds a limit, is an error, and the next item is the record after it. Where the document
/// cannot be read on, the error is the last item. The offset of a record counts bytes of the document as UTF-8.
pub struct Reader<R> {
    records: Records<R>,
}

impl<R: Read> Reader<R> {
    /// A reader with the default [`Limits`].
    pub fn new(source: R) -> Self {
        let kind = Kind { names: &["record"], contents: &["leader", "controlfield", "datafield"] };
        Self { records: Records::new(source, kind) }
    }

    /// Reads within other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.records.set_limits(limits);
        self
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Result<Entry<MarcRecord>, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.records.next().map(|item| item.and_then(record))
    }
}

fn record(entry: Entry<Element>) -> Result<Entry<MarcRecord>, ReadError> {
    let Entry { number, offset, record: element, mut warnings } = entry;
    let mut record = MarcRecord::new();
    let mut is_empty = true;
    // Without a leader, nothing says that the punctuation is left out.
    record.set_leader("00000nam a2200000   4500");
    for child in element.elements() {
        match child.name.as_str() {
            "leader" => record.set_leader(&child.text()),
            "controlfield" => match child.attribute("tag") {
                Some(tag) => record.push_control(tag, &composed(child.text())),
                None => warnings.push(lacking("controlfield", "tag")),
            },
            "datafield" => data(child, &mut record, &mut warnings),
            _ => continue,
        }
        is_empty = false;
    }
    if is_empty {
        return Err(ReadError { number, offset, reason: Reason::Leader });
    }
    Ok(Entry { number, offset, record, warnings })
}

fn data(field: &Element, record: &mut MarcRecord, warnings: &mut Vec<Warning>) {
    let Some(tag) = field.attribute("tag") else {
        warnings.push(lacking("datafield", "tag"));
        return;
    };
    let indicator =
        |name| field.attribute(name).and_then(|value| value.chars().next()).unwrap_or(' ');
    let mut subfields = Vec::new();
    for subfield in field.elements().filter(|child| child.name == "subfield") {
        match subfield.attribute("code").and_then(|code| code.chars().next()) {
            Some(code) => subfields.push((code, composed(subfield.text()))),
            None => warnings.push(lacking(tag, "code of a subfield")),
        }
    }
    if subfields.is_empty() {
        warnings.push(lacking(tag, "subfields"));
        return;
    }
    let subfields = subfields.iter().map(|(code, value)| (*code, value.as_str()));
    record.push_data(tag, [indicator("ind1"), indicator("ind2")], subfields);
}

fn lacking(field: &str, lacks: &'static str) -> Warning {
    Warning::Field { field: field.to_owned(), lacks }
}

fn composed(text: String) -> String {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        text
    } else {
        text.nfc().collect()
    }
}
