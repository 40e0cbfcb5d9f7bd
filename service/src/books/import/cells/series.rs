//! Series and the numbers of books in them, as catalogues write them.

use rust_decimal::Decimal;

use super::{Cell, text};
use crate::{books::LONGEST_SERIES, query::shortened};

/// Characters between the name of a series and the number.
const BETWEEN: [char; 6] = [' ', ',', ';', ':', '#', '('];
const LONGEST_NUMBER: usize = 30;

/// The name of a series, and the number in it that the same cell has.
pub type Named = (String, Option<Decimal>);

/// The name of a series, and the number that follows it in the same cell: `Foundation #1`, `Foundation (1)`, `Foundation ; vol. 1`.
pub fn read(written: &str) -> Cell<Named> {
    // Of several the first counts.
    let first = written.split('|').next().unwrap_or_default();
    let Some(whole) = text::short("series", first, LONGEST_SERIES)? else { return Ok(None) };
    let numbered = whole.rsplit_once(['#', '(', ';']).and_then(|(name, after)| {
        let number = number(after.trim_end_matches(')')).ok()??;
        let name = name.trim_end_matches(BETWEEN);
        (!name.is_empty()).then(|| (name.to_owned(), Some(number)))
    });
    Ok(Some(numbered.unwrap_or((whole, None))))
}

/// The name in a file of our own.
pub fn exact(written: &str) -> Cell<Named> {
    let name = text::exact("series", written, LONGEST_SERIES)?;
    Ok(name.map(|name| (name, None)))
}

/// The number in a series: `3`, `#3`, `1.5`, `vol. 3`, `Bd. 3`.
pub fn number(written: &str) -> Cell<Decimal> {
    let folded = text::folded(written);
    let words = folded.trim().trim_matches(['#', '[', ']', '(', ')', '\'', '"', '=']);
    if words.is_empty() {
        return Ok(None);
    }
    let digits =
        words.trim_start_matches(|c: char| c.is_alphabetic() || matches!(c, '.' | ' ' | '#'));
    let digits = digits.replace(',', ".");
    let is_number = digits.len() <= LONGEST_NUMBER
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number = if is_number { digits.parse::<Decimal>().ok() } else { None };
    let number = number
        .map(|number| number.normalize())
        .filter(|number| number.scale() <= 2 && *number <= crate::books::HIGHEST_SERIES_NUMBER);
    number.map(Some).ok_or_else(|| {
        format!(
            "series_number `{}` is not one number, such as 3 or 1.5",
            shortened(written.trim(), 30)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_in_a_series_is_read_as_catalogues_write_it() {
        for (written, expected) in [
            ("3", Some("3")),
            ("3.0", Some("3")),
            ("1.5", Some("1.5")),
            ("1,5", Some("1.5")),
            ("#3", Some("3")),
            ("vol. 12", Some("12")),
            ("Bd. 3", Some("3")),
            ("v.3", Some("3")),
            ("[3]", Some("3")),
            ("３", Some("3")),
            ("0", Some("0")),
            ("", None),
            (" ", None),
        ] {
            let number = number(written).unwrap().map(|number| number.to_string());
            assert_eq!(number.as_deref(), expected, "{written}");
        }
        for written in ["1-3", "three", "III", "1.234", "99999", "3a", "1.2.3", "-1"] {
            assert!(number(written).unwrap_err().starts_with("series_number `"), "{written}");
        }
    }

    #[test]
    fn a_series_may_have_its_number_beside_it() {
        for (written, name, expected) in [
            ("Foundation", "Foundation", None),
            ("Foundation #1", "Foundation", Some("1")),
            ("Foundation, #1.5", "Foundation", Some("1.5")),
            ("Foundation (2)", "Foundation", Some("2")),
            ("Foundation ; vol. 3", "Foundation", Some("3")),
            ("Fables (graphic novels)", "Fables (graphic novels)", None),
            ("#1", "#1", None),
            ("Foundation #1-3", "Foundation #1-3", None),
        ] {
            let (series, number) = read(written).unwrap().unwrap();
            let number = number.map(|number| number.to_string());
            assert_eq!((series.as_str(), number.as_deref()), (name, expected), "{written}");
        }
    }
}
