//! Errors of the members of an input: one sentence each, and no more of them than a person would read.

use std::fmt;

use serde::Serialize;
use utoipa::ToSchema;

use crate::text;

/// Maximum length of a sentence about one member, in characters.
const LONGEST_DETAIL: usize = 500;
/// Maximum length of the name of a member, in characters.
const LONGEST_POINTER: usize = 100;
/// Number of errors that are listed; the others are counted.
const MOST_LISTED: usize = 100;
/// Maximum length of all sentences together, in bytes. The first one is shorter.
const LONGEST_SENTENCES: usize = 3500;

/// One invalid member of the input, and the reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer (RFC 6901) to the member, or the name of a query parameter.
    #[schema(example = "/year")]
    pub pointer: String,
    /// A code for programs.
    #[schema(example = "too-long")]
    pub code: &'static str,
    /// A sentence for people: the value in backticks, and what to do about it.
    pub detail: String,
    /// Where the other row is that is the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, value_type = String, example = "/api/books/17")]
    pub link: Option<String>,
}

impl FieldError {
    /// An error of the JSON member `field`, or of the whole body where that is empty.
    pub fn new(field: &str, code: &'static str, detail: impl Into<String>) -> Self {
        let pointer = match text::shortened(field, LONGEST_POINTER).as_str() {
            "" => String::new(),
            field => format!("/{}", field.replace('~', "~0").replace('/', "~1")),
        };
        Self::parameter(&pointer, code, detail)
    }

    /// An error of the parameter `name`.
    pub fn parameter(name: &str, code: &'static str, detail: impl Into<String>) -> Self {
        // A value that the sentence repeats may be a megabyte long.
        let detail = text::shortened(&detail.into(), LONGEST_DETAIL);
        Self { pointer: text::shortened(name, LONGEST_POINTER), code, detail, link: None }
    }

    /// The same for one element of a list of inputs.
    #[must_use]
    pub fn of_element(self, place: usize) -> Self {
        Self {
            pointer: format!("/{place}{}", self.pointer),
            detail: format!("element {place}: {}", self.detail),
            ..self
        }
    }
}

/// All errors of an input: the first ones, and how many more there are. However many are found, it takes no more memory than the
/// listed ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldErrors {
    listed: Vec<FieldError>,
    unlisted: usize,
}

impl FieldErrors {
    /// Adds one.
    pub fn push(&mut self, error: FieldError) {
        match self.is_full() {
            true => self.unlisted += 1,
            false => self.listed.push(error),
        }
    }

    /// Adds one whose sentence is not needed.
    pub fn count(&mut self) {
        self.unlisted += 1;
    }

    /// Whether no further errors will be listed.
    pub fn is_full(&self) -> bool {
        self.listed.len() >= MOST_LISTED
    }

    /// Appends others.
    pub fn append(&mut self, others: Self) {
        others.listed.into_iter().for_each(|error| self.push(error));
        self.unlisted += others.unlisted;
    }

    /// Whether there are no errors.
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty() && self.unlisted == 0
    }

    /// The first 100.
    pub fn listed(self) -> Vec<FieldError> {
        self.listed
    }

    /// The same for one element of a list of inputs.
    #[must_use]
    pub fn of_element(self, place: usize) -> Self {
        let listed = self.listed.into_iter().map(|error| error.of_element(place)).collect();
        Self { listed, ..self }
    }
}

impl From<FieldError> for FieldErrors {
    fn from(error: FieldError) -> Self {
        Self { listed: vec![error], unlisted: 0 }
    }
}

impl From<Vec<FieldError>> for FieldErrors {
    fn from(errors: Vec<FieldError>) -> Self {
        let mut all = Self::default();
        errors.into_iter().for_each(|error| all.push(error));
        all
    }
}

impl fmt::Display for FieldErrors {
    /// The sentences joined into one, and how many more there are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = 0;
        let mut bytes = 0;
        for error in &self.listed {
            bytes += error.detail.len() + "; ".len();
            if shown > 0 && bytes > LONGEST_SENTENCES {
                break;
            }
            let between = if shown > 0 { "; " } else { "" };
            write!(f, "{between}{}", error.detail)?;
            shown += 1;
        }
        match self.listed.len() - shown + self.unlisted {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(number: usize, detail: &str) -> FieldErrors {
        vec![FieldError::new("title", "empty", detail); number].into()
    }

    #[test]
    fn sentences_are_joined_until_they_are_too_many_and_the_others_are_counted() {
        for (number, detail, expected) in [
            (0, "a", String::new()),
            (1, "a", "a".to_owned()),
            (3, "a", "a; a; a".to_owned()),
            (100, "a", ["a"; 100].join("; ")),
            (101, "a", format!("{}; and 1 more", ["a"; 100].join("; "))),
            (13_800, "a", format!("{}; and 13700 more", ["a"; 100].join("; "))),
            (1, &"ä".repeat(600), format!("{}…", "ä".repeat(500))),
        ] {
            assert_eq!(of(number, detail).to_string(), expected);
        }
        let long = of(100_000, &"𐍈".repeat(600)).to_string();
        assert!(long.len() < 4000 && long.ends_with("; and 99999 more"), "{long}");
    }

    #[test]
    fn what_is_not_listed_takes_no_memory() {
        let mut all = FieldErrors::default();
        for place in 0..20 {
            all.append(of(90, "a").of_element(place));
        }
        assert_eq!(
            (all.listed.len(), all.listed.capacity() < 200, all.unlisted),
            (100, true, 1700)
        );
        assert_eq!(all.listed.last().map(|error| error.pointer.as_str()), Some("/1/title"));
    }

    #[test]
    fn a_sentence_and_a_name_are_short_whatever_they_repeat() {
        for text in ["x", "\u{1}", "\u{10348}", "~", "/", "\""] {
            let error = FieldError::new(&text.repeat(1 << 20), "bad", text.repeat(1 << 20));
            let json = serde_json::to_string(&error).unwrap();
            assert!(json.len() < 4000, "{text}: {} bytes", json.len());
        }
    }
}
