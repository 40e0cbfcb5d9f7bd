//! SQL, cut into pieces: neither quotes, bodies of functions nor comments are mistaken for anything else.

/// A piece of SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PieceKind {
    /// Space, and comments.
    Space,
    /// A name without quotes, or a keyword.
    Word,
    /// A name in double quotes.
    Name,
    /// A text in single quotes.
    Literal,
    /// A text between dollars.
    Body,
    /// Any other character.
    Other,
}

/// The pieces of a text that say something: without space and comments.
pub(crate) fn pieces(text: &str) -> Vec<(PieceKind, &str)> {
    let mut rest = text;
    let mut found = Vec::new();
    while let Some((kind, length)) = piece(rest) {
        let (text, after) = rest.split_at(length);
        rest = after;
        if kind != PieceKind::Space {
            found.push((kind, text));
        }
    }
    found
}

/// The text inside of a literal or between dollars.
pub(crate) fn inside(kind: PieceKind, text: &str) -> String {
    if kind == PieceKind::Body {
        let tag = tag(text).unwrap_or_default();
        let inner = text.get(tag.len()..).unwrap_or_default();
        return inner.strip_suffix(tag).unwrap_or(inner).to_owned();
    }
    let inner = text.split_once('\'').map_or("", |(_, inner)| inner);
    inner.strip_suffix('\'').unwrap_or(inner).replace("''", "'")
}

/// What a text begins with, and how long it is.
pub(crate) fn piece(text: &str) -> Option<(PieceKind, usize)> {
    let first = text.chars().next()?;
    let until = |end: &str, from: usize| {
        let found = text.get(from..).and_then(|rest| rest.find(end));
        found.map_or(text.len(), |found| from + found + end.len())
    };
    let word = |next: char| next.is_alphanumeric() || next == '_' || next == '$';
    Some(match first {
        '-' if text.starts_with("--") => (PieceKind::Space, until("\n", 0)),
        '/' if text.starts_with("/*") => (PieceKind::Space, comment(text)),
        '\'' => (PieceKind::Literal, quoted(text, 1, false)),
        '"' => (PieceKind::Name, until("\"", 1)),
        'e' | 'E' if text.get(1..2) == Some("'") => (PieceKind::Literal, quoted(text, 2, true)),
        '$' => match tag(text) {
            Some(tag) => (PieceKind::Body, until(tag, tag.len())),
            None => (PieceKind::Other, 1),
        },
        _ if first.is_whitespace() => (PieceKind::Space, first.len_utf8()),
        _ if word(first) => (PieceKind::Word, text.find(|next| !word(next)).unwrap_or(text.len())),
        _ => (PieceKind::Other, first.len_utf8()),
    })
}

/// The length of a comment, which may have others in it.
fn comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let step = match rest {
            _ if rest.starts_with("/*") => {
                depth += 1;
                2
            }
            _ if rest.starts_with("*/") => {
                depth = depth.saturating_sub(1);
                2
            }
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
        at += step;
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// The length of a text in single quotes whose inside begins at `from`; two of them are one inside.
fn quoted(text: &str, from: usize, escapes: bool) -> usize {
    let mut characters = text.char_indices().skip(from).peekable();
    while let Some((at, next)) = characters.next() {
        match next {
            '\\' if escapes => drop(characters.next()),
            '\'' if characters.next_if(|(_, next)| *next == '\'').is_none() => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// What opens a text between dollars: `$$` or `$name$`.
fn tag(text: &str) -> Option<&str> {
    let end = text.get(1..)?.find('$')? + 2;
    let tag = text.get(..end)?;
    let mut name = tag.trim_matches('$').chars();
    let digit = name.clone().next().is_some_and(|first| first.is_ascii_digit());
    (!digit && name.all(|next| next.is_alphanumeric() || next == '_')).then_some(tag)
}
