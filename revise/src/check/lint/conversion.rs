//! What a change of type means for the table and for its values.

use sea_orm::DbBackend;

use crate::{
    check::precondition::fit::{digits, integer_range, is_fractional, is_longer, text_length},
    schema::Type,
};

/// What a change of type costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// Nothing: the catalogue changes, no row does.
    Free,
    /// Every row is rewritten, and every value fits.
    Rewrite,
    /// Every row is rewritten, and there may be values that the new type cannot hold.
    Narrow,
}

/// What changing a column from one type to another costs.
pub fn conversion(from: &Type, to: &Type, backend: DbBackend) -> Conversion {
    if narrows(from, to, backend) {
        Conversion::Narrow
    } else if from.looks_like(to, backend) || is_free(from, to, backend) {
        Conversion::Free
    } else {
        Conversion::Rewrite
    }
}

/// Whether PostgreSQL only changes its catalogue. SQLite has to copy the table whenever the text of the type changes.
fn is_free(from: &Type, to: &Type, backend: DbBackend) -> bool {
    if backend == DbBackend::Sqlite {
        return false;
    }
    match (from, to) {
        (Type::Varchar(_) | Type::Text, Type::Varchar(None) | Type::Text) => true,
        (Type::Varchar(Some(from)), Type::Varchar(Some(to))) => from <= to,
        (Type::Decimal(_), Type::Decimal(None)) => true,
        (Type::Decimal(Some(from)), Type::Decimal(Some(to))) => from.1 == to.1 && from.0 <= to.0,
        _ => false,
    }
}

fn narrows(from: &Type, to: &Type, backend: DbBackend) -> bool {
    if from == to {
        return false;
    }
    // SQLite enforces neither lengths nor digits.
    let enforced = backend != DbBackend::Sqlite;
    if let Some(length) = text_length(to) {
        return enforced && length.is_some_and(|length| is_longer(from, length));
    }
    if text_length(from).is_some() {
        return !matches!(to, Type::Blob | Type::Binary(_) | Type::VarBinary(_));
    }
    if let Some(from_range) = integer_range(from, backend) {
        return match integer_range(to, backend) {
            Some(to_range) => from_range.0 < to_range.0 || from_range.1 > to_range.1,
            None => !holds_integer(from, to, enforced),
        };
    }
    if is_fractional(from) {
        return !holds_fraction(from, to, enforced);
    }
    match (from, to) {
        (Type::Boolean, _) => integer_range(to, backend).is_none() && !is_fractional(to),
        (Type::Date, Type::DateTime | Type::Timestamp | Type::TimestampWithTimeZone) => false,
        (
            Type::DateTime | Type::Timestamp | Type::TimestampWithTimeZone,
            Type::DateTime | Type::Timestamp | Type::TimestampWithTimeZone,
        ) => false,
        (Type::Json | Type::JsonBinary, Type::Json | Type::JsonBinary) => false,
        (
            Type::Blob | Type::Binary(_) | Type::VarBinary(_),
            Type::Blob | Type::Binary(_) | Type::VarBinary(_),
        ) => false,
        // What these hold is unknown; the rewrite is reported, a loss cannot be claimed.
        (Type::Other(_), _) | (_, Type::Other(_)) => false,
        _ => true,
    }
}

fn holds_integer(from: &Type, to: &Type, enforced: bool) -> bool {
    let whole = digits(from).map_or(19, |(whole, _)| whole);
    match to {
        Type::Decimal(None) => true,
        Type::Decimal(Some(_)) => !enforced || digits(to).is_some_and(|(most, _)| most >= whole),
        Type::Double | Type::Money(_) => whole <= 10,
        Type::Float => whole <= 5,
        Type::Other(_) => true,
        _ => false,
    }
}

fn holds_fraction(from: &Type, to: &Type, enforced: bool) -> bool {
    match (from, to) {
        (_, Type::Decimal(None) | Type::Other(_)) | (Type::Float, Type::Double) => true,
        (Type::Decimal(_), Type::Decimal(Some(_))) if enforced => {
            match (digits(from), digits(to)) {
                (Some(from), Some(to)) => from.0 <= to.0 && from.1 <= to.1,
                _ => false,
            }
        }
        (_, Type::Decimal(_) | Type::Double | Type::Money(_)) => !enforced,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_type_is_free_a_rewrite_or_a_narrowing() {
        use Conversion::{Free, Narrow, Rewrite};
        let varchar = |length| Type::Varchar(Some(length));
        let decimal = |precision, scale| Type::Decimal(Some((precision, scale)));
        for (from, to, postgres, sqlite) in [
            (varchar(50), varchar(200), Free, Rewrite),
            (varchar(200), varchar(50), Narrow, Rewrite),
            (varchar(50), Type::Text, Free, Rewrite),
            (Type::Text, Type::Varchar(None), Free, Rewrite),
            (Type::Text, varchar(50), Narrow, Rewrite),
            (Type::Char(Some(3)), Type::Text, Rewrite, Rewrite),
            (decimal(8, 2), decimal(10, 2), Free, Rewrite),
            (decimal(8, 2), decimal(10, 4), Rewrite, Rewrite),
            (decimal(8, 2), decimal(8, 4), Narrow, Rewrite),
            (decimal(8, 2), decimal(8, 1), Narrow, Rewrite),
            (decimal(8, 2), Type::Decimal(None), Free, Rewrite),
            (decimal(8, 2), Type::Double, Narrow, Rewrite),
            (Type::Integer, Type::BigInteger, Rewrite, Free),
            (Type::BigInteger, Type::Integer, Narrow, Narrow),
            (Type::Unsigned, Type::BigInteger, Free, Free),
            (Type::SmallInteger, decimal(4, 0), Narrow, Rewrite),
            (Type::SmallInteger, Type::Float, Rewrite, Rewrite),
            (Type::BigInteger, Type::Double, Narrow, Narrow),
            (Type::Integer, varchar(12), Rewrite, Rewrite),
            (Type::Integer, varchar(5), Narrow, Rewrite),
            (Type::Text, Type::Integer, Narrow, Narrow),
            (Type::Double, Type::Integer, Narrow, Narrow),
            (Type::Float, Type::Double, Rewrite, Rewrite),
            (Type::Boolean, Type::Integer, Rewrite, Rewrite),
            (Type::Integer, Type::Boolean, Narrow, Narrow),
            (Type::Date, Type::DateTime, Rewrite, Rewrite),
            (Type::DateTime, Type::Date, Narrow, Narrow),
            (Type::DateTime, Type::Timestamp, Free, Rewrite),
            (Type::Json, Type::JsonBinary, Rewrite, Rewrite),
            (Type::Text, Type::Json, Narrow, Narrow),
            (Type::Uuid, Type::Text, Rewrite, Rewrite),
            (Type::Text, Type::Uuid, Narrow, Narrow),
            (Type::Text, Type::enumeration("tea"), Narrow, Narrow),
            (Type::enumeration("tea"), Type::Text, Rewrite, Rewrite),
            (Type::other("citext"), Type::other("tsvector"), Rewrite, Rewrite),
            (Type::Blob, Type::Binary(16), Free, Rewrite),
        ] {
            assert_eq!(conversion(&from, &to, DbBackend::Postgres), postgres, "{from:?} {to:?}");
            assert_eq!(conversion(&from, &to, DbBackend::Sqlite), sqlite, "{from:?} {to:?}");
        }
    }
}
