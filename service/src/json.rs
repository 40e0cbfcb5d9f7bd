//! Members of JSON bodies that serde's defaults would read too generously: absent against null, exact money.

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::Error as _};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::text;

/// Reads a member that is there. With `#[serde(default)]` an absent one stays `None`, while `null` is a value: it
/// clears a member of type `Option<Option<T>>` and is refused for one of type `Option<T>`.
pub fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// Money as it was written: the digits of a JSON number, never a float on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = f64, example = 49.99, minimum = 0, maximum = 9_999_999_999.99)]
pub struct Price(pub Decimal);

impl<'de> Deserialize<'de> for Price {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(from)?;
        let written = raw.get();
        if !written.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
            let shown = text::shortened(written, 30);
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

/// Writes money as a JSON number with two decimals.
///
/// # Errors
/// Never in practice: the digits of a decimal are a JSON number.
pub fn price_as_number<S: Serializer>(price: &Decimal, to: S) -> Result<S::Ok, S::Error> {
    let mut price = *price;
    price.rescale(2);
    RawValue::from_string(price.to_string()).map_err(S::Error::custom)?.serialize(to)
}
