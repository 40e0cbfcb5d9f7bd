//! Values of a statement that are bound in SQLite without the driver.

use rusqlite::types::{ToSqlOutput, ValueRef};
use sea_orm::{Statement, Value, Values};

use crate::timestamp::{self, Zone};

/// A value, as the driver binds it.
pub(crate) struct SqliteValue(pub(crate) Value);

impl SqliteValue {
    /// The values that a statement binds.
    pub(crate) fn all(values: Option<Values>) -> Vec<Self> {
        values.into_iter().flat_map(|values| values.0).map(Self).collect()
    }
}

/// A statement with its values.
pub(crate) struct BoundStatement {
    pub(crate) sql: String,
    pub(crate) values: Vec<SqliteValue>,
}

impl From<Statement> for BoundStatement {
    fn from(Statement { sql, values, .. }: Statement) -> Self {
        Self { sql, values: SqliteValue::all(values) }
    }
}

impl rusqlite::ToSql for SqliteValue {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let Self(value) = self;
        let bound = match value {
            Value::Bool(Some(value)) => ValueRef::Integer(i64::from(*value)),
            Value::Int(Some(value)) => ValueRef::Integer(i64::from(*value)),
            Value::BigInt(Some(value)) => ValueRef::Integer(*value),
            Value::BigUnsigned(Some(value)) => match i64::try_from(*value) {
                Ok(value) => ValueRef::Integer(value),
                Err(error) => return Err(rusqlite::Error::ToSqlConversionFailure(error.into())),
            },
            Value::Double(Some(value)) => ValueRef::Real(*value),
            Value::String(Some(value)) => ValueRef::Text(value.as_bytes()),
            Value::Bytes(Some(value)) => ValueRef::Blob(value),
            Value::ChronoDateTimeUtc(Some(value)) => {
                return Ok(timestamp::write(value, Zone::Offset, str::to_owned).into());
            }
            // The affinity of the column converts a text that looks like a number.
            Value::Decimal(Some(value)) => return Ok(value.to_string().into()),
            Value::Bool(None)
            | Value::Int(None)
            | Value::BigInt(None)
            | Value::BigUnsigned(None)
            | Value::Double(None)
            | Value::String(None)
            | Value::Bytes(None)
            | Value::ChronoDateTimeUtc(None)
            | Value::Decimal(None) => ValueRef::Null,
            other => {
                let why = format!("{other:?} is of a type that only the driver binds");
                return Err(rusqlite::Error::ToSqlConversionFailure(why.into()));
            }
        };
        Ok(ToSqlOutput::Borrowed(bound))
    }
}
