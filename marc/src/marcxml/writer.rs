//! Writes a `collection` of records.

use std::io::Write;

use quick_xml::escape::escape;

use super::NAMESPACE;
use crate::{MarcRecord, Record, WriteError, to_marc};

/// The text after the last record of a collection.
pub const END: &str = "</collection>\n";

/// Writes records one after another into one `collection`, which [`finish`](Self::finish) ends.
pub struct Writer<W> {
    output: W,
    buffer: String,
    started: bool,
}

impl<W: Write> Writer<W> {
    /// A writer without buffer of its own: each record is one write.
    pub fn new(output: W) -> Self {
        Self { output, buffer: String::new(), started: false }
    }

    /// A writer of a collection that another one has begun.
    pub fn resumed(output: W) -> Self {
        Self { started: true, ..Self::new(output) }
    }

    /// Writes what a record holds.
    ///
    /// # Errors
    /// If a text has control characters, with the tag of the field; or if the output fails.
    pub fn write(&mut self, record: &Record) -> Result<(), WriteError> {
        self.write_marc(&to_marc::marc(record)?)
    }

    /// Writes a record field by field.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_marc(&mut self, record: &MarcRecord) -> Result<(), WriteError> {
        self.buffer.clear();
        encode(record, &mut self.buffer)?;
        self.start()?;
        Ok(self.output.write_all(self.buffer.as_bytes())?)
    }

    /// The output, of which what is written so far may be taken.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.output
    }

    /// Begins the collection, as the first record does.
    ///
    /// # Errors
    /// If the output fails.
    pub fn start(&mut self) -> Result<(), WriteError> {
        if !self.started {
            writeln!(
                self.output,
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<collection xmlns=\"{NAMESPACE}\">"
            )?;
            self.started = true;
        }
        Ok(())
    }

    /// Ends the collection, which may be empty, and returns the output.
    ///
    /// # Errors
    /// If the output fails.
    pub fn finish(mut self) -> Result<W, WriteError> {
        self.start()?;
        self.output.write_all(END.as_bytes())?;
        Ok(self.output)
    }
}

fn encode(record: &MarcRecord, out: &mut String) -> Result<(), WriteError> {
    let leader = record.leader();
    let part = |range| leader.get(range).unwrap_or_default();
    out.push_str(" <record>\n  <leader>");
    out.push_str(&escape(format!("00000{}a2200000{}4500", part(5..9), part(17..20))));
    out.push_str("</leader>\n");
    for field in record.fields() {
        let tag = field.tag();
        let is_legal =
            |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\u{1F}' | '\u{7F}'..='\u{9F}');
        if let Some(code) =
            field.value().chars().find(|c| !is_legal(*c) || matches!(c, '\u{FFFE}' | '\u{FFFF}'))
        {
            return Err(WriteError::ControlCharacter { tag: tag.to_owned(), code: code.into() });
        }
        if !tag.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(WriteError::Tag { tag: tag.to_owned() });
        }
        if field.is_control() {
            out.push_str(&format!(
                "  <controlfield tag=\"{tag}\">{}</controlfield>\n",
                escape(field.value())
            ));
            continue;
        }
        let [first, second] =
            field.indicators().map(|indicator| escape(indicator.to_string()).into_owned());
        out.push_str(&format!("  <datafield tag=\"{tag}\" ind1=\"{first}\" ind2=\"{second}\">\n"));
        for (code, value) in field.subfields() {
            let code = escape(code.to_string()).into_owned();
            out.push_str(&format!("   <subfield code=\"{code}\">{}</subfield>\n", escape(value)));
        }
        out.push_str("  </datafield>\n");
    }
    out.push_str(" </record>\n");
    Ok(())
}
