//! Which values a type can hold, as far as types of two columns are compared by it.

use sea_orm::DbBackend;

use crate::schema::Type;

/// The smallest and the largest number of an integer type: on PostgreSQL of the type that keeps it, on SQLite, which
/// keeps 64 bits whatever is declared, of the type that programs read.
#[must_use]
pub fn integer_range(kind: &Type, backend: DbBackend) -> Option<(i64, i64)> {
    let enforced = backend != DbBackend::Sqlite;
    Some(match kind {
        Type::TinyInteger | Type::TinyUnsigned if enforced => (i16::MIN.into(), i16::MAX.into()),
        Type::SmallUnsigned if enforced => (i32::MIN.into(), i32::MAX.into()),
        Type::Unsigned | Type::BigUnsigned if enforced => (i64::MIN, i64::MAX),
        Type::TinyInteger => (i8::MIN.into(), i8::MAX.into()),
        Type::TinyUnsigned => (0, u8::MAX.into()),
        Type::SmallInteger => (i16::MIN.into(), i16::MAX.into()),
        Type::SmallUnsigned => (0, u16::MAX.into()),
        Type::Integer => (i32::MIN.into(), i32::MAX.into()),
        Type::Unsigned => (0, u32::MAX.into()),
        Type::BigInteger => (i64::MIN, i64::MAX),
        Type::BigUnsigned => (0, i64::MAX),
        _ => return None,
    })
}

/// Whether a type is text, and of how many characters at most.
#[must_use]
pub fn text_length(kind: &Type) -> Option<Option<u32>> {
    match kind {
        Type::Char(length) => Some(Some(length.unwrap_or(1))),
        Type::Varchar(length) => Some(*length),
        Type::Text => Some(None),
        _ => None,
    }
}

/// Whether a type holds numbers that need not be whole.
#[must_use]
pub fn is_fractional(kind: &Type) -> bool {
    matches!(kind, Type::Float | Type::Double | Type::Decimal(_) | Type::Money(_))
}

/// Digits before and after the point that a type can be asked for; `None` where it has no limit of its own.
#[must_use]
pub fn digits(kind: &Type) -> Option<(u32, u32)> {
    match kind {
        Type::Decimal(Some((precision, scale))) => Some((precision.saturating_sub(*scale), *scale)),
        Type::TinyInteger | Type::TinyUnsigned | Type::SmallInteger => Some((5, 0)),
        Type::SmallUnsigned | Type::Integer => Some((10, 0)),
        Type::Unsigned | Type::BigInteger | Type::BigUnsigned => Some((19, 0)),
        _ => None,
    }
}

/// Whether the texts of a type may be longer than so many characters.
#[must_use]
pub fn is_longer(from: &Type, length: u32) -> bool {
    let longest = match from {
        Type::Char(_) | Type::Varchar(_) | Type::Text => text_length(from).flatten(),
        Type::Boolean => Some(5),
        Type::Date => Some(10),
        Type::Uuid => Some(36),
        _ => digits(from).map(|(whole, scale)| whole + scale + 2),
    };
    longest.is_none_or(|longest| longest > length)
}
