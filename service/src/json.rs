//! JSON members for which serde's defaults are too lenient: absent versus null, exact money.

use std::fmt;

use rust_decimal::Decimal;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, Unexpected, Visitor},
    ser::Error as _,
};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::query::shortened;

/// Deserializes a member that is present. With `#[serde(default)]` an absent one stays `None`, while `null` is a value: it
/// clears a member of type `Option<Option<T>>` and is refused for one of type `Option<T>`.
pub fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// An integer in any JSON spelling: `2008.0` is the same number as `2008`.
struct Whole(i32);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_i32(WholeVisitor)
    }
}

struct WholeVisitor;

impl Visitor<'_> for WholeVisitor {
    type Value = Whole;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("i32")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Whole, E> {
        let whole = i32::try_from(number).map(Whole);
        whole.map_err(|_| E::invalid_value(Unexpected::Signed(number), &self))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Whole, E> {
        let whole = i32::try_from(number).map(Whole);
        whole.map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Whole, E> {
        let fits = (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&number);
        match number.fract() == 0.0 && fits {
            #[expect(clippy::cast_possible_truncation, reason = "it is whole and within the range")]
            true => Ok(Whole(number as i32)),
            false => Err(E::invalid_type(Unexpected::Float(number), &self)),
        }
    }
}

/// Deserializes an integer.
pub fn whole<'de, D: Deserializer<'de>>(from: D) -> Result<i32, D::Error> {
    Whole::deserialize(from).map(|Whole(number)| number)
}

/// Deserializes an integer or `null`; to be used with `#[serde(default)]`.
pub fn whole_or_null<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i32>, D::Error> {
    Ok(Option::<Whole>::deserialize(from)?.map(|Whole(number)| number))
}

/// An integer that is present, as [`given`].
pub fn given_whole<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i32>, D::Error> {
    whole(from).map(Some)
}

/// An integer or `null` that is present, as [`given`].
pub fn given_whole_or_null<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Option<i32>>, D::Error> {
    whole_or_null(from).map(Some)
}

/// Money as written: the digits of a JSON number, never converted to a float.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = f64, example = 49.99, minimum = 0, maximum = 9_999_999_999.99, multiple_of = 0.01)]
pub struct Price(pub Decimal);

impl From<Price> for Decimal {
    fn from(Price(price): Price) -> Self {
        price
    }
}

impl<'de> Deserialize<'de> for Price {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(from)?;
        let written = raw.get();
        if !written.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
            let shown = shortened(written, 30);
            return Err(D::Error::custom(format!(
                "price `{shown}` is not a number, such as 49.99"
            )));
        }
        let read = if written.contains(['e', 'E']) {
            Decimal::from_scientific(written)
        } else {
            Decimal::from_str_exact(written)
        };
        read.map(|price| Self(price.normalize()))
            .map_err(|_| D::Error::custom(format!("price `{written}` has too many digits")))
    }
}

/// Serializes money as a JSON number with two decimals.
///
/// # Errors
/// Never in practice: the digits of a decimal are a JSON number.
pub fn price_as_number<S: Serializer>(price: &Decimal, to: S) -> Result<S::Ok, S::Error> {
    let mut price = *price;
    price.rescale(2);
    RawValue::from_string(price.to_string()).map_err(S::Error::custom)?.serialize(to)
}
