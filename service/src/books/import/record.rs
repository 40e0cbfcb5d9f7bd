//! CSV records (RFC 4180), read strictly one at a time, so that a broken one costs that one alone.
//!
//! The `csv` crate takes every byte sequence for some record: a quote that is never closed swallows the rows behind it in
//! silence. Here it is an error of the line on which it stands, and reading goes on with the next line.

use std::io::{self, Read, Seek, SeekFrom};

use memchr::{memchr, memchr2};

use super::fields::Fields;

/// The longest record that is read; the memory of an import is bounded by it.
pub const LONGEST: usize = 1 << 20;
const CHUNK: usize = 1 << 16;

/// Why a record cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A quote opens a field and nothing closes it.
    #[error("a quote is opened and never closed; close it, or double it if it belongs to the text")]
    Unclosed,
    /// Something other than a delimiter follows a closing quote.
    #[error("text follows the closing quote of a field; a quote inside quotes is written twice")]
    AfterQuote,
    /// Longer than [`LONGEST`].
    #[error("the record is longer than {LONGEST} bytes")]
    TooLong,
    /// More fields than the header has.
    #[error("the row has more fields than the header, which has {expected}")]
    Wider {
        /// Fields of the header.
        expected: usize,
    },
    /// Fewer fields than the header has.
    #[error("the row has {found} fields, the header {expected}")]
    Narrower {
        /// Fields of the record.
        found: usize,
        /// Fields of the header.
        expected: usize,
    },
}

/// What [`parse`] made of the bytes at hand.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Parsed {
    /// A record of so many bytes, its line end included.
    Record(usize),
    /// The bytes end within a record.
    More,
    Broken(Broken),
}

/// Splits the first record of `input`; `last` says that nothing comes after `input`.
///
/// With a `width` it stops at the first field too many: what follows may be the rest of the file.
pub(super) fn parse(
    input: &[u8],
    last: bool,
    delimiter: u8,
    width: Option<usize>,
    fields: &mut Fields,
) -> Parsed {
    fields.clear();
    let mut rest = input;
    loop {
        let separator = if let Some(quoted) = rest.strip_prefix(b"\"") {
            rest = quoted;
            match quoted_field(&mut rest, last, fields) {
                Ok(()) => rest.iter().position(|byte| *byte != b'\r'),
                Err(problem) => return problem,
            }
        } else {
            let end = memchr2(delimiter, b'\n', rest);
            let (text, behind) = rest.split_at(end.unwrap_or(rest.len()));
            let line_ends = behind.first() != Some(&delimiter);
            fields.push(text.strip_suffix(b"\r").filter(|_| line_ends).unwrap_or(text));
            rest = behind;
            end.map(|_| 0)
        };
        fields.end();
        if let Some(expected) = width.filter(|width| fields.len() > *width) {
            return Parsed::Broken(Broken::Wider { expected });
        }
        let separator = separator.and_then(|at| rest.get(at..)?.split_first());
        match separator {
            Some((b'\n', behind)) => return Parsed::Record(input.len() - behind.len()),
            Some((byte, behind)) if *byte == delimiter => rest = behind,
            Some(_) => {
                // A quote that "closes" on a later line was rather never closed on its own.
                let read = input.get(..input.len() - rest.len()).unwrap_or_default();
                let within_line = memchr(b'\n', read).is_none();
                return Parsed::Broken(if within_line {
                    Broken::AfterQuote
                } else {
                    Broken::Unclosed
                });
            }
            None if last => return Parsed::Record(input.len()),
            None => return Parsed::More,
        }
    }
}

/// Reads to the closing quote and leaves `rest` behind it.
fn quoted_field(rest: &mut &[u8], last: bool, fields: &mut Fields) -> Result<(), Parsed> {
    loop {
        let Some(quote) = memchr(b'"', rest) else {
            return Err(if last { Parsed::Broken(Broken::Unclosed) } else { Parsed::More });
        };
        let (text, behind) = rest.split_at(quote);
        fields.push(text);
        *rest = behind.get(1..).unwrap_or_default();
        match rest.strip_prefix(b"\"") {
            Some(behind) => {
                fields.push(b"\"");
                *rest = behind;
            }
            None => return Ok(()),
        }
    }
}

/// A record's place in its file, and its fields or what is wrong with it.
pub struct Record<'a> {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// Its bytes as they stand in the file; of a broken one, its first line.
    pub raw: &'a [u8],
    /// `Err` when it cannot be read; reading then goes on with the next line.
    pub fields: Result<&'a Fields, Broken>,
}

/// Reads records from a file of any length in bounded memory.
pub struct Records<R> {
    input: R,
    delimiter: u8,
    buffer: Vec<u8>,
    start: usize,
    /// Bytes of the input before the end of the buffer.
    read: u64,
    begun: bool,
    ended: bool,
    line: u64,
    width: Option<usize>,
    fields: Fields,
}

impl<R: Read> Records<R> {
    pub fn new(input: R, delimiter: u8) -> Self {
        let fields = Fields::default();
        Self {
            input,
            delimiter,
            buffer: Vec::new(),
            start: 0,
            read: 0,
            begun: false,
            ended: false,
            line: 1,
            width: None,
            fields,
        }
    }

    /// From now on a record with another number of fields is broken.
    pub fn expect_width(&mut self, width: usize) {
        self.width = Some(width);
    }

    /// How many bytes and lines are before the next record.
    pub fn place(&self) -> (u64, u64) {
        (self.read - self.rest().len() as u64, self.line - 1)
    }

    /// Goes on where so many bytes and lines were read; 0 is where it is now, behind a header.
    pub fn go_to(&mut self, bytes: u64, lines: u64) -> io::Result<()>
    where
        R: Seek,
    {
        if bytes > 0 {
            self.buffer.clear();
            (self.start, self.read, self.line) = (0, bytes, lines + 1);
            (self.begun, self.ended) = (true, false);
            self.input.seek(SeekFrom::Start(bytes))?;
        }
        Ok(())
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
                self.delimiter,
                self.width,
                &mut self.fields,
            );
            let (length, fault) = match parsed {
                Parsed::More if self.rest().len() <= LONGEST => {
                    self.fill()?;
                    continue;
                }
                Parsed::More => return self.skip_line(Broken::TooLong).map(Some),
                Parsed::Broken(fault) => return self.skip_line(fault).map(Some),
                Parsed::Record(length) => (length, self.wrong_width()),
            };
            let raw = self.rest().get(..length).unwrap_or_default();
            if raw.iter().all(|byte| matches!(byte, b'\n' | b'\r')) {
                self.advance(length);
                continue;
            }
            return match fault {
                // A quote that a later row happened to close: only its first line is given up.
                Some(fault) if memchr(b'\n', raw).is_some_and(|end| end + 1 < length) => {
                    self.skip_line(fault).map(Some)
                }
                fault => Ok(Some(self.take(length, fault))),
            };
        }
    }

    fn wrong_width(&self) -> Option<Broken> {
        let (found, expected) = (self.fields.len(), self.width?);
        (found != expected).then_some(Broken::Narrower { found, expected })
    }

    /// Gives up the line at hand, however long it is, and keeps its beginning to show.
    fn skip_line(&mut self, fault: Broken) -> io::Result<Record<'_>> {
        while memchr(b'\n', self.rest()).is_none() && !self.ended {
            if self.rest().len() > LONGEST {
                // Only the beginning is kept; the buffer must not grow with the line.
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
        Record { line, raw, fields }
    }

    fn advance(&mut self, length: usize) {
        let passed = self.rest().get(..length).unwrap_or_default();
        self.line += memchr::memchr_iter(b'\n', passed).count() as u64;
        self.start += length;
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    /// Reads on; false at the end. Reads at least as much as is there already, so that a long record costs linear time.
    fn fill(&mut self) -> io::Result<bool> {
        self.buffer.drain(..self.start);
        self.start = 0;
        let wanted = CHUNK.max(self.buffer.len()) as u64;
        let read = self.input.by_ref().take(wanted).read_to_end(&mut self.buffer)?;
        self.read += read as u64;
        self.ended |= read == 0;
        if !self.begun {
            self.begun = true;
            // A byte order mark is no part of the first field.
            self.start = if self.buffer.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        }
        Ok(read > 0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Rows = Vec<(u64, Result<Vec<String>, Broken>)>;

    fn read(text: &[u8], width: Option<usize>) -> Rows {
        let mut records = Records::new(text, b',');
        if let Some(width) = width {
            records.expect_width(width);
        }
        let mut rows = Vec::new();
        while let Some(record) = records.next().unwrap() {
            let fields = record.fields.map(|fields| {
                (0..fields.len())
                    .map(|i| String::from_utf8_lossy(fields.get(i).unwrap()).into_owned())
                    .collect()
            });
            rows.push((record.line, fields));
        }
        rows
    }

    fn row(line: u64, fields: &[&str]) -> (u64, Result<Vec<String>, Broken>) {
        (line, Ok(fields.iter().map(|field| (*field).to_owned()).collect()))
    }

    #[test]
    fn well_formed_records_are_read_as_rfc_4180_says() {
        let cases: [(&str, Rows); 6] = [
            ("a,b\nc,d\n", vec![row(1, &["a", "b"]), row(2, &["c", "d"])]),
            ("a,b\r\nc,d", vec![row(1, &["a", "b"]), row(2, &["c", "d"])]),
            ("\"a,\"\"1\"\"\",\"\"\r\n", vec![row(1, &["a,\"1\"", ""])]),
            ("\"two\nlines\",x\ny,z\n", vec![row(1, &["two\nlines", "x"]), row(3, &["y", "z"])]),
            ("\n\na\n\n", vec![row(3, &["a"])]),
            ("5\" disk,\n", vec![row(1, &["5\" disk", ""])]),
        ];
        for (text, rows) in cases {
            assert_eq!(read(text.as_bytes(), None), rows, "{text:?}");
        }
    }

    #[test]
    fn a_broken_record_costs_one_line() {
        let narrow = Err(Broken::Narrower { found: 1, expected: 2 });
        let wide = || Err(Broken::Wider { expected: 2 });
        let cases: [(&str, Rows); 5] = [
            ("\"open,b\nc,d\n", vec![(1, Err(Broken::Unclosed)), row(2, &["c", "d"])]),
            (
                "\"open,b\nc,d\n\"e, f\",g\n",
                vec![(1, Err(Broken::Unclosed)), row(2, &["c", "d"]), row(3, &["e, f", "g"])],
            ),
            ("\"a\"b,c\nd,e\n", vec![(1, Err(Broken::AfterQuote)), row(2, &["d", "e"])]),
            ("a\nb,c\nd,e,f\n", vec![(1, narrow), row(2, &["b", "c"]), (3, wide())]),
            // The quote of line 2 closes the one of line 1: too many fields, so line 2 is read on its own.
            (
                "\"a,b\nc,\"d\",e\nf,g",
                vec![(1, Err(Broken::Unclosed)), (2, wide()), row(3, &["f", "g"])],
            ),
        ];
        for (text, rows) in cases {
            assert_eq!(read(text.as_bytes(), Some(2)), rows, "{text:?}");
        }
    }

    #[test]
    fn ten_megabytes_in_one_cell_cost_one_line_and_no_memory() {
        for quote in ["", "\""] {
            let giant = "x".repeat(10 << 20);
            let text = format!("a,b\n{quote}{giant}{quote},b\nc,d\n");
            let mut records = Records::new(text.as_bytes(), b',');
            let mut seen = Vec::new();
            while let Some(record) = records.next().unwrap() {
                seen.push((record.line, record.fields.map(Fields::len)));
            }
            assert_eq!(seen, [(1, Ok(2)), (2, Err(Broken::TooLong)), (3, Ok(2))]);
            assert!(records.buffer.capacity() < 6 * LONGEST, "{}", records.buffer.capacity());
        }
    }

    proptest! {
        #[test]
        fn what_the_csv_crate_writes_is_read_back(
            table in (1usize..4).prop_flat_map(|width| {
                prop::collection::vec(prop::collection::vec("[a\",\r\n é]{0,6}", width), 1..8)
            })
        ) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            for fields in &table {
                writer.write_record(fields).unwrap();
            }
            let text = writer.into_inner().unwrap();
            // A record of one empty field is written as a pair of quotes, so no row is taken for an empty line.
            let found: Vec<_> = read(&text, Some(table[0].len())).into_iter().map(|(_, fields)| fields).collect();
            prop_assert_eq!(found, table.into_iter().map(Ok).collect::<Vec<_>>());
        }

        #[test]
        fn no_bytes_make_it_panic_or_lose_a_line(bytes in prop::collection::vec(prop::sample::select(&b"a,\"\r\n\xff"[..]), 0..60)) {
            let mut records = Records::new(&bytes[..], b',');
            let mut taken = 0;
            while let Some(record) = records.next().unwrap() {
                taken += record.raw.iter().filter(|byte| !matches!(byte, b'\r' | b'\n')).count();
            }
            prop_assert_eq!(taken, bytes.iter().filter(|byte| !matches!(byte, b'\r' | b'\n')).count());
        }
    }
}
