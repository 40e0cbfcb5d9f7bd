//! Types, their defaults and values, and what may be cast to what.

use sea_orm::DbBackend;
use sea_revise::schema::{DefaultValue, Type, quote_text};

use super::random::Random;

/// Types that behave alike in expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Whole,
    Fraction,
    Money,
    Text,
    Boolean,
    Moment,
    Time,
    Bytes,
    Json,
    Uuid,
    Enum,
    Array,
    Other,
}

/// The class of a type.
pub fn class(kind: &Type) -> Class {
    match kind {
        Type::Char(_) | Type::Varchar(_) | Type::Text => Class::Text,
        Type::Float | Type::Double | Type::Decimal(_) => Class::Fraction,
        Type::Money(_) => Class::Money,
        Type::Boolean => Class::Boolean,
        Type::Date | Type::DateTime | Type::Timestamp | Type::TimestampWithTimeZone => {
            Class::Moment
        }
        Type::Time => Class::Time,
        Type::Blob | Type::Binary(_) | Type::VarBinary(_) => Class::Bytes,
        Type::Json | Type::JsonBinary => Class::Json,
        Type::Uuid => Class::Uuid,
        Type::Enum(_) => Class::Enum,
        Type::Array(_) => Class::Array,
        Type::Other(_) => Class::Other,
        _ => Class::Whole,
    }
}

/// Whether a type is one of numbers.
pub fn is_number(kind: &Type) -> bool {
    matches!(class(kind), Class::Whole | Class::Fraction)
}

/// Any type.
pub fn any(random: &mut Random, backend: DbBackend, enums: &[String]) -> Type {
    let mut all = vec![
        Type::Char(None),
        Type::Char(Some(5)),
        Type::Varchar(None),
        Type::Varchar(Some(20)),
        Type::Text,
        Type::Text,
        Type::TinyInteger,
        Type::SmallInteger,
        Type::Integer,
        Type::Integer,
        Type::BigInteger,
        Type::TinyUnsigned,
        Type::SmallUnsigned,
        Type::Unsigned,
        Type::BigUnsigned,
        Type::Float,
        Type::Double,
        Type::Decimal(None),
        Type::Decimal(Some((12, 2))),
        Type::Money(None),
        Type::Boolean,
        Type::Date,
        Type::Time,
        Type::DateTime,
        Type::Timestamp,
        Type::TimestampWithTimeZone,
        Type::Blob,
        Type::Binary(16),
        Type::VarBinary(Some(9)),
        Type::Json,
        Type::JsonBinary,
        Type::Uuid,
    ];
    all.extend(enums.iter().flat_map(|name| vec![Type::enumeration(name); 4]));
    match backend {
        DbBackend::Sqlite => all.push(Type::other("vector(3)")),
        _ => {
            all.extend([Type::Text, Type::Integer].map(Type::array));
            all.extend(enums.iter().map(|name| Type::array(Type::enumeration(name))));
            all.extend([Type::other("inet"), Type::other("interval")]);
        }
    }
    random.pick(&all).unwrap().clone()
}

/// A type for a key.
pub fn of_key(random: &mut Random) -> Type {
    let all = [
        Type::Integer,
        Type::Integer,
        Type::BigInteger,
        Type::SmallInteger,
        Type::Unsigned,
        Type::Text,
        Type::Varchar(Some(20)),
        Type::Uuid,
        Type::Date,
    ];
    random.pick(&all).unwrap().clone()
}

/// Whether a cast between two types works in both directions, as far as the values allow it.
pub fn is_castable(from: &Type, to: &Type) -> bool {
    let (one, other) = (class(from), class(to));
    match (from, to) {
        (Type::Array(one), Type::Array(other)) => {
            let enums = class(one) == Class::Enum && class(other) == Class::Enum;
            return one == other
                || enums
                || class(one) == Class::Text
                || class(other) == Class::Text;
        }
        (Type::Other(one), Type::Other(other)) => return one == other,
        _ => {}
    }
    let numbers = [Class::Whole, Class::Fraction];
    one == other
        || one == Class::Text
        || other == Class::Text
        || (numbers.contains(&one) && numbers.contains(&other))
        || matches!((one, other), (Class::Whole, Class::Boolean) | (Class::Boolean, Class::Whole))
}

/// A collation, where a type has one: one that every database of the backend has.
pub fn collation(random: &mut Random, kind: &Type, backend: DbBackend) -> Option<&'static str> {
    let all = match backend {
        DbBackend::Sqlite => ["NOCASE", "RTRIM", "BINARY"],
        _ => ["C", "POSIX", "ucs_basic"],
    };
    random.pick(&all).copied().filter(|_| is_collatable(kind, backend))
}

/// Whether a column of a type may have a collation of its own. SQLite takes one for every type.
pub fn is_collatable(kind: &Type, backend: DbBackend) -> bool {
    backend == DbBackend::Sqlite || class(kind) == Class::Text
}

/// Whether a B-tree may have values of the type.
pub fn is_indexable(kind: &Type, backend: DbBackend) -> bool {
    backend == DbBackend::Sqlite || *kind != Type::Json
}

/// A default for a type; `values` are those of the enum where it is one.
pub fn default(
    random: &mut Random,
    kind: &Type,
    backend: DbBackend,
    values: &[String],
) -> Option<DefaultValue> {
    let sqlite = backend == DbBackend::Sqlite;
    let text = |text: &str| DefaultValue::from(text);
    let number = |digits: &str| DefaultValue::number(digits);
    let sql = |sql: &str| DefaultValue::sql(sql);
    let choices: Vec<DefaultValue> = match (class(kind), kind) {
        (_, Type::Char(None)) => ["x", "ü", "'"].map(text).to_vec(),
        (_, Type::Text) => {
            let mut all = ["it's \"so\"", "a\nb\tc", "世界😀 -- /* */", "", "007", "7", "null"]
                .map(text)
                .to_vec();
            all.extend([sql("lower('ABC')"), text("now()"), text("CURRENT_TIMESTAMP"), text("\\")]);
            all
        }
        (Class::Text, _) => {
            let mut all = ["x", "it's", "ü\"\\", "", "007", " a ", "true"].map(text).to_vec();
            all.push(sql("upper('a')"));
            all
        }
        (Class::Whole, _) => {
            let mut all = ["0", "1", "42", "-1"].map(number).to_vec();
            all.push(sql("1 + 2"));
            all
        }
        (Class::Fraction, _) => ["0", "1.5", "-0.25", "12.50"].map(number).to_vec(),
        (Class::Money, _) => ["0", "1.5"].map(number).to_vec(),
        (Class::Boolean, _) => vec![DefaultValue::Boolean(true), DefaultValue::Boolean(false)],
        (_, Type::Date) => vec![text("2020-01-31"), sql("CURRENT_DATE")],
        (Class::Moment, _) => vec![DefaultValue::Now, text("2020-01-31 10:00:00")],
        (Class::Time, _) => vec![text("10:00:00")],
        (Class::Bytes, _) if sqlite => vec![sql("x'00ff'")],
        (Class::Bytes, _) => vec![text("\\x00ff")],
        (Class::Json, _) => ["{}", "{\"it's\": [1, null]}"].map(text).to_vec(),
        (Class::Uuid, _) if sqlite => vec![sql("randomblob(16)")],
        (Class::Uuid, _) => {
            vec![text("00000000-0000-4000-8000-000000000009"), sql("gen_random_uuid()")]
        }
        (Class::Enum, _) => values.iter().map(|value| text(value)).collect(),
        (Class::Array, _) => vec![text("{}")],
        (Class::Other, _) => Vec::new(),
    };
    random.pick(&choices).cloned()
}

/// A value for rows that have none, as SQL.
pub fn value(kind: &Type, backend: DbBackend, values: &[String]) -> String {
    let sqlite = backend == DbBackend::Sqlite;
    match class(kind) {
        Class::Whole => "17".to_owned(),
        Class::Fraction => "17.5".to_owned(),
        Class::Money if sqlite => "17.5".to_owned(),
        Class::Money => "'17.5'".to_owned(),
        Class::Text => "'v'".to_owned(),
        Class::Boolean => "TRUE".to_owned(),
        Class::Moment if *kind == Type::Date => "'2021-02-03'".to_owned(),
        Class::Moment => "'2021-02-03 04:05:06'".to_owned(),
        Class::Time => "'04:05:06'".to_owned(),
        Class::Bytes | Class::Uuid if sqlite => "x'00112233445566778899aabbccddeeff'".to_owned(),
        Class::Bytes => "'\\x0011'".to_owned(),
        Class::Uuid => "'00112233-4455-6677-8899-aabbccddeeff'".to_owned(),
        Class::Json => "'{}'".to_owned(),
        Class::Enum => quote_text(values.first().map_or("a", String::as_str)),
        Class::Array => "'{}'".to_owned(),
        Class::Other if *kind == Type::other("inet") => "'10.0.0.1'".to_owned(),
        Class::Other if *kind == Type::other("interval") => "'1 day'".to_owned(),
        Class::Other => "'v'".to_owned(),
    }
}
