//! Prices as people write them: `$9.99`, `9,99 €`, `1.234,50`.

use rust_decimal::Decimal;

use crate::query::shortened;

/// The longest text that is read as a price.
const LONGEST: usize = 40;

/// Reads a price. A single point or comma before three digits separates thousands, since a price has no three decimals.
///
/// # Errors
/// When it is no number.
pub fn read(written: &str) -> Result<Decimal, String> {
    let bad = || {
        let shown = shortened(written, 30);
        format!("price `{shown}` is not a price, such as 9.99 or 1.234,50 €")
    };
    if written.len() > LONGEST {
        return Err(bad());
    }
    let number = without_currency(written);
    let (sign, number) = match number.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => ("-", without_currency(rest)),
        None => ("", number),
    };
    let number: String = number.chars().filter(|c| !is_space(*c)).collect();
    // `12.-` and `12,--` are twelve.
    let number = number.trim_end_matches(['-', '\u{2013}', '\u{2014}']);
    let number = number.strip_suffix(['.', ',']).unwrap_or(number);
    let plain = plain(number).ok_or_else(bad)?;
    Decimal::from_str_exact(&format!("{sign}{plain}")).map_err(|_| bad())
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\'' | '\u{2019}' | '\u{202f}')
}

/// Without a sign or a code of a currency at either end.
fn without_currency(text: &str) -> &str {
    let is_currency = |c: char| {
        c.is_alphabetic()
            || is_space(c)
            || matches!(c, '$' | '¢' | '£' | '¥' | '\u{20a0}'..='\u{20cf}')
    };
    text.trim_matches(is_currency)
}

/// Digits with a point before the decimals; `None` for anything else.
fn plain(number: &str) -> Option<String> {
    let parts: Vec<&str> = number.split(['.', ',']).collect();
    if parts.iter().any(|part| !part.bytes().all(|byte| byte.is_ascii_digit())) {
        return None;
    }
    let signs: Vec<char> = number.chars().filter(|c| !c.is_ascii_digit()).collect();
    let is_grouped = |parts: &[&str]| {
        let mut rest = parts.iter();
        let first = rest.next().is_some_and(|first| (1..=3).contains(&first.len()));
        first && rest.all(|part| part.len() == 3)
    };
    let (last, before) = parts.split_last()?;
    match signs.as_slice() {
        [] if !last.is_empty() => Some((*last).to_owned()),
        [] => None,
        // `0.125` is no thousand.
        [_] if last.len() == 3 && is_grouped(&parts) && parts.first() != Some(&"0") => {
            Some(parts.concat())
        }
        [_] => {
            let whole = before.concat();
            let whole = if whole.is_empty() { "0".to_owned() } else { whole };
            (!last.is_empty()).then(|| format!("{whole}.{last}"))
        }
        [first, .., end] if first == end => is_grouped(&parts).then(|| parts.concat()),
        [groups @ .., _] if groups.windows(2).all(|pair| pair.first() == pair.last()) => {
            is_grouped(before).then(|| format!("{}.{last}", before.concat()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_read_as_people_write_them() {
        for (written, price) in [
            ("9.99", "9.99"),
            ("$9.99", "9.99"),
            ("9,99 €", "9.99"),
            ("EUR 9,9", "9.9"),
            ("1.234,50", "1234.50"),
            ("1,234.50", "1234.50"),
            ("1 234,50 zł", "1234.50"),
            ("1\u{202f}234,50", "1234.50"),
            ("1'234.50 CHF", "1234.50"),
            ("1,234", "1234"),
            ("1.234", "1234"),
            ("1.234.567", "1234567"),
            ("0.125", "0.125"),
            ("1234.5", "1234.5"),
            ("12.-", "12"),
            ("12,--", "12"),
            (".5", "0.5"),
            ("12", "12"),
            ("US$ 12.00", "12.00"),
            ("-3", "-3"),
            ("₹1,23,456", "none"),
            ("free", "none"),
            ("", "none"),
            ("1.2.3", "none"),
            ("1,2.3,4", "none"),
            ("9-10", "none"),
            ("9.99.", "9.99"),
        ] {
            let read = read(written).map_or_else(|_| "none".to_owned(), |price| price.to_string());
            assert_eq!(read, price, "{written}");
        }
        assert!(read(&"9".repeat(1 << 20)).is_err_and(|why| why.len() < 200));
    }
}
