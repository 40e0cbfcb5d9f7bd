//! JSON objects, each refused with every member that is missing or unknown, and with the first whose value does not fit.

use std::{borrow::Cow, collections::HashMap};

use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::value::RawValue;
use service::{FieldError, FieldErrors};
use utoipa::{
    PartialSchema,
    openapi::{RefOr, Schema},
};

/// An object, or an array of objects.
pub enum OneOrMany<T> {
    /// An object.
    One(T),
    /// An array.
    Many(Vec<T>),
}

/// The members that an object of a type may have, and those that it needs.
struct Shape {
    known: Vec<String>,
    required: Vec<String>,
}

impl Shape {
    fn of<T: PartialSchema>() -> Self {
        match T::schema() {
            RefOr::T(Schema::Object(object)) => Self {
                known: object.properties.keys().cloned().collect(),
                required: object.required,
            },
            _ => Self { known: Vec::new(), required: Vec::new() },
        }
    }

    /// Why an object was refused: what serde found first, and what is missing or unknown besides.
    fn explain(&self, body: &[u8], first: FieldError) -> FieldErrors {
        // Of what is no JSON nothing more can be said.
        let Ok(given) = serde_json::from_slice::<HashMap<String, IgnoredAny>>(body) else {
            return first.into();
        };
        let mut all = FieldErrors::default();
        let is_named = |name: &String| first.pointer == FieldError::new(name, "", "").pointer;
        let missing = self.required.iter().filter(|name| !given.contains_key(*name));
        for name in missing {
            all.push(FieldError::new(name, "missing-field", format!("missing field `{name}`")));
        }
        if !matches!(first.code, "missing-field") {
            all.push(first.clone());
        }
        let mut unknown: Vec<_> = given.keys().filter(|name| !self.known.contains(name)).collect();
        unknown.retain(|name| !is_named(name));
        unknown.sort_unstable();
        for name in unknown.into_iter().filter(|_| !self.known.is_empty()) {
            let expected = self.known.join("`, `");
            let detail = format!("unknown field `{name}`, expected one of `{expected}`");
            all.push(FieldError::new(name, "unknown-field", detail));
        }
        if all.is_empty() { first.into() } else { all }
    }
}

/// Parses a JSON object or an array of objects, each of which gets the member that is `known` already; the errors name the invalid
/// members.
pub fn one_or_many<T: DeserializeOwned + PartialSchema>(
    body: &[u8],
    known: Option<(String, i32)>,
) -> Result<OneOrMany<T>, FieldErrors> {
    if body.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'[') {
        return object(&with_member(body, known.as_ref())?).map(OneOrMany::One);
    }
    let elements: Vec<&RawValue> =
        serde_json::from_slice(body).map_err(|error| field_error(".", &error))?;
    let (mut objects, mut broken) = (Vec::with_capacity(elements.len()), FieldErrors::default());
    let mut shape = None;
    for (place, element) in elements.iter().enumerate() {
        let body = match with_member(element.get().as_bytes(), known.as_ref()) {
            Ok(body) => body,
            Err(error) => {
                broken.push(error.of_element(place));
                continue;
            }
        };
        match parsed(&body) {
            Ok(object) => objects.push(object),
            Err(_) if broken.is_full() => broken.count(),
            Err(first) => {
                let shape = shape.get_or_insert_with(Shape::of::<T>);
                broken.append(shape.explain(&body, first).of_element(place));
            }
        }
    }
    if broken.is_empty() { Ok(OneOrMany::Many(objects)) } else { Err(broken) }
}

/// Parses a JSON object; the errors name the invalid members.
pub fn object<T: DeserializeOwned + PartialSchema>(body: &[u8]) -> Result<T, FieldErrors> {
    parsed(body).map_err(|first| Shape::of::<T>().explain(body, first))
}

/// An object with a member that the path has. The object may have it too, if it is the same.
fn with_member<'a>(
    body: &'a [u8],
    known: Option<&(String, i32)>,
) -> Result<Cow<'a, [u8]>, FieldError> {
    let Some((name, id)) = known else { return Ok(body.into()) };
    // What is no object is refused as such.
    let Ok(given) = serde_json::from_slice::<HashMap<String, &RawValue>>(body) else {
        return Ok(body.into());
    };
    if let Some(given) = given.get(name) {
        return match given.get().parse::<f64>() {
            Ok(other) if other != f64::from(*id) => {
                let shown = service::shortened(given.get(), 30);
                let detail =
                    format!("{name} `{shown}` differs from the one in the path, `{id}`; remove it");
                Err(FieldError::new(name, "read-only", detail))
            }
            _ => Ok(body.into()),
        };
    }
    let more = if given.is_empty() { "" } else { "," };
    let begin = body.iter().position(|byte| *byte == b'{').map_or(0, |place| place + 1);
    let (before, after) = body.split_at(begin);
    Ok([before, format!("\"{name}\":{id}{more}").as_bytes(), after].concat().into())
}

fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<T, FieldError> {
    // serde would accept an array for a struct as well, member by member.
    if body.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        let detail = match body.is_empty() {
            true => "the body is empty, expected a JSON object",
            false => "the body is not a JSON object; it has to begin with `{`",
        };
        return Err(FieldError::new("", "malformed-json", detail));
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        field_error(&path, error.inner())
    })?;
    json.end().map_err(|error| field_error(".", &error))?;
    Ok(value)
}

fn field_error(path: &str, error: &serde_json::Error) -> FieldError {
    let message = error.to_string();
    if error.is_syntax() || error.is_eof() {
        return FieldError::new("", "malformed-json", format!("the body is not JSON: {message}"));
    }
    // The position is only useful for syntax errors; here the member is named.
    let sentence =
        message.rsplit_once(" at line ").map_or(message.as_str(), |(sentence, _)| sentence);
    // An unknown or missing member is named in the sentence, not in the path.
    let named = |start: &str| sentence.strip_prefix(start).and_then(|rest| rest.split('`').next());
    let code = match () {
        () if named("unknown field `").is_some() => "unknown-field",
        () if named("missing field `").is_some() => "missing-field",
        () if named("duplicate field `").is_some() => "duplicate-field",
        () => "bad-value",
    };
    let field =
        ["unknown field `", "missing field `", "duplicate field `"].into_iter().find_map(named);
    match field {
        Some(field) => FieldError::new(field, code, sentence),
        None if path == "." => FieldError::new("", code, sentence),
        None => FieldError::new(path, code, format!("{path}: {sentence}")),
    }
}

#[cfg(test)]
mod tests {
    use service::books::NewBook;

    use super::object;

    #[test]
    fn every_member_that_is_missing_or_unknown_is_named() {
        for (body, pointers) in [
            ("{}", &["/title", "/author"][..]),
            ("{\"titel\":1,\"autor\":2}", &["/title", "/author", "/titel", "/autor"]),
            ("{\"year\":\"x\",\"zz\":1}", &["/title", "/author", "/year", "/zz"]),
            ("{\"zz\":1,\"year\":\"x\",\"title\":\"a\"}", &["/author", "/zz"]),
            ("{\"title\":\"a\",\"author\":7}", &["/author"]),
            ("{\"a/b\":1,\"title\":\"a\",\"author\":\"b\"}", &["/a~1b"]),
        ] {
            let errors = object::<NewBook>(body.as_bytes()).err().unwrap().listed();
            let found: Vec<&str> = errors.iter().map(|error| error.pointer.as_str()).collect();
            assert_eq!(found, pointers, "{body}: {errors:?}");
        }
    }

    #[test]
    fn a_body_that_does_not_fit_is_refused_with_the_member_and_the_reason() {
        for (body, pointer, reason) in [
            ("", "", "the body is empty"),
            ("[\"a\",\"b\"]", "", "begin with `{`"),
            ("{\"title\":", "", "not JSON: EOF"),
            ("{\"title\":\"a\",\"author\":\"b\"} x", "", "not JSON: trailing characters"),
            ("{\"title\":\"a\"}", "/author", "missing field `author`"),
            ("{\"titel\":\"a\"}", "/titel", "unknown field `titel`, expected one of `title`"),
            (
                "{\"title\":1,\"author\":\"b\"}",
                "/title",
                "title: invalid type: integer `1`, expected a string",
            ),
            (
                "{\"title\":\"a\",\"author\":\"b\",\"year\":3000000000}",
                "/year",
                "year: invalid value: integer `3000000000`",
            ),
            (
                "{\"title\":\"a\",\"author\":\"b\",\"year\":\"2008\"}",
                "/year",
                "year: invalid type: string",
            ),
            (
                "{\"title\":\"a\",\"author\":\"b\",\"title\":\"c\"}",
                "/title",
                "duplicate field `title`",
            ),
        ] {
            let errors = object::<NewBook>(body.as_bytes()).err().unwrap().listed();
            let error = errors.iter().find(|error| error.pointer == pointer);
            let error = error.unwrap_or_else(|| panic!("{body}: {errors:?}"));
            assert!(error.detail.contains(reason), "{body}: {error:?}");
        }
    }
}
