//! JSON members for which serde's defaults are too lenient: absent versus null, exact money.

use std::fmt;

use rust_decimal::Decimal;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, Unexpected, Visitor},
    ser::{Error as _, SerializeStruct},
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
        write!(f, "a whole number between {} and {}", i32::MIN, i32::MAX)
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
        decimal(from, "price").map(Self)
    }
}

/// Deserializes an exact number or `null`; to be used with `#[serde(default)]`.
pub fn exact_or_null<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Decimal>, D::Error> {
    Ok(Option::<Exact>::deserialize(from)?.map(|Exact(number)| number))
}

/// An exact number or `null` that is present, as [`given`].
pub fn given_exact_or_null<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Option<Decimal>>, D::Error> {
    exact_or_null(from).map(Some)
}

/// A number as written.
struct Exact(Decimal);

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        decimal(from, "number").map(Self)
    }
}

/// The digits of a JSON number, without zeros at the end.
fn decimal<'de, D: Deserializer<'de>>(from: D, name: &str) -> Result<Decimal, D::Error> {
    let raw = Box::<RawValue>::deserialize(from)?;
    let written = raw.get();
    if !written.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
        let shown = shortened(written, 30);
        return Err(D::Error::custom(format!("{name} `{shown}` is not a number, such as 49.99")));
    }
    let read = if written.contains(['e', 'E']) {
        Decimal::from_scientific(written)
    } else {
        Decimal::from_str_exact(written)
    };
    read.map(|number| number.normalize())
        .map_err(|_| D::Error::custom(format!("{name} `{written}` has too many digits")))
}

/// Serializes a decimal as a JSON number without zeros at the end, or `null`.
///
/// # Errors
/// Never in practice: the digits of a decimal are a JSON number.
pub fn number_or_null<S: Serializer>(number: &Option<Decimal>, to: S) -> Result<S::Ok, S::Error> {
    match number {
        Some(number) => as_number(number.normalize(), to),
        None => to.serialize_none(),
    }
}

fn as_number<S: Serializer>(number: Decimal, to: S) -> Result<S::Ok, S::Error> {
    RawValue::from_string(number.to_string()).map_err(S::Error::custom)?.serialize(to)
}

/// A stored value as a member of an object: a decimal is a number.
pub trait Member {
    /// Adds it under this name.
    ///
    /// # Errors
    /// Those of the serializer.
    fn add_to<S: SerializeStruct>(&self, name: &'static str, to: &mut S) -> Result<(), S::Error>;
}

impl Member for String {
    fn add_to<S: SerializeStruct>(&self, name: &'static str, to: &mut S) -> Result<(), S::Error> {
        to.serialize_field(name, self)
    }
}

impl Member for i32 {
    fn add_to<S: SerializeStruct>(&self, name: &'static str, to: &mut S) -> Result<(), S::Error> {
        to.serialize_field(name, self)
    }
}

impl Member for Decimal {
    fn add_to<S: SerializeStruct>(&self, name: &'static str, to: &mut S) -> Result<(), S::Error> {
        let number = RawValue::from_string(self.normalize().to_string());
        to.serialize_field(name, &number.map_err(S::Error::custom)?)
    }
}

impl<T: Member> Member for Option<T> {
    fn add_to<S: SerializeStruct>(&self, name: &'static str, to: &mut S) -> Result<(), S::Error> {
        match self {
            Some(value) => value.add_to(name, to),
            None => to.serialize_field(name, &None::<()>),
        }
    }
}

/// Serializes money as a JSON number with two decimals.
///
/// # Errors
/// Never in practice: the digits of a decimal are a JSON number.
pub fn price_as_number<S: Serializer>(price: &Decimal, to: S) -> Result<S::Ok, S::Error> {
    let mut price = *price;
    price.rescale(2);
    as_number(price, to)
}
