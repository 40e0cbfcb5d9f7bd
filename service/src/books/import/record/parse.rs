//! The fields of a CSV record (RFC 4180), parsed strictly.
//!
//! The `csv` crate accepts any byte sequence as some record: a quote that is never closed silently swallows the rows after
//! it. Here it is an error of the line on which it occurs, and parsing continues with the next line.

use memchr::{memchr, memchr2};

use super::{Broken, Fields};

/// The result of [`parse`] for the bytes available.
#[derive(Debug, PartialEq, Eq)]
pub enum Parsed {
    /// A record of this many bytes, including its line end.
    Record(usize),
    /// The bytes end within a record.
    More,
    Broken(Broken),
}

/// Splits off the first record of `input`; `last` means that nothing follows `input`.
///
/// With a `width`, parsing stops at the first extra field: what follows may be the rest of the file.
pub fn parse(
    input: &[u8],
    last: bool,
    (delimiter, width): (u8, Option<usize>),
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
            let (text, after) = rest.split_at(end.unwrap_or(rest.len()));
            let line_ends = after.first() != Some(&delimiter);
            fields.push(text.strip_suffix(b"\r").filter(|_| line_ends).unwrap_or(text));
            rest = after;
            end.map(|_| 0)
        };
        fields.end();
        if let Some(expected) = width.filter(|width| fields.len() > *width) {
            return Parsed::Broken(Broken::Wider { expected });
        }
        let separator = separator.and_then(|at| rest.get(at..)?.split_first());
        match separator {
            Some((b'\n', after)) => return Parsed::Record(input.len() - after.len()),
            Some((byte, after)) if *byte == delimiter => rest = after,
            Some(_) => {
                // A quote that "closes" on a later line was probably never closed on its own line.
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

/// Reads to the closing quote; `rest` then starts after it.
fn quoted_field(rest: &mut &[u8], last: bool, fields: &mut Fields) -> Result<(), Parsed> {
    loop {
        let Some(quote) = memchr(b'"', rest) else {
            return Err(if last { Parsed::Broken(Broken::Unclosed) } else { Parsed::More });
        };
        let (text, after) = rest.split_at(quote);
        fields.push(text);
        *rest = after.get(1..).unwrap_or_default();
        match rest.strip_prefix(b"\"") {
            Some(after) => {
                fields.push(b"\"");
                *rest = after;
            }
            None => return Ok(()),
        }
    }
}

/// The fields of a record that spans all of `raw`; `None` when it is more than one record, or malformed.
pub fn fields_of(raw: &[u8], delimiter: u8) -> Option<Vec<Vec<u8>>> {
    let mut fields = Fields::default();
    let parsed = parse(raw, true, (delimiter, None), &mut fields);
    let whole = parsed == Parsed::Record(raw.len());
    let fields = (0..fields.len()).filter_map(|index| fields.get(index).map(<[u8]>::to_vec));
    whole.then(|| fields.collect())
}
