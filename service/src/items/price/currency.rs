//! Currencies as they stand before or after a number: signs, codes and names.

/// Words for currencies in small letters, without the point of an abbreviation.
#[rustfmt::skip]
const WORDS: [&str; 53] = [
    "b/", "bs", "din", "dm", "dollar", "dollars", "eur", "euro", "euros", "fcfa", "fr", "franc", "francs", "franken", "frs", "ft", "gbp",
    "kc", "kč", "kn", "kr", "ksh", "lei", "leu", "lv", "peso", "pesos", "php", "pound", "pounds", "r", "re", "rm", "rmb", "rp", "rs",
    "rupee", "rupees", "s/", "sfr", "tl", "usd", "won", "yen", "yuan", "zl", "zł", "лв", "р", "руб", "元", "円", "원",
];
/// Hundredths of them.
const CENTS: [&str; 11] =
    ["¢", "￠", "c", "ct", "cts", "cent", "cents", "centimes", "p", "pence", "pf"];
/// Those that have no decimals.
const WHOLE: [&str; 18] = [
    "¥", "￥", "₩", "₫", "clp", "cop", "ft", "huf", "idr", "isk", "jpy", "krw", "rp", "vnd", "won",
    "yen", "円", "원",
];
/// Bytes of the longest name.
const LONGEST: usize = 12;

/// What stands before or after a number, in small letters; empty for nothing.
#[derive(Clone, Debug, Default)]
pub struct Currency(String);

impl Currency {
    fn named(text: &str) -> Option<Self> {
        let name = text.trim().trim_end_matches('.').trim_end();
        let is_known = !name.is_empty() && name.split_whitespace().all(is_known);
        (is_known && name.len() <= LONGEST).then(|| Self(name.to_lowercase()))
    }

    /// Whether there is one.
    pub fn is_there(&self) -> bool {
        !self.0.is_empty()
    }

    /// Whether it is a hundredth of one.
    pub fn is_cents(&self) -> bool {
        CENTS.contains(&self.0.as_str())
    }

    /// Whether it has no decimals.
    pub fn is_whole(&self) -> bool {
        WHOLE.contains(&self.0.as_str())
    }
}

/// A currency before a number, and what follows it.
pub fn before(text: &str) -> (Currency, &str) {
    let text = text.trim_start();
    let end = text.find(|c: char| c.is_ascii_digit() || matches!(c, '-' | ',')).unwrap_or(0);
    let (name, _) = text.split_at_checked(end).unwrap_or_default();
    // The point of `$.50` is that of the number, and the one of `Rs.50` is not.
    let is_abbreviation = |name: &&str| name.ends_with(|c: char| c.is_alphabetic() || c == '/');
    let without_point = name.strip_suffix('.').filter(|name| !is_abbreviation(name));
    let name = without_point.unwrap_or(name);
    let rest = text.get(name.len()..).unwrap_or_default();
    let named = Currency::named(name).filter(|currency| !currency.is_cents());
    named.map_or((Currency::default(), text), |currency| (currency, rest.trim_start()))
}

/// A currency after a number, and what stands before it.
pub fn after(text: &str) -> (Currency, &str) {
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '-' | ',' | '.');
    let name = text.strip_suffix('.').unwrap_or(text);
    let (number, name) =
        name.split_at_checked(name.trim_end_matches(|c| !is_number(c)).len()).unwrap_or_default();
    Currency::named(name).map_or((Currency::default(), text), |currency| (currency, number))
}

/// A word, a code, or a sign with letters before it as in `US$`.
fn is_known(word: &str) -> bool {
    let is_sign = |c: char| {
        matches!(c, '$' | '£' | '¥' | '฿' | '৳' | '៛' | '﷼' | '￡' | '￥' | '\u{20a0}'..='\u{20cf}')
    };
    let lower = word.to_lowercase();
    let letters = word.trim_matches(is_sign);
    let is_upper = letters.bytes().all(|byte| byte.is_ascii_uppercase());
    WORDS.contains(&lower.as_str())
        || CENTS.contains(&lower.as_str())
        || is_upper && (letters.len() == 3 || letters.len() < 3 && letters.len() < word.len())
}
