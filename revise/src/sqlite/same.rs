//! Whether two texts of SQL say the same to SQLite, which puts names into quotes wherever it renames something.

use super::token::{Token, TokenKind, tokens};

/// Words that mean something else without quotes: those that no name can be without them, and those that are a value or a join.
const RESERVED: [&str; 70] = [
    "add",
    "all",
    "alter",
    "and",
    "as",
    "autoincrement",
    "between",
    "case",
    "check",
    "collate",
    "commit",
    "constraint",
    "create",
    "cross",
    "current_date",
    "current_time",
    "current_timestamp",
    "default",
    "deferrable",
    "delete",
    "distinct",
    "drop",
    "else",
    "escape",
    "except",
    "exists",
    "false",
    "foreign",
    "from",
    "full",
    "group",
    "having",
    "in",
    "index",
    "inner",
    "insert",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "left",
    "limit",
    "natural",
    "not",
    "nothing",
    "notnull",
    "null",
    "on",
    "or",
    "order",
    "outer",
    "primary",
    "references",
    "returning",
    "right",
    "select",
    "set",
    "table",
    "then",
    "to",
    "transaction",
    "true",
    "union",
    "unique",
    "update",
    "using",
    "values",
    "when",
    "where",
];

/// Whether two texts have the same tokens: spaces, comments, a semicolon at the end, the case of names without quotes, and quotes
/// that do not matter aside.
pub(crate) fn same_text(one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    let (Ok(one), Ok(other)) = (tokens(one), tokens(other)) else { return false };
    let (one, other) = (without_end(&one), without_end(&other));
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
}

fn without_end<'t, 'a>(tokens: &'t [Token<'a>]) -> &'t [Token<'a>] {
    match tokens {
        [rest @ .., last] if last.is_mark(";") => rest,
        tokens => tokens,
    }
}

fn is_same(one: &Token<'_>, other: &Token<'_>) -> bool {
    let alike = |word: &Token<'_>, name: &Token<'_>| {
        let reserved = RESERVED.iter().any(|reserved| word.is(reserved));
        !reserved && word.text.eq_ignore_ascii_case(&name.inner())
    };
    let is_text = |name: &Token<'_>| name.text.starts_with('"');
    match (one.kind, other.kind) {
        (TokenKind::Word, TokenKind::Word) => one.text.eq_ignore_ascii_case(other.text),
        (TokenKind::Word, TokenKind::Name) => alike(one, other),
        (TokenKind::Name, TokenKind::Word) => alike(other, one),
        // SQLite takes what names nothing for a text where it is in double quotes, and in a text the case counts.
        (TokenKind::Name, TokenKind::Name) if is_text(one) && is_text(other) => {
            one.text == other.text
        }
        (TokenKind::Name, TokenKind::Name) => one.inner().eq_ignore_ascii_case(&other.inner()),
        (kind, other_kind) => kind == other_kind && one.text == other.text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_spaces_and_comments_are_no_difference_and_anything_else_is() {
        for (one, other) in [
            ("SELECT title FROM book", "select \"title\"\n FROM `book` -- all;"),
            ("a>b", "[A] > b;"),
            ("SELECT \"Key\", 'it''s'", "SELECT key, 'it''s'"),
            ("SELECT [key] + `Key`", "SELECT \"Key\" + [KEY]"),
        ] {
            assert!(same_text(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("SELECT 'a'", "SELECT 'A'"),
            ("SELECT \"a\"", "SELECT 'a'"),
            ("SELECT null", "SELECT \"null\""),
            ("a natural join b", "a \"natural\" join b"),
            ("SELECT distinct a", "SELECT \"distinct\" a"),
            ("SELECT \"Draft\"", "SELECT \"draft\""),
            ("a = 1", "a = 1 OR b"),
            ("'open", "'open "),
        ] {
            assert!(!same_text(one, other), "{one} {other}");
        }
    }
}
