//! Timestamps as texts: as stored in a SQLite file, and as displayed. A row has two of them, and chrono takes several times as
//! long, since it supports many other formats.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, SecondsFormat, Timelike, Utc};

/// The purpose for which a timestamp is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// `Z`, for display.
    Letter,
    /// `+00:00`, for storage.
    Offset,
}

/// Formats a timestamp as chrono does (`SecondsFormat::AutoSi`): with no more decimals of the second than it needs, three, six
/// or nine.
pub fn write<T>(timestamp: &DateTime<Utc>, zone: Zone, to: impl FnOnce(&str) -> T) -> T {
    let mut written = [0; 35];
    match usual(timestamp, zone, &mut written) {
        Some(text) => to(text),
        None => to(&timestamp.to_rfc3339_opts(SecondsFormat::AutoSi, zone == Zone::Letter)),
    }
}

/// `None` for a year that does not have four digits, and for a leap second.
fn usual<'a>(timestamp: &DateTime<Utc>, zone: Zone, written: &'a mut [u8; 35]) -> Option<&'a str> {
    let timestamp = timestamp.naive_utc();
    let year = u32::try_from(timestamp.year()).ok().filter(|year| *year < 10_000)?;
    let nanos = Some(timestamp.nanosecond()).filter(|nanos| *nanos < 1_000_000_000)?;
    let [y1, y2, y3, y4] = digits(year);
    let ([m1, m2], [d1, d2]) = (digits(timestamp.month()), digits(timestamp.day()));
    let ([h1, h2], [n1, n2]) = (digits(timestamp.hour()), digits(timestamp.minute()));
    let ([s1, s2], [f1, f2, f3, f4, f5, f6, f7, f8, f9]) =
        (digits(timestamp.second()), digits(nanos));
    let longest = [
        y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2, b'.',
        f1, f2, f3, f4, f5, f6, f7, f8, f9,
    ];
    let length = match nanos {
        0 => 19,
        _ if nanos.is_multiple_of(1_000_000) => 23,
        _ if nanos.is_multiple_of(1_000) => 26,
        _ => 29,
    };
    let zone: &[u8] = if zone == Zone::Letter { b"Z" } else { b"+00:00" };
    let end = length + zone.len();
    written.first_chunk_mut::<29>()?.copy_from_slice(&longest);
    written.get_mut(length..end)?.copy_from_slice(zone);
    str::from_utf8(written.get(..end)?).ok()
}

/// The last digits of a number.
fn digits<const N: usize>(number: u32) -> [u8; N] {
    let (mut digits, mut rest) = ([b'0'; N], number);
    for digit in digits.iter_mut().rev() {
        *digit += u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
    }
    digits
}

/// Parses a timestamp in every spelling that the SQLite driver accepts.
pub fn read(text: &[u8]) -> Option<DateTime<Utc>> {
    as_written(text).or_else(|| spelt_otherwise(str::from_utf8(text).ok()?))
}

fn spelt_otherwise(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
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

/// Parses a timestamp in the form in which it is stored.
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
    let year = i32::try_from(number([y1, y2, y3, y4])?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, number([m1, m2])?, number([d1, d2])?)?;
    let places = u32::try_from(fraction.len()).ok().filter(|places| (1..=9).contains(places))?;
    let nanos = number(fraction.iter().copied())? * 10_u32.pow(9 - places);
    let (hour, minute, second) = (number([h1, h2])?, number([n1, n2])?, number([s1, s2])?);
    Some(date.and_hms_nano_opt(hour, minute, second, nanos)?.and_utc())
}

/// A number of at most nine digits.
fn number(digits: impl IntoIterator<Item = u8>) -> Option<u32> {
    let read = digits.into_iter().fold((0_u32, true), |(number, are_digits), digit| {
        let value = digit.wrapping_sub(b'0');
        (number.wrapping_mul(10).wrapping_add(u32::from(value)), are_digits & (value < 10))
    });
    let (number, are_digits) = read;
    are_digits.then_some(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Any timestamp, most of them with no more decimals than are stored, and leap seconds too.
    fn any_timestamp() -> impl Strategy<Value = DateTime<Utc>> {
        let years_of_four_digits = -62_167_219_200_i64..=253_402_300_799;
        let seconds =
            prop_oneof![9 => years_of_four_digits, 1 => -8_000_000_000_000_i64..8_000_000_000_000];
        let nanos =
            (0_u32..1_000_000_000, prop::sample::select(&[1, 1_000, 1_000_000, 1_000_000_000]));
        let nanos = nanos.prop_map(|(nanos, unit)| nanos / unit * unit);
        let leap = (seconds.clone(), 1_000_000_000_u32..2_000_000_000)
            .prop_map(|(seconds, nanos)| (seconds / 60 * 60 + 59, nanos));
        prop_oneof![9 => (seconds, nanos), 1 => leap]
            .prop_filter_map("no timestamp", |(seconds, nanos)| {
                DateTime::from_timestamp(seconds, nanos)
            })
    }

    proptest! {
        #[test]
        fn timestamps_are_written_as_chrono_writes_them(timestamp in any_timestamp()) {
            for (zone, letter) in [(Zone::Letter, true), (Zone::Offset, false)] {
                let expected = timestamp.to_rfc3339_opts(SecondsFormat::AutoSi, letter);
                prop_assert_eq!(write(&timestamp, zone, str::to_owned), expected);
            }
        }

        #[test]
        fn timestamps_of_years_of_four_digits_are_read_as_chrono_reads_them(
            seconds in -62_167_219_200_i64..=253_402_300_799,
            nanos in 0_u32..1_000_000_000,
        ) {
            let time = DateTime::from_timestamp(seconds, nanos).unwrap();
            for form in [SecondsFormat::Secs, SecondsFormat::Millis, SecondsFormat::Micros, SecondsFormat::Nanos] {
                let written = time.to_rfc3339_opts(form, false);
                let expected = DateTime::parse_from_rfc3339(&written).unwrap().to_utc();
                prop_assert_eq!(read(written.as_bytes()), Some(expected), "{}", written);
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
