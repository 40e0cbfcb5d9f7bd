//! Rows of SQLite.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use rusqlite::{Row, types::ValueRef};
use sea_orm::Value;

use super::Stored;
use crate::kind::Kind;

impl Stored for Row<'_> {
    fn value(&self, place: usize, kind: Option<Kind>) -> Option<Value> {
        let stored = self.get_ref(place).ok()?;
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
