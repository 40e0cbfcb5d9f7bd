//! Texts as a reader sees them: without control characters, and without the punctuation that catalogues put between subfields.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// The text with single spaces, without control characters (such as the marks around what is not sorted) and trimmed.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    let plain = text.trim();
    let spaced = plain.as_bytes().windows(2).any(|pair| pair == b"  ");
    let is_odd = |c: char| c.is_control() || c == '\u{FEFF}' || (c.is_whitespace() && c != ' ');
    if !spaced && !plain.chars().any(is_odd) {
        return Cow::Borrowed(plain);
    }
    let mut out = String::with_capacity(plain.len());
    for c in plain.chars() {
        if c.is_whitespace() {
            if !out.ends_with(' ') {
                out.push(' ');
            }
        } else if !is_odd(c) {
            out.push(c);
        }
    }
    // What was removed may have stood between a letter and its mark, or at an end.
    Cow::Owned(out.trim().nfc().collect())
}

/// The text as [`clean`] leaves it, if there is any.
pub(crate) fn some(text: &str) -> Option<String> {
    Some(clean(text).into_owned()).filter(|text| !text.is_empty())
}

/// Which punctuation between subfields a record has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Punctuation {
    /// ISBD's: each subfield ends with the mark of the next one.
    Isbd,
    /// None, as the leader says; only a mark after a space is one all the same.
    Omitted,
}

/// Marks between subfields.
const MARKS: [char; 4] = ['/', ':', ';', '='];
/// Abbreviations whose full stop belongs to them, at the end of a title, a name or a publisher.
const ABBREVIATIONS: [&str; 24] = [
    "etc", "jr", "sr", "dr", "mr", "mrs", "ms", "st", "co", "inc", "ltd", "corp", "bros", "cie",
    "vol", "no", "nr", "ed", "eds", "pt", "bd", "dept", "univ", "prof",
];

impl Punctuation {
    /// Without one mark at the end. The stop after it, as in `etc. /`, belongs to the text.
    pub(crate) fn strip(self, text: &str) -> &str {
        let text = text.trim();
        if let Some(rest) = self.mark(text) {
            return rest;
        }
        match self {
            Self::Omitted => text,
            Self::Isbd => {
                text.strip_suffix(',').or_else(|| full_stop(text)).unwrap_or(text).trim_end()
            }
        }
    }

    /// Without one mark at the end that is no comma or full stop: for texts such as `448 p. ;`.
    pub(crate) fn strip_mark(self, text: &str) -> &str {
        let text = text.trim();
        self.mark(text).unwrap_or(text)
    }

    fn mark(self, text: &str) -> Option<&str> {
        let rest = text.strip_suffix(MARKS).or_else(|| text.strip_suffix(" +"))?;
        let spaced = rest.ends_with(char::is_whitespace) || text.ends_with(" +");
        (spaced || self == Self::Isbd).then(|| rest.trim_end()).filter(|rest| !rest.is_empty())
    }

    /// The text with a mark more, if its own end looks like one.
    pub(crate) fn protect(self, text: &str) -> Cow<'_, str> {
        if self.strip(text) == text { Cow::Borrowed(text) } else { Cow::Owned(format!("{text} /")) }
    }
}

/// Without a bracket at an end whose other one stands in another subfield, as in `[London :` and `s.n.]`.
pub(crate) fn unbracketed(text: &str) -> &str {
    let text = text.strip_prefix('[').filter(|rest| !rest.contains(']')).unwrap_or(text);
    text.strip_suffix(']').filter(|rest| !rest.contains('[')).unwrap_or(text).trim()
}

/// Without a full stop that ends the subfield: not one of an ellipsis, an initial or an abbreviation.
fn full_stop(text: &str) -> Option<&str> {
    let rest = text.strip_suffix('.')?;
    if rest.ends_with('.') || rest.is_empty() {
        return None;
    }
    let word = rest.rsplit([' ', '-', '(', ',', '&', '\u{A0}']).next().unwrap_or_default();
    let initial = word.chars().filter(|c| c.is_alphabetic()).count() == 1
        && !word.contains(|c: char| c.is_ascii_digit());
    let abbreviated = initial
        || word.contains('.')
        || ABBREVIATIONS.iter().any(|known| word.eq_ignore_ascii_case(known));
    (!abbreviated).then_some(rest)
}
