//! The type of a column: one name for both databases, and how each of them spells it.
//!
//! The spellings are SeaORM's own, so that a migration and `Schema::create_table_from_entity` lead to the same text.

use sea_orm::DbBackend;
use serde::{Serialize, Serializer};

use crate::schema::quote;

/// A column's type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Type {
    /// `char(n)`.
    Char(Option<u32>),
    /// `varchar(n)`; SQLite does not enforce the length.
    Varchar(Option<u32>),
    /// Text of any length.
    Text,
    /// 8 bits; PostgreSQL keeps it in 16.
    TinyInteger,
    /// 16 bits.
    SmallInteger,
    /// 32 bits.
    Integer,
    /// 64 bits; SQLite's `integer` is the same as that of [`Type::Integer`].
    BigInteger,
    /// 8 bits without a sign.
    TinyUnsigned,
    /// 16 bits without a sign; PostgreSQL keeps it in 32 with one.
    SmallUnsigned,
    /// 32 bits without a sign; PostgreSQL keeps it in 64 with one.
    Unsigned,
    /// 64 bits without a sign; PostgreSQL keeps it in 64 with one.
    BigUnsigned,
    /// A single.
    Float,
    /// A double.
    Double,
    /// Precision and scale; a double on SQLite.
    Decimal(Option<(u32, u32)>),
    /// PostgreSQL's `money`; a double on SQLite.
    Money(Option<(u32, u32)>),
    /// True or false.
    Boolean,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// Day and time without a zone.
    DateTime,
    /// Day and time without a zone; on SQLite spelt apart from [`Type::DateTime`].
    Timestamp,
    /// A moment.
    TimestampWithTimeZone,
    /// Bytes.
    Blob,
    /// Bytes of a fixed length, which PostgreSQL does not keep.
    Binary(u32),
    /// Bytes up to a length, which PostgreSQL does not keep.
    VarBinary(Option<u32>),
    /// JSON text.
    Json,
    /// JSON in PostgreSQL's own form.
    JsonBinary,
    /// A UUID.
    Uuid,
    /// An enum type of PostgreSQL, by name; text on SQLite.
    Enum(String),
    /// An array (PostgreSQL only).
    Array(Box<Type>),
    /// Any other type, as the database spells it.
    Other(String),
}

impl Type {
    /// A type as the database spells it.
    #[must_use]
    pub fn other(spelling: impl Into<String>) -> Self {
        Self::Other(spelling.into())
    }

    /// An enum type.
    #[must_use]
    pub fn enumeration(name: impl Into<String>) -> Self {
        Self::Enum(name.into())
    }

    /// An array of another type.
    #[must_use]
    pub fn array(element: Type) -> Self {
        Self::Array(Box::new(element))
    }

    /// As the database's `CREATE TABLE` writes it.
    #[must_use]
    pub fn sql(&self, backend: DbBackend) -> String {
        match backend {
            DbBackend::Sqlite => self.sqlite(),
            _ => self.postgres(),
        }
    }

    /// Whether both are the same to the database.
    #[must_use]
    pub fn looks_like(&self, other: &Self, backend: DbBackend) -> bool {
        let (one, other) = (self.sql(backend), other.sql(backend));
        // SQLite gives every spelling of a name the same meaning.
        one == other || backend == DbBackend::Sqlite && one.eq_ignore_ascii_case(&other)
    }

    /// Whether it holds whole numbers only.
    pub(crate) fn is_integer(&self) -> bool {
        matches!(
            self,
            Self::TinyInteger
                | Self::SmallInteger
                | Self::Integer
                | Self::BigInteger
                | Self::TinyUnsigned
                | Self::SmallUnsigned
                | Self::Unsigned
                | Self::BigUnsigned
        )
    }

    /// Whether it holds numbers that need not be whole.
    pub(crate) fn is_fractional(&self) -> bool {
        matches!(self, Self::Float | Self::Double | Self::Decimal(_) | Self::Money(_))
    }

    /// Whether it holds a day with a time of it.
    pub(crate) fn is_moment(&self) -> bool {
        matches!(self, Self::DateTime | Self::Timestamp | Self::TimestampWithTimeZone)
    }

    /// Whether it holds texts, of any length.
    pub(crate) fn is_text(&self) -> bool {
        matches!(self, Self::Char(_) | Self::Varchar(_) | Self::Text)
    }

    /// The digits after the point to which a value of another type is rounded that becomes one of this type; `None` where none
    /// is lost.
    pub(crate) fn rounds(&self, from: &Self) -> Option<u32> {
        let Self::Decimal(Some((_, scale))) = self else { return None };
        let had = match from {
            Self::Decimal(Some((_, had))) => Some(*had),
            Self::Money(_) => Some(2),
            _ => None,
        };
        let numbers = from.is_fractional() || from.is_text();
        (numbers && had.is_none_or(|had| had > *scale)).then_some(*scale)
    }

    fn sqlite(&self) -> String {
        match self {
            Self::Char(length) => with_length("char", *length),
            Self::Varchar(length) => with_length("varchar", *length),
            Self::Text => "text".to_owned(),
            Self::TinyInteger | Self::TinyUnsigned => "tinyint".to_owned(),
            Self::SmallInteger | Self::SmallUnsigned => "smallint".to_owned(),
            Self::Integer | Self::Unsigned | Self::BigInteger | Self::BigUnsigned => {
                "integer".to_owned()
            }
            Self::Float => "float".to_owned(),
            Self::Double => "double".to_owned(),
            Self::Decimal(None) => "real_decimal".to_owned(),
            Self::Decimal(Some((precision, scale))) => format!("real({precision}, {scale})"),
            Self::Money(None) => "real_money".to_owned(),
            Self::Money(Some((precision, scale))) => format!("real_money({precision}, {scale})"),
            Self::Boolean => "boolean".to_owned(),
            Self::Date => "date_text".to_owned(),
            Self::Time => "time_text".to_owned(),
            Self::DateTime => "datetime_text".to_owned(),
            Self::Timestamp => "timestamp_text".to_owned(),
            Self::TimestampWithTimeZone => "timestamp_with_timezone_text".to_owned(),
            Self::Blob => "blob".to_owned(),
            Self::Binary(length) => with_length("blob", Some(*length)),
            Self::VarBinary(length) => with_length("varbinary_blob", *length),
            Self::Json => "json_text".to_owned(),
            Self::JsonBinary => "jsonb_text".to_owned(),
            Self::Uuid => "uuid_text".to_owned(),
            Self::Enum(_) => "enum_text".to_owned(),
            Self::Array(_) => "json_text".to_owned(),
            Self::Other(spelling) => spelling.clone(),
        }
    }

    fn postgres(&self) -> String {
        match self {
            Self::Char(length) => with_length("char", Some(length.unwrap_or(1))),
            Self::Varchar(length) => with_length("varchar", *length),
            Self::Text => "text".to_owned(),
            Self::TinyInteger | Self::TinyUnsigned | Self::SmallInteger => "smallint".to_owned(),
            Self::Integer | Self::SmallUnsigned => "integer".to_owned(),
            Self::BigInteger | Self::Unsigned | Self::BigUnsigned => "bigint".to_owned(),
            Self::Float => "real".to_owned(),
            Self::Double => "double precision".to_owned(),
            Self::Decimal(None) => "numeric".to_owned(),
            Self::Decimal(Some((precision, scale))) => format!("numeric({precision}, {scale})"),
            // PostgreSQL's money takes no precision.
            Self::Money(_) => "money".to_owned(),
            Self::Boolean => "boolean".to_owned(),
            Self::Date => "date".to_owned(),
            Self::Time => "time".to_owned(),
            Self::DateTime | Self::Timestamp => "timestamp".to_owned(),
            Self::TimestampWithTimeZone => "timestamptz".to_owned(),
            Self::Blob | Self::Binary(_) | Self::VarBinary(_) => "bytea".to_owned(),
            Self::Json => "json".to_owned(),
            Self::JsonBinary => "jsonb".to_owned(),
            Self::Uuid => "uuid".to_owned(),
            Self::Enum(name) => quote(name),
            Self::Array(element) => format!("{}[]", element.postgres()),
            Self::Other(spelling) => spelling.clone(),
        }
    }
}

fn with_length(name: &str, length: Option<u32>) -> String {
    match length {
        Some(length) => format!("{name}({length})"),
        None => name.to_owned(),
    }
}

impl Serialize for Type {
    /// As PostgreSQL spells it, which distinguishes more types than SQLite does.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.postgres())
    }
}
