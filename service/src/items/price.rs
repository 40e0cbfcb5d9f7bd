//! Prices as people write them: `$9.99`, `9,99 €`, `1.234,50`, `Rs. 500/-`, `50¢`.
//!
//! What stands around the number must be a known currency: of `5k` or `2 for 5` nothing is a price.

mod currency;

use rust_decimal::Decimal;

use crate::{books::import::folded, query::shortened};

/// The longest text that is read as a price.
const LONGEST: usize = 40;

/// A price, and why it may be another one.
#[derive(Debug, PartialEq, Eq)]
pub struct Read {
    pub price: Decimal,
    pub warning: Option<String>,
}

/// Reads a price. A single point or comma before three digits separates thousands, since a price has no three decimals: with a warning,
/// but of currencies that have no decimals at all.
///
/// # Errors
/// When it is none.
pub fn read(written: &str) -> Result<Read, String> {
    found(written).ok_or_else(|| {
        let shown = shortened(written, 30);
        format!("price `{shown}` is not a price, such as 9.99 or 1.234,50 €")
    })
}

/// Reads a number of a JSON document, of which the point is before decimals.
///
/// # Errors
/// When it has too many digits.
pub fn exact(written: &str) -> Result<Read, String> {
    let price = Decimal::from_str_exact(written).or_else(|_| Decimal::from_scientific(written));
    let price =
        price.map_err(|_| format!("price `{}` has too many digits", shortened(written, 30)))?;
    Ok(Read { price, warning: None })
}

fn found(written: &str) -> Option<Read> {
    (written.len() <= LONGEST).then_some(())?;
    let text = folded(written);
    let (before, rest) = currency::before(&text);
    let (sign, rest) = sign(rest);
    let (after_sign, rest) = currency::before(rest);
    let (after, number) = currency::after(rest);
    let number = without_dash(number)?;
    let Number { digits, is_doubtful } = Number::of(&number)?;
    let mut price = Decimal::from_str_exact(&format!("{sign}{digits}")).ok()?;
    let has_name = before.is_there() || after_sign.is_there();
    if after.is_cents() {
        // `$0.50c` may be both.
        (!has_name && price.scale() == 0).then_some(())?;
        price = price.checked_div(Decimal::ONE_HUNDRED)?;
    }
    let is_whole = [before, after_sign, after].iter().any(|currency| currency.is_whole());
    let warning = (is_doubtful && !is_whole).then(|| {
        let shown = shortened(written, 30);
        format!("price `{shown}` is read as {price}; write {price}.00 if that is right")
    });
    Some(Read { price, warning })
}

/// A minus, and what follows it.
fn sign(text: &str) -> (&str, &str) {
    text.strip_prefix('-').map_or(("", text), |rest| ("-", rest))
}

/// Without the dash of `12,-`, `12.--`, `99:-` and `500/-`; `None` for a dash without a sign before it, which may be a minus.
fn without_dash(number: &str) -> Option<String> {
    let number = number.trim_end();
    let whole = number.trim_end_matches('-');
    if whole.len() == number.len() {
        return Some(number.strip_suffix(['.', ',']).unwrap_or(number).to_owned());
    }
    whole.trim_end().strip_suffix(['.', ',', ':', '/']).map(str::to_owned)
}

/// A number with a point before its decimals.
struct Number {
    digits: String,
    /// Whether what separates thousands may be before decimals.
    is_doubtful: bool,
}

impl Number {
    fn of(text: &str) -> Option<Self> {
        let text = text.replace(['\u{2019}', '`'], "'");
        let signs: Vec<char> = text.chars().filter(|c| !c.is_ascii_digit()).collect();
        let parts: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).collect();
        signs.iter().all(|sign| matches!(sign, '.' | ',' | ' ' | '\'')).then_some(())?;
        let (last, before) = parts.split_last()?;
        (!last.is_empty()).then_some(())?;
        let whole = |is_doubtful| Self { digits: parts.concat(), is_doubtful };
        let (end, groups) = match signs.split_last() {
            None => return Some(whole(false)),
            Some(split) => split,
        };
        let decimal = matches!(end, '.' | ',').then(|| {
            let whole = before.concat();
            let zero = if whole.is_empty() { "0" } else { "" };
            Self { digits: format!("{zero}{whole}.{last}"), is_doubtful: false }
        });
        let is_same = |signs: &[char]| signs.windows(2).all(|two| two.first() == two.last());
        match groups.first() {
            // `0.125` is no thousand.
            None if is_grouped(&parts) && parts.first() != Some(&"0") => {
                Some(whole(decimal.is_some()))
            }
            None => decimal,
            Some(_) if is_same(&signs) => is_grouped(&parts).then(|| whole(false)),
            Some(first) if is_same(groups) && first != end => {
                decimal.filter(|_| is_grouped(before))
            }
            Some(_) => None,
        }
    }
}

/// Whether digits stand in groups of three, or as in India: of two, and of three at the end.
fn is_grouped(parts: &[&str]) -> bool {
    let [first, between @ .., last] = parts else { return false };
    let all = |length: usize| {
        (1..=length).contains(&first.len()) && between.iter().all(|part| part.len() == length)
    };
    last.len() == 3 && (all(3) || all(2))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PRICES: [(&str, &str); 46] = [
        ("9.99", "9.99"),
        ("$9.99", "9.99"),
        ("9,99 €", "9.99"),
        ("EUR 9,9", "9.9"),
        ("1.234,50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("12.345,67", "12345.67"),
        ("1 234,50 zł", "1234.50"),
        ("1\u{202f}234,50", "1234.50"),
        ("1'234.50 CHF", "1234.50"),
        ("1’234", "1234"),
        ("CHF 12.50", "12.50"),
        ("12.50 EUR", "12.50"),
        ("£1 000", "1000"),
        ("1.234.567", "1234567"),
        ("12,34,567.00", "1234567.00"),
        ("₹1,23,456", "123456"),
        ("0.125", "0.125"),
        ("1234.5", "1234.5"),
        ("12.-", "12"),
        ("12,--", "12"),
        ("5,-", "5"),
        ("99:-", "99"),
        ("Rs. 500/-", "500"),
        ("Rs. 500", "500"),
        ("Rs.500.00", "500.00"),
        ("Fr. 12.50", "12.50"),
        ("S/. 20", "20"),
        ("12 kr.", "12"),
        ("100 руб.", "100"),
        (".5", "0.5"),
        ("$.50", "0.50"),
        ("12", "12"),
        ("US$ 12.00", "12.00"),
        ("US$ 5", "5"),
        ("$5 USD", "5"),
        ("R$ 1.234,50", "1234.50"),
        ("￥１２００", "1200"),
        ("-3", "-3"),
        ("-$3", "-3"),
        ("€ −3,5", "-3.5"),
        ("50¢", "0.50"),
        ("50c", "0.50"),
        ("99 cents", "0.99"),
        ("80p", "0.80"),
        ("9.99.", "9.99"),
    ];

    fn shown(written: &str) -> String {
        let price = read(written).map(|read| read.price.to_string());
        price.unwrap_or_else(|_| "none".to_owned())
    }

    #[test]
    fn prices_are_read_as_people_write_them() {
        for (written, price) in PRICES {
            assert_eq!(shown(written), price, "{written}");
            assert_eq!(read(written).unwrap().warning, None, "{written}");
        }
        for written in [
            "free",
            "",
            "NaN",
            "1e3",
            "5/6",
            "(5.00)",
            "5-",
            "9-10",
            "1.2.3",
            "1,2.3,4",
            "9 99",
            "1 2 3",
            "5k",
            "5 mil",
            "2 for 5",
            "about 5",
            "$0.50c",
            "1.50p",
            "5%",
            "12,34,56",
            "1.234,567.89",
            "$",
            "-",
            ".",
            "Rs.",
            "¢50",
            "1\t\t2",
            "５５５５ k",
        ] {
            assert_eq!(shown(written), "none", "{written}");
        }
        assert!(read(&"9".repeat(1 << 20)).is_err_and(|why| why.len() < 200));
    }

    #[test]
    fn a_sign_that_may_be_before_decimals_is_warned_about() {
        for (written, price) in [("9.999", "9999"), ("$1.999", "1999"), ("1,234", "1234")] {
            let Read { price: found, warning } = read(written).unwrap();
            let expected =
                format!("price `{written}` is read as {price}; write {price}.00 if that is right");
            assert_eq!((found.to_string().as_str(), warning), (price, Some(expected)));
        }
        // Nothing costs a part of these.
        for written in ["¥1,234", "1,234円", "Rp 25.000", "COP 45.900", "12.900 Ft"] {
            assert_eq!(read(written).unwrap().warning, None, "{written}");
        }
        assert_eq!(exact("9.999").map(|read| read.price.to_string()), Ok("9.999".to_owned()));
        assert_eq!(exact("1e3").map(|read| read.price.to_string()), Ok("1000".to_owned()));
        assert!(exact("1e99").is_err());
    }

    proptest! {
        #[test]
        fn any_price_is_read_back_however_its_thousands_are_separated(cents in 0u64..1_000_000_000_000, signs in 0usize..6) {
            let price = Decimal::new(i64::try_from(cents).unwrap(), 2);
            let (group, point) = [("", "."), ("", ","), (",", "."), (".", ","), (" ", ","), ("'", ".")][signs];
            let digits = (cents / 100).to_string();
            let grouped: Vec<&str> = digits.as_bytes().rchunks(3).rev().map(|part| std::str::from_utf8(part).unwrap()).collect();
            let written = format!("{}{point}{:02}", grouped.join(group), cents % 100);
            prop_assert_eq!(read(&written), Ok(Read { price, warning: None }));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[0-9.,' $c/-]{0,12}|\\PC{0,30}") {
            drop(read(&text));
        }
    }
}
