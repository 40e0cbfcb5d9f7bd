//! SQLite's words: cuts SQL into tokens, and gives expressions their one spelling.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A name or keyword without quotes.
    Word,
    /// A name in `"…"`, `` `…` `` or `[…]`.
    Name,
    /// A text in `'…'`.
    Text,
    /// A number.
    Number,
    /// A blob, a parameter, or one character of an operator.
    Other,
}

/// A token, with its place in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    /// What it is.
    pub(super) kind: TokenKind,
    /// How it is written.
    pub(super) text: &'a str,
    /// Where it begins, in bytes.
    start: usize,
}

impl Token<'_> {
    /// Whether it is this keyword.
    pub(super) fn is(&self, keyword: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(keyword)
    }

    /// Whether it is this one character of an operator.
    pub(super) fn is_mark(&self, mark: &str) -> bool {
        self.kind == TokenKind::Other && self.text == mark
    }

    /// What it names, where it can name something: SQLite takes a text for a name where only a name can stand.
    pub(super) fn name(&self) -> Option<String> {
        match self.kind {
            TokenKind::Word => Some(self.text.to_owned()),
            TokenKind::Name | TokenKind::Text => Some(self.inner()),
            TokenKind::Number | TokenKind::Other => None,
        }
    }

    /// The text between the quotes.
    pub(super) fn inner(&self) -> String {
        let mut characters = self.text.chars();
        let (Some(mark), Some(_)) = (characters.next(), characters.next_back()) else {
            return String::new();
        };
        let inner = characters.as_str();
        match mark {
            '[' => inner.to_owned(),
            mark => inner.replace(&format!("{mark}{mark}"), &mark.to_string()),
        }
    }

    /// Where it begins, in bytes.
    pub(super) fn start(&self) -> usize {
        self.start
    }

    /// Where it ends, in bytes.
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// The tokens of a text, without spaces and comments. The error says what is wrong.
pub(super) fn tokens(sql: &str) -> Result<Vec<Token<'_>>, String> {
    let mut tokens = Vec::new();
    let mut start = 0;
    while let Some(rest) = sql.get(start..).filter(|rest| !rest.is_empty()) {
        let (kind, length) = match skipped(rest) {
            0 => token(rest).ok_or_else(|| format!("a quote is not closed: `{}`", head(rest)))?,
            skipped => {
                start += skipped;
                continue;
            }
        };
        let text = rest.get(..length).unwrap_or(rest);
        tokens.push(Token { kind, text, start });
        start += text.len();
    }
    Ok(tokens)
}

/// How long the space or comment is that a text begins with.
fn skipped(rest: &str) -> usize {
    let space = |next: char| matches!(next, ' ' | '\t' | '\n' | '\r' | '\u{c}' | '\u{feff}');
    if rest.starts_with("--") {
        rest.find('\n').map_or(rest.len(), |end| end + 1)
    } else if let Some(comment) = rest.strip_prefix("/*") {
        comment.find("*/").map_or(rest.len(), |end| end + 4)
    } else {
        rest.len() - rest.trim_start_matches(space).len()
    }
}

/// The kind and length of the token that a text begins with; `None` when a quote is not closed.
fn token(rest: &str) -> Option<(TokenKind, usize)> {
    let mut characters = rest.chars();
    let first = characters.next()?;
    let second = characters.next();
    let found = match first {
        '\'' => (TokenKind::Text, quoted(rest, '\'')?),
        '"' | '`' => (TokenKind::Name, quoted(rest, first)?),
        '[' => (TokenKind::Name, rest.find(']')? + 1),
        'x' | 'X' if second == Some('\'') => (TokenKind::Other, 1 + quoted(rest.get(1..)?, '\'')?),
        '0'..='9' => (TokenKind::Number, number(rest)),
        '.' if second.is_some_and(|next| next.is_ascii_digit()) => {
            (TokenKind::Number, number(rest))
        }
        _ if in_word(first) && first != '$' => (TokenKind::Word, word(rest)),
        '?' | ':' | '@' | '$' | '#' => (TokenKind::Other, 1 + word(rest.get(1..)?)),
        _ => (TokenKind::Other, first.len_utf8()),
    };
    Some(found)
}

fn in_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '$') || !character.is_ascii()
}

fn word(rest: &str) -> usize {
    rest.find(|next| !in_word(next)).unwrap_or(rest.len())
}

fn number(rest: &str) -> usize {
    let hexadecimal = rest.starts_with("0x") || rest.starts_with("0X");
    let mut exponent = false;
    let ends = |next: char| {
        let sign = exponent && matches!(next, '+' | '-');
        exponent = !hexadecimal && matches!(next, 'e' | 'E');
        !(sign || in_word(next) || next == '.')
    };
    rest.find(ends).unwrap_or(rest.len())
}

/// How long a quoted text is, its quotes included; a doubled quote does not end it.
fn quoted(rest: &str, mark: char) -> Option<usize> {
    let mut after = mark.len_utf8();
    loop {
        after += rest.get(after..)?.find(mark)? + mark.len_utf8();
        if !rest.get(after..)?.starts_with(mark) {
            return Some(after);
        }
        after += mark.len_utf8();
    }
}

/// The beginning of a text, for messages.
pub(super) fn head(text: &str) -> String {
    text.chars().take(40).collect()
}

/// The one spelling of an expression: one space wherever there are spaces or comments, none at its ends, no
/// parentheses around the whole.
pub(super) fn spelling(tokens: &[Token<'_>]) -> String {
    verbatim(bare(tokens))
}

/// As [`spelling`], with the parentheses.
pub(super) fn verbatim(tokens: &[Token<'_>]) -> String {
    let mut spelling = String::new();
    let mut end = None;
    for token in tokens {
        if end.is_some_and(|end| end != token.start) {
            spelling.push(' ');
        }
        spelling.push_str(token.text);
        end = Some(token.end());
    }
    spelling
}

/// The tokens inside of the parentheses around the whole, where there are such.
pub(super) fn bare<'t, 'a>(tokens: &'t [Token<'a>]) -> &'t [Token<'a>] {
    let mut bare = tokens;
    while let [first, inner @ .., last] = bare {
        let whole = first.is_mark("(") && last.is_mark(")") && !inner.is_empty();
        if !(whole && is_balanced(inner)) {
            break;
        }
        bare = inner;
    }
    bare
}

/// Whether every parenthesis is opened before it is closed.
fn is_balanced(tokens: &[Token<'_>]) -> bool {
    let mut depth = 0_usize;
    for token in tokens {
        if token.is_mark("(") {
            depth += 1;
        } else if token.is_mark(")") {
            match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return false,
            }
        }
    }
    depth == 0
}

/// Whether a text names this, quoted or not, in any case. What cannot be read is taken to name everything.
pub(super) fn mentions(sql: &str, name: &str) -> bool {
    // Words of expressions, which name a column only in quotes.
    const WORDS: [&str; 19] = [
        "and", "or", "not", "is", "in", "null", "between", "case", "when", "then", "else", "end",
        "escape", "collate", "exists", "select", "from", "where", "as",
    ];
    let Ok(tokens) = tokens(sql) else { return true };
    let word = WORDS.iter().any(|word| word.eq_ignore_ascii_case(name));
    tokens.iter().enumerate().any(|(place, token)| match token.kind {
        TokenKind::Word if token.text.eq_ignore_ascii_case(name) => {
            let called = tokens.get(place + 1).is_some_and(|next| next.is_mark("("));
            !(word || called)
        }
        TokenKind::Name => token.inner().eq_ignore_ascii_case(name),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(sql: &str) -> Vec<&str> {
        tokens(sql).unwrap().iter().map(|token| token.text).collect()
    }

    #[test]
    fn sql_is_cut_where_sqlite_cuts_it() {
        for (sql, expected) in [
            ("a>=-1.5e-3", vec!["a", ">", "=", "-", "1.5e-3"]),
            ("'it''s' \"a\"\"b\" [x y] `z`", vec!["'it''s'", "\"a\"\"b\"", "[x y]", "`z`"]),
            ("a--b\n/* c */d/*", vec!["a", "d"]),
            ("x'00ff' X'' xy 0xAe+1", vec!["x'00ff'", "X''", "xy", "0xAe", "+", "1"]),
            (".5 t.c naïve$1", vec![".5", "t", ".", "c", "naïve$1"]),
        ] {
            assert_eq!(texts(sql), expected, "{sql}");
        }
        assert!(tokens("'open").is_err() && tokens("[open").is_err());
    }

    #[test]
    fn an_expression_has_one_spelling() {
        for (sql, expected) in [
            ("( ( a  >\n0 ) )", "a > 0"),
            ("(a) > (b)", "(a) > (b)"),
            ("a /* why */ <> '(  '", "a <> '(  '"),
            ("()", "()"),
        ] {
            assert_eq!(spelling(&tokens(sql).unwrap()), expected, "{sql}");
        }
    }

    #[test]
    fn a_name_is_found_in_any_spelling() {
        assert!(mentions("NEW.[Price] > 1", "price") && mentions("x + \"price\"", "price"));
        assert!(!mentions("'price' || list_price || price(1)", "price"));
        assert!(!mentions("CASE WHEN a THEN b END", "end") && mentions("\"end\" > 1", "end"));
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(sql in any::<String>()) {
            if let Ok(tokens) = tokens(&sql) {
                let spelled = spelling(&tokens);
                prop_assert_eq!(spelling(&super::tokens(&spelled).unwrap()), spelled);
            }
        }
    }
}
