//! Writes records as ISO 2709, in UTF-8.

use std::io::Write;

use super::{ENTRY, FIELD_END, LEADER, RECORD_END};
use crate::{MarcRecord, Record, WriteError, to_marc};

/// The longest field that a directory entry can describe, its terminator included.
const LONGEST_FIELD: usize = 9_999;
/// The longest record that a leader can describe.
const LONGEST_RECORD: usize = 99_999;

/// Writes records one after another. Of a record that does not fit, nothing is written, and the next one can be.
///
/// ```
/// # fn main() -> Result<(), bibliographic::WriteError> {
/// let record = bibliographic::Record { title: "The paper garden".to_owned(), ..Default::default() };
/// let mut writer = bibliographic::marc21::Writer::new(Vec::new());
/// writer.write(&record)?;
/// let bytes = writer.into_inner();
/// # let read = bibliographic::marc21::Reader::new(bytes.as_slice()).next();
/// # assert!(read.is_some_and(|read| read.is_ok_and(|entry| bibliographic::Record::from(&entry.record) == record)));
/// # Ok(())
/// # }
/// ```
pub struct Writer<W> {
    output: W,
    buffer: Vec<u8>,
}

impl<W: Write> Writer<W> {
    /// A writer without buffer of its own: each record is one write.
    pub fn new(output: W) -> Self {
        Self { output, buffer: Vec::new() }
    }

    /// Writes what a record holds.
    ///
    /// # Errors
    /// If a text is too long for its field, or has control characters, with the tag of the field; or if the output fails.
    pub fn write(&mut self, record: &Record) -> Result<(), WriteError> {
        self.write_marc(&to_marc::marc(record)?)
    }

    /// Writes a record field by field. The leader says UTF-8; its lengths are computed.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_marc(&mut self, record: &MarcRecord) -> Result<(), WriteError> {
        self.buffer.clear();
        encode(record, &mut self.buffer)?;
        Ok(self.output.write_all(&self.buffer)?)
    }

    /// The output, of which what is written so far may be taken.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.output
    }

    /// The output.
    pub fn into_inner(self) -> W {
        self.output
    }
}

fn encode(record: &MarcRecord, out: &mut Vec<u8>) -> Result<(), WriteError> {
    let base = LEADER + record.fields().count() * ENTRY + 1;
    let total = base + record.fields().map(|field| field.value().len() + 1).sum::<usize>() + 1;
    let leader = record.leader();
    let part = |range| leader.get(range).unwrap_or_default();
    let text = format!("{total:05}{}a22{base:05}{}4500", part(5..9), part(17..20));
    out.extend_from_slice(text.as_bytes());
    let mut start = 0;
    for field in record.fields() {
        let (tag, length) = (field.tag(), field.value().len() + 1);
        if !tag.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(WriteError::Tag { tag: tag.to_owned() });
        }
        if length > LONGEST_FIELD {
            return Err(WriteError::FieldTooLong {
                tag: tag.to_owned(),
                length,
                limit: LONGEST_FIELD,
            });
        }
        if base + start + length + 1 > LONGEST_RECORD {
            return Err(WriteError::RecordTooLong {
                tag: tag.to_owned(),
                length: total,
                limit: LONGEST_RECORD,
            });
        }
        out.extend_from_slice(format!("{tag}{length:04}{start:05}").as_bytes());
        start += length;
    }
    out.push(FIELD_END);
    for field in record.fields() {
        if let Some(code) =
            field.value().bytes().find(|byte| matches!(*byte, RECORD_END | FIELD_END | 0x1B))
        {
            return Err(WriteError::ControlCharacter {
                tag: field.tag().to_owned(),
                code: code.into(),
            });
        }
        out.extend_from_slice(field.value().as_bytes());
        out.push(FIELD_END);
    }
    out.push(RECORD_END);
    Ok(())
}
