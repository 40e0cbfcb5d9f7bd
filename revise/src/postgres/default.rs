//! The default of a column, from the expression that PostgreSQL prints.
//!
//! PostgreSQL writes a cast after most literals. It is dropped where the column's type says the same, so that a value
//! is equal however it was written; whatever is not clearly a literal stays the expression that it is.

use super::spelling::{base, group_length, without_parentheses};
use crate::schema::{DefaultValue, Type};

/// Reads the default of a column whose type `format_type` prints as `column`. `NULL` is no default.
pub fn parse(expression: &str, column: &str, kind: &Type) -> Option<DefaultValue> {
    let expression = without_parentheses(expression);
    if matches!(expression, "now()" | "CURRENT_TIMESTAMP" | "transaction_timestamp()") {
        return Some(DefaultValue::Now);
    }
    let sql = || Some(DefaultValue::sql(expression));
    let Some(literal) = literal(expression) else { return sql() };
    if literal.value == Value::Null {
        return None;
    }
    if !literal.casts.iter().all(|cast| literal.keeps(cast, column)) {
        return sql();
    }
    let columns_own = |cast: &&str| base(cast) == base(column);
    let class = Class::of(&base(column));
    let one_class = |cast: &&str| class != Class::Other && Class::of(&base(cast)) == class;
    let plain = match literal.casts.as_slice() {
        [] => true,
        [cast] => columns_own(cast) || one_class(cast),
        casts => casts.iter().all(one_class),
    };
    if !plain {
        return sql();
    }
    match (literal.value, class, kind) {
        (Value::Null, _, _) => None,
        (Value::Text(text), Class::Number, _) if is_number(&text) => {
            Some(DefaultValue::Number(text))
        }
        (Value::Text(_), Class::Number, _) | (Value::Text(_), _, Type::Boolean) => sql(),
        (Value::Text(text), _, _) | (Value::Number(text), Class::Text, _) => {
            Some(DefaultValue::Text(text))
        }
        (Value::Number(number), _, _) => Some(DefaultValue::Number(number)),
        (Value::Boolean(value), Class::Text, _) => Some(DefaultValue::Text(value.to_string())),
        (Value::Boolean(value), _, Type::Boolean) => Some(DefaultValue::Boolean(value)),
        (Value::Boolean(_), _, _) => sql(),
    }
}

/// Types between whose members a literal keeps its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Text,
    Number,
    Other,
}

impl Class {
    fn of(base: &str) -> Self {
        match base {
            "text" | "character varying" | "character" | "bpchar" => Self::Text,
            "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" => {
                Self::Number
            }
            _ => Self::Other,
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Value {
    Text(String),
    Number(String),
    Boolean(bool),
    Null,
}

/// A literal and the types it is cast to, the innermost first.
#[derive(Debug, PartialEq, Eq)]
struct Literal<'a> {
    value: Value,
    casts: Vec<&'a str>,
}

impl Literal<'_> {
    /// Whether a cast changes nothing that putting the value into the column would not change, too: a length cuts, and
    /// a precision rounds.
    fn keeps(&self, cast: &str, column: &str) -> bool {
        if base(cast) == cast {
            return true;
        }
        let length = |kind: &str| kind.split_once('(')?.1.split_once(')')?.0.parse::<usize>().ok();
        let fits = match &self.value {
            Value::Text(text) if Class::of(&base(cast)) == Class::Text => {
                length(cast).is_some_and(|length| text.chars().count() <= length)
            }
            _ => true,
        };
        cast == column && fits
    }
}

fn literal(text: &str) -> Option<Literal<'_>> {
    let text = text.trim();
    let (value, mut casts, rest) = if let Some(length) = group_length(text) {
        let (group, rest) = text.split_at(length);
        let inner = literal(group.strip_prefix('(')?.strip_suffix(')')?)?;
        (inner.value, inner.casts, rest)
    } else if let Some(quoted) = text.strip_prefix("E'") {
        let (value, rest) = quoted_text(quoted, true)?;
        (Value::Text(value), Vec::new(), rest)
    } else if let Some(quoted) = text.strip_prefix('\'') {
        let (value, rest) = quoted_text(quoted, false)?;
        (Value::Text(value), Vec::new(), rest)
    } else {
        let (word, rest) = text.split_at(text.find("::").unwrap_or(text.len()));
        let value = match word {
            "true" => Value::Boolean(true),
            "false" => Value::Boolean(false),
            "NULL" => Value::Null,
            number if is_number(number) => Value::Number(number.to_owned()),
            _ => return None,
        };
        (value, Vec::new(), rest)
    };
    if !rest.is_empty() {
        for cast in rest.strip_prefix("::")?.split("::") {
            casts.push(Some(cast).filter(|cast| is_type(cast))?);
        }
    }
    Some(Literal { value, casts })
}

/// Reads a literal after its first quote, and answers what comes after the last one.
fn quoted_text(text: &str, escapes: bool) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.chars();
    while let Some(next) = characters.next() {
        match next {
            '\'' if characters.as_str().starts_with('\'') => {
                characters.next();
                value.push('\'');
            }
            '\'' => return Some((value, characters.as_str())),
            '\\' if escapes => value.push(match characters.next()? {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'b' => '\u{8}',
                'f' => '\u{c}',
                plain @ ('\\' | '\'' | '"') => plain,
                // Codes of characters; PostgreSQL does not print them.
                _ => return None,
            }),
            _ => value.push(next),
        }
    }
    None
}

fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.')
        && unsigned.ends_with(|last: char| last.is_ascii_digit() || last == '.')
        && unsigned.parse::<f64>().is_ok()
}

/// Whether a text is the name of a type and nothing more, such as a type and an operator after it.
fn is_type(text: &str) -> bool {
    const SEVERAL: &str = " character varying double precision bit timestamp time with without zone interval year to \
                           month day hour minute second ";
    let mut words = vec![String::new()];
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let length = match next {
            '(' => group_length(rest),
            '"' => rest.get(1..).and_then(|inner| inner.find('"')).map(|end| end + 2),
            '[' if rest.starts_with("[]") => Some(2),
            ' ' | '.' | '_' | '$' => Some(1),
            _ if next.is_alphanumeric() => Some(next.len_utf8()),
            _ => None,
        };
        let Some((piece, after)) = length.and_then(|length| rest.split_at_checked(length)) else {
            return false;
        };
        match (next, words.last_mut()) {
            (' ', _) => words.push(String::new()),
            ('(', _) if piece.contains(|inner: char| inner.is_alphabetic() || inner == '\'') => {
                return false;
            }
            ('(' | '[', _) | (_, None) => {}
            (_, Some(word)) => word.push_str(piece),
        }
        rest = after;
    }
    match words.as_slice() {
        [one] => !one.is_empty(),
        several => several.iter().all(|word| SEVERAL.contains(&format!(" {word} "))),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::spelling, *};

    fn read(expression: &str, column: &str) -> Option<DefaultValue> {
        let kind =
            if column == "mood" { Type::enumeration("mood") } else { spelling::kind(column) };
        parse(expression, column, &kind)
    }

    #[test]
    fn a_literal_loses_the_cast_that_the_column_says_anyway() {
        let text = |text: &str| Some(DefaultValue::Text(text.to_owned()));
        let number = |text: &str| Some(DefaultValue::Number(text.to_owned()));
        for (expression, column, default) in [
            ("'x'::character varying", "character varying(20)", text("x")),
            ("'x'::text", "character varying", text("x")),
            ("('x'::character varying)::text", "text", text("x")),
            ("'a'::bpchar", "character(3)", text("a")),
            ("'it''s'::text", "text", text("it's")),
            (r"E'a\\b\n\''::text", "text", text("a\\b\n'")),
            (r"'a\b'::text", "text", text(r"a\b")),
            ("'abc'::character varying(3)", "character varying(3)", text("abc")),
            ("'{}'::jsonb", "jsonb", text("{}")),
            ("'a'::mood", "mood", text("a")),
            ("'a'::\"Mood (1)\"", "\"Mood (1)\"", text("a")),
            ("'{a}'::text[]", "text[]", text("{a}")),
            ("'{}'::character varying[]", "character varying(5)[]", text("{}")),
            ("'2020-01-01'::date", "date", text("2020-01-01")),
            ("'10:00:00'::time without time zone", "time without time zone", text("10:00:00")),
            ("'1 day'::interval", "interval", text("1 day")),
            (r"'\xdead'::bytea", "bytea", text(r"\xdead")),
            ("5", "text", text("5")),
            ("true", "text", text("true")),
            ("0", "numeric(10,2)", number("0")),
            ("'0'::numeric", "numeric", number("0")),
            ("(0)::numeric", "numeric", number("0")),
            ("1.25::numeric(5,1)", "numeric(5,1)", number("1.25")),
            ("'-1'::integer", "bigint", number("-1")),
            ("('-1'::integer)::bigint", "bigint", number("-1")),
            ("'-1.5'::numeric", "double precision", number("-1.5")),
            ("true", "boolean", Some(DefaultValue::Boolean(true))),
            ("now()", "timestamp with time zone", Some(DefaultValue::Now)),
            ("CURRENT_TIMESTAMP", "timestamp without time zone", Some(DefaultValue::Now)),
            ("NULL::character varying", "character varying(5)", None),
        ] {
            assert_eq!(read(expression, column), default, "{expression} of {column}");
        }
    }

    #[test]
    fn what_is_more_than_a_literal_stays_an_expression() {
        for (expression, column) in [
            ("'x'::text || 'y'::text", "text"),
            ("'abcdef'::character varying(3)", "character varying(3)"),
            ("1.239::numeric(5,1)", "numeric(10,2)"),
            ("'now'::text)::date", "date"),
            ("('now'::text)::date", "date"),
            ("'2020-01-01'::date AT TIME ZONE 'utc'::text", "timestamp without time zone"),
            ("'2020-01-01 00:00:00+02'::timestamp with time zone", "timestamp without time zone"),
            ("'a'::text COLLATE \"C\"", "text"),
            ("'NaN'::double precision", "double precision"),
            ("'5'::text IS NULL", "boolean"),
            ("CURRENT_TIMESTAMP(3)", "timestamp with time zone"),
            ("CURRENT_DATE", "date"),
            ("nextval('other_seq'::regclass)", "integer"),
            ("ARRAY['a'::text]", "text[]"),
            ("gen_random_uuid()", "uuid"),
            ("'101'::\"bit\"", "bit(3)"),
        ] {
            let default = Some(DefaultValue::sql(expression));
            assert_eq!(read(expression, column), default, "{expression} of {column}");
        }
        let spoken = Some(DefaultValue::sql("now() AT TIME ZONE 'utc'::text"));
        assert_eq!(read("(now() AT TIME ZONE 'utc'::text)", "timestamp without time zone"), spoken);
    }
}
