//! Reads records one at a time, and goes on after a bad one at the next record terminator.

use std::io::{self, Read};

use super::{LEADER, RECORD_END, parse, parse::Directory, source::Source};
use crate::{Entry, MarcRecord, ReadError, Reason, Warning};

/// The longest record that is read unless another limit is set. The format allows 99 999 bytes, but records of libraries
/// with many copies are longer; their fields are then taken in their order.
pub const LIMIT: usize = 2 * 1024 * 1024;
/// The longest record that a leader can describe.
const LONGEST: usize = 99_999;

/// Reads the records of a file one at a time.
///
/// A record that cannot be read is an error with its number, byte offset and reason, and the next item is the record after it.
/// The reader holds at most its limit and 128 KiB more, whatever the lengths in the file say, and a record less than 32 MiB.
///
/// ```
/// # fn main() -> Result<(), std::io::Error> {
/// # let file: &[u8] = b"";
/// for item in bibliographic::marc21::Reader::new(file) {
///     match item {
///         Ok(entry) => println!("{}: {}", entry.number, bibliographic::Record::from(&entry.record).title),
///         Err(error) => eprintln!("{error}"),
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub struct Reader<R> {
    source: Source<R>,
    limit: usize,
    number: u64,
    finished: bool,
}

/// Where a record ends.
enum End {
    /// After so many bytes, of which the last is its terminator or the end of its last field.
    After(usize),
    /// The limit comes before.
    TooLong,
    /// The file ends before.
    Missing,
}

impl<R: Read> Reader<R> {
    /// A reader that allows records of [`LIMIT`] bytes.
    pub fn new(source: R) -> Self {
        Self { source: Source::new(source), limit: LIMIT, number: 0, finished: false }
    }

    /// Allows records of `limit` bytes, and at least of those that the format allows.
    #[must_use]
    pub fn with_limit(mut self, limit: usize) -> Self {
        self.limit = limit.max(LONGEST);
        self
    }

    fn read(&mut self) -> Result<Option<Entry<MarcRecord>>, Reason> {
        let mut warnings = Vec::new();
        match self.end(&mut warnings)? {
            End::After(length) => {
                let offset = self.source.offset();
                let bytes = self.source.window().get(..length).unwrap_or_default();
                let parsed = parse::record(bytes, &mut warnings);
                self.source.consume(length);
                Ok(Some(Entry { number: self.number, offset, record: parsed?, warnings }))
            }
            End::TooLong => {
                self.skip_record()?;
                Err(Reason::TooLong { limit: self.limit })
            }
            End::Missing => {
                let window = self.source.window();
                let blank = window.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0);
                let reason =
                    if looks_like_leader(window) { Reason::Truncated } else { Reason::Leader };
                let length = window.len();
                self.source.consume(length);
                if blank { Ok(None) } else { Err(reason) }
            }
        }
    }

    /// The terminator says where a record ends, unless the directory proves that the length in the leader does.
    fn end(&mut self, warnings: &mut Vec<Warning>) -> io::Result<End> {
        let terminator = self.terminator()?;
        let said = self.source.window().get(..5).and_then(parse::number);
        let found = terminator.map(|position| position + 1);
        if found.is_some() && found == said {
            return Ok(found.map_or(End::Missing, End::After));
        }
        if let Some(length) = said
            && let Some(length) = self.end_by_directory(length, warnings)?
        {
            return Ok(End::After(length));
        }
        match found {
            Some(length) if length <= self.limit => {
                warnings.push(Warning::Length);
                Ok(End::After(length))
            }
            Some(_) => Ok(End::TooLong),
            None if self.source.window().len() > self.limit => Ok(End::TooLong),
            None => Ok(End::Missing),
        }
    }

    /// The position of the first record terminator within the limit.
    fn terminator(&mut self) -> io::Result<Option<usize>> {
        let mut scanned = 0;
        loop {
            let window = self.source.window();
            let found = memchr::memchr(RECORD_END, window.get(scanned..).unwrap_or_default());
            if let Some(position) = found {
                return Ok(Some(scanned + position));
            }
            scanned = window.len();
            if scanned > self.limit || !self.source.fill()? {
                return Ok(None);
            }
        }
    }

    /// The length of a record whose directory describes exactly the bytes that its leader counts: it has a terminator as a part of
    /// a field, or its own is missing or is another byte.
    fn end_by_directory(
        &mut self,
        said: usize,
        warnings: &mut Vec<Warning>,
    ) -> io::Result<Option<usize>> {
        if said <= LEADER {
            return Ok(None);
        }
        self.source.fill_to(said + LEADER)?;
        let window = self.source.window();
        // At the end of the file the terminator alone may be missing.
        let length = said.min(window.len());
        let record = window.get(..length).unwrap_or_default();
        if length + 1 < said
            || Directory::exact(record).is_none_or(|directory| directory.end() + 1 != said)
        {
            return Ok(None);
        }
        if record.last() == Some(&RECORD_END) {
            return Ok(Some(said));
        }
        let at = |position: usize| looks_like_leader(window.get(position..).unwrap_or_default());
        let length = if at(said - 1) {
            said - 1
        } else if at(said) || window.len() <= said {
            length
        } else {
            return Ok(None);
        };
        warnings.push(Warning::Terminator);
        Ok(Some(length))
    }

    /// Passes over a record that is too long, without keeping it.
    fn skip_record(&mut self) -> io::Result<()> {
        loop {
            let window = self.source.window();
            if let Some(position) = memchr::memchr(RECORD_END, window) {
                self.source.consume(position + 1);
                return Ok(());
            }
            let length = window.len();
            self.source.consume(length);
            if !self.source.fill()? {
                return Ok(());
            }
        }
    }

    /// Passes over what programs put between records: line ends, zeros, an end-of-file mark, a byte order mark.
    fn skip_separators(&mut self) -> io::Result<bool> {
        loop {
            let window = self.source.window();
            let between = |byte: &u8| matches!(*byte, b'\r' | b'\n' | 0 | 0x1A | RECORD_END);
            let count = window.iter().take_while(|byte| between(byte)).count();
            let rest = window.get(count..).unwrap_or_default();
            let is_start = !rest.is_empty();
            let mark = if rest.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
            self.source.consume(count + mark);
            if is_start && mark == 0 {
                return Ok(true);
            }
            if self.source.window().is_empty() && !self.source.fill()? {
                return Ok(false);
            }
        }
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Result<Entry<MarcRecord>, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.finished {
            return None;
        }
        let started = self.skip_separators();
        let offset = self.source.offset();
        let read = match started {
            Ok(true) => {
                self.number += 1;
                self.read()
            }
            Ok(false) => Ok(None),
            Err(error) => Err(error.into()),
        };
        let item =
            read.map_err(|reason| ReadError { number: self.number, offset, reason }).transpose();
        self.finished =
            item.as_ref().is_none_or(|item| item.as_ref().is_err_and(ReadError::is_fatal));
        item
    }
}

/// Whether a record may start here.
pub(crate) fn looks_like_leader(bytes: &[u8]) -> bool {
    let digits = bytes.get(..5).is_some_and(|length| length.iter().all(u8::is_ascii_digit));
    digits && (bytes.get(10..12) == Some(b"22") || bytes.get(20..22) == Some(b"45"))
}
