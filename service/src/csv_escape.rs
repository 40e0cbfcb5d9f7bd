//! Escapes cells of a table so that a spreadsheet does not evaluate them.

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

/// A cell that a spreadsheet shows as text: an apostrophe is put before a formula.
pub fn guarded(text: &str) -> Cow<'_, str> {
    if starts_formula(text) { format!("'{text}").into() } else { text.into() }
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

/// The same for a cell that need not be text.
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
        Some(text) if starts_formula(text) => text,
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
        for text in ["", "a=1", "1-2", "'quoted' =", "\"A\" = B", "…-", "caf\u{e9}"] {
            assert_eq!(guarded(text), text);
        }
    }
}
