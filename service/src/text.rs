//! One spelling for each text, and substring search that ignores case and takes every character literally.

use std::borrow::Cow;

use sea_orm::{
    DbBackend,
    sea_query::{BinOper, Expr, ExprTrait, LikeExpr, extension::postgres::PgBinOper},
};
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Without white space at the ends and in Unicode's composed form (NFC), so that texts that look equal are equal.
pub fn clean(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
    if is_nfc(trimmed) { Cow::Borrowed(trimmed) } else { Cow::Owned(trimmed.nfc().collect()) }
}

/// What begins a text, in at most `longest` characters and fit to be shown on one line: control characters are written as escapes.
pub fn shortened(text: &str, longest: usize) -> String {
    let mut shown = String::new();
    let mut room = longest;
    for c in text.chars() {
        let needed = if c.is_control() { c.escape_default().len() } else { 1 };
        if needed > room {
            shown.push('…');
            break;
        }
        room -= needed;
        match c.is_control() {
            true => shown.extend(c.escape_default()),
            false => shown.push(c),
        }
    }
    shown
}

/// Where a text is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It is the whole.
    Whole,
    /// At the beginning.
    Start,
    /// At the end.
    End,
    /// Anywhere.
    Anywhere,
}

/// Whether upper and lower case are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// They are two.
    Exact,
    /// They are one.
    Ignored,
}

impl Place {
    /// A pattern with something that stands for any text where the place leaves room for it.
    fn around(self, pattern: &str, any: &str) -> String {
        let before = if matches!(self, Self::End | Self::Anywhere) { any } else { "" };
        let behind = if matches!(self, Self::Start | Self::Anywhere) { any } else { "" };
        format!("{before}{pattern}{behind}")
    }
}

/// Whether `column` has `needle` at this place. No character of `needle` is a wildcard.
///
/// `LIKE` and `ILIKE` ignore the case of ASCII. For the rest SQLite's `LIKE` knows no case at all and PostgreSQL's
/// depends on the locale of the cluster, so each letter is looked for as a class of its cases: `[éÉ]` in a `GLOB` or a
/// regular expression. What is to be exact is a `GLOB` on SQLite, whose `LIKE` is not.
pub fn matches(
    column: Expr,
    needle: &str,
    (place, case): (Place, Case),
    backend: DbBackend,
) -> Expr {
    let needle = clean(needle);
    let postgres = backend == DbBackend::Postgres;
    let like = || place.around(&escape_like(&needle), "%");
    match (case, postgres) {
        // The backslash escapes without being told, and sea-query places ESCAPE where PostgreSQL does not take it.
        (Case::Exact, true) => column.binary(BinOper::Like, like()),
        (Case::Ignored, true) if needle.is_ascii() => column.binary(PgBinOper::ILike, like()),
        (Case::Ignored, false) if needle.is_ascii() => {
            column.like(LikeExpr::new(like()).escape('\\'))
        }
        (Case::Ignored, true) => {
            let special = |c: char| !c.is_alphanumeric() && c.is_ascii();
            let pattern = classes(&needle, case, |c| format!("\\{c}"), special);
            let begins = if matches!(place, Place::Whole | Place::Start) { "^" } else { "" };
            let ends = if matches!(place, Place::Whole | Place::End) { "$" } else { "" };
            column.binary(PgBinOper::Regex, format!("{begins}{pattern}{ends}"))
        }
        (_, false) => {
            let special = |c| matches!(c, '*' | '?' | '[');
            let pattern = classes(&needle, case, |c| format!("[{c}]"), special);
            column.binary(BinOper::Custom("GLOB"), place.around(&pattern, "*"))
        }
    }
}

/// `%` and `_` are what somebody looks for, not wildcards.
fn escape_like(needle: &str) -> String {
    let mut escaped = String::with_capacity(needle.len());
    for c in needle.chars() {
        if matches!(c, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Each letter as a class of its cases where that is ignored, each special character escaped, all others as they are.
fn classes(
    needle: &str,
    case: Case,
    escape: impl Fn(char) -> String,
    special: impl Fn(char) -> bool,
) -> String {
    let mut pattern = String::with_capacity(4 * needle.len());
    for c in needle.chars() {
        let cases = if case == Case::Ignored { cases(c) } else { vec![c] };
        match cases.as_slice() {
            [_] if special(c) => pattern.push_str(&escape(c)),
            [_] => pattern.push(c),
            _ => {
                pattern.push('[');
                pattern.extend(cases);
                pattern.push(']');
            }
        }
    }
    pattern
}

/// A letter and its other cases. One that is more than one character, as of `ß`, is no case of this letter here.
pub fn cases(c: char) -> Vec<char> {
    let mut cases = vec![c];
    let others = [single(c.to_lowercase()), single(c.to_uppercase())].into_iter().flatten();
    for other in others {
        if !cases.contains(&other) {
            cases.push(other);
        }
    }
    cases
}

fn single(mut cases: impl Iterator<Item = char>) -> Option<char> {
    let first = cases.next()?;
    cases.next().is_none().then_some(first)
}
