//! Rows of SQLite as the models of entities.

use chrono::{DateTime, NaiveDateTime, Utc};
use rusqlite::{Row, types::ValueRef};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, TryIntoModel, Value, sea_query::ColumnType,
};

use crate::kind::Kind;

/// A row as an entity's model; `None` for one with a value that does not fit its column.
pub(super) fn model<E>(row: &Row<'_>, wanted: &[Wanted<E>]) -> Option<E::Model>
where
    E: EntityTrait,
    E::ActiveModel: TryIntoModel<E::Model>,
{
    let mut model = E::ActiveModel::default();
    for (place, Wanted { column, kind, nullable }) in wanted.iter().enumerate() {
        let value = value(*kind, row.get_ref(place).ok()?, *nullable)?;
        model.try_set(*column, value).ok()?;
    }
    model.try_into_model().ok()
}

/// A column of an entity, and how its values are stored.
pub(super) struct Wanted<E: EntityTrait> {
    column: E::Column,
    /// `None` for bytes.
    kind: Option<Kind>,
    nullable: bool,
}

impl<E: EntityTrait> Wanted<E> {
    /// `None` for a type that only the driver reads.
    pub(super) fn of(column: E::Column) -> Option<Self> {
        let definition = column.def();
        let kind = match definition.get_column_type() {
            ColumnType::Blob => None,
            other => Some(Kind::of(other)?),
        };
        Some(Self { column, kind, nullable: definition.is_null() })
    }
}

/// The value that the driver would make; `None` for one that does not fit the column.
fn value(kind: Option<Kind>, stored: ValueRef<'_>, nullable: bool) -> Option<Value> {
    if matches!(stored, ValueRef::Null) && !nullable {
        return None;
    }
    let Some(kind) = kind else {
        return match stored {
            ValueRef::Blob(bytes) => Some(bytes.to_owned().into()),
            ValueRef::Null => Some(None::<Vec<u8>>.into()),
            _ => None,
        };
    };
    Some(match (kind, stored) {
        (Kind::Text, ValueRef::Text(text)) => str::from_utf8(text).ok()?.to_owned().into(),
        (Kind::Text, ValueRef::Null) => None::<String>.into(),
        (Kind::Integer, ValueRef::Integer(number)) => i32::try_from(number).ok()?.into(),
        (Kind::Integer, ValueRef::Null) => None::<i32>.into(),
        (Kind::BigInteger, ValueRef::Integer(number)) => number.into(),
        (Kind::BigInteger, ValueRef::Null) => None::<i64>.into(),
        (Kind::Double, ValueRef::Real(number)) => number.into(),
        (Kind::Double, ValueRef::Null) => None::<f64>.into(),
        (Kind::Decimal, ValueRef::Real(number)) => {
            rust_decimal::Decimal::try_from(number).ok()?.into()
        }
        (Kind::Decimal, ValueRef::Null) => None::<rust_decimal::Decimal>.into(),
        (Kind::Boolean, ValueRef::Integer(number)) => (number != 0).into(),
        (Kind::Boolean, ValueRef::Null) => None::<bool>.into(),
        (Kind::Moment, ValueRef::Text(text)) => moment(str::from_utf8(text).ok()?)?.into(),
        (Kind::Moment, ValueRef::Null) => None::<DateTime<Utc>>.into(),
        _ => return None,
    })
}

/// A time in every spelling that the driver reads.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text)
        .map_or_else(|_| spelt_otherwise(text), |time| Some(time.to_utc()))
}

fn spelt_otherwise(text: &str) -> Option<DateTime<Utc>> {
    for format in ["%F %T%.f", "%F %R", "%FT%T%.f", "%FT%R"] {
        let local = text.strip_suffix('Z').unwrap_or(text);
        if let Ok(time) = NaiveDateTime::parse_from_str(local, format) {
            return Some(time.and_utc());
        }
        if let Ok(time) = DateTime::parse_from_str(text, &format!("{format}%:z")) {
            return Some(time.to_utc());
        }
    }
    None
}
