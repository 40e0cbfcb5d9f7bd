//! Cells of a table in a file, which a spreadsheet must not run.

use std::borrow::Cow;

/// A spreadsheet takes a cell that begins with one of these for a formula.
fn starts_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@'])
}

/// A cell that a spreadsheet shows as text: an apostrophe goes before what would be a formula.
pub fn guarded(text: &str) -> Cow<'_, str> {
    if starts_formula(text) { format!("'{text}").into() } else { text.into() }
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
        fn the_guard_against_formulas_is_undone_by_reading(text in "'{0,2}[=+@a-]{0,3}") {
            let cell = guarded(&text);
            prop_assert_eq!(without_guard(&cell), text.as_str());
            prop_assert!(!cell.starts_with(['=', '+', '-', '@']));
        }
    }
}
