//! Timestamps as text.

use std::time::{SystemTime, UNIX_EPOCH};

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400;

/// A moment in UTC as text without its zone, with as many decimals of the second as it needs: none, three or six.
pub struct Moment {
    text: [u8; 26],
    length: usize,
}

impl Moment {
    pub fn now() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
        Self::new(i64::try_from(now.as_micros()).expect("it is before the year 10000"))
    }

    /// So many microseconds after the beginning of 1970, in a year of four digits.
    pub fn new(micros: i64) -> Self {
        let (seconds, fraction) = (micros.div_euclid(SECOND), micros.rem_euclid(SECOND));
        let (days, second) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
        let (year, month, day) = date(days);
        let mut text = *b"0000-00-00T00:00:00.000000";
        for (end, mut rest) in [
            (4, year),
            (7, month),
            (10, day),
            (13, second / 3600),
            (16, second / 60 % 60),
            (19, second % 60),
            (26, fraction),
        ] {
            for digit in text[..end].iter_mut().rev() {
                if rest == 0 {
                    break;
                }
                *digit += u8::try_from(rest % 10).expect("a digit");
                rest /= 10;
            }
        }
        let length = match fraction {
            0 => 19,
            _ if fraction % 1000 == 0 => 23,
            _ => 26,
        };
        Self { text, length }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.text[..self.length]
    }

    /// As it is stored in SQLite.
    pub fn stored(&self) -> String {
        let mut stored = String::with_capacity(32);
        stored.push_str(str::from_utf8(self.bytes()).expect("it consists of digits and marks"));
        stored.push_str("+00:00");
        stored
    }
}

/// The year, month and day that are so many days after the beginning of 1970. Years are counted from March, so that a leap day
/// is the last one.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let first = (153 * month + 2) / 5;
    let (month, later) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + later, month, day - first + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_in_utc() {
        for (micros, written) in [
            (0, "1970-01-01T00:00:00"),
            (951_782_400_000_000, "2000-02-29T00:00:00"),
            (951_868_799_999_999, "2000-02-29T23:59:59.999999"),
            (1_796_016_647_341_645, "2026-11-30T05:30:47.341645"),
            (1_796_016_647_040_000, "2026-11-30T05:30:47.040"),
            (4_107_542_400_000_001, "2100-03-01T00:00:00.000001"),
        ] {
            assert_eq!(str::from_utf8(Moment::new(micros).bytes()), Ok(written));
        }
    }
}
