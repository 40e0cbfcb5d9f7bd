//! MARC-8: character sets that escape sequences choose, and diacritics that come before their letter.
//!
//! See <https://www.loc.gov/marc/specifications/speccharmarc8.html>.

mod tables;

use unicode_normalization::char::{compose, is_combining_mark};

pub(crate) const ESCAPE: u8 = 0x1B;
const REPLACEMENT: char = '\u{FFFD}';
/// How many marks over one letter are looked at.
const MARKS: usize = 8;

/// A set of characters, which is called up for the lower half of the bytes (G0) or the upper (G1).
#[derive(Clone, Copy)]
enum Set {
    Ascii,
    Table(&'static [u16; 96]),
    /// East Asian characters of three bytes each, without a table here.
    EastAsian,
    Unknown,
}

impl Set {
    /// The set with the final byte of an escape sequence.
    fn new(final_byte: u8) -> Self {
        Self::Table(match final_byte {
            b'B' | b's' => return Self::Ascii,
            b'1' => return Self::EastAsian,
            b'E' => &tables::ANSEL,
            b'g' => &tables::GREEK_SYMBOLS,
            b'b' => &tables::SUBSCRIPT,
            b'p' => &tables::SUPERSCRIPT,
            b'2' => &tables::HEBREW,
            b'3' => &tables::ARABIC,
            b'4' => &tables::ARABIC_EXTENDED,
            b'N' => &tables::CYRILLIC,
            b'Q' => &tables::CYRILLIC_EXTENDED,
            b'S' => &tables::GREEK,
            _ => return Self::Unknown,
        })
    }

    fn character(self, byte: u8) -> Option<char> {
        let low = byte & 0x7F;
        match self {
            Self::Ascii => Some(low.into()),
            Self::Table(table) => {
                let code = *table.get(usize::from(low).checked_sub(0x20)?)?;
                char::from_u32(code.into()).filter(|found| *found != '\0')
            }
            Self::EastAsian | Self::Unknown => None,
        }
    }
}

/// Reads one text, which ends at the end of a subfield: there the sets are the default ones again.
struct Decoder<'a> {
    rest: &'a [u8],
    lower: Set,
    upper: Set,
    /// Marks whose letter is still to come.
    marks: Vec<char>,
    unmapped: usize,
}

/// Appends the characters of `bytes`, and returns how many of them could not be mapped; these are U+FFFD.
pub(crate) fn decode(bytes: &[u8], out: &mut String) -> usize {
    let mut decoder = Decoder {
        rest: bytes,
        lower: Set::Ascii,
        upper: Set::Table(&tables::ANSEL),
        marks: Vec::new(),
        unmapped: 0,
    };
    while decoder.step(out) {}
    decoder.unmapped
}

impl Decoder<'_> {
    fn step(&mut self, out: &mut String) -> bool {
        if matches!(self.lower, Set::Ascii) && self.marks.is_empty() {
            self.plain(out);
        }
        let Some((&byte, rest)) = self.rest.split_first() else {
            out.extend(self.marks.drain(..));
            return false;
        };
        let character = match byte {
            ESCAPE => {
                self.escape(out);
                return true;
            }
            0x1F => {
                self.lower = Set::Ascii;
                self.upper = Set::Table(&tables::ANSEL);
                Some(byte.into())
            }
            0..=0x20 => Some(byte.into()),
            // Marks of the start and end of what is not sorted, and joiners.
            0x88 => Some('\u{98}'),
            0x89 => Some('\u{9C}'),
            0x8D => Some('\u{200D}'),
            0x8E => Some('\u{200C}'),
            0x21..=0x7E if matches!(self.lower, Set::EastAsian) => return self.east_asian(out),
            0xA1..=0xFE if matches!(self.upper, Set::EastAsian) => return self.east_asian(out),
            b'&' if matches!(self.lower, Set::Ascii) && self.reference(out) => return true,
            0x21..=0x7E => self.lower.character(byte),
            0xA1..=0xFE => self.upper.character(byte),
            _ => None,
        };
        self.rest = rest;
        self.push(character, out);
        true
    }

    /// Most of a text is letters without marks.
    fn plain(&mut self, out: &mut String) {
        let is_plain = |byte: &&u8| matches!(byte, 0x20..=0x7E) && **byte != b'&';
        let length = self.rest.iter().take_while(is_plain).count();
        if let Some((text, rest)) = self.rest.split_at_checked(length) {
            out.push_str(str::from_utf8(text).unwrap_or_default());
            self.rest = rest;
        }
    }

    fn push(&mut self, character: Option<char>, out: &mut String) {
        match character {
            // The second half of a ligature, or of a double tilde, belongs to the mark over the letter before.
            Some('\u{FE21}' | '\u{FE23}') if self.spans(out) => {}
            Some(mark) if is_combining_mark(mark) => self.marks.push(mark),
            Some(letter) if letter >= ' ' => match *self.marks.as_slice() {
                // The usual case needs no further composition.
                [mark] => {
                    match compose(letter, mark) {
                        Some(composed) => out.push(composed),
                        None => out.extend([letter, mark]),
                    }
                    self.marks.clear();
                }
                _ => {
                    out.push(letter);
                    out.extend(self.marks.drain(..));
                }
            },
            // Nothing goes over a separator.
            Some(control) => {
                out.extend(self.marks.drain(..));
                out.push(control);
            }
            None => self.replace(out),
        }
    }

    /// Whether the last letter has a mark that reaches over the next one.
    fn spans(&self, out: &str) -> bool {
        out.chars()
            .rev()
            .take_while(|c| is_combining_mark(*c))
            .take(MARKS)
            .any(|c| matches!(c, '\u{361}' | '\u{360}'))
    }

    fn replace(&mut self, out: &mut String) {
        self.unmapped += 1;
        out.push(REPLACEMENT);
        out.extend(self.marks.drain(..));
    }

    fn east_asian(&mut self, out: &mut String) -> bool {
        let length =
            self.rest.iter().take(3).take_while(|byte| **byte > 0x20 && **byte != 0x7F).count();
        self.rest = self.rest.get(length.max(1)..).unwrap_or_default();
        self.replace(out);
        true
    }

    /// An escape sequence that cannot be read is left out and counted.
    fn escape(&mut self, out: &mut String) {
        let after = self.rest.get(1..).unwrap_or_default();
        let (length, upper, set) = match *after {
            [b'$', b')' | b'-', set, ..] => (3, true, Set::new(set)),
            [b'$', b'(' | b',', set, ..] => (3, false, Set::new(set)),
            [b'$', set, ..] => (2, false, Set::new(set)),
            [b'(' | b',', b'!', set, ..] => (3, false, Set::new(set)),
            [b')' | b'-', b'!', set, ..] => (3, true, Set::new(set)),
            [b'(' | b',', set, ..] => (2, false, Set::new(set)),
            [b')' | b'-', set, ..] => (2, true, Set::new(set)),
            [set @ (b'g' | b'b' | b'p' | b's'), ..] => (1, false, Set::new(set)),
            _ => {
                self.rest = after;
                self.replace(out);
                return;
            }
        };
        self.rest = after.get(length..).unwrap_or_default();
        if upper {
            self.upper = set;
        } else {
            self.lower = set;
        }
    }

    /// `&#x2019;` stands for a character that MARC-8 does not have.
    fn reference(&mut self, out: &mut String) -> bool {
        let Some(digits) = self.rest.strip_prefix(b"&#x") else { return false };
        let length = digits.iter().take(7).take_while(|byte| byte.is_ascii_hexdigit()).count();
        let code = digits.get(..length).and_then(|digits| str::from_utf8(digits).ok());
        let character =
            code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32);
        match (character, digits.get(length..)) {
            (Some(character), Some([b';', rest @ ..])) if character > '\u{9F}' => {
                self.rest = rest;
                if is_combining_mark(character) {
                    out.push(character);
                } else {
                    self.push(Some(character), out);
                }
                true
            }
            _ => false,
        }
    }
}

/// How many bytes above 7F speak for MARC-8, and how many against it.
pub(crate) fn evidence(bytes: &[u8]) -> (usize, usize) {
    let (mut for_it, mut against) = (0, 0);
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte < 0x80 {
            continue;
        }
        let fits = match Set::Table(&tables::ANSEL).character(byte) {
            _ if matches!(byte, 0x88 | 0x89 | 0x8D | 0x8E) => true,
            Some(mark) if is_combining_mark(mark) => match after.first() {
                Some(letter) if letter.is_ascii_alphabetic() => composes(char::from(*letter), mark),
                Some(next) => *next >= 0xE0,
                None => false,
            },
            Some(_) => byte >= 0xA1,
            None => false,
        };
        if fits {
            for_it += 1;
        } else {
            against += 1;
        }
    }
    (for_it, against)
}

/// Whether every byte above 7F is what MARC-8 has often and Latin-1 next to never: a diacritic of a vowel before it, a cedilla before
/// `c`, a pound sign before a digit.
pub(crate) fn is_typical(bytes: &[u8]) -> bool {
    bytes.iter().zip(bytes.iter().skip(1).chain([&0])).all(|(byte, next)| match byte {
        0..0x80 => true,
        0xE1 | 0xE2 | 0xE5 | 0xE8 => b"aeiouyAEIOUY".contains(next),
        0xF0 => b"cC".contains(next),
        0xB9 => next.is_ascii_digit(),
        _ => false,
    })
}

/// Whether a letter is written with the mark. Half marks and those that no precomposed letter has are for transliterations.
fn composes(letter: char, mark: char) -> bool {
    compose(letter, mark).is_some()
        || !matches!(mark, '\u{300}'..='\u{30C}' | '\u{327}' | '\u{328}')
}
