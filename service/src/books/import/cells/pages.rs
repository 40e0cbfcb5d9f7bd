//! Numbers of pages as catalogues write them: `464 p.`, `1,024`, `xii, 300 p. : ill. ; 23 cm`.

use super::{Cell, LONGEST, is_too_long, small_number, text::folded};
use crate::{books::PAGE_COUNTS, query::shortened};

/// What follows a number of pages, in small letters.
const PAGES: [&str; 34] = [
    "p",
    "pp",
    "pg",
    "pgs",
    "page",
    "pages",
    "s",
    "seite",
    "seiten",
    "pag",
    "pags",
    "pág",
    "págs",
    "pagina",
    "pagine",
    "página",
    "páginas",
    "paginas",
    "sider",
    "sidor",
    "sivua",
    "str",
    "strana",
    "stran",
    "strony",
    "с",
    "стр",
    "страниц",
    "страницы",
    "blz",
    "bladzijden",
    "页",
    "頁",
    "ページ",
];
/// What stands before a number that is about right.
const ABOUT: [&str; 6] = ["c", "ca", "circa", "about", "approx", "etwa"];

/// The number of pages; of several, as of those with Roman and with Arabic numbers, the highest of the Arabic ones.
pub fn read(written: &str) -> Cell<i32> {
    // Nearly all cells are like that.
    if let Some(count @ 1..) = small_number(written) {
        return Ok(Some(count));
    }
    if is_too_long(written) {
        return Err(no_count(written));
    }
    let text = folded(written);
    let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '='));
    if text.is_empty() {
        return Ok(None);
    }
    let count = match number(text) {
        Some(count) => count,
        None => counted(&tokens(&text.to_lowercase())).ok_or_else(|| no_count(written))?,
    };
    match PAGE_COUNTS.contains(&count) {
        true => Ok(Some(count)),
        false => {
            let (written, first) = (shortened(written.trim(), 30), PAGE_COUNTS.start());
            Err(format!("page_count `{written}` is not between {first} and {}", PAGE_COUNTS.end()))
        }
    }
}

/// `464`, `464.0`, `1,024`, `1.024`, `1 024`.
fn number(text: &str) -> Option<i32> {
    let Some((whole, rest)) = text.split_once(['.', ',', ' ', '\'', '’']) else {
        return text.parse().ok();
    };
    let is_thousand = (1..=3).contains(&whole.len()) && rest.len() == 3 && is_number(rest);
    let is_decimal = text.contains('.') && rest.bytes().all(|digit| digit == b'0');
    match (is_thousand, is_decimal) {
        // `464.000` is the decimal of a spreadsheet, `1.000` a thousand.
        (true, false) => format!("{whole}{rest}").parse().ok(),
        (true, true) if whole.len() == 1 => format!("{whole}{rest}").parse().ok(),
        (_, true) => whole.parse().ok(),
        (false, false) => None,
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token<'a> {
    Number(i32),
    Word(&'a str),
    Sign(char),
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if first.is_ascii_digit() {
            digits(rest)
        } else if first.is_alphabetic() {
            rest.find(|c: char| !c.is_alphabetic() && c != 'ー').unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        rest = after;
        tokens.extend(match number(token) {
            Some(count) => Some(Token::Number(count)),
            // A number that is too large for any book.
            None if first.is_ascii_digit() => Some(Token::Sign('?')),
            None if first.is_alphabetic() => Some(Token::Word(token)),
            None if first.is_whitespace() => None,
            None => Some(Token::Sign(first)),
        });
    }
    tokens
}

/// The length of the number at the beginning, with its signs between thousands.
fn digits(text: &str) -> usize {
    let run = |at: usize| {
        let rest = text.get(at..).unwrap_or_default();
        rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())
    };
    let mut length = run(0);
    let is_sign = |at: usize| text.get(at..).is_some_and(|rest| rest.starts_with([',', '.', '\'']));
    while length <= LONGEST && is_sign(length) && run(length + 1) == 3 {
        length += 4;
    }
    length
}

fn counted(tokens: &[Token<'_>]) -> Option<i32> {
    let is_range = |three: &[Token<'_>]| {
        matches!(three, [Token::Number(_), Token::Sign('-' | '/' | '.'), Token::Number(_)])
    };
    // The `v` of `2 v.` is a volume and no Roman number.
    let is_counted = |two: &[Token<'_>]| matches!(two, [Token::Number(_), Token::Word(_)]);
    if tokens.windows(3).any(is_range) {
        return None;
    }
    match tokens.windows(2).any(is_counted) {
        true => with_unit(tokens),
        false => with_unit(tokens).or_else(|| alone(tokens)),
    }
}

/// The highest number before a word for pages, within each part of the text: `xii, 300, 16 p.` has 300.
fn with_unit(tokens: &[Token<'_>]) -> Option<i32> {
    let parts = tokens.split(|token| matches!(token, Token::Sign(';' | ':' | '(' | ')')));
    let highest = parts.filter_map(|part| {
        let is_unit = |two: &[Token<'_>]| match two {
            [Token::Number(_), Token::Word(word)] => PAGES.contains(word),
            [Token::Sign(']'), Token::Word(word)] => PAGES.contains(word),
            _ => false,
        };
        let end = part.windows(2).rposition(is_unit)?;
        // `p. 12` is a page.
        let is_reference = matches!(part, [Token::Word(word), ..] if PAGES.contains(word));
        let counts = part.iter().zip(part.iter().skip(1)).take(end + 1);
        let counts = counts.filter_map(|two| match two {
            (Token::Number(_), Token::Word(word)) if !PAGES.contains(word) => None,
            (Token::Number(count), _) => Some(*count),
            _ => None,
        });
        if is_reference { None } else { counts.max() }
    });
    highest.max()
}

/// The highest of numbers without a word: `xii + 300`, `[300]`, `ca. 300`, `pages: 300`.
fn alone(tokens: &[Token<'_>]) -> Option<i32> {
    let tokens = match tokens {
        [Token::Word(word), Token::Sign(':'), rest @ ..] if PAGES.contains(word) => rest,
        tokens => tokens,
    };
    let is_known = |token: &Token<'_>| match token {
        Token::Number(_) => true,
        Token::Word(word) => ABOUT.contains(word) || is_roman(word),
        Token::Sign(sign) => matches!(sign, ',' | '+' | '[' | ']' | '(' | ')' | '.' | '~'),
    };
    let counts = tokens.iter().filter_map(|token| match token {
        Token::Number(count) => Some(*count),
        _ => None,
    });
    tokens.iter().all(is_known).then(|| counts.max()).flatten()
}

fn is_roman(word: &str) -> bool {
    word.chars().all(|c| matches!(c, 'i' | 'v' | 'x' | 'l' | 'c'))
}

fn no_count(written: &str) -> String {
    format!("page_count `{}` is not a number of pages", shortened(written.trim(), 30))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pages_are_read_as_catalogues_write_them() {
        for (written, pages) in [
            ("464", 464),
            ("464.0", 464),
            ("464.000", 464),
            ("464 p.", 464),
            ("464p", 464),
            ("464 pages", 464),
            ("590 S.", 590),
            ("300 страниц", 300),
            ("300ページ", 300),
            ("=\"464\"", 464),
            ("'464", 464),
            ("４６４", 464),
            ("1,024", 1024),
            ("1.024 Seiten", 1024),
            ("1\u{a0}024", 1024),
            ("1’024", 1024),
            ("1.000", 1000),
            ("xii, 300 p.", 300),
            ("xii + 300", 300),
            ("XII, 300 S. : Ill. ; 24 cm", 300),
            ("[8], 300 p.", 300),
            ("300, [12] p.", 300),
            ("xii, 300, 16 p.", 300),
            ("300 p., [8] leaves of plates : ill. ; 25 cm", 300),
            ("1 v. (xi, 450 p.)", 450),
            ("464 pages + 2 CD", 464),
            ("ca. 300", 300),
            ("[300]", 300),
            ("pages: 300", 300),
            ("300 p., 1,024 copies", 300),
        ] {
            assert_eq!(read(written), Ok(Some(pages)), "{written}");
        }
        assert_eq!((read(""), read(" "), read("=\"\"")), (Ok(None), Ok(None), Ok(None)));
    }

    #[test]
    fn a_cell_that_counts_nothing_says_why() {
        for (written, why) in [
            ("0", "page_count `0` is not between 1 and 100000"),
            ("-5", "is not between 1 and 100000"),
            ("1,000,000", "is not a number of pages"),
            ("p. 12-34", "page_count `p. 12-34` is not a number of pages"),
            ("12-34", "is not a number of pages"),
            ("12–34", "is not a number of pages"),
            ("p. 12", "is not a number of pages"),
            ("2 v.", "is not a number of pages"),
            ("23 cm", "is not a number of pages"),
            ("464.5", "is not a number of pages"),
            ("many", "is not a number of pages"),
            ("99999999999 p.", "is not a number of pages"),
        ] {
            let found = read(written).unwrap_err();
            assert!(found.contains(why), "{written}: {found}");
        }
    }

    proptest! {
        #[test]
        fn any_count_is_read_back_with_any_unit(count in PAGE_COUNTS, unit in prop::sample::select(&PAGES[..])) {
            prop_assert_eq!(read(&count.to_string()), Ok(Some(count)));
            prop_assert_eq!(read(&format!("{count} {unit}")), Ok(Some(count)));
        }

        #[test]
        fn no_text_makes_it_panic_or_leave_the_range(text in "[0-9xp.,;:() -]{0,12}|\\PC{0,30}") {
            if let Ok(Some(count)) = read(&text) {
                prop_assert!(PAGE_COUNTS.contains(&count), "{}", count);
            }
        }
    }
}
