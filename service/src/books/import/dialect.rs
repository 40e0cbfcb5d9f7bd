//! How a table is written: its delimiter, its line ends and the lines above its header; found in its beginning, or given.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter};
use serde::{Deserialize, Serialize};

use super::{
    fields::Fields,
    header::{MOST_COLUMNS, name},
    opened::Score,
    record::{Broken, Parsed, parse},
};

/// Delimiters that are looked for, the commonest first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Lines in which a header is looked for.
const MOST_LINES: usize = 50;
/// Records that must have as many fields as the first, if no header is known.
const ALIKE: usize = 5;

/// What ends a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineEnds {
    /// A line feed, with or without a carriage return before it.
    Lf,
    /// A carriage return alone, as old programs of the Macintosh write it.
    Cr,
}

/// How a table is written; what is not given is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Table {
    /// The byte between fields.
    pub delimiter: Option<u8>,
    /// What ends a line.
    pub line_ends: Option<LineEnds>,
    /// Lines above the header.
    pub skip_lines: Option<u64>,
}

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The byte between fields.
    pub delimiter: u8,
    /// What ends a line.
    pub line_ends: LineEnds,
    /// Lines above the header.
    pub skip_lines: u64,
}

impl From<Dialect> for Table {
    fn from(dialect: Dialect) -> Self {
        let Dialect { delimiter, line_ends, skip_lines } = dialect;
        Self {
            delimiter: Some(delimiter),
            line_ends: Some(line_ends),
            skip_lines: Some(skip_lines),
        }
    }
}

impl Dialect {
    /// Finds how a table is written in its first bytes, in UTF-8. The header is the first line that has what is looked for, and
    /// the delimiter the one with which it has most of our columns.
    pub(super) fn find(sample: &[u8], is_whole: bool, given: &Table, score: Score<'_>) -> Self {
        let line_ends = given.line_ends.unwrap_or_else(|| line_ends(sample, is_whole));
        let sample = match line_ends {
            LineEnds::Lf => Cow::Borrowed(sample),
            LineEnds::Cr => {
                sample.iter().map(|byte| if *byte == b'\r' { b'\n' } else { *byte }).collect()
            }
        };
        let named =
            named_delimiter(&sample).filter(|_| given.skip_lines.is_none_or(|lines| lines > 0));
        let only = given.delimiter.or(named);
        let delimiters = only.map_or_else(|| DELIMITERS.to_vec(), |only| vec![only]);
        let first = given.skip_lines.unwrap_or_else(|| u64::from(named.is_some()));
        let last = given.skip_lines.map_or(MOST_LINES as u64, |lines| lines + 1);
        let looked_at = Beginning { sample: &sample, is_whole, score };
        let lines = lines(&sample).zip(0..last).skip(usize::try_from(first).unwrap_or(usize::MAX));
        let mut found = lines.filter_map(|(at, line)| {
            looked_at.header(at, &delimiters).map(|delimiter| (delimiter, line, at))
        });
        let (delimiter, skip_lines) = match found.next() {
            // Empty lines are skipped anyway.
            Some((delimiter, _, at)) if is_blank(sample.get(..at)) => (delimiter, first),
            Some((delimiter, line, _)) => (delimiter, line),
            None => {
                let at = lines_start(&sample, first);
                (only.unwrap_or_else(|| looked_at.alike(at)), first)
            }
        };
        Self { delimiter, line_ends, skip_lines }
    }
}

fn is_blank(bytes: Option<&[u8]>) -> bool {
    bytes.is_some_and(|bytes| bytes.iter().all(u8::is_ascii_whitespace))
}

/// Where each line begins.
fn lines(sample: &[u8]) -> impl Iterator<Item = usize> {
    std::iter::once(0).chain(memchr_iter(b'\n', sample).map(|end| end + 1))
}

fn lines_start(sample: &[u8], line: u64) -> usize {
    let line = usize::try_from(line).unwrap_or(usize::MAX);
    lines(sample).nth(line).unwrap_or(sample.len())
}

/// The carriage return, if there are some and no line feeds but in quotes.
fn line_ends(sample: &[u8], is_whole: bool) -> LineEnds {
    // The line feed that belongs to it may be cut off.
    let sample = if is_whole { sample } else { sample.strip_suffix(b"\r").unwrap_or(sample) };
    if memchr(b'\r', sample).is_none() {
        return LineEnds::Lf;
    }
    let (mut is_quoted, mut returns) = (false, 0);
    for (byte, next) in sample.iter().zip(sample.iter().skip(1).chain([&0])) {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' if !is_quoted => return LineEnds::Lf,
            b'\r' if !is_quoted && *next != b'\n' => returns += 1,
            _ => {}
        }
    }
    if returns > 0 { LineEnds::Cr } else { LineEnds::Lf }
}

/// The delimiter that the first line names, as Excel reads and writes it: `sep=;`.
fn named_delimiter(sample: &[u8]) -> Option<u8> {
    let end = memchr(b'\n', sample).unwrap_or(sample.len());
    let line = sample.get(..end)?.trim_ascii_end();
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    // The tab is trimmed away.
    let named = match line.split_at_checked(4)? {
        (name, rest) if name.eq_ignore_ascii_case(b"sep=") => rest,
        _ => return None,
    };
    match named {
        [] => sample.get(4).copied().filter(|byte| *byte == b'\t'),
        [byte] if byte.is_ascii_graphic() && *byte != b'"' => Some(*byte),
        _ => None,
    }
}

/// The first bytes of a table with line feeds.
struct Beginning<'a> {
    sample: &'a [u8],
    is_whole: bool,
    score: Score<'a>,
}

impl Beginning<'_> {
    /// The delimiter with which the record at a place is a header.
    fn header(&self, at: usize, delimiters: &[u8]) -> Option<u8> {
        let mut best = None;
        for delimiter in delimiters {
            let columns = self.columns(at, *delimiter);
            if columns > best.map_or(0, |(columns, _)| columns) {
                best = Some((columns, *delimiter));
            }
        }
        best.map(|(_, delimiter)| delimiter)
    }

    /// How many of our columns there are if the record at a place is a header; 0 if it is none.
    fn columns(&self, at: usize, delimiter: u8) -> usize {
        let rest = self.sample.get(at..).unwrap_or_default();
        let mut fields = Fields::default();
        let parsed = parse(rest, self.is_whole, (delimiter, Some(MOST_COLUMNS)), &mut fields);
        if !matches!(parsed, Parsed::Record(_)) || fields.len() < 2 {
            return 0;
        }
        let names: Option<Vec<String>> =
            (0..fields.len()).map(|place| name(&fields, place)).collect();
        names.map_or(0, |names| (self.score)(&names))
    }

    /// The delimiter with which the first records have most fields, and all as many.
    fn alike(&self, at: usize) -> u8 {
        let width = |delimiter: &u8| self.width(at, *delimiter);
        // Of several with as many the first: `max_by_key` gives the last.
        DELIMITERS.into_iter().rev().max_by_key(width).unwrap_or(b',')
    }

    /// The fields of each of the first records; 0 if they have not all as many.
    fn width(&self, at: usize, delimiter: u8) -> usize {
        let (mut rest, mut fields) = (self.sample.get(at..).unwrap_or_default(), Fields::default());
        let mut width = 0;
        for _ in 0..ALIKE {
            let how = (delimiter, Some(MOST_COLUMNS));
            let length = match parse(rest, self.is_whole, how, &mut fields) {
                Parsed::Record(length) if length > 0 => length,
                // Too many, which is to be said.
                Parsed::Broken(Broken::Wider { .. }) if width == 0 => return MOST_COLUMNS + 1,
                _ => break,
            };
            if width != 0 && fields.len() != width {
                return 0;
            }
            width = fields.len();
            rest = rest.get(length..).unwrap_or_default();
        }
        width
    }
}

#[cfg(test)]
mod tests;
