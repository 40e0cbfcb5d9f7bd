//! Escapes cells of a table so that a spreadsheet neither evaluates nor rewrites them.

use std::borrow::Cow;

use rust_decimal::Decimal;

/// Spreadsheets treat a cell that begins with one of these as a formula; some of them also accept the full-width forms.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// Whether a spreadsheet may treat a cell as a formula. Characters that it may strip first are skipped: an apostrophe, a
/// quote, white space, a byte order mark, zero-width characters, and bytes that are not text.
fn starts_formula(text: &str) -> bool {
    let is_dropped = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '\'' | '"' | '\u{feff}' | '\u{fffd}' | '\u{ad}' | '\u{180e}')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
    };
    text.trim_start_matches(is_dropped).starts_with(FORMULA)
        || text.trim_start_matches('\'').starts_with(['\t', '\r', '\n'])
}

/// Digits of a number that a spreadsheet stores exactly.
const EXACT: usize = 15;
/// The names of months; the first three letters are their abbreviations.
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Whether a spreadsheet may read a text as a number, a date or a time, and write it in another way: `007`, `1e3`, `11/22/63`,
/// `May 1968`.
fn is_rewritten(text: &str) -> bool {
    let text = text.trim_start_matches('\'').trim();
    if text.bytes().any(|byte| byte.is_ascii_digit()) {
        return (is_numeric(text) && !is_plain_number(text)) || is_date_with_month(text);
    }
    ["true", "false"].iter().any(|word| text.eq_ignore_ascii_case(word) && !is_upper(text))
}

fn is_upper(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn is_numeric(text: &str) -> bool {
    let is_part = |c: char| {
        c.is_ascii_digit() || matches!(c, '.' | ',' | '/' | ':' | '-' | '+' | 'e' | 'E' | ' ')
    };
    let text = text.trim_end_matches(['m', 'M', 'p', 'P', 'a', 'A']);
    text.len() <= 40 && text.chars().all(is_part)
}

/// A number that is written back as it is.
fn is_plain_number(text: &str) -> bool {
    let (whole, decimals) = match text.split_once('.') {
        Some((whole, decimals)) => (whole, Some(decimals)),
        None => (text, None),
    };
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    is_digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && decimals.is_none_or(|decimals| is_digits(decimals) && !decimals.ends_with('0'))
        && text.len() <= EXACT
}

/// Whether a text is a month and one or two numbers.
fn is_date_with_month(text: &str) -> bool {
    if text.len() > 40 {
        return false;
    }
    let words = text.split([' ', '-', '/', '.', ',']).filter(|word| !word.is_empty());
    let (numbers, others): (Vec<&str>, Vec<&str>) =
        words.partition(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
    let is_month = |word: &str| {
        MONTHS.iter().any(|month| {
            let short = month.get(..3).unwrap_or_default();
            word.eq_ignore_ascii_case(month) || word.eq_ignore_ascii_case(short)
        })
    };
    matches!(others.as_slice(), [month] if is_month(month)) && (1..=2).contains(&numbers.len())
}

/// A cell that a spreadsheet shows as the text that it is: an apostrophe is put before a formula, and before what it would rewrite.
pub fn guarded(text: &str) -> Cow<'_, str> {
    if needs_guard(text) { format!("'{text}").into() } else { text.into() }
}

fn needs_guard(text: &str) -> bool {
    starts_formula(text) || is_rewritten(text)
}

/// A value as the cell of a table; no value is an empty one.
pub trait Cell {
    /// The cell.
    fn cell(&self) -> Cow<'_, str>;
}

impl Cell for String {
    fn cell(&self) -> Cow<'_, str> {
        guarded(self)
    }
}

impl Cell for i32 {
    fn cell(&self) -> Cow<'_, str> {
        self.to_string().into()
    }
}

impl Cell for Decimal {
    fn cell(&self) -> Cow<'_, str> {
        self.normalize().to_string().into()
    }
}

impl<T: Cell> Cell for Option<T> {
    fn cell(&self) -> Cow<'_, str> {
        self.as_ref().map_or(Cow::Borrowed(""), Cell::cell)
    }
}

/// The guard against formulas, for a cell that need not be text.
pub fn guarded_bytes(cell: Vec<u8>) -> Vec<u8> {
    if starts_formula(&String::from_utf8_lossy(&cell)) {
        [b"'", cell.as_slice()].concat()
    } else {
        cell
    }
}

/// Undoes [`guarded_bytes`].
pub fn bytes_without_guard(cell: &[u8]) -> &[u8] {
    match cell.strip_prefix(b"'") {
        Some(text) if starts_formula(&String::from_utf8_lossy(text)) => text,
        _ => cell,
    }
}

/// Undoes [`guarded`].
pub fn without_guard(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if needs_guard(text) => text,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_guard_against_formulas_is_undone_by_reading(text in "['\" \t\r\u{feff}\u{a0}]{0,3}[=+@a\u{ff1d}-]{0,3}") {
            let cell = guarded(&text);
            prop_assert_eq!(without_guard(&cell), text.as_str());
            let shown = cell.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\u{feff}'));
            prop_assert!(!shown.starts_with(FORMULA), "{}", cell);
        }

        #[test]
        fn the_guard_of_numbers_and_dates_is_undone_by_reading(text in "'{0,2}(0{0,2}[0-9]{0,3}[ ./:,eEpm-]{0,2}){0,3}(may|True)?") {
            let cell = guarded(&text);
            prop_assert_eq!(without_guard(&cell), text.as_str());
            // An import reads what it would not have written too.
            let again = guarded(&cell);
            prop_assert_eq!(without_guard(&again), cell.as_ref());
        }

        #[test]
        fn bytes_are_guarded_as_text_is(bytes in prop::collection::vec(prop::sample::select(b"'=+a \xff\xef\xbb\xbf".to_vec()), 0..6)) {
            let cell = guarded_bytes(bytes.clone());
            prop_assert_eq!(bytes_without_guard(&cell), bytes.as_slice());
            if let Ok(text) = std::str::from_utf8(&bytes) {
                prop_assert_eq!(guarded(text).into_owned().into_bytes(), cell);
            }
        }
    }

    #[test]
    fn whatever_a_spreadsheet_may_take_for_a_formula_is_guarded() {
        for text in [
            "=1",
            "+1",
            "-1",
            "@x",
            "\t=1",
            "\tx",
            "\rx",
            "\nx",
            " =1",
            "\u{a0}@x",
            "\u{feff}=1",
            "\"=1",
            "'=1",
            "\u{ff1d}1",
            "\u{ff0b}1",
            "\u{ff0d}1",
            "\u{ff20}x",
            "\u{200b}=1",
        ] {
            assert_eq!(guarded(text), format!("'{text}"));
        }
        for bytes in [&b"=6\xff"[..], b"\xff=6", b"\xef\xbb=6"] {
            assert_eq!(guarded_bytes(bytes.to_vec()), [b"'", bytes].concat());
        }
        for text in ["", "a=1", "'quoted' =", "\"A\" = B", "…-", "caf\u{e9}"] {
            assert_eq!(guarded(text), text);
        }
    }

    #[test]
    fn whatever_a_spreadsheet_would_rewrite_is_guarded() {
        for text in [
            "007",
            "1e3",
            "3.0",
            "1,024",
            "1 000",
            "12345678901234567890",
            "2001-05-06",
            "11/22/63",
            "1/2",
            "10:04",
            "5:30 pm",
            "May 1968",
            "march 3",
            "3-Mar",
            "1 January 2003",
            "true",
            "False",
            "1.2.3",
            "12-34",
            "'007",
        ] {
            assert_eq!(guarded(text), format!("'{text}"));
        }
        for text in [
            "1984",
            "0",
            "1.5",
            "TRUE",
            "2001: A Space Odyssey",
            "Catch-22",
            "1Q84",
            "May",
            "Mai 68",
            "Jan 1 2 3",
            "June",
            "50%",
            "Room 101",
            "the 39 steps",
            "Maybe 7",
            "9 3/4 x",
        ] {
            assert_eq!(guarded(text), text);
        }
    }
}
