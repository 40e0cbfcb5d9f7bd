//! What a column's declared type and default mean: the inverse of how the model writes them, and of how others do.

use super::token::{Token, TokenKind, bare, tokens, verbatim};
use crate::schema::{Column, DefaultValue, Type};

/// How SQLite converts the values of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Affinity {
    Integer,
    Text,
    Blob,
    Real,
    Numeric,
}

/// The affinity of a declared type, by SQLite's rules.
pub(super) fn affinity(declared: &str) -> Affinity {
    let declared = declared.to_ascii_uppercase();
    let has = |parts: &[&str]| parts.iter().any(|part| declared.contains(part));
    if has(&["INT"]) {
        Affinity::Integer
    } else if has(&["CHAR", "CLOB", "TEXT"]) {
        Affinity::Text
    } else if declared.is_empty() || has(&["BLOB"]) {
        Affinity::Blob
    } else if has(&["REAL", "FLOA", "DOUB"]) {
        Affinity::Real
    } else {
        Affinity::Numeric
    }
}

/// The type that a declaration means.
pub(super) fn kind_of_text(declared: &str) -> Type {
    match tokens(declared) {
        Ok(tokens) => kind(&tokens),
        Err(_) => Type::Other(declared.trim().to_owned()),
    }
}

/// The type that is meant by one in the database's own words; any other is what it is.
pub(crate) fn meaning(kind: &Type) -> Type {
    match kind {
        Type::Other(declared) => kind_of_text(declared),
        kind => kind.clone(),
    }
}

/// The type that a declaration means, from its tokens.
pub(super) fn kind(declared: &[Token<'_>]) -> Type {
    let other = || Type::Other(verbatim(declared));
    let open = declared.iter().position(|token| token.is_mark("("));
    let (words, after) = declared.split_at(open.unwrap_or(declared.len()));
    if words.iter().any(|token| token.kind != TokenKind::Word) {
        return other();
    }
    let words: Vec<_> = words.iter().map(|token| token.text.to_ascii_lowercase()).collect();
    let arguments: Option<Vec<u32>> = after
        .iter()
        .filter(|token| !["(", ",", ")"].iter().any(|mark| token.is_mark(mark)))
        .map(|token| token.text.parse().ok())
        .collect();
    let found = match arguments.as_deref() {
        Some([]) if open.is_none() => plain(&words.join(" ")),
        Some([length]) => with_length(&words.join(" "), *length),
        Some([precision, scale]) => with_scale(&words.join(" "), *precision, *scale),
        _ => None,
    };
    found.unwrap_or_else(other)
}

fn plain(words: &str) -> Option<Type> {
    let found = match words {
        "char" | "character" | "nchar" => Type::Char(None),
        "varchar" | "nvarchar" | "character varying" => Type::Varchar(None),
        "text" => Type::Text,
        "tinyint" => Type::TinyInteger,
        "smallint" | "int2" => Type::SmallInteger,
        "integer" | "int" | "int4" | "mediumint" => Type::Integer,
        "bigint" | "int8" => Type::BigInteger,
        "float" | "real" => Type::Float,
        "double" | "double precision" => Type::Double,
        "real_decimal" | "decimal" | "numeric" => Type::Decimal(None),
        "real_money" | "money" => Type::Money(None),
        "boolean" | "bool" => Type::Boolean,
        "date_text" | "date" => Type::Date,
        "time_text" | "time" | "time without time zone" => Type::Time,
        "datetime_text" | "datetime" => Type::DateTime,
        "timestamp_text" | "timestamp" | "timestamp without time zone" => Type::Timestamp,
        "timestamp_with_timezone_text" | "timestamptz" | "timestamp with time zone" => {
            Type::TimestampWithTimeZone
        }
        "blob" | "bytea" => Type::Blob,
        "varbinary_blob" | "varbinary" => Type::VarBinary(None),
        "json_text" | "json" => Type::Json,
        "jsonb_text" | "jsonb" => Type::JsonBinary,
        "uuid_text" | "uuid" => Type::Uuid,
        // The name of the enum is nowhere in the database.
        "enum_text" => Type::other("enum_text"),
        _ => return None,
    };
    Some(found)
}

fn with_length(words: &str, length: u32) -> Option<Type> {
    let found = match words {
        "char" | "character" | "nchar" => Type::Char(Some(length)),
        "varchar" | "nvarchar" | "character varying" => Type::Varchar(Some(length)),
        "blob" | "binary" => Type::Binary(length),
        "varbinary_blob" | "varbinary" => Type::VarBinary(Some(length)),
        "numeric" | "decimal" => Type::Decimal(Some((length, 0))),
        _ => return None,
    };
    Some(found)
}

fn with_scale(words: &str, precision: u32, scale: u32) -> Option<Type> {
    match words {
        "real" | "numeric" | "decimal" => Some(Type::Decimal(Some((precision, scale)))),
        "real_money" | "money" => Some(Type::Money(Some((precision, scale)))),
        _ => None,
    }
}

/// The default that an expression in parentheses means; NULL is none.
pub(super) fn default(expression: &[Token<'_>]) -> Option<DefaultValue> {
    let found = match bare(expression) {
        [one] => return single(*one),
        [sign, number] if number.kind == TokenKind::Number && sign.is_mark("-") => {
            DefaultValue::Number(format!("-{}", number.text))
        }
        [sign, number] if number.kind == TokenKind::Number && sign.is_mark("+") => {
            DefaultValue::Number(number.text.to_owned())
        }
        tokens => DefaultValue::Sql(verbatim(tokens)),
    };
    Some(found)
}

fn single(token: Token<'_>) -> Option<DefaultValue> {
    let found = match token.kind {
        // A name in quotes that names nothing is a text to SQLite.
        TokenKind::Text | TokenKind::Name => DefaultValue::Text(token.inner()),
        TokenKind::Number => DefaultValue::Number(token.text.to_owned()),
        TokenKind::Word if token.is("NULL") => return None,
        TokenKind::Word if token.is("TRUE") => DefaultValue::Boolean(true),
        TokenKind::Word if token.is("FALSE") => DefaultValue::Boolean(false),
        TokenKind::Word if token.is("CURRENT_TIMESTAMP") => DefaultValue::Now,
        TokenKind::Word if is_clock(token) => DefaultValue::Sql(token.text.to_ascii_uppercase()),
        TokenKind::Word | TokenKind::Other => DefaultValue::Sql(token.text.to_owned()),
    };
    Some(found)
}

/// The default that one token without parentheses means, which may be a text that is not even quoted.
pub(super) fn default_word(token: Token<'_>) -> Option<DefaultValue> {
    match single(token) {
        Some(DefaultValue::Sql(word)) if token.kind == TokenKind::Word && !is_clock(token) => {
            Some(DefaultValue::Text(word))
        }
        found => found,
    }
}

fn is_clock(token: Token<'_>) -> bool {
    token.is("CURRENT_DATE") || token.is("CURRENT_TIME")
}

/// Gives a column's default the form that its type asks for, where SQLite stores the same value either way.
pub(super) fn adjust_default(column: &mut Column) {
    let Some(default) = &column.default else { return };
    let adjusted = match (&column.kind, default) {
        (Type::Boolean, DefaultValue::Number(value) | DefaultValue::Text(value)) => {
            match value.as_str() {
                "0" => Some(DefaultValue::Boolean(false)),
                "1" => Some(DefaultValue::Boolean(true)),
                _ => None,
            }
        }
        (Type::Char(_) | Type::Varchar(_) | Type::Text, DefaultValue::Number(value)) => {
            is_plain_number(value).then(|| DefaultValue::Text(value.clone()))
        }
        (kind, DefaultValue::Text(value)) if kind.is_integer() || kind.is_fractional() => {
            is_plain_number(value).then(|| DefaultValue::Number(value.clone()))
        }
        _ => None,
    };
    if adjusted.is_some() {
        column.default = adjusted;
    }
}

/// Whether a number is written as SQLite itself would write it, so that the text and the number are the same.
fn is_plain_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = match digits.split_once('.') {
        Some((whole, part)) => (whole, Some(part)),
        None => (digits, None),
    };
    let all = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_digit());
    let plain_whole = whole == "0" || !(whole.is_empty() || whole.starts_with('0'));
    let plain_part = part.is_none_or(|part| !(part.is_empty() || part.ends_with('0')) && all(part));
    plain_whole && all(whole) && digits.len() < 16 && plain_part && text != "-0"
}

#[cfg(test)]
mod tests {
    use sea_orm::DbBackend;

    use super::*;

    #[test]
    fn a_type_is_read_as_it_was_written() {
        for kind in [
            Type::Char(None),
            Type::Char(Some(3)),
            Type::Varchar(None),
            Type::Varchar(Some(50)),
            Type::Text,
            Type::TinyInteger,
            Type::SmallInteger,
            Type::Integer,
            Type::Float,
            Type::Double,
            Type::Decimal(None),
            Type::Decimal(Some((12, 2))),
            Type::Money(None),
            Type::Money(Some((12, 2))),
            Type::Boolean,
            Type::Date,
            Type::Time,
            Type::DateTime,
            Type::Timestamp,
            Type::TimestampWithTimeZone,
            Type::Blob,
            Type::Binary(16),
            Type::VarBinary(None),
            Type::VarBinary(Some(9)),
            Type::Json,
            Type::JsonBinary,
            Type::Uuid,
            Type::other("vector(3)"),
        ] {
            assert_eq!(kind_of_text(&kind.sql(DbBackend::Sqlite)), kind);
        }
    }

    #[test]
    fn foreign_spellings_are_understood() {
        for (declared, kind) in [
            ("INT", Type::Integer),
            ("  BIGINT ", Type::BigInteger),
            ("Character  Varying ( 10 )", Type::Varchar(Some(10))),
            ("NUMERIC(12,2)", Type::Decimal(Some((12, 2)))),
            ("decimal(5)", Type::Decimal(Some((5, 0)))),
            ("timestamp with\ntime zone", Type::TimestampWithTimeZone),
            ("double precision", Type::Double),
            ("ENUM_TEXT", Type::other("enum_text")),
            ("", Type::other("")),
            ("UNSIGNED  BIG INT", Type::other("UNSIGNED BIG INT")),
            ("varchar(-1)", Type::other("varchar(-1)")),
            ("\"odd\" (3)", Type::other("\"odd\" (3)")),
        ] {
            assert_eq!(kind_of_text(declared), kind, "{declared}");
        }
    }

    #[test]
    fn a_default_takes_the_form_of_its_type() {
        let text = |value: &str| Some(DefaultValue::Text(value.to_owned()));
        let number = |value: &str| Some(DefaultValue::Number(value.to_owned()));
        let sql = |value: &str| Some(DefaultValue::Sql(value.to_owned()));
        for (kind, expression, expected) in [
            (Type::Text, "'007'", text("007")),
            (Type::Text, "\"it's\"", text("it's")),
            (Type::Text, "'it''s'", text("it's")),
            (Type::Text, "7", text("7")),
            (Type::Text, "1.50", number("1.50")),
            (Type::Integer, "'0'", number("0")),
            (Type::Integer, "'007'", text("007")),
            (Type::Integer, "((- 1))", number("-1")),
            (Type::Decimal(None), "'-1.5'", number("-1.5")),
            (Type::Boolean, "0", Some(DefaultValue::Boolean(false))),
            (Type::Boolean, "tRUE", Some(DefaultValue::Boolean(true))),
            (Type::Timestamp, "current_timestamp", Some(DefaultValue::Now)),
            (Type::Date, "current_date", sql("CURRENT_DATE")),
            (Type::Text, "NULL", None),
            (Type::Blob, "x'00'", sql("x'00'")),
            (Type::Text, "lower(  'A  b' )", sql("lower( 'A  b' )")),
        ] {
            let mut column = Column::new("c", kind);
            column.default = default(&tokens(expression).unwrap());
            adjust_default(&mut column);
            assert_eq!(column.default, expected, "{expression}");
        }
        assert_eq!(default_word(tokens("draft").unwrap()[0]), text("draft"));
    }
}
