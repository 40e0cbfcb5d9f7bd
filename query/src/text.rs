//! One canonical spelling for each text, and substring search that ignores case and treats every character literally.

use std::borrow::Cow;

use sea_orm::{
    DbBackend,
    sea_query::{BinOper, Expr, ExprTrait, Func, LikeExpr, extension::postgres::PgBinOper},
};
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Without white space at the ends and in Unicode's composed form (NFC), so that texts that look equal are equal.
pub fn clean(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
    if is_nfc(trimmed) { Cow::Borrowed(trimmed) } else { Cow::Owned(trimmed.nfc().collect()) }
}

/// The beginning of a text, at most `longest` characters and fit to be shown on one line: control characters are escaped.
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

/// Where a text is matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The whole text.
    Whole,
    /// At the beginning.
    Start,
    /// At the end.
    End,
    /// Anywhere.
    Anywhere,
}

/// Whether case is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// It is significant.
    Exact,
    /// It is ignored.
    Ignored,
}

impl Place {
    /// A pattern with a wildcard on each side where the place allows other text.
    fn around(self, pattern: &str, any: &str) -> String {
        let before = if matches!(self, Self::End | Self::Anywhere) { any } else { "" };
        let after = if matches!(self, Self::Start | Self::Anywhere) { any } else { "" };
        format!("{before}{pattern}{after}")
    }

    /// A needle with an edge on each side where the place allows no other text.
    pub fn bounded(self, needle: &str, edge: &str) -> String {
        let before = if matches!(self, Self::Whole | Self::Start) { edge } else { "" };
        let after = if matches!(self, Self::Whole | Self::End) { edge } else { "" };
        format!("{before}{needle}{after}")
    }
}

/// Whether `column` contains `needle` at this place. No character of `needle` is a wildcard.
///
/// `LIKE` and `ILIKE` ignore the case of ASCII. For other letters SQLite's `LIKE` never ignores case and PostgreSQL's depends on
/// the locale of the cluster, so each letter is matched as a class of its cases: `[éÉ]` in a `GLOB` or a regular expression. An
/// exact match is a `GLOB` on SQLite, whose `LIKE` is not exact.
pub fn matches(column: Expr, needle: &str, how: (Place, Case), backend: DbBackend) -> Expr {
    pattern(column, &clean(needle), how, backend)
}

/// The same for a needle that is as it should be.
pub fn pattern(
    column: Expr,
    needle: &str,
    (place, case): (Place, Case),
    backend: DbBackend,
) -> Expr {
    let postgres = backend == DbBackend::Postgres;
    let length = needle.chars().count();
    if place == Place::End && length > 0 && !postgres {
        return ends_with(column, needle, length, case);
    }
    let like = || place.around(&escape_like(needle), "%");
    match (case, postgres) {
        // The backslash is the default escape character, and sea-query places ESCAPE where PostgreSQL does not accept it.
        (Case::Exact, true) => column.binary(BinOper::Like, like()),
        (Case::Ignored, true) if needle.is_ascii() => column.binary(PgBinOper::ILike, like()),
        (Case::Ignored, false) if needle.is_ascii() => {
            column.like(LikeExpr::new(like()).escape('\\'))
        }
        (Case::Ignored, true) => {
            let special = |c: char| !c.is_alphanumeric() && c.is_ascii();
            let pattern = classes(needle, case, |c| format!("\\{c}"), special);
            let begins = if matches!(place, Place::Whole | Place::Start) { "^" } else { "" };
            let ends = if matches!(place, Place::Whole | Place::End) { "$" } else { "" };
            column.binary(PgBinOper::Regex, format!("{begins}{pattern}{ends}"))
        }
        (_, false) => {
            let special = |c| matches!(c, '*' | '?' | '[');
            let pattern = classes(needle, case, |c| format!("[{c}]"), special);
            column.binary(BinOper::Custom("GLOB"), place.around(&pattern, "*"))
        }
    }
}

/// The same at the end on SQLite, for a needle of `length` characters. `LIKE '%…'` and `GLOB '*…'` would try every start.
fn ends_with(column: Expr, needle: &str, length: usize, case: Case) -> Expr {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let end = Expr::from(Func::cust("substr").arg(column).arg(-length));
    match case {
        Case::Exact => end.eq(needle),
        Case::Ignored => matches(end, needle, (Place::Whole, case), DbBackend::Sqlite),
    }
}

/// `%` and `_` are literal characters of the search, not wildcards.
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

/// Each letter as a class of its cases if case is ignored, each special character escaped, all others unchanged.
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

/// A letter and its other cases. A case of more than one character, as of `ß`, is not included.
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

#[cfg(test)]
mod tests {
    use rusqlite::{Connection, params_from_iter};
    use sea_orm::{
        Value,
        sea_query::{Query, SqliteQueryBuilder},
    };

    use super::*;

    /// Every text of at most the given number of these letters.
    fn texts(letters: &[char], longest: usize) -> Vec<String> {
        let mut texts = vec![String::new()];
        let mut last = texts.clone();
        for _ in 0..longest {
            last = last
                .iter()
                .flat_map(|text| letters.iter().map(move |letter| format!("{text}{letter}")))
                .collect();
            texts.extend(last.iter().cloned());
        }
        texts
    }

    /// The texts of a table that match a condition.
    fn found(sqlite: &Connection, condition: Expr) -> Vec<String> {
        let query = Query::select().column("x").from("t").and_where(condition).take();
        let (sql, values) = query.build(SqliteQueryBuilder);
        let values = values.0.into_iter().map(|value| match value {
            Value::String(Some(text)) => rusqlite::types::Value::Text(text),
            Value::BigInt(Some(number)) => rusqlite::types::Value::Integer(number),
            other => panic!("{other:?}"),
        });
        let mut rows = sqlite.prepare(&sql).unwrap();
        let rows = rows.query_map(params_from_iter(values), |row| row.get(0)).unwrap();
        rows.collect::<rusqlite::Result<_>>().unwrap()
    }

    #[test]
    fn the_end_of_a_text_is_compared_as_a_pattern_that_begins_with_anything() {
        let letters = ['a', 'A', 'é', 'É', 'ß', '%', '_', '*', '?', '[', '\\', '🦀'];
        let sqlite = Connection::open_in_memory().unwrap();
        sqlite
            .execute_batch("CREATE TABLE t (x TEXT); INSERT INTO t VALUES (NULL); BEGIN")
            .unwrap();
        let mut insert = sqlite.prepare("INSERT INTO t VALUES (?1)").unwrap();
        for text in texts(&letters, 3) {
            insert.execute([&text]).unwrap();
        }
        // A NUL ends a text in all comparisons.
        for text in ["\0", "a\0", "a\0a", "éa\0é", "a\0é\0a"] {
            insert.execute([text]).unwrap();
        }
        for needle in texts(&letters, 2).into_iter().chain(["aaaa".to_owned(), "é".repeat(5)]) {
            for case in [Case::Exact, Case::Ignored] {
                let column = || Expr::col("x");
                let same = matches(column(), &needle, (Place::End, case), DbBackend::Sqlite);
                let pattern = match (case, needle.is_ascii()) {
                    (Case::Ignored, true) => {
                        let like = LikeExpr::new(format!("%{}", escape_like(&needle)));
                        column().like(like.escape('\\'))
                    }
                    _ => {
                        let special = |c| matches!(c, '*' | '?' | '[');
                        let classes = classes(&needle, case, |c| format!("[{c}]"), special);
                        column().binary(BinOper::Custom("GLOB"), format!("*{classes}"))
                    }
                };
                let expected = found(&sqlite, pattern);
                assert!(!expected.is_empty() || needle.chars().count() > 3, "{needle:?}");
                assert_eq!(found(&sqlite, same), expected, "{needle:?} {case:?}");
            }
        }
    }
}
