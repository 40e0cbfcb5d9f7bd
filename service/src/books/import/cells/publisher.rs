//! Publishers, without what catalogues write after them.

use super::{Cell, text};
use crate::books::LONGEST_PUBLISHER;

/// The publisher of `Gallimard (1979), Poche` and of `Tor,`.
pub fn read(written: &str) -> Cell<String> {
    let end = written.match_indices(" (").map(|(at, _)| at).find(|at| {
        let after = written.get(at + 2..).unwrap_or_default();
        let year = after.trim_start_matches(['c', '©', '[']);
        year.len() > 4 && year.bytes().take(4).all(|byte| byte.is_ascii_digit())
    });
    let name = end.and_then(|end| written.get(..end)).unwrap_or(written);
    text::short("publisher", name.trim_end_matches([' ', ',', ';', ':', '/']), LONGEST_PUBLISHER)
}

/// The line of a file of our own.
pub fn exact(written: &str) -> Cell<String> {
    text::exact("publisher", written, LONGEST_PUBLISHER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_publisher_is_read_without_year_and_binding() {
        for (written, expected) in [
            ("Tor", Some("Tor")),
            ("Tor,", Some("Tor")),
            ("Gallimard (1979), Poche", Some("Gallimard")),
            ("Scholastic (c2004), Paperback, 896 pages", Some("Scholastic")),
            ("Penguin (Non-Classics)", Some("Penguin (Non-Classics)")),
            ("Faber &amp; Faber", Some("Faber & Faber")),
            (" ", None),
        ] {
            assert_eq!(read(written).unwrap().as_deref(), expected, "{written}");
        }
        assert!(read(&"x".repeat(201)).unwrap_err().contains("at most 200"));
    }
}
