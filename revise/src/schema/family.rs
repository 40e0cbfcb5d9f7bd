//! Families of types: what SeaORM derives from a Rust type fits several types of a database.

use sea_orm::DbBackend;

use crate::schema::Type;

impl Type {
    /// Whether a column of the type `found` can stay as it is where an entity has this type.
    ///
    /// `String` without more is a text of any length, and `Decimal` a number of any precision. Nobody can tell apart whether
    /// SeaORM derived such a type or an attribute says it, so both fit. A length, a precision and `Text` come from an attribute,
    /// and so they count.
    #[must_use]
    pub fn fits(&self, found: &Self, backend: DbBackend) -> bool {
        use Type as T;
        let sqlite = backend == DbBackend::Sqlite;
        match (self, found) {
            (T::Varchar(None) | T::Char(None), T::Char(_) | T::Varchar(_) | T::Text)
            | (T::Decimal(None), T::Decimal(_))
            | (T::Json, T::JsonBinary) => true,
            (T::DateTime | T::Timestamp, T::DateTime | T::Timestamp) => true,
            (T::Array(element), T::Array(found)) => element.fits(found, backend),
            (one, other) if is_bytes(one) && is_bytes(other) => true,
            // SQLite keeps times as texts, JSON as a text and every float in eight bytes.
            (T::JsonBinary, T::Json) | (T::Float, T::Double) | (T::Double, T::Float) => sqlite,
            (one, other) if one.is_moment() && other.is_moment() => sqlite,
            (_, T::Other(spelling)) => self.fits_spelling(&spelling.to_ascii_lowercase(), sqlite),
            _ => self.looks_like(found, backend),
        }
    }

    /// Whether both have the same values, and only SQLite spells them apart: what no column gains by a change.
    #[must_use]
    pub(crate) fn is_twin_of(&self, other: &Self) -> bool {
        use Type as T;
        let bytes = |kind: &Self| matches!(kind, T::Blob | T::VarBinary(None));
        match (self, other) {
            (T::DateTime | T::Timestamp, T::DateTime | T::Timestamp) => true,
            (T::Array(one), T::Array(other)) => one.is_twin_of(other),
            (one, other) => one == other || (bytes(one) && bytes(other)),
        }
    }

    /// Whether the default of a column of this type has a meaning in the other one.
    #[must_use]
    pub(crate) fn shares_defaults_with(&self, other: &Self) -> bool {
        let same = |is: fn(&Self) -> bool| is(self) && is(other);
        self == other
            || same(is_number)
            || same(Self::is_text)
            || same(Self::is_moment)
            || same(is_bytes)
    }

    /// Types that the model knows by their spelling only.
    fn fits_spelling(&self, found: &str, sqlite: bool) -> bool {
        let begins = |names: &[&str]| names.iter().any(|name| found.starts_with(name));
        match self {
            Self::Varchar(None) | Self::Char(None) if sqlite => {
                (found.contains("char") || found.contains("clob")) && !found.ends_with("_text")
            }
            Self::Varchar(None) | Self::Char(None) => begins(&["citext", "bpchar", "character"]),
            Self::Decimal(None) => begins(&["numeric", "decimal"]),
            Self::DateTime | Self::Timestamp if sqlite => begins(&["datetime", "timestamp"]),
            Self::TimestampWithTimeZone if sqlite => begins(&["datetime", "timestamp"]),
            Self::DateTime | Self::Timestamp => {
                begins(&["timestamp"]) && found.ends_with("without time zone")
            }
            Self::TimestampWithTimeZone => {
                begins(&["timestamp"]) && found.ends_with("with time zone")
            }
            Self::Time => begins(&["time("]) && !found.ends_with("with time zone"),
            _ => false,
        }
    }
}

fn is_bytes(kind: &Type) -> bool {
    matches!(kind, Type::Blob | Type::Binary(_) | Type::VarBinary(_))
}

fn is_number(kind: &Type) -> bool {
    kind.is_integer() || matches!(kind, Type::Float | Type::Double | Type::Decimal(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_derived_type_fits_its_family_and_a_said_one_only_itself() {
        let other = Type::other;
        for (entity, found, sqlite, postgres) in [
            (Type::Varchar(None), Type::Varchar(Some(255)), true, true),
            (Type::Varchar(None), Type::Text, true, true),
            (Type::Varchar(None), other("citext"), false, true),
            (Type::Varchar(None), other("NATIVE CHARACTER(70)"), true, false),
            (Type::Varchar(None), other("enum_text"), false, false),
            (Type::Varchar(None), Type::Uuid, false, false),
            (Type::Varchar(Some(100)), Type::Varchar(Some(255)), false, false),
            (Type::Varchar(Some(100)), Type::Varchar(None), false, false),
            (Type::Text, Type::Varchar(None), false, false),
            (Type::Decimal(None), Type::Decimal(Some((10, 2))), true, true),
            (Type::Decimal(Some((10, 2))), Type::Decimal(None), false, false),
            (Type::DateTime, Type::Timestamp, true, true),
            (Type::DateTime, other("timestamp(3) without time zone"), true, true),
            (Type::DateTime, other("timestamp(3) with time zone"), true, false),
            (Type::TimestampWithTimeZone, Type::Timestamp, true, false),
            (Type::DateTime, Type::TimestampWithTimeZone, true, false),
            (Type::VarBinary(None), Type::Blob, true, true),
            (Type::VarBinary(None), Type::Binary(16), true, true),
            (Type::Json, Type::JsonBinary, true, true),
            (Type::JsonBinary, Type::Json, true, false),
            (Type::Double, Type::Float, true, false),
            (Type::Integer, Type::BigInteger, true, false),
            (Type::Integer, Type::SmallInteger, false, false),
            (Type::array(Type::Varchar(None)), Type::array(Type::Text), true, true),
            (Type::Boolean, Type::Integer, false, false),
        ] {
            let fits = [DbBackend::Sqlite, DbBackend::Postgres].map(|one| entity.fits(&found, one));
            assert_eq!(fits, [sqlite, postgres], "{entity:?} {found:?}");
        }
    }
}
