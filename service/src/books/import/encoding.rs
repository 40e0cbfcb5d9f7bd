//! The encoding of a file: found in its beginning, or named.

use std::borrow::Cow;

use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::query::shortened;

/// What to do about a file that cannot be read, in the words of the programs that write them.
pub(crate) const SAVE_AS_UTF_8: &str = "save it as \"CSV UTF-8\" in Excel, or with the character set \"Unicode (UTF-8)\" in LibreOffice";
/// Names of encodings that the web knows under other names, or takes for others.
const ALIASES: [(&str, &str); 5] = [
    ("ansi", "windows-1252"),
    ("us-ascii", "utf-8"),
    ("ascii", "utf-8"),
    ("utf-8-sig", "utf-8"),
    ("macroman", "macintosh"),
];
/// Bytes in which UTF-16 without a byte order mark is recognised by the zeros of its ASCII characters.
const FIRST: usize = 256;

/// An encoding of which every character has as many bytes as is known from the character, so that the place in the file of
/// a record is known from the characters before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding(&'static encoding_rs::Encoding);

impl Encoding {
    /// UTF-8, which needs no decoder.
    pub const UTF_8: Self = Self(UTF_8);

    /// The encoding with one of the names that the web has for it.
    ///
    /// # Errors
    /// When there is none, or it is not read, with what to do about it.
    pub fn named(name: &str) -> Result<Self, String> {
        let name = name.trim().to_lowercase();
        let alias = ALIASES.iter().find(|(alias, _)| *alias == name);
        let label = alias.map_or(name.as_str(), |(_, label)| label);
        let shown = shortened(&name, 40);
        match encoding_rs::Encoding::for_label(label.as_bytes()) {
            Some(found) if found == UTF_8 || is_utf_16(found) || found.is_single_byte() => {
                Ok(Self(found))
            }
            Some(_) => Err(format!("the encoding `{shown}` is not read; {SAVE_AS_UTF_8}")),
            None => Err(format!(
                "there is no encoding `{shown}`, expected one such as `utf-8`, `utf-16`, `windows-1252`, `iso-8859-2` or `macintosh`"
            )),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Finds the encoding of a file in its first bytes, which may be cut anywhere unless they are the whole file.
    ///
    /// Windows-1252 is what is left: a file with more bytes that are no UTF-8 than characters that are, and without control
    /// characters. A file with a few broken characters is UTF-8.
    pub(super) fn find(sample: &[u8]) -> Self {
        if let Some((found, _)) = encoding_rs::Encoding::for_bom(sample) {
            return Self(found);
        }
        if let Some(found) = utf_16(sample.get(..FIRST).unwrap_or(sample)) {
            return Self(found);
        }
        let (mut good, mut bad) = (0, 0);
        for chunk in sample.utf8_chunks() {
            good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
            bad += usize::from(!chunk.invalid().is_empty());
        }
        // The last character may be cut.
        let is_cut = std::str::from_utf8(sample).is_err_and(|error| error.error_len().is_none());
        let has_controls = sample.iter().any(|byte| matches!(byte, 0..=8 | 14..=25 | 27..=31));
        match bad > good + usize::from(is_cut) && !has_controls {
            true => Self(WINDOWS_1252),
            false => Self(UTF_8),
        }
    }

    /// The encoding of a file that was named `self`: of UTF-16 the byte order mark tells the order.
    pub(super) fn with_mark(self, sample: &[u8]) -> Self {
        match encoding_rs::Encoding::for_bom(sample) {
            Some((found, _)) if is_utf_16(found) && is_utf_16(self.0) => Self(found),
            _ => self,
        }
    }

    /// The text of the first bytes of a file, without a byte order mark.
    pub(super) fn text(self, sample: &[u8]) -> Cow<'_, [u8]> {
        if self == Self::UTF_8 {
            return Cow::Borrowed(without_marks(sample));
        }
        let (text, _) = self.0.decode_without_bom_handling(sample);
        Cow::Owned(without_marks(text.as_bytes()).to_owned())
    }

    pub(super) fn decoder(self) -> Option<encoding_rs::Decoder> {
        (self != Self::UTF_8).then(|| self.0.new_decoder_without_bom_handling())
    }

    /// The bytes in the file of a text that was decoded, which may be cut within a character.
    pub(super) fn length(self, text: &[u8]) -> u64 {
        if self == Self::UTF_8 {
            return text.len() as u64;
        }
        let characters = text.iter().filter(|byte| !matches!(byte, 0x80..=0xbf)).count() as u64;
        if !is_utf_16(self.0) {
            return characters;
        }
        let pairs = text.iter().filter(|byte| **byte >= 0xf0).count() as u64;
        2 * (characters + pairs)
    }
}

/// The mark with which texts of UTF-8 may begin.
pub(super) const MARK: &[u8] = b"\xef\xbb\xbf";

/// A text without byte order marks at its beginning, of which a program that adds one makes two.
pub(super) fn without_marks(mut text: &[u8]) -> &[u8] {
    while let Some(rest) = text.strip_prefix(MARK) {
        text = rest;
    }
    text
}

fn is_utf_16(encoding: &'static encoding_rs::Encoding) -> bool {
    encoding == UTF_16LE || encoding == UTF_16BE
}

/// UTF-16 whose first characters are ASCII.
fn utf_16(first: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let units = first.len() / 2;
    let zeros = |at: usize| first.iter().skip(at).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    match units >= 4 {
        true if even == 0 && odd * 2 > units => Some(UTF_16LE),
        true if odd == 0 && even * 2 > units => Some(UTF_16BE),
        _ => None,
    }
}

impl Serialize for Encoding {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Encoding {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let name = String::deserialize(from)?;
        Self::named(&name).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_encoding_is_found_in_the_first_bytes() {
        let utf_16 = |text: &str, order: fn(u16) -> [u8; 2]| -> Vec<u8> {
            text.encode_utf16().flat_map(order).collect()
        };
        for (sample, name) in [
            (b"title,author\n".to_vec(), "UTF-8"),
            (b"".to_vec(), "UTF-8"),
            (b"\xef\xbb\xbftitle".to_vec(), "UTF-8"),
            ("Café".into(), "UTF-8"),
            // Cut within a character.
            ("Caf\u{e9}".as_bytes()[..4].to_vec(), "UTF-8"),
            (b"Caf\xe9,x\n".to_vec(), "windows-1252"),
            (b"\x93A\x94,M\xfcller\n".to_vec(), "windows-1252"),
            // More characters of UTF-8 than broken ones, or no text at all.
            ([b"\xff,".as_slice(), "éé".as_bytes()].concat(), "UTF-8"),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), "UTF-8"),
            (b"N\0L,\xe9".to_vec(), "UTF-8"),
            (utf_16("\u{feff}title", u16::to_le_bytes), "UTF-16LE"),
            (utf_16("\u{feff}title", u16::to_be_bytes), "UTF-16BE"),
            (utf_16("title\té", u16::to_le_bytes), "UTF-16LE"),
            (utf_16("title\té", u16::to_be_bytes), "UTF-16BE"),
        ] {
            assert_eq!(Encoding::find(&sample).name(), name, "{sample:?}");
        }
    }

    #[test]
    fn encodings_are_named_as_the_web_names_them() {
        for (label, name) in [
            ("UTF8", "UTF-8"),
            ("us-ascii", "UTF-8"),
            ("latin1", "windows-1252"),
            ("ANSI", "windows-1252"),
            ("utf-16", "UTF-16LE"),
            ("iso-8859-15", "ISO-8859-15"),
            ("mac", "macintosh"),
        ] {
            assert_eq!(Encoding::named(label).unwrap().name(), name);
        }
        assert!(Encoding::named("shift_jis").unwrap_err().contains("save it as \"CSV UTF-8\""));
        assert!(Encoding::named("klingon").unwrap_err().contains("there is no encoding `klingon`"));
        assert_eq!(Encoding(UTF_16LE).with_mark(b"\xfe\xff\0t"), Encoding(UTF_16BE));
    }

    proptest! {
        #[test]
        fn the_length_of_a_text_is_that_of_its_bytes_in_the_file(bytes in prop::collection::vec(any::<u8>(), 0..40), at in 0usize..40) {
            for encoding in [UTF_16LE, UTF_16BE, WINDOWS_1252, encoding_rs::MACINTOSH].map(Encoding) {
                let whole = if is_utf_16(encoding.0) { bytes.len() & !1 } else { bytes.len() };
                let bytes = &bytes[..whole];
                let (text, _) = encoding.0.decode_without_bom_handling(bytes);
                prop_assert_eq!(encoding.length(text.as_bytes()), bytes.len() as u64);
                let (first, rest) = text.as_bytes().split_at(at.min(text.len()));
                prop_assert_eq!(encoding.length(first) + encoding.length(rest), bytes.len() as u64);
            }
        }
    }
}
