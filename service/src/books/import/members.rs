//! The members of a JSON object that are columns of a book. All other members are skipped without being stored.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{
    cells::{self, Cells},
    columns::{COLUMNS, SUBJECTS},
};
use crate::query::shortened;

/// Members of a book in a response that are not imported: a list that was saved imports again.
const IGNORED: [&str; 4] = ["id", "created_at", "updated_at", "version"];

/// Which columns an object has, and their raw values.
#[derive(Debug, Default)]
pub struct Members<'a> {
    pub(super) present: [bool; COLUMNS.len()],
    values: [Option<&'a RawValue>; COLUMNS.len()],
    /// The first other member that a book does not have, or the first that appears twice.
    odd: Option<Odd>,
}

#[derive(Debug)]
enum Odd {
    Unknown(String),
    Twice(&'static str),
}

impl<'a> Members<'a> {
    /// The raw value of a column; `None` where the object has no such member.
    #[cfg(test)]
    fn get(&self, column: &str) -> Option<&'a str> {
        let place = place(column)?;
        self.values.get(place).copied().flatten().map(RawValue::get)
    }

    /// Expects no other members than those of a book, each once.
    pub(super) fn expect_known(&self) -> Result<(), String> {
        match &self.odd {
            None => Ok(()),
            Some(Odd::Twice(name)) => Err(format!("duplicate field `{name}`")),
            Some(Odd::Unknown(name)) => {
                let ours = COLUMNS.map(|(ours, _)| format!("`{ours}`")).join(", ");
                Err(format!("unknown field `{name}`, expected one of {ours}"))
            }
        }
    }
}

impl Cells for Members<'_> {
    fn is_exact(&self) -> bool {
        true
    }

    fn of(&self, column: usize) -> impl Iterator<Item = Result<Cow<'_, str>, String>> {
        let value = self.values.get(column).copied().flatten().map(RawValue::get);
        let (one, several) = match value {
            Some(list) if column == SUBJECTS && list.starts_with('[') => (None, elements(list)),
            one => (one.map(|value| cell(cells::name(column), value)), Vec::new()),
        };
        one.into_iter().chain(several)
    }
}

/// The elements of a list of subjects.
fn elements(list: &str) -> Vec<Result<Cow<'_, str>, String>> {
    match serde_json::from_str::<Vec<&RawValue>>(list) {
        Ok(list) => list.into_iter().map(|one| cell(cells::name(SUBJECTS), one.get())).collect(),
        Err(error) => vec![Err(error.to_string())],
    }
}

/// A text or a number as a cell of a table; `null` is an empty one.
fn cell<'a>(name: &str, value: &'a str) -> Result<Cow<'a, str>, String> {
    match value.as_bytes().first() {
        Some(b'n') => Ok(Cow::Borrowed("")),
        Some(b'"') => serde_json::from_str::<Text<'_>>(value)
            .map(|Text(text)| text)
            .map_err(|error| error.to_string()),
        Some(b'-' | b'0'..=b'9') => Ok(Cow::Borrowed(value)),
        _ => Err(format!("{name} `{}` is neither a text nor a number", shortened(value, 30))),
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
        while let Some(Text(name)) = map.next_key()? {
            let place = place(&name);
            match place.and_then(|at| {
                Some((members.present.get_mut(at)?, members.values.get_mut(at)?, at))
            }) {
                Some((present, value, at)) => {
                    if *present {
                        members.odd.get_or_insert(Odd::Twice(cells::name(at)));
                    }
                    *present = true;
                    *value = Some(map.next_value()?);
                }
                None => {
                    if members.odd.is_none() && !IGNORED.contains(&&*name) {
                        members.odd = Some(Odd::Unknown(shortened(&name, 40)));
                    }
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(members)
    }
}

/// A text; copied only if it has escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_members_that_are_columns_are_found_among_any_others() {
        let others: String = (0..1000).map(|number| format!("\"x{number}\":[{{}}],")).collect();
        let line =
            format!("{{{others}\"titl\\u0065\":\"a\\n\",\"year\": 2008.0 ,\"status\":null}}");
        let members: Members<'_> = serde_json::from_str(&line).unwrap();
        assert_eq!(members.present[..6], [true, false, true, false, false, true]);
        assert_eq!(members.get("title"), Some("\"a\\n\""));
        assert_eq!(
            (members.get("year"), members.get("isbn"), members.get("x1")),
            (Some("2008.0"), None, None)
        );
        assert!(serde_json::from_str::<Members<'_>>("[1]").is_err());
    }
}
