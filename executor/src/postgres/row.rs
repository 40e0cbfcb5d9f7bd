//! Values in rows of PostgreSQL, in its binary format.

use std::error::Error;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use tokio_postgres::types::{FromSql, Type};

/// A type whose values PostgreSQL sends.
pub trait FromPostgres: Sized {
    /// The type in which they are sent.
    type Sent: for<'a> FromSql<'a>;

    /// `None` for a value of another type.
    fn from_postgres(sent: Self::Sent) -> Option<Self>;
}

macro_rules! sent {
    ($($value:ty: $as:ty => |$sent:ident| $read:expr;)*) => {
        $(impl FromPostgres for $value {
            type Sent = $as;

            fn from_postgres($sent: $as) -> Option<Self> {
                $read
            }
        })*
    };
}

sent! {
    String: Self => |text| Some(text);
    Vec<u8>: Self => |bytes| Some(bytes);
    i32: Self => |number| Some(number);
    i64: Self => |number| Some(number);
    f64: Self => |number| Some(number);
    bool: Self => |truth| Some(truth);
    DateTime<Utc>: Self => |moment| Some(moment);
    Decimal: Numeric => |number| Some(number.0);
}

impl<T: FromPostgres> FromPostgres for Option<T> {
    type Sent = Option<T::Sent>;

    fn from_postgres(sent: Self::Sent) -> Option<Self> {
        match sent {
            None => Some(None),
            Some(sent) => T::from_postgres(sent).map(Some),
        }
    }
}

/// A `numeric`: 16 bits each for the number of digits, each of which stands for four decimal ones; the power of 10 000 that
/// the first is multiplied by; the sign; how many decimal digits to show after the point; and then the digits.
pub struct Numeric(pub Decimal);

impl<'a> FromSql<'a> for Numeric {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        numeric(raw).map(Self).ok_or_else(|| "a number that only the driver reads".into())
    }

    fn accepts(type_: &Type) -> bool {
        *type_ == Type::NUMERIC
    }
}

/// `None` for NaN and infinity, and where a decimal cannot hold the digits or places.
fn numeric(raw: &[u8]) -> Option<Decimal> {
    const NEGATIVE: i16 = 0x4000;
    let (halves, []) = raw.as_chunks::<2>() else { return None };
    let mut halves = halves.iter().map(|half| i16::from_be_bytes(*half));
    let [length, weight, sign, scale] =
        [halves.next()?, halves.next()?, halves.next()?, halves.next()?];
    if length == 0 && sign == 0 {
        return Some(Decimal::ZERO);
    }
    let whole = halves.try_fold(0_i128, |number, digit| {
        number.checked_mul(10_000)?.checked_add(i128::from(digit))
    })?;
    let places = 4 * (i32::from(length) - 1 - i32::from(weight));
    let (whole, places) = match u32::try_from(places) {
        Ok(places) => (whole, places),
        Err(_) => (whole.checked_mul(10_i128.checked_pow(places.unsigned_abs())?)?, 0),
    };
    // Zeros that only pad the last digit.
    let spare = places.saturating_sub(u32::try_from(scale).ok()?);
    let (whole, places) = match 10_i128.checked_pow(spare) {
        Some(power) if whole % power == 0 => (whole / power, places - spare),
        _ => (whole, places),
    };
    let signed = match sign {
        0 => whole,
        NEGATIVE => -whole,
        _ => return None,
    };
    let mut number = Decimal::try_from_i128_with_scale(signed, places).ok()?;
    number.rescale(u32::try_from(scale).ok()?);
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_with_the_places_that_they_have() {
        let raw =
            |halves: &[u16]| halves.iter().flat_map(|half| half.to_be_bytes()).collect::<Vec<_>>();
        for (halves, expected) in [
            (&[0, 0, 0, 2][..], Some("0")),
            (&[1, 0xffff, 0, 2, 100], Some("0.01")),
            (&[2, 0, 0, 2, 49, 9900], Some("49.99")),
            (&[2, 0, 0x4000, 2, 49, 9900], Some("-49.99")),
            (&[1, 1, 0, 2, 7], Some("70000.00")),
            (&[4, 2, 0, 2, 99, 9999, 9999, 9900], Some("9999999999.99")),
            // Not a number, infinite, and too long.
            (&[0, 0, 0xc000, 0], None),
            (&[0, 0, 0xd000, 0x20], None),
            (&[1, 20, 0, 0, 1], None),
            (&[1, 0xffe0, 0, 100, 1], None),
            (&[1, 0], None),
        ] {
            let number = numeric(&raw(halves)).map(|number| number.to_string());
            assert_eq!(number.as_deref(), expected, "{halves:x?}");
        }
    }
}
