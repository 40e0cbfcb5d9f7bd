//! ISBNs as catalogues and spreadsheets write them: `="0306406152"`, `ISBN-13: 978…`, several in a cell, qualified, spoilt.

use super::{Cell, is_too_long, text::folded};
use crate::{
    isbn::{canonical, canonical_with_lost_zeros},
    query::shortened,
};

/// Words of a cell that says that there is none.
const NONE: [&str; 6] = ["none", "null", "nan", "n/a", "na", "-"];
/// Digits that a number in scientific notation has lost end it as zeros.
const LOST: &str = "00000";

/// The first valid ISBN of a cell, in its canonical form; `Err` when the cell has something else.
pub fn read(written: &str) -> Cell<String> {
    // Nearly all cells are like that.
    if let Ok(isbn) = canonical(written) {
        return Ok(Some(isbn));
    }
    if is_too_long(written) {
        return Err(canonical(written).unwrap_or_else(|bad| bad.to_string()));
    }
    // In Japanese texts the sign for a long vowel is taken for a dash.
    let text = folded(written).to_uppercase().replace('ー', "-");
    let text = text.trim_matches(|c: char| c.is_whitespace() || is_wrapping(c));
    if text.is_empty() || NONE.contains(&text.to_lowercase().as_str()) {
        return Ok(None);
    }
    let text = match scientific(text) {
        None => text.to_owned(),
        Some(Some(whole)) => whole,
        Some(None) => return Err(spoilt(written)),
    };
    let text = without_labels(&text);
    let text = without_groups(&text).unwrap_or(text);
    let pieces = text.split(|c: char| !matches!(c, '0'..='9' | 'X' | '-' | '.' | ' '));
    let tokens: Vec<Vec<&str>> = pieces.map(tokens).collect();
    let whole = tokens.iter().find_map(|tokens| in_tokens(tokens, |text| canonical(text).ok()));
    let found = whole.or_else(|| shorter(&tokens, &text));
    found.map(Some).ok_or_else(|| why_not(written, &text, &tokens))
}

/// Marks around a value: of formulas, quotes and brackets.
fn is_wrapping(c: char) -> bool {
    matches!(
        c,
        '\'' | '"'
            | '='
            | '['
            | ']'
            | '('
            | ')'
            | '{'
            | '}'
            | '<'
            | '>'
            | '‘'
            | '’'
            | '`'
            | '“'
            | '”'
    ) || matches!(c, ',' | ';' | ':' | '.' | '/' | '|')
}

/// `9.780306406157E+12` is the number with all its digits; `Some(None)` when some are lost.
fn scientific(text: &str) -> Option<Option<String>> {
    let (mantissa, exponent) = text.split_once('E')?;
    let exponent: usize = exponent.trim_start_matches('+').parse().ok().filter(|e| *e < 20)?;
    let (first, rest) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (first.len() == 1 && is_number(first) && is_number(rest)).then_some(())?;
    Some((rest.len() == exponent).then(|| format!("{first}{rest}")))
}

/// The text without `ISBN`, `ISBN-13:` and `URN:ISBN:`, whose numbers are no part of one.
fn without_labels(text: &str) -> String {
    let mut parts = text.split("ISBN");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        // A sign that is no part of an ISBN.
        plain.push(';');
        let rest = part.trim_start_matches([' ', '-', '_', '(']);
        let kind = ["13", "10"].iter().find_map(|kind| rest.strip_prefix(kind));
        // Of `ISBN 13...` without a sign after it the digits are the number's own.
        let is_label = |rest: &&str| !rest.starts_with(|c: char| c.is_ascii_digit() || c == '-');
        plain.push_str(kind.filter(is_label).unwrap_or(part));
    }
    plain
}

/// The digits of `9,780,306,406,157`, which a spreadsheet has put into groups.
fn without_groups(text: &str) -> Option<String> {
    let sign = text
        .chars()
        .find(|c| !c.is_ascii_digit())
        .filter(|c| matches!(c, ',' | '.' | '\'' | '’'))?;
    let whole = text.trim_end_matches('0').strip_suffix(['.', ',']).unwrap_or(text);
    let mut groups = whole.split(sign);
    let is_first = groups.next().is_some_and(|first| first.len() <= 3);
    let digits = whole.replace(sign, "");
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    (is_first && is_number && digits.len() >= 9 && groups.all(|group| group.len() == 3))
        .then_some(digits)
}

fn tokens(piece: &str) -> Vec<&str> {
    let tokens = piece.split(' ').map(|token| {
        let token = token.trim_matches(['-', '.']);
        // The decimals of a spreadsheet.
        let whole =
            token.split_once('.').filter(|(_, zeros)| zeros.bytes().all(|zero| zero == b'0'));
        whole.map_or(token, |(whole, _)| whole)
    });
    tokens.filter(|token| !token.is_empty()).collect()
}

/// The first token, or tokens that follow each other, of which `read` makes an ISBN.
fn in_tokens(tokens: &[&str], read: impl Fn(&str) -> Option<String>) -> Option<String> {
    (0..tokens.len()).find_map(|start| {
        let mut number = String::new();
        tokens.iter().skip(start).take(7).find_map(|token| {
            number.push_str(token);
            (number.len() <= 20).then(|| read(&number)).flatten()
        })
    })
}

/// Numbers that lost zeros or have points instead of hyphens, if the cell has nothing but numbers.
fn shorter(tokens: &[Vec<&str>], text: &str) -> Option<String> {
    if text.contains(|c: char| c.is_alphabetic() && c != 'X') {
        return None;
    }
    tokens.iter().flatten().find_map(|token| {
        canonical_with_lost_zeros(token).or_else(|_| canonical(&token.replace('.', ""))).ok()
    })
}

/// The reason of the first number that looks like an ISBN, and otherwise of the cell.
fn why_not(written: &str, text: &str, tokens: &[Vec<&str>]) -> String {
    let mut numbers = tokens.iter().flatten();
    let number = numbers.find(|token| (9..=17).contains(&token.len()));
    if number.is_some_and(|number| number.len() == 13 && number.ends_with(LOST)) {
        return spoilt(written);
    }
    let has_words = text.contains(|c: char| c.is_alphabetic() && c != 'X');
    let described = number.copied().unwrap_or(written);
    let described = match canonical(described) {
        Err(bad) => bad.to_string(),
        Ok(_) => return format!("isbn `{}` is not one", shortened(written, 30)),
    };
    // A number within a text is named with its text.
    match number.filter(|_| has_words) {
        Some(_) => format!("{described} (in `{}`)", shortened(written.trim(), 60)),
        None => described,
    }
}

fn spoilt(written: &str) -> String {
    let written = shortened(written.trim(), 30);
    format!(
        "isbn `{written}` was rounded by a spreadsheet, its last digits are lost; format the column as text, enter the number \
         again, and save the file as \"CSV UTF-8\""
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ISBN: &str = "9780306406157";

    const SPELLINGS: [&str; 51] = [
        "9780306406157",
        "0-306-40615-2",
        "ISBN 0-306-40615-2",
        "ISBN-13: 9780306406157",
        "isbn10: 0306406152",
        "ISBN-10 0306406152",
        "ISBN:9780306406157",
        "ISBN (13): 978-0-306-40615-7",
        "=\"0306406152\"",
        "=\"\"0306406152\"\"",
        "[0306406152]",
        "'9780306406157",
        "‘9780306406157’",
        "0306406152.0",
        "306406152.0",
        "9780306406157.00",
        "urn:isbn:9780306406157",
        "9780306406157 (pbk.)",
        "9780306406157 (pbk.) : $9.99",
        "0306406152 :  £12.99",
        "(hbk) 0306406152",
        "9780306406157 51299",
        "0306406152; 9780132350884",
        "0306406152,9780132350884",
        "978-0-306-40615-7 978-0-13-235088-4",
        "0306406152 / 0132350882",
        "0306406152|0132350882",
        "1234567890; 0306406152",
        "978 0 306 40615 7",
        "0 306 40615 2",
        "0.306.40615.2",
        "９７８０３０６４０６１５７",
        "978–0–306–40615–7",
        "978\u{2011}0\u{2011}306\u{2011}40615\u{2011}7",
        "978−0−306−40615−7",
        "978ー0ー306ー40615ー7",
        "\u{200b}9780306406157\u{feff}",
        "\u{202f}978\u{a0}0306406157",
        "306406152",
        "=\"306406152\"",
        "9.780306406157E+12",
        "9,780306406157E+12",
        "3.06406152E+08",
        "9780306406157,",
        "EAN: 9780306406157",
        "0306406152 set",
        "9,780,306,406,157",
        "9.780.306.406.157",
        "9’780’306’406’157",
        "9,780,306,406,157.00",
        "306,406,152",
    ];

    #[test]
    fn every_spelling_of_a_catalogue_is_read() {
        for written in SPELLINGS {
            assert_eq!(read(written), Ok(Some(ISBN.to_owned())), "{written}");
        }
        assert_eq!(read("080442957Х").as_ref().map(Option::as_deref), Ok(Some("9780804429573")));
        assert_eq!(read("ISBN 1303640615X").ok(), None);
    }

    #[test]
    fn an_empty_cell_has_many_spellings() {
        for written in ["", " ", "=\"\"", "[]", "'", "\u{feff}", "None", "NaN", "null", "-", "n/a"]
        {
            assert_eq!(read(written), Ok(None), "{written:?}");
        }
    }

    #[test]
    fn a_cell_without_an_isbn_says_why() {
        for (written, why) in [
            ("9.78031E+12", "isbn `9.78031E+12` was rounded by a spreadsheet"),
            ("9,78E+12", "format the column as text"),
            ("9780310000000", "isbn `9780310000000` was rounded by a spreadsheet"),
            ("9780132350885", "isbn `9780132350885` ends with the check digit 5, expected 4"),
            ("ISBN 0132350883 (pbk.)", "expected 2 (in `ISBN 0132350883 (pbk.)`)"),
            ("=\"8881458671234\"", "isbn `8881458671234` begins with neither 978 nor 979"),
            ("12", "isbn `12` has 2 digits, expected 10 or 13"),
            ("B00005N5PF", "isbn `B00005N5PF` has the character `B`"),
            ("9780306406157X", "has 14 digits"),
        ] {
            let found = read(written).unwrap_err();
            assert!(found.contains(why), "{written}: {found}");
        }
        let giant = read(&"9".repeat(900_000)).unwrap_err();
        assert!(giant.contains("900000 digits"), "{giant}");
    }

    proptest! {
        #[test]
        fn whatever_stands_around_a_valid_isbn_it_is_found(
            stem in "97[89][0-9]{9}",
            before in prop::sample::select(&["", " ", "[", "ISBN ", "isbn-13: ", "urn:isbn:", "=\"", "'", "(pbk.) ", "x; "][..]),
            after in prop::sample::select(&["", " ", "]", " (pbk.)", ".0", "\"", " : $9.99", ", 12", "; x", "/"][..]),
        ) {
            let isbn = (0..10).find_map(|digit| canonical(&format!("{stem}{digit}")).ok()).unwrap();
            prop_assert_eq!(read(&format!("{before}{isbn}{after}")), Ok(Some(isbn)));
        }

        #[test]
        fn what_is_read_is_canonical(text in "[0-9X;. -]{0,30}|\\PC{0,40}") {
            if let Ok(Some(isbn)) = read(&text) {
                prop_assert_eq!(canonical(&isbn), Ok(isbn));
            }
        }
    }
}
