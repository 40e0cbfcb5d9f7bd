//! The members of a JSON object that are columns of a book. All other members are skipped without being stored.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::columns::COLUMNS;

/// Which columns an object has, and their raw values.
#[derive(Debug, Default)]
pub struct Members<'a> {
    pub(super) present: [bool; COLUMNS.len()],
    values: [Option<&'a RawValue>; COLUMNS.len()],
}

impl<'a> Members<'a> {
    /// The raw value of a column; `None` where the object has no such member.
    pub fn get(&self, column: &str) -> Option<&'a str> {
        let place = place(column)?;
        self.values.get(place).copied().flatten().map(RawValue::get)
    }
}

fn place(name: &str) -> Option<usize> {
    COLUMNS.iter().position(|(ours, _)| *ours == name)
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Object)
    }
}

struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = Members<'de>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Members::default();
        while let Some(Name(name)) = map.next_key()? {
            let place = place(&name);
            match place
                .and_then(|at| Some((members.present.get_mut(at)?, members.values.get_mut(at)?)))
            {
                Some((present, value)) => {
                    *present = true;
                    *value = Some(map.next_value()?);
                }
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(members)
    }
}

/// A name; copied only if it has escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_members_that_are_columns_are_found_among_any_others() {
        let others: String = (0..1000).map(|number| format!("\"x{number}\":[{{}}],")).collect();
        let line =
            format!("{{{others}\"titl\\u0065\":\"a\\n\",\"year\": 2008.0 ,\"status\":null}}");
        let members: Members<'_> = serde_json::from_str(&line).unwrap();
        assert_eq!(members.present, [true, false, true, false, false, true]);
        assert_eq!(members.get("title"), Some("\"a\\n\""));
        assert_eq!(
            (members.get("year"), members.get("isbn"), members.get("x1")),
            (Some("2008.0"), None, None)
        );
        assert!(serde_json::from_str::<Members<'_>>("[1]").is_err());
    }
}
