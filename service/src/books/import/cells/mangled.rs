//! Texts in UTF-8 that a program took for Windows-1252 and wrote as UTF-8 once more: `CafÃ©`.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;

/// How often it may have happened.
const TIMES: usize = 3;

/// Whether two characters follow each other as the bytes of one do.
pub fn may_be(text: &str) -> bool {
    let next = text.chars().skip(1);
    text.chars().zip(next).any(|(c, next)| matches!(c, '\u{c2}'..='\u{f4}') && !next.is_ascii())
}

/// The text as it was, if all of its characters are bytes of UTF-8. That is so for no text in a language.
pub fn mended(text: &str) -> Cow<'_, str> {
    let mut mended = Cow::Borrowed(text);
    for _ in 0..TIMES {
        match once(&mended) {
            Some(before) => mended = Cow::Owned(before),
            None => break,
        }
    }
    mended
}

fn once(text: &str) -> Option<String> {
    may_be(text).then_some(())?;
    let bytes: Option<Vec<u8>> = text.chars().map(byte).collect();
    String::from_utf8(bytes?).ok()
}

/// The byte of a character in Windows-1252, or in Latin-1.
fn byte(c: char) -> Option<u8> {
    if let Ok(byte) = u8::try_from(u32::from(c)) {
        return Some(byte);
    }
    let mut buffer = [0; 4];
    match WINDOWS_1252.encode(c.encode_utf8(&mut buffer)) {
        (bytes, _, false) => bytes.first().copied(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_were_taken_for_windows_1252_are_read() {
        for (written, text) in [
            ("CafÃ©", "Café"),
            ("Gabriel GarcÃ\u{ad}a MÃ¡rquez", "Gabriel García Márquez"),
            ("itâ€™s â€œhereâ€\u{9d}", "it’s “here”"),
            ("Antoine de Saint-ExupÃ\u{83}Â©ry", "Antoine de Saint-Exupéry"),
            ("QuerschÃ\u{83}?Ã\u{82}Â¼sse", "QuerschÃ?Â¼sse"),
            ("Ð’Ð¾Ð¹Ð½Ð°", "Война"),
            ("SÃO PAULO", "SÃO PAULO"),
            ("Das Leben – für Ökonomen", "Das Leben – für Ökonomen"),
            ("Crème brûlée Ââ", "Crème brûlée Ââ"),
            ("日本 Ã©", "日本 Ã©"),
        ] {
            assert_eq!(mended(written), text);
        }
    }

    #[test]
    fn what_is_mended_is_what_was_taken_for_another_encoding() {
        for text in ["Śląska", "“Ça va?” — Ω", "Mœurs", "Őszi"] {
            let (mangled, _) = WINDOWS_1252.decode_without_bom_handling(text.as_bytes());
            assert_eq!(mended(&mangled), text);
        }
    }
}
