//! Years as catalogues write them: `c2008`, `[2008?]`, `05/01/2008`, `May 2008`, `44 BC`.

use super::{Cell, is_too_long, small_number, text::folded};
use crate::{books::YEARS, query::shortened};

/// Dates that are not known, as Calibre, Calibre west of Greenwich and MySQL write them.
const UNKNOWN: [&str; 3] = ["0101-01-01", "0100-12-31", "0000-00-00"];
/// What follows a year before the common era, in small letters.
const BEFORE: [&str; 14] = [
    "bce", "bc", "b.c", "b. c", "v. chr", "v.chr", "v. u. z", "v.u.z", "av. j", "av.j", "a.c.",
    "a. c.", "a.e.c", "до н",
];
/// What follows a year of the common era, or stands before it.
const SINCE: [&str; 8] = ["ad", "a.d", "ce", "c.e", "n. chr", "n.chr", "d.c", "н. э"];
/// From here on four digits are a year wherever they stand.
const FIRST_OF_FOUR: i32 = 1000;

/// The year that is written; `Err` when there is none in the cell, or one that no book has.
pub fn read(written: &str) -> Cell<i32> {
    // Nearly all cells are like that.
    if let Some(year @ FIRST_OF_FOUR..) = small_number(written) {
        return within(year, written);
    }
    if is_too_long(written) {
        return Err(no_year(written));
    }
    let text = folded(written);
    let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '='));
    if text.is_empty() || UNKNOWN.iter().any(|date| text.starts_with(date)) {
        return Ok(None);
    }
    if text.starts_with("0000") {
        return Err(no_year(written));
    }
    if let Some(year) = number(text) {
        return match digits(text) {
            2 if !text.starts_with(['-', '+']) => Err(two_digits(written)),
            6 | 8 => compact(text).map(Some).ok_or_else(|| no_year(written)),
            _ if year == 0 => Err(no_year(written)),
            _ => within(year, written),
        };
    }
    if let Some(year) = with_era(text) {
        return within(year, written);
    }
    match dated(text).or_else(|| about(text)) {
        Some(year) => within(year, written),
        None => Err(match numbers(text).last() {
            Some(last) if last.digits.len() == 2 && last.after.is_empty() => two_digits(written),
            _ => no_year(written),
        }),
    }
}

/// The whole number of a file of our own; otherwise as [`read`].
pub fn exact(written: &str) -> Cell<i32> {
    match number(written.trim()) {
        Some(year) => within(year, written),
        None => read(written),
    }
}

/// `2008`, `-750`, the `2008.0` and `2,008` of a spreadsheet.
fn number(text: &str) -> Option<i32> {
    let whole = match text.split_once(['.', ',']) {
        None => return text.parse().ok(),
        Some((whole, zeros)) if zeros.bytes().all(|digit| digit == b'0') => whole.to_owned(),
        Some((thousand @ ("1" | "2"), rest)) if rest.len() == 3 => format!("{thousand}{rest}"),
        Some(_) => return None,
    };
    whole.parse().ok()
}

fn digits(text: &str) -> usize {
    let whole = text.split('.').next().unwrap_or_default();
    whole.bytes().filter(u8::is_ascii_digit).count()
}

/// The year of `20080501` and `200805`.
fn compact(text: &str) -> Option<i32> {
    let (year, rest) = (text.get(..4)?, text.get(4..)?);
    let part = |part: Option<&str>| part.and_then(|part| part.parse::<u32>().ok());
    let is_month = part(rest.get(..2)).is_some_and(|month| (1..=12).contains(&month));
    let day = rest.get(2..).filter(|day| !day.is_empty());
    let is_day = day.is_none_or(|day| part(Some(day)).is_some_and(|day| (1..=31).contains(&day)));
    (is_month && is_day).then_some(())?;
    year.parse().ok().filter(|year| *year >= FIRST_OF_FOUR)
}

/// Digits within a text, and what stands around them.
struct Number<'a> {
    digits: &'a str,
    before: &'a str,
    after: &'a str,
}

fn numbers(text: &str) -> impl Iterator<Item = Number<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text.get(at..)?.find(|c: char| c.is_ascii_digit())?;
        let rest = text.get(start..)?;
        let length = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        at = start + length;
        Some(Number {
            digits: text.get(start..at)?,
            before: text.get(..start)?,
            after: text.get(at..)?,
        })
    })
}

/// `44 BC` is -44, `AD 79` is 79.
fn with_era(text: &str) -> Option<i32> {
    let text = text.to_lowercase();
    let first = numbers(&text).next().filter(|first| first.digits.len() <= 4)?;
    let year: i32 = first.digits.parse().ok()?;
    let (before, after) = (first.before.trim_end(), first.after.trim_start());
    let follows = |names: &[&str]| {
        names.iter().filter_map(|name| after.strip_prefix(name)).any(|rest| {
            // `ce` is not the beginning of `cents`.
            !rest.starts_with(|c: char| c.is_ascii_alphabetic())
        })
    };
    if follows(&BEFORE) {
        return Some(-year);
    }
    let leads = matches!(before.trim_end_matches('.'), "ad" | "a.d");
    (leads || follows(&SINCE)).then_some(year)
}

/// The first year of four digits in a date, or in any text.
fn dated(text: &str) -> Option<i32> {
    // Only at the beginning may it be a small one, as in `-0750-01-01`: later it may be a time zone.
    let (sign, rest) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let first = numbers(rest).next().filter(|first| first.before.is_empty());
    if let Some(year) =
        first.filter(|first| first.digits.len() == 4 && first.after.starts_with('-'))
        && let Ok(year @ 1..FIRST_OF_FOUR) = year.digits.parse::<i32>()
    {
        return Some(sign * year);
    }
    let is_zone = |number: &Number<'_>| number.before.ends_with('+');
    let is_decade = |number: &Number<'_>| {
        let after = number.after.trim_start_matches('\'');
        ["s", "er"]
            .iter()
            .filter_map(|ending| after.strip_prefix(ending))
            .any(|rest| !rest.starts_with(char::is_alphabetic))
    };
    let mut years = numbers(text).filter(|number| !is_zone(number) && !is_decade(number));
    years.find_map(|number| {
        let year = match number.digits.len() {
            4 => number.digits.parse().ok().filter(|year| YEARS.contains(year)),
            8 => compact(number.digits),
            _ => None,
        };
        let sign = if number.before == "-" { -1 } else { 1 };
        year.filter(|year| *year >= FIRST_OF_FOUR).map(|year| sign * year)
    })
}

/// Three digits with a word that they are about right: `c. 750`.
fn about(text: &str) -> Option<i32> {
    let mut numbers = numbers(text);
    let only = numbers.next().filter(|only| only.digits.len() == 3)?;
    let before = only.before.to_lowercase();
    let is_about = matches!(before.trim(), "c" | "c." | "ca" | "ca." | "circa" | "~" | "um");
    (numbers.next().is_none() && is_about && only.after.is_empty()).then_some(())?;
    only.digits.parse().ok()
}

fn within(year: i32, written: &str) -> Cell<i32> {
    match YEARS.contains(&year) {
        true => Ok(Some(year)),
        false => {
            let (written, first, last) =
                (shortened(written.trim(), 30), YEARS.start(), YEARS.end());
            Err(format!("year `{written}` is not between {first} and {last}"))
        }
    }
}

fn no_year(written: &str) -> String {
    format!("year `{}` is not a year, such as 2008", shortened(written.trim(), 30))
}

fn two_digits(written: &str) -> String {
    let written = shortened(written.trim(), 30);
    format!("year `{written}` has two digits, which may be of any century; write four")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn years_are_read_as_catalogues_write_them() {
        for (written, year) in [
            ("2008", 2008),
            (" 2008.0 ", 2008),
            ("2,008", 2008),
            ("1.999", 1999),
            ("-1750.0", -1750),
            ("7", 7),
            ("750", 750),
            ("c2008", 2008),
            ("©2008", 2008),
            ("(c) 2008", 2008),
            ("[2008]", 2008),
            ("[2008?]", 2008),
            ("2008?", 2008),
            ("'2008", 2008),
            ("=\"2008\"", 2008),
            ("2008-05", 2008),
            ("2008-05-01", 2008),
            ("2008/05/01", 2008),
            ("2008.5", 2008),
            ("05/01/2008", 2008),
            ("5.1.2008", 2008),
            ("20080501", 2008),
            ("200805", 2008),
            ("20080501T000000Z", 2008),
            ("May 2008", 2008),
            ("1st May, 2008", 2008),
            ("2008年5月", 2008),
            ("２００８", 2008),
            ("1987-12-31T23:30:00-05:00", 1987),
            ("1987-03-05T01:00:00+01:00", 1987),
            ("Thu, 01 May 2008 00:00:00 +0200", 2008),
            ("2008-2010", 2008),
            ("1998, c1999", 1998),
            ("ca. 1850", 1850),
            ("c. 750", 750),
            ("-0750-01-01", -750),
            ("0750-01-01", 750),
            ("−750", -750),
            ("44 BC", -44),
            ("ca. 750 B.C.E.", -750),
            ("[380 v. Chr.]", -380),
            ("AD 79", 79),
            ("79 CE", 79),
        ] {
            assert_eq!(read(written), Ok(Some(year)), "{written}");
        }
        for written in ["", " ", "0101-01-01", "0100-12-31T17:00:00-07:00", "=\"\"", "'"] {
            assert_eq!(read(written), Ok(None), "{written}");
        }
    }

    #[test]
    fn a_cell_without_a_year_says_why() {
        for (written, why) in [
            ("n.d.", "year `n.d.` is not a year, such as 2008"),
            ("soon", "year `soon` is not a year, such as 2008"),
            ("98", "year `98` has two digits, which may be of any century; write four"),
            ("'98", "has two digits"),
            ("05/01/08", "has two digits"),
            ("01 May 08 00:00 +0100", "is not a year"),
            ("1990s", "is not a year"),
            ("1990's", "is not a year"),
            ("199-?", "is not a year"),
            ("19--", "is not a year"),
            ("0", "is not a year"),
            ("0000-01-00", "is not a year"),
            ("39569", "is not between -3500 and 2200"),
            ("99999999999", "is not a year"),
            ("9999", "is not between -3500 and 2200"),
            ("4000 BC", "is not between -3500 and 2200"),
        ] {
            let found = read(written).unwrap_err();
            assert!(found.contains(why), "{written}: {found}");
        }
    }

    #[test]
    fn the_years_of_our_own_files_are_exact() {
        assert_eq!((exact("79"), exact("0")), (Ok(Some(79)), Ok(Some(0))));
        assert_eq!((exact(""), exact("c2008")), (Ok(None), Ok(Some(2008))));
    }

    proptest! {
        #[test]
        fn any_year_of_the_catalogue_is_read_back(year in YEARS) {
            prop_assert_eq!(exact(&year.to_string()), Ok(Some(year)));
            if !(0..=99).contains(&year) {
                prop_assert_eq!(read(&year.to_string()), Ok(Some(year)));
            }
        }

        #[test]
        fn no_text_makes_it_panic_or_leave_the_range(text in "[0-9cBC.+ ?/-]{0,12}|\\PC{0,30}") {
            if let Ok(Some(year)) = read(&text) {
                prop_assert!(YEARS.contains(&year), "{}", year);
            }
        }
    }
}
