//! The kinds of values by which a list is filtered, and how a query spells them.

use std::str::FromStr;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, SecondsFormat, TimeDelta, Utc};
use rust_decimal::Decimal;
use sea_orm::{Value, sea_query::ColumnType};

use crate::text;

/// A text of which each value has several spellings and is stored in one of them, such as the number of a phone.
#[derive(Debug)]
pub struct Code {
    /// What it is called in the OpenAPI document.
    pub name: &'static str,
    /// Its usual spelling, as a regular expression.
    pub pattern: &'static str,
    /// The spelling that is stored; the error is to be appended to the name of the parameter.
    pub read: fn(&str) -> Result<String, String>,
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Code {}

/// How the values of a column are written in a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A text in any of its spellings.
    Code(&'static Code),
    /// An integer of 32 bits.
    Integer,
    /// An integer of 64 bits.
    BigInteger,
    /// A number.
    Double,
    /// An exact number that is not further from zero than this one.
    Decimal(Decimal),
    /// `true` or `false`.
    Boolean,
    /// A date, such as `2026-11-26`.
    Date,
    /// A timestamp, such as `2026-11-26T12:00:00Z`.
    Timestamp,
}

impl Kind {
    /// The kind of a column's values; `None` if a query cannot express them.
    pub fn of(column_type: &ColumnType) -> Option<Self> {
        match column_type {
            ColumnType::Char(_) | ColumnType::String(_) | ColumnType::Text => Some(Self::Text),
            ColumnType::Integer => Some(Self::Integer),
            ColumnType::BigInteger => Some(Self::BigInteger),
            ColumnType::Double => Some(Self::Double),
            ColumnType::Decimal(size) | ColumnType::Money(size) => {
                Some(Self::Decimal(size.and_then(highest).unwrap_or(Decimal::MAX)))
            }
            ColumnType::Boolean => Some(Self::Boolean),
            ColumnType::Date => Some(Self::Date),
            ColumnType::TimestampWithTimeZone => Some(Self::Timestamp),
            _ => None,
        }
    }

    /// Every kind but the codes.
    pub const ALL: [Self; 8] = [
        Self::Text,
        Self::Integer,
        Self::BigInteger,
        Self::Double,
        Self::Decimal(Decimal::MAX),
        Self::Boolean,
        Self::Date,
        Self::Timestamp,
    ];

    /// Its name in the OpenAPI document.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Code(code) => code.name,
            Self::Integer => "integer",
            Self::BigInteger => "big-integer",
            Self::Double => "double",
            Self::Decimal(_) => "decimal",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
        }
    }

    /// A value of this kind in the column's own type: sqlx caches a prepared statement by its text alone, so the same text with
    /// an i32 here and an i64 there would send the one where PostgreSQL expects the other.
    ///
    /// # Errors
    /// With the reason, to be appended to the name of the parameter.
    pub fn read(self, written: &str) -> Result<Value, String> {
        match self {
            Self::Text => Ok(text::clean(written).into_owned().into()),
            Self::Code(code) => Ok((code.read)(written)?.into()),
            Self::Integer => {
                let range = format!("a whole number between {} and {}", i32::MIN, i32::MAX);
                Ok(parsed::<i32>(written, &range)?.into())
            }
            Self::BigInteger => {
                let range = format!("a whole number between {} and {}", i64::MIN, i64::MAX);
                Ok(parsed::<i64>(written, &range)?.into())
            }
            Self::Double => match f64::from_str(written) {
                Ok(number) if number.is_finite() => Ok(number.into()),
                _ => Err(format!("`{written}` is not a number, such as 49.99")),
            },
            Self::Decimal(highest) => match decimal(written) {
                Some(number) if number.abs() <= highest => Ok(number.into()),
                Some(_) => Err(format!("`{written}` is not between -{highest} and {highest}")),
                None => Err(format!("`{written}` is not a number, such as 49.99")),
            },
            Self::Boolean => match written {
                "true" => Ok(true.into()),
                "false" => Ok(false.into()),
                _ => Err(format!("`{written}` is neither true nor false")),
            },
            Self::Date => {
                let day = parsed::<NaiveDate>(written, "a day, such as 2026-11-26")?;
                within_years(written, day, "0000-01-01 and 9999-12-31")
            }
            Self::Timestamp => {
                let expected = "a timestamp or a day, such as 2026-11-26T12:00:00Z or 2026-11-26";
                let timestamp = to_microseconds(parsed::<DateTime<Utc>>(written, expected)?);
                within_years(
                    written,
                    timestamp,
                    "0000-01-01T00:00:00Z and 9999-12-31T23:59:59.999999Z",
                )
            }
        }
    }

    /// The first and the last value that are meant: of timestamps a day means all of it, in UTC. Other values are meant alone.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn span(self, written: &str) -> Result<(Value, Value), String> {
        if self == Self::Timestamp
            && let Ok(day) = written.parse::<NaiveDate>()
        {
            let first = day.and_time(NaiveTime::MIN).and_utc();
            // Later days have five digits, and are refused.
            let next = first.checked_add_days(Days::new(1)).unwrap_or(first);
            let last = next - TimeDelta::microseconds(1);
            let range = "0000-01-01 and 9999-12-31";
            return Ok((within_years(written, first, range)?, last.into()));
        }
        let value = self.read(written)?;
        Ok((value.clone(), value))
    }

    /// A value as it is stored, written by [`Kind::write`]; `None` for any other value.
    pub fn stored(self, written: &str) -> Option<Value> {
        match self {
            // A stored value has one spelling, unless another program stored it in a different one.
            Self::Text | Self::Code(_) => (!written.contains('\0')).then(|| written.into()),
            _ => self.read(written).ok(),
        }
    }

    /// The value as a text; `None` for NULL.
    pub fn write(value: &Value) -> Option<String> {
        match value {
            Value::String(Some(text)) => Some(text.clone()),
            Value::Int(Some(number)) => Some(number.to_string()),
            Value::BigInt(Some(number)) => Some(number.to_string()),
            Value::Double(Some(number)) => Some(number.to_string()),
            Value::Decimal(Some(number)) => Some(number.to_string()),
            Value::Bool(Some(truth)) => Some(truth.to_string()),
            Value::ChronoDate(Some(day)) => Some(day.to_string()),
            Value::ChronoDateTimeUtc(Some(timestamp)) => {
                Some(timestamp.to_rfc3339_opts(SecondsFormat::Micros, true))
            }
            _ => None,
        }
    }
}

/// The highest number of so many digits, some of them after the decimal point.
fn highest((digits, decimals): (u32, u32)) -> Option<Decimal> {
    let units = 10_i128.checked_pow(digits)? - 1;
    Decimal::try_from_i128_with_scale(units, decimals).ok()
}

/// Also a number as programs write it, such as `1e-7`; a number that is too precise is rounded to the nearest decimal.
fn decimal(written: &str) -> Option<Decimal> {
    let exact = || Decimal::from_str_exact(written).or_else(|_| Decimal::from_scientific(written));
    let near = || f64::from_str(written).ok().and_then(Decimal::from_f64_retain);
    exact().ok().or_else(near)
}

fn parsed<T: FromStr>(written: &str, expected: &str) -> Result<T, String> {
    written.parse::<T>().map_err(|_| format!("`{written}` is not {expected}"))
}

/// Refuses years that do not have four digits: PostgreSQL supports none before 4714 BC, and SQLite compares texts, whose order
/// is that of the timestamps only if all years have the same number of digits.
fn within_years<T: Datelike + Into<Value>>(
    written: &str,
    value: T,
    range: &str,
) -> Result<Value, String> {
    if (0..=9999).contains(&value.year()) {
        Ok(value.into())
    } else {
        Err(format!("`{written}` is not between {range}"))
    }
}

/// Stored timestamps have six places; PostgreSQL truncates the rest, and counts a leap second as the next one.
fn to_microseconds(timestamp: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(timestamp.timestamp_micros()).unwrap_or(timestamp)
}
