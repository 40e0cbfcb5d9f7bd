//! CSV records of a file, one at a time, so that a malformed record affects no other.

mod mend;
mod parse;

use std::io::{self, Read, Seek};

use memchr::memchr;

pub use parse::{Parsed, fields_of, parse};

use super::{
    encoding::{Encoding, without_marks},
    fields::Fields,
    source::Source,
};

/// The longest record that is read; it bounds the memory of an import.
pub const LONGEST: usize = 1 << 20;
/// The longest header: it is stored with each import over HTTP.
const LONGEST_HEADER: usize = 1 << 16;
const CHUNK: usize = 1 << 16;

/// Why a record cannot be parsed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A quote is opened and never closed.
    #[error("a quote is opened and never closed; close it, or double it if it is part of the text")]
    Unclosed,
    /// Something other than a delimiter follows a closing quote.
    #[error("text follows the closing quote of a field; a quote inside quotes is written twice")]
    AfterQuote,
    /// Longer than [`LONGEST`].
    #[error("the record is longer than {LONGEST} bytes")]
    TooLong,
    /// Longer than [`LONGEST_HEADER`].
    #[error("it is longer than {LONGEST_HEADER} bytes")]
    LongHeader,
    /// More fields than the header has.
    #[error("the row has more fields than the header, which has {expected}")]
    Wider {
        /// Fields of the header.
        expected: usize,
    },
    /// Fewer fields than the header has.
    #[error("the row has {found} fields, the header {expected}")]
    Narrower {
        /// Number of fields in the record.
        found: usize,
        /// Number of fields in the header.
        expected: usize,
    },
}

/// The position of a record in its file, and its fields or its error.
pub struct Record<'a> {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// The raw bytes; of a malformed record, its first line.
    pub raw: &'a [u8],
    /// `Err` when it cannot be parsed; parsing then continues with the next line.
    pub fields: Result<&'a Fields, Broken>,
    /// What is wrong with it though its fields can be determined.
    pub mended: Option<Broken>,
}

/// Reads records from a file of any length in bounded memory.
pub struct Records<R> {
    source: Source<R>,
    delimiter: u8,
    buffer: Vec<u8>,
    start: usize,
    /// Bytes of the file before the start.
    bytes: u64,
    begun: bool,
    ended: bool,
    line: u64,
    width: Option<usize>,
    /// How many of the fields of a row are read, and how many empty ones follow the last; `None` if all must be there.
    needed: Option<(usize, usize)>,
    /// Rows without a value that were skipped; `None` if they are records as others.
    empty: Option<u64>,
    fields: Fields,
}

impl<R: Read> Records<R> {
    pub fn new(source: Source<R>, delimiter: u8) -> Self {
        let fields = Fields::default();
        Self {
            source,
            delimiter,
            buffer: Vec::new(),
            start: 0,
            bytes: 0,
            begun: false,
            ended: false,
            line: 1,
            width: None,
            needed: None,
            empty: None,
            fields,
        }
    }

    /// From now on a record with another number of fields is an error.
    pub fn expect_width(&mut self, width: usize) {
        self.width = Some(width);
    }

    /// As [`Self::expect_width`]; but rows without a value are skipped as empty lines are, only the first fields must be there, and
    /// lines are mended on which a quote is not doubled.
    pub fn expect_rows(&mut self, width: usize, needed: usize) {
        let surplus = mend::surplus(self.rest(), self.ended, (self.delimiter, width));
        self.expect_width(width);
        self.needed = Some((needed, surplus));
        self.empty = Some(0);
    }

    /// Rows without a value so far.
    pub fn empty(&self) -> u64 {
        self.empty.unwrap_or_default()
    }

    /// The number of bytes and lines before the next record.
    pub fn place(&self) -> (u64, u64) {
        (self.bytes, self.line - 1)
    }

    /// Continues after this many bytes and lines; 0 is the current position, after a header.
    pub fn go_to(&mut self, bytes: u64, lines: u64) -> io::Result<()>
    where
        R: Seek,
    {
        if bytes > 0 {
            self.buffer.clear();
            (self.start, self.bytes, self.line) = (0, bytes, lines + 1);
            (self.begun, self.ended) = (true, false);
            self.source.go_to(bytes)?;
        }
        Ok(())
    }

    /// How the file is encoded.
    pub fn encoding(&self) -> Encoding {
        self.source.encoding()
    }

    /// Skips lines, whatever they are.
    ///
    /// # Errors
    /// When the input cannot be read.
    pub fn skip_lines(&mut self, lines: u64) -> io::Result<()> {
        for _ in 0..lines {
            if self.rest().is_empty() && !self.fill()? {
                break;
            }
            self.skip_line(Broken::TooLong)?;
        }
        Ok(())
    }

    /// The first record that is not an empty line, with at most the given number of fields: no more of a file is read than is
    /// needed to see that it has more. `None` if there is none.
    ///
    /// # Errors
    /// When the input cannot be read.
    pub fn header(&mut self, most: usize) -> io::Result<Option<Record<'_>>> {
        loop {
            if self.rest().is_empty() && !self.fill()? {
                return Ok(None);
            }
            let input = self.buffer.get(self.start..).unwrap_or_default();
            let parsed = parse(input, self.ended, (self.delimiter, Some(most)), &mut self.fields);
            let (length, fault) = match parsed {
                Parsed::More if input.len() <= LONGEST_HEADER => {
                    self.fill()?;
                    continue;
                }
                Parsed::More => (0, Some(Broken::LongHeader)),
                Parsed::Record(length) if length > LONGEST_HEADER => (0, Some(Broken::LongHeader)),
                Parsed::Broken(fault) => (0, Some(fault)),
                Parsed::Record(length) => (length, None),
            };
            if fault.is_none() && is_empty(self.rest().get(..length).unwrap_or_default()) {
                self.advance(length);
                continue;
            }
            return Ok(Some(self.take(length, fault)));
        }
    }

    /// The next record that is not an empty line; `None` at the end.
    ///
    /// # Errors
    /// When the input cannot be read.
    pub fn next(&mut self) -> io::Result<Option<Record<'_>>> {
        loop {
            if self.rest().is_empty() && !self.fill()? {
                return Ok(None);
            }
            let parsed = parse(
                self.buffer.get(self.start..).unwrap_or_default(),
                self.ended,
                (self.delimiter, self.width),
                &mut self.fields,
            );
            let (length, fault, mended) = match parsed {
                Parsed::More if self.rest().len() <= LONGEST => {
                    self.fill()?;
                    continue;
                }
                Parsed::More => return self.skip_line(Broken::TooLong).map(Some),
                Parsed::Broken(fault) => match self.empty_line() {
                    Some(length) => {
                        self.skip_empty(length);
                        continue;
                    }
                    None => match self.mended()? {
                        Some(length) if self.has_surplus() => (length, None, None),
                        Some(length) => (length, None, Some(fault)),
                        None => return self.skip_line(fault).map(Some),
                    },
                },
                Parsed::Record(length) => match self.wrong_width() {
                    Some(fault) if self.is_enough(length) => (length, None, Some(fault)),
                    fault => (length, fault, None),
                },
            };
            if is_empty(self.rest().get(..length).unwrap_or_default()) {
                self.advance(length);
                continue;
            }
            if self.empty.is_some() && self.fields.is_blank() {
                self.skip_empty(length);
                continue;
            }
            let raw = self.rest().get(..length).unwrap_or_default();
            return match fault {
                // A quote that a later row happened to close: only its first line is skipped.
                Some(fault) if memchr(b'\n', raw).is_some_and(|end| end + 1 < length) => {
                    self.skip_line(fault).map(Some)
                }
                fault => Ok(Some(Record { mended, ..self.take(length, fault) })),
            };
        }
    }

    /// The length of the line if it has too many fields, all of them empty.
    fn empty_line(&self) -> Option<usize> {
        self.empty?;
        let length = memchr(b'\n', self.rest())? + 1;
        let line = self.rest().get(..length)?;
        let is_empty = |byte: &u8| *byte == self.delimiter || byte.is_ascii_whitespace();
        line.iter().all(is_empty).then_some(length)
    }

    fn skip_empty(&mut self, length: usize) {
        self.advance(length);
        self.empty = self.empty.map(|empty| empty + 1);
    }

    /// The length of a broken record if its fields can be determined all the same.
    fn mended(&mut self) -> io::Result<Option<usize>> {
        let (Some((_, surplus)), Some(width)) = (self.needed, self.width) else { return Ok(None) };
        loop {
            let rest = self.buffer.get(self.start..).unwrap_or_default();
            let how = (self.delimiter, width, surplus);
            let found = mend::record(rest, self.ended, how, &mut self.fields);
            match found {
                Parsed::More if rest.len() <= LONGEST => self.fill()?,
                Parsed::Record(length) => return Ok(Some(length)),
                _ => return Ok(None),
            };
        }
    }

    /// Whether all rows have empty fields after the last one.
    fn has_surplus(&self) -> bool {
        self.needed.is_some_and(|(_, surplus)| surplus > 0)
    }

    fn wrong_width(&self) -> Option<Broken> {
        let (found, expected) = (self.fields.len(), self.width?);
        (found != expected).then_some(Broken::Narrower { found, expected })
    }

    /// Whether a record has all fields that are read. Of one that was cut by a line break within a text the beginning is not enough.
    fn is_enough(&self, length: usize) -> bool {
        let row = self.rest().get(..length).unwrap_or_default();
        let is_line = memchr(b'\n', row).is_none_or(|end| end + 1 == length);
        is_line && self.needed.is_some_and(|(needed, _)| self.fields.len() >= needed)
    }

    /// Skips the current line, however long it is, and keeps its beginning for the error message.
    fn skip_line(&mut self, fault: Broken) -> io::Result<Record<'_>> {
        while memchr(b'\n', self.rest()).is_none() && !self.ended {
            if self.rest().len() > LONGEST {
                // Only the beginning is stored; the buffer must not grow with the line.
                let rest = self.buffer.get(self.start + LONGEST..).unwrap_or_default();
                self.bytes += self.source.encoding().length(rest);
                self.buffer.truncate(self.start + LONGEST);
            }
            self.fill()?;
        }
        let length = memchr(b'\n', self.rest()).map_or(self.rest().len(), |end| end + 1);
        Ok(self.take(length, Some(fault)))
    }

    fn take(&mut self, length: usize, fault: Option<Broken>) -> Record<'_> {
        let (line, start) = (self.line, self.start);
        self.advance(length);
        let raw = self.buffer.get(start..start + length).unwrap_or_default();
        let fields = match fault {
            Some(fault) => Err(fault),
            None => Ok(&self.fields),
        };
        Record { line, raw, fields, mended: None }
    }

    fn advance(&mut self, length: usize) {
        let passed = self.rest().get(..length).unwrap_or_default();
        let lines = memchr::memchr_iter(b'\n', passed).count() as u64;
        self.bytes += self.source.encoding().length(passed);
        self.line += lines;
        self.start += length;
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    /// Reads more; false at the end. Reads at least as much as is buffered, so that a long record costs linear time.
    fn fill(&mut self) -> io::Result<bool> {
        self.buffer.drain(..self.start);
        self.start = 0;
        let wanted = CHUNK.max(self.buffer.len());
        let read = self.source.fill(&mut self.buffer, wanted)?;
        self.ended |= read == 0;
        if !self.begun {
            self.begun = true;
            // Byte order marks are not part of the first field.
            self.advance(self.buffer.len() - without_marks(&self.buffer).len());
        }
        Ok(read > 0)
    }
}

fn is_empty(line: &[u8]) -> bool {
    line.iter().all(|byte| matches!(byte, b'\n' | b'\r'))
}

#[cfg(test)]
mod tests;
