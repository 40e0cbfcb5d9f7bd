//! Values of every type, as SQL writes them.

use sea_orm::DbBackend;

use crate::schema::{Check, Column, Schema, Type, expression::mentions, quote_text};

/// How long a text is where its type sets no end, or a very distant one.
const CHARACTERS: usize = 200;
const MOST_CHARACTERS: usize = 100_000;

/// What a value is like.
#[derive(Clone, Copy, Debug)]
pub enum Style<'a> {
    /// Short and harmless.
    Plain,
    /// With quotes and letters of other alphabets.
    Odd,
    /// As long as the type lets it be.
    Long,
    /// Near to what the checks of the table name, another way with each variant.
    Checked { checks: &'a [Check], variant: usize },
}

/// How the values of a row are made.
#[derive(Clone, Copy)]
pub struct Recipe<'a> {
    pub style: Style<'a>,
    /// Of the row.
    pub number: usize,
    /// Has the values of the enums.
    pub schema: &'a Schema,
    pub backend: DbBackend,
}

/// A value of a column; another one for each number of a row, as far as the type has as many.
pub fn literal(column: &Column, recipe: &Recipe<'_>) -> String {
    let checked = match recipe.style {
        Style::Checked { checks, variant } => {
            let mut checks = checks.iter().map(|check| check.expression.as_str());
            checks.find(|check| mentions(check, &column.name)).map(|check| (check, variant))
        }
        Style::Plain | Style::Odd | Style::Long => None,
    };
    typed(&column.kind, checked, recipe)
}

fn typed(kind: &Type, checked: Option<(&str, usize)>, recipe: &Recipe<'_>) -> String {
    let Recipe { style, number, schema, backend } = *recipe;
    let sqlite = backend == DbBackend::Sqlite;
    let row = number + 1;
    let text = |length| quote_text(&text(checked, style, number, length));
    match kind {
        Type::Char(length) => text(Some(length.unwrap_or(1))),
        Type::Varchar(length) => text(*length),
        Type::Text => text(None),
        Type::TinyInteger
        | Type::SmallInteger
        | Type::Integer
        | Type::BigInteger
        | Type::TinyUnsigned
        | Type::SmallUnsigned
        | Type::Unsigned
        | Type::BigUnsigned => whole(checked, number).to_string(),
        Type::Float | Type::Double => format!("{}.5", whole(checked, number)),
        Type::Decimal(digits) => decimal(*digits, whole(checked, number), row),
        Type::Money(_) if sqlite => format!("{}.5", whole(checked, number)),
        Type::Money(_) => format!("'{}.50'", whole(checked, number)),
        Type::Boolean => if number.is_multiple_of(2) { "TRUE" } else { "FALSE" }.to_owned(),
        Type::Date => format!("'2024-02-{}'", 26 + row),
        Type::Time => format!("'0{row}:02:03'"),
        Type::DateTime | Type::Timestamp => format!("'2024-02-{} 01:02:03'", 26 + row),
        Type::TimestampWithTimeZone => format!("'2024-02-{} 01:02:03+00:00'", 26 + row),
        Type::Blob | Type::Binary(_) | Type::VarBinary(_) if sqlite => format!("X'0{row}00FF'"),
        Type::Blob | Type::Binary(_) | Type::VarBinary(_) => format!("decode('0{row}00FF', 'hex')"),
        Type::Json | Type::JsonBinary => {
            quote_text(&format!("{{\"row\": {row}, \"text\": \"it's ü\"}}"))
        }
        // SeaORM keeps a UUID as bytes there.
        Type::Uuid if sqlite => format!("X'0000000000004000800000000000000{row}'"),
        Type::Uuid => format!("'00000000-0000-4000-8000-00000000000{row}'"),
        Type::Enum(name) => {
            let values = schema.enums.get(name);
            let value = values.and_then(|values| values.iter().cycle().nth(number).cloned());
            let named =
                || checked.and_then(|(check, _)| texts(check).into_iter().cycle().nth(number));
            // SQLite keeps a text, which a check may know better than the enum.
            let value = if sqlite { named().or(value) } else { value.or_else(named) };
            quote_text(&value.unwrap_or_else(|| "a".to_owned()))
        }
        Type::Array(_) if sqlite => "'[]'".to_owned(),
        Type::Array(_) => "'{}'".to_owned(),
        Type::Other(spelling) if sqlite => other_sqlite(spelling, checked, style, number),
        Type::Other(spelling) => other_postgres(spelling, checked, style, number),
    }
}

fn text(
    checked: Option<(&str, usize)>,
    style: Style<'_>,
    number: usize,
    length: Option<u32>,
) -> String {
    let row = number + 1;
    let most = length.map(|length| usize::try_from(length).unwrap_or(MOST_CHARACTERS));
    if let Some((check, _)) = checked
        && let Some(text) = texts(check).into_iter().cycle().nth(number)
    {
        return text;
    }
    let text = match style {
        Style::Plain if most == Some(1) => row.to_string(),
        Style::Plain => format!("a{row}"),
        // The number comes first, so that a short column has different values too.
        Style::Odd => format!("{row}'\"\\ü 世界 %_😀\t;-- /*"),
        Style::Long => {
            format!(
                "{row}{}",
                "x".repeat(most.unwrap_or(CHARACTERS).min(MOST_CHARACTERS).saturating_sub(1))
            )
        }
        Style::Checked { variant: 1, .. } if most == Some(1) => row.to_string(),
        // A check without texts that names a number is one of the length.
        Style::Checked { variant: 1, .. } if long(checked).is_some() => {
            format!("{row}{}", "x".repeat(long(checked).unwrap_or_default().saturating_sub(1)))
        }
        Style::Checked { variant: 1, .. } => format!("a{row}"),
        Style::Checked { variant: 2, .. } => format!("{row}AAAAAAAAAAAAAAAAAAA"),
        Style::Checked { .. } => format!("a{row}@example.org"),
    };
    text.chars().take(most.unwrap_or(usize::MAX)).collect()
}

/// How long a text is that a check of its length may hold for.
fn long(checked: Option<(&str, usize)>) -> Option<usize> {
    let named = first_number(checked?.0)?;
    usize::try_from(whole(checked, 0)).ok().filter(|_| named.0 > 0)
}

/// A number that the first comparison of a check may hold for; later variants try above and below it.
fn whole(checked: Option<(&str, usize)>, number: usize) -> i64 {
    let row = i64::try_from(number).unwrap_or_default();
    let named = checked.and_then(|(check, variant)| Some((first_number(check)?, variant)));
    let above = |named: i64| named.saturating_add(row).saturating_add(1);
    let below = |named: i64| named.saturating_sub(row).saturating_sub(1);
    match named {
        Some(((named, BoundSide::Above), 1) | ((named, _), 3..)) => above(named),
        Some(((named, BoundSide::Below), 1) | ((named, _), 2)) => below(named),
        Some(((named, _), _)) => named.saturating_add(row),
        None => row + 1,
    }
}

fn decimal(digits: Option<(u32, u32)>, whole: i64, row: usize) -> String {
    match digits {
        Some((precision, scale)) if precision <= scale => {
            // Nothing fits before the point, and maybe only zeros right after it.
            let zeros = usize::try_from(scale.saturating_sub(1)).unwrap_or_default();
            format!("0.{}{row}", "0".repeat(zeros))
        }
        Some((_, 0)) => whole.to_string(),
        _ => format!("{whole}.5"),
    }
}

/// The texts that an expression names, without quotes.
fn texts(expression: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut rest = expression;
    while let Some((_, after)) = rest.split_once('\'') {
        let mut text = String::new();
        let mut inner = after;
        loop {
            let Some((part, next)) = inner.split_once('\'') else { return texts };
            text.push_str(part);
            match next.strip_prefix('\'') {
                Some(next) => {
                    text.push('\'');
                    inner = next;
                }
                None => {
                    rest = next;
                    break;
                }
            }
        }
        texts.push(text);
    }
    texts
}

/// Where the values are that a comparison holds for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BoundSide {
    Above,
    Below,
    At,
}

/// The first number of an expression that is no part of a name, and what stands before it.
fn first_number(expression: &str) -> Option<(i64, BoundSide)> {
    let part = |next: char| next.is_alphanumeric() || matches!(next, '_' | '-' | '"' | '\'');
    let mut place = 0;
    for word in expression.split(|next: char| !part(next)) {
        if let Ok(number) = word.parse() {
            let before = expression.get(..place).unwrap_or_default();
            let before = before.trim_end_matches(|next: char| next == '(' || next.is_whitespace());
            let side = match before.chars().next_back() {
                Some('<') => BoundSide::Below,
                Some('>') if !before.ends_with("<>") => BoundSide::Above,
                _ => BoundSide::At,
            };
            return Some((number, side));
        }
        // Every separator that `split` found is one character; only its length is not known.
        place += word.len();
        place +=
            expression.get(place..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    }
    None
}

/// By SQLite's own rules of what a type means to it.
fn other_sqlite(
    spelling: &str,
    checked: Option<(&str, usize)>,
    style: Style<'_>,
    number: usize,
) -> String {
    let kind = spelling.to_uppercase();
    let has = |parts: &[&str]| parts.iter().any(|part| kind.contains(part));
    if has(&["INT"]) {
        whole(checked, number).to_string()
    } else if has(&["CHAR", "CLOB", "TEXT"]) {
        quote_text(&text(checked, style, number, length(spelling)))
    } else if kind.is_empty() || has(&["BLOB"]) {
        format!("X'0{}00FF'", number + 1)
    } else if has(&["REAL", "FLOA", "DOUB"]) {
        format!("{}.5", whole(checked, number))
    } else {
        whole(checked, number).to_string()
    }
}

/// A value that most types of that name take; each variant tries another one.
fn other_postgres(
    spelling: &str,
    checked: Option<(&str, usize)>,
    style: Style<'_>,
    number: usize,
) -> String {
    let row = number + 1;
    let kind = spelling.trim_matches('"').to_lowercase();
    let begins = |parts: &[&str]| parts.iter().any(|part| kind.starts_with(part));
    if kind.ends_with(']') {
        "'{}'".to_owned()
    } else if begins(&["inet", "cidr"]) {
        format!("'10.0.0.{row}'")
    } else if begins(&["macaddr8"]) {
        format!("'08:00:2b:01:02:03:04:0{row}'")
    } else if begins(&["macaddr"]) {
        format!("'08:00:2b:01:02:0{row}'")
    } else if begins(&["interval"]) {
        format!("'{row} days'")
    } else if begins(&["timestamp", "date"]) {
        format!("'2024-02-{} 01:02:03'", 26 + row)
    } else if begins(&["time"]) {
        format!("'0{row}:02:03'")
    } else if begins(&["bit", "varbit"]) {
        format!("repeat('{}', {})::varbit", row % 2, length(spelling).unwrap_or(1))
    } else if begins(&["int4range", "int8range", "numrange"]) {
        format!("'[{row},{})'", row + 10)
    } else if begins(&["tsrange", "tstzrange", "daterange"]) {
        format!("'[2024-02-0{row},2024-03-01)'")
    } else if begins(&["point"]) {
        format!("'({row},2)'")
    } else if begins(&["xml"]) {
        format!("'<row>{row}</row>'")
    } else if begins(&["hstore"]) {
        format!("'a=>{row}'")
    } else if begins(&["int", "oid", "numeric", "serial", "bigserial"]) {
        whole(checked, number).to_string()
    } else if begins(&["vector("]) {
        let length = usize::try_from(length(spelling).unwrap_or(1)).unwrap_or(1);
        format!("'[{}]'", vec![row.to_string(); length].join(","))
    } else {
        quote_text(&text(checked, style, number, length(spelling)))
    }
}

/// The first number in parentheses: `bit(8)`, `varchar(20)`.
fn length(spelling: &str) -> Option<u32> {
    let (_, inside) = spelling.split_once('(')?;
    inside.split([')', ',']).next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_numbers_of_a_check_are_read() {
        let any = "(status)::text = ANY (ARRAY['new'::character varying, 'it''s'::text])";
        assert_eq!(texts(any), ["new", "it's"]);
        assert_eq!(texts("a = 'open"), Vec::<String>::new());
        for (check, number) in [
            ("c1 >= 18", Some((18, BoundSide::At))),
            ("ü—a BETWEEN -5 AND 5", Some((-5, BoundSide::At))),
            ("(price > (0)::numeric)", Some((0, BoundSide::Above))),
            ("rate < 10", Some((10, BoundSide::Below))),
            ("rate <> 10", Some((10, BoundSide::At))),
            ("a <> '7'", None),
            ("a > b", None),
        ] {
            assert_eq!(first_number(check), number, "{check}");
        }
    }
}
