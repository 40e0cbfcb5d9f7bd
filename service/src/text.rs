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

/// At most the first `longest` characters, fit to be shown on one line: control characters are written as escapes.
pub fn shortened(text: &str, longest: usize) -> String {
    let mut shown = String::new();
    let mut characters = text.chars();
    for c in characters.by_ref().take(longest) {
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

/// Whether `column` contains `needle` in any case. No character of `needle` is a wildcard.
///
/// `LIKE` and `ILIKE` serve ASCII. For the rest SQLite's `LIKE` knows no case at all and PostgreSQL's depends on the
/// locale of the cluster, so each letter is looked for as a class of its cases: `[éÉ]` in a `GLOB` or a regular expression.
pub fn contains_ignoring_case(column: Expr, needle: &str, backend: DbBackend) -> Expr {
    let needle = clean(needle);
    let postgres = backend == DbBackend::Postgres;
    if needle.is_ascii() {
        let pattern = format!("%{}%", escape_like(&needle));
        return if postgres {
            // The backslash escapes without being told, and sea-query places ESCAPE where PostgreSQL does not take it.
            column.binary(PgBinOper::ILike, pattern)
        } else {
            column.like(LikeExpr::new(pattern).escape('\\'))
        };
    }
    if postgres {
        let pattern =
            classes(&needle, |c| format!("\\{c}"), |c| !c.is_alphanumeric() && c.is_ascii());
        column.binary(PgBinOper::Regex, pattern)
    } else {
        let pattern = classes(&needle, |c| format!("[{c}]"), |c| matches!(c, '*' | '?' | '['));
        column.binary(BinOper::Custom("GLOB"), format!("*{pattern}*"))
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

/// Each letter as a class of its cases, each special character escaped, all others as they are.
fn classes(
    needle: &str,
    escape: impl Fn(char) -> String,
    special: impl Fn(char) -> bool,
) -> String {
    let mut pattern = String::with_capacity(4 * needle.len());
    for c in needle.chars() {
        let mut cases: Vec<char> = vec![c];
        // A case that is more than one character, as of `ß`, is no case of this letter here.
        for other in [single(c.to_lowercase()), single(c.to_uppercase())].into_iter().flatten() {
            if !cases.contains(&other) {
                cases.push(other);
            }
        }
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

fn single(mut cases: impl Iterator<Item = char>) -> Option<char> {
    let first = cases.next()?;
    cases.next().is_none().then_some(first)
}
