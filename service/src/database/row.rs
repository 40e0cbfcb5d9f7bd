//! Rows of SQLite as the models of entities.

use std::{
    any::{Any, TypeId},
    cell::RefCell,
    collections::HashMap,
    rc::Rc,
};

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use rusqlite::{Row, types::ValueRef};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbBackend, EntityTrait, Iterable, ModelTrait,
    PrimaryKeyToColumn, QueryFilter, QuerySelect, QueryTrait, TryIntoModel, Value,
    sea_query::ColumnType,
};

use crate::kind::Kind;

/// How the rows of an entity are read. To make it takes longer than to read a row.
pub(super) struct Plan<E: EntityTrait> {
    columns: Vec<Wanted<E>>,
    /// A row without anything in it, which each row begins as; `None` where nothing is no value of a column, as of a state.
    blank: Option<E::Model>,
    /// The statement that finds the row with an id; what it binds are the id and one as the limit.
    pub(super) by_id: String,
}

/// A column of an entity, and how its values are stored.
struct Wanted<E: EntityTrait> {
    column: E::Column,
    /// `None` for bytes.
    kind: Option<Kind>,
    nullable: bool,
}

impl<E> Plan<E>
where
    E: EntityTrait,
    E::ActiveModel: TryIntoModel<E::Model>,
{
    /// The plan of this thread, made when it is first asked for; `None` for an entity with a type that only the driver reads.
    pub(super) fn get() -> Option<Rc<Self>> {
        thread_local! {
            static PLANS: RefCell<HashMap<TypeId, Option<Rc<dyn Any>>>> = RefCell::default();
        }
        PLANS.with_borrow_mut(|plans| {
            let make = || Self::make().map(|plan| Rc::new(plan) as Rc<dyn Any>);
            plans.entry(TypeId::of::<E>()).or_insert_with(make).clone()?.downcast().ok()
        })
    }

    fn make() -> Option<Self> {
        let columns: Vec<Wanted<E>> = E::Column::iter().map(Wanted::of).collect::<Option<_>>()?;
        let nothing = columns.iter().map(|wanted| nothing(wanted.kind, wanted.nullable));
        let blank = from_values::<E>(columns.iter().zip(nothing));
        let id = E::PrimaryKey::iter().next()?.into_column();
        let by_id = E::find().filter(id.eq(0)).limit(1).build(DbBackend::Sqlite).sql;
        Some(Self { columns, blank, by_id })
    }

    /// How many columns its rows have.
    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }

    /// A row as the entity's model; `None` for one with a value that does not fit its column.
    pub(super) fn model(&self, row: &Row<'_>) -> Option<E::Model> {
        let stored =
            self.columns.iter().enumerate().map(|(place, wanted)| {
                value(wanted.kind, row.get_ref(place).ok()?, wanted.nullable)
            });
        let values = self.columns.iter().zip(stored);
        let Some(blank) = &self.blank else { return from_values::<E>(values) };
        let mut model = blank.clone();
        for (wanted, value) in values {
            model.try_set(wanted.column, value?).ok()?;
        }
        Some(model)
    }
}

/// A model by way of an active one, which takes longer.
fn from_values<'a, E>(
    values: impl Iterator<Item = (&'a Wanted<E>, Option<Value>)>,
) -> Option<E::Model>
where
    E: EntityTrait,
    E::ActiveModel: TryIntoModel<E::Model>,
{
    let mut model = E::ActiveModel::default();
    for (wanted, value) in values {
        model.try_set(wanted.column, value?).ok()?;
    }
    model.try_into_model().ok()
}

impl<E: EntityTrait> Wanted<E> {
    /// `None` for a type that only the driver reads.
    fn of(column: E::Column) -> Option<Self> {
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

/// What a blank row has in a column.
fn nothing(kind: Option<Kind>, nullable: bool) -> Option<Value> {
    let stored = match kind {
        _ if nullable => ValueRef::Null,
        None => ValueRef::Blob(b""),
        Some(Kind::Text) => ValueRef::Text(b""),
        Some(Kind::Integer | Kind::BigInteger | Kind::Boolean) => ValueRef::Integer(0),
        Some(Kind::Double | Kind::Decimal) => ValueRef::Real(0.0),
        Some(Kind::Moment) => ValueRef::Text(b"1970-01-01T00:00:00+00:00"),
        Some(Kind::Isbn | Kind::Date) => return None,
    };
    value(kind, stored, nullable)
}

/// A time in every spelling that the driver reads.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    as_written(text.as_bytes())
        .or_else(|| DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc()))
        .or_else(|| spelt_otherwise(text))
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

/// A time in the form that it is written in; who reads others too takes much longer, and each row has two.
fn as_written(written: &[u8]) -> Option<DateTime<Utc>> {
    let (written, fraction) = match written.strip_suffix(b"+00:00")?.split_at_checked(19)? {
        (written, b"") => (written, b"0".as_slice()),
        (written, fraction) => (written, fraction.strip_prefix(b".")?),
    };
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2] =
        *written
    else {
        return None;
    };
    let year = i32::try_from(number(&[y1, y2, y3, y4])?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, number(&[m1, m2])?, number(&[d1, d2])?)?;
    let places = u32::try_from(fraction.len()).ok().filter(|places| (1..=9).contains(places))?;
    let nanos = number(fraction)? * 10_u32.pow(9 - places);
    let (hour, minute, second) = (number(&[h1, h2])?, number(&[n1, n2])?, number(&[s1, s2])?);
    Some(date.and_hms_nano_opt(hour, minute, second, nanos)?.and_utc())
}

/// A number of at most nine digits.
fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| {
        digit.is_ascii_digit().then(|| 10 * number + u32::from(digit - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use chrono::SecondsFormat;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_entity_can_be_read() {
        assert!(Plan::<entity::book::Entity>::get().is_some_and(|plan| plan.blank.is_some()));
        assert!(Plan::<entity::store::Entity>::get().is_some());
        assert!(Plan::<entity::item::Entity>::get().is_some());
        assert!(Plan::<entity::import_change::Entity>::get().is_some());
        assert!(Plan::<entity::import_rejection::Entity>::get().is_some());
        assert!(Plan::<entity::idempotency_key::Entity>::get().is_some());
        // No state is called nothing.
        assert!(Plan::<entity::import::Entity>::get().is_some_and(|plan| plan.blank.is_none()));
    }

    proptest! {
        #[test]
        fn times_of_years_of_four_digits_are_read_as_chrono_reads_them(
            seconds in -62_167_219_200_i64..=253_402_300_799,
            nanos in 0_u32..1_000_000_000,
        ) {
            let time = DateTime::from_timestamp(seconds, nanos).unwrap();
            for form in [SecondsFormat::Secs, SecondsFormat::Millis, SecondsFormat::Micros, SecondsFormat::Nanos] {
                let written = time.to_rfc3339_opts(form, false);
                let expected = DateTime::parse_from_rfc3339(&written).unwrap().to_utc();
                prop_assert_eq!(moment(&written), Some(expected), "{}", written);
            }
        }

        #[test]
        fn what_is_read_at_once_is_read_the_same_by_chrono(
            day in "[0-9]{4}-[0-1][0-9]-[0-3][0-9]",
            time in "[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,10})?"
        ) {
            let written = format!("{day}T{time}+00:00");
            if let Some(time) = as_written(written.as_bytes()) {
                let expected = DateTime::parse_from_rfc3339(&written).map(|time| time.to_utc());
                prop_assert_eq!(Ok(time), expected);
            }
        }
    }
}
