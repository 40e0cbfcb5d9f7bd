//! The start of a page, as an opaque text: the values of a row in the order of its list, bound to that order and its filters.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sea_orm::Value;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    error::{Error, Result},
    kind::Kind,
    sort::{Direction, Key},
};

/// The contents of a cursor. The names are short because it is part of URLs.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    /// The list it belongs to.
    l: String,
    /// Whether it leads backwards.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    b: bool,
    /// The values of the row.
    v: Vec<Option<String>>,
}

/// The list that a cursor belongs to, as a short text: its order and its filters, not the page.
pub fn binding<'a>(keys: &[Key], filters: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut digest = Sha256::new();
    for key in keys {
        digest.update([u8::from(key.descending)]);
        digest.update(key.name.as_bytes());
        digest.update([0]);
    }
    for (name, value) in filters {
        digest.update((name.len() as u64).to_be_bytes());
        digest.update(name.as_bytes());
        digest.update((value.len() as u64).to_be_bytes());
        digest.update(value.as_bytes());
    }
    let digest = digest.finalize();
    BASE64_URL_SAFE_NO_PAD.encode(digest.get(..9).unwrap_or_default())
}

/// The cursor of a row whose values these are.
pub fn write(binding: &str, values: &[Value], direction: Direction) -> String {
    let content = Content {
        l: binding.to_owned(),
        b: direction == Direction::Backward,
        v: values.iter().map(Kind::write).collect(),
    };
    // It consists of texts, so it can always be serialized.
    BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(&content).unwrap_or_default())
}

/// Whether a cursor leads backwards; false for an invalid one.
pub fn leads_back(written: &str) -> bool {
    let content = BASE64_URL_SAFE_NO_PAD.decode(written).ok();
    content.is_some_and(|content| serde_json::from_slice(&content).is_ok_and(|Content { b, .. }| b))
}

/// Parses a cursor of this list.
///
/// # Errors
/// [`Error::Invalid`] for a cursor that the server did not issue, or of another list.
pub fn read(written: &str, binding: &str, keys: &[Key]) -> Result<(Vec<Option<Value>>, Direction)> {
    let shown = crate::text::shortened(written, 40);
    let foreign =
        || Error::parameter("cursor", format!("cursor `{shown}` is not from a Link header"));
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(written).map_err(|_| foreign())?;
    let Content { l, b, v } = serde_json::from_slice(&bytes).map_err(|_| foreign())?;
    if l != binding {
        return Err(Error::parameter(
            "cursor",
            format!(
                "cursor `{shown}` belongs to a list with other filters or another order; start again without it"
            ),
        ));
    }
    if v.len() != keys.len() {
        return Err(foreign());
    }
    let value = |(key, written): (&Key, Option<String>)| match written {
        None => Ok(None),
        Some(written) => key.kind.stored(&written).map(Some).ok_or_else(foreign),
    };
    let values = keys.iter().zip(v).map(value).collect::<Result<_>>()?;
    let direction = if b { Direction::Backward } else { Direction::Forward };
    Ok((values, direction))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sea_orm::sea_query::Expr;

    use super::*;

    fn key(kind: Kind) -> Key {
        let (name, expr) = ("k".to_owned(), Expr::col("k"));
        Key { name, expr, kind, descending: false, nullable: true, relation: None }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_again(text in any::<Option<String>>(), number: i32, back: bool) {
            let direction = if back { Direction::Backward } else { Direction::Forward };
            let values = [Value::String(text.clone()), Value::Int(Some(number))];
            let written = write("l", &values, direction);
            let keys = [key(Kind::Text), key(Kind::Integer)];
            let (read, way) = read(&written, "l", &keys).unwrap();
            prop_assert_eq!(way, direction);
            let expected = [text.map(Value::from), Some(Value::from(number))];
            prop_assert_eq!(read, expected);
            prop_assert!(super::read(&written, "other", &keys).is_err());
            prop_assert!(super::read(&written, "l", &keys[..1]).is_err());
        }

        #[test]
        fn what_somebody_makes_up_is_refused(written: String) {
            prop_assert!(read(&written, "l", &[key(Kind::Integer)]).is_err());
        }
    }
}
