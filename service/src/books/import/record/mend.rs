//! The fields of a line that is not as RFC 4180 says, where they can still be determined.
//!
//! Many programs write quotes within quotes once, or with a backslash, or quote a text only if it has a delimiter. And some write a
//! delimiter after the last field of each row, or no quotes at all around names with commas. A line is mended only if it then has
//! exactly as many fields as the header.

use memchr::{memchr, memchr2};

use super::{Broken, Fields, Parsed, parse};

/// Empty fields after the last one that a line may have.
const MOST_EXTRA: usize = 100;
/// Rows in which they are looked for.
const LOOKED_AT: usize = 5;

/// Splits off the first record of `input` as [`parse`] does, which has failed with this width.
pub(super) fn record(
    input: &[u8],
    last: bool,
    (delimiter, width, surplus): (u8, usize, usize),
    fields: &mut Fields,
) -> Parsed {
    let wider = Parsed::Broken(Broken::Wider { expected: width });
    if surplus > 0 {
        match parse(input, last, (delimiter, Some(width + surplus)), fields) {
            Parsed::Record(length) if fields.len() == width + surplus && fields.shorten(width) => {
                return Parsed::Record(length);
            }
            Parsed::More => return Parsed::More,
            _ => {}
        }
    }
    let end = memchr(b'\n', input);
    let Some(length) = end.map(|end| end + 1).or(last.then_some(input.len())) else {
        return Parsed::More;
    };
    // What has no quotes or too many of them has its end where the line has it: further lines would be read again with each line.
    let line = input.get(..length).unwrap_or_default();
    match parse(line, true, (delimiter, Some(width + MOST_EXTRA)), fields) {
        Parsed::Record(_) => {
            return if joined(delimiter, width, fields) { Parsed::Record(length) } else { wider };
        }
        Parsed::Broken(Broken::Wider { .. }) => return wider,
        Parsed::More | Parsed::Broken(_) => {}
    }
    fields.clear();
    let line = input.get(..end.unwrap_or(length)).unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (mut rest, mut unclosed) = (Some(line), Unclosed::default());
    while let Some(text) = rest {
        unclosed.start = line.len() - text.len();
        let Some(taken) = field(text, delimiter, &mut unclosed, fields) else {
            return Parsed::Broken(Broken::Unclosed);
        };
        fields.end();
        if fields.len() > width + MOST_EXTRA {
            return wider;
        }
        rest = text.get(taken..).and_then(|rest| rest.strip_prefix(&[delimiter]));
    }
    if fields.len() == width { Parsed::Record(length) } else { wider }
}

/// Places of a line from which no quote closes a field, so that no field looks for one there again.
#[derive(Default)]
struct Unclosed {
    /// Where the field begins.
    start: usize,
    places: Vec<bool>,
}

impl Unclosed {
    /// Whether a place of the field was looked at before.
    fn is_known(&mut self, at: usize) -> bool {
        let at = self.start + at;
        if self.places.len() <= at {
            self.places.resize(at + 1, false);
        }
        self.places.get_mut(at).is_some_and(|known| std::mem::replace(known, true))
    }
}

/// How many empty fields more than the header the first rows of a table have, if each has as many.
pub(super) fn surplus(rows: &[u8], last: bool, (delimiter, width): (u8, usize)) -> usize {
    let (mut fields, mut rest, mut found) = (Fields::default(), rows, Vec::new());
    while found.len() < LOOKED_AT && !rest.is_empty() {
        let how = (delimiter, Some(width + MOST_EXTRA));
        let Parsed::Record(length) = parse(rest, last, how, &mut fields) else { break };
        rest = rest.get(length..).unwrap_or_default();
        let surplus = fields.len().saturating_sub(width);
        found.push(if fields.shorten(width) { surplus } else { 0 });
    }
    // One row alone may be one that has a comma without quotes.
    match found.as_slice() {
        [first, _, ..] if found.iter().all(|surplus| surplus == first) => *first,
        _ => 0,
    }
}

/// Joins fields that were not quoted though they have a delimiter, as in `1,Powers, Stephen,1999`: what follows it begins with a space.
/// Only if just so many fields do as there are too many.
fn joined(delimiter: u8, width: usize, fields: &mut Fields) -> bool {
    let continues = |at: usize| {
        fields.get(at).is_some_and(|field| matches!(field, [b' ', next, ..] if *next != b' '))
    };
    let parts = (1..fields.len()).filter(|at| continues(*at)).count();
    if delimiter != b',' || parts == 0 || parts + width != fields.len() {
        return false;
    }
    let mut whole = Fields::default();
    for at in 0..fields.len() {
        match continues(at) && at > 0 {
            true => whole.push(b","),
            false if at > 0 => whole.end(),
            false => {}
        }
        whole.push(fields.get(at).unwrap_or_default());
    }
    whole.end();
    *fields = whole;
    true
}

/// Takes the first field of a text, and gives its length; `None` if its quote is never closed.
fn field(
    text: &[u8],
    delimiter: u8,
    unclosed: &mut Unclosed,
    fields: &mut Fields,
) -> Option<usize> {
    if let Some(length) = quoted(text, delimiter, unclosed) {
        let inner = text.get(1..length - 1)?;
        unquote(inner, fields);
        return Some(length);
    }
    let length = memchr(delimiter, text).unwrap_or(text.len());
    let plain = text.get(..length)?;
    let quotes = memchr::memchr_iter(b'"', plain).count();
    fields.push(plain);
    (!plain.starts_with(b"\"") || quotes.is_multiple_of(2)).then_some(length)
}

/// The length of a field in quotes, of which the last one has a delimiter after it, or nothing.
fn quoted(text: &[u8], delimiter: u8, unclosed: &mut Unclosed) -> Option<usize> {
    let mut at = text.starts_with(b"\"").then_some(1)?;
    loop {
        at += memchr2(b'"', b'\\', text.get(at..)?)?;
        if unclosed.is_known(at) {
            return None;
        }
        match (text.get(at)?, text.get(at + 1)) {
            (b'"', None) => return Some(at + 1),
            (b'"', Some(next)) if *next == delimiter => return Some(at + 1),
            (b'"', Some(b'"')) | (b'\\', Some(b'"' | b'\\')) => at += 2,
            _ => at += 1,
        }
    }
}

/// The text in quotes: of two quotes, and of a backslash and a quote, there is the quote.
fn unquote(mut text: &[u8], fields: &mut Fields) {
    while let Some(at) = memchr2(b'"', b'\\', text) {
        let (before, rest) = text.split_at(at);
        fields.push(before);
        let skipped = usize::from(matches!(rest, [b'"' | b'\\', b'"', ..]));
        let (first, after) = rest.get(skipped..).and_then(<[u8]>::split_first).unzip();
        fields.push(first.map_or(&[][..], std::slice::from_ref));
        text = after.unwrap_or_default();
    }
    fields.push(text);
}
