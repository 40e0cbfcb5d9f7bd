//! ISBNs: parsed in both forms and every common spelling, stored as the 13 digits of ISBN-13.

use isbn::{Isbn10, Isbn13};

use crate::query::{Code, Kind, shortened};

/// The usual spelling of an ISBN, as a regular expression; the check digit is not verified by it.
pub const PATTERN: &str = "^(?:97[89][- ]?(?:[0-9][- ]?){9}[0-9]|(?:[0-9][- ]?){9}[0-9Xx])$";

/// What lists are asked about ISBNs: any spelling.
pub const KIND: Kind = Kind::Code(&Code {
    name: "isbn",
    pattern: PATTERN,
    read: |written| canonical(written).map_err(|bad| bad.to_string().replacen("isbn ", "", 1)),
});

/// Why a text is not an ISBN: a sentence with the value and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadIsbn(String);

/// The canonical form of an ISBN: 13 digits.
///
/// Hyphens, dashes and spaces are allowed anywhere; `X` is the last digit of an ISBN-10.
///
/// # Errors
/// When the number of digits is neither 10 nor 13, a character is not a digit, or the check digit is wrong; the message then
/// contains the expected one.
pub fn canonical(written: &str) -> Result<String, BadIsbn> {
    read(written, |digits| digits)
}

/// As [`canonical`], for tables in which a spreadsheet removed leading zeros: seven to nine digits are padded to ten.
///
/// # Errors
/// As [`canonical`].
pub fn canonical_with_lost_zeros(written: &str) -> Result<String, BadIsbn> {
    read(written, |digits| match digits.len() {
        7..=9 => {
            let mut filled = vec![0; 10 - digits.len()];
            filled.extend(digits);
            filled
        }
        _ => digits,
    })
}

fn read(written: &str, repair: impl Fn(Vec<u8>) -> Vec<u8>) -> Result<String, BadIsbn> {
    let digits = repair(digits(written)?);
    // Nearly all are, so what is wrong with the others is looked for afterwards.
    if let Some(isbn) = valid(&digits) {
        return Ok(isbn);
    }
    let written = &shortened(written, 30);
    if let Ok(digits) = <[u8; 10]>::try_from(digits.as_slice()) {
        let right = with_check_digit(digits, Isbn10::new, 10)
            .ok_or_else(|| BadIsbn(format!("isbn `{written}` has an X before its last place")))?;
        check(written, digits.last(), right.1)?;
        return Ok(Isbn13::from(right.0).to_string());
    }
    let Ok(digits) = <[u8; 13]>::try_from(digits.as_slice()) else {
        return Err(BadIsbn(format!(
            "isbn `{written}` has {} digits, expected 10 or 13",
            digits.len()
        )));
    };
    if !matches!(digits, [9, 7, 8 | 9, ..]) {
        return Err(BadIsbn(format!("isbn `{written}` begins with neither 978 nor 979")));
    }
    let right = with_check_digit(digits, Isbn13::new, 9).ok_or_else(|| {
        BadIsbn(format!("isbn `{written}` has an X, which only an ISBN-10 ends with"))
    })?;
    check(written, digits.last(), right.1)?;
    Ok(right.0.to_string())
}

/// The canonical form of digits with a right check digit.
fn valid(digits: &[u8]) -> Option<String> {
    if let Ok(digits) = <[u8; 10]>::try_from(digits) {
        return Isbn10::new(digits).ok().map(|isbn| Isbn13::from(isbn).to_string());
    }
    let digits = <[u8; 13]>::try_from(digits).ok()?;
    let is_book = matches!(digits, [9, 7, 8 | 9, ..]);
    is_book.then(|| Isbn13::new(digits).ok()).flatten().map(|isbn| isbn.to_string())
}

/// The digits in `written`, `X` as ten.
fn digits(written: &str) -> Result<Vec<u8>, BadIsbn> {
    let mut digits = Vec::with_capacity(13);
    for c in written.chars() {
        match c {
            '0'..='9' => digits.push(c as u8 - b'0'),
            'x' | 'X' => digits.push(10),
            // Hyphen-minus, the hyphens and dashes of Unicode, the minus sign.
            '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' => {}
            c if c.is_whitespace() => {}
            _ => {
                let written = shortened(written, 30);
                return Err(BadIsbn(format!(
                    "isbn `{written}` has the character `{}`, expected digits, hyphens and a last X",
                    c.escape_debug()
                )));
            }
        }
    }
    Ok(digits)
}

/// The number with the last digit that makes it valid, and that digit.
fn with_check_digit<const N: usize, I, E>(
    mut digits: [u8; N],
    new: impl Fn([u8; N]) -> Result<I, E>,
    highest: u8,
) -> Option<(I, u8)> {
    (0..=highest).find_map(|digit| {
        *digits.last_mut()? = digit;
        new(digits).ok().map(|isbn| (isbn, digit))
    })
}

fn check(written: &str, found: Option<&u8>, expected: u8) -> Result<(), BadIsbn> {
    let name = |digit: u8| if digit == 10 { "X".to_owned() } else { digit.to_string() };
    match found {
        Some(&found) if found != expected => Err(BadIsbn(format!(
            "isbn `{written}` ends with the check digit {}, expected {}",
            name(found),
            name(expected)
        ))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_usual_spelling_is_read_as_the_same_thirteen_digits() {
        for (written, isbn) in [
            ("9780132350884", "9780132350884"),
            ("978-0-13-235088-4", "9780132350884"),
            ("0132350882", "9780132350884"),
            ("0-13-235088-2", "9780132350884"),
            (" 978 0132350884 ", "9780132350884"),
            ("080442957X", "9780804429573"),
            ("0-8044-2957-x", "9780804429573"),
            ("979‐10‐90636‐07‐1", "9791090636071"),
        ] {
            assert_eq!(canonical(written).as_deref(), Ok(isbn), "{written}");
        }
    }

    #[test]
    fn lost_zeros_are_put_back_only_where_tables_lose_them() {
        assert_eq!(canonical_with_lost_zeros("439023483").as_deref(), Ok("9780439023481"));
        assert_eq!(canonical_with_lost_zeros("2005883").as_deref(), Ok("9780002005883"));
        assert!(canonical("439023483").unwrap_err().0.contains("has 9 digits, expected 10 or 13"));
    }

    #[test]
    fn a_bad_isbn_is_named_with_the_way_out() {
        for (written, why) in [
            ("12", "isbn `12` has 2 digits, expected 10 or 13"),
            ("", "isbn `` has 0 digits, expected 10 or 13"),
            ("9780132350885", "ends with the check digit 5, expected 4"),
            ("0804429570", "ends with the check digit 0, expected X"),
            ("08044295X0", "has an X before its last place"),
            ("97801323X0884", "has an X, which only an ISBN-10 ends with"),
            ("978013235088X", "ends with the check digit X, expected 4"),
            ("1234567890123", "begins with neither 978 nor 979"),
            ("9.78043902348e+12", "has the character `.`"),
            ("978013235088\0", "has the character `\\0`"),
        ] {
            let message = canonical(written).unwrap_err().0;
            assert!(message.contains(why), "{written}: {message}");
        }
    }

    proptest! {
        #[test]
        fn the_canonical_form_is_its_own_canonical_form(written in "[0-9]{9}[0-9X]|97[89][0-9]{10}|\\PC{0,20}") {
            if let Ok(isbn) = canonical(&written) {
                prop_assert_eq!(isbn.len(), 13);
                prop_assert_eq!(canonical(&isbn), Ok(isbn.clone()));
            }
        }

        #[test]
        fn the_digit_that_a_message_expects_is_right(stem in "97[89][0-9]{9}", last in 0u8..10) {
            let written = format!("{stem}{last}");
            if let Err(BadIsbn(message)) = canonical(&written) {
                let expected = message.rsplit(' ').next().unwrap();
                prop_assert!(canonical(&format!("{stem}{expected}")).is_ok(), "{}", message);
            }
        }
    }
}
