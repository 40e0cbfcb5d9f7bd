//! Texts of expressions: enough reading to rename a column in one and to see whether one names it.

use crate::schema::quote;

/// One piece of an expression.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    /// A name, without its quotes where it has some.
    Name { text: &'a str, quoted: bool },
    /// Anything else, literals included, verbatim.
    Other(&'a str),
}

/// Gives a column another name wherever an expression names it, and never inside of a literal.
#[must_use]
pub fn rename_in(expression: &str, from: &str, to: &str) -> String {
    let mut renamed = String::with_capacity(expression.len());
    for piece in pieces(expression) {
        match piece {
            Piece::Name { text, quoted } if names(text, quoted, from) => {
                let plain = !quoted && is_plain(to);
                renamed.push_str(&if plain { to.to_owned() } else { quote(to) });
            }
            Piece::Name { text, quoted: true } => {
                renamed.push('"');
                renamed.push_str(text);
                renamed.push('"');
            }
            Piece::Name { text, quoted: false } | Piece::Other(text) => renamed.push_str(text),
        }
    }
    renamed
}

/// Whether an expression names this column.
#[must_use]
pub fn mentions(expression: &str, column: &str) -> bool {
    pieces(expression).iter().any(|piece| match piece {
        Piece::Name { text, quoted } => names(text, *quoted, column),
        Piece::Other(_) => false,
    })
}

/// Whether two expressions are the same but for spaces, for the case of names without quotes, and for quotes that do
/// not matter.
#[must_use]
pub fn equivalent(one: &str, other: &str) -> bool {
    let words = |expression| {
        let pieces = pieces(expression).into_iter();
        let words = pieces.filter_map(|piece| match piece {
            Piece::Name { text, quoted: false } => Some(text.to_lowercase()),
            Piece::Name { text, quoted: true } if needs_no_quotes(text) => Some(text.to_owned()),
            Piece::Name { text, quoted: true } => Some(format!("\"{text}\"")),
            Piece::Other(text) if text.starts_with(char::is_alphabetic) => {
                Some(text.to_lowercase())
            }
            Piece::Other(text) => Some(text.to_owned()).filter(|text| !text.trim().is_empty()),
        });
        words.collect::<Vec<String>>()
    };
    one == other || words(one) == words(other)
}

fn names(text: &str, quoted: bool, column: &str) -> bool {
    if quoted { text.replace("\"\"", "\"") == column } else { text.eq_ignore_ascii_case(column) }
}

/// Whether a name surely needs no quotes: no keyword has an underscore or a digit in it.
pub(crate) fn is_plain(name: &str) -> bool {
    let small = |next: u8| next.is_ascii_lowercase() || next.is_ascii_digit() || next == b'_';
    let begins = name.bytes().next().is_some_and(|first| !first.is_ascii_digit());
    let apart = name.bytes().any(|next| next.is_ascii_digit() || next == b'_');
    begins
        && apart
        && name.bytes().all(small)
        && !name.starts_with("current_")
        && name != "session_user"
}

/// Whether a name means a column also without quotes, where it can stand without them at all.
fn needs_no_quotes(name: &str) -> bool {
    const VALUES: [&str; 8] = [
        "user",
        "session_user",
        "system_user",
        "localtime",
        "localtimestamp",
        "null",
        "true",
        "false",
    ];
    let small = |next: u8| next.is_ascii_lowercase() || next.is_ascii_digit() || next == b'_';
    name.bytes().next().is_some_and(|first| !first.is_ascii_digit())
        && name.bytes().all(small)
        && !name.starts_with("current_")
        && !VALUES.contains(&name)
}

fn pieces(expression: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' | '\'' => quoted_length(rest, first),
            _ if first.is_alphanumeric() || first == '_' => rest
                .find(|next: char| !(next.is_alphanumeric() || next == '_' || next == '$'))
                .unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (text, after) = rest.split_at(length);
        let cast = matches!(pieces.as_slice(), [.., Piece::Other(":"), Piece::Other(":")]);
        pieces.push(match first {
            // The name of a function or of a type.
            _ if cast || after.trim_start().starts_with('(') => Piece::Other(text),
            '"' => {
                let inner = text.strip_prefix('"').unwrap_or(text);
                Piece::Name { text: inner.strip_suffix('"').unwrap_or(inner), quoted: true }
            }
            _ if first.is_alphabetic() || first == '_' => Piece::Name { text, quoted: false },
            _ => Piece::Other(text),
        });
        rest = after;
    }
    pieces
}

/// How long a quoted text at the beginning is, its quotes included; a doubled quote does not end it.
fn quoted_length(text: &str, mark: char) -> usize {
    let mut from = mark.len_utf8();
    loop {
        let Some(end) = text.get(from..).and_then(|rest| rest.find(mark)) else {
            return text.len();
        };
        let after = from + end + mark.len_utf8();
        if !text.get(after..).is_some_and(|rest| rest.starts_with(mark)) {
            return after;
        }
        from = after + mark.len_utf8();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_renamed_where_it_is_named_and_nowhere_else() {
        for (expression, renamed) in [
            ("price >= 0", "\"cost\" >= 0"),
            ("\"price\" >= 0", "\"cost\" >= 0"),
            ("price <> 'price'", "\"cost\" <> 'price'"),
            ("list_price > price_list", "list_price > price_list"),
            ("lower(Price) = 'it''s price'", "lower(\"cost\") = 'it''s price'"),
            ("\"a\"\"price\" > 1", "\"a\"\"price\" > 1"),
            ("'unclosed price", "'unclosed price"),
        ] {
            assert_eq!(rename_in(expression, "price", "cost"), renamed, "{expression}");
        }
        assert_eq!(rename_in("price > 0", "price", "net_price"), "net_price > 0");
        assert_eq!(rename_in("price > 0", "price", "Order Price"), "\"Order Price\" > 0");
        assert!(
            equivalent("\"a_b\" > LOWER(c)", "A_b >  lower(c)")
                && !equivalent("\"user\" = c", "user = c")
        );
        assert!(!equivalent("\"A\" > 0", "a > 0") && !equivalent("'a' > b", "'A' > b"));
        assert_eq!(rename_in("price(a) + price", "price", "net_price"), "price(a) + net_price");
        assert!(!mentions("a = 'x'::price", "price") && !mentions("a::\"price\"", "price"));
        assert!(mentions("a + price", "price") && !mentions("'price'", "price"));
    }
}
