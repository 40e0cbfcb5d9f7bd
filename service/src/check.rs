//! Input that passed its rules, and the rules that more than one noun has.

use std::ops::{Deref, RangeInclusive};

use crate::{
    error::{Error, FieldError, FieldErrors, Result},
    isbn, language,
    query::{clean, shortened},
};

/// What `Rules::line` takes, as a regular expression: something else than white space, and no control characters.
pub const LINE_PATTERN: &str =
    r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$";

/// What `Rules::text` takes: the same, with line breaks and tabs.
pub const TEXT_PATTERN: &str = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$";

/// Input whose rules were checked. Nothing else can be stored.
#[derive(Clone, Debug)]
pub struct Checked<T>(T);

impl<T> Deref for Checked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// Input with rules.
pub trait Check: Sized {
    /// Names every member that breaks a rule, and brings the others into the form that is stored.
    fn apply(&mut self, rules: &mut Rules);

    /// Checks every rule.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every member that breaks one.
    fn check(mut self) -> Result<Checked<Self>> {
        let mut rules = Rules::default();
        self.apply(&mut rules);
        match rules.broken {
            broken if broken.is_empty() => Ok(Checked(self)),
            broken => Err(Error::Invalid(broken)),
        }
    }
}

/// Checks every element of a list.
///
/// # Errors
/// [`Error::Invalid`] with every member of every element that breaks a rule.
pub fn check_all<T: Check>(list: Vec<T>) -> Result<Vec<Checked<T>>> {
    let mut broken = FieldErrors::default();
    let check = |(place, mut one): (usize, T)| {
        let mut rules = Rules { only_counts: broken.is_full(), ..Rules::default() };
        one.apply(&mut rules);
        if rules.broken.is_empty() {
            return Some(Checked(one));
        }
        broken.append(rules.broken.of_element(place));
        None
    };
    // In place: a list of short elements is larger in memory than in its request.
    let checked: Vec<_> = list.into_iter().enumerate().filter_map(check).collect();
    if broken.is_empty() { Ok(checked) } else { Err(Error::Invalid(broken)) }
}

/// The rule of a line of text of at most so many characters, as [`Rules::line`].
pub(crate) fn line(longest: usize) -> impl Fn(&mut Rules, &str, &mut String) {
    move |rules, field, value| rules.line(field, value, longest)
}

/// The rule of a text of several lines, as [`Rules::text`].
pub(crate) fn text(longest: usize) -> impl Fn(&mut Rules, &str, &mut String) {
    move |rules, field, value| rules.text(field, value, longest)
}

/// The rule of a number within a range, as [`Rules::within`].
pub(crate) fn within(range: RangeInclusive<i32>) -> impl Fn(&mut Rules, &str, &mut i32) {
    move |rules, field, value| rules.within(field, *value, range.clone())
}

/// Collects what is broken.
#[derive(Default)]
pub struct Rules {
    broken: FieldErrors,
    /// As many errors as are listed were found; further ones are only counted.
    only_counts: bool,
}

impl Rules {
    /// Notes that `field` is wrong.
    pub fn broken(&mut self, field: &str, code: &'static str, detail: impl Into<String>) {
        match self.only_counts {
            true => self.broken.count(),
            false => self.broken.push(FieldError::new(field, code, detail)),
        }
    }

    /// A line of text that says something: one to `longest` characters after trimming, no control characters.
    pub fn line(&mut self, field: &str, value: &mut String, longest: usize) {
        self.characters(field, value, (longest, char::is_control));
    }

    /// As [`line`](Self::line), but of several lines, which end in `\n`.
    pub fn text(&mut self, field: &str, value: &mut String, longest: usize) {
        if value.contains('\r') {
            *value = value.replace("\r\n", "\n").replace('\r', "\n");
        }
        let is_refused = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
        self.characters(field, value, (longest, is_refused));
    }

    fn characters(
        &mut self,
        field: &str,
        value: &mut String,
        (longest, is_refused): (usize, fn(char) -> bool),
    ) {
        let clean = clean(value).into_owned();
        let length = clean.chars().count();
        if length == 0 {
            self.broken(
                field,
                "empty",
                format!("{field} is empty, expected 1 to {longest} characters"),
            );
        } else if length > longest {
            let start = shortened(&clean, 30);
            let detail =
                format!("{field} `{start}` has {length} characters, at most {longest} are stored");
            self.broken(field, "too-long", detail);
        } else if let Some(control) = clean.chars().find(|c| is_refused(*c)) {
            let shown = shortened(&clean, 30);
            let detail = format!(
                "{field} `{}` has the control character `{}`; remove it",
                shown,
                control.escape_unicode()
            );
            self.broken(field, "control-character", detail);
        }
        *value = clean;
    }

    /// A number within `range`.
    pub fn within(&mut self, field: &str, value: i32, range: RangeInclusive<i32>) {
        if !range.contains(&value) {
            let detail =
                format!("{field} `{value}` is not between {} and {}", range.start(), range.end());
            self.broken(field, "out-of-range", detail);
        }
    }

    /// A language tag, which becomes its canonical form.
    pub fn language(&mut self, field: &str, value: &mut String) {
        match language::canonical(value) {
            Ok(canonical) => *value = canonical,
            Err(bad) => self.broken(field, "bad-language", bad.to_string()),
        }
    }

    /// An ISBN, which becomes its canonical form.
    pub fn isbn(&mut self, field: &str, value: &mut String) {
        match isbn::canonical(value) {
            Ok(canonical) => *value = canonical,
            Err(bad) => {
                self.broken(field, "bad-isbn", format!("{bad}; leave it out if there is none"))
            }
        }
    }
}
